"""One cell's files on disk: what is there stays, what can be had is fetched, what cannot is told.

The order is morphometry, standardized SWC, original. A missing original or measurement never keeps the
rest from landing, and ``metadata.json`` is written in any case, so that nothing is asked for twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuromorpho.api import id_of
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.cache.files import FileKind, StoredFile, fetch_file, sha256_of
from neuromorpho.cache.integrity import damage_of
from neuromorpho.cache.metadata import (
    METADATA_NAME,
    SCHEMA,
    download_items,
    item_path,
    merge_metadata,
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

if TYPE_CHECKING:
    from neuromorpho.client_protocol import ArchiveClient

LICENCE = "CC BY 4.0"
DRY_RUN = "dry_run"
DownloadFolder = Callable[[str], Path]
Progress = Callable[[int, int | None], None]
ASK = object()


@dataclass(frozen=True)
class DownloadOutcome:
    """What became of one file.

    Attributes
    ----------
    stored
        What was fetched; None where nothing was.
    error
        What kept the file away.
    is_unavailable
        The archive has no such file, so that it need not be asked for again.
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
    measurement: object = ASK,
    progress: Progress | None = None,
) -> NeuroMorphoDownloadRecord:
    """Bring a cell's files into ``<root>/<id>/``; see `NeuroMorphoClient.download`.

    Parameters
    ----------
    measurement
        The cell's morphometry where the caller asked for it already, or text that says why there is
        none; None where it is not wanted.
    progress
        Called with the bytes of a file so far and in all (None if not told).
    """
    check_mode(mode)
    cache = NeuroMorphoCache(root)
    neuron_id = id_of(neuron)
    if not overwrite and cache.complete(neuron_id, mode):
        return _what_is_there(cache, neuron_id, mode, dry_run)
    known = neuron if isinstance(neuron, NeuroMorphoNeuron) else client.get_neuron(neuron_id)
    folder = cache.layout.neuron_dir(neuron_id)
    plans = plan_neuron_files(known, mode=mode, site=client.site)
    if dry_run:
        items = tuple(_item(plan, folder, reason=DRY_RUN) for plan in plans)
        path = cache.layout.metadata_path(neuron_id)
        return NeuroMorphoDownloadRecord(folder, path, items, None, mode, dry_run=True)
    old = {} if overwrite else _old_metadata(cache, neuron_id)
    if measurement is ASK:
        measured, problem = _measurement(client, known, old)
    else:
        measured = measurement if isinstance(measurement, NeuroMorphoMeasurement) else None
        problem = measurement if isinstance(measurement, str) else None

    def place(ending: str) -> Path:
        return folder / f"{safe_filename(known.neuron_name)}{ending}"

    outcomes = [
        fetch_part(
            client, known, plan, place, _told_before(old, plan.kind),
            overwrite=overwrite, progress=progress,
        )
        for plan in plans
    ]  # fmt: skip
    return _concluded(client, cache, known, (measured, problem), outcomes, mode)


def _concluded(
    client: ArchiveClient,
    cache: NeuroMorphoCache,
    neuron: NeuroMorphoNeuron,
    measured: tuple[NeuroMorphoMeasurement | None, str | None],
    outcomes: list[DownloadOutcome],
    mode: DownloadMode,
) -> NeuroMorphoDownloadRecord:
    """Write the metadata; then raise if the file asked for cannot be had."""
    measurement, _ = measured
    new = _metadata(client, neuron, measured, outcomes, mode)
    path = cache.layout.metadata_path(neuron.neuron_id)
    write_metadata(path, merge_metadata(_old_metadata(cache, neuron.neuron_id), new))
    client.record([neuron], [] if measurement is None else [measurement])
    if cache.root == client.cache_dir:
        client.record_files(neuron.neuron_id, path.parent, new["download_items"])
    raise_if_missing(outcomes, mode)
    items = tuple(outcome.item for outcome in outcomes)
    return NeuroMorphoDownloadRecord(path.parent, path, items, measurement, mode)


def raise_if_missing(outcomes: list[DownloadOutcome], mode: DownloadMode) -> None:
    """Raise what kept away the file that was asked for: the original only where it was asked for alone."""
    wanted = "original" if mode == "original" else "standard"
    for outcome in outcomes:
        if outcome.item.kind == wanted and outcome.error is not None:
            raise outcome.error


