"""`Index`: the columns in memory, read when first needed and updated block by block.

A set of cells is an array of one boolean for each position, so that 300,000 cells are counted, matched and
intersected in less than a millisecond. A position is an id if the library has all blocks from the first on, as
after a harvest; else its blocks are joined without the gaps. This module imports numpy: it is imported with
the first search.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuromorpho.library.columns import (
    BLOCK,
    FIELD_NUMBERS,
    PRESENT,
    STATE,
    VIEWS,
    generation_of,
    new_block,
    open_block,
)

Cells = NDArray[np.bool_]
Positions = NDArray[np.int64]
_N_CACHED_WORDS = 24


class _Column:
    """One column with all its blocks joined, as of a generation."""

    def __init__(self) -> None:
        self.generation = -1
        self.blocks: dict[int, Any] = {}
        self.values: NDArray[Any] = np.empty(0)
        self.totals: dict[int, int] | None = None


class Index:
    """The columns at one generation of the database; not for two threads at once."""

    def __init__(self) -> None:
        self._state = (-1, -1)
        self._columns: dict[int, _Column] = {}
        self._numbers = np.empty(0, np.int64)  # of the blocks, rising
        self._sets: dict[str, Cells] = {}
        self._values: dict[str, list[tuple[str, ...]]] = {}
        self._names: Positions | None = None

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Update to the generation that the running transaction sees, which the other methods read from."""
        self._connection = connection
        state = generation_of(connection)
        if state == self._state:
            return
        if state[1] != self._state[1]:
            self._columns.clear()
        self._state = state
        self._sets.clear()
        self._values.clear()
        self._names = None
        self._numbers = np.array(sorted(self._updated_column(STATE).blocks), np.int64)
        self._flags = self._column(STATE).values.astype(np.uint8)

    @property
    def size(self) -> int:
        """The number of positions."""
        return len(self._numbers) * BLOCK

    def _updated_column(self, field: int) -> _Column:
        """Return a column after reading the blocks that are newer than its own."""
        column = self._columns.setdefault(field, _Column())
        rows = self._connection.execute(
            "SELECT block, data FROM columns WHERE field = ? AND generation > ?",
            (field, column.generation),
        )
        column.blocks |= {block: open_block(data, field) for block, data in rows}
        return column

    def _column(self, field: int) -> _Column:
        """Return a column as of this generation."""
        column = self._columns.get(field)
        if column is None or column.generation != self._state[0]:
            column = self._updated_column(field)
            nothing = new_block(field)
            blocks = [column.blocks.get(number, nothing) for number in self._numbers.tolist()]
            column.values = np.concatenate(blocks or [np.array(nothing)[:0]])
            column.totals = None
            column.generation = self._state[0]
        return column

    def column(self, name: str) -> NDArray[Any]:
        """Return a field's number of each position: of a term, or of the morphometry (NaN if unknown)."""
        return self._column(FIELD_NUMBERS[name]).values

    def values(self, field: str) -> list[tuple[str, ...]]:
        """Return the values of each term of a field, by the term's number."""
        if field not in self._values:
            view = VIEWS[field]
            rows = self._connection.execute(
                "SELECT value FROM terms WHERE field = ? ORDER BY code",
                (FIELD_NUMBERS[view.column],),
            )
            self._values[field] = [(), *(view.values_of(json.loads(value)) for (value,) in rows)]
        return self._values[field]

    def cells(self, flag: int = PRESENT) -> Cells:
        """Return the set of all cells, or of those with another flag."""
        found: Cells = (self._flags & flag) != 0
        return found

    def with_word(self, word: str) -> Cells:
        """Return the set of cells with a word that begins so, or with this id; the last ones are cached."""
        found = self._sets.pop(word, None)
        if found is None:
            (ids,) = self._connection.execute(
                "SELECT group_concat(rowid) FROM text WHERE text MATCH ?", (f'"{word}"*',)
            ).fetchone()
            if word.isascii() and word.isdigit() and len(word) < 16:
                ids = f"{ids},{word}" if ids else word
            found = self.of_ids(np.fromstring(ids or "", np.int64, sep=","))
            while len(self._sets) >= _N_CACHED_WORDS:
                self._sets.pop(next(iter(self._sets)))
        self._sets[word] = found
        return found

    def with_names(self, names: list[str]) -> Cells:
        """Return the set of cells with one of these names; upper and lower case are the same."""
        marks = ", ".join("?" * len(names))
        rows = self._connection.execute(
            f"SELECT neuron_id FROM records WHERE name COLLATE NOCASE IN ({marks})", names
        )
        return self.of_ids(np.fromiter((neuron_id for (neuron_id,) in rows), np.int64))

    def of_ids(self, ids: Positions) -> Cells:
        """Return the set of cells with these ids; an unknown id is left out."""
        found = np.zeros(self.size, np.bool_)
        found[self._positions(ids)] = True
        return found

    def _positions(self, ids: Positions) -> Positions:
        """Return the positions of ids, without those that are in no block."""
        n_blocks = len(self._numbers)
        if not n_blocks or self._numbers[-1] == n_blocks - 1:
            return ids[(ids >= 0) & (ids < self.size)]
        blocks = ids // BLOCK
        nearest = np.searchsorted(self._numbers, blocks).clip(max=n_blocks - 1)
        is_known = self._numbers[nearest] == blocks
        found: Positions = (nearest * BLOCK + ids % BLOCK)[is_known]
        return found

    def ids(self, positions: Positions) -> list[int]:
        """Return the ids at some positions."""
        blocks, offsets = np.divmod(positions, BLOCK)
        return (self._numbers[blocks] * BLOCK + offsets).tolist()  # type: ignore[no-any-return]

    def positions_by_name(self) -> Positions:
        """Return all positions in the order of the cells' names."""
        if self._names is None:
            (ids,) = self._connection.execute(
                "SELECT group_concat(neuron_id) FROM "
                "(SELECT neuron_id FROM records ORDER BY name COLLATE NOCASE, neuron_id)"
            ).fetchone()
            self._names = self._positions(np.fromstring(ids or "", np.int64, sep=","))
        return self._names

    def count(self, name: str, cells: Cells) -> dict[int, int]:
        """Return how many cells of a set have each term of a column, without terms that none has."""
        column = self._column(FIELD_NUMBERS[name])
        is_all = np.count_nonzero(cells) == np.count_nonzero(self._flags)
        if is_all and column.totals is not None:
            return column.totals
        counts = np.bincount(column.values[cells])
        codes = np.flatnonzero(counts)
        found = dict(zip(codes.tolist(), counts[codes].tolist(), strict=True))
        if is_all:
            column.totals = found
        return found
