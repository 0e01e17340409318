"""Shown frames per second in a 1000 × 800 viewport on this machine's OpenGL, values in motion."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.viewport.factory import make_viewport
from app.window.launch import make_application
from tests.benchmarks.forest import forest
from tests.benchmarks.table import Figure
from tests.benchmarks.waiting import wait_until

GROUP = "2. Frames shown in a 1000 × 800 viewport, values in motion"
WATCHED_S = 5.0


def figures() -> list[Figure]:
    """Feed new values at 60 Hz and count what is painted; then rest, and look at the detail."""
    make_application()
    rows = []
    for n, target in ((1_000, None), (10_000, 40.0), (100_000, None)):
        rows.append(Figure(GROUP, *_shown(n), target, at_most=False, note=_shown.note))  # type: ignore[attr-defined]
    return rows


def _shown(n: int) -> tuple[str, float, str]:
    viewport = make_viewport()
    viewport.resize(1000, 800)
    viewport.set_geometry(forest(n))
    viewport.set_color_map("scalar", (-80.0, 40.0), "mV", "V")
    viewport.show()
    rng = np.random.default_rng(1)
    frames = [rng.uniform(-80, 40, n).astype(np.float32) for _ in range(8)]
    count = [0]

    def feed() -> None:
        count[0] += 1
        viewport.set_values(frames[count[0] % 8], float(count[0]))

    viewport.set_moving(True)
    timer = QTimer(interval=16)
    timer.timeout.connect(feed)
    timer.start()
    wait_until(lambda: viewport.frames_painted > 30)
    before, start = viewport.frames_painted, time.perf_counter()
    wait_until(lambda: time.perf_counter() - start > WATCHED_S)
    rate = (viewport.frames_painted - before) / (time.perf_counter() - start)
    _shown.note = viewport.detail_text or viewport.backend  # type: ignore[attr-defined]
    timer.stop()
    viewport.set_moving(False)
    viewport.close_view()
    viewport.deleteLater()
    QApplication.processEvents()
    return f"{n:,} segments".replace(",", " "), rate, "fps"
