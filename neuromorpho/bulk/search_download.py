"""`search_and_download`: searches, writes the tables of metadata, and downloads the files of what was found."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from neuromorpho.api import MAX_PAGE_SIZE, ArchiveClient, Query
from neuromorpho.bulk.download import NO_MORPHOMETRY, Cell, chunks_of, download_many
from neuromorpho.bulk.find_records import find_measurements
from neuromorpho.bulk.folder_template import FolderTemplate, template_of
from neuromorpho.bulk.output_folder import OWN_NAMES
from neuromorpho.bulk.report import BulkReport, ProgressCallback
from neuromorpho.bulk.search_all import MAX_WORKERS, search_all, workers_of
from neuromorpho.bulk.tables import csv_table, json_table, read_json
from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.filenames import inside
from neuromorpho.query.query import NeuroMorphoQuery, no_match_reason
from neuromorpho.query.query_file import KINDS, NeuroMorphoQueryFile
from neuromorpho.query.similar import spelling_hints
from neuromorpho.records.models import DownloadMode, NeuroMorphoNeuron
from neuromorpho.records.parsing import short_repr
from neuromorpho.urls import check_mode


def search_and_download(
    query: Query | Mapping[str, Any] | NeuroMorphoQueryFile | Path,
    output_dir: str | Path,
    metadata_filename: str | None = "neuron_metadata.csv",
    max_concurrent: int = MAX_WORKERS,
    group_by: str | FolderTemplate | None = None,
    *,
    client: ArchiveClient,
    mode: DownloadMode = "standard",
    fq: Sequence[str] | None = None,
    sort: str | None = None,
    limit: int | None = None,
    images: bool = False,
    measurements: bool = True,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
) -> BulkReport:
    """Search, write the metadata of all that matches, and download the files.

    Parameters
    ----------
    query
        A query, its text, a query file or the path of one, or a mapping of fields to values.
    metadata_filename
        CSV of the metadata below `output_dir`, whose folders are created; the lossless JSON has the same
        name. None for neither. It may not be the name of another file of a download, such as
        ``manifest.json``.
    sort
        By default the query file's, or by id.

    Returns
    -------
    BulkReport
        The result of each cell; see `download_many` for the rest.

    Raises
    ------
    NeuroMorphoError
        The search failed or was cancelled, or the metadata cannot be written: nothing was downloaded.
    """
    request = query_file_of(query, sort)
    root = Path(output_dir).expanduser()
    check_mode(mode)  # raises before any request, like the next lines
    workers_of(max_concurrent)
    template = template_of(group_by)
    tables = None if metadata_filename is None else table_paths(root, metadata_filename)
    found = search_all(
        client, request.query, fq=fq, sort=request.sort, limit=limit, max_concurrent=max_concurrent,
        progress=progress, cancel=cancel,
    )  # fmt: skip
    cells: Iterable[Cell]
    warnings: tuple[str, ...] = ()
    if tables is None or dry_run:
        cells = known = list(found)
        total = len(known)
    else:
        stop = client if cancel is None else client.with_cancel(cancel)
        cells, total, warnings = _write_metadata(stop, found, tables, measurements)
    report = download_many(
        client, cells, root, mode=mode, group_by=template, images=images,
        measurements=measurements, max_concurrent=max_concurrent, overwrite=overwrite,
        dry_run=dry_run, tables=tables or (), total=total, progress=progress, cancel=cancel,
    )  # fmt: skip
    if not (report.items or fq):
        warnings = (*warnings, *no_match_reasons(client, request.query))
    return replace(report, warnings=warnings)


def no_match_reasons(client: ArchiveClient, query: NeuroMorphoQuery) -> tuple[str, ...]:
    """Return why a query has matched nothing, a sentence for each likely reason."""
    if query.raw_fq:
        return ()
    reason = no_match_reason(query)
    return (reason,) if reason else spelling_hints(query.criteria, client.known_values)


def table_paths(root: Path, filename: str) -> tuple[Path, Path]:
    """Return the paths of the two tables below `root`, which are never the same."""
    path = inside(root, filename)
    is_folder = path == inside(root, "")
    if path.suffix.lower() == ".json":
        path = path.with_suffix(".csv")
    ending = ".json" if path.suffix.lower() == ".csv" else f"{path.suffix}.json"
    lossless = path if is_folder else path.with_suffix(ending)
    names = [each.name.casefold() for each in (path, lossless)]
    if is_folder or any(name.startswith(OWN_NAMES) for name in names):
        raise NeuroMorphoQueryError(
            f"{filename!r} cannot be the name of a table, because the folder itself or another file of "
            "the download has this name; give a name such as neuron_metadata.csv, or None for no table."
        )
    return path, lossless


def _write_metadata(
    client: ArchiveClient,
    neurons: Iterator[NeuroMorphoNeuron],
    paths: tuple[Path, Path],
    measurements: bool,
) -> tuple[Iterable[Cell], int, tuple[str, ...]]:
    """Write the tables while the pages arrive; return the cells, their number, and what went wrong.

    The cells are read from the JSON later, so that memory does not grow with them.
    """
    problems: dict[str, None] = {}
    path, lossless = paths
    n_cells = 0
    with csv_table(path) as add, json_table(lossless) as add_lossless:
        for chunk in chunks_of(neurons, MAX_PAGE_SIZE):
            n_cells += len(chunk)
            ids = [each.neuron_id for each in chunk] if measurements else []
            measured, problem = find_measurements(client, ids)
            problems.update({problem: None} if problem else {})
            for neuron in chunk:
                add(neuron, measured.get(neuron.neuron_id))
                add_lossless(neuron, measured.get(neuron.neuron_id))
    warned = tuple(f"The tables lack morphometry: {each}" for each in problems)
    otherwise = None if problems or not measurements else NO_MORPHOMETRY
    cells = ((neuron, known or otherwise) for neuron, known in read_json(lossless))
    return cells, n_cells, warned


def query_file_of(
    query: Query | Mapping[str, Any] | NeuroMorphoQueryFile | Path, sort: str | None = None
) -> NeuroMorphoQueryFile:
    """Return the query and its order from any form; a `sort` that is given replaces the query's."""
    if isinstance(query, Path):
        query = NeuroMorphoQueryFile.read(query)
    elif isinstance(query, Mapping):
        query = NeuroMorphoQueryFile.of(_content_of(query))
    elif isinstance(query, str):
        if ":" not in query and Path(query).suffix.lower() in KINDS:
            raise NeuroMorphoQueryError(
                f"{query!r} is the name of a file, not a query; give Path({query!r})."
            )
        query = NeuroMorphoQuery(raw_q=(query,))
    if isinstance(query, NeuroMorphoQuery):
        query = NeuroMorphoQueryFile(query)
    if not isinstance(query, NeuroMorphoQueryFile):
        raise NeuroMorphoQueryError(
            f"{short_repr(query)} is not a query; give a query, its text, a query file or a mapping of fields."
        )
    return replace(query, sort=sort) if sort else query


def _content_of(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping as the content of a query file; neuromorphopy's has no ``filters``."""
    content = dict(query)
    if {"filters", "q", "fq"} & set(content):
        return content
    sort = content.pop("_sort", None)
    return {"filters": content, "sort": sort}
