"""The commands that bring: download, fetch, harvest."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuromorpho.api import MAX_PAGE_SIZE
from neuromorpho.bulk.download import download_many
from neuromorpho.bulk.queue import QueuedFile
from neuromorpho.bulk.report import BulkItem, BulkReport, readable_bytes
from neuromorpho.bulk.search_download import search_and_download
from neuromorpho.cache.files import sha256_of
from neuromorpho.cli.context import DONE, FAILED, Context, Counts
from neuromorpho.cli.output import plain, progress_bar, record_lines, warn
from neuromorpho.cli.parser import UsageError, is_bounded, query_of
from neuromorpho.errors import NeuroMorphoNotFoundError
from neuromorpho.provenance import Provenance, write_provenance
from neuromorpho.query.query import clause
from neuromorpho.records.models import DownloadMode, NeuroMorphoDownloadRecord, NeuroMorphoNeuron
from neuromorpho.urls import thumbnail_url

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient

_MAX_SIZE_REQUESTS, _SAMPLE_SIZE = 50, 20
_DRY_RUN_LINES = 200


def download(context: Context) -> int:
    """Bring the files of one cell, of several, or of all that match."""
    args = context.args
    if bool(args.id) == is_bounded(args):
        raise UsageError(
            "download wants --id or criteria, not both; --q '*:*' is the whole archive."
        )
    with context.client() as client:
        if args.id and len(args.id) == 1 and not args.group_by and not args.images:
            return _download_one(context, client, args.id[0])
        return _dry_run(context, client) if args.dry_run else _download_many(context, client)


def fetch(context: Context) -> int:
    """Bring one cell's files into the cache, and read it if asked to."""
    args = context.args
    if args.load and args.mode == "original":
        raise UsageError("--load reads the standardized SWC; leave out --mode original.")
    if args.load and context.reader is None:
        raise UsageError("--load needs Somascope's reader: somascope neuromorpho fetch ID --load.")
    with context.client() as client:
        record = client.download(args.neuron, mode=args.mode, overwrite=args.overwrite)
    counts: Counts | None = None
    if args.load and context.reader is not None:
        counts = context.cache.load(args.neuron, reader=context.reader)

    def lines() -> Iterator[str]:
        yield from record_lines(record)
        if counts is not None:
            yield f"loaded OK: {counts.branches} branches, {counts.points} points"

    told: Any = record if counts is None else {**_as_dict(record), "loaded": counts}
    context.print(lines, told)
    return DONE


def harvest(context: Context) -> int:
    """Bring all records of a query into the library or a file, going on where it stopped."""
    from neuromorpho.bulk.harvest import harvest_to_file, harvest_to_library

    args = context.args
    if not is_bounded(args):
        raise UsageError("harvest wants criteria; --q '*:*' is the whole archive.")
    if args.sort:
        raise UsageError(
            "A harvest goes by id, so that it can go on where it stopped; leave out --sort."
        )
    options: dict[str, Any] = {
        "fq": args.fq,
        "limit": args.limit,
        "measurements": not args.no_measurements,
        "max_concurrent": args.max_concurrent,
        "restart": args.restart,
    }
    query = query_of(args)
    with context.client() as client, progress_bar("searching") as progress:
        if args.to is not None:
            report = harvest_to_file(client, query, args.to, progress=progress, **options)
        else:
            report = harvest_to_library(client, query, progress=progress, **options)
    context.print_values(
        {
            "cells": report.n_cells,
            "of": report.total,
            "from_before": report.n_before,
            "in": report.path,
        }
    )
    context.explain_no_match(query, report.n_cells if args.limit != 0 else 1)
    return DONE


