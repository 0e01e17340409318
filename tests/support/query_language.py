"""NeuroMorpho.Org's query language as its users have recorded it, read by a parser of its own.

It shares nothing with `neuromorpho.query.query`, so that what that compiles can be checked by reading it back,
and the loopback server answers ``/neuron/select`` with it.

    query    := and { OR and }            operators are words in capitals
    and      := unary { AND unary }
    unary    := [ NOT ] ( "(" query ")" | term )
    term     := "*:*" | field ":" value { "," value }
    value    := '"' any text, \\" and \\\\ escaped '"'    taken literally, blanks and commas included
              | bare text                               * and ? are wildcards, a backslash escapes

A value is compared with a record's value as a whole; with a list, with each of its elements. An unquoted
value that holds blanks keeps only its last word (``brain_region:entorhinal cortex`` finds *cortex*), as
the server was seen to do. Two terms with no word between them are refused: nobody has recorded what the
server makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Predicate = Callable[[Mapping[str, Any]], bool]
_OPERATORS = {"AND", "OR", "NOT"}
_BLANKS = " \t\n\r\f\v\u00a0\u2028\u2029\u3000"
_ENDS_BARE = set(_BLANKS) | set(',()":')
_NOT_AT_START = set("+-!^~[]{}/&|")
_LEVEL = re.compile(r"(.+)_([1-9])\Z")


class QuerySyntaxError(ValueError):
    """The text is no query; the server would answer 400."""


@dataclass(frozen=True)
class Asked:
    """One value that a query asks for: of which field, and whether it holds wildcards."""

    field: str
    text: str
    is_pattern: bool = False


@dataclass(frozen=True)
class ParsedQuery:
    """A query: call it with a record to learn whether the record matches.

    Attributes
    ----------
    asked : tuple of Asked
        Every value that it names, in the order of the text.
    """

    matches: Predicate
    asked: tuple[Asked, ...]

    def __call__(self, record: Mapping[str, Any]) -> bool:
        return self.matches(record)

    @property
    def values_asked(self) -> dict[str, set[str]]:
        """The values that it names, by field."""
        found: dict[str, set[str]] = {}
        for value in self.asked:
            found.setdefault(value.field, set()).add(value.text)
        return found


def parse(text: str) -> ParsedQuery:
    """Return the query of a text; QuerySyntaxError where it is none. Blank text asks for everything."""
    reader = _Reader(text)
    reader.skip_blanks()
    if reader.at_end:
        return ParsedQuery(_everything, ())
    matches = _either(reader)
    reader.skip_blanks()
    if not reader.at_end:
        raise reader.error("an operator is missing")
    return ParsedQuery(matches, tuple(reader.asked))


def parse_all(q: str, fq: list[str] | tuple[str, ...] = ()) -> ParsedQuery:
    """Return the query of ``q`` and every ``fq``, which the server ANDs."""
    parts = [parse(text) for text in (q, *fq)]
    return ParsedQuery(
        lambda record: all(part(record) for part in parts),
        tuple(value for part in parts for value in part.asked),
    )


def values_of(record: Mapping[str, Any], field: str) -> Iterator[str]:
    """Yield what a record holds under a name that the server queries by, as texts.

    ``Physical_Integrity`` is ``physical_Integrity``, ``brain_region_2`` the second level of
    ``brain_region``, ``Neuron_id`` ``neuron_id``; each element of a list is a value.
    """
    found = record.get(field)
    if found is None:
        level = _LEVEL.match(field)
        held = record.get(level[1]) if level else None
        if level and isinstance(held, list):
            index = int(level[2]) - 1
            found = held[index] if index < len(held) else None
        elif field.lower() in {"physical_integrity", "neuron_id"}:
            found = record.get("physical_Integrity" if field[0] in "pP" else "neuron_id")
    for value in found if isinstance(found, list | tuple) else [found]:
        if value is not None:
            yield str(value)


def _everything(record: Mapping[str, Any]) -> bool:
    return True


class _Reader:
    """A text, and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.asked: list[Asked] = []

    @property
    def at_end(self) -> bool:
        return self.at >= len(self.text)

    def peek(self, expected: str) -> bool:
        return self.text.startswith(expected, self.at)

    def take(self, expected: str) -> bool:
        if not self.peek(expected):
            return False
        self.at += len(expected)
        return True

    def skip_blanks(self) -> bool:
        start = self.at
        while not self.at_end and self.text[self.at] in _BLANKS:
            self.at += 1
        return self.at > start

    def word_ahead(self) -> str:
        """Return the bare word that comes next, blanks skipped, without taking it."""
        found = re.compile(r"[A-Za-z]*").match(self.text, self.after_blanks())
        word = found[0] if found else ""
        end = self.after_blanks() + len(word)
        return word if end == len(self.text) or self.text[end] in _BLANKS + "(" else ""

    def take_word(self, word: str) -> bool:
        if self.word_ahead() != word:
            return False
        self.at = self.after_blanks() + len(word)
        return True

    def error(self, what: str) -> QuerySyntaxError:
        return QuerySyntaxError(f"{what} at {self.at} of {self.text!r}")

    def after_blanks(self) -> int:
        at = self.at
        while at < len(self.text) and self.text[at] in _BLANKS:
            at += 1
        return at


