"""From typed words to values that the archive has: "human Purkinje cell" is a species and a cell type.

The archive matches complete values, so a word is best turned into a value. `KnownValues` holds the values seen
so far (in facets and in the library); the network is not used. Regions and types are suggested at
any of their levels, since the order of their levels is not fixed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from app.archive.search.query_state import Clause, Criteria, QueryState, label_of
from app.archive.text import show_edge_spaces
from neuromorpho.library.codec import words_of as folded_words
from neuromorpho.query.similar import similar_values

_LEVEL = re.compile(r"_[1-9]\Z")
_FIRST = ("species", "cell_type", "brain_region", "archive", "stain")
_FILLERS = frozenset(
    {"a", "an", "and", "cell", "cells", "from", "in", "neuron", "neurons", "neurone", "neurones"}
    | {"of", "or", "the", "with"}
)
_SHORTEST = 2
_LONGEST_RUN = 6
_MOST, _MOST_MEANT = 8, 3


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


class _Value(NamedTuple):
    field: str
    value: str
    words: tuple[str, ...]
    search_text: str


class _Word(NamedTuple):
    """A word as it was typed, and the words that it is looked up by."""

    typed: str
    folded: tuple[str, ...]


@lru_cache(maxsize=50_000)
def _known(field: str, value: str) -> _Value:
    """Return a value with its words; cached, since the library counts again at each letter."""
    words = tuple(folded_words(value))
    return _Value(field, value, words, " " + " ".join(words))


class KnownValues:
    """The values of each field, and how many cells have each, as far as they are known."""

    def __init__(self) -> None:
        self._levels: dict[str, dict[str, Mapping[str, int]]] = {}
        self._counts: dict[str, Counter[str]] = {}
        self._values: dict[str, list[_Value]] = {}
        self._by_words: dict[tuple[str, ...], list[_Value]] = {}
        self._stale: set[str] = set()

    def set_counts(self, field: str, counts: Mapping[str, int]) -> None:
        """Store the values of a field, or of one of its levels."""
        name = _LEVEL.sub("", field)
        levels = self._levels.setdefault(name, {})
        levels[field] = {**levels.get(field, {}), **counts}  # a search counts only its own values
        self._stale.add(name)

    def suggestions(self, text: str) -> tuple[Suggestion, ...]:
        """Return what a text may mean, the most likely first.

        First the values that complete words of the text match; then values that begin with its last
        words.
        """
        self._refresh()
        words = _words(text)
        unique: dict[Criteria, Suggestion] = {}
        for each in filter(None, (self._read(words), *self._completions(words))):
            unique.setdefault(each.criteria, each)
        return tuple(unique.values())[:_MOST]

    def reading(self, text: str) -> Suggestion | None:
        """Return the values that words of a text match completely; None if there are none."""
        self._refresh()
        return self._read(_words(text))

    def corrections(self, state: QueryState) -> tuple[Clause, ...]:
        """Return searches that one without hits may mean: similar values, and values of similar words."""
        self._refresh()
        found = []
        for name, values in state.criteria:
            base = _LEVEL.sub("", name)
            counts = self._levels.get(base, {}).get(name) or self._counts.get(base, Counter())
            known = sorted(counts, key=lambda value: -counts[value])
            for value in values:
                for meant in similar_values(value, known):
                    other = state.without(name, value).with_value(name, meant)
                    found.append(Clause(f"{label_of(name)}: {show_edge_spaces(meant)}", other))
        for each in self.suggestions(self._respelt(state.text)):
            found.append(Clause(each.label, each.applied(state)))
        return tuple(found[:_MOST_MEANT])

    def _respelt(self, text: str) -> str:
        """Return a text with each word that begins no word of a value replaced by the most similar of these."""
        known = list(dict.fromkeys(chain.from_iterable(self._by_words)))
        words = []
        for each in _words(text):
            is_known = any(word.startswith(each.folded[0]) for word in known)
            is_one = len(each.folded) == 1 and not is_known
            meant = similar_values(each.folded[0], known, 1) if is_one else []
            words.append(meant[0] if meant else each.typed.strip("*?"))
        return " ".join(words)

    def _refresh(self) -> None:
        """Update the lists from the counts set since the last call."""
        for name in self._stale:
            levels = self._levels[name]
            merged = self._counts[name] = Counter()
            for counts in [levels[name]] if name in levels else levels.values():
                merged.update(counts)
            known = (_known(name, value) for value in merged)
            self._values[name] = [each for each in known if each.words]
        if self._stale:
            self._by_words = {}
            for each in chain.from_iterable(self._values.values()):
                self._by_words.setdefault(each.words, []).append(each)
        self._stale.clear()

    def _n_cells(self, known: _Value) -> int:
        return self._counts[known.field][known.value]

    def _rank(self, known: _Value) -> tuple[int, int, str]:
        by_field = _FIRST.index(known.field) if known.field in _FIRST else len(_FIRST)
        return by_field, -self._n_cells(known), known.value

    def _read(self, words: Sequence[_Word]) -> Suggestion | None:
        found: list[_Value] = []
        used: list[int] = []
        start = 0
        while start < len(words):
            end, known = self._longest(words, start)
            if known is not None:
                found.append(known)
                used += range(start, end)
            start = end
        if not found:
            return None
        n_cells = self._n_cells(found[0]) if len(found) == 1 else None
        criteria = tuple((each.field, (each.value,)) for each in found)
        return Suggestion(criteria, _left(words, used), n_cells)

    def _longest(self, words: Sequence[_Word], start: int) -> tuple[int, _Value | None]:
        """Return where the longest value that starts at a word ends, and that value."""
        for end in range(min(len(words), start + _LONGEST_RUN), start, -1):
            run = _joined(words[start:end])
            values = self._by_words.get(run, ()) if len("".join(run)) >= _SHORTEST else ()
            if values:
                return end, min(values, key=self._rank)
        return start + 1, None

    def _completions(self, words: Sequence[_Word]) -> Iterator[Suggestion]:
        """Yield values that the last words begin, those of the most words first."""
        for start in range(max(0, len(words) - _LONGEST_RUN), len(words)):
            run = " ".join(_joined(words[start:]))
            if len(run) < _SHORTEST or run in _FILLERS:
                continue
            beginning = f" {run}"
            known = chain.from_iterable(self._values.values())
            hits = [each for each in known if beginning in each.search_text]
            hits.sort(
                key=lambda each: (
                    not each.search_text.startswith(beginning),
                    -self._n_cells(each),
                    self._rank(each),
                )
            )
            left = _left(words, range(start, len(words)))
            for each in hits[:_MOST]:
                yield Suggestion(((each.field, (each.value,)),), left, self._n_cells(each))


def _words(text: str) -> list[_Word]:
    typed = (_Word(word, tuple(folded_words(word))) for word in text.replace('"', " ").split())
    return [each for each in typed if each.folded]


def _joined(words: Sequence[_Word]) -> tuple[str, ...]:
    return tuple(chain.from_iterable(each.folded for each in words))


def _left(words: Sequence[_Word], used: Sequence[int]) -> str:
    """Return the words that are not used; words such as "cell" add nothing to a value."""
    left = (each.typed for at, each in enumerate(words) if at not in used)
    return " ".join(word for word in left if word.casefold() not in _FILLERS)
