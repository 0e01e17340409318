"""What is asked of NeuroMorpho.Org: typed criteria compiled to its query language, values quoted.

The server compares a value as a whole, and splits an unquoted one at its blanks: ``brain_region:
entorhinal cortex`` asks for *cortex* (872 hits instead of 3,431). So a value that is more than one plain
word is put between double quotes, with ``"`` and ``\\`` escaped and nothing stripped: ``"dragonfly "`` has
a blank at its end, and a comma inside a value is a comma. Wildcards and brackets are for `raw_q`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuromorpho.errors import NeuroMorphoQueryError

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
_WORDS_OF_THE_LANGUAGE = {"AND", "OR", "NOT", "TO"}
_QUERIED_AS = {
    "physical_Integrity": "Physical_Integrity",
    "physical_integrity": "Physical_Integrity",
}
_MAX_QUERY_FILE_BYTES = 4 * 1024**2


def quote_value(value: str) -> str:
    """Return a value as the query language wants it: bare if it is one plain word, else quoted."""
    if "\x00" in value:
        raise NeuroMorphoQueryError(f"The value {value!r} holds a NUL character; remove it.")
    if _PLAIN.match(value) and value not in _WORDS_OF_THE_LANGUAGE:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def query_field(name: str) -> str:
    """Return the name that the server queries a record's key by; refuse what cannot be a name."""
    if not _FIELD.match(name):
        raise NeuroMorphoQueryError(
            f"{name!r} is not a field's name; `somascope neuromorpho fields` lists them."
        )
    return _QUERIED_AS.get(name, name)


def clause(field: str, values: str | Iterable[str]) -> str:
    """Return ``field:value``, or ``(field:a OR field:b)`` for several values; "" for none."""
    name = query_field(field)
    terms = [f"{name}:{quote_value(value)}" for value in _several(values)]
    return f"({' OR '.join(terms)})" if len(terms) > 1 else "".join(terms)


