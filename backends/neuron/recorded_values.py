"""`RecordedValues`: recorded samples, by number as an array and by name as a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class RecordedValues(np.ndarray[tuple[int, ...], np.dtype[np.float64]]):
    """An array of shape (n_names, n) whose rows can also be had by name: ``values["m gate"]``.

    What is computed from it, also a part of it, is a plain array again in all but its type.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, names: Sequence[str], values: FloatArray) -> RecordedValues:
        """Return `values` with the names of its rows."""
        found = values.view(cls)
        found.names = tuple(names)
        return found

    def __array_finalize__(self, other: Any) -> None:
        self.names = ()

    def __getitem__(self, index: Any) -> Any:
        """Return a row by its name as a plain array, or what an array returns."""
        if isinstance(index, str):
            if index not in self.names:
                known = ", ".join(self.names) or "nothing"
                raise KeyError(f"nothing is recorded as {index!r}; recorded: {known}")
            return self.view(np.ndarray)[self.names.index(index)]
        return super().__getitem__(index)

    def __contains__(self, item: object) -> bool:
        return item in self.names if isinstance(item, str) else super().__contains__(item)

    def keys(self) -> tuple[str, ...]:
        """Return the names, in the order of the rows."""
        return self.names

    def items(self) -> Iterator[tuple[str, FloatArray]]:
        """Yield each name with its row, shape (n,)."""
        return zip(self.names, self.view(np.ndarray), strict=True)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a row by its name, or `default` where nothing is recorded under it."""
        return self[name] if name in self.names else default
