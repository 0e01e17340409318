"""Parse the text of a query, as `QueryState.query_text` or a person wrote it.

Only unambiguous text becomes a criterion, a range or a word: clauses joined by AND, values quoted or plain. One
mistake is corrected, since the archive would silently give a wrong result: ``species:drosophila melanogaster``
without quotes searches for *melanogaster* only. Everything else stays unchanged in `QueryState.raw`.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from app.archive.search.query_state import (
    FIELDS,
    WORD_FIELDS,
    Criteria,
    QueryState,
    archive_words,
    label_of,
)
from neuromorpho.library.library import RANGE_FIELDS
from neuromorpho.query.query import DEFAULT_SORT, EVERYTHING, query_field

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[()\[\]{}]|\s+|[^\s"\\()\[\]{}]+|["\\]', re.DOTALL)
_TERM = re.compile(
    r'([A-Za-z_][A-Za-z0-9_]*):(?:"((?:[^"\\]|\\.)*)"|(\S(?:.*\S)?))\s*\Z', re.DOTALL
)
_LOOSE_VALUE = re.compile(r"(?!-)[^\s\"\\()\[\]{}:*?~^|&!+][^\"\\()\[\]{}:*?~^|&!]*\Z")
_RANGE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*):\[\s*(\S+)\s+TO\s+(\S+)\s*\]\Z")
_TYPED = re.compile(r'(?<!\S)([A-Za-z_][A-Za-z0-9_]*):("[^"]*"|[^\s"]+)')
_TYPED_FIELDS = (*FIELDS, "brain_region", "cell_type", "neuron_id", "neuron_name", "upload_year")
_NAMES = {word: name for name in _TYPED_FIELDS for word in (label_of(name), name.lower())}
_OPENING, _CLOSING = "([{", ")]}"
_WORDS_OF_THE_LANGUAGE = {"OR", "NOT", "&&", "||", "TO"}


def parse_query(text: str, *, sort: str = DEFAULT_SORT) -> QueryState:
    """Return the search that a text describes; what is not understood stays in `raw`."""
    text = text.strip()
    if text in ("", EVERYTHING):
        return QueryState(sort=sort)
    parts = _split(text, "AND")
    if (found := _word(f"({text})")) is not None:
        return QueryState(text=found, sort=sort)
    if parts is None or any(_has_operator(part) for part in parts):
        return QueryState(raw=text, sort=sort)
    state, words, raw = QueryState(sort=sort), [], []
    for part in parts:
        if _LOOSE_VALUE.match(part):
            words.append(part)
        elif (found := _word(part)) is not None:
            words.append(found)
        elif (changed := _with_part(state, part)) is not None:
            state = changed
        elif part != EVERYTHING:
            raw.append(part)
    rest = " AND ".join(raw)
    if len(raw) == 1 and len(parts) > 1:
        rest = _unbracketed(rest)
    return QueryState(" ".join(words), state.criteria, state.ranges, rest, sort)


def unclosed(text: str) -> str:
    """Return a sentence about a quote or bracket that is not closed; "" if all are."""
    if _split(text, "AND") is not None:
        return ""
    return "A quote or a bracket is not closed; close it, or the archive will reject the query."


def _with_part(state: QueryState, part: str) -> QueryState | None:
    """Return the state with a clause that is understood; None if it is not."""
    if (bounds := _range(part)) is not None:
        is_bounded = any(name == bounds[0] for name, _, _ in state.ranges)
        return None if is_bounded else state.with_range(*bounds)
    found = _criterion(part)
    if found is None:
        return None
    name, values = found
    if any(each == query_field(name) for each, _ in state.criteria):
        return None  # two clauses of one field are AND; the values of a criterion are OR
    return replace(state, criteria=(*state.criteria, (name, tuple(values))))


def _split(text: str, word: str) -> list[str] | None:
    """Return the parts of a text between a word that joins them; None if quotes or brackets are open."""
    parts, depth = [""], 0
    for piece in _PIECE.findall(text):
        if piece in ('"', "\\"):
            return None
        depth += (piece in _OPENING) - (piece in _CLOSING)
        if depth < 0:
            return None
        if piece == word and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts] if depth == 0 else None


def _has_operator(part: str) -> bool:
    """Whether a clause contains an operator outside brackets and quotes."""
    return not part or any(len(_split(part, word) or "") > 1 for word in _WORDS_OF_THE_LANGUAGE)


def _unbracketed(part: str) -> str:
    """Return a clause without the brackets around all of it."""
    if part.startswith("(") and part.endswith(")") and _split(part[1:-1], "AND") is not None:
        return part[1:-1].strip()
    return part


def _word(part: str) -> str | None:
    """Return the free word that a clause was made for; None for any other clause."""
    start = f"({WORD_FIELDS[0]}:*"
    if not part.startswith(start):
        return None
    word = part[len(start) :].split("* OR ", 1)[0]
    return word if archive_words(word) == [part[1:-1]] else None


def _range(part: str) -> tuple[str, float | None, float | None] | None:
    found = _RANGE.match(part)
    if not found or found[1] not in RANGE_FIELDS:
        return None
    try:
        low, high = (None if end == "*" else float(end) for end in found.group(2, 3))
    except ValueError:
        return None
    ends = [end for end in (low, high) if end is not None]
    return (found[1], low, high) if ends and all(map(math.isfinite, ends)) else None


def _criterion(part: str) -> tuple[str, list[str]] | None:
    """Return field and values of ``field:a`` or ``(field:a OR field:b)``."""
    terms = _split(_unbracketed(part), "OR") if part.startswith("(") else [part]
    read = [_term(term) or ("", []) for term in terms or ()]
    names = {name for name, _ in read}
    if len(names) != 1 or "" in names:
        return None
    return names.pop(), [value for _, values in read for value in values]


def _term(term: str) -> tuple[str, list[str]] | None:
    """Return field and values of ``field:value``, ``field:"a value"`` or ``field:a,b``."""
    found = _TERM.match(term)
    if not found:
        return None
    name, quoted, loose = found.groups()
    if quoted is not None:
        return name, [re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)]
    if not _LOOSE_VALUE.match(loose):
        return None
    values = [value.strip() for value in loose.split(",")]
    return (name, values) if all(values) else None


def typed_criteria(text: str) -> tuple[Criteria, str]:
    """Return the criteria among free words, as ``sex:Female`` or ``species:"C. elegans"``, and the rest.

    A field is recognized by its own name or by its label; other colons are part of a word.
    """
    found: list[tuple[str, tuple[str, ...]]] = []

    def extract(match: re.Match[str]) -> str:
        name = _NAMES.get(match[1].lower())
        read = _term(f"{name}:{match[2]}") if name else None
        if read is None:
            return match[0]
        found.append((read[0], tuple(read[1])))
        return ""

    left = _TYPED.sub(extract, text)
    return tuple(found), " ".join(left.split())
