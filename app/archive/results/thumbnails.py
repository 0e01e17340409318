"""`Thumbnails`: the archive's small pictures of cells, from memory, else the disk, else the network.

The view reports which cells are in view (`want`), in order; that replaces every earlier list, so that
pictures of rows that are only scrolled past are never downloaded. What is on the disk is read first, a few at once and
without the network; what is not there is downloaded, two at a time. Pictures are read, checked and scaled in
the workers: the GUI thread only turns a finished `QImage` into a `QPixmap`. That the archive has none is
stored; a picture that could not be loaded (cut short, a web page) is requested again after a pause, or with the
next search.
"""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage, QPixmap

from neuromorpho.cache.files import fetch_file
from neuromorpho.errors import NeuroMorphoAnswerError, NeuroMorphoNotFoundError
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.urls import thumbnail_url

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService, Failure
    from app.archive.connection.status import Connection
    from neuromorpho.client import NeuroMorphoClient

FOLDER = "thumbnails"
SIZE = QSize(200, 160)  # px; the archive's are 300 x 240
_AT_ONCE = 2
_READ_AT_ONCE = 12
_MOST = 400  # pictures in memory, 128 kB each
_LARGEST_PX = 4096
_RETRY_AFTER_OUTAGE_S = 20.0
_RETRY_AFTER_FAILURE_S = 60.0  # of one picture
_DISK = f"{FOLDER}/disk"
_CHANNEL = f"{FOLDER}/{{}}/"


