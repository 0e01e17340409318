"""What views read from a field: numbers, coordinates, grids and lines through them; no Qt.

Each function raises `ViewProblem` where the field does not suit the view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.views.problem import NoValues, ViewProblem
from backends.field import Field
from backends.views import GridSlice, View

Numbers = NDArray[np.float64]
_MOST, _LEAST = 1e100, 1e-100  # what can be scaled without overflow


@dataclass(frozen=True, slots=True)
class Coordinate:
    """The coordinates of a dimension.

    Attributes
    ----------
    values : ndarray, shape (n,)
        0, 1, 2 … where the field has none, or names.
    names : tuple of str or None
        Where they are not numbers.
    """

    dim: str
    values: Numbers
    names: tuple[str, ...] | None = None

    def text_of(self, i: int) -> str:
        """Return a coordinate as text."""
        return self.names[i] if self.names is not None else f"{self.values[i]:g}".replace("-", "−")

    def nearest(self, value: float) -> int:
        """Return the index of the coordinate nearest to a value."""
        return int(np.argmin(np.abs(self.values - value)))


@dataclass(frozen=True, slots=True)
class Grid:
    """A field of two dimensions: `values` has shape (len(y), len(x))."""

    values: Numbers
    y: Coordinate
    x: Coordinate


@dataclass(frozen=True, slots=True)
class Cut:
    """A line through a grid.

    Attributes
    ----------
    along : Coordinate
        Of the points of the line.
    values : ndarray, shape (len(along),)
    across : Coordinate
        Of the dimension that is cut, and `at` the place there, `index` its fraction of an index.
    """

    along: Coordinate
    values: Numbers
    across: Coordinate
    at: float
    index: float


def numbers_of(view: View, field: Field) -> Numbers:
    """Return a field's values as float64; booleans are 0 and 1, what is beyond ±10¹⁰⁰ is NaN. `NoValues` if all are NaN."""
    values = np.asarray(field.values)
    if values.dtype.kind not in "fiub":
        raise ViewProblem(
            f"{subject(view, field)}, whose values are of type {values.dtype}; it shows real numbers.",
            code="not-numbers",
        )
    numbers = values.astype(np.float64)
    if values.dtype.kind == "f":
        numbers[np.abs(numbers) > _MOST] = np.nan
    if np.isnan(numbers).all():
        raise NoValues
    return numbers


def coordinate_of(view: View, field: Field, dim: str) -> Coordinate:
    """Return the coordinates of a dimension."""
    n = field.values.shape[field.dims.index(dim)]
    given = field.coords.get(dim)
    if given is None:
        return Coordinate(dim, np.arange(n, dtype=np.float64))
    array = np.asarray(given)
    if array.ndim == 1 and array.dtype.kind in "fiub":
        values = array.astype(np.float64)
        if not (np.abs(values) <= _MOST).all():
            raise ViewProblem(
                f"{subject(view, field)}, whose coordinates of {dim!r} are not all finite and within ±1e100.",
                code="not-finite",
            )
        return Coordinate(dim, values)
    return Coordinate(dim, np.arange(n, dtype=np.float64), tuple(str(each) for each in given))


def names_of(view: View, field: Field, dim: str) -> tuple[str, ...]:
    """Return the coordinates of a dimension as texts."""
    coordinate = coordinate_of(view, field, dim)
    return tuple(coordinate.text_of(i) for i in range(len(coordinate.values)))


def check_dims(view: View, field: Field, *expected: Sequence[str]) -> None:
    """Raise `ViewProblem` unless the field has as many dimensions as one of `expected` names."""
    if len(field.dims) not in [len(each) for each in expected]:
        wanted = " or ".join(_dims_text(each) for each in expected)
        raise ViewProblem(
            f"{subject(view, field)}, which has dims {_dims_text(field.dims)} and shape "
            f"{_shape_text(field)}; it needs dims {wanted}.",
            code="bad-shape",
        )


def grid_of(view: View, field: Field) -> Grid:
    """Return a field of dims (y, x); coordinates that neither rise nor fall all along are taken for names."""
    check_dims(view, field, ("y", "x"))
    values = numbers_of(view, field)
    y, x = (_in_order(coordinate_of(view, field, dim)) for dim in field.dims)
    return Grid(values, y, x)


def _in_order(coordinate: Coordinate) -> Coordinate:
    at = coordinate.values
    steps = np.diff(at)
    least = 1e-9 * float(np.ptp(at)) / max(len(steps), 1)  # between two that can be told apart
    if not len(steps) or (
        np.ptp(at) > _LEAST and ((steps > least).all() or (steps < -least).all())
    ):
        return coordinate
    names = tuple(coordinate.text_of(i) for i in range(len(at)))
    return Coordinate(coordinate.dim, np.arange(len(at), dtype=np.float64), names)


def cut_of(view: View, field: Field, grid: Grid, line: GridSlice) -> Cut:
    """Return a line through a grid: values between two coordinates are interpolated."""
    if line.dim not in field.dims:
        raise ViewProblem(
            f"{subject(view, field)} along a slice of dim {line.dim!r}; the field has dims "
            f"{_dims_text(field.dims)}.",
            code="unknown-dimension",
        )
    position = line.position
    is_number = isinstance(position, (int, float, np.number)) and not isinstance(position, bool)
    if not is_number or not 0 <= position <= 1:
        raise ViewProblem(
            f"{subject(view, field)} along a slice at {position!r}; give a position from 0 to 1.",
            code="bad-number",
        )
    is_row = line.dim == field.dims[0]
    across, along = (grid.y, grid.x) if is_row else (grid.x, grid.y)
    table = grid.values if is_row else grid.values.T
    ends = across.values[0], across.values[-1]
    at = float(ends[0] + float(position) * (ends[1] - ends[0]))
    index = _index_at(across.values, at)
    below = min(int(index), len(across.values) - 1)
    above = min(below + 1, len(across.values) - 1)
    share = index - below
    values = table[below] if share == 0 else (1 - share) * table[below] + share * table[above]
    return Cut(along, values, across, at, index)


def _index_at(values: Numbers, at: float) -> float:
    """Return the fraction of an index at which coordinates that rise or fall have a value."""
    sign = 1.0 if values[-1] >= values[0] else -1.0
    return float(np.interp(sign * at, sign * values, np.arange(len(values))))


def subject(view: View, field: Field) -> str:
    """Return how a sentence about a view and its field begins."""
    return f"View {view.id!r} shows field {field.id!r}"


def axis_text(label: str, unit: str | None) -> str:
    """Return a label with its unit: ``"Distance (µm)"``."""
    return f"{label} ({unit})" if unit else label


def _dims_text(dims: Sequence[str]) -> str:
    return f"({', '.join(dims)})"


def _shape_text(field: Field) -> str:
    return f"({', '.join(map(str, field.values.shape))})"


def is_same(one: Field | None, other: Field) -> bool:
    """Whether two fields show the same; one whose array was changed in place counts as another."""
    if one is None or one is other:
        return one is other
    if (one.dims, one.unit) != (other.dims, other.unit) or one.coords.keys() != other.coords.keys():
        return False
    have_same_places = all(
        one.coords[dim] is coord or np.array_equal(np.asarray(one.coords[dim]), np.asarray(coord))
        for dim, coord in other.coords.items()
    )
    a, b = np.asarray(one.values), np.asarray(other.values)
    if not have_same_places or np.may_share_memory(a, b):
        return False
    return np.array_equal(a, b, equal_nan=a.dtype.kind == b.dtype.kind == "f")
