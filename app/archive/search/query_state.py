"""`QueryState`: what is searched for; as a query of the archive, as arguments of the library, and as text.

The archive compares complete values; it does not look for words in them. So a criterion (``species:human``)
finds exactly the cells that the facet counts, while a free word needs wildcards, as part of a name or of a
value, once per field of `WORD_FIELDS`. `archive_words` makes such a clause. The
text of a state is the query that is sent; `query_parser` reads it back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from app.archive.search.range_fields import RANGE_OF, bound_text
from app.archive.text import accessible_text, show_edge_spaces
from neuromorpho import NeuroMorphoQuery
from neuromorpho.query.query import DEFAULT_SORT, EVERYTHING, clause, query_field

WORD_FIELDS = ("neuron_name", "archive", "species", "brain_region", "cell_type", "stain")
"""Where a free word is looked for in the archive."""
FIELDS = (
    "species",
    "brain_region_1",
    "brain_region_2",
    "brain_region_3",
    "cell_type_1",
    "cell_type_2",
    "cell_type_3",
    "archive",
    "domain",
    "attributes",
    "Physical_Integrity",
    "age_classification",
    "gender",
    "stain",
    "protocol",
    "experiment_condition",
    "original_format",
)
"""Whose values are listed, in this order."""
_LABELS = {
    "Physical_Integrity": "integrity",
    "age_classification": "age",
    "gender": "sex",
    "experiment_condition": "condition",
    "original_format": "format",
    "neuron_id": "id",
    "neuron_name": "name",
    "upload_year": "year",
    "length": "length",
}
_WORD = re.compile(r'"([^"]*)"?|(\S+)')
_NMO = re.compile(r"NMO_0*(\d{1,9})\Z", re.IGNORECASE)
_SENT_AS_IS = re.compile(r"[^\w.\-'*?]")

Criteria = tuple[tuple[str, tuple[str, ...]], ...]
Ranges = tuple[tuple[str, float | None, float | None], ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a query, and the query without it.

    Attributes
    ----------
    label : str
        In words: ``species: human or rat``.
    state_without : QueryState
    accessible_label : str
        For a screen reader, where it is not the label.
    n_hits : int or None
        How many cells match without it, if that was counted.
    """

    label: str
    state_without: QueryState
    accessible_label: str = ""
    n_hits: int | None = None


