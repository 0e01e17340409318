"""From typed words to values that the archive has: "human Purkinje cell" is a species and a cell type.

The archive matches complete values, so a word is best turned into a value. `KnownValues` holds the values seen
so far (in facets and in the library); the network is not used. Regions and types are suggested at
any of their levels, since the order of their levels is not fixed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from app.archive.search.query_state import Criteria, QueryState, label_of
from app.archive.text import show_edge_spaces
from neuromorpho.library.codec import words_of as folded_words

_LEVEL = re.compile(r"_[1-9]\Z")
_FIRST = ("species", "cell_type", "brain_region", "archive", "stain")
_FILLERS = frozenset(
    {"a", "an", "and", "cell", "cells", "from", "in", "neuron", "neurons", "neurone", "neurones"}
    | {"of", "or", "the", "with"}
)
_SHORTEST = 2
_LONGEST_RUN = 6
_MOST = 8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Values that typed words may mean.

    Attributes
    ----------
    criteria : tuple of (field, values)
    text_left : str
        The words that stay free text.
    n_cells : int or None
        How many cells of the archive have the value; None for several values.
    """

    criteria: Criteria
    text_left: str
    n_cells: int | None = None

    @property
    def label(self) -> str:
        """``species: human + cell type: Purkinje``."""
        return " + ".join(
            f"{label_of(name)}: {show_edge_spaces(value)}"
            for name, values in self.criteria
            for value in values
        )

    def applied(self, state: QueryState) -> QueryState:
        """Return a state with these values chosen, and only the words that are not part of them."""
        return replace(state, text=self.text_left, criteria=(*state.criteria, *self.criteria))


@dataclass(frozen=True, slots=True)
class _Value:
    field: str
    value: str
    words: tuple[str, ...]
    search_text: str

    @property
    def field_rank(self) -> int:
        """How early values of its field are suggested."""
        return _FIRST.index(self.field) if self.field in _FIRST else len(_FIRST)


@lru_cache(maxsize=50_000)
def _known(field: str, value: str) -> _Value:
    """Return a value with its words; cached, since the library counts again at each letter."""
    words = tuple(folded_words(value))
    return _Value(field, value, words, " " + " ".join(words))


class KnownValues:
    """The values of each field, and how many cells have each, as far as they are known."""

    def __init__(self) -> None:
        self._levels: dict[str, dict[str, Mapping[str, int]]] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._values: dict[str, list[_Value]] = {}
        self._by_words: dict[tuple[str, ...], list[_Value]] = {}
        self._stale: set[str] = set()

    def set_counts(self, field: str, counts: Mapping[str, int]) -> None:
        """Store the values of a field, or of one of its levels."""
        name = _LEVEL.sub("", field)
        self._levels.setdefault(name, {})[field] = dict(counts)
        self._stale.add(name)

    def _refresh(self) -> None:
        """Update the lists from the counts set since the last call."""
        for name in self._stale:
            levels = self._levels[name]
            merged: dict[str, int] = {}
            for level, values in levels.items():
                if level == name or name not in levels:
                    for value, n_cells in values.items():
                        merged[value] = merged.get(value, 0) + n_cells
            self._counts[name] = merged
            self._values[name] = [
                each for each in (_known(name, value) for value in merged) if each.words
            ]
        if self._stale:
            self._by_words = {}
            for each in (each for values in self._values.values() for each in values):
                self._by_words.setdefault(each.words, []).append(each)
        self._stale.clear()

    def _n_cells(self, known: _Value) -> int:
        return self._counts[known.field][known.value]

    def _rank(self, known: _Value) -> tuple[int, int, str]:
        return (known.field_rank, -self._n_cells(known), known.value)

    def suggestions(self, text: str) -> tuple[Suggestion, ...]:
        """Return what a text may mean, the most likely first.

        First the values that complete words of the text match; then values that begin with its last
        words.
        """
        self._refresh()
        words = _typed(text)
        found = [self._read(words)] if words else []
        found += [
            Suggestion(
                ((each.field, (each.value,)),),
                _left(words, range(start, len(words))),
                self._n_cells(each),
            )
            for start, each in self._completions(words)
        ]
        unique: dict[Criteria, Suggestion] = {}
        for each in found:
            if each is not None:
                unique.setdefault(each.criteria, each)
        return tuple(unique.values())[:_MOST]

    def reading(self, text: str) -> Suggestion | None:
        """Return the values that words of a text match completely; None if there are none."""
        self._refresh()
        return self._read(_typed(text))

    def _read(self, words: list[tuple[str, tuple[str, ...]]]) -> Suggestion | None:
        criteria: list[tuple[str, tuple[str, ...]]] = []
        used: list[int] = []
        n_cells: int | None = None
        start = 0
        while start < len(words):
            end, known = self._longest(words, start)
            if known is not None:
                criteria.append((known.field, (known.value,)))
                used += range(start, end)
                n_cells = self._n_cells(known)
            start = end
        if not criteria:
            return None
        return Suggestion(
            tuple(criteria), _left(words, used), n_cells if len(criteria) == 1 else None
        )

    def _longest(
        self, words: list[tuple[str, tuple[str, ...]]], start: int
    ) -> tuple[int, _Value | None]:
        """Return where the longest value that starts at a word ends, and that value."""
        for end in range(min(len(words), start + _LONGEST_RUN), start, -1):
            run = _joined(words[start:end])
            values = self._by_words.get(run, ()) if len("".join(run)) >= _SHORTEST else ()
            if values:
                return end, min(values, key=self._rank)
        return start + 1, None

    def _completions(
        self, words: list[tuple[str, tuple[str, ...]]]
    ) -> Iterator[tuple[int, _Value]]:
        """Yield values that the last words begin, those of the most words first."""
        for start in range(max(0, len(words) - _LONGEST_RUN), len(words)):
            run = " ".join(_joined(words[start:]))
            if len(run) < _SHORTEST or run in _FILLERS:
                continue
            search_text = f" {run}"
            values = (each for known in self._values.values() for each in known)
            hits = [each for each in values if search_text in each.search_text]
            hits.sort(
                key=lambda each: (
                    not each.search_text.startswith(search_text),
                    -self._n_cells(each),
                    self._rank(each),
                )
            )
            yield from ((start, each) for each in hits[:_MOST])


def _typed(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return each typed word with the words that it is looked up by."""
    typed = ((word, tuple(folded_words(word))) for word in text.replace('"', " ").split())
    return [(word, folded) for word, folded in typed if folded]


def _joined(words: list[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    return tuple(part for _, folded in words for part in folded)


def _left(words: list[tuple[str, tuple[str, ...]]], used: range | list[int]) -> str:
    """Return the words that are not used; words such as "cell" add nothing to a value."""
    used_set = set(used)
    left = [word for at, (word, folded) in enumerate(words) if at not in used_set]
    return " ".join(word for word in left if word.casefold() not in _FILLERS)
