"""NEURON models after public bug reports, through ``somascope run``: bare NEURON's voltages, and what was right."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.app.reports.conftest import ROOT, Run, Table, table
from tests.support.bare_simulator import Job, bare_neuron

pytest.importorskip("neuron")
SOMA = "s[0](0.5)._ref_v"
# Prints the first and the last point of each section, as the window gets them.
ENDS = """
import json, sys
from backends.sources import SessionSource
session = SessionSource.parse(sys.argv[1]).create()
session.initialize()
shape = session.scene.geometry
ends = {}
for (first, last), segment in zip(shape.frusta, shape.frustum_segment):
    section = ends.setdefault(int(shape.section_index[segment]), [shape.points[first].tolist(), None])
    section[1] = shape.points[last].tolist()
print(json.dumps([ends[each] for each in sorted(ends)]))
"""
ROUNDED = 6e-6  # tables have five decimals of a mV
# Times of upward crossings of 0 mV, ms.
SPIKES = [5.6, 8.55]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "until_ms", "recorded"),
    [
        ("ring5", 60, {"BallAndStick[0].soma(0.5)": SOMA, "BallAndStick[3].soma(0.5)": "s[6](0.5)._ref_v"}),
        ("no_repr", 60, {"BallAndStick[0].soma(0.5)": SOMA, "BallAndStick[4].dend(0.9)": "s[9](0.9)._ref_v"}),
        ("self_t", 20, {"soma(0.5)": SOMA}),
        ("play_loop", 40, {"axon(0.5)": SOMA, "axon(0.97619)": "s[0](0.976)._ref_v"}),
        ("extracellular", 12, {"axon(0.5)": SOMA, "axon(0.0238095)": "s[0](0.0238)._ref_v"}),
        ("interior", 20, {"soma(0.5)": SOMA, "head[5](0.5)": "s[15](0.5)._ref_v"}),
    ],
)  # fmt: skip
def test_a_script_gives_bare_neurons_voltages_and_is_silent_on_stderr(
    name: str, until_ms: float, recorded: dict[str, str], reports: Path, run: Run, tmp_path: Path
) -> None:
    script = reports / f"{name}.py"
    words = [word for each in recorded for word in ("--record", each)]
    done = run(script, "--for", until_ms, *words, "--traces", "out.csv")
    assert (done.returncode, done.stderr) == (0, "")
    (bare,) = bare_neuron(Job(str(script), until_ms, tuple(recorded.values())))
    found = table(tmp_path / "out.csv")
    np.testing.assert_allclose(found["time_ms"], bare.times, atol=1e-6)
    for id_, expected in zip(recorded, bare.values, strict=True):
        np.testing.assert_allclose(found[f"{id_} [mV]"], expected, atol=ROUNDED)
        assert np.ptp(expected) > 1.0 or name == "self_t"


def samples(found: Table, heading: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the times and values of one trace of a table."""
    has_one = ~np.isnan(found[heading])
    return found["time_ms"][has_one], found[heading][has_one]


