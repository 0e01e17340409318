"""CompNeuroVis's own 17 examples, where its repository is: each opens with only its import lines changed.

The folder with ``examples`` and ``res`` is named by SOMASCOPE_COMPNEUROVIS, or it is ``../shared/compneurovis``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backends import messages as ours
from backends.sources.source import SessionSource

FOLDER = Path(
    os.environ.get("SOMASCOPE_COMPNEUROVIS")
    or Path(__file__).resolve().parents[4] / "shared" / "compneurovis"
)
EXAMPLES = (
    "custom/fitzhugh_nagumo_backend", "custom/lif_backend", "debug/multi_3d_views",
    "debug/session_error_after_open", "debug/two_line_plots", "debug/two_morphology_views",
    "jaxley/multicell_example", "neuron/c_elegans_visualizer", "neuron/complex_cell_example",
    "neuron/hh_point_model_controls", "neuron/hh_section_inspector", "neuron/multicell_example",
    "neuron/signaling_cascade_vis", "surface_plot/animated_surface_live",
    "surface_plot/animated_surface_replay", "surface_plot/static_surface_visualizer",
    "surface_plot/surface_cross_section_visualizer",
)  # fmt: skip
_ENDS_BY_ITSELF = "debug/session_error_after_open"
_IMPORT = re.compile(r"^from compneurovis\b", re.MULTILINE)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (FOLDER / "examples").is_dir(),
        reason=f"CompNeuroVis's examples are not on this machine: there is no {FOLDER}/examples",
    ),
]


def changed_copy(name: str, folder: Path) -> Path:
    """Copy an example, with what it needs beside it, and change its import lines."""
    source = FOLDER / "examples" / f"{name}.py"
    copy = folder / "examples" / f"{name}.py"
    copy.parent.mkdir(parents=True)
    text, n = _IMPORT.subn("from somascope.compneurovis", source.read_text("utf-8"))
    assert n
    copy.write_text(text, "utf-8")
    (folder / "res").symlink_to(FOLDER / "res")
    mechanisms = source.with_name("signaling_cascade_mod")
    if name.startswith("neuron/signaling") and mechanisms.is_dir():
        compiled = copy.with_name(mechanisms.name)
        shutil.copytree(mechanisms, compiled)
        command = [Path(sys.executable).with_name("nrnivmodl"), "."]
        subprocess.run(command, cwd=compiled, check=True, capture_output=True)
    return copy


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_opens_and_runs(name: str, tmp_path: Path) -> None:
    script = changed_copy(name, tmp_path)
    code = f"from {__name__} import run_example; run_example({str(script)!r})"
    found = subprocess.run(  # apart: each sets NEURON's global state
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=600
    )
    if name == _ENDS_BY_ITSELF:
        assert "Intentional demo failure" in found.stderr
    else:
        assert found.returncode == 0, found.stderr[-3000:]


def run_example(script: str) -> None:
    """Build an example, let it take steps, and give it every command of the window."""
    session = SessionSource("script", script).create()
    scene = session.initialize()
    assert scene is not None
    assert scene.views
    session.read_updates()
    kinds = set()
    for _ in range(20):
        if session.idle_sleep() is None:
            break
        while not session.is_live():
            session.wait_idle(0.01)
        session.advance()
        kinds |= {type(each) for each in session.read_updates()}
    assert scene.cannot_run or {ours.FieldReplace, ours.FieldAppend} & kinds
    for control in scene.controls:
        session.handle(ours.SetControl(control.id, control.default_value()))
    for action in scene.actions:
        session.handle(ours.InvokeAction(action.id))
    if scene.geometry is not None:
        session.handle(ours.EntityClicked(scene.geometry.segment_ids[-1]))
    session.handle(ours.Reset())
    assert not [each for each in session.read_updates() if isinstance(each, ours.Error)]
    session.shutdown()
