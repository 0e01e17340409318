"""The command line: exit codes, messages, files. Each run is a separate process."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from tests.support.png import mean_spread, png_size

ROOT = Path(__file__).resolve().parents[3]
RAMP = """
from tests.support.ramp import Ramp

class Slope(Ramp):
    pass
"""
ENDLESS = """
import sys, time
from tests.support.ramp import Ramp

class Endless(Ramp):
    def advance(self):
        super().advance()
        if self._steps == 40:
            print("running", flush=True)
        time.sleep(0.001)
"""
BROKEN = """
from tests.support.ramp import Ramp

class Broken(Ramp):
    def initialize(self):
        raise ZeroDivisionError("nobody expected this")
"""


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    """A script with the smallest session."""
    path = tmp_path / "slope.py"
    path.write_text(RAMP)
    return path


def somascope(*words: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line from the repository's root."""
    return subprocess.run(
        [sys.executable, "-m", "app", *map(str, words)],
        cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def columns(path: Path) -> tuple[list[str], np.ndarray]:
    """Return a CSV's header and its numbers, shape (n_rows, n_columns)."""
    with path.open(newline="") as file:
        rows = [row for row in csv.reader(file) if not row[0].startswith("#")]
    return rows[0], np.array(rows[1:], float)


HELP_IMPORTS = {
    "app",
    "app.cli",
    "app.cli.arguments",
    "app.cli.main",
    "app.cli.parser",
    "app.cli.supervised",
}


def test_help_imports_the_parsers_and_nothing_else() -> None:
    script = textwrap.dedent("""
        import contextlib, io, sys
        from app.cli.main import main
        with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
            main(["--help"])
        print(*sys.modules)
        """)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules = set(done.stdout.split())
    ours = {each for each in modules if each.split(".")[0] in ("app", "backends", "neuromorpho")}
    assert ours <= HELP_IMPORTS
    assert not {"PySide6", "numpy", "vtkmodules", "neuron", "jax", "requests"} & modules


@pytest.mark.parametrize("command", ["run", "compare", "neuromorpho", "doctor"])
def test_help_names_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["--help"])
    assert f"somascope {command} " in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main.main([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: somascope {command} ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "pyramidal"], "--for"),
        (["run", "pyramidal", "--for", "-3"], "not a time in ms greater than 0"),
        (["run", "pyramidal", "--for", "nan"], "not a time in ms greater than 0"),
        (["run", "pyramidal", "--for", "3", "--traces", "t.txt"], "does not end in .csv or .npz"),
        (["run", "pyramidal", "--for", "3", "--image", "t.jpg"], "does not end in .png"),
        (["--backend", "genesis"], "invalid choice"),
        (["one.swc", "two.swc"], "unrecognized arguments"),
        (["doctor", "--all"], "[--json]"),
        (["neuromorpho", "sarch"], "choose from"),
        (["neuromorpho", "search", "--limit", "-1"], "0 or more"),
        (["compare", "pyramidal", "--for", "3", "--json", "a.txt"], ".json"),
    ],
)
def test_wrong_usage_ends_with_2_and_names_what_is_allowed(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(words)
    assert ended.value.code == 2
    assert expected in capsys.readouterr().err


def test_a_run_writes_every_sample_of_every_named_segment_with_units_in_the_header(
    ramp: Path, tmp_path: Path
) -> None:
    traces = tmp_path / "out.csv"
    done = somascope(
        "run", ramp, "--for", 20, "--record", "soma[0](0.9)", "--record", "soma[0](0.1)",
        "--traces", traces,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    header, numbers = columns(traces)
    assert header == ["time_ms", "soma[0](0.9) [mV]", "soma[0](0.1) [mV]"]
    times = np.arange(0, 20.5, 0.5)
    np.testing.assert_allclose(numbers, np.column_stack([times, 5 * times, times]))
    assert "20 of 20 ms" in done.stdout
    assert str(traces) in done.stdout
    assert sorted(each.name for each in tmp_path.iterdir() if each.is_file()) == [
        "out.csv",
        "slope.py",
    ]


def test_the_bundled_cell_spikes_at_every_step_of_its_dt(tmp_path: Path) -> None:
    traces, audit = tmp_path / "out.npz", tmp_path / "audit.json"
    done = somascope("run", "pyramidal", "--for", 20, "--traces", traces, "--audit", audit)
    assert (done.returncode, done.stderr) == (0, "")
    with np.load(traces) as archive:
        times, values = archive["time_ms"], archive["values"]
        assert archive["labels"].tolist() == ["soma[0](0.5)"]
        assert archive["units"].tolist() == ["mV"]
    np.testing.assert_allclose(times, np.arange(801) * 0.025, atol=1e-6)
    assert values[times < 10].max() < -55 < 0 < values.max()
    assert "findings" in json.loads(audit.read_text())


def test_another_dt_is_taken_for_a_cell_and_refused_for_a_script_which_has_its_own(
    ramp: Path, tmp_path: Path
) -> None:
    traces = tmp_path / "out.npz"
    done = somascope("run", "ball_and_stick", "--for", 5, "--dt", 0.1, "--traces", traces)
    assert (done.returncode, done.stderr) == (0, "")
    with np.load(traces) as archive:
        np.testing.assert_allclose(archive["time_ms"], np.arange(51) * 0.1, atol=1e-6)
    done = somascope("run", ramp, "--for", 5, "--dt", 0.1)
    assert done.returncode == main.FAILED
    assert done.stderr.startswith("somascope: slope.py: Slope sets its own dt")
    assert "leave out --dt" in done.stderr


def test_a_refused_file_leaves_an_audit_with_the_sentence_and_the_line(tmp_path: Path) -> None:
    swc, audit = tmp_path / "bad.swc", tmp_path / "audit.json"
    swc.write_text("1 1 0 0 0 5 -1\n2 3 0 10 zero 1 1\n")
    done = somascope("run", swc, "--for", 5, "--audit", audit)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    refused = json.loads(audit.read_text())["refused"]
    assert refused["message"] in done.stderr
    assert refused["line"] == 2


def test_a_run_writes_a_picture_that_shows_something(ramp: Path, tmp_path: Path) -> None:
    image = tmp_path / "cell.png"
    done = somascope("run", ramp, "--for", 5, "--image", image)
    assert (done.returncode, done.stderr) == (0, "")
    assert "two dimensions" not in done.stdout
    assert min(png_size(image)) >= 600
    assert mean_spread(image) > 1.0


@pytest.mark.slow
def test_without_opengl_the_picture_is_drawn_in_two_dimensions_and_that_is_reported(
    ramp: Path, tmp_path: Path
) -> None:
    image = tmp_path / "cell.png"
    done = somascope("run", ramp, "--for", 5, "--image", image, SOMASCOPE_NO_OPENGL="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "two dimensions" in done.stdout
    assert mean_spread(image) > 1.0


def test_the_audit_of_a_run_is_json(ramp: Path, tmp_path: Path) -> None:
    audit = tmp_path / "audit.json"
    assert somascope("run", ramp, "--for", 1, "--audit", audit).returncode == 0
    assert json.loads(audit.read_text())["findings"] == []


@pytest.mark.slow
def test_what_the_reader_left_out_is_one_line_and_the_other_trees_can_be_opened(
    tmp_path: Path,
) -> None:
    path = tmp_path / "two.swc"
    path.write_text(
        "1 1 0 0 0 5 -1\n2 3 0 6 0 1 1\n3 3 0 56 0 1 2\n4 2 500 0 0 1 -1\n5 2 550 0 0 1 4\n"
    )
    main = somascope("run", path, "--for", "0.1")
    both = somascope("run", path, "--for", "0.1", "--trees", "all", "--record", "axon[0](0.5)")
    line = main.stdout.splitlines()[0]
    assert line.startswith("reader")
    for word in ("2 points", "47 %", "--trees all", "--audit"):
        assert word in line
    assert (both.returncode, "reader" in both.stdout) == (0, False)


def test_the_unit_of_a_file_can_be_given_and_is_refused_for_a_script(
    ramp: Path, tmp_path: Path
) -> None:
    path, audit = tmp_path / "nm.swc", tmp_path / "audit.json"
    path.write_text("1 1 0 0 0 5000 -1\n2 3 0 6000 0 500 1\n3 3 0 96000 0 500 2\n")
    somascope("run", path, "--for", "0.1", "--units", "nm", "--audit", audit)
    assert json.loads(audit.read_text())["facts"]["Length"] == "100 µm"
    refused = somascope("run", ramp, "--for", "0.1", "--units", "nm")
    assert refused.returncode == 1
    assert "--units" in refused.stderr


def test_an_unknown_segment_is_one_sentence_with_similar_ones(ramp: Path) -> None:
    done = somascope("run", ramp, "--for", 5, "--record", "soma[0](0.6)")
    assert done.returncode == 1
    assert done.stderr.startswith("somascope: slope has no segment 'soma[0](0.6)'")
    assert done.stderr.endswith(": soma[0](0.5), soma[0](0.7), soma[0](0.3).\n")


def test_a_folder_that_does_not_exist_is_reported_before_anything_is_simulated(
    ramp: Path, tmp_path: Path
) -> None:
    done = somascope("run", ramp, "--for", 5, "--traces", tmp_path / "nowhere" / "t.csv")
    assert done.returncode == 1
    assert done.stderr == f"somascope: {tmp_path / 'nowhere'}: no such folder; create it first.\n"


@pytest.mark.slow
def test_a_failure_inside_is_a_sentence_and_only_verbose_shows_the_traceback(
    tmp_path: Path,
) -> None:
    script = tmp_path / "broken.py"
    script.write_text(BROKEN)
    quiet = somascope("run", script, "--for", 5)
    assert quiet.returncode == 1
    assert quiet.stderr.count("\n") == 1
    assert "nobody expected this" in quiet.stderr
    for loud in (
        somascope("run", script, "--for", 5, "--verbose"),
        somascope("run", script, "--for", 5, SOMASCOPE_DEBUG="1"),
    ):
        assert "Traceback" in loud.stderr


def test_a_source_that_is_not_there_is_a_sentence() -> None:
    done = somascope("run", "no-such-cell.swc", "--for", 5)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "no-such-cell.swc" in done.stderr


def test_ctrl_c_saves_the_traces_until_then_and_is_reported(tmp_path: Path) -> None:
    script, traces = tmp_path / "endless.py", tmp_path / "part.csv"
    script.write_text(ENDLESS)
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "run", str(script), "--for", "1e7", "--traces", str(traces)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert stderr.startswith("somascope: Stopped by Ctrl+C at ")
    assert "Ctrl+C" in stderr
    assert " of 1e+07 ms; " in stderr
    assert "saved" in stderr
    _, numbers = columns(traces)
    np.testing.assert_allclose(numbers[:, 1], 3 * numbers[:, 0])
    assert numbers[-1, 0] >= 20.0


def test_a_window_without_a_display_is_refused_in_a_sentence_before_qt_could_abort() -> None:
    done = somascope(DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")
    if sys.platform == "linux":
        assert done.returncode == 1
        assert done.stderr.startswith("somascope: There is no display")


def test_the_version_is_named() -> None:
    assert somascope("--version").stdout.startswith("somascope")
