"""Drives the NeuroMorpho dock of the real window with keys and clicks, and waits for what a user would see."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.archive.connection.options import ArchiveOptions
from neuromorpho.http.rate_limiter import RateLimiter
from tests.neuromorpho.server import Server

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService
    from app.archive.dock import ArchiveDock
    from app.window.controller import Controller

LONG_MS = 20_000
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
_NONE = Qt.KeyboardModifier.NoModifier


class ArchiveDriver:
    """A user of the window."""

    def __init__(self, qtbot: QtBot, controller: Controller) -> None:
        self.qtbot, self.controller = qtbot, controller

    @property
    def dock(self) -> ArchiveDock:
        """The dock's widgets."""
        return self.controller.archive_dock.dock

    @property
    def total(self) -> int:
        """How many hits the results have."""
        return self.controller.archive_dock.search.model.results.total()

    def until(
        self, condition: Callable[[], object], doing: object = "", timeout_ms: int = LONG_MS
    ) -> None:
        """Wait until a condition is true; `doing` is in the error if it does not become true."""
        try:
            self.qtbot.waitUntil(lambda: bool(condition()), timeout=timeout_ms)
        except self.qtbot.TimeoutError as error:
            raise AssertionError(f"it did not come: {doing}") from error

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = _NONE) -> None:
        """Press a key in the widget with the focus."""
        widget = QApplication.focusWidget() or self.controller.window
        self.qtbot.keyClick(widget, key, modifier)

    def words(self, text: str) -> None:
        """Type text in the widget with the focus."""
        widget = QApplication.focusWidget()
        assert widget is not None
        self.qtbot.keyClicks(widget, text)

    def click(self, widget: QWidget, place: QPoint | None = None) -> None:
        """Click in a visible widget."""
        assert widget.isVisible(), f"nobody can click {widget.accessibleName() or widget!r}"
        self.qtbot.mouseClick(widget, LEFT, pos=place or widget.rect().center())

    def is_busy(self, channel: str = "") -> bool:
        """Return whether a request is running on the channels that begin so."""
        return self.controller.archive.is_busy(channel)

    def go_to_search(self) -> None:
        """Press Ctrl+F: the search line has the focus and its text is selected."""
        self.key(Qt.Key.Key_F, CTRL)
        self.until(self.dock.search.line.hasFocus)

    def widen(self) -> None:
        """Make the dock so wide, as a user who drags its edge, that its parts are side by side."""
        window = self.controller.window
        window.settings.is_arranged = True
        window.resize(1500, 940)
        window.resizeDocks([window.docks["archive"]], [900], Qt.Orientation.Horizontal)
        self.until(lambda: self.dock.is_wide)

    def search(self, text: str) -> None:
        """Ctrl+F, words, Return; wait for hits."""
        self.key(Qt.Key.Key_F, CTRL)
        self.words(text)
        if self.dock.search.line.list.isVisible():
            self.key(Qt.Key.Key_Escape)
        self.key(Qt.Key.Key_Return)
        self.until(lambda: self.total)

    def search_all(self) -> None:
        """Search for everything, and wait for hits."""
        self.go_to_search()
        self.key(Qt.Key.Key_Return)
        self.until(lambda: self.total)

    def choose_first(self) -> int:
        """Go down to the first hit; return its id once the detail shows it."""
        self.key(Qt.Key.Key_Down)
        self.until(lambda: self.dock.detail.neuron_id is not None)
        assert self.dock.detail.neuron_id is not None
        return self.dock.detail.neuron_id

    def choose_row(self, row: int) -> int:
        """Click a row of the table; return its cell's id once the detail shows it."""
        table = self.dock.results.table
        index = table.model().index(row, 0)
        table.scrollTo(index)
        self.click(table.viewport(), table.visualRect(index).center())
        neuron = self.controller.archive_dock.search.model.results.neuron_at(row)
        assert neuron is not None
        self.until(lambda: self.dock.detail.neuron_id == neuron.neuron_id)
        return neuron.neuron_id

    def choose_rows(self, n: int) -> list[int]:
        """Click the first row, and the n-th with Shift; return the ids of all between."""
        table = self.dock.results.table
        shift = Qt.KeyboardModifier.ShiftModifier
        for row, modifier in ((0, _NONE), (n - 1, shift)):
            place = table.visualRect(table.model().index(row, 0)).center()
            self.qtbot.mouseClick(table.viewport(), LEFT, modifier, place)
        ids = self.dock.results.chosen_ids()
        assert len(ids) == n
        return ids

    def job_states(self) -> list[str]:
        """Return the states of the downloads, in order."""
        return [each.state for each in self.controller.archive_dock.downloads.rows]

    def double_click_row(self, row: int) -> None:
        """Double-click a row of the table."""
        table = self.dock.results.table
        place = table.visualRect(table.model().index(row, 0)).center()
        self.qtbot.mouseClick(table.viewport(), LEFT, pos=place)
        self.qtbot.mouseDClick(table.viewport(), LEFT, pos=place)

    def show_page(self, name: str) -> None:
        """Click on a page of the detail by its word, whether or not it is in front."""
        from app.archive.cell.detail_panel import PAGES

        bar = self.dock.detail.tabs.tabBar()
        self.click(bar, bar.tabRect(PAGES.index(name)).center())

    def is_shown(self, title: str) -> bool:
        """Return whether a cell is on the screen, with a trace, and nothing is opening."""
        model, opener = self.controller.model, self.controller.opener
        return model.scene.title == title and not opener.is_opening and bool(model.traces)


