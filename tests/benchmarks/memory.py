"""Memory at 100,000 segments, and its growth over half an hour of updates."""

from __future__ import annotations

import numpy as np
import psutil
from PySide6.QtWidgets import QApplication

from app.viewport.factory import make_viewport
from app.window.launch import make_application
from tests.benchmarks.forest import forest
from tests.benchmarks.table import Figure

GROUP = "6. Memory"
HALF_AN_HOUR_OF_FRAMES = 30 * 60 * 60
DRAWN_EVERY = 400
MIB = 1 << 20


def resident() -> float:
    """Return this process's resident memory, MiB."""
    return psutil.Process().memory_info().rss / MIB


def figures() -> list[Figure]:
    """Give a viewport of 100,000 segments 108,000 frames, of which some are drawn."""
    application = make_application()
    viewport = make_viewport()
    viewport.resize(640, 480)
    viewport.show()
    application.processEvents()
    before = resident()
    n = 100_000
    viewport.set_geometry(forest(n))
    viewport.set_moving(True)  # as it is while a simulation runs
    values = np.linspace(-80, 40, n).astype(np.float32)
    update(viewport, values, 2 * DRAWN_EVERY)
    shown = resident()
    update(viewport, values, HALF_AN_HOUR_OF_FRAMES // 2)
    halfway = resident()
    update(viewport, values, HALF_AN_HOUR_OF_FRAMES // 2)
    end = resident()
    viewport.close_view()
    viewport.deleteLater()
    note = f"{HALF_AN_HOUR_OF_FRAMES} updates of {n} segments"
    return [
        Figure(GROUP, "a viewport of 100 000 segments", shown - before, "MiB"),
        Figure(
            GROUP,
            "growth over the second half of 30 min of updates",
            end - halfway,
            "MiB",
            2.0,
            note=note,
        ),
    ]


def update(viewport: object, values: np.ndarray, count: int) -> None:
    """Set values `count` times, drawing now and then."""
    for i in range(count):
        viewport.set_values(values, float(i))  # type: ignore[attr-defined]
        if i % DRAWN_EVERY == 0:
            viewport.repaint()  # type: ignore[attr-defined]
            QApplication.processEvents()
