"""The real window with many views: a live network with 12 plots and a raster, and a second view of a cell.

The second view is measured in one window after another, alternating: the processor time of the window's
process while a model runs at the same speed, its frames, and its memory, each against one view.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from typing import Any

import psutil
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from app.window.controller import Controller
from app.window.launch import make_application, open_window
from app.window.settings import Settings
from backends.messages import SetRunning, SetSpeed
from backends.neuron import NeuronSession
from backends.views import MorphologyViewSpec
from tests.benchmarks.gui_wait import watch
from tests.benchmarks.live_network import N_PLOTS, N_TRACES, Network
from tests.benchmarks.table import Figure
from tests.benchmarks.waiting import wait_until

GROUP = "3b. The window with many views"
WATCHED_S = 8.0
SPEED_MS_PER_S = 20.0
ROUNDS = 3


class OneView(Network):
    """The network with one view of its cells and no plot."""

    traces = {}  # noqa: RUF012 (as an author writes it)

    def spike_sources(self) -> Any:
        """Return nothing."""
        return []

    def view_specs(self) -> Any:
        """Return nothing beside the view that every session has."""
        return []


class TwoViews(OneView):
    """The same with a second view of all cells."""

    def view_specs(self) -> Any:
        """Return a view of another variable."""
        return [MorphologyViewSpec("second", "morphology", "v", title="Second")]


def figures() -> list[Figure]:
    """Measure the network's window, then one view and two."""
    application = make_application()
    rows = network_figures()
    one, two = [], []
    for _ in range(ROUNDS):
        one.append(cost_of(OneView))
        two.append(cost_of(TwoViews))
        application.processEvents()
    words = ("processor time of the window", "shown frames/s of the first view", "memory")
    for i, (name, target, at_most) in enumerate(
        zip(words, (1.3, 1 / 1.3, 1.2), (True, False, True), strict=True)
    ):
        ratio = statistics.median(b[i] / a[i] for a, b in zip(one, two, strict=True))
        a, b = (statistics.median(each[i] for each in side) for side in (one, two))
        note = f"{b:.3g} / {a:.3g} {('s/s', 'fps', 'MiB')[i]}"
        rows.append(Figure(GROUP, f"two views / one: {name}", ratio, "×", target, at_most, note))
    return rows


def network_figures() -> list[Figure]:
    """Return the waits of the GUI thread and the frames of the network's window, flat out."""
    with tempfile.TemporaryDirectory() as folder:
        controller = opened(Network, folder)
        controller.post(SetSpeed(None))
        end = run_and_wait(controller)
        waits, painted, _ = watch(controller, lambda: time.perf_counter() > end)
        close(controller)
    waits.sort()
    note = f"300 cells × 20 segments, {N_PLOTS} plots of {N_TRACES} traces, a raster"
    return [
        Figure(GROUP, "network: p99 wait", 1e3 * waits[int(0.99 * (len(waits) - 1))], "ms", 33, note=note),
        Figure(GROUP, "network: median wait", 1e3 * statistics.median(waits), "ms"),
        Figure(GROUP, "network: frames shown per second", painted / WATCHED_S, "fps", 30, at_most=False),
    ]  # fmt: skip


def cost_of(model: type[NeuronSession]) -> tuple[float, float, float]:
    """Return processor seconds a second, frames a second of the first view, and MiB, of a window."""
    with tempfile.TemporaryDirectory() as folder:
        controller = opened(model, folder)
        controller.post(SetSpeed(SPEED_MS_PER_S))
        end = run_and_wait(controller)
        before = time.process_time()
        start = time.perf_counter()
        _, painted, _ = watch(controller, lambda: time.perf_counter() > end)
        took = time.perf_counter() - start
        cost = (time.process_time() - before) / took
        memory = psutil.Process().memory_info().rss / (1 << 20)
        close(controller)
    return cost, painted / took, memory


def opened(model: type[NeuronSession], folder: str) -> Controller:
    """Return a window in which a model of this or a neighbouring module is there."""
    store = QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat)
    text = f"{model.__module__.replace('.', '/')}.py:{model.__name__}"
    controller = open_window(text, backend=None, in_process=False, settings=Settings(store))
    controller.window.resize(1366, 768)
    wait_until(lambda: controller.model.has_scene and controller.commands.traces is not None)
    return controller


def run_and_wait(controller: Controller) -> float:
    """Start the model; return when the watching ends, by `time.perf_counter`."""
    controller.post(SetRunning(True))
    wait_until(lambda: controller.model.run_status.time_ms > 1)
    return time.perf_counter() + WATCHED_S


def close(controller: Controller) -> None:
    """Close a window and its session."""
    controller.window.close()
    controller.close()
    QApplication.processEvents()