class Thumbnails(QObject):
    """Pictures of cells.

    Parameters
    ----------
    service : ArchiveService
        Its `request` may reach the network, its `query_library` only the disk. Pictures are saved in
        ``thumbnails/<id>.png`` of its cache.

    Signals
    -------
    ready(int)
        A cell's picture is loaded, or could not be, or it is now known that there is none.
    failuresChanged(int, str, str)
        How many pictures could not be loaded, why the last one, in a sentence, and its address.
    """

    ready = Signal(int)
    failuresChanged = Signal(int, str, str)

    def __init__(self, service: ArchiveService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._folder = service.cache_dir / FOLDER
        self._pictures: OrderedDict[int, QPixmap] = OrderedDict()
        self._none: set[int] = set()
        self._retry_at: dict[int, float] = {}
        self._failures: dict[int, tuple[NeuroMorphoNeuron, Failure]] = {}  # those not loaded since
        self._wanted: dict[int, NeuroMorphoNeuron] = {}
        self._not_on_disk: set[int] = set()
        self._fetching: set[int] = set()
        self._quiet_until = 0.0
        self._may_fetch = True
        service.connectionChanged.connect(self._on_connection)

    def pixmap(self, neuron: NeuroMorphoNeuron) -> QPixmap | None:
        """Return a cell's picture, at most `SIZE`; None where it is not loaded. Requests nothing."""
        found = self._pictures.get(neuron.neuron_id)
        if found is not None:
            self._pictures.move_to_end(neuron.neuron_id)
        return found

    def has_none(self, neuron: NeuroMorphoNeuron) -> bool:
        """Return whether it is known that a cell has no picture, or none on this disk where no other counts."""
        if not neuron.png_url or neuron.neuron_id in self._none:
            return True
        return not self._may_fetch and neuron.neuron_id in self._not_on_disk

    def want(self, neurons: Sequence[NeuroMorphoNeuron]) -> None:
        """Load the pictures of the cells in view, in order, in place of all that are not begun."""
        now = time.monotonic()
        self._wanted = {
            each.neuron_id: each
            for each in neurons
            if each.neuron_id not in self._pictures
            and not self.has_none(each)
            and self._retry_at.get(each.neuron_id, now) <= now
        }
        self._start_next()

    def set_fetching(self, may_fetch: bool) -> None:
        """Set whether the network may be used, or only the disk."""
        self._may_fetch = may_fetch
        self.stop()  # what was wanted is of the other source's hits

    def has_failed(self, neuron: NeuroMorphoNeuron) -> bool:
        """Return whether a cell's picture could not be loaded; it is tried again later."""
        return neuron.neuron_id in self._failures

    def forget_failed(self) -> None:
        """Let pictures that could not be loaded be tried again."""
        self._failures.clear()
        self._tell_failures()
        self._retry_at.clear()
        self._quiet_until = 0.0

    def retry(self) -> None:
        """Load again what could not be loaded."""
        again = [neuron for neuron, _ in self._failures.values()]
        self.forget_failed()
        self.want([*again, *self._wanted.values()])

    def stop(self) -> None:
        """Drop the list of pictures to load, and cancel the requests."""
        self._wanted.clear()
        self._service.cancel(f"{FOLDER}/")

    def _start_next(self) -> None:
        """Start the next requests; those that were cancelled elsewhere no longer count."""
        is_busy = self._service.is_busy
        self._fetching = {each for each in self._fetching if is_busy(_CHANNEL.format(each))}
        unread = [each for each in self._wanted if each not in self._not_on_disk]
        if unread and not is_busy(_DISK):
            self._read(unread[:_READ_AT_ONCE])
        if time.monotonic() < self._quiet_until:
            return
        unfetched = [each for each in self._wanted if each in self._not_on_disk - self._fetching]
        for neuron_id in unfetched[: _AT_ONCE - len(self._fetching)]:
            self._fetch(self._wanted[neuron_id])

    def _read(self, ids: list[int]) -> None:
        paths = {each: self._path(each) for each in ids}

        def work(_: Any) -> dict[int, QImage | None]:
            return {each: read_picture(path) for each, path in paths.items()}

        def done(images: dict[int, QImage | None]) -> None:
            for neuron_id, image in images.items():
                if image is not None:
                    self._store(neuron_id, image)
                    continue
                self._not_on_disk.add(neuron_id)
                if not self._may_fetch:
                    self._wanted.pop(neuron_id, None)
                    self.ready.emit(neuron_id)
            self._start_next()

        def failed(_: Failure) -> None:
            done(dict.fromkeys(ids))

        self._service.query_library(_DISK, work, done, failed, priority=-1)

    def _fetch(self, neuron: NeuroMorphoNeuron) -> None:
        neuron_id, path = neuron.neuron_id, self._path(neuron.neuron_id)
        self._fetching.add(neuron_id)

        def done(image: QImage | None) -> None:
            self._fetching.discard(neuron_id)
            self._store(neuron_id, image)
            self._start_next()

        def failed(failure: Failure) -> None:
            self._fetching.discard(neuron_id)
            if failure.is_outage:
                self._quiet_until = time.monotonic() + _RETRY_AFTER_OUTAGE_S
            else:
                self._wanted.pop(neuron_id, None)
                self._retry_at[neuron_id] = time.monotonic() + _RETRY_AFTER_FAILURE_S
                self._failures[neuron_id] = neuron, failure
                self._tell_failures()
                self.ready.emit(neuron_id)
                self._start_next()

        self._service.request(
            _CHANNEL.format(neuron_id),
            lambda client: fetch_picture(client, neuron, path),
            done,
            failed,
            priority=-1,
        )

    def _path(self, neuron_id: int) -> Path:
        return self._folder / f"{neuron_id}.png"

    def _store(self, neuron_id: int, image: QImage | None) -> None:
        """Store a picture, or that the archive has none."""
        self._wanted.pop(neuron_id, None)
        if self._failures.pop(neuron_id, None):
            self._tell_failures()
        if image is None:
            self._none.add(neuron_id)
        else:
            self._not_on_disk.discard(neuron_id)
            self._pictures[neuron_id] = QPixmap.fromImage(image)
            while len(self._pictures) > _MOST:
                self._pictures.popitem(last=False)
        self.ready.emit(neuron_id)

    def _tell_failures(self) -> None:
        """Say how many pictures could not be loaded, and why the last one."""
        failures = [failure for _, failure in self._failures.values()]
        reason = (failures[-1].message, failures[-1].facts) if failures else ("", "")
        self.failuresChanged.emit(len(failures), *reason)

    def _on_connection(self, connection: Connection) -> None:
        if connection.state in {"online", "unknown"} and self._quiet_until:
            self._quiet_until = 0.0
            self._start_next()


def fetch_picture(
    client: NeuroMorphoClient, neuron: NeuroMorphoNeuron, path: Path
) -> QImage | None:
    """Download a cell's picture to `path`, and return it; None where the archive has none."""
    url = thumbnail_url(neuron, site=client.site)
    if url is None:
        return None
    try:
        fetch_file(client.transport, url, path, kind="image")
    except NeuroMorphoNotFoundError:
        return None
    picture = read_picture(path)
    if picture is None:
        raise NeuroMorphoAnswerError("The file is no picture that can be read.", url=url)
    return picture


def read_picture(path: Path) -> QImage | None:
    """Return a picture scaled to at most `SIZE`; None where there is none that can be read.

    A file that cannot be read as a picture is removed, so that it is downloaded again. Pillow decodes it:
    Qt's reader keeps Python's lock while it waits for its own, and in a worker that once froze the window.
    """
    if not path.is_file():
        return None
    from PIL import Image  # here, as a launch without pictures need not wait for it

    try:
        with Image.open(path) as picture:
            if max(picture.size) <= _LARGEST_PX:
                picture.thumbnail((SIZE.width(), SIZE.height()))
                rgba = picture.convert("RGBA")
                data, (width, height) = rgba.tobytes(), rgba.size
                pixels = QImage(data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
                return pixels.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        pass  # not a picture, or one cut short
    with contextlib.suppress(OSError):
        path.unlink()
    return None
