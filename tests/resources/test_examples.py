"""Every example runs without a window, does something, and has a page that can be listed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from driving import of_kind

from app.cli.main import main
from backends import drive
from backends.messages import (
    Error,
    EventsAppend,
    FieldAppend,
    FieldReplace,
    RunStatus,
    SceneReady,
    SessionUpdate,
)
from resources.example_models import FOLDER, Example, examples

ROOT = Path(__file__).resolve().parents[2]
STILL = {"distances"}
"""Those without time."""
QUICK = {"hh_point", "wave_2d", "network_raster"}
MS = 20.0


def ids(example: Example) -> str:
    """Return what a test of an example is called."""
    return example.name


def test_every_file_in_the_folder_is_listed() -> None:
    assert {each.stem for each in FOLDER.glob("*.py")} == {each.name for each in examples()}


@pytest.mark.parametrize("example", examples(), ids=ids)
def test_an_example_has_a_page(example: Example) -> None:
    assert example.title
    assert 20 < len(example.summary) <= 100
    assert example.summary.endswith(".")
    assert len(example.text.split()) > 30


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(each, id=each.name, marks=[] if each.name in QUICK else pytest.mark.slow)
        for each in examples()
        if each.name not in STILL
    ],
)
def test_an_example_runs_and_what_it_shows_changes(example: Example) -> None:
    script = (
        "import sys, pickle; from backends import drive\n"
        f"updates = list(drive({str(example.path)!r}, {MS}))\n"
        "sys.stdout.buffer.write(pickle.dumps(updates))"
    )  # in a process of its own: NEURON has one model in a process
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, timeout=120
    )
    import pickle

    updates: list[SessionUpdate] = pickle.loads(done.stdout)
    assert isinstance(updates[0], SceneReady)
    assert not of_kind(Error, updates)
    assert of_kind(RunStatus, updates)[-1].time_ms == pytest.approx(MS)
    frames = [each.values for each in of_kind(FieldReplace, updates)]
    samples = [each.values for each in of_kind(FieldAppend, updates)]
    assert any(np.ptp(each) > 0 for each in [*frames, *samples] if each.size)
    shown = {view.KIND for view in updates[0].scene.views}
    assert "raster" not in shown or sum(len(each.rows) for each in of_kind(EventsAppend, updates))


def test_values_that_stand_still_are_shown() -> None:
    (example,) = (each for each in examples() if each.name in STILL)
    scene = next(iter(drive(str(example.path))))
    assert isinstance(scene, SceneReady)
    assert len(scene.scene.display_variables) == 3
    assert scene.scene.cannot_run


@pytest.mark.slow
def test_a_picture_of_values_that_stand_still_is_no_failed_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = (each for each in examples() if each.name in STILL)
    picture = tmp_path / "still.png"
    assert main(["run", str(example.path), "--for", "1", "--image", str(picture)]) == 0
    assert picture.stat().st_size > 10_000
    assert "nothing to run" in capsys.readouterr().out
    assert main(["run", str(example.path), "--for", "1"]) == 1
    assert "nothing to run" in capsys.readouterr().err


def test_the_command_line_lists_them_and_knows_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["example"]) == 0
    printed = capsys.readouterr().out
    assert all(each.name in printed and each.summary in printed for each in examples())
    assert main(["example", "nothing"]) == 1
    assert "fitzhugh_nagumo" in capsys.readouterr().err
