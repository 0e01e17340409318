"""`GraphLayout`: where states and arrows of a state graph are, px; no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Edge = tuple[str, str, str]
State = tuple[str, float, float]
_MOST_RADIUS_PX, _LEAST_RADIUS_PX = 46.0, 9.0
_LABEL_PX = 22
_GAP_PX = 3.0
_NEAR_PX = 6.0


@dataclass(frozen=True, slots=True)
class Arrow:
    """From the border of one state to that of another, px."""

    edge_id: str
    start: tuple[float, float]
    end: tuple[float, float]


class GraphLayout:
    """States (name, x, y), 0 … 1 from left to right and from bottom to top, and edges (source, target, id).

    Attributes
    ----------
    radius : float
        Of the circles, px.
    """

    def __init__(self, states: tuple[State, ...], edges: tuple[Edge, ...]) -> None:
        self.radius = _MOST_RADIUS_PX
        self.states: tuple[State, ...] = ()
        self.edges: tuple[Edge, ...] = ()
        self.names: tuple[str, ...] = ()
        self._pairs: set[tuple[str, str]] = set()
        self._centers: dict[str, NDArray[np.float64]] = {}
        self._size = (0, 0)
        self.set(states, edges)

    def set(self, states: tuple[State, ...], edges: tuple[Edge, ...]) -> None:
        """Use other states and edges."""
        if (states, edges) == (self.states, self.edges):
            return
        self.states, self.edges = states, edges
        self.names = tuple(name for name, _, _ in states)
        self._pairs = {(source, target) for source, target, _ in edges}
        self._centers = {}
        self._size = (0, 0)

    def fit(self, width: int, height: int) -> None:
        """Place the states in a picture of a size, px; the circles are as large as their distances allow."""
        if (width, height) == self._size or not self.states:
            return
        self._size = (width, height)
        share = np.array([(x, 1 - y) for _, x, y in self.states])
        self.radius = min(_MOST_RADIUS_PX, 0.16 * min(width, height))
        for _ in range(2):  # the border depends on the radius, and the distances on the border
            border = self.radius + 12
            room = np.array([max(width - 2 * border, 1), max(height - 2 * border - _LABEL_PX, 1)])
            places = border + share * room
            if len(places) > 1:
                apart = np.linalg.norm(places[:, None] - places[None], axis=2)
                nearest = float(apart[~np.eye(len(places), dtype=bool)].min())
                self.radius = min(self.radius, 0.3 * nearest)
            self.radius = max(self.radius, _LEAST_RADIUS_PX)
        self._centers = dict(zip(self.names, places, strict=True))

    def center(self, name: str) -> tuple[float, float]:
        """Return the middle of a state."""
        x, y = self._centers[name].tolist()
        return x, y

    def arrow(self, i: int) -> Arrow:
        """Return the arrow of an edge; those of a reversible pair are beside each other, each on its right."""
        source, target, id_ = self.edges[i]
        start, end = self._centers[source], self._centers[target]
        distance = float(np.hypot(*(end - start)))
        if distance < 1e-9:
            return Arrow(id_, _pair(start), _pair(start))
        along = (end - start) / distance
        beside = np.zeros(2)
        if (target, source) in self._pairs:
            beside = np.array([along[1], -along[0]]) * min(8.0, 0.45 * self.radius)
        reach = math.sqrt(max(self.radius**2 - float(beside @ beside), 0.0)) + _GAP_PX
        return Arrow(
            id_, _pair(start + beside + along * reach), _pair(end + beside - along * reach)
        )

    def state_at(self, x: float, y: float) -> str:
        """Return the state at a place, "" for none."""
        for name, center in self._centers.items():
            if math.hypot(x - center[0], y - center[1]) <= self.radius:
                return name
        return ""

    def edge_at(self, x: float, y: float) -> Edge | None:
        """Return the edge whose arrow is near a place."""
        best, best_px = None, _NEAR_PX
        for i, edge in enumerate(self.edges):
            arrow = self.arrow(i)
            distance = _distance(np.array([x, y]), np.array(arrow.start), np.array(arrow.end))
            if distance < best_px:
                best, best_px = edge, distance
        return best


def _pair(point: NDArray[np.float64]) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _distance(
    point: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> float:
    """Return the distance of a point from a straight piece of line."""
    along = end - start
    length = float(along @ along)
    share = 0.0 if length == 0 else min(max(float((point - start) @ along) / length, 0.0), 1.0)
    return float(np.hypot(*(point - start - share * along)))
