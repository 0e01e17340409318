"""The commands download, fetch and harvest."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuromorpho.bulk.download import download_many
from neuromorpho.bulk.find_records import find_records
from neuromorpho.bulk.output_folder import OutputFolder
from neuromorpho.bulk.progress_bar import progress_bar
from neuromorpho.bulk.report import BulkReport, readable_bytes
from neuromorpho.bulk.search_all import MAX_WORKERS
from neuromorpho.bulk.search_download import search_and_download
from neuromorpho.cli.context import FAILED, Context, Counts
from neuromorpho.cli.output import pairs, record_lines, warn
from neuromorpho.cli.parser import DEFAULT_FOLDER, UsageError, is_bounded, query_of
from neuromorpho.errors import NeuroMorphoNotFoundError
from neuromorpho.provenance import Provenance, write_provenance
from neuromorpho.records.models import DownloadMode
from neuromorpho.records.parsing import plain

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient

_MAX_SIZE_REQUESTS, _SAMPLE_SIZE = 50, 20
_DRY_RUN_LINES = 200


def download(context: Context) -> int | None:
    """Download the files of one cell, of several, or of all that match."""
    args = context.args
    _read_short_form(args)
    if bool(args.id) == is_bounded(args):
        raise UsageError("Use either --id or criteria; --q '*:*' is the complete archive.")
    with context.client() as client:
        if args.id and len(args.id) == 1 and not args.group_by and not args.images:
            _download_one(context, client, args.id[0])
            return None
        return _dry_run(context, client) if args.dry_run else _download_many(context, client)


def fetch(context: Context) -> None:
    """Download one cell's files into the cache, and read the file with ``--load``."""
    args = context.args
    if args.load and args.mode == "original":
        raise UsageError("--load reads the standardized SWC; leave out --mode original.")
    if args.load and context.reader is None:
        raise UsageError("--load needs Somascope's reader: somascope neuromorpho fetch ID --load.")
    with context.client() as client:
        record = client.download(args.neuron, mode=args.mode, overwrite=args.overwrite)
    if not args.load:
        context.write(record_lines(record), record)
        return
    counts: Counts = context.cache.load(args.neuron, reader=context.reader)
    loaded = f"loaded OK: {counts.branches} branches, {counts.points} points"
    context.write([*record_lines(record), loaded], {**vars(record), "loaded": counts})


