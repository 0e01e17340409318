"""`NeuroMorphoQueryFile`: a query saved as YAML or JSON; files of neuromorphopy can be read too."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuromorpho.errors import NeuroMorphoQueryError, one_line
from neuromorpho.query.query import DEFAULT_SORT, NeuroMorphoQuery, as_texts, query_field
from neuromorpho.records.parsing import short_repr

KINDS = {".yml", ".yaml", ".json"}
_KEYS = ("filters", "sort", "q", "fq")
_MAX_BYTES = 4 * 1024**2
_ORDERS = {"": True, "asc": True, "ascending": True, "desc": False, "descending": False}
_DIRECTIONS: dict[str, Callable[[Any], bool | None]] = {
    "ascending": lambda given: given if isinstance(given, bool) else None,
    "order": lambda given: _ORDERS.get(str(given).strip().lower()),
}


@dataclass(frozen=True)
class NeuroMorphoQueryFile:
    """A query and its sort order, as a file has them.

    Attributes
    ----------
    sort
        ``<field>,asc`` or ``<field>,desc``.
    """

    query: NeuroMorphoQuery
    sort: str = DEFAULT_SORT

    @classmethod
    def read(cls, path: str | Path) -> NeuroMorphoQueryFile:
        """Read ``{filters: {field: [values]}, sort: {field, ascending}}``, and optional ``q`` and ``fq``.

        The sort may have ``order: ascending`` or ``descending`` instead of ``ascending``.

        Parameters
        ----------
        path
            A file of YAML (``.yml``, ``.yaml``) or JSON (``.json``), UTF-8; neuromorphopy's query
            files need no change.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        NeuroMorphoQueryError
            The file has another type, is broken, or contains no query.
        """
        path = Path(path)
        if path.suffix.lower() not in KINDS:
            raise NeuroMorphoQueryError(
                f"{path.name} is not a query file; its name must end with .yml, .yaml or .json."
            )
        return cls.of(_parse(_read_text(path), path), path.name)

    @classmethod
    def of(cls, content: Any, name: str = "The query") -> NeuroMorphoQueryFile:
        """Return the query of a file's parsed content; `name` is for error messages."""
        if not isinstance(content, Mapping) or not content or not set(content) <= set(_KEYS):
            raise NeuroMorphoQueryError(
                f"{name} must be a mapping with filters, and may have sort, q and fq"
                f"{_unknown_key_text(content)}; docs/archive.md has an example."
            )
        try:
            query = NeuroMorphoQuery.of(
                _filters_of(content.get("filters")),
                raw_q=as_texts(content.get("q")),
                raw_fq=as_texts(content.get("fq")),
            )
            return cls(query, _sort_of(content.get("sort")))
        except NeuroMorphoQueryError as error:
            raise NeuroMorphoQueryError(f"{name}: {error}") from error

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

    def to_text(self, kind: str = ".yaml") -> str:
        """Return the text of a file for `read`, as YAML or (".json") as JSON."""
        if kind == ".json":
            return json.dumps(self.to_mapping(), indent=2, ensure_ascii=False) + "\n"
        import yaml

        content = self.to_mapping()
        text = str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
        if yaml.safe_load(text) != content:  # PyYAML does not escape some line ends (U+0085)
            text = str(yaml.safe_dump(content, sort_keys=False))
        return text


def _unknown_key_text(content: Any) -> str:
    """Return ", not '<key>'" for the first unknown key of a file's mapping; "" if there is none."""
    unknown = [key for key in content if key not in _KEYS] if isinstance(content, Mapping) else []
    return f", not {short_repr(unknown[0])}" if unknown else ""


def _filters_of(filters: Any) -> dict[str, tuple[str, ...]]:
    """Return the filters; refuse one without a value, which would match everything."""
    if filters is None:
        return {}
    if not isinstance(filters, Mapping):
        raise NeuroMorphoQueryError(
            f"filters is {short_repr(filters)}; it must map fields to values."
        )
    found = {query_field(name): as_texts(values) for name, values in filters.items()}
    for name, values in found.items():
        if not values:
            raise NeuroMorphoQueryError(f"the filter {name} has no value; give one or remove it.")
    if len(found) < len(filters):
        raise NeuroMorphoQueryError("a filter is given twice; put its values in one list.")
    return found


def _sort_of(sort: Any) -> str:
    """Return the sort order of a query file as ``field,asc``."""
    if sort is None:
        return DEFAULT_SORT
    if isinstance(sort, str):
        field, _, order = sort.partition(",")
        sort = {"field": field.strip(), "order": order}
    if isinstance(sort, Mapping) and "field" in sort and set(sort) <= {"field", *_DIRECTIONS}:
        directions = {read(sort[name]) for name, read in _DIRECTIONS.items() if name in sort}
        is_ascending = directions.pop() if directions else True
        if isinstance(is_ascending, bool) and not directions:
            return f"{query_field(sort['field'])},{'asc' if is_ascending else 'desc'}"
    raise NeuroMorphoQueryError(
        f"sort is {short_repr(sort)}; it must be {{field: …, ascending: true or false}}, or with "
        "order: ascending or descending."
    )


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise NeuroMorphoQueryError(f"{path.name} is too long for a query file (over 4 MiB).")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise NeuroMorphoQueryError(f"{path.name} cannot be read: {one_line(error)}.") from error


def _parse(text: str, path: Path) -> Any:
    """Return a file's content; a repeated key is an error."""
    if path.suffix.lower() == ".json":
        try:
            return json.loads(text, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            raise NeuroMorphoQueryError(
                f"{path.name} is not valid JSON: {one_line(error)}."
            ) from error
    import yaml

    class UniqueKeys(yaml.SafeLoader):  # type: ignore[misc]
        """YAML's safe loader, which would silently use the last of two equal keys."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
            keys = [(self.construct_object(key, deep=True), None) for key, _ in node.value]
            _unique([pair for pair in keys if isinstance(pair[0], Hashable)])
            return dict(super().construct_mapping(node, deep))

    try:
        return yaml.load(text, Loader=UniqueKeys)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise NeuroMorphoQueryError(f"{path.name} is not valid YAML: {one_line(error)}.") from error


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{short_repr(twice)} is given twice")
    return found
