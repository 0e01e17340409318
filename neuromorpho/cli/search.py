"""The commands search, show, urls and fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

from neuromorpho.api import MAX_PAGE_SIZE
from neuromorpho.cli.context import Context
from neuromorpho.cli.output import (
    detail_lines,
    facet_lines,
    neuron_line,
    pairs,
    quoted,
    warn,
)
from neuromorpho.cli.parser import DEFAULT_SIZE, UsageError, criteria_of, is_bounded, query_of
from neuromorpho.errors import NeuroMorphoError
from neuromorpho.library.codec import words_of
from neuromorpho.query.query import DEFAULT_SORT, compile_query
from neuromorpho.query.similar import spelling_hints
from neuromorpho.records.models import NeuroMorphoDetail, NeuroMorphoFacet, NeuroMorphoNeuron
from neuromorpho.records.parsing import plain
from neuromorpho.urls import urls_of

_WORD_FIELDS = ("species", "cell_type", "brain_region", "archive", "stain")

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.library.library import Library, LibraryPage


def search(context: Context) -> None:
    """Find cells, in the archive or in the library."""
    args = context.args
    if args.offline:
        _search_offline(context)
        return
    if args.text or args.range:
        raise UsageError("--text and --range search the library; add --offline.")
    query = query_of(args)
    if args.show_query:
        q, fq = compile_query(query, args.fq)
        lines = [f"q={q}", *(f"fq={text}" for text in fq), f"sort={args.sort}"]
        context.write(map(plain, lines), {"q": q, "fq": fq, "sort": args.sort})
        return
    if args.facets and is_bounded(args):
        raise UsageError(
            "With --facets the archive counts all its cells; leave out the criteria, or add --offline."
        )
    with context.client() as client:
        if args.count:
            total = client.count(query, fq=args.fq)
            context.write_values({"total_elements": total})
            context.explain_no_match(query, total, client.known_values)
        elif args.facets:
            _print_facets(context, [client.partition(name) for name in args.facets])
        elif args.limit is not None:
            _print_cells(context, client, query)
        else:
            _print_page(context, client, query)


def show(context: Context) -> None:
    """Print the details of one cell."""
    args = context.args
    neuron_id = args.neuron if args.neuron is not None else args.id
    if (neuron_id is None) == (args.name is None):
        raise UsageError("Give one cell: an id (1 or NMO_00001), or --name.")
    if args.offline:
        with context.library() as library:
            detail = _detail_from_library(context, library, neuron_id)
    else:
        with context.client() as client:
            neuron = neuron_id if args.name is None else client.get_neuron_by_name(args.name)
            detail = client.describe(neuron, include_measurement=not args.no_measurement)
    context.write(detail_lines(detail), detail)


def urls(context: Context) -> None:
    """Print the addresses of one cell."""
    with context.client() as client:
        neuron = client.get_neuron(context.args.neuron)
        found = client.get_urls(neuron)
    values = {
        "id": neuron.neuron_id,
        "standard_swc_url": found.standard_swc,
        "original_file_url": found.original_file,
        "measurement_url": found.measurement,
        "thumbnail_url": found.thumbnail,
    }
    context.write(pairs(values), {"id": neuron.neuron_id, "urls": found})


def fields(context: Context) -> None:
    """Print the fields, or the values of one."""
    args = context.args
    if args.counts and not args.name:
        raise UsageError("--counts needs a field: fields species --counts.")
    with context.client() as client:
        if not args.name:
            names = client.fields()
            context.write(map(plain, names), {"fields": names})
        elif args.counts:
            _print_facets(context, [client.partition(args.name)])
        else:
            values = client.field_values(args.name)
            context.write(map(quoted, values), {"field": args.name, "values": values})


def search_library(
    context: Context, library: Library, *, limit: int | None, offset: int = 0
) -> LibraryPage:
    """Return the cells of the library that match the options."""
    args = context.args
    if args.q or args.fq:
        raise UsageError(
            "--q and --fq are in the query language of the server; with --offline use --text and fields."
        )
    criteria: Mapping[str, Any] = criteria_of(args)
    if args.query_file is not None:
        query = query_of(args)
        if isinstance(query, str) or query.raw_q or query.raw_fq:
            raise UsageError(
                "The query file has raw clauses, which work only with the server; leave out --offline."
            )
        criteria = query.criteria
    return library.search(
        args.text or "",
        criteria,
        ranges=dict(args.range or ()),
        sort=args.sort or DEFAULT_SORT,
        limit=limit,
        offset=offset,
        facets=tuple(getattr(args, "facets", None) or ()),
    )


def _search_offline(context: Context) -> None:
    args = context.args
    if args.show_query:
        raise UsageError("--show-query shows what is sent to the server; leave out --offline.")
    size = args.size or DEFAULT_SIZE
    limit = 0 if args.count else size if args.limit is None else args.limit
    offset = args.page * size if args.limit is None else 0
    with context.library() as library:
        page = search_library(context, library, limit=limit, offset=offset)
        if not page.total:
            _warn_of_spelling(context, library)
    head = f"total_elements={page.total} shown={len(page.items)} seconds={page.seconds:.3f}"
    damaged = (f"NMO_{each:05d} is damaged; run `cache repair`." for each in page.damaged)
    facets = facet_lines(page.facets.values(), "found")
    context.write(chain([head], _rows(page.items, offset), facets, damaged), page)


def _warn_of_spelling(context: Context, library: Library) -> None:
    """Warn of values and words that no cell of the library has, where it has similar ones."""
    args = context.args

    def known(name: str) -> Iterable[str]:
        return library.search(limit=0, facets=(name,)).facets[name].counts

    words = [word for name in _WORD_FIELDS for value in known(name) for word in words_of(value)]
    typed = [
        word
        for word in words_of(args.text or "")
        if not any(each.startswith(word) for each in words)
    ]
    hints = spelling_hints({"word": typed}, lambda _: words)
    for sentence in (*spelling_hints(criteria_of(args), known), *hints):
        warn(f"somascope: {sentence}")


def _print_page(context: Context, client: NeuroMorphoClient, query: Any) -> None:
    args = context.args
    size = args.size or DEFAULT_SIZE
    page = client.search(query, fq=args.fq, size=size, page=args.page, sort=args.sort)
    if args.page and not page.items:  # for such a page the server's count is 0
        total = client.count(query, fq=args.fq)
        page = dataclasses.replace(page, total_elements=total, total_pages=-(-total // size))
        if total:
            warn(f"somascope: page {args.page} is past the end; the first page is 0.")
    context.explain_no_match(query, page.total_elements, client.known_values)
    names = ("page", "size", "total_pages", "total_elements")
    head = " ".join(pairs({name: getattr(page, name) for name in names}))
    context.write(chain([head, f"query_url={page.query_url}"], _rows(page.items)), page)


def _print_cells(context: Context, client: NeuroMorphoClient, query: Any) -> None:
    args = context.args
    size = args.size or max(DEFAULT_SIZE, min(args.limit, MAX_PAGE_SIZE))
    options = {"fq": args.fq, "size": size, "limit": args.limit, "sort": args.sort}
    items = list(client.iter_search(query, start_page=args.page, **options))
    # Only fewer cells than allowed, from the first page on, are all there are.
    is_all = len(items) < args.limit and not args.page
    total = len(items) if is_all else client.count(query, fq=args.fq)
    values = {"matched": total, "items": items}
    context.write(chain([f"matched={total}"], _rows(items)), values)
    context.explain_no_match(query, total, client.known_values)


def _rows(items: Iterable[NeuroMorphoNeuron], offset: int = 0) -> Iterator[str]:
    return (neuron_line(number, each) for number, each in enumerate(items, start=offset + 1))


def _print_facets(context: Context, facets: list[NeuroMorphoFacet]) -> None:
    context.write(facet_lines(facets, "archive"), {"of": "archive", "facets": facets})


def _detail_from_library(
    context: Context, library: Library, neuron_id: int | None
) -> NeuroMorphoDetail:
    """Return the details of a cell from the library."""
    name = context.args.name
    found = list(library.named(name)) if neuron_id is None else library.records([neuron_id])
    if not found:
        label = repr(name) if neuron_id is None else f"NMO_{neuron_id:05d}"
        raise NeuroMorphoError(
            f"The library in {context.folder} has no {label}.",
            code="not-in-library",
            hint="go-online",
        )
    number = found[0].neuron_id
    status = context.cache.status(number)
    return NeuroMorphoDetail(found[0], library.measurement(number), urls_of(found[0]), status)
