"""`ArchiveClient`: the API of NeuroMorpho.Org as typed calls for cells, morphometry, fields and papers.

Downloads, harvests and provenance take an `ArchiveClient`, so that `client.NeuroMorphoClient` can offer them
as methods.
"""

from __future__ import annotations

import json
import operator
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from numbers import Integral
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from neuromorpho.cache.files import write_atomically
from neuromorpho.connection import ArchiveConnection
from neuromorpho.errors import (
    NeuroMorphoCancelled,
    NeuroMorphoError,
    NeuroMorphoNotFoundError,
    NeuroMorphoQueryError,
    NeuroMorphoStorageError,
)
from neuromorpho.http.transport import Response
from neuromorpho.query.query import (
    DEFAULT_SORT,
    EVERYTHING,
    TYPED_FIELDS,
    NeuroMorphoQuery,
    clause,
    compile_query,
    query_field,
)
from neuromorpho.records import decode
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import (
    NeuroMorphoFacet,
    NeuroMorphoNeuron,
    NeuroMorphoPage,
    NeuroMorphoPersistence,
    NeuroMorphoPublication,
    NeuroMorphoSearchPage,
    NeuroMorphoUrls,
)
from neuromorpho.records.parsing import neuron_id_of, short_repr
from neuromorpho.urls import build_measurement_url, urls_of

Query = str | NeuroMorphoQuery
MAX_PAGE_SIZE = 500
"""The largest page that the server sends."""
_MOST_PAGES = 10_000
_LEVELLED = ("brain_region", "cell_type")
_LISTED = {
    *TYPED_FIELDS,
    *(f"{name}_{level}" for name in _LEVELLED for level in (1, 2, 3)),
    *("Physical_Integrity", "attributes", "domain", "experiment_condition", "protocol", "strain"),
}
_DAY_S = 86_400.0
_ORDER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(,(asc|desc))?\Z", re.IGNORECASE)
_Part = TypeVar("_Part")


