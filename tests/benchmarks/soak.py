"""Memory of a window in which cells are switched for a long time.

Each round opens bundled cells, a large file and models of an author on NEURON and Jaxley; each is run, clicked,
hovered and coloured by another variable, and the library is searched and scrolled with its pictures. The first
round fills what is kept once (imports, the driver's programs); from then on the memory should stay.

``SOMASCOPE_SOAK_S=720 python -m tests.benchmarks soak`` takes twelve minutes instead of one and a half.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.session.free_memory import return_free_memory
from app.session.simulator import Simulator
from app.window.controller import Controller
from backends.messages import SetDisplayVariable, SetRunning, SetSpeed, SetStopTime
from neuromorpho.library.bulk_import import import_harvest
from neuromorpho.library.library import Library
from resources.generate import large_cell
from tests.benchmarks.archive_window import NARROW_PX, archive_window, choose_library, rest
from tests.benchmarks.table import Figure
from tests.benchmarks.waiting import wait_until
from tests.support.library_cells import cells

GROUP = "6. Memory"
SECONDS = "SOMASCOPE_SOAK_S"
DEFAULT_S = 90.0
FLAT = 1.05
N_FILLING = 1  # rounds before those that are compared
N_ENDS = (
    3  # rounds at each end, whose median counts: the driver's own memory comes and goes by 16 MiB
)
N_LEAST = N_FILLING + 2 * N_ENDS
N_RECORDS = 2000
N_PICTURES = 500
ROWS_A_STEP = 6
N_POINTS = 10_000
STOP_MS = 20.0
MIB = 1 << 20
LEFT = Qt.MouseButton.LeftButton


@dataclass(frozen=True, slots=True)
class Visit:
    """A cell to open: its name or file, and its simulator."""

    text: str
    backend: str


def figures() -> list[Figure]:
    """Switch cells for a while; compare the memory of the window, and of the first cell's process, at both ends."""
    seconds = float(os.environ.get(SECONDS, DEFAULT_S))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill_library(folder / "cache")
        with archive_window(folder, dock_px=NARROW_PX) as controller:
            choose_library(controller)
            soak = Soak(controller, folder)
            soak.scroll(N_PICTURES // ROWS_A_STEP)  # as many pictures as the dock keeps
            end = time.perf_counter() + seconds
            taken: list[tuple[float, float]] = []
            while time.perf_counter() < end or len(taken) < N_LEAST:
                soak.round()
                taken.append(soak.memory())
    n_switches = len(taken) * (len(soak.visits) + 1)
    rows = []
    for who, at in (("window", 0), ("simulator's process", 1)):
        values = [each[at] for each in taken]
        first = statistics.median(values[N_FILLING : N_FILLING + N_ENDS])
        last = statistics.median(values[-N_ENDS:])
        note = f"{first:.0f} → {last:.0f} MiB in {n_switches} switches"
        name = f"{who} after switching cells, last / first"
        rows.append(Figure(GROUP, name, last / first, "×", FLAT, note=note))
    return rows


class Soak:
    """Switches the cells of a window."""

    def __init__(self, controller: Controller, folder: Path) -> None:
        self.controller = controller
        self.visits = visits(folder)
        self._row = 0

    def round(self) -> None:
        """Open every cell once."""
        for each in self.visits:
            self.visit(each)

    def memory(self) -> tuple[float, float]:
        """Return the resident memory of the window and the first cell's process, MiB, with that cell at rest.

        It is taken after a frame as they are drawn in motion: the smooth one at rest has four times the pixels.
        """
        controller = self.controller
        self.open(self.visits[0])
        wait_until(lambda: not controller.owner.is_ending)
        rest(0.3)
        viewport = controller.commands.viewport
        assert viewport is not None
        for _ in range(3):
            viewport.turn(1.0, 0.0)
            viewport.grab_image()
        return_free_memory()
        processes = psutil.Process(), psutil.Process(controller.owner.child_pid)
        window, simulator = (each.memory_info().rss / MIB for each in processes)
        return window, simulator

    def visit(self, visit: Visit) -> None:
        """Open a cell, use it, and use the library."""
        self.open(visit)
        self.use()
        self.scroll()

    def open(self, visit: Visit) -> None:
        """Open a cell; return once it is drawn with its trace."""
        controller, model = self.controller, self.controller.model
        controller.opener.simulator = Simulator(visit.backend)
        before = model.scene
        controller.opener.open_text(visit.text)
        wait_until(lambda: model.scene is not before and model.has_scene)
        wait_until(lambda: not controller.opener.is_opening)
        wait_until(lambda: len(model.values) > 0)

    def use(self) -> None:
        """Run the cell, hover it, click it and colour it by another variable."""
        controller, model = self.controller, self.controller.model
        viewport, geometry = controller.commands.viewport, model.geometry
        assert viewport is not None
        assert geometry is not None
        self.run_until(STOP_MS / 2)
        for segment in range(0, geometry.n_segments, max(1, geometry.n_segments // 8)):
            place = viewport.project(segment).toPoint()
            QTest.mouseMove(viewport, place)
            rest(0.01)
        QTest.mouseClick(viewport, LEFT, pos=place)
        self.run_until(STOP_MS)
        variables = model.scene.display_variables
        if len(variables) > 1:
            controller.post(SetDisplayVariable(variables[1].name))
            wait_until(lambda: model.shown_variable == variables[1].name)
        QTest.mouseMove(viewport, QPoint(1, 1))
        rest(0.05)

    def run_until(self, time_ms: float) -> None:
        """Run as fast as possible up to a simulated time."""
        model = self.controller.model
        for command in (SetSpeed(None), SetStopTime(time_ms), SetRunning(True)):
            self.controller.post(command)
        wait_until(
            lambda: model.run_status.time_ms > time_ms - 0.2 and not model.run_status.running
        )

    def scroll(self, n_steps: int = 4) -> None:
        """Scroll on through the hits of the library that have pictures, so that those are read."""
        bar = self.controller.archive_dock.dock.results.table.verticalScrollBar()
        for _ in range(n_steps):
            self._row = (self._row + ROWS_A_STEP) % N_PICTURES
            bar.setValue(self._row)
            rest(0.05)


def visits(folder: Path) -> list[Visit]:
    """Return the cells of one round; the files are written to `folder`."""
    large, one, two = folder / "large.swc", folder / "own_neuron.py", folder / "own_jaxley.py"
    large.write_text(large_cell(N_POINTS, seed=3), encoding="ascii")
    one.write_text("from tests.support.neuron_models import TwoSections as Mine\n" + OWN)
    two.write_text("from tests.support.jaxley_models import TwoBranches as Mine\n" + OWN)
    return [
        Visit("pyramidal", "neuron"),
        Visit("stellate", "neuron"),
        Visit(str(large), "neuron"),
        Visit(f"{one}:Own", "neuron"),
        Visit("stellate", "jaxley"),
        Visit(f"{two}:Own", "jaxley"),
    ]


OWN = '\n\nclass Own(Mine):\n    """A model of an author."""\n'


def fill_library(cache: Path) -> None:
    """Write a library of some thousand cells, with pictures of many on the disk."""
    cache.mkdir(parents=True, exist_ok=True)
    with Library(cache / "library.sqlite") as library:
        import_harvest(library, cells(N_RECORDS))
    pictures = cache / "thumbnails"
    pictures.mkdir()
    for neuron_id in range(1, N_PICTURES + 1):
        shade = (neuron_id * 37 % 256, neuron_id * 91 % 256, 120)
        Image.new("RGB", (300, 240), shade).save(pictures / f"{neuron_id}.png")
