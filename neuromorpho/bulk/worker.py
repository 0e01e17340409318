"""One cell of a bulk download, in whatever thread: prepared, fetched, put down in the queue.

`BulkFetcher` is shared by the workers of one `bulk.download_many`. What cannot get better by the next
cell (the server is down, the disk is full, a cancel) is told once in `stopped`, and the rest waits.
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neuromorpho.bulk.folder_template import FolderTemplate
from neuromorpho.bulk.queue import DownloadQueue, QueuedFile
from neuromorpho.bulk.report import BulkItem, ItemState
from neuromorpho.cache.cache import NeuroMorphoCache
from neuromorpho.cache.download import (
    DownloadOutcome,
    download_neuron,
    fetch_part,
    raise_if_missing,
    told_of,
)
from neuromorpho.cache.files import fetch_file, sha256_of, sweep_parts
from neuromorpho.cache.integrity import damage_of
from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoCancelled,
    NeuroMorphoDownError,
    NeuroMorphoError,
    NeuroMorphoStorageError,
)
from neuromorpho.http.rate_limiter import pause
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import DownloadMode, NeuroMorphoNeuron
from neuromorpho.urls import plan_neuron_files, thumbnail_url

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient

_DOWN_IN_A_ROW = 3
_WAIT_FOR_ANOTHER_S = 60.0
_LOOK_EVERY_S = 0.1
_DISK_IS_NO_USE = {errno.ENOSPC, errno.EROFS, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}
NO_MORPHOMETRY = "NeuroMorpho.Org has no morphometry of this cell."


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each cell."""

    mode: DownloadMode
    images: bool
    measurements: bool
    overwrite: bool
    dry_run: bool


@dataclass(frozen=True)
class Prepared:
    """A cell to fetch; `measurement` is its morphometry, or why there is none, or None if not wanted."""

    neuron: NeuroMorphoNeuron
    measurement: NeuroMorphoMeasurement | str | None = None


Cell = NeuroMorphoNeuron | int | Prepared


@dataclass(frozen=True)
class _Landed:
    """What is there of a cell now; `beside` is what could not be had beside the file asked for."""

    files: tuple[QueuedFile, ...]
    warnings: str | None
    is_new: bool


