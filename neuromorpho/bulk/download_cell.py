"""Downloads the files of one cell that are not on disk yet, and writes its ``metadata.json``.

The order is morphometry, standardized SWC, original. The other files are downloaded also if the original or
the measurement is missing. ``metadata.json`` is written in any case, so that nothing is requested twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuromorpho.api import ArchiveClient, id_of
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.cache.files import FileKind, StoredFile, fetch_file
from neuromorpho.cache.metadata import (
    METADATA_NAME,
    SCHEMA,
    cell_metadata,
    damage_of,
    download_items,
    item_of_kind,
    item_path,
    merge_metadata,
    metadata_item,
    write_metadata,
)
from neuromorpho.errors import (
    NeuroMorphoCacheError,
    NeuroMorphoCancelled,
    NeuroMorphoError,
    NeuroMorphoNotFoundError,
    NeuroMorphoStorageError,
)
from neuromorpho.filenames import safe_filename
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import (
    DownloadMode,
    NeuroMorphoDownloadItem,
    NeuroMorphoDownloadRecord,
    NeuroMorphoFilePlan,
    NeuroMorphoNeuron,
)
from neuromorpho.urls import (
    build_original_file_url,
    check_mode,
    original_candidates,
    plan_neuron_files,
    urls_of,
)

LICENCE = "CC BY 4.0"
DRY_RUN = "dry_run"
Progress = Callable[[int, int | None], None]
NOT_GIVEN = object()
_KINDS: dict[str, FileKind] = {"standard": "swc", "original": "original", "image": "image"}


@dataclass(frozen=True)
class DownloadOutcome:
    """The result of downloading one file.

    Attributes
    ----------
    stored
        The downloaded file; None if it was on disk already, or could not be downloaded.
    error
        Why the file could not be downloaded.
    is_unavailable
        The archive has no such file, so that it need not be requested again.
    """

    item: NeuroMorphoDownloadItem
    stored: StoredFile | None = None
    error: NeuroMorphoError | None = None
    is_unavailable: bool = False


def download_neuron(
    client: ArchiveClient,
    neuron: NeuroMorphoNeuron | int,
    root: Path,
    *,
    mode: DownloadMode = "both",
    overwrite: bool = False,
    dry_run: bool = False,
    measurement: object = NOT_GIVEN,
    progress: Progress | None = None,
) -> NeuroMorphoDownloadRecord:
    """Download a cell's files into ``<root>/<id>/``; see `NeuroMorphoClient.download`.

    Parameters
    ----------
    measurement
        The cell's morphometry if the caller has it already, or a text that explains why there is
        none; None if it is not wanted. By default it is requested.
    progress
        Called with the bytes of a file so far and in all (None if unknown).
    """
    check_mode(mode)
    cache = NeuroMorphoCache(root)
    neuron_id = id_of(neuron)
    if not overwrite and cache.complete(neuron_id, mode):
        return _record_of_complete_cell(cache, neuron_id, mode, dry_run)
    known = neuron if isinstance(neuron, NeuroMorphoNeuron) else client.get_neuron(neuron_id)
    folder = cache.layout.neuron_dir(neuron_id)
    plans = plan_neuron_files(known, mode=mode, site=client.site)
    if dry_run:
        paths = [folder / plan.filename for plan in plans]
        items = tuple(
            NeuroMorphoDownloadItem(plan.kind, plan.url, path.name, path, False, DRY_RUN)
            for plan, path in zip(plans, paths, strict=True)
        )
        path = cache.layout.metadata_path(neuron_id)
        return NeuroMorphoDownloadRecord(folder, path, items, None, mode, dry_run=True)
    old = {} if overwrite else cache.known_metadata(neuron_id)
    if measurement is NOT_GIVEN:
        measurement = _measurement(client, known, None if overwrite else cache)

    def path_of(suffix: str) -> Path:
        return folder / f"{safe_filename(known.neuron_name)}{suffix}"

    outcomes = [
        fetch_part(
            client, known, plan, path_of, item_of_kind(old, plan.kind),
            overwrite=overwrite, progress=progress,
        )
        for plan in plans
    ]  # fmt: skip
    return _finish(client, cache, known, measurement, outcomes, mode)


def _finish(
    client: ArchiveClient,
    cache: NeuroMorphoCache,
    neuron: NeuroMorphoNeuron,
    measurement: object,
    outcomes: list[DownloadOutcome],
    mode: DownloadMode,
) -> NeuroMorphoDownloadRecord:
    """Write the metadata; then raise if the wanted file could not be downloaded."""
    measured = measurement if isinstance(measurement, NeuroMorphoMeasurement) else None
    new = _metadata(client, neuron, measured, outcomes, mode)
    if isinstance(measurement, str):
        new["measurement_error"] = measurement
    path = cache.layout.metadata_path(neuron.neuron_id)
    write_metadata(path, merge_metadata(cache.known_metadata(neuron.neuron_id), new))
    client.record([neuron], [] if measured is None else [measured])
    if cache.root == client.cache_dir:
        client.recorder.record_files(neuron.neuron_id, path.parent, new["download_items"])
    raise_if_missing(outcomes, mode)
    items = tuple(outcome.item for outcome in outcomes)
    return NeuroMorphoDownloadRecord(path.parent, path, items, measured, mode)


def raise_if_missing(outcomes: list[DownloadOutcome], mode: DownloadMode) -> None:
    """Raise the error of the wanted file: of the original only if it alone was wanted."""
    wanted = "original" if mode == "original" else "standard"
    for outcome in outcomes:
        if outcome.item.kind == wanted and outcome.error is not None:
            raise outcome.error


def _record_of_complete_cell(
    cache: NeuroMorphoCache, neuron_id: int, mode: DownloadMode, dry_run: bool
) -> NeuroMorphoDownloadRecord:
    """Return the record of a cell whose files are all on disk; no request is made."""
    folder = cache.layout.neuron_dir(neuron_id)
    items = []
    order = {"standard": 0, "original": 1}
    known = download_items(cache.metadata(neuron_id))
    for item in sorted(known, key=lambda each: order.get(str(each.get("kind")), 2)):
        kind = str(item.get("kind"))
        if mode not in ("both", kind):
            continue
        path = item_path(folder, item)
        name = path.name if path else str(item.get("filename") or "")
        reason = DRY_RUN if dry_run else None if path else str(item.get("reason"))
        url = str(item.get("url") or "")
        items.append(NeuroMorphoDownloadItem(kind, url, name, folder / name, False, reason))
    try:
        measurement = None if dry_run else cache.measurement(neuron_id)
    except NeuroMorphoCacheError:
        measurement = None
    path = cache.layout.metadata_path(neuron_id)
    return NeuroMorphoDownloadRecord(folder, path, tuple(items), measurement, mode, dry_run)


def _measurement(
    client: ArchiveClient, neuron: NeuroMorphoNeuron, cache: NeuroMorphoCache | None
) -> NeuroMorphoMeasurement | str:
    """Return the morphometry, or why there is none: the files are downloaded without it."""
    with suppress(NeuroMorphoCacheError):  # damaged: it is requested again
        if cache is not None and (known := cache.measurement(neuron.neuron_id)):
            return known
    try:
        return client.get_measurement(neuron)
    except NeuroMorphoCancelled:
        raise
    except NeuroMorphoError as error:
        return str(error)


def fetch_part(
    client: ArchiveClient,
    neuron: NeuroMorphoNeuron,
    plan: NeuroMorphoFilePlan,
    path_of: Callable[[str], Path],
    known: Mapping[str, Any],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> DownloadOutcome:
    """Download one file, unless it is on disk already.

    Parameters
    ----------
    path_of
        Returns the path of the cell's file with a suffix.
    known
        What the metadata have of the file: ``filename``, ``size`` and ``sha256``; ``{}`` for nothing.
    """
    suffix = plan.filename.removeprefix(safe_filename(neuron.neuron_name))
    expected = path_of(suffix)
    candidates = [
        (url, path)
        for url, path in _candidates(client, neuron, plan, path_of, expected)
        if path.name.lower() != METADATA_NAME  # the original of a cell named "metadata"
    ]
    if not overwrite:
        first = item_path(expected.parent, dict(known)) or expected
        for path in [first] + [path for _, path in candidates]:
            if path.is_file() and not damage_of(path, dict(known) if path == first else {}):
                return _outcome(plan, path, str(known.get("url") or plan.url))
    missing = NeuroMorphoError(
        plan.reason or f"{neuron.label} has no {plan.kind} file.", code="no-file"
    )
    for url, path in candidates:
        try:
            kind = _KINDS[plan.kind]
            stored = fetch_file(client.transport, url, path, kind=kind, progress=progress)
        except (NeuroMorphoCancelled, NeuroMorphoStorageError):
            raise
        except NeuroMorphoNotFoundError as error:
            missing = error
        except NeuroMorphoError as error:  # of this file alone
            return _outcome(plan, path, url, error=error)
        else:
            return _outcome(plan, path, url, stored)
    if plan.kind == "original" and candidates:
        missing = NeuroMorphoNotFoundError(
            f"NeuroMorpho.Org has no original file of {neuron.label} under any suffix in use.",
            url=plan.url,
        )
    is_unavailable = plan.kind == "original" or plan.skip
    return _outcome(plan, expected, plan.url, error=missing, is_unavailable=is_unavailable)


def _outcome(
    plan: NeuroMorphoFilePlan,
    path: Path,
    url: str,
    stored: StoredFile | None = None,
    error: NeuroMorphoError | None = None,
    is_unavailable: bool = False,
) -> DownloadOutcome:
    reason = None if error is None else str(error)
    item = NeuroMorphoDownloadItem(plan.kind, url, path.name, path, stored is not None, reason)
    return DownloadOutcome(item, stored, error, is_unavailable)


def _candidates(
    client: ArchiveClient,
    neuron: NeuroMorphoNeuron,
    plan: NeuroMorphoFilePlan,
    path_of: Callable[[str], Path],
    expected: Path,
) -> Iterator[tuple[str, Path]]:
    """Yield addresses and paths to try: an original may have another suffix than its format says."""
    if plan.skip:
        return
    if plan.kind != "original":
        yield plan.url, expected
        return
    for suffix in original_candidates(neuron):
        url = build_original_file_url(neuron, suffix=suffix, site=client.site)
        if url is not None:
            yield url, path_of(suffix)


def _metadata(
    client: ArchiveClient,
    neuron: NeuroMorphoNeuron,
    measurement: NeuroMorphoMeasurement | None,
    outcomes: list[DownloadOutcome],
    mode: DownloadMode,
) -> dict[str, Any]:
    """Return the content of ``metadata.json`` for this download."""
    urls = urls_of(neuron, site=client.site)
    return cell_metadata(neuron, measurement) | {
        "schema": SCHEMA,
        "licence": LICENCE,
        "source": client.site.root,
        "thumbnail_url": urls.thumbnail,
        "standard_swc_url": urls.standard_swc,
        "original_file_url": urls.original_file,
        "measurement_url": urls.measurement,
        "download_mode": mode,
        "download_items": [
            metadata_item(each.item, each.stored, is_unavailable=each.is_unavailable)
            for each in outcomes
        ],
    }