@dataclass(frozen=True)
class NeuroMorphoQuery:
    """Criteria: several values of a field are OR, several fields AND. Every value is matched whole.

    Parameters
    ----------
    species, brain_region, cell_type, archive, original_format, stain, age_classification, gender
        One value, a tuple of values, or None.
    raw_q, raw_fq
        Clauses in the server's own language, taken as they are.
    fields
        Criteria over any other field: ``(("domain", ("Dendrites, Soma, Axon",)),)``. A mapping of names
        to one value or several is taken too.

    Raises
    ------
    NeuroMorphoQueryError
        A name is no field's name, or a value is no text.
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
        named = tuple((query_field(name), _several(values)) for name, values in pairs)
        object.__setattr__(self, "fields", named)
        for name in ("raw_q", "raw_fq"):
            object.__setattr__(self, name, _several(getattr(self, name)))
        for name in TYPED_FIELDS:
            _several(getattr(self, name))

    @classmethod
    def of(cls, criteria: Mapping[str, str | Sequence[str]]) -> NeuroMorphoQuery:
        """Return the query of a mapping of fields to one value or several."""
        typed = {
            name: _several(values) for name, values in criteria.items() if name in TYPED_FIELDS
        }
        other = tuple(
            (name, _several(values))
            for name, values in criteria.items()
            if name not in TYPED_FIELDS
        )
        return cls(**typed, fields=other)

    @property
    def criteria(self) -> dict[str, tuple[str, ...]]:
        """The criteria by field, raw clauses aside."""
        typed = ((name, _several(getattr(self, name))) for name in TYPED_FIELDS)
        return {name: values for name, values in (*typed, *self.fields) if values}

    def to_q(self) -> str:
        """Return ``q``: the clauses joined by AND; ``*:*`` where there are none."""
        clauses = [clause(name, values) for name, values in self.criteria.items()]
        raw = [text for text in self.raw_q if text.strip()]
        alone = not clauses and len(raw) == 1
        clauses += raw if alone else [_bracketed(text) for text in raw]
        return " AND ".join(clauses) or EVERYTHING

    def to_fq(self) -> list[str]:
        """Return the ``fq`` clauses, which the server ANDs with ``q``."""
        return list(self.raw_fq)

    def to_params(self) -> dict[str, Any]:
        """Return both as the parameters of a request."""
        return {"q": self.to_q(), "fq": self.to_fq()}

    def __str__(self) -> str:
        return " & ".join([f"q={self.to_q()}", *(f"fq={text}" for text in self.raw_fq)])


@dataclass(frozen=True)
class NeuroMorphoQueryFile:
    """A query and its order, as read from a file or to be written to one."""

    query: NeuroMorphoQuery
    sort: str = DEFAULT_SORT

    @classmethod
    def read(cls, path: str | Path) -> NeuroMorphoQueryFile:
        """Read ``{filters: {field: [values]}, sort: {field, ascending}}``, with ``q`` and ``fq`` if need be.

        Parameters
        ----------
        path
            A file of YAML (``.yml``, ``.yaml``) or JSON (``.json``), UTF-8; neuromorphopy's query
            files are read as they are.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        NeuroMorphoQueryError
            The file is of another kind, is broken, or holds another key.
        """
        path = Path(path)
        if path.suffix.lower() not in {".yml", ".yaml", ".json"}:
            raise NeuroMorphoQueryError(
                f"{path.name} is not a query file: it must be YAML or JSON."
            )
        if path.stat().st_size > _MAX_QUERY_FILE_BYTES:
            raise NeuroMorphoQueryError(f"{path.name} is too long for a query file (over 4 MiB).")
        return cls.of(_parsed(path), path.name)

    @classmethod
    def of(cls, content: Any, name: str = "The query") -> NeuroMorphoQueryFile:
        """Return the query of a parsed file."""
        known = {"filters", "sort", "q", "fq"}
        if not isinstance(content, Mapping) or not set(content) <= known:
            raise NeuroMorphoQueryError(
                f"{name} must be a mapping of {', '.join(sorted(known))}; see the README's example."
            )
        filters = content.get("filters") or {}
        if not isinstance(filters, Mapping):
            raise NeuroMorphoQueryError(f"{name}: filters must map fields to values.")
        query = NeuroMorphoQuery.of({str(field): values for field, values in filters.items()})
        raw = {key: _several(content.get(key)) for key in ("q", "fq")}
        query = NeuroMorphoQuery.of(query.criteria)
        return cls(
            NeuroMorphoQuery(
                **{name: getattr(query, name) for name in TYPED_FIELDS},
                fields=query.fields,
                raw_q=raw["q"],
                raw_fq=raw["fq"],
            ),
            _sort_of(content.get("sort"), name),
        )

    def to_mapping(self) -> dict[str, Any]:
        """Return what `of` reads."""
        field, _, order = self.sort.partition(",")
        found: dict[str, Any] = {
            "filters": {name: list(values) for name, values in self.query.criteria.items()},
            "sort": {"field": field, "ascending": order != "desc"},
        }
        for key, values in (("q", self.query.raw_q), ("fq", self.query.raw_fq)):
            if values:
                found[key] = list(values)
        return found


def _several(values: Any) -> tuple[str, ...]:
    """Return one value or several as a tuple, numbers as text; refuse what is neither."""
    if values is None:
        return ()
    if isinstance(values, str):
        return (values,)
    if isinstance(values, int | float) and not isinstance(values, bool):
        return (str(values),)
    if isinstance(values, Iterable) and not isinstance(values, Mapping | bytes):
        return tuple(text for value in values for text in _several(value))
    raise NeuroMorphoQueryError(f"{values!r} is no value of a query: text or several texts are.")


def _bracketed(text: str) -> str:
    """Return a raw clause so that what it ORs stays together beside others."""
    return f"({text})" if re.search(r"\s(OR|AND|NOT)\s", text) else text


def _parsed(path: Path) -> Any:
    """Return what a query file holds."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            return json.loads(text)
        import yaml

        try:
            return yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError) as error:
            raise NeuroMorphoQueryError(
                f"{path.name} is not valid YAML: {_one_line(error)}."
            ) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise NeuroMorphoQueryError(f"{path.name} cannot be read: {_one_line(error)}.") from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _sort_of(sort: Any, name: str) -> str:
    """Return ``field,asc`` of what a query file says about its order."""
    if sort is None:
        return DEFAULT_SORT
    if isinstance(sort, str):
        field, _, order = sort.partition(",")
        ascending = order.strip() != "desc"
    elif isinstance(sort, Mapping) and isinstance(sort.get("field"), str):
        field, ascending = sort["field"], bool(sort.get("ascending", True))
    else:
        raise NeuroMorphoQueryError(f"{name}: sort must name a field, and whether it is ascending.")
    return f"{query_field(field.strip())},{'asc' if ascending else 'desc'}"