def crossings(times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return when values rise through 0."""
    return times[1:][(values[:-1] < 0) & (values[1:] >= 0)]


@pytest.mark.parametrize("kind", ["ByH", "ByClass"])
def test_dt_and_v_init_of_the_script_give_the_two_spikes(
    kind: str, reports: Path, run: Run, tmp_path: Path
) -> None:
    done = run(f"{reports / 'h_dt.py'}:{kind}", "--for", 12, "--traces", "out.csv")
    assert (done.returncode, done.stderr) == (0, "")
    found = table(tmp_path / "out.csv")
    voltage = found["soma(0.5) [mV]"]
    assert voltage[0] == -70.0
    np.testing.assert_allclose(np.diff(found["time_ms"]), 0.025, atol=1e-6)
    peaks = crossings(found["time_ms"], voltage)
    np.testing.assert_allclose(peaks, SPIKES, atol=0.3)
    assert len(peaks) == len(SPIKES)


@pytest.mark.slow
def test_the_variable_step_over_a_current_edge_ends_with_a_table(
    reports: Path, run: Run, tmp_path: Path
) -> None:
    done = run(reports / "cvode.py", "--for", 40, "--traces", "out.csv")
    assert (done.returncode, done.stderr) == (0, "")
    found = table(tmp_path / "out.csv")
    times, current = samples(found, "ina [mA/cm2]")
    assert times[0] == 0.0
    assert times[-1] == pytest.approx(40.0)
    assert (np.diff(times) >= 0).all()
    for edge in (2.0, 3.0):
        assert np.abs(times - edge).min() < 1e-6
    (bare,) = bare_neuron(Job(str(reports / "cvode.py"), 40.0, ("s[0](0.5)._ref_ina", SOMA)))
    assert current.min() == pytest.approx(bare.values[0].min(), rel=0.03)
    spike = crossings(*samples(found, "soma(0.5) [mV]"))
    bare_spike = crossings(bare.times, bare.values[1])
    assert len(spike) == len(bare_spike) == 1
    assert spike == pytest.approx(bare_spike, abs=0.1)


@pytest.mark.slow
def test_a_recording_that_is_added_later_leaves_the_authors_own_alone(reports: Path) -> None:
    def drive(key: int) -> list[str]:
        done = subprocess.run(
            [sys.executable, str(reports / "drive_record_later.py"), str(key)],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    without, with_key = drive(0), drive(1)
    assert with_key == without
    assert "[3.0, 9.0, 15.0, 21.0, 27.0, 33.0, 39.0, 45.0]" in with_key[0]


def test_sections_that_nobody_keeps_are_named_as_such(reports: Path, run: Run) -> None:
    done = run(reports / "helper_list.py", "--for", 1)
    assert done.returncode == 1
    assert "nobody keeps" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_mechanisms_beside_a_script_are_found_from_any_folder(
    reports: Path, run: Run, tmp_path: Path
) -> None:
    compiler = Path(sys.executable).with_name("nrnivmodl")
    if not compiler.is_file() or shutil.which("make") is None or shutil.which("c++") is None:
        pytest.skip("mechanisms cannot be compiled here: nrnivmodl, make or c++ is missing")
    folder = tmp_path / "mod"
    folder.mkdir()
    for each in (reports / "mod").glob("*.*"):
        shutil.copyfile(each, folder / each.name)
    subprocess.run([compiler, "."], cwd=folder, check=True, capture_output=True, timeout=240)
    for number, cwd in enumerate((folder, tmp_path)):
        path = tmp_path / f"{number}.csv"
        done = run(folder / "twice.py", "--for", 2, "--traces", path, cwd=cwd)
        assert (done.returncode, done.stderr) == (0, "")
    first, second = table(tmp_path / "0.csv"), table(tmp_path / "1.csv")
    np.testing.assert_array_equal(first["soma(0.5) [mV]"], second["soma(0.5) [mV]"])
    # leak2 pulls towards -75 mV, where hh alone rests at -65
    assert first["soma(0.5) [mV]"][-1] < -65.3


@pytest.mark.slow
def test_cells_of_a_hoc_template_are_drawn_where_define_shape_has_them(
    reports: Path, run: Run, tmp_path: Path
) -> None:
    script = reports / "hoc" / "hoc_template.py"
    done = run(script, "--for", 5, "--image", "cells.png")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "cells.png").stat().st_size > 10_000
    (bare,) = bare_neuron(Job(str(script), 0.1, (SOMA,), shape=True))
    done = subprocess.run(
        [sys.executable, "-c", ENDS, str(script)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    drawn = np.array(json.loads(done.stdout.splitlines()[-1]))
    assert bare.ends is not None
    assert drawn.shape == bare.ends.shape == (len(bare.ends), 2, 3)
    np.testing.assert_allclose(drawn, bare.ends, atol=1e-3)
