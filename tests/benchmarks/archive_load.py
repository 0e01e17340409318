"""From a double-click on a cached neuron in the dock to that cell moving on the screen, on NEURON.

The window shows another cell. The clock starts right before the double-click is sent to the row; as
soon as a frame of the new cell has been painted, Space is pressed as by a user, at the
window's own speed (20 ms a second). It stops with the first painted frame in which some segment has left the colour
that it had at rest: by a 256th of the colour bar.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest

from app.archive.results.columns import NAME
from app.window.controller import Controller
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter
from resources.generate import large_cell
from tests.benchmarks.archive_window import archive_window, choose_library, press, rest
from tests.benchmarks.table import Figure
from tests.benchmarks.waiting import wait_until
from tests.neuromorpho.server import Server

GROUP = "NeuroMorpho dock: double-click on a cached neuron to a moving cell, NEURON"
TARGET_S = 3.0
SIZES = {"5 000 points": 5_000, "34 000 points": 34_000}
N_CELLS = 5
N_COLOURS = 256
LEFT = Qt.MouseButton.LeftButton


def figures() -> list[Figure]:
    """Load cells one after another, small ones and large ones."""
    rows = []
    for words, n_points in SIZES.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            download(folder / "cache", n_points)
            with archive_window(folder) as controller:
                choose_library(controller)
                loads = [Loading(controller).seconds(row) for row in rows_of_archive(controller)]
                n_segments = controller.model.geometry.n_segments
        shown, moving = ([each[part] for each in loads] for part in (0, 1))
        size = f"{n_segments} segments, first {{:.2f}}, worst {{:.2f}} s of {N_CELLS}"
        for what, seconds, target in (
            ("cell on the screen", shown, None),
            ("moving", moving, TARGET_S),
        ):
            note = size.format(seconds[0], max(seconds))
            value = statistics.median(seconds)
            rows.append(Figure(GROUP, f"{words}, {what}", value, "s", target, note=note))
    return rows


def download(cache: Path, n_points: int) -> None:
    """Put some cells of a size into a cache, each of another shape."""
    with (
        Server(n_made=N_CELLS) as server,
        NeuroMorphoClient(
            base_url=server.url, cache_dir=cache, limiter=RateLimiter(None)
        ) as client,
    ):
        for neuron in list(client.search_all("*:*")):
            server.faults.clear()
            text = large_cell(n_points, seed=neuron.neuron_id)
            server.faults.add("empty", text, path="*.swc")
            client.download(neuron, mode="standard")


def rows_of_archive(controller: Controller) -> list[int]:
    """Return the rows of the cells that were downloaded: the bundled ones stand before them."""
    hits = controller.archive_dock.search.model.results
    found = ((row, hits.neuron_at(row)) for row in range(hits.total()))
    return [row for row, neuron in found if neuron is not None and neuron.neuron_id > 0]


class Loading(QObject):
    """One load, observed frame by frame."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._viewport = controller.commands.viewport
        self._before = self._viewport.scene.geometry
        self._at_rest: np.ndarray | None = None
        self._shown = self._moving = 0.0

    def seconds(self, row: int) -> tuple[float, float]:
        """Double-click a row; return the seconds to its cell, and to its moving."""
        controller = self._controller
        table = controller.archive_dock.dock.results.table
        place = table.visualRect(table.model().index(row, NAME)).center()
        QTest.mouseClick(table.viewport(), LEFT, pos=place)
        rest(0.1)
        self._viewport.framePainted.connect(self._on_frame)
        start = time.perf_counter()
        QTest.mouseDClick(table.viewport(), LEFT, pos=place)
        wait_until(lambda: bool(self._moving))
        self._viewport.framePainted.disconnect(self._on_frame)
        press(Qt.Key.Key_Space)
        wait_until(lambda: not controller.model.run_status.running)
        rest(0.5)
        return self._shown - start, self._moving - start

    def _on_frame(self, _milliseconds: float) -> None:
        """Check a frame that was painted."""
        values, scene = self._controller.model.values, self._viewport.scene
        if scene.geometry is None or scene.geometry is self._before:
            return
        if self._at_rest is None:
            self._shown = time.perf_counter()
            self._at_rest = values.copy()
            QTimer.singleShot(0, self, lambda: press(Qt.Key.Key_Space))
        elif not self._moving and self._viewport.last_shown_time_ms > 0:
            low, high = scene.limits
            if np.abs(values - self._at_rest).max() > (high - low) / N_COLOURS:
                self._moving = time.perf_counter()
