"""How long the GUI thread makes an event wait while a cell is opened, compiled and run on Jaxley.

The window stands, with the bundled cell on NEURON, when a 2,500-segment HH cell is opened on Jaxley with
nothing compiled before; the same 5 ms timer as in `gui_wait` watches from that click on. A child
process reads the file, imports Jaxley, has XLA compile, and runs, on cores that the window shares.
The longest waits are the new cell's first frames, which take its shape to OpenGL, as on NEURON.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QSettings

from app.session.simulator import Simulator
from app.window.controller import Controller
from app.window.launch import make_application, open_window
from app.window.settings import Settings
from backends.messages import SetRunning, SetSpeed
from resources.generate import large_cell
from tests.benchmarks.gui_wait import watch
from tests.benchmarks.table import Figure
from tests.benchmarks.waiting import wait_until

GROUP = "3. GUI thread while a cell is imported, compiled and run on Jaxley"
RUN_S = 6.0


def figures() -> list[Figure]:
    """Watch the event loop of the real window from a click on Jaxley to the end of a run."""
    application = make_application()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = f"{folder}/cache"
        cell = Path(folder) / "hh2500.swc"
        cell.write_text(large_cell(34_000, seed=2))
        store = QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat)
        controller = open_window(None, backend="neuron", in_process=False, settings=Settings(store))
        wait_until(lambda: controller.model.has_scene and controller.commands.traces is not None)
        rest(1.0)
        begin = time.perf_counter()
        building = opened(controller, str(cell))
        seconds = time.perf_counter() - begin
        running, painted = ran(controller)
        n_segments = controller.model.geometry.n_segments
        controller.window.close()
        controller.close()
    application.processEvents()
    note = f"{n_segments} segments, HH; opened in {seconds:.1f} s, run for {RUN_S:g} s"
    return [
        Figure(GROUP, "p99 wait", p99_ms(building + running), "ms", 33, note=note),
        Figure(GROUP, "p99 wait, import, compile and first frame", p99_ms(building), "ms", 33),
        Figure(GROUP, "p99 wait, run", p99_ms(running), "ms", 33),
        Figure(GROUP, "longest wait, import, compile and first frame", 1000 * max(building), "ms"),
        Figure(GROUP, "longest wait, run", 1000 * max(running), "ms"),
        Figure(GROUP, "frames shown per second, run", painted / RUN_S, "fps"),
    ]


def rest(seconds: float) -> None:
    """Let the event loop turn for a while."""
    end = time.perf_counter() + seconds
    wait_until(lambda: time.perf_counter() > end)


def opened(controller: Controller, path: str) -> list[float]:
    """Open a cell on Jaxley; return the waits until it is on the screen (s)."""
    viewport = controller.commands.viewport
    painted_before: list[int] = []
    controller.model.sceneChanged.connect(lambda: painted_before.append(viewport.frames_painted))
    controller.opener.simulator = Simulator("jaxley")
    controller.opener.open_text(path)
    waits, _, _ = watch(
        controller, lambda: bool(painted_before) and viewport.frames_painted > painted_before[0]
    )
    return waits


def ran(controller: Controller) -> tuple[list[float], int]:
    """Run for a while as fast as possible; return the waits (s) and how many frames were painted."""
    controller.post(SetSpeed(None))
    controller.post(SetRunning(True))
    end = time.perf_counter() + RUN_S
    waits, painted, _ = watch(controller, lambda: time.perf_counter() > end)
    if controller.model.run_status.time_ms <= 0:
        raise RuntimeError("the cell did not run")
    return waits, painted


def p99_ms(waits: list[float]) -> float:
    """Return the wait that one in a hundred exceeds, ms."""
    return 1000 * sorted(waits)[int(0.99 * (len(waits) - 1))]
