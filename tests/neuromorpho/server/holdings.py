"""What the server holds: given records first, then made ones, and for each its files and measures."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

from tests.neuromorpho.server import made, trees
from tests.neuromorpho.server.recorded import Recorded
from tests.support.query_language import ParsedQuery, parse, values_of

_LEVEL = re.compile(r"_[1-9]\Z")
_NO_LEAP = re.compile(r"\bNOT\b|\*:\*")


class MadeIds(Sequence[int]):
    """Ids of the made cells of some prototypes, rising, by arithmetic."""

    def __init__(self, residues: Sequence[int], first: int, count: int) -> None:
        self._residues = sorted(residues)
        self._first = first
        whole, rest = divmod(count, made.PROTOTYPES)
        self._length = whole * len(self._residues) + sum(r < rest for r in self._residues)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(self._length))]
        index += self._length if index < 0 else 0
        if not 0 <= index < self._length:
            raise IndexError(index)
        block, within = divmod(index, len(self._residues))
        position = block * made.PROTOTYPES + self._residues[within]
        return made.id_at(position, self._first)


class Joined(Sequence[int]):
    """One sequence of ids after another."""

    def __init__(self, one: Sequence[int], other: Sequence[int]) -> None:
        self._one, self._other = one, other

    def __len__(self) -> int:
        return len(self._one) + len(self._other)

    def __getitem__(self, index: Any) -> Any:
        cut = len(self._one)
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                return [self[each] for each in range(start, stop, step)]
            rest = self._other[max(0, start - cut) : max(0, stop - cut)]
            return [*self._one[start : min(stop, cut)], *rest]
        index += len(self) if index < 0 else 0
        if index < 0:
            raise IndexError(index)
        return self._one[index] if index < cut else self._other[index - cut]


class Holdings:
    """The records of one server, found by id, name and query.

    Parameters
    ----------
    records
        Given ones, of any shape.
    n_made
        How many are made beside them.
    recorded
        What was recorded of the real server; its records count as given.
    keep
        How many made records are kept as text.

    Attributes
    ----------
    first_made_id : int
        1 where nothing was given, else far above the given ids.
    """

    def __init__(
        self,
        records: Iterable[Mapping[str, Any]],
        n_made: int,
        recorded: Recorded | None,
        keep: int = 0,
    ) -> None:
        self.recorded = recorded
        self._made = lru_cache(maxsize=keep)(made.encoded) if keep else made.encoded
        given = [*(recorded.records if recorded else ()), *records]
        self.given = {int(record["neuron_id"]): dict(record) for record in given}
        self._given_ids = sorted(self.given)
        self._given_names: dict[str, list[int]] = {}
        for neuron_id in self._given_ids:
            name = str(self.given[neuron_id].get("neuron_name"))
            self._given_names.setdefault(name, []).append(neuron_id)
        self.n_made = n_made
        highest = max(self.given, default=0)
        self.first_made_id = 1 if not self.given else (highest // 100_000 + 1) * 100_000 + 1
        self._found: dict[tuple[Any, ...], Sequence[int]] = {}
        self._counts: dict[str, dict[str, int]] = {}

    @cached_property
    def ids(self) -> Sequence[int]:
        """All ids, rising."""
        every = MadeIds(range(made.PROTOTYPES), self.first_made_id, self.n_made)
        return Joined(self._given_ids, every)

    def position(self, neuron_id: int) -> int | None:
        """Return the position of a made cell; None of others."""
        return made.position_of(neuron_id, self.first_made_id, self.n_made)

    def encoded(self, neuron_id: int) -> str | None:
        """Return a record as JSON."""
        if neuron_id in self.given:
            return json.dumps(self.given[neuron_id], ensure_ascii=False)
        position = self.position(neuron_id)
        return None if position is None else self._made(position, neuron_id)

    def record(self, neuron_id: int) -> dict[str, Any] | None:
        """Return a record."""
        text = self.encoded(neuron_id)
        return None if text is None else json.loads(text)

    def id_of_name(self, name: str) -> int | None:
        """Return the id of the first cell with a name, case and all."""
        return next(iter(self.ids_of_name(name)), None)

    def ids_of_name(self, name: str) -> list[int]:
        """Return the ids of the cells with a name; given ones may share theirs."""
        found = list(self._given_names.get(name, ()))
        digits = re.search(r"[0-9]{1,12}\Z", name)
        for start in range(len(digits[0])) if digits else ():
            number = int(digits[0][start:])  # type: ignore[index]
            position = self.position(number)
            if position is not None and self._made_value(position, "neuron_name") == name:
                return [*found, number]
        return found

    def _made_value(self, position: int, field: str) -> Any:
        neuron_id = made.id_at(position, self.first_made_id)
        return made.prototype_of(position).value(field, neuron_id)

    def select(self, queries: Sequence[str], field: str, *, descending: bool) -> Sequence[int]:
        """Return the ids that match every query, sorted; QuerySyntaxError where one is none."""
        key = (tuple(queries), field, descending)
        if key not in self._found:
            if len(self._found) > 64:
                self._found.clear()
            ids = self._matching(queries)
            if (field, descending) != ("neuron_id", False):
                ids = sorted(ids)
                ids.sort(key=self._sort_key(field), reverse=descending)
            self._found[key] = ids
        return self._found[key]

    def _matching(self, queries: Sequence[str]) -> Sequence[int]:
        parsed = [parse(text) for text in queries]
        candidates = self._candidates(queries, parsed)

        def matches(record: Mapping[str, Any]) -> bool:
            return all(query(record) for query in parsed)

        if candidates is not None:
            return [each for each in candidates if matches(self.record(each) or {})]
        given = [each for each in self._given_ids if matches(self.given[each])]
        asked = {value.field for query in parsed for value in query.asked}
        own = (asked | {"neuron_id" for field in asked if field == "Neuron_id"}) & made.OWN_FIELDS
        if own:
            return Joined(given, [i for i, record in self._made_records(own) if matches(record)])
        fitting = [i for i, each in enumerate(made.prototypes()) if matches(each.record)]
        return Joined(given, MadeIds(fitting, self.first_made_id, self.n_made))

    def _made_records(self, own: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield made cells with their id; of the fields that are their own, only these are theirs."""
        for position in range(self.n_made):
            neuron_id = made.id_at(position, self.first_made_id)
            prototype = made.prototype_of(position)
            values = {field: prototype.value(field, neuron_id) for field in own}
            yield neuron_id, prototype.record | values

    def _candidates(
        self, queries: Sequence[str], parsed: Sequence[ParsedQuery]
    ) -> list[int] | None:
        """Return the few ids that a query by id or name can match; None where it is of another kind."""
        for text, query in zip(queries, parsed, strict=True):
            fields = {value.field.lower() for value in query.asked}
            if _NO_LEAP.search(text) or any(value.is_pattern for value in query.asked):
                continue
            texts = [value.text for value in query.asked]
            if fields == {"neuron_id"}:
                numbers = {int(each) for each in texts if each.isdecimal() and len(each) < 12}
                return sorted(each for each in numbers if self.encoded(each) is not None)
            if fields == {"neuron_name"}:
                return sorted({i for each in texts for i in self.ids_of_name(each)})
        return None

    def _sort_key(self, field: str) -> Callable[[int], Any]:
        name = "physical_Integrity" if field == "Physical_Integrity" else field

        def key(neuron_id: int) -> tuple[int, float, str]:
            position = self.position(neuron_id)
            if neuron_id in self.given:
                value = self.given[neuron_id].get(name)
            else:
                value = self._made_value(position or 0, name)
            if isinstance(value, list):
                value = ", ".join(map(str, value))
            if isinstance(value, int | float):
                return (1, float(value), "")
            return (0, 0.0, "") if value is None else (2, 0.0, str(value))

        return key

    def counts(self, field: str) -> dict[str, int]:
        """Return how many records hold each value of a field, the most common first."""
        if field not in self._counts:
            found: Counter[str] = Counter()
            for value, number in self._each_value(field):
                found[value] += number
            self._counts[field] = dict(found.most_common())
        return self._counts[field]

    def _each_value(self, field: str) -> Iterator[tuple[str, int]]:
        for record in self.given.values():
            for value in set(values_of(record, field)):
                yield value, 1
        if field in made.OWN_FIELDS:
            for position in range(self.n_made):
                yield str(self._made_value(position, field)), 1
            return
        whole, rest = divmod(self.n_made, made.PROTOTYPES)
        for residue, prototype in enumerate(made.prototypes()):
            if number := whole + (residue < rest):
                for value in set(values_of(prototype.record, field)):
                    yield value, number

    def is_field(self, field: str) -> bool:
        """Return whether records can be asked by a field."""
        base = _LEVEL.sub("", field)
        return field == "Physical_Integrity" or (base in made.KEYS and base != "_links")

    def measures(self, neuron_id: int) -> dict[str, Any] | None:
        """Return what is measured of a cell; None where nothing is, as of each 97th made cell from the 42nd."""
        if self.recorded and neuron_id in self.recorded.measures:
            return self.recorded.measures[neuron_id]
        name, position = self.given.get(neuron_id, {}).get("neuron_name"), self.position(neuron_id)
        if position is not None and position % 97 != 41 and neuron_id not in self.given:
            name = self._made_value(position, "neuron_name")
        if name is None:
            return None
        swc = self.recorded.swcs.get(neuron_id) if self.recorded else None
        if swc:
            found = trees.measures(trees.read_swc(swc.decode("latin-1")))
        else:
            kind, index = self.shape_of(neuron_id)
            found = trees.measures_of_shape(kind, index)
            found = trees.scaled_measures(found, made.factor_of(neuron_id))
        remote = {"bif_ampl_remote": found["bif_ampl_remote"]}
        return {"neuron_name": name, **remote, "neuron_id": neuron_id, **found}

    def grow_all_shapes(self) -> None:
        """Grow and measure every tree now, so that no page of a large server waits for it."""
        for prototype in made.prototypes() if self.n_made >= made.PROTOTYPES else ():
            trees.measures_of_shape(prototype.kind, prototype.shape)

    def shape_of(self, neuron_id: int) -> tuple[int, int]:
        """Return the kind and the index of a cell's tree."""
        position = self.position(neuron_id)
        if position is None:
            return neuron_id % 4, neuron_id % trees.SHAPES_PER_KIND
        prototype = made.prototype_of(position)
        return prototype.kind, prototype.shape

    def tree(self, neuron_id: int) -> trees.Tree:
        """Return the shape of a cell's tree; the cell's own is `made.factor_of` times as large."""
        return trees.shape(*self.shape_of(neuron_id))
