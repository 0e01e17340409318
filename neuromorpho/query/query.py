"""`NeuroMorphoQuery`: typed criteria, compiled to the archive's query language with quoted values.

The server compares complete values, and splits an unquoted one at its blanks: ``brain_region:entorhinal
cortex`` searches for *cortex* (872 hits instead of 3,431). So a value of more than one plain word is put in
double quotes, with ``"`` and ``\\`` escaped and nothing stripped: ``"dragonfly "`` ends with a blank, and a
comma inside a value is a comma. Wildcards and brackets are for `raw_q`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.records.models import RECORD_KEYS
from neuromorpho.records.parsing import short_repr

Values = str | tuple[str, ...] | None
TYPED_FIELDS = (
    "species",
    "brain_region",
    "cell_type",
    "archive",
    "original_format",
    "stain",
    "age_classification",
    "gender",
)
EVERYTHING = "*:*"
DEFAULT_SORT = "neuron_id,asc"
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*\Z")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ONE_TERM = re.compile(r'[^\s"()|&]*(?:"(?:[^"\\]|\\.)*"[^\s"()|&]*)*', re.DOTALL)
_OTHER = re.compile(r"(?:Physical_Integrity|(?:brain_region|cell_type)_[1-9])\Z")
_LARGEST = 2.0**63
_OPERATORS = {"AND", "OR", "NOT", "TO"}


def quote_value(value: str) -> str:
    """Return a value in the query language: bare if it is one plain word, else quoted.

    Raises
    ------
    NeuroMorphoQueryError
        It contains what cannot be in an address: a NUL character, or half of a surrogate pair.
    """
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise NeuroMorphoQueryError(
            f"The value {short_repr(value)} contains a character that cannot be sent; remove it."
        )
    if _PLAIN.match(value) and value not in _OPERATORS:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def query_field(name: str) -> str:
    """Return the server's name for a record's key; refuse what cannot be a name."""
    if not isinstance(name, str) or not _FIELD.match(name):
        raise NeuroMorphoQueryError(
            f"{short_repr(name)} is not a field name.", code="unknown-field", hint="list-fields"
        )
    return "Physical_Integrity" if name.lower() == "physical_integrity" else name


def clause(field: str, values: str | Iterable[str]) -> str:
    """Return ``field:value``, or ``(field:a OR field:b)`` for several values; "" for none."""
    name = query_field(field)
    terms = [f"{name}:{quote_value(value)}" for value in as_texts(values)]
    return f"({' OR '.join(terms)})" if len(terms) > 1 else "".join(terms)


@dataclass(frozen=True)
class NeuroMorphoQuery:
    """Criteria: several values of a field are OR, several fields AND. Values are compared completely.

    Parameters
    ----------
    species, brain_region, cell_type, archive, original_format, stain, age_classification, gender
        One value, a tuple of values, or None.
    raw_q, raw_fq
        Clauses in the server's own language, sent unchanged.
    fields
        Criteria over any other field: ``(("domain", ("Dendrites, Soma, Axon",)),)``. A mapping of names
        to one value or several is accepted too.

    Raises
    ------
    NeuroMorphoQueryError
        A name is no field name, or a value is no text.
    """

    species: Values = None
    brain_region: Values = None
    cell_type: Values = None
    archive: Values = None
    original_format: Values = None
    stain: Values = None
    age_classification: Values = None
    gender: Values = None
    raw_q: tuple[str, ...] = ()
    raw_fq: tuple[str, ...] = ()
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        pairs = self.fields.items() if isinstance(self.fields, Mapping) else self.fields
        try:
            named = tuple((query_field(name), as_texts(values)) for name, values in pairs)
        except NeuroMorphoQueryError:
            raise
        except (TypeError, ValueError) as error:
            raise NeuroMorphoQueryError(
                f"fields is {short_repr(self.fields)}; it must be a mapping of names to values, or "
                "pairs (name, values)."
            ) from error
        object.__setattr__(self, "fields", named)
        for name in ("raw_q", "raw_fq"):
            object.__setattr__(self, name, as_texts(getattr(self, name)))
        for name in TYPED_FIELDS:
            values = getattr(self, name)
            if values is not None and not isinstance(values, str):
                object.__setattr__(self, name, as_texts(values))

    @classmethod
    def of(
        cls,
        criteria: Mapping[str, str | Sequence[str]],
        *,
        raw_q: str | Sequence[str] = (),
        raw_fq: str | Sequence[str] = (),
    ) -> NeuroMorphoQuery:
        """Return the query of a mapping of fields, typed or not, to one value or several."""
        if not isinstance(criteria, Mapping):
            raise NeuroMorphoQueryError(
                f"{short_repr(criteria)} is not a mapping of fields to values; give one."
            )
        named = {name: as_texts(values) for name, values in criteria.items()}
        typed = {name: values for name, values in named.items() if name in TYPED_FIELDS}
        other = tuple((name, named[name]) for name in named if name not in TYPED_FIELDS)
        return cls(**typed, raw_q=as_texts(raw_q), raw_fq=as_texts(raw_fq), fields=other)

    @property
    def criteria(self) -> dict[str, tuple[str, ...]]:
        """The criteria by the server's field names, without raw clauses."""
        found: dict[str, tuple[str, ...]] = {}
        typed = ((name, as_texts(getattr(self, name))) for name in TYPED_FIELDS)
        for name, values in (*typed, *self.fields):
            if values:
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), *values)))
        return found

    def to_q(self) -> str:
        """Return ``q``: the clauses joined by AND; ``*:*`` if there are none."""
        clauses = [clause(name, values) for name, values in self.criteria.items()]
        raw = [text for text in self.raw_q if text.strip()]
        alone = len(clauses) + len(raw) == 1
        clauses += raw if alone else [_bracketed(text) for text in raw]
        return " AND ".join(clauses) or EVERYTHING

    def to_fq(self) -> list[str]:
        """Return the ``fq`` clauses, which the server ANDs with ``q``."""
        return [text for text in self.raw_fq if text.strip()]

    def to_params(self) -> dict[str, Any]:
        """Return both as the parameters of a request."""
        return {"q": self.to_q(), "fq": self.to_fq()}

    def __str__(self) -> str:
        return " & ".join([f"q={self.to_q()}", *(f"fq={text}" for text in self.to_fq())])


