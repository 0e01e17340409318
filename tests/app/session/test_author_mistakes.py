"""What authors get wrong in a session's file: one sentence that names it, exit status 1, no traceback."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from driving import failure_of

from app.cli import main
from backends.errors import SomascopeError
from backends.isolated.session import IsolatedSession
from backends.sources.source import SessionSource

pytest.importorskip("neuron")

MODEL = """
from backends.neuron import NeuronSession

class Mine(NeuronSession):
    def build_sections(self):
        from neuron import h
        self.soma = h.Section(name="soma")
        self.soma.L = self.soma.diam = 20
        self.soma.insert("hh")
        return [self.soma]
"""
RETURN = "return [self.soma]"


def building(returned: str) -> str:
    return MODEL.replace(RETURN, returned)


def with_hook(line: str) -> str:
    return f"{MODEL}\n    {line}\n"


TWINS = "self.b = h.Section(name='soma'); return [self.soma, self.b]"
ONLY_LISTED = "return h.SectionList([h.Section(name='x')])"
DELETED = "x = h.Section(name='x'); h.delete_section(sec=x); return [self.soma, x]"
MISTAKES = [
    (building("return None"), "Mine.build_sections returned None: return a list of h.Section"),
    (building("return 5"), "Mine.build_sections returned 5: return a list of h.Section"),
    (building("return []"), "Mine.build_sections returned no sections: return a list"),
    (building(ONLY_LISTED), "as NEURON deletes a section that nobody keeps"),
    (building("return [self.soma] * 2"), "Mine.build_sections returned soma twice"),
    (building(TWINS), "Mine.build_sections returned two sections named soma: give them"),
    (building(DELETED), "Mine.build_sections returned a section that was deleted"),
    (with_hook("def setup_model(self, s): raise SystemExit"), "mine.py, line 12: sys.exit(None)"),
    (with_hook("def after_batch(self): raise SystemExit(0)"), "mine.py, line 12: sys.exit(0)"),
    (with_hook("def control_specs(self): return 1 / 0"), "mine.py, line 12: ZeroDivisionError"),
    (with_hook("def __init__(self): raise ValueError('no')"), "mine.py, line 12: ValueError: no"),
    ("raise GeneratorExit\n", "mine.py, line 1: GeneratorExit"),
    ("import sys; sys.exit(0)\n", "mine.py, line 1: SystemExit"),
    (with_hook("def idle_sleep(self): return 0.5"), "mine stopped by itself at 0 of 2 ms"),
]


def run(text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Run a model for 2 ms; return the exit status and the lines on stderr."""
    script = tmp_path / "mine.py"
    script.write_text(text)
    status = main.main(["run", str(script), "--for", "2"])
    return status, capfd.readouterr().err.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize(("text", "expected"), MISTAKES, ids=[expected for _, expected in MISTAKES])
def test_a_mistake_is_one_sentence_and_status_1(
    text: str, expected: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status, lines = run(text, tmp_path, capfd)
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith("somascope: ")
    assert expected in lines[0]


def test_a_hook_that_always_fails_is_complained_of_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = with_hook("def setup_model(self, s): self.record('v0', s[0](0.5)._ref_v)")
    text += "    def on_recorded_samples(self, times, values): raise ValueError('oops')\n"
    text += "    def steps_per_update(self): return 2\n"
    status, lines = run(text, tmp_path, capfd)
    assert (status, len(lines)) == (1, 1)
    assert "on_recorded_samples failed: ValueError: oops" in lines[0]


def test_a_voltage_beyond_single_precision_is_a_sentence_without_a_warning(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = MODEL.replace(RETURN, "self.soma(0.5).hh.el = 1e306; return [self.soma]")
    status, lines = run(text, tmp_path, capfd)
    assert (status, len(lines)) == (1, 1)
    assert "is no longer a number" in lines[0]


def test_a_section_s_name_may_hold_anything(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    odd = MODEL.replace('name="soma"', 'name="a,(1) \\"b\\"\\n=1"')
    assert run(odd, tmp_path, capfd) == (0, [])


def test_in_a_process_of_its_own_the_mistake_is_placed_as_well(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(with_hook("def control_specs(self): return 1 / 0"))
    session = IsolatedSession(SessionSource.parse(str(script)).create, name="mine")
    try:
        with pytest.raises(SomascopeError, match=r"ZeroDivisionError.*\(mine\.py, line 12\)\.$"):
            session.initialize()
    finally:
        session.shutdown()


@pytest.mark.parametrize("hook", ["control_specs(self)", "after_batch(self)"])
def test_sys_exit_in_a_process_of_its_own_is_reported_with_its_place(
    tmp_path: Path, hook: str
) -> None:
    script = tmp_path / "mine.py"
    script.write_text(with_hook(f"def {hook}: raise SystemExit(0)"))
    session = IsolatedSession(SessionSource.parse(str(script)).create, name="mine")
    assert failure_of(session).startswith("sys.exit(0) was called (mine.py, line 12)")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("https://neuromorpho.org/cell.swc", "is an address; download the file"),
        ("~nobody-of-this-name/cell.swc", "cannot be opened: "),
        ("a" * 5000 + ".swc", "cannot be opened: File name too long"),
        ("nul\0.swc", "cannot be opened: "),
    ],
)
def test_a_name_that_can_be_no_file_is_a_short_sentence(name: str, expected: str) -> None:
    with pytest.raises(SomascopeError, match=expected) as caught:
        SessionSource.parse(name)
    assert len(caught.value.message) < 200


def test_a_pipe_that_is_named_like_a_script_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(SomascopeError, match=r"pipe\.py is not a regular file"):
        SessionSource.parse(str(tmp_path / "pipe.py"))


def test_what_is_reported_goes_nowhere_where_stdout_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert main.main(["run", "ball_and_stick", "--for", "1"]) == 0
    sys.stdout.close()
