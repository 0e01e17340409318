"""What a launch imports: little before the window is shown, and no simulator until the first frame."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BEFORE_THE_WINDOW = {
    "app", "app.actions", "app.archive", "app.archive.drag_data", "app.notices", "app.palette",
    "app.session", "app.session.recent", "app.ui", "app.ui.banner", "app.ui.busy_bar",
    "app.ui.buttons", "app.ui.icons", "app.ui.inputs", "app.ui.keys", "app.ui.labels", "app.ui.layouts",
    "app.ui.number_field", "app.ui.number_text", "app.ui.plain", "app.ui.quantity", "app.ui.style", "app.ui.text",
    "app.window",
    "app.window.arrangement", "app.window.dock_title", "app.window.state_lamp", "app.ui.fitting_row", "app.window.docks", "app.window.launch", "app.window.main_window", "app.window.run_bar",
    "app.window.settings", "backends", "backends.phase",
}  # fmt: skip
HEAVY = {"numpy", "vtkmodules", "pyqtgraph", "pyvista", "matplotlib", "requests", "neuron", "jax"}


def imported_by(script: str) -> tuple[set[str], set[str]]:
    """Return the project's modules that a script imports, and the heavy packages."""
    ending = "\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script) + ending],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    ours = {each for each in modules if each.split(".")[0] in ("app", "backends", "neuromorpho")}
    return ours, HEAVY & modules


def test_what_is_imported_before_the_window_is_shown_is_only_the_window() -> None:
    ours, heavy = imported_by("import app.window.launch")
    assert ours <= BEFORE_THE_WINDOW
    assert heavy == set()


def test_the_session_s_process_is_started_before_vtk_and_the_plot_are_imported() -> None:
    ours, heavy = imported_by("import app.window.launch, app.window.controller")
    assert heavy <= {"numpy"}
    groups = {name.rpartition(".")[0] for name in ours}
    assert not groups & {"app.viewport", "app.panels", "app.traces", "app.compare", "app.headless"}
    assert not {name for name in ours if name.startswith(("backends.neuron", "backends.jaxley"))}


@pytest.mark.slow
def test_the_first_cell_is_drawn_before_plots_are_imported() -> None:
    _, heavy = imported_by("import app.viewport.factory, app.window.views.scene_views")
    assert "pyqtgraph" not in heavy


def test_a_window_with_its_first_frame_has_imported_no_simulator_and_nothing_for_other_commands() -> (
    None
):
    ours, heavy = imported_by("""
        import time
        from app.window.launch import make_application, open_window
        application = make_application()
        controller = open_window("ball_and_stick", backend=None, in_process=False)
        deadline = time.monotonic() + 60
        def is_drawn():
            viewport = controller.commands.viewport
            return viewport is not None and viewport.frames_painted and controller.model.has_scene
        while not is_drawn() and time.monotonic() < deadline:
            application.processEvents()
        assert is_drawn()
        controller.window.close()
        controller.close()
        """)
    assert not heavy & {"matplotlib", "requests", "neuron", "jax"}
    unused = ("neuromorpho", "app.cli", "app.headless", "app.compare", "app.doctor")
    assert not {name for name in ours if name.startswith(unused)}
    archive = {name for name in ours if name.startswith("app.archive")}
    assert archive <= {
        "app.archive",
        "app.archive.connection",
        "app.archive.connection.options",
        "app.archive.drag_data",
    }