def _download_one(context: Context, client: NeuroMorphoClient, neuron_id: int) -> int:
    args = context.args
    record = client.download(
        neuron_id,
        args.output_dir,
        mode=args.mode or "both",
        overwrite=args.overwrite,
        dry_run=args.dry_run,
    )
    if not args.dry_run:
        if hasattr(client, "search_literature"):  # a simple client knows no papers
            return _print_one(context, client, neuron_id, record)
        context.print(lambda: record_lines(record), record)
        return DONE
    sizes = {each.url: _file_size(client, each.url) for each in record.download_items if each.url}
    context.print(lambda: record_lines(record, sizes), {**_as_dict(record), "bytes": sizes})
    return DONE


def _print_one(
    context: Context,
    client: NeuroMorphoClient,
    neuron_id: int,
    record: NeuroMorphoDownloadRecord,
) -> int:
    """Write where one cell's files came from, as for many, and say what became of it."""
    root = context.args.output_dir
    files = tuple(
        QueuedFile(
            each.kind,
            each.path.relative_to(root.expanduser()).as_posix(),
            each.path.stat().st_size,
            sha256_of(each.path),
        )
        for each in record.download_items
        if each.reason is None
    )
    missing = next((each.reason for each in record.download_items if each.reason), None)
    report = BulkReport((BulkItem(neuron_id, "", "done", files, missing),))
    written = write_provenance(root, report, client=client)
    _warn_of_missing_titles(written)

    def lines() -> Iterator[str]:
        yield from record_lines(record)
        yield from _provenance_lines(written)

    context.print(lines, {**_as_dict(record), "provenance": written})
    return DONE


def _download_many(context: Context, client: NeuroMorphoClient) -> int:
    args = context.args
    query = None if args.id else query_of(args)
    options: dict[str, Any] = {
        "mode": args.mode or "standard",
        "group_by": args.group_by,
        "images": args.images,
        "max_concurrent": args.max_concurrent,
        "overwrite": args.overwrite,
    }
    with progress_bar("downloading") as progress:
        if query is None:
            ids = list(dict.fromkeys(args.id))
            report = download_many(client, ids, args.output_dir, progress=progress, **options)
        else:
            report = search_and_download(
                query, args.output_dir, args.metadata_filename or None, client=client, fq=args.fq,
                sort=args.sort, limit=args.limit, progress=progress, **options,
            )  # fmt: skip
    written = write_provenance(args.output_dir, report, client=client, query=query, fq=args.fq)
    _print_report(context, report, written)
    if not report.failed and not report.stopped:
        return DONE
    n = len(report.failed) + len(report.waiting)
    warn(
        f"somascope: error: {n} of {len(report.items)} cells are not there; the same command again "
        "tries them."
    )
    return FAILED


def _print_report(context: Context, report: BulkReport, written: Provenance) -> None:
    _warn_of_missing_titles(written)

    def lines() -> Iterator[str]:
        yield from map(plain, report.text().splitlines())
        yield from _provenance_lines(written)

    context.print(lines, {"report": report, "bytes": report.n_bytes, "provenance": written})


def _warn_of_missing_titles(written: Provenance) -> None:
    if written.problem is not None:
        warn(f"somascope: the citations have no titles: {written.problem}")


def _provenance_lines(written: Provenance) -> Iterator[str]:
    yield f"manifest={written.manifest}"
    yield f"citation={written.citation}"
    yield f"bibtex={written.bibtex}"


@dataclass(frozen=True)
class _PlannedFile:
    """A file that would be fetched; `bytes` is None where the server was not asked or does not tell."""

    neuron_id: int
    kind: str
    url: str
    bytes: int | None = None


