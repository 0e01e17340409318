"""`Index`: the columns in memory, read when first needed and updated block by block.

A set of cells is one Python integer with a byte for each position, 1 or 0: 300,000 cells are 300 kB, and the
intersection of two sets takes 10 µs. Counting and matching along a column are done by numpy, which is imported
with the first search: it counts 300,000 cells in 1 ms, where Python takes 20 ms. A position is an id if the
library has all blocks from the first on, as after a harvest; else its blocks are joined without the gaps.
"""

from __future__ import annotations

import json
import math
import sqlite3
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from neuromorpho.library.columns import (
    BLOCK,
    FIELD_NUMBERS,
    PRESENT,
    STATE,
    VIEWS,
    WITH_FILES,
    empty_block,
    generation_of,
    open_block,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BYTE_OF_FLAGS = {
    flag: bytes(1 if value & flag and value & PRESENT else 0 for value in range(256))
    for flag in (PRESENT, WITH_FILES)
}


class IndexColumn:
    """One column with all its blocks joined, and what was computed from it."""

    def __init__(self, field: int) -> None:
        self.field = field
        self.generation = -1
        self.blocks: dict[int, array[Any]] = {}
        self.values: bytes | array[Any] = b""
        self.totals: Counter[int] = Counter()
        self.order: dict[bool, array[Any]] = {}
        self.extent: tuple[float, ...] | None = None

    def set_block(self, block: int, values: array[Any]) -> None:
        """Add a block, or replace its older version."""
        if self.field <= 1000 and self.generation >= 0:  # the first time all are counted at once
            if block in self.blocks:
                self.totals.subtract(Counter(self.blocks[block]))
            self.totals.update(Counter(values))
        self.blocks[block] = values

    def join_blocks(self, numbers: list[int]) -> None:
        """Join the blocks; as bytes if every number fits into one."""
        nothing = empty_block(self.field)
        values: array[Any] = array(nothing.typecode)
        for number in numbers:
            values.extend(self.blocks.get(number, nothing))
        self.order = {}
        self.extent = None
        self.values = values
        if self.field <= 1000:
            self.totals = +self.totals if self.generation >= 0 else Counter(values)
            del self.totals[0]
            if max(self.totals, default=0) < 256:
                self.values = values.tobytes()[:: values.itemsize]  # the lowest byte of each number


class Index:
    """The columns at one generation of the database; not for two threads at once."""

    def __init__(self) -> None:
        self._reset(epoch=-1)

    def _reset(self, epoch: int) -> None:
        self._epoch = epoch
        self._generation = -1
        self._columns: dict[int, IndexColumn] = {}
        self._terms: dict[int, list[Any]] = {}
        self._values: dict[str, list[tuple[str, ...]]] = {}
        self._numbers: list[int] = []
        self._position_of_block: dict[int, int] = {}
        self._names: array[Any] | None = None
        self._sets: dict[str, int] = {}
        self._last: tuple[int, bytes] = (-1, b"")

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Update to the generation that the running transaction sees."""
        generation, epoch = generation_of(connection)
        if epoch != self._epoch:
            self._reset(epoch)
        if generation == self._generation:
            return
        self._generation = generation
        self._names = None
        self._last = (-1, b"")
        self._sets.clear()
        state = self._updated_column(connection, STATE)
        numbers = sorted(state.blocks)
        if numbers != self._numbers:
            self._numbers = numbers
            self._position_of_block = {number: n * BLOCK for n, number in enumerate(numbers)}
        state.join_blocks(numbers)
        state.generation = generation

    @property
    def size(self) -> int:
        """The number of positions."""
        return len(self._numbers) * BLOCK

    def column(self, connection: sqlite3.Connection, name: str) -> IndexColumn:
        """Return a column by its field's name, as of this generation."""
        field = FIELD_NUMBERS[name]
        column = self._columns.get(field)
        if column is None or column.generation != self._generation:
            column = self._updated_column(connection, field)
            column.join_blocks(self._numbers)
            column.generation = self._generation
        return column

    def _updated_column(self, connection: sqlite3.Connection, field: int) -> IndexColumn:
        """Return a column after reading the blocks that are newer than its own."""
        column = self._columns.setdefault(field, IndexColumn(field))
        rows = connection.execute(
            "SELECT block, data FROM columns WHERE field = ? AND generation > ?",
            (field, column.generation),
        )
        for block, data in rows:
            column.set_block(block, open_block(data, field))
        return column

    def values(self, connection: sqlite3.Connection, field: str) -> list[tuple[str, ...]]:
        """Return the values of each term of a field, by the term's number."""
        view = VIEWS[field]
        number = FIELD_NUMBERS[view.column]
        terms = self._terms.setdefault(number, [None])
        rows = connection.execute("SELECT count(*) FROM terms WHERE field = ?", (number,))
        if rows.fetchone()[0] + 1 != len(terms):
            found = connection.execute("SELECT code, value FROM terms WHERE field = ?", (number,))
            by_code = {code: value for code, value in found if code >= len(terms)}
            terms.extend(json.loads(by_code[code]) for code in sorted(by_code))
        known = self._values.setdefault(field, [])
        known.extend(view.values_of(term) for term in terms[len(known) :])
        return known

    def cells(self, flag: int = PRESENT) -> int:
        """Return the set of all cells, or of those with another flag."""
        values = self._columns[STATE].values
        assert isinstance(values, bytes)
        return int.from_bytes(values.translate(_BYTE_OF_FLAGS[flag]), "little")

    def matching(self, column: IndexColumn, codes: Iterable[int]) -> int:
        """Return the set of cells with one of these terms."""
        wanted = set(codes)
        if isinstance(column.values, bytes):
            table = bytes(1 if code in wanted else 0 for code in range(256))
            return int.from_bytes(column.values.translate(table), "little")
        import numpy as np

        lookup = np.zeros(max(max(column.totals, default=0), max(wanted, default=0)) + 1, np.uint8)
        lookup[list(wanted)] = 1
        return int.from_bytes(lookup[_numbers(column)].tobytes(), "little")

    def between(self, column: IndexColumn, low: float | None, high: float | None) -> int:
        """Return the set of cells whose number is known and in a closed range."""
        low = -math.inf if low is None else low
        high = math.inf if high is None else high
        values = _numbers(column)
        return int.from_bytes(((values >= low) & (values <= high)).tobytes(), "little")

    def extent(self, column: IndexColumn) -> tuple[float, float] | None:
        """Return the lowest and the highest number of all cells; None if no cell has one."""
        if column.extent is None:
            import numpy as np

            values = _numbers(column)
            known = values[~np.isnan(values)]
            column.extent = (float(known.min()), float(known.max())) if len(known) else ()
        return (column.extent[0], column.extent[1]) if column.extent else None

    def of_ids(self, ids: Iterable[int] | str) -> int:
        """Return the set of cells with these ids; an unknown id is left out.

        Parameters
        ----------
        ids
            Numbers, or a text of numbers separated by commas, which is read fifty times as fast.
        """
        import numpy as np

        if isinstance(ids, str):
            wanted = np.fromstring(ids, np.int64, sep=",")
        else:
            wanted = np.fromiter(ids, np.int64)
        found = np.zeros(self.size, np.uint8)
        if self._numbers and self._numbers[-1] == len(self._numbers) - 1:
            found[wanted[(wanted >= 0) & (wanted < self.size)]] = 1
        elif self._numbers:
            numbers = np.array(self._numbers)
            blocks = wanted // BLOCK
            nearest = np.minimum(np.searchsorted(numbers, blocks), len(numbers) - 1)
            found[(nearest * BLOCK + wanted % BLOCK)[numbers[nearest] == blocks]] = 1
        return int.from_bytes(found.tobytes(), "little")

    def id_at(self, position: int) -> int:
        """Return the id at a position."""
        block, offset = divmod(position, BLOCK)
        return self._numbers[block] * BLOCK + offset

    def positions_by_name(self, connection: sqlite3.Connection) -> array[Any]:
        """Return all positions in the order of the cells' names."""
        if self._names is None:
            (ids,) = connection.execute(
                "SELECT json_group_array(neuron_id) FROM "
                "(SELECT neuron_id FROM records ORDER BY name COLLATE NOCASE, neuron_id)"
            ).fetchone()
            starts = self._position_of_block
            self._names = array(
                "I",
                (
                    starts[neuron_id // BLOCK] + neuron_id % BLOCK
                    for neuron_id in json.loads(ids)
                    if neuron_id // BLOCK in starts
                ),
            )
        return self._names

    def cached_set(self, text: str, find: Callable[[], int]) -> int:
        """Return the set of a word, found with `find` if it is not among the last 24."""
        found = self._sets.pop(text, None)
        if found is None:
            found = find()
            while len(self._sets) >= 24:
                self._sets.pop(next(iter(self._sets)))
        self._sets[text] = found
        return found

    def as_bytes(self, cells: int) -> bytes:
        """Return a set as one byte per position; that of the last set is cached, as a search needs it often."""
        if self._last[0] is not cells:
            self._last = (cells, cells.to_bytes(self.size, "little"))
        return self._last[1]

    def n_cells(self, cells: int) -> int:
        """Return the number of cells in a set; `int.bit_count` takes a hundred times as long."""
        import numpy as np

        return int(np.count_nonzero(np.frombuffer(self.as_bytes(cells), np.uint8)))

    def count(self, column: IndexColumn, cells: int, all_cells: int) -> Mapping[int, int]:
        """Return how many cells of a set have each term, without terms that none has."""
        if cells == all_cells:
            return column.totals
        import numpy as np

        members = np.frombuffer(self.as_bytes(cells), np.bool_)
        counts = np.bincount(_numbers(column)[members])
        codes = np.flatnonzero(counts)
        return dict(zip(codes.tolist(), counts[codes].tolist(), strict=True))


def _numbers(column: IndexColumn) -> NDArray[Any]:
    """Return a column's numbers as an array, without a copy."""
    import numpy as np

    values = column.values
    return np.frombuffer(values, np.uint8 if isinstance(values, bytes) else values.typecode)


def positions_of(cells: bytes) -> Iterator[int]:
    """Yield the positions of a set, rising."""
    position = cells.find(1)
    while position >= 0:
        yield position
        position = cells.find(1, position + 1)