class QuickOptions(ArchiveOptions):
    """The archive on loopback, without a rate limit, with two attempts and short waits."""

    timeout_s = 5.0

    def service(self, parent: QObject | None = None) -> ArchiveService:
        """Return the service of a window."""
        from app.archive.connection.service import ArchiveService

        return ArchiveService(
            parent,
            base_url=self.base_url,
            cache_dir=self.cache_dir,
            mirror=self.mirror or None,
            timeout=self.timeout_s,
            retries=2,
            backoff_base=0.01,
            limiter=RateLimiter(None),
        )


class HastyOptions(QuickOptions):
    """The same with a short timeout for a server that stops responding."""

    timeout_s = 1.0


class Heart(QObject):
    """Counts the cycles of the window's event loop; in a `with` block.

    Theory. A thread beside the window's looks twenty times a second whether the window's timer has ticked
    since. Both stand still on a computer that is busy; a window that waits for something misses looks.

    Attributes
    ----------
    n_beats : int
        How often the window's timer ticked.
    most_missed : int
        The most looks in a row between which it did not.
    stood_at : str
        What the window's thread did when it was missed for half a second, at last.
    """

    looks_per_s = 20

    def __init__(self) -> None:
        super().__init__()
        self.n_beats = self.most_missed = 0
        self.stood_at = ""
        self._end = threading.Event()
        self._timer = QTimer(self, interval=10)
        self._timer.timeout.connect(self._beat)
        self._thread = threading.Thread(target=self._look, name="heart")

    def __enter__(self) -> Heart:
        self._timer.start()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()
        self._timer.stop()

    def check(self) -> None:
        """Assert that the timer ticked, and never paused for a second."""
        assert self.n_beats > 0, "the window's loop never came round"
        told = f"the window stood still for {self.most_missed} looks:\n{self.stood_at}"
        assert self.most_missed < self.looks_per_s, told

    def _beat(self) -> None:
        self.n_beats += 1

    def _look(self) -> None:
        seen, missed = -1, 0
        while not self._end.wait(1 / self.looks_per_s):
            missed = missed + 1 if self.n_beats == seen else 0
            seen = self.n_beats
            if 2 * missed == self.looks_per_s:
                frame = sys._current_frames().get(threading.main_thread().ident or 0)
                self.stood_at = "".join(traceback.format_stack(frame, limit=12))
            self.most_missed = max(self.most_missed, missed)


def incomplete_files(cache: Path) -> list[Path]:
    """Return the incomplete files in a cache: parts, empty files, and files that are no SWC or PNG."""
    odd = list(cache.rglob("*.part"))
    for path in cache.rglob("*"):
        if path.suffix == ".swc" and not path.read_bytes().lstrip().startswith((b"#", b"1 ")):
            odd.append(path)
        if path.suffix == ".png" and not path.read_bytes().startswith(b"\x89PNG"):
            odd.append(path)
    return odd


def name_of(server: Server, neuron_id: int) -> str:
    """Return a cell's name in the archive."""
    return str(server.holdings.record(neuron_id)["neuron_name"])


def species_of(server: Server, neuron_id: int) -> str:
    """Return a cell's species."""
    return str(server.holdings.record(neuron_id)["species"])