class ArchiveClient(ArchiveConnection):
    """The archive's API.

    Every call that makes a request raises a `NeuroMorphoError` if the response is missing or invalid
    (`NeuroMorphoDownError`: the server is down), and a ValueError for an invalid id.
    """

    # ------------------------------------------------------------------------------- searching

    def search(
        self,
        query: Query,
        *,
        fq: Sequence[str] | None = None,
        size: int = 20,
        page: int = 0,
        sort: str = DEFAULT_SORT,
    ) -> NeuroMorphoSearchPage:
        """Return one page of the cells that match; an empty page if none does.

        Parameters
        ----------
        query
            A `NeuroMorphoQuery`, or text in the server's language.
        fq
            Further clauses, ANDed.
        size
            Cells of a page, 1 to 500.
        page
            From 0.
        sort
            ``field,asc`` or ``field,desc``; the server sorts.

        Raises
        ------
        NeuroMorphoQueryError
            The query, the sort order or the page is invalid.
        """
        are_integers = isinstance(size, Integral) and isinstance(page, Integral)
        if not are_integers or not 1 <= size <= MAX_PAGE_SIZE or page < 0:
            raise NeuroMorphoQueryError(
                f"Page {page!r} of {size!r} cells cannot be requested: the first page is 0, and a page "
                f"has 1 to {MAX_PAGE_SIZE} cells."
            )
        if not isinstance(sort, str) or not _ORDER.match(sort):
            raise NeuroMorphoQueryError(
                f"{short_repr(sort)} is not a sort order; write {DEFAULT_SORT}, or with desc."
            )
        found = self._page(query, fq, size, page, sort)
        if not found.items:
            decode.check_not_truncated(
                found.total_elements, found.page * found.size, found.query_url
            )
        return found

    def iter_search(
        self,
        query: Query,
        *,
        fq: Sequence[str] | None = None,
        size: int = 20,
        limit: int | None = None,
        start_page: int = 0,
        sort: str = DEFAULT_SORT,
    ) -> Iterator[NeuroMorphoNeuron]:
        """Yield the cells that match, page by page, each once; `search_all` is faster."""
        seen: set[int] = set()
        page = start_page
        while limit is None or len(seen) < limit:
            found = self.search(query, fq=fq, size=size, page=page, sort=sort)
            for neuron in found.items:
                if neuron.neuron_id in seen:
                    continue
                seen.add(neuron.neuron_id)
                yield neuron
                if limit is not None and len(seen) >= limit:
                    return
            page += 1
            if not found.items or (found.total_pages and page >= found.total_pages):
                return

    def count(self, query: Query = EVERYTHING, *, fq: Sequence[str] | None = None) -> int:
        """Return how many cells match, with one small request."""
        answer = self._select(query, fq, 1, 0, DEFAULT_SORT)
        n_found = len(decode.records_of(answer.data, answer.url))
        place = decode.page_of(answer.data, answer.url, size=1, page=0, found=n_found)
        return place.total_elements

    # ------------------------------------------------------------------------------- one cell

    def get_neuron(self, neuron_id: int) -> NeuroMorphoNeuron:
        """Return a cell's record by its id; NeuroMorphoNotFoundError if there is none."""
        number = id_of(neuron_id)
        return self._neuron(f"neuron/id/{number}", f"NMO_{number:05d}", number)

    def get_neuron_by_name(self, name: str) -> NeuroMorphoNeuron:
        """Return a cell's record by its name, case-sensitive; NeuroMorphoNotFoundError if there is none."""
        if not isinstance(name, str):
            raise NeuroMorphoQueryError(f"{short_repr(name)} is not a cell name; give text.")
        return self._neuron(f"neuron/name/{quote(name, safe='')}", repr(name))

    def get_measurement(self, neuron: NeuroMorphoNeuron | int) -> NeuroMorphoMeasurement:
        """Return a cell's morphometry; NeuroMorphoNotFoundError if the archive has none."""
        neuron_id = id_of(neuron)
        known = neuron if isinstance(neuron, NeuroMorphoNeuron) else neuron_id
        answer = self.transport.json(build_measurement_url(known, site=self.site))
        found = decode.measurement_of(answer.data, url=answer.url, neuron_id=neuron_id)
        self.record(measurements=[found])
        return found

    def get_measurements(self, neuron_ids: Iterable[int]) -> dict[int, NeuroMorphoMeasurement]:
        """Return the morphometry of many cells by id, 500 per request, without those that have none."""
        wanted = list(dict.fromkeys(id_of(each) for each in check_cells(neuron_ids)))
        found: dict[int, NeuroMorphoMeasurement] = {}
        for start in range(0, len(wanted), MAX_PAGE_SIZE):
            measured = self._batch(wanted[start : start + MAX_PAGE_SIZE])
            self.record(measurements=measured)
            found.update((each.neuron_id, each) for each in measured)
        return {each: found[each] for each in wanted if each in found}

    def _batch(self, ids: Sequence[int]) -> list[NeuroMorphoMeasurement]:
        """Return the morphometry of up to 500 cells, in more pages if the server sends fewer at once."""
        found: list[NeuroMorphoMeasurement] = []
        query = f"neuron_id:{','.join(map(str, ids))}"
        for page in range(len(ids)):
            params = {"q": query, "size": len(ids), "page": page}
            answer = self._page_of_list("morphometry/select", params)
            measured = decode.measurements_of(
                answer.data, url=answer.url, skipped=self.skipped.append
            )
            found += measured
            place = decode.page_of(
                answer.data, url=answer.url, size=len(ids), page=page, found=len(measured)
            )
            if not measured:
                decode.check_not_truncated(place.total_elements, page * place.size, answer.url)
            if not measured or page + 1 >= place.total_pages:
                break
        return found

    def get_persistence(self, neuron: NeuroMorphoNeuron | int) -> NeuroMorphoPersistence:
        """Return a cell's persistence vector; NeuroMorphoNotFoundError if the archive has none."""
        neuron_id = id_of(neuron)
        answer = self.transport.json(f"{self.site.api}/pvec/id/{neuron_id}")
        return decode.persistence_of(answer.data, url=answer.url, neuron_id=neuron_id)

    def get_urls(self, neuron: NeuroMorphoNeuron) -> NeuroMorphoUrls:
        """Return the addresses of a cell's files, morphometry and picture; no request."""
        return urls_of(check_record(neuron), site=self.site)

    # --------------------------------------------------------------------- fields and facets

    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields that can be searched."""
        answer = self.transport.json(f"{self.site.api}/neuron/fields")
        return decode.field_names_of(answer.data, url=answer.url)

    def field_values(self, field: str) -> tuple[str, ...]:
        """Return every value of a field in the server's spelling, trailing blanks included."""
        found: dict[str, None] = {}
        for part in self._pages(f"neuron/fields/{query_field(field)}", field, decode.values_of):
            found.update(dict.fromkeys(part.values))
        return tuple(found)

    def partition(self, field: str, *, max_age_s: float = _DAY_S) -> NeuroMorphoFacet:
        """Return how many cells have each value of a field.

        Counts in the cache are used if they are at most `max_age_s` seconds old.
        """
        name = query_field(field)
        path = None if self.cache_dir is None else self.cache_dir / "facets" / f"{name}.json"
        counts = None if path is None else _recent_counts(path, max_age_s, self.site.root)
        if counts is None:
            counts = {}
            for part in self._pages(f"neuron/partition/{name}", field, decode.counts_of):
                counts.update(part)
            if path is not None:
                content = {"fetched": time.time(), "from": self.site.root, "counts": counts}
                with suppress(NeuroMorphoStorageError):  # the cache only saves a request
                    write_atomically(path, json.dumps(content, ensure_ascii=False).encode())
        return NeuroMorphoFacet(field, counts, sum(counts.values()))

    def known_values(self, field: str) -> tuple[str, ...]:
        """Return every value of a field, of all levels of a region or type, the most frequent first.

        There are none for a field that has about one for each cell, such as a name.
        """
        if query_field(field) not in _LISTED:
            return ()
        levels = [f"{field}_{level}" for level in (1, 2, 3)] if field in _LEVELLED else [field]
        counts = Counter[str]()
        for name in levels:
            counts.update(self.partition(name).counts)
        return tuple(value for value, _ in counts.most_common())

    # ------------------------------------------------------------------------------ literature

    def get_publication(self, pmid: str | int) -> NeuroMorphoPublication | None:
        """Return the paper of a PubMed number; None if the archive does not have it."""
        found = self.search_literature(clause("pmid", str(pmid)), size=1)
        return found[0] if found else None

    def get_publications(self, neuron: NeuroMorphoNeuron) -> tuple[NeuroMorphoPublication, ...]:
        """Return the papers of a cell that the archive has; a negative PMID is a placeholder for no paper."""
        pmids = neuron.get("reference_pmid")
        texts = [str(each).strip() for each in pmids] if isinstance(pmids, list) else []
        papers = (self.get_publication(text) for text in dict.fromkeys(texts) if text.isdigit())
        return tuple(paper for paper in papers if paper is not None)

    def search_literature(
        self, query: str, *, fq: Sequence[str] | None = None, size: int = 20, page: int = 0
    ) -> tuple[NeuroMorphoPublication, ...]:
        """Return one page of papers; the fields of papers have other names (``brainRegion``).

        `bibliography.citations.find_publications` returns the papers of cells.
        """
        params = {"size": size, "page": page, **_query_params(query, fq)}
        answer = self._page_of_list("literature/select", params)
        return decode.publications_of(answer.data, url=answer.url, skipped=self.skipped.append)

    # -------------------------------------------------------------------------- the server itself

    def is_up(self) -> bool:
        """Return whether the server works: by its health, and by a search if that reports a failure."""
        for is_working in (self._is_healthy, lambda: self.count() > 0):
            try:
                if is_working():
                    return True
            except NeuroMorphoCancelled:
                raise
            except NeuroMorphoError:
                continue  # the health has reported 503 while everything else worked
        return False

    def _is_healthy(self) -> bool:
        return decode.is_up(self.transport.json(f"{self.site.api}/health").data)

    # -------------------------------------------------------------------------------------- inside

    def _page(
        self, query: Query, fq: Sequence[str] | None, size: int, page: int, sort: str
    ) -> NeuroMorphoSearchPage:
        answer = self._select(query, fq, size, page, sort)
        found = decode.search_page(
            answer.data, url=answer.url, size=size, page=page, skipped=self.skipped.append
        )
        self.record(found.items)
        return found

    def _select(
        self, query: Query, fq: Sequence[str] | None, size: int, page: int, sort: str
    ) -> Response:
        params = {"size": size, "page": page, "sort": sort, **_query_params(query, fq)}
        return self._page_of_list("neuron/select/", params)

    def _page_of_list(self, path: str, params: Mapping[str, Any]) -> Response:
        """Return a page of a list; an empty one for status 404, by which the server says that it has none."""
        url = f"{self.site.api}/{path}"
        try:
            return self.transport.json(url, params)
        except NeuroMorphoNotFoundError as error:
            return Response({}, error.url or url)

    def _neuron(self, path: str, name: str, neuron_id: int | None = None) -> NeuroMorphoNeuron:
        try:
            answer = self.transport.json(f"{self.site.api}/{path}")
        except NeuroMorphoNotFoundError as error:
            raise NeuroMorphoNotFoundError(
                f"NeuroMorpho.Org has no neuron {name}.", url=error.url, hint="search"
            ) from error
        neuron = decode.neuron_of(answer.data, url=answer.url, neuron_id=neuron_id)
        self.record([neuron])
        return neuron

    def _pages(
        self, path: str, field: str, read: Callable[..., tuple[_Part, NeuroMorphoPage]]
    ) -> Iterator[_Part]:
        """Yield every page of the values of a field."""
        for page in range(_MOST_PAGES):
            params = {"page": page, "size": MAX_PAGE_SIZE}
            try:
                answer = self.transport.json(f"{self.site.api}/{path}", params)
            except NeuroMorphoNotFoundError as error:
                if page:
                    return
                raise NeuroMorphoQueryError(
                    f"NeuroMorpho.Org has no field {field!r}.",
                    code="unknown-field",
                    hint="list-fields",
                    url=error.url,
                ) from error
            part, place = read(answer.data, url=answer.url, field=field, page=page)
            yield part
            if page + 1 >= place.total_pages:
                return