def _either(reader: _Reader) -> Predicate:
    parts = [_both(reader)]
    while reader.take_word("OR"):
        parts.append(_both(reader))
    return parts[0] if len(parts) == 1 else lambda record: any(part(record) for part in parts)


def _both(reader: _Reader) -> Predicate:
    parts = [_unary(reader)]
    while reader.take_word("AND"):
        parts.append(_unary(reader))
    return parts[0] if len(parts) == 1 else lambda record: all(part(record) for part in parts)


def _unary(reader: _Reader) -> Predicate:
    if reader.take_word("NOT"):
        inner = _unary(reader)
        return lambda record: not inner(record)
    reader.skip_blanks()
    if not reader.take("("):
        return _term(reader)
    inner = _either(reader)
    reader.skip_blanks()
    if not reader.take(")"):
        raise reader.error("a bracket is not closed")
    return inner


def _term(reader: _Reader) -> Predicate:
    if reader.take("*:*"):
        return _everything
    found = re.compile(r"[A-Za-z_][A-Za-z0-9_]*:").match(reader.text, reader.at)
    if not found:
        raise reader.error("no field:value")
    reader.at = found.end()
    field = found[0][:-1]
    tests = [_value(reader, field)]
    while reader.take(","):
        tests.append(_value(reader, field))
    return lambda record: any(test(value) for value in values_of(record, field) for test in tests)


def _value(reader: _Reader, field: str) -> Callable[[str], bool]:
    """Return the comparison with one value, and note what was asked."""
    reader.skip_blanks()
    if reader.take('"'):
        text = _phrase(reader)
        reader.asked.append(Asked(field, text))
        return text.__eq__
    text, pattern = _bare(reader)
    while _is_more_of_the_value(reader):
        reader.skip_blanks()
        text, pattern = _bare(reader)
    reader.asked.append(Asked(field, text, pattern is not None))
    return text.__eq__ if pattern is None else lambda value: bool(pattern.fullmatch(value))


def _is_more_of_the_value(reader: _Reader) -> bool:
    """Return whether another bare word follows that is neither an operator nor a new field."""
    start = reader.after_blanks()
    if start == reader.at or start == len(reader.text) or reader.text[start] in _ENDS_BARE:
        return False
    if reader.word_ahead() in _OPERATORS:
        return False
    return not re.compile(r"[A-Za-z_][A-Za-z0-9_]*:").match(reader.text, start)


def _phrase(reader: _Reader) -> str:
    """Return what stands between two quotes, the first of which has been taken."""
    found: list[str] = []
    while not reader.at_end:
        character = reader.text[reader.at]
        reader.at += 1
        if character == '"':
            return "".join(found)
        if character == "\\":
            if reader.at_end:
                break
            character = reader.text[reader.at]
            reader.at += 1
        found.append(character)
    raise reader.error("a quote is not closed")


def _bare(reader: _Reader) -> tuple[str, re.Pattern[str] | None]:
    """Return an unquoted word, and its pattern if it holds wildcards."""
    text: list[str] = []
    pattern: list[str] = []
    if not reader.at_end and reader.text[reader.at] in _NOT_AT_START:
        raise reader.error("a value begins with a character of the language")
    while not reader.at_end and reader.text[reader.at] not in _ENDS_BARE:
        character = reader.text[reader.at]
        reader.at += 1
        if character in "*?":
            pattern.append(".*" if character == "*" else ".")
        else:
            if character == "\\":
                if reader.at_end:
                    raise reader.error("nothing follows a backslash")
                character = reader.text[reader.at]
                reader.at += 1
            pattern.append(re.escape(character))
        text.append(character)
    if not text or "".join(text) in _OPERATORS:
        raise reader.error("a value is missing")
    if not reader.at_end and reader.text[reader.at] in '":(':
        raise reader.error("a value is not quoted")
    is_pattern = any(part in {".*", "."} for part in pattern)
    return "".join(text), re.compile("".join(pattern), re.DOTALL) if is_pattern else None