class BulkFetcher:
    """What the workers of one bulk download share.

    Parameters
    ----------
    template
        Where the files go below `root`; None for a folder for each cell, with ``metadata.json``.
    queue
        The state of the work; None in a dry run.

    Attributes
    ----------
    stopped : str or None
        Why no further cell is tried.
    put_off : set of int
        The cells that failed only because the server was down: they wait.
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
        self._down: list[int] = []
        self._down_in_a_row = 0
        self.stopped: str | None = None
        self.put_off: set[int] = set()
        if queue is not None:
            self._sweep(queue)

    def _sweep(self, queue: DownloadQueue) -> None:
        """Remove what downloads of processes that were killed left half-written."""
        opened = time.time()
        if not queue.revived or queue.counts()["running"]:
            return
        for neuron_id in queue.revived:
            job = queue.job(neuron_id)
            if job is not None:
                sweep_parts(self._place(job.neuron, "").parent, time.time() - opened)

    # ------------------------------------------------------------------------------- preparing

    def prepare(self, cells: Sequence[Cell]) -> list[BulkItem | Prepared]:
        """Return for each cell what is settled already, or what to fetch it by."""
        records = self._records([each for each in cells if isinstance(each, int)])
        settled = [
            self._settled(records[each] if isinstance(each, int) else each) for each in cells
        ]
        todo = [each for each in settled if isinstance(each, Prepared)]
        if self._queue is not None and todo:
            self._queue.add((each.neuron for each in todo), self._wanted.mode)
        unknown = [each.neuron.neuron_id for each in todo if each.measurement is None]
        measured: dict[int, NeuroMorphoMeasurement] = {}
        otherwise = NO_MORPHOMETRY
        if not self._wanted.measurements or self._template is not None or not unknown:
            return settled
        try:
            measured = self._client.get_measurements(unknown)
        except NeuroMorphoCancelled:
            raise
        except NeuroMorphoError as error:  # the files can still be had
            otherwise = str(error)
        return [
            Prepared(each.neuron, measured.get(each.neuron.neuron_id, otherwise))
            if isinstance(each, Prepared) and each.measurement is None
            else each
            for each in settled
        ]

    def _records(self, ids: Sequence[int]) -> dict[int, NeuroMorphoNeuron | BulkItem]:
        """Return the records of ids: those whole on disk from there, the rest in one request."""
        found: dict[int, NeuroMorphoNeuron | BulkItem] = {}
        for neuron_id in ids:
            if self._template is None and self._cache.complete(neuron_id, self._wanted.mode):
                try:
                    payload = self._cache.metadata(neuron_id)["neuron"]
                    found[neuron_id] = NeuroMorphoNeuron.from_payload(payload)
                except (KeyError, ValueError):
                    pass  # damaged: ask
        missing = [each for each in ids if each not in found]
        if missing:
            query = f"neuron_id:{','.join(map(str, missing))}"
            try:
                page = self._client.search(query, size=len(missing))
                found.update((each.neuron_id, each) for each in page.items)
            except NeuroMorphoAnswerError:  # a record among them is malformed: find out which
                found.update((each, self._record(each)) for each in missing)
        for neuron_id in missing:
            reason = f"NeuroMorpho.Org has no neuron NMO_{neuron_id:05d}."
            found.setdefault(neuron_id, BulkItem(neuron_id, "", "failed", reason=reason))
        return found

    def _record(self, neuron_id: int) -> NeuroMorphoNeuron | BulkItem:
        try:
            return self._client.get_neuron(neuron_id)
        except (NeuroMorphoCancelled, NeuroMorphoDownError):
            raise
        except NeuroMorphoError as error:
            return BulkItem(neuron_id, "", "failed", reason=str(error))

    def _settled(self, cell: BulkItem | NeuroMorphoNeuron | Prepared) -> BulkItem | Prepared:
        """Return what there is of a cell if all that is wanted is on disk, else the cell."""
        if isinstance(cell, BulkItem):
            return cell
        prepared = Prepared(cell) if isinstance(cell, NeuroMorphoNeuron) else cell
        neuron = prepared.neuron
        if not self._wanted.overwrite:
            files = self._files_there(neuron)
            if files is not None:
                return BulkItem(neuron.neuron_id, neuron.neuron_name, "present", files)
        if self._wanted.dry_run:
            return BulkItem(neuron.neuron_id, neuron.neuron_name, "planned")
        return prepared

    def _files_there(self, neuron: NeuroMorphoNeuron) -> tuple[QueuedFile, ...] | None:
        """Return a cell's files if all that are wanted are there, whole; else None."""
        image = self._place(neuron, ".png")
        wants_image = self._wanted.images and thumbnail_url(neuron, site=self._client.site)
        if wants_image and not image.is_file():
            return None
        if self._template is not None:
            return self._landed_before(neuron)
        if not self._cache.complete(neuron.neuron_id, self._wanted.mode):
            return None
        record = download_neuron(self._client, neuron, self._root, mode=self._wanted.mode)
        kinds = [(each.kind, each.path) for each in record.download_items if each.reason is None]
        kinds += [("image", image)] if wants_image else []
        return tuple(self._queued(kind, path) for kind, path in kinds)

    def _landed_before(self, neuron: NeuroMorphoNeuron) -> tuple[QueuedFile, ...] | None:
        """Return the files that the queue tells of, if they are whole and where this template puts them."""
        job = self._queue.job(neuron.neuron_id) if self._queue is not None else None
        if job is None or job.state != "landed" or job.mode != self._wanted.mode or not job.files:
            return None
        stem = self._place(neuron, "").relative_to(self._root).as_posix()
        for file in job.files:
            path = self._root / file.path
            told = {"size": file.size, "sha256": file.sha256}
            if not (file.path.startswith(f"{stem}.") and path.is_file()) or damage_of(path, told):
                return None
        return job.files

    # -------------------------------------------------------------------------------- fetching

    def fetch(self, cell: Prepared) -> BulkItem:
        """Return what became of a cell; never raises but for what is a defect of ours."""
        neuron, queue = cell.neuron, self._queue
        neuron_id, name = neuron.neuron_id, neuron.neuron_name
        try:
            if self.stopped is not None or queue is None:
                return BulkItem(neuron_id, name, "waiting")
            if not self._claimed(queue, neuron_id):
                reason = "Another process is fetching it into the same folder."
                return BulkItem(neuron_id, name, "waiting", reason=reason)
            landed = self._fetched(cell)
        except NeuroMorphoError as error:
            return self._not_landed(neuron, error)
        with self._lock:
            self._down_in_a_row = 0
        self._note(lambda: queue.complete(neuron_id, landed.files, landed.warnings))
        state: ItemState = "landed" if landed.is_new else "present"
        return BulkItem(neuron_id, name, state, landed.files, landed.warnings)

    def _claimed(self, queue: DownloadQueue, neuron_id: int) -> bool:
        """Take a cell's job; where another process has it, wait a while for what becomes of it."""
        end = time.monotonic() + _WAIT_FOR_ANOTHER_S
        while not queue.claim(neuron_id):
            if time.monotonic() > end or self.stopped is not None:
                return False
            pause(_LOOK_EVERY_S, self._client.cancel)
        return True

    def _not_landed(self, neuron: NeuroMorphoNeuron, error: NeuroMorphoError) -> BulkItem:
        """Note a failure: the cell's own, or one that the next cell would meet as well."""
        queue, neuron_id = self._queue, neuron.neuron_id
        assert queue is not None
        if isinstance(error, NeuroMorphoCancelled) or is_of_the_disk(error):
            self._stop(str(error))
            self._note(lambda: queue.requeue(neuron_id))
            return BulkItem(neuron_id, neuron.neuron_name, "waiting")
        self._note(lambda: queue.fail(neuron_id, str(error)))
        with self._lock:
            if isinstance(error, NeuroMorphoDownError):
                self._down.append(neuron_id)
                self._down_in_a_row += 1
            else:
                self._down_in_a_row = 0
            is_down = self._down_in_a_row >= _DOWN_IN_A_ROW
            put_off = [each for each in self._down if is_down and each not in self.put_off]
            self.put_off.update(put_off)
        if is_down:
            self._stop(str(error))
        for each in put_off:
            self._note(lambda each=each: queue.requeue(each))  # type: ignore[misc]
        return BulkItem(neuron_id, neuron.neuron_name, "failed", reason=str(error))

    def _note(self, change: Callable[[], None]) -> None:
        """Change the queue; if it cannot be written, no cell can be noted, so the work ends."""
        try:
            change()
        except NeuroMorphoError as error:
            self._stop(str(error))

    def _stop(self, reason: str) -> None:
        with self._lock:
            self.stopped = self.stopped or reason

    def _fetched(self, cell: Prepared) -> _Landed:
        """Bring a cell's files; what is there already stays."""
        outcome = self._into_its_folder(cell) if self._template is None else self._into_place(cell)
        if not self._wanted.images:
            return outcome
        image, problem, is_new = self._image(cell.neuron)
        files = outcome.files + image
        return _Landed(files, outcome.warnings or problem, outcome.is_new or is_new)

    def _into_its_folder(self, cell: Prepared) -> _Landed:
        wanted = self._wanted
        record = download_neuron(
            self._client, cell.neuron, self._root,
            mode=wanted.mode, overwrite=wanted.overwrite, measurement=cell.measurement,
        )  # fmt: skip
        items = record.download_items
        return _Landed(
            tuple(self._queued(each.kind, each.path) for each in items if each.reason is None),
            next((each.reason for each in items if each.reason), None),
            any(each.downloaded_now for each in items),
        )

    def _into_place(self, cell: Prepared) -> _Landed:
        plans = plan_neuron_files(cell.neuron, mode=self._wanted.mode, site=self._client.site)

        def place(ending: str) -> Path:
            return self._place(cell.neuron, ending)

        overwrite = self._wanted.overwrite
        outcomes = [
            fetch_part(self._client, cell.neuron, plan, place, {}, overwrite=overwrite)
            for plan in plans
        ]
        raise_if_missing(outcomes, self._wanted.mode)
        return _Landed(
            tuple(self._of_outcome(each) for each in outcomes if each.error is None),
            next((str(each.error) for each in outcomes if each.error), None),
            any(each.stored is not None for each in outcomes),
        )

    def _image(self, neuron: NeuroMorphoNeuron) -> tuple[tuple[QueuedFile, ...], str | None, bool]:
        """Return the thumbnail, why there is none, and whether it is new; it costs nothing else."""
        url, path = thumbnail_url(neuron, site=self._client.site), self._place(neuron, ".png")
        if url is None:
            return (), "The record has no picture.", False
        is_new = self._wanted.overwrite or not path.is_file()
        try:
            if is_new:
                fetch_file(self._client.transport, url, path, kind="image")
        except (NeuroMorphoCancelled, NeuroMorphoStorageError):
            raise
        except NeuroMorphoError as error:
            return (), str(error), False
        return (self._queued("image", path),), None, is_new

    # ---------------------------------------------------------------------------------- places

    def _place(self, neuron: NeuroMorphoNeuron, ending: str) -> Path:
        """Return where a cell's file with an ending goes."""
        if self._template is None:
            layout = self._cache.layout
            return layout.original_file_path(neuron.neuron_id, neuron.neuron_name, ending)
        stem = self._root / self._template.path(neuron)
        return stem.with_name(f"{stem.name}{ending}")

    def _of_outcome(self, outcome: DownloadOutcome) -> QueuedFile:
        told = told_of(outcome)
        path = outcome.item.path.relative_to(self._root).as_posix()
        return QueuedFile(outcome.item.kind, path, int(told["size"]), str(told["sha256"]))

    def _queued(self, kind: str, path: Path) -> QueuedFile:
        relative = path.relative_to(self._root).as_posix()
        return QueuedFile(kind, relative, path.stat().st_size, sha256_of(path))


def is_of_the_disk(error: NeuroMorphoError) -> bool:
    """Return whether an error is of the whole disk, not of one cell's file."""
    cause = error.__cause__
    if not isinstance(error, NeuroMorphoStorageError):
        return False
    return not isinstance(cause, OSError | ValueError) or (
        getattr(cause, "errno", None) in _DISK_IS_NO_USE
    )
