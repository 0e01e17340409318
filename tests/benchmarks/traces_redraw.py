"""How long a redraw of fifty traces of 100,000 samples takes, with 40 new samples per frame."""

from __future__ import annotations

import statistics
import time

import numpy as np
from PySide6.QtWidgets import QApplication

from app.palette import trace_color
from app.traces.plot import TracePlot
from app.window.launch import make_application
from tests.benchmarks.table import Figure

GROUP = "5. Redraw of the trace plot (900 × 400)"
NEW_SAMPLES = 40


def figures() -> list[Figure]:
    """Redraw 1, 10 and 50 traces with new samples at their ends."""
    make_application()
    return [_redraw(n, 33.0 if n == 50 else None) for n in (1, 10, 50)]


def _redraw(n_traces: int, target: float | None) -> Figure:
    plot = TracePlot()
    plot.resize(900, 400)
    plot.set_axes("Traces", "V", "mV")
    plot.set_window(None)
    n = 100_000
    times = np.arange(n) * 0.1
    ids = tuple(f"dend[{i}](0.5)" for i in range(n_traces))
    rng = np.random.default_rng(0)
    for i, id_ in enumerate(ids):
        values = -65 + 30 * np.sin(times / (50 + i)) + rng.normal(scale=3.0, size=n)
        plot.set_trace(id_, id_, trace_color(i), times, values)
    plot.show()
    QApplication.processEvents()
    took = []
    for i in range(25):
        more = (n + i * NEW_SAMPLES + np.arange(NEW_SAMPLES)) * 0.1
        plot.append(ids, more, rng.normal(-65, 3, (n_traces, NEW_SAMPLES)))
        start = time.perf_counter()
        plot._redraw()
        plot.canvas.viewport().repaint()
        took.append(time.perf_counter() - start)
    plot.close()
    plot.deleteLater()
    words = f"{n_traces} traces × 100 000 samples"
    return Figure(GROUP, words, 1000 * statistics.median(took[3:]), "ms", target)
