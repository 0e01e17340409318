"""The real window with its NeuroMorpho dock, for benchmarks: opened, driven by real events, closed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QSettings, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.archive.connection.options import ArchiveOptions
from app.archive.search.sources import LIBRARY
from app.window.controller import Controller
from app.window.launch import make_application, open_window
from app.window.settings import Settings
from neuromorpho.http.rate_limiter import RateLimiter
from tests.benchmarks.waiting import wait_until

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService

WINDOW = QSize(1580, 960)
NARROW_PX, WIDE_PX = 420, 1000
NOWHERE = "http://127.0.0.1:9"  # no server listens there: a benchmark never reaches the network
CTRL = Qt.KeyboardModifier.ControlModifier
_NO_KEYS = Qt.KeyboardModifier.NoModifier


@dataclass(frozen=True, slots=True)
class Paced(ArchiveOptions):
    """Options with another rate of requests per second; None for no limit."""

    per_second: float | None = None

    def service(self, parent: QObject | None = None) -> ArchiveService:
        """Return the service."""
        from app.archive.connection.service import ArchiveService

        return ArchiveService(
            parent,
            base_url=self.base_url,
            cache_dir=self.cache_dir,
            limiter=RateLimiter(self.per_second),
        )


@contextmanager
def archive_window(
    folder: Path,
    *,
    url: str = NOWHERE,
    source: str = "pyramidal",
    dock_px: int = WIDE_PX,
    per_second: float | None = None,
) -> Iterator[Controller]:
    """Yield the window with a cell on NEURON and the dock open, its search line focused.

    Parameters
    ----------
    folder
        Settings go there, and the cache into its folder "cache".
    dock_px
        Width of the dock; `WIDE_PX` has fields, hits and detail side by side.
    per_second
        Requests; None asks without a pause.
    """
    make_application()
    store = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    controller = open_window(
        source,
        backend="neuron",
        in_process=False,
        settings=Settings(store),
        archive=Paced(url, folder / "cache", per_second=per_second),
    )
    window = controller.window
    window.resize(WINDOW)
    wait_until(lambda: bool(controller.model.traces) and controller.commands.traces is not None)
    window.activateWindow()
    wait_until(window.isActiveWindow)
    press(Qt.Key.Key_F, CTRL)
    wait_until(controller.archive_dock.dock.search.line.hasFocus)
    window.resizeDocks([window.docks["archive"]], [dock_px], Qt.Orientation.Horizontal)
    rest(0.3)
    try:
        yield controller
    finally:
        window.close()
        controller.close()
        QApplication.processEvents()


def press(key: Qt.Key, keys: Qt.KeyboardModifier = _NO_KEYS) -> None:
    """Press a key in the widget with the focus."""
    QTest.keyClick(QApplication.focusWidget(), key, keys)


def rest(seconds: float) -> None:
    """Run the event loop for a while."""
    end = time.perf_counter() + seconds
    wait_until(lambda: time.perf_counter() > end)


def choose_library(controller: Controller) -> None:
    """Click on Library; return once its hits are there."""
    presenter = controller.archive_dock
    QTest.mouseClick(presenter.dock.search.sources[LIBRARY], Qt.MouseButton.LeftButton)
    wait_until(lambda: presenter.search.model.results.neuron_at(0) is not None)


def search_archive(controller: Controller) -> None:
    """Press Return in the search line; return once the hits are there."""
    presenter = controller.archive_dock
    presenter.dock.search.focus_line()
    press(Qt.Key.Key_Return)
    wait_until(lambda: presenter.search.model.results.neuron_at(0) is not None)


def percentile_ms(seconds: Sequence[float], percent: float) -> float:
    """Return a percentile of times, ms."""
    return 1000 * float(np.percentile(seconds, percent))
