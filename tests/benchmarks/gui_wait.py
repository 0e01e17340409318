"""How long the GUI thread makes an event wait while a 2,500-segment HH cell runs flat out.

A 5 ms precise timer measures by how much each of its shots is late; the window is the real one.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSettings, Qt, QTimer

from app.window.controller import Controller
from app.window.launch import make_application, open_window
from app.window.settings import Settings
from backends.messages import SetRunning, SetSpeed
from resources.generate import large_cell
from tests.benchmarks.table import Figure
from tests.benchmarks.waiting import wait_until

GROUP = "3. GUI thread while the simulation runs flat out"
WATCHED_S = 8.0
TICK_MS = 5


def figures() -> list[Figure]:
    """Watch the event loop of the real window for some seconds."""
    application = make_application()
    with tempfile.TemporaryDirectory() as folder:
        cell = Path(folder) / "hh2500.swc"
        cell.write_text(large_cell(34_000, seed=2))
        store = QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat)
        controller = open_window(
            str(cell), backend=None, in_process=False, settings=Settings(store)
        )
        wait_until(lambda: controller.model.has_scene and controller.commands.traces is not None)
        controller.post(SetSpeed(None))
        controller.post(SetRunning(True))
        wait_until(lambda: controller.model.run_status.time_ms > 1)
        loop_end = time.perf_counter() + WATCHED_S
        waits, painted, ages = watch(controller, lambda: time.perf_counter() > loop_end)
        n_segments = controller.model.geometry.n_segments
        controller.window.close()
        controller.close()
    application.processEvents()
    waits.sort()
    p99 = waits[int(0.99 * (len(waits) - 1))]
    note = f"{n_segments} segments, HH"
    return [
        Figure(GROUP, "p99 wait", 1000 * p99, "ms", 33, note=note),
        Figure(GROUP, "longest wait", 1000 * waits[-1], "ms"),
        Figure(GROUP, "median wait", 1000 * statistics.median(waits), "ms"),
        Figure(GROUP, "frames shown per second", painted / WATCHED_S, "fps"),
        Figure(
            GROUP,
            "age of what is shown, p99, before the frame",
            1000 * float(np.percentile(ages, 99)),
            "ms",
            33,
        ),
    ]


def watch(
    controller: Controller, is_over: Callable[[], bool]
) -> tuple[list[float], int, list[float]]:
    """Return how late each tick was (s), how many frames were painted, how old their values were (s)."""
    waits: list[float] = []
    ages: list[float] = []
    painted = [0]
    last = [time.perf_counter()]
    arrived = [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        waits.append(max(0.0, now - last[0] - TICK_MS / 1000))
        last[0] = now

    def values() -> None:
        arrived[0] = time.perf_counter()

    def paint(milliseconds: float) -> None:
        painted[0] += 1
        ages.append(max(0.0, time.perf_counter() - milliseconds / 1000 - arrived[0]))

    timer = QTimer(interval=TICK_MS)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    controller.model.valuesChanged.connect(values)
    controller.commands.viewport.framePainted.connect(paint)
    timer.start()
    wait_until(is_over)
    timer.stop()
    controller.model.valuesChanged.disconnect(values)
    controller.commands.viewport.framePainted.disconnect(paint)
    return waits, painted[0], ages