@dataclass(frozen=True, slots=True)
class QueryState:
    """What is searched for; values are spelt as the archive does, blanks at their ends included.

    Attributes
    ----------
    text : str
        Free words; text in double quotes is one word.
    criteria : tuple of (field, values)
        Several values of a field are OR, several fields AND. Each field once, none without a value.
    ranges : tuple of (field, low, high)
        Both ends included, None for no bound; in the unit of the field. The archive has no ranges: its
        numbers are texts.
    raw : str
        A clause in the archive's own language, sent unchanged; the library cannot use it.
    sort : str
        ``field,asc`` or ``field,desc``.
    """

    text: str = ""
    criteria: Criteria = ()
    ranges: Ranges = ()
    raw: str = ""
    sort: str = DEFAULT_SORT

    def __post_init__(self) -> None:
        """Normalize criteria and ranges, so that equal searches compare equal."""
        merged: dict[str, dict[str, None]] = {}
        for name, values in self.criteria:
            merged.setdefault(query_field(name), {}).update(dict.fromkeys(values))
        criteria = tuple((name, tuple(values)) for name, values in merged.items() if values)
        bounds = {name: (low, high) for name, low, high in self.ranges}
        ranges = tuple((name, *ends) for name, ends in bounds.items() if ends != (None, None))
        object.__setattr__(self, "criteria", criteria)
        object.__setattr__(self, "ranges", ranges)

    def with_value(self, field: str, value: str, on: bool = True) -> QueryState:
        """Return the state with a value of a field chosen, or no longer chosen."""
        if not on:
            return self.without(field, value)
        return replace(self, criteria=(*self.criteria, (field, (value,))))

    def without(self, field: str, value: str | None = None) -> QueryState:
        """Return the state without a field's value, or without all values of the field."""
        name, criteria = query_field(field), dict(self.criteria)
        values = criteria.get(name, ()) if value is not None else ()
        criteria[name] = tuple(each for each in values if each != value)
        return replace(self, criteria=tuple(criteria.items()))

    def without_values(self, values: Iterable[tuple[str, str]]) -> QueryState:
        """Return the state without some fields' values."""
        state = self
        for field, value in values:
            state = state.without(field, value)
        return state

    def with_range(self, field: str, low: float | None, high: float | None) -> QueryState:
        """Return the state with the bounds of a number; None and None remove them."""
        return replace(self, ranges=(*self.ranges, (field, low, high)))

    def with_text(self, text: str) -> QueryState:
        """Return the state with other free words."""
        return replace(self, text=text)

    @property
    def is_empty(self) -> bool:
        """Whether everything matches."""
        return self.query_text() == EVERYTHING

    def to_query(self) -> NeuroMorphoQuery:
        """Return the query for the archive; `sort` is sent separately.

        Criteria match complete values. Every free word must be part of a name or of a value of one of
        `WORD_FIELDS`, as typed or with its first letter's case changed; ``NMO_00001`` is an id. Ranges
        are left out.
        """
        raw = (self.raw, *archive_words(self.text))
        return NeuroMorphoQuery(fields=self.criteria, raw_q=tuple(filter(str.strip, raw)))

    def to_library(self) -> dict[str, Any]:
        """Return text, criteria and ranges for `Library.search`: words begin words there; no raw clause."""
        criteria = dict(self.criteria)
        words = []
        for word in words_of(self.text):
            if found := _NMO.match(word):
                criteria["neuron_id"] = (*criteria.get("neuron_id", ()), str(int(found[1])))
            else:
                words.append(word)
        ranges = {name: (low, high) for name, low, high in self.ranges}
        return {"text": " ".join(words), "criteria": criteria, "ranges": ranges}

    def query_text(self) -> str:
        """Return the query as it is sent, then the ranges; ``*:*`` for everything."""
        query = self.to_query()
        parts = [] if query.to_q() == EVERYTHING else [query.to_q()]
        if self.ranges and parts and " " in parts[0] and len(query.raw_q) == 1 and not query.fields:
            parts = [f"({parts[0]})"]
        parts += [
            f"{name}:[{bound_text(low)} TO {bound_text(high)}]" for name, low, high in self.ranges
        ]
        return " AND ".join(parts) or EVERYTHING

    def clauses(self) -> tuple[Clause, ...]:
        """Return every condition that could be dropped: words, then fields, ranges, the raw clause."""
        words = words_of(self.text)
        typed = [f'"{word}"' if " " in word else word for word in words]
        found = [
            Clause(f"the word “{word}”", self.with_text(" ".join(typed[:at] + typed[at + 1 :])))
            for at, word in enumerate(words)
        ]
        for name, values in self.criteria:
            shown = " or ".join(map(show_edge_spaces, values))
            found.append(Clause(f"{label_of(name)}: {shown}", self.without(name)))
        return (*found, *self._other_clauses())

    def chips(self) -> tuple[Clause, ...]:
        """Return every condition but the words, each value alone: values, ranges, the raw clause."""
        values = (
            Clause(
                f"{label_of(name)}: {show_edge_spaces(value)}",
                self.without(name, value),
                f"{label_of(name)}: {accessible_text(value)}",
            )
            for name, values in self.criteria
            for value in values
        )
        return (*values, *self._other_clauses())

    def _other_clauses(self) -> Iterator[Clause]:
        for name, low, high in self.ranges:
            yield Clause(range_label(name, low, high), self.with_range(name, None, None))
        if raw := self.raw.strip():
            yield Clause(raw, replace(self, raw=""), f"the clause {raw}")

    @classmethod
    def from_json(cls, data: Any) -> QueryState:
        """Return the state of what `dataclasses.asdict` made; ValueError for anything else."""
        try:
            criteria = tuple((name, tuple(map(_text, values))) for name, values in data["criteria"])
            ranges = tuple((_text(name), *map(_bound, ends)) for name, *ends in data["ranges"])
            texts = {name: _text(data[name]) for name in ("text", "raw", "sort")}
            return cls(criteria=criteria, ranges=ranges, **texts)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"not a saved search: {error}") from error


def words_of(text: str) -> list[str]:
    """Return the free words of a text, each once; text in double quotes is one word."""
    found = (match[1] if match[1] is not None else match[2] for match in _WORD.finditer(text))
    return list(dict.fromkeys(word.strip() for word in found if word.strip()))


def archive_words(text: str) -> list[str]:
    """Return one clause for each free word of a text: the word anywhere in a field's value.

    Characters with a meaning in the query language, and blanks, become ``?``, which matches any one character.
    """
    return [made for word in words_of(text) if (made := _word_clause(word))]


def _word_clause(word: str) -> str:
    if found := _NMO.match(word):
        return clause("neuron_id", str(int(found[1])))
    pattern = _SENT_AS_IS.sub("?", word).strip("*")
    if not pattern.strip("?"):
        return ""
    first = pattern[0]
    spellings = dict.fromkeys((pattern, first.swapcase() + pattern[1:]))
    terms = [f"{field}:*{spelling}*" for field in WORD_FIELDS for spelling in spellings]
    return " OR ".join(terms)


def label_of(field: str) -> str:
    """Return a field's name for people."""
    if field in _LABELS or field not in RANGE_OF:
        return _LABELS.get(field, field.removeprefix("brain_").replace("_", " "))
    label = RANGE_OF[field].label
    return label if "'" in label else label[0].lower() + label[1:]


def range_label(name: str, low: float | None, high: float | None) -> str:
    """Return bounds in words: ``length 1 to 2.5 µm``; None for no bound."""
    label = label_of(name)
    unit = f" {RANGE_OF[name].unit}" if name in RANGE_OF and RANGE_OF[name].unit else ""
    if low is None:
        return f"{label} ≤ {bound_text(high)}{unit}"
    if high is None:
        return f"{label} ≥ {bound_text(low)}{unit}"
    return f"{label} {bound_text(low)} to {bound_text(high)}{unit}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _bound(value: Any) -> float | None:
    if value is not None and not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return value