def _dry_run(context: Context, client: NeuroMorphoClient) -> int:
    """List the files that would be fetched; of up to 50 the bytes are asked for, of more 20 are a sample."""
    args = context.args
    neurons, unknown = _find_cells(context, client)
    mode: DownloadMode = args.mode or "standard"
    report = download_many(
        client, neurons, args.output_dir, mode=mode, group_by=args.group_by, images=args.images,
        overwrite=args.overwrite, dry_run=True,
    )  # fmt: skip
    there = [each.neuron_id for each in report.items if each.state == "present"]
    files = [
        each
        for neuron in neurons
        if neuron.neuron_id not in set(there)
        for each in _files_of(client, neuron, mode, args.images)
    ]
    step = 1 if len(files) <= _MAX_SIZE_REQUESTS else len(files) / _SAMPLE_SIZE
    n_asked = len(files) if len(files) <= _MAX_SIZE_REQUESTS else _SAMPLE_SIZE
    for place in (int(i * step) for i in range(n_asked)):
        known = _file_size(client, files[place].url)
        files[place] = dataclasses.replace(files[place], bytes=known)
    sizes = [each.bytes for each in files if each.bytes is not None]
    is_exact = len(sizes) == len(files)
    total = (
        sum(sizes) if is_exact else round(sum(sizes) / len(sizes) * len(files)) if sizes else None
    )
    told = {
        "cells": len(neurons),
        "there_already": len(there),
        "unknown_ids": unknown,
        "files": files,
        "bytes": total,
        "bytes_are_estimated_from": None if is_exact else len(sizes),
    }
    context.print(lambda: _dry_run_lines(told, files), told)
    return FAILED if unknown else DONE


def _dry_run_lines(told: dict[str, Any], files: Sequence[_PlannedFile]) -> Iterator[str]:
    for each in files[:_DRY_RUN_LINES]:
        size = "unknown" if each.bytes is None else each.bytes
        yield f"NMO_{each.neuron_id:05d} {each.kind}: url={each.url} bytes={size}"
    if len(files) > _DRY_RUN_LINES:
        yield f"… and {len(files) - _DRY_RUN_LINES} more files (--json lists all)."
    n, total = told["bytes_are_estimated_from"], told["bytes"]
    size = "of unknown size" if total is None else readable_bytes(total)
    if n is not None and total is not None:
        size = f"about {size} (estimated from {n} files)"
    yield (
        f"dry_run=True: {told['cells']} cells, {told['there_already']} there already; "
        f"{len(files)} files would be fetched, {size}."
    )
    for neuron_id in told["unknown_ids"]:
        yield f"NeuroMorpho.Org has no neuron NMO_{neuron_id:05d}."


def _find_cells(
    context: Context, client: NeuroMorphoClient
) -> tuple[list[NeuroMorphoNeuron], list[int]]:
    """Return the cells that a dry run is about, and the ids that the archive does not have."""
    args = context.args
    if not args.id:
        asked = query_of(args)
        found = client.search_all(asked, fq=args.fq, sort=args.sort, limit=args.limit)
        return list(found), []
    ids = list(dict.fromkeys(args.id))
    known: dict[int, NeuroMorphoNeuron] = {}
    for start in range(0, len(ids), MAX_PAGE_SIZE):
        part = ids[start : start + MAX_PAGE_SIZE]
        page = client.search(clause("neuron_id", [str(each) for each in part]), size=len(part))
        known.update((each.neuron_id, each) for each in page.items)
    return [known[each] for each in ids if each in known], [
        each for each in ids if each not in known
    ]


def _files_of(
    client: NeuroMorphoClient, neuron: NeuroMorphoNeuron, mode: DownloadMode, images: bool
) -> list[_PlannedFile]:
    plans = client.file_plan(neuron, mode=mode)
    files = [_PlannedFile(neuron.neuron_id, each.kind, each.url) for each in plans if not each.skip]
    image = thumbnail_url(neuron, site=client.site) if images else None
    return [*files, *([_PlannedFile(neuron.neuron_id, "image", image)] if image else [])]


def _file_size(client: NeuroMorphoClient, url: str) -> int | None:
    """Return a file's bytes; None where it is not told, or the original has another suffix."""
    try:
        return client.transport.length_of(url)
    except NeuroMorphoNotFoundError:
        return None


def _as_dict(record: NeuroMorphoDownloadRecord) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in dataclasses.fields(record)}