def _query_params(query: Query, fq: Sequence[str] | None) -> dict[str, Any]:
    """Return the parameters ``q`` and, if there are any, ``fq``: the query's own first."""
    q, clauses = compile_query(query, fq)
    return {"q": q, "fq": clauses} if clauses else {"q": q}


def check_record(neuron: NeuroMorphoNeuron) -> NeuroMorphoNeuron:
    """Return a cell's record; refuse an id, from which no address can be made without a request."""
    if not isinstance(neuron, NeuroMorphoNeuron):
        raise NeuroMorphoQueryError(
            f"{short_repr(neuron)} is not a neuron record; get one with "
            f"get_neuron({short_repr(neuron)})."
        )
    return neuron


def check_cells(cells: Any) -> Iterable[Any]:
    """Return several cells; refuse a single one, and a text, whose letters would be read as ids."""
    if isinstance(cells, str | bytes | Mapping) or not isinstance(cells, Iterable):
        raise NeuroMorphoQueryError(
            f"{short_repr(cells)} is not a list of cells; give records or ids, such as "
            "[1, 'NMO_00006'], or the items of a page."
        )
    return cells


def id_of(neuron: NeuroMorphoNeuron | int) -> int:
    """Return a cell's id, given as a number (also numpy's), as text ("NMO_00001") or by its record."""
    if isinstance(neuron, NeuroMorphoNeuron):
        return neuron.neuron_id
    is_number = hasattr(neuron, "__index__") and not isinstance(neuron, bool)
    return neuron_id_of(operator.index(neuron) if is_number else neuron)


def _recent_counts(path: Path, max_age_s: float, site: str) -> dict[str, int] | None:
    """Return the cached counts of a site if they are at most `max_age_s` seconds old, else None."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        age = time.time() - float(content["fetched"])
        counts = {str(value): int(count) for value, count in content["counts"].items()}
        is_its = content.get("from") == site
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return counts if is_its and 0 <= age <= max_age_s else None
