"""`somascope compare`: its table, files, messages and exit statuses."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from app.cli.compare import scene_of, table_of
from app.headless.picture import picture_request_of
from backends.comparison.result import ROUNDING_MV, Comparison, SideFacts
from backends.messages import FieldReplace
from tests.support.png import mean_spread, png_size
from tests.support.ramp import line_geometry

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
SOMA, TIP = "soma[0](0.5)", "dend[0](0.954545)"


def somascope(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the command line from the repository's root."""
    return subprocess.run(
        [sys.executable, "-m", "app", *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@dataclass
class Done:
    """A comparison that wrote every kind of file."""

    process: subprocess.CompletedProcess[str]
    folder: Path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Return ball and stick compared over 15 ms, in float32 so that there is a difference."""
    folder = tmp_path_factory.mktemp("compared")
    process = somascope(
        "compare", "ball_and_stick", "--for", 15, "--precision", "float32", "--dt", 0.05,
        "--json", folder / "n.json", "--traces", folder / "t.csv", "--image", folder / "p.png",
    )  # fmt: skip
    return Done(process, folder)


def test_a_comparison_prints_an_aligned_table_with_units_and_its_files(done: Done) -> None:
    assert done.process.returncode == 0, done.process.stderr
    assert done.process.stderr == ""
    lines = done.process.stdout.splitlines()
    table = [line for line in lines if not line.startswith(("traces", "picture", "numbers"))]
    starts = {len(line) - len(line.lstrip(" ")) for line in table}
    assert starts == {0}
    column = next(
        len(line) - len(line.partition("Ball")[2]) - 4 for line in table if "Ball" in line
    )
    assert all(line[column - 2 : column] == "  " and line[column] != " " for line in table)
    rows = {line[:column].strip(): line[column:] for line in table}
    assert rows["Cell"] == "Ball and stick, 12 segments"
    assert rows["Simulated"] == "15 ms, dt 0.05 ms, a sample every 0.1 ms"
    assert rows["NEURON's HH rate table"] == "off"
    assert "float32" in rows["Jaxley"]
    assert " mV in " in rows["Max |ΔV|"]
    assert rows["Rms ΔV"].endswith(" mV")
    assert rows[f"Spikes in {SOMA}"].startswith("1; times differ by ")
    assert "the same on both" in rows["Membrane, basal dendrite"]
    assert {line.split()[0] for line in lines} >= {"traces", "picture", "numbers"}


def test_the_traces_have_both_sides_and_their_difference_of_soma_and_tip(done: Done) -> None:
    with (done.folder / "t.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [
        "time_ms",
        *(f"{id_} {what} [mV]" for id_ in (SOMA, TIP) for what in ("NEURON", "Jaxley", "ΔV")),
    ]
    table = np.array(rows, float)
    np.testing.assert_allclose(table[:, 0], np.arange(151) * 0.1, atol=1e-9)
    np.testing.assert_allclose(table[:, 3], table[:, 1] - table[:, 2], atol=2e-5)
    assert table[:, 1].max() > 0 > table[:, 1].min()


def test_the_json_has_the_numbers_of_the_table(done: Done) -> None:
    numbers = json.loads((done.folder / "n.json").read_text(encoding="utf-8"))
    assert list(numbers["spikes"]) == [SOMA, TIP]
    worst = numbers["max_abs_difference"]
    expected = f"{abs(worst['value_mv']):.3g} mV in {worst['segment']} at {worst['time_ms']:g} ms"
    assert expected in done.process.stdout


def test_the_picture_shows_the_cell_and_its_colour_bar(done: Done) -> None:
    path = done.folder / "p.png"
    assert png_size(path) == (1200, 900)
    assert mean_spread(path) > 1
    with Image.open(path) as image:
        bar = np.asarray(image.convert("RGB"), int)[:, 900:]
    assert ((bar[..., 2] - bar[..., 0]) > 60).any(), "no blue end of the diverging map"
    assert ((bar[..., 0] - bar[..., 2]) > 60).any(), "no orange end of the diverging map"


def test_json_on_stdout_is_nothing_but_json_and_recorded_segments_are_the_ones_compared() -> None:
    process = somascope(
        "compare", "ball_and_stick", "--for", 2, "--json", "-", "--record", TIP, "--sample", 0.5
    )
    assert process.returncode == 0, process.stderr
    numbers = json.loads(process.stdout)
    assert list(numbers["spikes"]) == [TIP]
    assert numbers["sample_ms"] == 0.5


def test_an_unknown_segment_is_reported_with_similar_ones() -> None:
    process = somascope("compare", "ball_and_stick", "--for", 10**6, "--record", "dend[0](0.96)")
    assert process.returncode == 1
    assert process.stderr.startswith("somascope: Ball and stick has no segment 'dend[0](0.96)'")
    assert TIP in process.stderr
    assert not process.stdout


def test_a_file_that_cannot_be_read_is_refused_as_by_run(tmp_path: Path) -> None:
    bad = tmp_path / "bad.swc"
    bad.write_text("1 1 0 0 0 5 -1\n2 3 9 0 0 1 1\n2 3 9 9 9 1 1\n")
    run, compared = (somascope(command, bad, "--for", 1) for command in ("run", "compare"))
    assert run.stderr.startswith("somascope: bad.swc, line 3: id 2 is already used on line 2")
    assert (compared.returncode, compared.stderr) == (run.returncode, run.stderr) == (1, run.stderr)


def test_a_script_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("raise SystemExit('a script that is compared must not even run')\n")
    process = somascope("compare", path, "--for", 10)
    assert process.returncode == 1
    assert process.stderr.startswith("somascope: mine is a script, which is written for one")
    assert process.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("ball_and_stick",),
        ("ball_and_stick", "--for", "-3"),
        ("ball_and_stick", "--for", "3", "--sample", "0"),
        ("ball_and_stick", "--for", "3", "--precision", "float16"),
        ("ball_and_stick", "--for", "3", "--json", "numbers.txt"),
        ("ball_and_stick", "--for", "3", "--traces", "t.png"),
    ],
)
def test_wrong_usage_is_status_2(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    from app.cli import main

    with pytest.raises(SystemExit) as left:
        main.main(["compare", *words])
    assert left.value.code == 2
    assert "usage: somascope compare" in capsys.readouterr().err


def test_a_folder_that_does_not_exist_is_reported_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from app.cli import main

    missing = tmp_path / "none" / "t.csv"
    assert main.main(["compare", "ball_and_stick", "--for", "1e9", "--traces", str(missing)]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_ctrl_c_ends_both_simulators_and_is_reported() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "app", "compare", "ball_and_stick", "--for", "1e7"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        children = psutil.Process(process.pid).children
        while process.poll() is None and len(simulators := children(recursive=True)) < 2:
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=30)
    assert process.returncode == 1
    assert words.startswith("somascope: Stopped by Ctrl+C")
    assert words.count("\n") == 1
    assert psutil.wait_procs(simulators, timeout=3)[1] == []


def test_help_shows_what_is_compared_and_that_the_table_is_off(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from app.cli import main

    with pytest.raises(SystemExit) as left:
        main.main(["compare", "--help"])
    assert left.value.code == 0
    output = capsys.readouterr().out
    assert "ΔV is NEURON − Jaxley" in output
    assert "HH rates" in output


# ---------------------------------------------------------------------------------- in parts


def test_a_table_has_its_texts_below_one_another() -> None:
    assert table_of({"a": "1 mV", "long": "2 ms"}) == ["a     1 mV", "long  2 ms"]


@pytest.mark.parametrize(("apart", "most"), [(3.0, 3.0), (0.0, ROUNDING_MV)])
def test_the_colours_are_even_about_zero_and_do_not_magnify_rounding(
    apart: float, most: float
) -> None:
    geometry, times = line_geometry(3), np.arange(5.0)
    left = np.zeros((5, 3), np.float32)
    left[2, 1] = -apart
    facts = SideFacts("NEURON", "1.0", {1: 3}, {1: 1.0}, 0.1, 0.1)
    pair = Comparison("Cable", geometry, times, left, 0 * left, (facts, facts), 4.0, 0.025, 1.0)
    scene = scene_of(pair)
    request = picture_request_of(scene, FieldReplace("difference", left[2], 2.0))
    assert request.limits == pytest.approx((-most, most))
    assert scene.views[0].color_map == "diverging"  # type: ignore[union-attr]
    assert (request.label, request.unit) == ("NEURON − Jaxley", "mV")
    assert request.title == "Cable: NEURON − Jaxley\nt = 2 ms"
