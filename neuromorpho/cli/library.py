"""The commands cache, library and cite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from neuromorpho.bibliography.citations import citations, find_publications
from neuromorpho.bibliography.formats import to_bibtex, to_ris, to_text
from neuromorpho.bulk.progress_bar import share_bar
from neuromorpho.bulk.report import readable_bytes
from neuromorpho.cli.context import FAILED, WRONG_USAGE, Context
from neuromorpho.cli.hints import with_hint
from neuromorpho.cli.output import pairs, print_line, warn
from neuromorpho.cli.parser import UsageError, criteria_of
from neuromorpho.cli.search import search_library
from neuromorpho.errors import NeuroMorphoCacheError
from neuromorpho.library import maintenance
from neuromorpho.library.bulk_import import import_harvest
from neuromorpho.library.check import CacheProblem
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.parsing import plain

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient

_FORMATS = {"text": to_text, "bibtex": to_bibtex, "ris": to_ris}


def cache(context: Context) -> int | None:
    """Show or change what is on disk."""
    return _ACTIONS[context.args.action](context)


def library(context: Context) -> None:
    """Add a harvest to the library."""
    with context.library(make=True) as there, share_bar("importing") as progress:
        n_changed = import_harvest(there, context.args.file, progress)
        n_cells = len(there)
    context.write_values({"imported": n_changed, "cells": n_cells, "library": context.library_path})


def cite(context: Context) -> None:
    """Print what to cite for cells."""
    args = context.args
    is_selection = bool(criteria_of(args) or args.text or args.range or args.query_file)
    if bool(args.ids) == is_selection:
        raise UsageError("Give either ids, or criteria of a search in the library.")
    if is_selection or args.offline:
        neurons = _find_in_library(context, args.ids)
        if args.offline or args.no_titles:
            return _print_citations(context, neurons, ())
    with context.client() as client:
        if not is_selection:
            neurons = _find_neurons(client, args.ids)
        publications, problem = ((), None) if args.no_titles else find_publications(client, neurons)
    if problem is not None:
        warn(f"somascope: the citations have no titles: {with_hint(problem)}")
    return _print_citations(context, neurons, publications)


def _find_neurons(client: NeuroMorphoClient, ids: Sequence[int]) -> list[NeuroMorphoNeuron]:
    """Return cells from the library, and from the archive those that it lacks."""
    library = client.library
    known = {} if library is None else {each.neuron_id: each for each in library.records(ids)}
    return [known.get(each) or client.get_neuron(each) for each in ids]


def _find_in_library(context: Context, ids: Sequence[int]) -> list[NeuroMorphoNeuron]:
    """Return the cells of a search of the library, or those with the ids, which must all be there."""
    with context.library() as there:
        if not ids:
            return list(search_library(context, there, limit=None).items)
        neurons = there.records(ids)
    missing = [f"NMO_{each:05d}" for each in set(ids) - {each.neuron_id for each in neurons}]
    if missing:
        raise NeuroMorphoCacheError(
            f"The library does not have {', '.join(sorted(missing))}.",
            path=context.library_path,
            code="not-in-library",
            hint="go-online",
        )
    return neurons


def _print_citations(
    context: Context, neurons: Sequence[NeuroMorphoNeuron], publications: Sequence[Any]
) -> None:
    cited = citations(neurons, publications)
    text = _FORMATS[context.args.format](cited).rstrip("\n")
    context.write([text], {"cells": len(neurons), "citations": cited})


def _list(context: Context) -> None:
    ids = context.cache.list_neurons()
    values = {"root": context.folder, "count": len(ids)}
    context.write([*pairs(values), *map(str, ids)], {**values, "ids": ids})


def _info(context: Context) -> None:
    status = context.cache.status(context.args.neuron)
    exists = ("exists", "metadata_exists", "standard_exists", "original_exists")
    values = {name: getattr(status, name) for name in ("neuron_id", *exists, "folder")}
    context.write([" ".join(pairs(values))], status)


def _rm(context: Context) -> None:
    neuron_id = context.args.neuron
    removed = bool(maintenance.remove(context.cache, [neuron_id]))
    context.write_values({"neuron_id": neuron_id, "removed": removed})


def _clear(context: Context) -> int | None:
    if not context.args.yes:
        report = warn if context.args.json else print_line
        report("refusing to clear without --yes")
        return WRONG_USAGE
    n_cells, n_records = maintenance.clear(context.cache)
    context.write_values({"cleared": n_cells, "library_cleared": n_records})
    return None


def _verify(context: Context) -> int | None:
    problems = maintenance.verify(context.cache)
    _print_problems(context, problems, "nothing is damaged", "damaged; `cache repair` repairs them")
    return FAILED if problems else None


def _repair(context: Context) -> None:
    repaired = maintenance.repair(context.cache)
    _print_problems(context, repaired, "nothing was damaged", "repaired")


def _index(context: Context) -> None:
    n_cells = maintenance.index_cells(context.cache)
    context.write_values({"indexed": n_cells, "library": context.library_path})


def _print_problems(
    context: Context, problems: Sequence[CacheProblem], none: str, some: str
) -> None:
    total = f"{len(problems)} {some}" if problems else none
    lines = [*(plain(each.text) for each in problems), total]
    context.write(lines, {"count": len(problems), "problems": problems})


def _size(context: Context) -> None:
    found = maintenance.disk_usage(context.cache)
    if found.library_error is not None:
        raise found.library_error
    n_files, n_library = found.cell_bytes, found.library_bytes
    lines = [
        f"files={n_files} ({readable_bytes(n_files)}) cells={found.n_cells}",
        f"library={n_library} ({readable_bytes(n_library)}) records={found.n_records}",
    ]
    values = {
        "files": n_files,
        "cells": found.n_cells,
        "library": n_library,
        "records": found.n_records,
    }
    context.write(lines, values)


_ACTIONS = {
    "list": _list,
    "info": _info,
    "rm": _rm,
    "clear": _clear,
    "verify": _verify,
    "repair": _repair,
    "index": _index,
    "size": _size,
}
