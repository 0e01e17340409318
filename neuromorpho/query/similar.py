"""What was meant by a value that no cell has: `similar_values` of those that cells have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from fnmatch import filter as matching

from neuromorpho.errors import NeuroMorphoError
from neuromorpho.query.query import NeuroMorphoQuery

_WILDCARDS = "*?"
_ONE_CLAUSE = re.compile(r'([A-Za-z_]\w*):(?:"([^"\\]+)"|([^\s"()\[\]\\:]+))')


def similar_values(value: str, known: Iterable[str], n: int = 3) -> list[str]:
    """Return up to `n` known values that a value may mean, the most likely first.

    The one that differs only in case or in blanks at its ends; else those that its wildcards ``*`` and ``?``
    match; else those spelt much like it. Nothing for a value that is known.
    """
    by_folded: dict[str, str] = {}
    for each in known:
        if each == value:
            return []
        by_folded.setdefault(_folded(each), each)
    wanted = _folded(value)
    if wanted in by_folded:
        return [by_folded[wanted]]
    bare = wanted.strip(_WILDCARDS)
    found = matching(by_folded, wanted.replace("[", "[[]"))[:n] if bare != wanted else []
    found = found or get_close_matches(bare, by_folded, n)
    return [by_folded[each] for each in found]


def spelling_hints(
    criteria: Mapping[str, Sequence[str]], known: Callable[[str], Iterable[str]]
) -> tuple[str, ...]:
    """Return a sentence for each value that its field does not have, but has one like it.

    Parameters
    ----------
    known
        Takes a field; returns its values, the most frequent first. If it fails, there are no sentences.
    """
    found: list[str] = []
    with suppress(NeuroMorphoError):  # the search itself went well
        for name, values in criteria.items():
            for value in values:
                if similar := similar_values(value, known(name)):
                    words = " or ".join(map(repr, similar))
                    found.append(f"No cell has the {name} {value!r}; did you mean {words}?")
    return tuple(found)


def criteria_in(query: str | NeuroMorphoQuery) -> Mapping[str, Sequence[str]]:
    """Return the criteria of a query; of a text, those of one clause such as ``species:mouse``."""
    if isinstance(query, NeuroMorphoQuery):
        return query.criteria
    found = _ONE_CLAUSE.fullmatch(query.strip())
    return {found[1]: (found[2] or found[3],)} if found else {}


def _folded(value: str) -> str:
    return value.strip().casefold()