def compile_query(
    query: str | NeuroMorphoQuery, fq: str | Iterable[str] | None = None
) -> tuple[str, list[str]]:
    """Return ``q`` and every ``fq`` of a query or of a text in the server's language, blank for everything.

    The query's own ``fq`` come first, then those given here.
    """
    more = [text for text in as_texts(fq) if text.strip()]
    if isinstance(query, NeuroMorphoQuery):
        return query.to_q(), [*query.to_fq(), *more]
    if not isinstance(query, str):
        raise NeuroMorphoQueryError(
            f"{short_repr(query)} is not a query; give a NeuroMorphoQuery, or text such as species:mouse."
        )
    return query if query.strip() else EVERYTHING, more


def no_match_reason(query: str | NeuroMorphoQuery) -> str | None:
    """Return why nothing may match: a field that no record is known to have; else None."""
    if not isinstance(query, NeuroMorphoQuery):
        return None
    unknown = [
        name for name in query.criteria if name not in RECORD_KEYS and not _OTHER.match(name)
    ]
    if not unknown:
        return None
    similar = get_close_matches(unknown[0], RECORD_KEYS, 1)
    return (
        f"Nothing matches, and cells are not known to have a field {unknown[0]!r}"
        f"{f' ({similar[0]}?)' if similar else ''}; check its spelling."
    )


def as_texts(values: Any) -> tuple[str, ...]:
    """Return one value or several as a tuple without repetitions, numbers and dates as text.

    A set is sorted.

    Raises
    ------
    NeuroMorphoQueryError
        A value is anything else.
    """
    if values is None:
        return ()
    if isinstance(values, str | int | float | date):
        return (_as_text(values),)
    if not isinstance(values, Iterable) or isinstance(values, Mapping | bytes | bytearray):
        raise _invalid_value(values)
    texts = [_as_text(value) for value in values]
    return tuple(dict.fromkeys(sorted(texts) if isinstance(values, Set) else texts))


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise _invalid_value(value)


def _invalid_value(value: Any) -> NeuroMorphoQueryError:
    return NeuroMorphoQueryError(
        f"{short_repr(value)} is not a value of a query; give text (in a file, in quotes) or a list of texts."
    )


def _bracketed(text: str) -> str:
    """Return a raw clause in brackets if necessary, so that its ORs stay together among other clauses."""
    text = text.strip()
    return text if _ONE_TERM.fullmatch(text) else f"({text})"
