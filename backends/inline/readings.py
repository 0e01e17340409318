"""`Reading`: the present values of a field, read from what an author gave: an array, functions, references."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.errors import ProtocolError
from backends.field import Field
from backends.inline.callbacks import Callback
from backends.messages import FieldReplace

Reader = Callable[[object], Any]
"""Takes the context, returns values."""
Coordinates = Sequence[Any] | NDArray[Any]


@dataclass(eq=False)
class Reading:
    """A field whose values are read after every batch of steps.

    Attributes
    ----------
    what : str
        What it is for, in errors: a view's title.
    read : Reader
        Returns values, or a mapping of names to numbers or arrays, whose names are the first coordinates.
    coords : mapping of str to (Coordinates or Reader)
        Coordinates of dimensions; those that are read too are callable.
    line : str
        Of the script, in errors: ``"my_model.py, line 9"``.
    """

    id: str
    what: str
    dims: tuple[str, ...]
    read: Reader
    coords: Mapping[str, Coordinates | Reader]
    unit: str | None = None
    line: str = ""
    _sent: tuple[Any, ...] = ()

    def field(self, context: object) -> Field:
        """Return the field with its present values; ProtocolError if they do not have its dimensions."""
        found = self._read(context)
        self._sent = self._key(found)
        return found

    def _read(self, context: object) -> Field:
        try:
            values, coords = self._now(context)
            return Field(self.id, values, self.dims, coords, self.unit)
        except ProtocolError as error:
            if not self.line or error.location:
                raise
            words = error.message.removeprefix(f"Field {self.id!r}: ").removeprefix(
                f"{self.what}: "
            )
            raise ProtocolError(
                f"{self.what}: {words.rstrip('.')} ({self.line})", code=error.code,
                hint="edit-script", location=self.line,
            ) from error  # fmt: skip

    def update(self, context: object, time_ms: float) -> FieldReplace:
        """Return the present values, and the coordinates where these or the shape have changed; see `field`."""
        found = self._read(context)
        key = self._key(found)
        is_same = key == self._sent
        self._sent = key
        return FieldReplace(self.id, found.values, time_ms, None if is_same else found.coords)

    def _now(self, context: object) -> tuple[NDArray[Any], dict[str, Any]]:
        read = self.read(context)
        coords: dict[str, Any] = {
            dim: np.array(each(context)) if callable(each) else each
            for dim, each in self.coords.items()
        }
        if isinstance(read, Mapping):
            coords.setdefault(self.dims[0], tuple(str(name) for name in read))
            read = list(read.values())
        try:
            values = np.array(read, np.float64)
        except (TypeError, ValueError) as error:
            raise ProtocolError(
                f"{self.what}: the values are not an array of numbers ({error})", code="bad-array"
            ) from error
        if values.ndim != len(self.dims):
            axes = " and ".join(self.dims)
            raise ProtocolError(
                f"{self.what}: the values have shape {values.shape}; a view of {axes} needs "
                f"{len(self.dims)} dimension{'s' * (len(self.dims) > 1)}",
                code="bad-shape",
            )
        return values, coords

    def _key(self, found: Field) -> tuple[Any, ...]:
        coords = (
            (dim, each.tobytes() if isinstance(each, np.ndarray) else tuple(each))
            for dim, each in found.coords.items()
        )
        return (found.values.shape, *coords)


def reader_of(what: str, source: Any, read_one: Callable[[str, Any], Reader | None]) -> Reader:
    """Return what reads a source of values.

    Parameters
    ----------
    source : array, number, callable, mapping of names to sources, or sequence of sources
    read_one : callable
        Returns the reader of what only the simulator knows, such as a reference; None for anything else.
    """
    known = read_one(what, source)
    if known is not None:
        return known
    if isinstance(source, Mapping):
        parts = {str(name): reader_of(what, each, read_one) for name, each in source.items()}
        return lambda context: {name: read(context) for name, read in parts.items()}
    if callable(source):
        return Callback(what, source)
    if isinstance(source, np.ndarray | int | float | np.number):
        return lambda context: source
    if isinstance(source, Iterable) and not isinstance(source, str):
        readers = [reader_of(what, each, read_one) for each in source]
        return lambda context: [read(context) for read in readers]
    raise ProtocolError(
        f"{what}: {source!r} is neither numbers nor a function that returns them", code="bad-source"
    )