def _told_before(metadata: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return next((each for each in download_items(metadata) if each.get("kind") == kind), {})


def _what_is_there(
    cache: NeuroMorphoCache, neuron_id: int, mode: DownloadMode, dry_run: bool
) -> NeuroMorphoDownloadRecord:
    """Return the record of a cell that is whole on disk; no request."""
    folder = cache.layout.neuron_dir(neuron_id)
    items = []
    order = {"standard": 0, "original": 1}
    known = download_items(cache.metadata(neuron_id))
    for told in sorted(known, key=lambda each: order.get(str(each.get("kind")), 2)):
        kind = str(told.get("kind"))
        if mode not in ("both", kind):
            continue
        path = item_path(folder, told)
        name = path.name if path else str(told.get("filename") or "")
        reason = DRY_RUN if dry_run else None if path else str(told.get("reason"))
        url = str(told.get("url") or "")
        items.append(NeuroMorphoDownloadItem(kind, url, name, folder / name, False, reason))
    try:
        measurement = None if dry_run else cache.measurement(neuron_id)
    except NeuroMorphoCacheError:
        measurement = None
    path = cache.layout.metadata_path(neuron_id)
    return NeuroMorphoDownloadRecord(folder, path, tuple(items), measurement, mode, dry_run)


def _old_metadata(cache: NeuroMorphoCache, neuron_id: int) -> dict[str, Any]:
    """Return what is told of a cell; nothing where that is damaged, for it is written anew."""
    try:
        return cache.metadata(neuron_id)
    except (FileNotFoundError, NeuroMorphoCacheError):
        return {}


def _measurement(
    client: ArchiveClient, neuron: NeuroMorphoNeuron, old: Mapping[str, Any]
) -> tuple[NeuroMorphoMeasurement | None, str | None]:
    """Return the morphometry, or why there is none: that must not cost the files."""
    if isinstance(old.get("measurement"), Mapping):
        try:
            raw = {"neuron_id": neuron.neuron_id, **old["measurement"]}
            return NeuroMorphoMeasurement.from_payload(raw), None
        except ValueError:
            pass  # damaged: ask again
    try:
        return client.get_measurement(neuron), None
    except NeuroMorphoCancelled:
        raise
    except NeuroMorphoError as error:
        return None, str(error)


def fetch_part(
    client: ArchiveClient,
    neuron: NeuroMorphoNeuron,
    plan: NeuroMorphoFilePlan,
    place: DownloadFolder,
    told: Mapping[str, Any],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> DownloadOutcome:
    """Return what becomes of one file: there already, fetched, or not to be had.

    Parameters
    ----------
    place
        Where a file with a suffix goes.
    told
        What is known of the file on disk: its ``filename``, ``size`` and ``sha256``; ``{}`` if nothing.
    """
    expected = place(_ending(neuron, plan))
    candidates = [each for each in _candidates(client, neuron, plan) if _may_be(place(each[1]))]
    if not overwrite:
        here = [item_path(expected.parent, dict(told)) or expected]
        for path in here + [place(ending) for _, ending in candidates]:
            if path.is_file() and not damage_of(path, dict(told) if path == here[0] else {}):
                url = str(told.get("url") or plan.url)
                return DownloadOutcome(
                    NeuroMorphoDownloadItem(plan.kind, url, path.name, path, False)
                )
    refused: NeuroMorphoError | None = None
    for url, ending in candidates:
        outcome = _fetched(client, plan, url, place(ending), progress)
        if not isinstance(outcome.error, NeuroMorphoNotFoundError):
            return outcome
        refused = outcome.error
    return _nowhere(neuron, plan, expected, refused)


def _fetched(
    client: ArchiveClient,
    plan: NeuroMorphoFilePlan,
    url: str,
    path: Path,
    progress: Progress | None,
) -> DownloadOutcome:
    """Fetch a file from one address; what keeps only this file away is told in the outcome."""
    kind: FileKind = "swc" if plan.kind == "standard" else "original"
    try:
        stored = fetch_file(client.transport, url, path, kind=kind, progress=progress)
    except (NeuroMorphoCancelled, NeuroMorphoStorageError):
        raise
    except NeuroMorphoError as error:
        item = NeuroMorphoDownloadItem(plan.kind, url, path.name, path, False, str(error))
        return DownloadOutcome(item, error=error)
    return DownloadOutcome(NeuroMorphoDownloadItem(plan.kind, url, path.name, path, True), stored)


def _may_be(path: Path) -> bool:
    """Return whether a name may be a cell's file: one named "metadata" has no original in JSON."""
    return path.name.lower() != METADATA_NAME


def _ending(neuron: NeuroMorphoNeuron, plan: NeuroMorphoFilePlan) -> str:
    """Return what a planned file's name has after the cell's."""
    return plan.filename.removeprefix(safe_filename(neuron.neuron_name))


def _candidates(
    client: ArchiveClient, neuron: NeuroMorphoNeuron, plan: NeuroMorphoFilePlan
) -> Iterator[tuple[str, str]]:
    """Yield where a file may be: the original's suffix is its format's, which need not be the file's."""
    if plan.skip:
        return
    if plan.kind == "standard":
        yield plan.url, _ending(neuron, plan)
        return
    for suffix in original_candidates(neuron):
        url = build_original_file_url(neuron, suffix=suffix, site=client.site)
        if url is not None:
            yield url, suffix


def _nowhere(
    neuron: NeuroMorphoNeuron,
    plan: NeuroMorphoFilePlan,
    path: Path,
    refused: NeuroMorphoError | None,
) -> DownloadOutcome:
    """Return the outcome of a file that the server has under no name."""
    if refused is None:
        refused = NeuroMorphoError(
            plan.reason or f"{neuron.label} has no {plan.kind} file.", code="no-file"
        )
    elif plan.kind == "original":
        refused = NeuroMorphoNotFoundError(
            f"NeuroMorpho.Org has no original file of {neuron.label} under any suffix in use.",
            url=plan.url,
        )
    item = NeuroMorphoDownloadItem(plan.kind, plan.url, path.name, path, False, str(refused))
    return DownloadOutcome(item, error=refused, is_unavailable=plan.kind == "original" or plan.skip)


def _item(plan: NeuroMorphoFilePlan, folder: Path, reason: str | None) -> NeuroMorphoDownloadItem:
    path = folder / plan.filename
    return NeuroMorphoDownloadItem(plan.kind, plan.url, plan.filename, path, False, reason)


def _metadata(
    client: ArchiveClient,
    neuron: NeuroMorphoNeuron,
    measured: tuple[NeuroMorphoMeasurement | None, str | None],
    outcomes: list[DownloadOutcome],
    mode: DownloadMode,
) -> dict[str, Any]:
    """Return what ``metadata.json`` says of this call."""
    measurement, problem = measured
    urls = urls_of(neuron, site=client.site)
    payload = neuron.payload
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "licence": LICENCE,
        "source": client.site.root,
        "neuron_id": neuron.neuron_id,
        "neuron_name": neuron.neuron_name,
        "archive": neuron.archive,
        "species": neuron.species,
        "brain_region": list(neuron.brain_region),
        "cell_type": list(neuron.cell_type),
        "original_format": neuron.original_format,
        "thumbnail_url": urls.thumbnail,
        "standard_swc_url": urls.standard_swc,
        "original_file_url": urls.original_file,
        "measurement_url": urls.measurement,
        "links": payload.get("_links"),
        "neuron": payload,
        "measurement": None if measurement is None else dict(measurement.raw),
        "download_mode": mode,
        "download_items": [told_of(outcome) for outcome in outcomes],
    }
    if problem is not None:
        found["measurement_error"] = problem
    return found


def told_of(outcome: DownloadOutcome) -> dict[str, Any]:
    """Return a file's item of ``metadata.json``."""
    item, stored = outcome.item, outcome.stored
    told: dict[str, Any] = {
        "kind": item.kind,
        "url": item.url,
        "filename": item.filename,
        "path": item.path.name,
        "downloaded_now": item.downloaded_now,
        "reason": item.reason,
    }
    if outcome.is_unavailable:
        told["unavailable"] = True
    if stored is not None:
        told |= {"size": stored.size, "sha256": stored.sha256, "fetched": _now()}
    elif item.reason is None:
        told |= {"size": item.path.stat().st_size, "sha256": sha256_of(item.path)}
    return told


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
