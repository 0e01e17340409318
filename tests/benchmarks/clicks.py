"""A real click to its trace on the screen, and what a hover pick costs."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QSettings, Qt
from PySide6.QtTest import QTest

from app.traces.canvas import TraceCanvas
from app.viewport.offscreen import make_offscreen_window
from app.viewport.scene import MorphScene
from app.window.controller import Controller
from app.window.launch import make_application, open_window
from app.window.settings import Settings
from backends.messages import SetRunning, SetSpeed
from resources.generate import large_cell
from tests.benchmarks.forest import forest
from tests.benchmarks.table import Figure
from tests.benchmarks.waiting import wait_until

GROUP = "4. Clicks"
CLICKS = 9


def figures() -> list[Figure]:
    """Click segments of a running cell; hover over a large forest."""
    make_application()
    with tempfile.TemporaryDirectory() as folder:
        cell = Path(folder) / "large.swc"
        cell.write_text(large_cell(100_000, seed=4))
        store = QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat)
        controller = open_window(
            str(cell), backend=None, in_process=False, settings=Settings(store)
        )
        wait_until(lambda: bool(controller.model.traces) and controller.commands.traces is not None)
        controller.post(SetSpeed(None))
        controller.post(SetRunning(True))
        wait_until(lambda: controller.model.run_status.time_ms > 5)
        times = click_seconds(controller)
        n = controller.model.geometry.n_segments
        controller.window.close()
        controller.close()
    return [
        Figure(
            GROUP,
            "click to trace on the screen, running",
            1000 * statistics.median(times),
            "ms",
            100,
            note=f"{n} segments, worst of {len(times)}: {1000 * max(times):.0f} ms",
        ),
        *hover(),
    ]


def click_seconds(controller: Controller) -> list[float]:
    """Click segments, one after another; return the seconds until each one's curve is painted."""
    viewport, plot = controller.commands.viewport, controller.commands.traces
    rng = np.random.default_rng(0)
    times: list[float] = []
    painted: set[str] = set()
    paints = Paints(plot.canvas, painted)
    tries = iter(rng.permutation(controller.model.geometry.n_segments)[:4000])
    for segment in tries:
        segment_id = controller.model.segment_id(int(segment))
        place = viewport.project(int(segment)).toPoint()
        if segment_id in controller.model.traces or viewport.pick(QPointF(place)) != segment:
            continue
        painted.clear()
        start = time.perf_counter()
        QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
        wait_until(lambda id_=segment_id: id_ in painted)
        times.append(time.perf_counter() - start)
        if len(times) == CLICKS:
            break
    plot.canvas.viewport().removeEventFilter(paints)
    return times


class Paints(QObject):
    """Notes which traces had points when the plot was painted."""

    def __init__(self, canvas: TraceCanvas, painted: set[str]) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._painted = painted
        canvas.viewport().installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Look at every paint of the canvas."""
        if event.type() == QEvent.Type.Paint:
            self._painted.update(self._canvas.drawn_ids())
        return False


def hover() -> list[Figure]:
    """Pick along a line across a forest, after the locator has been built."""
    rows = []
    for n, target in ((10_000, None), (100_000, None), (500_000, 0.5)):
        window = make_offscreen_window(1000, 800)
        scene = MorphScene()
        window.AddRenderer(scene.renderer)
        scene.set_geometry(forest(n))
        window.Render()
        start = time.perf_counter()
        scene.pick(500, 400)
        built = time.perf_counter() - start
        times = []
        for x in np.linspace(5, 995, 400):
            start = time.perf_counter()
            scene.pick(float(x), 400.0)
            times.append(time.perf_counter() - start)
        words = f"hover pick, {n:,} segments".replace(",", " ")
        note = f"p99 {1000 * sorted(times)[-4]:.2f} ms; first, with its index: {built:.2f} s"
        rows.append(Figure(GROUP, words, 1000 * statistics.median(times), "ms", target, note=note))
        window.Finalize()
    return rows
