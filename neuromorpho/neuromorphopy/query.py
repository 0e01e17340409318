"""neuromorphopy's queries: built step by step and checked against the archive, or read from a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field as field_of
from pathlib import Path
from typing import Any, ClassVar, Self

from neuromorpho.api import ArchiveClient
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.query.query import as_texts
from neuromorpho.query.query_file import NeuroMorphoQueryFile
from neuromorpho.query.similar import similar_values


class QueryFields:
    """The fields of the archive and their values, requested once in a process.

    Attributes
    ----------
    client
        What asks the archive; set it for another server. None for a client of its own.
    """

    client: ClassVar[ArchiveClient | None] = None
    _known: ClassVar[dict[tuple[str, str], set[str]]] = {}

    @classmethod
    def get_fields(cls) -> set[str]:
        """Return the names of the fields that can be searched."""
        with cls._asking() as client:
            return cls._once(client, "", client.fields)

    @classmethod
    def get_values(cls, field: str) -> set[str]:
        """Return every value of a field; NeuroMorphoQueryError if there is no such field."""
        with cls._asking() as client:
            return cls._once(client, field, lambda: client.field_values(field))

    @classmethod
    def describe(cls) -> dict[str, set[str]]:
        """Return every field with its values: thousands of requests, since names and ids are fields too."""
        return {field: cls.get_values(field) for field in sorted(cls.get_fields())}

    @classmethod
    @contextmanager
    def _asking(cls) -> Iterator[ArchiveClient]:
        if cls.client is not None:
            yield cls.client
            return
        with NeuroMorphoClient() as client:
            yield client

    @classmethod
    def _once(cls, client: ArchiveClient, field: str, ask: Any) -> set[str]:
        key = (client.site.root, field)
        if key not in cls._known:
            cls._known[key] = set(ask())
        return set(cls._known[key])


@dataclass
class QueryFilter:
    """One filter."""

    field: str
    values: list[str]


@dataclass
class QuerySort:
    """The order of the results."""

    field: str
    ascending: bool = True

    @property
    def order(self) -> str:
        """``asc`` or ``desc``."""
        return "asc" if self.ascending else "desc"


@dataclass
class QueryConfig:
    """What a query file has."""

    filters: dict[str, list[str]] = field_of(default_factory=dict)
    sort: QuerySort | None = None

    @staticmethod
    def get_valid_fields() -> set[str]:
        """Return `QueryFields.get_fields`."""
        return QueryFields.get_fields()

    @staticmethod
    def get_field_values(field: str) -> set[str]:
        """Return `QueryFields.get_values`."""
        return QueryFields.get_values(field)

    @staticmethod
    def validate_field(field: str, values: Iterable[str]) -> None:
        """Raise NeuroMorphoQueryError, a ValueError, if the archive has no such field or value."""
        _check(field, QueryFields.get_fields(), "The archive has no field", code="unknown-field")
        known = QueryFields.get_values(field)
        for value in values:
            _check(value, known, f"The field {field} has no value")


class Query:
    """A query that is checked while it is built: ``Query().filter("species", "mouse").build()``."""

    def __init__(self) -> None:
        self._config = QueryConfig()

    @classmethod
    def from_file(cls, path: Path | str) -> dict[str, Any]:
        """Return what `build` returns, from a file of YAML or JSON; see `NeuroMorphoQueryFile.read`.

        Raises
        ------
        NeuroMorphoQueryError
            The file is no query, or has clauses of the server's own language, which a dictionary of
            fields cannot have.
        """
        found = NeuroMorphoQueryFile.read(path)
        if found.query.raw_q or found.query.raw_fq:
            raise NeuroMorphoQueryError(
                f"{Path(path).name} has q or fq; read it with NeuroMorphoQueryFile.read, and search with that."
            )
        field, _, order = found.sort.partition(",")
        filters = {name: list(values) for name, values in found.query.criteria.items()}
        has_sort = found.sort != NeuroMorphoQueryFile.sort
        return filters | ({"_sort": {"field": field, "order": order}} if has_sort else {})

    def filter(self, field: str, values: str | list[str]) -> Self:
        """Add a filter, or replace that of the field; NeuroMorphoQueryError if the archive has no such one."""
        texts = list(as_texts(values))
        if not texts:
            raise NeuroMorphoQueryError(f"The filter {field} has no value; give one.")
        QueryConfig.validate_field(field, texts)
        self._config.filters[field] = texts
        return self

    def sort(self, field: str, ascending: bool = True) -> Self:
        """Set the order; NeuroMorphoQueryError if there is no such field."""
        _check(field, QueryFields.get_fields(), "The archive has no field", code="unknown-field")
        self._config.sort = QuerySort(field, ascending)
        return self

    def build(self) -> dict[str, Any]:
        """Return the fields with their values, and ``_sort`` with ``field`` and ``order``."""
        built: dict[str, Any] = {name: list(each) for name, each in self._config.filters.items()}
        if self._config.sort is not None:
            sort = self._config.sort
            built["_sort"] = {"field": sort.field, "order": sort.order}
        return built


def _check(name: str, known: set[str], sentence: str, *, code: str = "") -> None:
    """Raise if a name is not known, with the nearest one that is."""
    if name in known:
        return
    similar = similar_values(str(name), sorted(known), 1)
    advice = f"did you mean {similar[0]!r}?" if similar else "QueryFields lists what there is."
    raise NeuroMorphoQueryError(f"{sentence} {name!r}; {advice}", code=code)
