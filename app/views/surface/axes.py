"""`axes_of`: the lines and labels of a surface's axes, for the direction from which it is looked at. No Qt, no VTK."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.traces.ranges import Range
from app.ui.number_text import number_text, round_ticks
from app.views.field_values import Coordinate, Numbers

Vector = NDArray[np.float64]
Project = Callable[[Vector], tuple[float, float]]
_TICK, _TITLE = 1.07, 1.34  # how far from the middle of the box, of its half
_STEEP, _SHORT_PX = 0.93, 40.0
_MOST_TICKS = 5


@dataclass(frozen=True, slots=True)
class AxisLabel:
    """A text around a place, device px.

    Attributes
    ----------
    dx, dy : float
        Where it stands relative to that place: −1 (left, above) … 1 (right, below).
    """

    text: str
    x: float
    y: float
    dx: float
    dy: float
    is_title: bool = False


def axes_of(
    x: Coordinate,
    y: Coordinate,
    z: Range,
    titles: tuple[str, str, str],
    eye: Vector,
    project: Project,
    half: float,
    height: float,
) -> tuple[Vector, list[AxisLabel]]:
    """Return the ends of the lines, shape (n, 2, 3), and the labels.

    Parameters
    ----------
    eye : ndarray, shape (3,)
        Unit vector towards the eye.
    project : callable
        Gives the pixel of a place in the box.
    half, height : float
        The box is from −half to half, and from 0 to height.
    """
    lines = [_edge(a, b, half) for a, b in _FLOOR]
    labels: list[AxisLabel] = []
    side_y, side_x = (-half if eye[1] < 0 else half), (-half if eye[0] < 0 else half)
    for axis, coordinate, side, title in ((0, x, side_y, titles[0]), (1, y, side_x, titles[1])):
        ticks = _ticks(coordinate, half)
        for at, _ in ticks:
            lines.append(np.array([_floor(axis, at, -half), _floor(axis, at, half)]))
        labels += _along(
            ticks, title, lambda at, s, a=axis, b=side: _floor(a, at, b * s), project, half
        )
    if abs(eye[2]) < _STEEP:
        corner = min(
            ((a * half, b * half) for a in (-1, 1) for b in (-1, 1)),
            key=lambda place: project(np.array([*place, 0.0]))[0],
        )
        lines.append(np.array([[*corner, 0.0], [*corner, height]]))
        labels += _upwards(corner, z, titles[2], project, height)
    return np.array(lines, float), labels


_FLOOR = (((-1, -1), (1, -1)), ((1, -1), (1, 1)), ((1, 1), (-1, 1)), ((-1, 1), (-1, -1)))


def _edge(a: tuple[int, int], b: tuple[int, int], half: float) -> Vector:
    return np.array([(a[0] * half, a[1] * half, 0.0), (b[0] * half, b[1] * half, 0.0)])


def _floor(axis: int, at: float, across: float) -> Vector:
    return np.array([at, across, 0.0] if axis == 0 else [across, at, 0.0])


def _ticks(coordinate: Coordinate, half: float) -> list[tuple[float, str]]:
    """Return places in the box and their texts."""
    values: Numbers = coordinate.values
    low, high = float(values.min()), float(values.max())
    if coordinate.names is not None:
        n = len(coordinate.names)
        shown = range(0, n, max(1, -(-n // _MOST_TICKS)))
        return [(_place(i, low, high, half), coordinate.names[i]) for i in shown]
    if high == low:
        return [(0.0, coordinate.text_of(0))]
    ticks = round_ticks(low, high, _MOST_TICKS)
    return [(_place(each, low, high, half), number_text(each, high - low)) for each in ticks]


def _place(value: float, low: float, high: float, half: float) -> float:
    return 0.0 if high == low else (value - low) * 2 * half / (high - low) - half


def _along(
    ticks: list[tuple[float, str]],
    title: str,
    place: Callable[[float, float], Vector],
    project: Project,
    half: float,
) -> list[AxisLabel]:
    """Return the labels of an axis on the floor, which stand outside of it."""
    ends = np.array([project(place(-half, 1.0)), project(place(half, 1.0))])
    if np.hypot(*(ends[1] - ends[0])) < _SHORT_PX:
        return []
    labels = []
    for at, text in [*ticks, (0.0, title)]:
        is_title = text is title
        on = np.array(project(place(at, 1.0)))
        beyond = np.array(project(place(at, _TITLE if is_title else _TICK)))
        out = beyond - on
        out = out / max(float(np.hypot(*out)), 1e-9)
        labels.append(AxisLabel(text, *beyond, out[0], out[1], is_title))
    return labels


def _upwards(
    corner: tuple[float, float], z: Range, title: str, project: Project, height: float
) -> list[AxisLabel]:
    labels = []
    for value in round_ticks(*z, _MOST_TICKS):
        at = (value - z[0]) * height / (z[1] - z[0])
        x, y = project(np.array([*corner, at]))
        labels.append(AxisLabel(number_text(value, z[1] - z[0]), x, y, -1.0, 0.0))
    x, y = project(np.array([*corner, height]))
    labels.append(AxisLabel(title, x, y, 0.0, -1.6, is_title=True))
    return labels
