"""One cell of a bulk download, in whatever thread: prepared, fetched, put down in the queue.

`BulkFetcher` is shared by the workers of one `bulk.download_many`. What cannot get better by the next
cell (the server is down, the disk is full, a cancel) is told once in `stopped`, and the rest waits.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neuromorpho.cache import NeuroMorphoCache
from neuromorpho.cache_check import damage_of
from neuromorpho.download import Outcome, download_neuron, fetch_part, raise_if_missing, told_of
from neuromorpho.errors import (
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoNotFoundError,
    NeuroMorphoStorageError,
)
from neuromorpho.files import fetch_file, sha256_of
from neuromorpho.measurements import NeuroMorphoMeasurement
from neuromorpho.query import clause
from neuromorpho.queue import DownloadQueue, QueuedFile
from neuromorpho.records import DownloadMode, NeuroMorphoNeuron
from neuromorpho.report import BulkItem
from neuromorpho.templates import FolderTemplate
from neuromorpho.urls import plan_neuron_files, thumbnail_url

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient

_DOWN_IN_A_ROW = 3


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each cell."""

    mode: DownloadMode
    images: bool
    measurements: bool
    overwrite: bool
    dry_run: bool


class BulkFetcher:
    """What the workers of one bulk download share.

    Parameters
    ----------
    template
        Where the files go below `root`; None for a folder for each cell, with ``metadata.json``.
    queue
        The state of the work; None in a dry run.
    """

    def __init__(
        self,
        client: NeuroMorphoClient,
        root: Path,
        template: FolderTemplate | None,
        wanted: Wanted,
        queue: DownloadQueue | None,
    ) -> None:
        self._client, self._root, self._template = client, root, template
        self._wanted, self._queue = wanted, queue
        self._cache = NeuroMorphoCache(root)
        self._lock = threading.Lock()
        self._n_down = 0
        self.stopped: str | None = None

    # ------------------------------------------------------------------------------- preparing

    def prepare(
        self, cells: Sequence[NeuroMorphoNeuron | int]
    ) -> list[BulkItem | tuple[NeuroMorphoNeuron, NeuroMorphoMeasurement | None]]:
        """Return for each cell what is settled already, or its record and morphometry."""
        records = self._records([each for each in cells if isinstance(each, int)])
        settled: list[BulkItem | NeuroMorphoNeuron] = []
        for each in cells:
            found = records[each] if isinstance(each, int) else each
            settled.append(self._settled(found) if isinstance(found, NeuroMorphoNeuron) else found)
        todo = [each for each in settled if isinstance(each, NeuroMorphoNeuron)]
        if self._queue is not None:
            self._queue.add(todo, self._wanted.mode)
        ids = [each.neuron_id for each in todo]
        wants = self._wanted.measurements and self._template is None and not self._wanted.dry_run
        measured = self._client.get_measurements(ids) if wants and ids else {}
        return [
            (each, measured.get(each.neuron_id)) if isinstance(each, NeuroMorphoNeuron) else each
            for each in settled
        ]

    def _records(self, ids: Sequence[int]) -> dict[int, NeuroMorphoNeuron | BulkItem]:
        """Return the records of ids: those whole on disk from there, the rest in one request."""
        found: dict[int, NeuroMorphoNeuron | BulkItem] = {}
        for neuron_id in ids:
            if self._template is None and self._cache.complete(neuron_id, self._wanted.mode):
                payload = self._cache.metadata(neuron_id)["neuron"]
                found[neuron_id] = NeuroMorphoNeuron.from_payload(payload)
        missing = [each for each in dict.fromkeys(ids) if each not in found]
        if missing:
            query = clause("neuron_id", [str(each) for each in missing])
            page = self._client.search(query, size=len(missing))
            found.update((each.neuron_id, each) for each in page.items)
        for neuron_id in missing:
            if neuron_id not in found:
                reason = f"NeuroMorpho.Org has no neuron NMO_{neuron_id:05d}."
                found[neuron_id] = BulkItem(neuron_id, "", "failed", reason=reason)
        return found

    def _settled(self, neuron: NeuroMorphoNeuron) -> BulkItem | NeuroMorphoNeuron:
        """Return what there is of a cell if all that is wanted is on disk, else the cell."""
        if not self._wanted.overwrite:
            files = self._files_there(neuron)
            if files is not None:
                return BulkItem(neuron.neuron_id, neuron.neuron_name, "present", files)
        if self._wanted.dry_run:
            return BulkItem(neuron.neuron_id, neuron.neuron_name, "planned")
        return neuron

    def _files_there(self, neuron: NeuroMorphoNeuron) -> tuple[QueuedFile, ...] | None:
        """Return a cell's files where the queue says that they landed and they are still whole."""
        job = self._queue.job(neuron.neuron_id) if self._queue is not None else None
        if job is not None and job.state == "landed" and job.mode == self._wanted.mode:
            told = [{"size": each.size, "sha256": each.sha256} for each in job.files]
            paths = [self._root / each.path for each in job.files]
            has_all = all(
                path.is_file() and not damage_of(path, known)
                for path, known in zip(paths, told, strict=True)
            )
            kinds = {each.kind for each in job.files}
            if has_all and kinds and (not self._wanted.images or "image" in kinds):
                return job.files
            return None
        is_kept = self._template is None and not self._wanted.images
        if is_kept and self._cache.complete(neuron.neuron_id, self._wanted.mode):
            record = download_neuron(self._client, neuron, self._root, mode=self._wanted.mode)
            return tuple(
                self._queued(each.kind, each.path)
                for each in record.download_items
                if each.reason is None
            )
        return None

    # -------------------------------------------------------------------------------- fetching

    def fetch(
        self, neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None
    ) -> BulkItem:
        """Return what became of a cell; never raises but for what is a defect of ours."""
        if self.stopped is not None or self._queue is None:
            return BulkItem(neuron.neuron_id, neuron.neuron_name, "waiting")
        if not self._queue.claim(neuron.neuron_id):
            reason = "another process is fetching it into the same folder"
            return BulkItem(neuron.neuron_id, neuron.neuron_name, "waiting", reason=reason)
        try:
            files, beside = self._fetched(neuron, measurement)
        except (NeuroMorphoCancelled, NeuroMorphoStorageError) as error:
            self._stop(str(error))
            self._queue.put_back(neuron.neuron_id)
            return BulkItem(neuron.neuron_id, neuron.neuron_name, "waiting")
        except NeuroMorphoError as error:
            return self._failed(neuron, error)
        self._n_down = 0
        self._queue.land(neuron.neuron_id, files, beside)
        return BulkItem(neuron.neuron_id, neuron.neuron_name, "landed", files, beside)

    def _failed(self, neuron: NeuroMorphoNeuron, error: NeuroMorphoError) -> BulkItem:
        assert self._queue is not None
        with self._lock:
            self._n_down = self._n_down + 1 if isinstance(error, NeuroMorphoDownError) else 0
            is_down = self._n_down >= _DOWN_IN_A_ROW
        if is_down:
            self._stop(str(error))
        self._queue.fail(neuron.neuron_id, str(error))
        return BulkItem(neuron.neuron_id, neuron.neuron_name, "failed", reason=str(error))

    def _stop(self, reason: str) -> None:
        with self._lock:
            self.stopped = self.stopped or reason

    def _fetched(
        self, neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None
    ) -> tuple[tuple[QueuedFile, ...], str | None]:
        """Return the files of a cell, and what could not be had beside the one that was asked for."""
        if self._template is None:
            files, beside = self._into_its_folder(neuron, measurement)
        else:
            files, beside = self._into_the_template(neuron)
        if self._wanted.images:
            image, problem = self._image(neuron)
            files += image
            beside = beside or problem
        return files, beside

    def _into_its_folder(
        self, neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None
    ) -> tuple[tuple[QueuedFile, ...], str | None]:
        wanted = self._wanted
        known = {"measurement": measurement} if wanted.measurements else {"measurement": None}
        record = download_neuron(
            self._client, neuron, self._root, mode=wanted.mode, overwrite=wanted.overwrite, **known
        )
        there = tuple(
            self._queued(each.kind, each.path)
            for each in record.download_items
            if each.reason is None
        )
        return there, next((each.reason for each in record.download_items if each.reason), None)

    def _into_the_template(
        self, neuron: NeuroMorphoNeuron
    ) -> tuple[tuple[QueuedFile, ...], str | None]:
        assert self._template is not None
        stem = self._root / self._template.path(neuron)

        def place(ending: str) -> Path:
            return stem.with_name(f"{stem.name}{ending}")

        plans = plan_neuron_files(neuron, mode=self._wanted.mode, site=self._client.site)
        outcomes = [
            fetch_part(self._client, neuron, plan, place, {}, overwrite=self._wanted.overwrite)
            for plan in plans
        ]
        raise_if_missing(outcomes, self._wanted.mode)
        there = tuple(self._of_outcome(each) for each in outcomes if each.error is None)
        return there, next((str(each.error) for each in outcomes if each.error), None)

    def _image(self, neuron: NeuroMorphoNeuron) -> tuple[tuple[QueuedFile, ...], str | None]:
        """Return the thumbnail, which costs nothing else if it cannot be had."""
        url = thumbnail_url(neuron, site=self._client.site)
        if url is None:
            return (), "The record has no picture."
        if self._template is None:
            standard = self._cache.layout.standard_swc_path(neuron.neuron_id, neuron.neuron_name)
            path = standard.with_name(f"{standard.name.removesuffix('.CNG.swc')}.png")
        else:
            stem = self._root / self._template.path(neuron)
            path = stem.with_name(f"{stem.name}.png")
        if path.is_file() and not self._wanted.overwrite:
            return (self._queued("image", path),), None
        try:
            fetch_file(self._client.transport, url, path, kind="image")
        except (NeuroMorphoNotFoundError, NeuroMorphoDownError) as error:
            return (), str(error)
        return (self._queued("image", path),), None

    def _of_outcome(self, outcome: Outcome) -> QueuedFile:
        told = told_of(outcome)
        path = outcome.item.path.relative_to(self._root).as_posix()
        return QueuedFile(outcome.item.kind, path, int(told["size"]), str(told["sha256"]))

    def _queued(self, kind: str, path: Path) -> QueuedFile:
        relative = path.relative_to(self._root).as_posix()
        return QueuedFile(kind, relative, path.stat().st_size, sha256_of(path))