def harvest(context: Context) -> None:
    """Save all records of a query in the library or a file; resume where an earlier run stopped."""
    from neuromorpho.bulk.harvest import harvest_to_file, harvest_to_library

    args = context.args
    if not is_bounded(args):
        raise UsageError("Give criteria; --q '*:*' is the complete archive.")
    if args.sort:
        raise UsageError(
            "A harvest is in the order of ids, so that it can resume; leave out --sort."
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
        n_found = report.n_cells if args.limit != 0 else 1
        context.explain_no_match(query, n_found, client.known_values)
    context.write_values(
        {
            "cells": report.n_cells,
            "of": report.total,
            "from_before": report.n_before,
            "in": report.path,
        }
    )


def _read_short_form(args: argparse.Namespace) -> None:
    """Set what ``download QUERY.yaml -c 20`` means, the form of neuromorphopy's command line."""
    if args.file is not None:
        if args.query_file is not None:
            raise UsageError("Give one query file.")
        args.query_file = args.file
        args.output_dir = args.output_dir or Path(DEFAULT_FOLDER)
    if args.output_dir is None:
        raise UsageError("Give a folder with --output-dir.")
    if args.max_concurrent > MAX_WORKERS:
        warn(f"somascope: {MAX_WORKERS} requests at once, as many as the archive allows.")


def _download_one(context: Context, client: NeuroMorphoClient, neuron_id: int) -> None:
    args = context.args
    record = client.download(
        neuron_id,
        args.output_dir,
        mode=args.mode or "both",
        overwrite=args.overwrite,
        dry_run=args.dry_run,
    )
    if args.dry_run:
        sizes = {
            each.url: _file_size(client, each.url) for each in record.download_items if each.url
        }
        context.write(record_lines(record, sizes), {**vars(record), "bytes": sizes})
        return
    folder = OutputFolder(args.output_dir.expanduser())
    report = BulkReport((folder.result(neuron_id, "", record.download_items),))
    written = write_provenance(args.output_dir, report, client=client)
    lines = chain(record_lines(record), _provenance_lines(written))
    context.write(lines, {**vars(record), "provenance": written})


def _download_many(context: Context, client: NeuroMorphoClient) -> int | None:
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
    lines = chain(map(plain, report.text().splitlines()), _provenance_lines(written))
    context.write(lines, {"report": report, "bytes": report.n_bytes, "provenance": written})
    if not report.failed and not report.stopped:
        return None
    n = len(report.failed) + len(report.waiting)
    warn(
        f"somascope: error: {n} of {len(report.items)} cells are missing; run the same command again to "
        "retry."
    )
    return FAILED


def _provenance_lines(written: Provenance) -> list[str]:
    """Return the files as lines; warn if the citations have no titles."""
    if written.problem is not None:
        warn(f"somascope: the citations have no titles: {written.problem}")
    return pairs({name: getattr(written, name) for name in ("manifest", "citation", "bibtex")})


def _dry_run(context: Context, client: NeuroMorphoClient) -> int | None:
    """List the files that would be downloaded; of more than 50, the sizes of 20 are requested as a sample."""
    args = context.args
    problems: dict[int, str] = {}
    if args.id:
        found, problems = find_records(client, list(dict.fromkeys(args.id)))
        neurons = list(found.values())
    else:
        query = query_of(args)
        neurons = list(client.search_all(query, fq=args.fq, sort=args.sort, limit=args.limit))
    mode: DownloadMode = args.mode or "standard"
    report = download_many(
        client, neurons, args.output_dir, mode=mode, group_by=args.group_by, images=args.images,
        overwrite=args.overwrite, dry_run=True,
    )  # fmt: skip
    there = {each.neuron_id for each in report.items if each.state == "present"}
    folder = OutputFolder(args.output_dir, images=args.images)
    files: list[dict[str, Any]] = [
        {"neuron_id": neuron.neuron_id, "kind": each.kind, "url": each.url, "bytes": None}
        for neuron in neurons
        if neuron.neuron_id not in there
        for each in folder.plans(neuron, mode, client.site)
        if not each.skip
    ]
    n_requests = len(files) if len(files) <= _MAX_SIZE_REQUESTS else _SAMPLE_SIZE
    for i in range(n_requests):
        file = files[i * len(files) // n_requests]
        file["bytes"] = _file_size(client, file["url"])
    sizes = [each["bytes"] for each in files if each["bytes"] is not None]
    is_exact = len(sizes) == len(files)
    total = round(sum(sizes) * len(files) / len(sizes)) if sizes else 0 if is_exact else None
    summary = {
        "cells": len(neurons),
        "there_already": len(there),
        "unknown_ids": list(problems),
        "files": files,
        "bytes": total,
        "bytes_are_estimated_from": None if is_exact else len(sizes),
    }
    context.write(chain(_dry_run_lines(summary), problems.values()), summary)
    return FAILED if problems else None


def _dry_run_lines(summary: dict[str, Any]) -> Iterator[str]:
    files = summary["files"]
    for each in files[:_DRY_RUN_LINES]:
        size = "unknown" if each["bytes"] is None else each["bytes"]
        yield f"NMO_{each['neuron_id']:05d} {each['kind']}: url={each['url']} bytes={size}"
    if len(files) > _DRY_RUN_LINES:
        yield f"… and {len(files) - _DRY_RUN_LINES} more files (--json lists all)."
    n, total = summary["bytes_are_estimated_from"], summary["bytes"]
    size = "of unknown size" if total is None else readable_bytes(total)
    if n is not None and total is not None:
        size = f"about {size} (estimated from {n} files)"
    yield (
        f"dry_run=True: {summary['cells']} cells, {summary['there_already']} already there; "
        f"{len(files)} files would be fetched, {size}."
    )


def _file_size(client: NeuroMorphoClient, url: str) -> int | None:
    """Return the bytes of a file; None if the server does not say, or has it under another suffix."""
    try:
        return client.transport.length_of(url)
    except NeuroMorphoNotFoundError:
        return None
