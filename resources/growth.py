"""Grows neurites by seeded random walks, for the bundled cells.

A neurite grows in steps of a few µm. Its direction is the sum of the last one (persistence), a random
change (tortuosity) and a trend: away from the soma for basal dendrites, towards the pia for the tuft.
Diameters taper along a branch and shrink at a fork, by about Rall's 3/2 power. Only the
standard library is used, whose random stream is the same everywhere.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Vector = tuple[float, float, float]


def unit(vector: Sequence[float]) -> Vector:
    """Return the vector of length 1 in the same direction."""
    x, y, z = vector
    norm = math.sqrt(x * x + y * y + z * z) or 1.0
    return x / norm, y / norm, z / norm


def mixed(*parts: tuple[float, Sequence[float]]) -> Vector:
    """Return the direction of a weighted sum of vectors."""
    return unit([sum(weight * vector[axis] for weight, vector in parts) for axis in range(3)])


@dataclass(frozen=True, slots=True)
class GrowthParameters:
    """How a kind of neurite grows.

    Attributes
    ----------
    swc_type : int
    step : float
        µm between points.
    wander : float
        Size of the random change of the direction, per step.
    lean : float
        Weight of the trend, per step.
    flatness : float
        Scale of wander in z; below 1 the arbor is flatter.
    taper : float
        Diameter lost per µm, as a share.
    thinnest : float
        Smallest radius, µm.
    angle : (float, float)
        Half angle of a fork, degrees, from … to.
    """

    swc_type: int
    step: float = 4.5
    wander: float = 0.13
    lean: float = 0.03
    flatness: float = 0.75
    taper: float = 0.0015
    thinnest: float = 0.2
    angle: tuple[float, float] = (22.0, 38.0)


@dataclass(frozen=True, slots=True)
class GrowthTip:
    """A tip that may continue to grow: its point, direction, radius (µm) and branch order."""

    point: int
    direction: Vector
    radius: float
    order: int = 0


@dataclass
class Drawing:
    """The points of a cell: type, x, y, z, radius, parent (from 0; -1 for the root)."""

    seed: int
    rows: list[tuple[int, float, float, float, float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def add(self, swc_type: int, place: Sequence[float], radius: float, parent: int) -> int:
        """Add a point and return its index."""
        x, y, z = place
        self.rows.append((swc_type, x, y, z, radius, parent))
        return len(self.rows) - 1

    def place(self, point: int) -> Vector:
        """Return where a point is, µm."""
        _, x, y, z, _, _ = self.rows[point]
        return x, y, z

    def add_branch(
        self,
        parameters: GrowthParameters,
        parent: int,
        start: Sequence[float],
        direction: Vector,
        radius: float,
    ) -> GrowthTip:
        """Begin a neurite at `start`, attached to `parent`."""
        return GrowthTip(
            self.add(parameters.swc_type, start, radius, parent), unit(direction), radius
        )

    def grow(
        self,
        parameters: GrowthParameters,
        tip: GrowthTip,
        length: float,
        trend: Callable[[Vector], Vector],
        end_radius: float | None = None,
    ) -> GrowthTip:
        """Continue `length` µm from a tip and return the new one.

        The radius tapers by the parameters, or linearly to `end_radius`.
        """
        n_steps = max(2, round(length / parameters.step))
        step = length / n_steps
        point, direction, radius = tip.point, tip.direction, tip.radius
        for index in range(n_steps):
            here = self.place(point)
            change = [self.random.gauss(0, parameters.wander) for _ in range(3)]
            change[2] *= parameters.flatness
            direction = mixed((1, direction), (1, change), (parameters.lean, trend(here)))
            if end_radius is None:
                radius = max(parameters.thinnest, radius * (1 - parameters.taper * step))
            else:
                radius = tip.radius + (end_radius - tip.radius) * (index + 1) / n_steps
            there = [a + step * b for a, b in zip(here, direction, strict=True)]
            point = self.add(parameters.swc_type, there, radius, point)
        return GrowthTip(point, direction, radius, tip.order)

    def fork(
        self, parameters: GrowthParameters, tip: GrowthTip, share: float | None = None
    ) -> tuple[GrowthTip, GrowthTip]:
        """Return two daughters of a tip, in a random plane; the thicker turns less."""
        share = self.random.uniform(0.42, 0.58) if share is None else share
        total = math.radians(2 * self.random.uniform(*parameters.angle))
        side = self.sideways(tip.direction, parameters.flatness)
        daughters = []
        for part, sign in ((share, 1), (1 - share, -1)):
            turn = sign * total * (1 - part)
            heading = mixed((math.cos(turn), tip.direction), (math.sin(turn), side))
            radius = max(parameters.thinnest, tip.radius * part ** (2 / 3) * 1.08)
            daughters.append(GrowthTip(tip.point, heading, radius, tip.order + 1))
        return daughters[0], daughters[1]

    def sideways(self, direction: Vector, flatness: float = 1.0) -> Vector:
        """Return a random direction perpendicular to another."""
        x, y, z = (self.random.gauss(0, 1) for _ in range(3))
        z *= flatness
        along = x * direction[0] + y * direction[1] + z * direction[2]
        return unit([a - along * b for a, b in zip((x, y, z), direction, strict=True)])

    def grow_tree(
        self,
        parameters: GrowthParameters,
        tip: GrowthTip,
        trend: Callable[[Vector], Vector],
        lengths: Sequence[tuple[float, float]],
        forks: Sequence[float],
    ) -> None:
        """Grow a tip into a tree: order k is `lengths[k]` µm long and forks with probability `forks[k]`."""
        tips = deque([tip])
        while tips:
            tip = tips.popleft()
            order = min(tip.order, len(lengths) - 1)
            odds = forks[order] if tip.order < len(forks) else 0.0
            goes_on = self.random.random() < odds
            reach = self.random.uniform(*(lengths[order] if goes_on else lengths[-1]))
            tip = self.grow(parameters, tip, reach, trend)
            if goes_on:
                tips.extend(self.fork(parameters, tip))

    def swc(self, title: str, notes: Sequence[str] = ()) -> str:
        """Return the drawing as SWC text, depth first, with a header that says it is synthetic."""
        children: list[list[int]] = [[] for _ in self.rows]
        for index, row in enumerate(self.rows):
            if row[5] >= 0:
                children[row[5]].append(index)
        lines = [
            f"# {title}",
            "# Synthetic: drawn by resources/generate.py of Somascope, not traced from tissue.",
            *(f"# {note}" for note in notes),
            "# id type x y z radius parent (um)",
        ]
        ids: dict[int, int] = {-1: -1}
        stack = [index for index, row in enumerate(self.rows) if row[5] < 0][::-1]
        while stack:
            index = stack.pop()
            swc_type, x, y, z, radius, parent = self.rows[index]
            ids[index] = len(ids)
            lines.append(
                f"{ids[index]} {swc_type} {x:.2f} {y:.2f} {z:.2f} {radius:.3f} {ids[parent]}"
            )
            stack.extend(reversed(children[index]))
        return "\n".join(lines) + "\n"
