"""`Field`: an array with named dimensions that sessions replace and append to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backends.errors import ProtocolError

Coords = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """An array with a coordinate for each place along each of its dimensions.

    Attributes
    ----------
    values : ndarray
        One axis for each name in `dims`.
    dims : tuple of str
    coords : dict of str to ndarray, shape (n,)
        For every dimension.
    attrs : dict
        For the author's own use.
    """

    id: str
    values: NDArray[Any]
    dims: tuple[str, ...]
    coords: Coords
    unit: str | None = None
    attrs: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dims = tuple(self.dims)
        values = np.asarray(self.values)
        coords = {str(dim): np.asarray(each) for dim, each in self.coords.items()}
        sizes = tuple(len(coords[dim]) if dim in coords else -1 for dim in dims)
        if set(coords) != set(dims) or sizes != values.shape:
            given = ", ".join(f"{dim}: {len(each)}" for dim, each in coords.items()) or "none"
            raise ProtocolError(
                f"field {self.id!r}: values of shape {values.shape} with dims {dims} need one coordinate "
                f"for each place of each dimension, there are {given}",
                code="bad-shape",
            )
        for name, value in (("values", values), ("dims", dims), ("coords", coords)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "attrs", dict(self.attrs))

    def axis_index(self, dim: str) -> int:
        """Return which axis of `values` a dimension is."""
        if dim not in self.dims:
            raise ProtocolError(
                f"field {self.id!r} has no dimension {dim!r}; it has {', '.join(self.dims)}",
                code="unknown-dimension",
            )
        return self.dims.index(dim)

    def coord(self, dim: str) -> NDArray[Any]:
        """Return the coordinates along a dimension, shape (n,)."""
        self.axis_index(dim)
        return self.coords[dim]

    def with_values(
        self,
        values: ArrayLike,
        coords: Coords | None = None,
        attrs_update: Mapping[str, Any] | None = None,
    ) -> Field:
        """Return the field with other values, and other coordinates where they are given."""
        return replace(
            self,
            values=np.asarray(values),
            coords=self.coords if coords is None else dict(coords),
            attrs={**self.attrs, **(attrs_update or {})},
        )

    def append(
        self,
        dim: str,
        values: ArrayLike,
        coord_values: ArrayLike,
        *,
        max_length: int | None = None,
        attrs_update: Mapping[str, Any] | None = None,
    ) -> Field:
        """Return the field with more values along `dim`, of which it keeps the last `max_length`."""
        axis = self.axis_index(dim)
        added = np.asarray(values)
        expected = list(self.values.shape)
        expected[axis] = len(np.atleast_1d(coord_values))
        if added.shape != tuple(expected):
            raise ProtocolError(
                f"field {self.id!r}: values to append along {dim!r} must have shape {tuple(expected)}, "
                f"not {added.shape}",
                code="bad-shape",
            )
        joined = np.concatenate([self.values, added], axis=axis)
        along = np.concatenate([self.coords[dim], np.atleast_1d(coord_values)])
        if max_length is not None and len(along) > max_length >= 0:
            first = len(along) - max_length
            along = along[first:]
            joined = joined[(slice(None),) * axis + (slice(first, None),)]
        return self.with_values(joined, {**self.coords, dim: along}, attrs_update)

    def select(self, selectors: Mapping[str, Any]) -> Field:
        """Return the part of the field at places of some dimensions.

        Parameters
        ----------
        selectors : mapping of str to object
            By dimension: a coordinate (a text, or a float for the nearest one), an index (an int), a list of
            these, or a slice of indices. One place removes the dimension.
        """
        values, dims, coords = self.values, list(self.dims), dict(self.coords)
        for dim, selector in selectors.items():
            places = self.places(dim, selector)
            axis = dims.index(dim)
            values = np.take(values, places, axis=axis)
            if np.ndim(places):
                coords[dim] = coords[dim][places]
            else:
                dims.remove(dim)
                del coords[dim]
        return replace(self, values=values, dims=tuple(dims), coords=coords)

    def places(self, dim: str, selector: Any) -> Any:
        """Return the index, or the array of indices, that a selector means along `dim`.

        Raises
        ------
        ProtocolError
            ``unknown-coordinate``: there is no such coordinate or index.
        """
        coord = self.coord(dim)
        if isinstance(selector, slice):
            return np.arange(len(coord))[selector]
        if isinstance(selector, (list, tuple, np.ndarray)):
            return np.array([self.places(dim, each) for each in selector], dtype=int)
        if isinstance(selector, (int, np.integer)) and not isinstance(selector, bool):
            place = int(selector)
            if -len(coord) <= place < len(coord):
                return place % len(coord)
        elif (
            isinstance(selector, (float, np.floating)) and coord.dtype.kind in "fiu" and len(coord)
        ):
            return int(np.abs(coord - selector).argmin())
        else:
            found = np.flatnonzero(coord.astype(str) == str(selector))
            if len(found):
                return int(found[0])
        raise ProtocolError(
            f"field {self.id!r}: {selector!r} is no coordinate of {dim!r}",
            code="unknown-coordinate",
        )
