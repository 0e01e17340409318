"""A model that cannot be opened costs one sentence, with file and line; what it printed is in the details."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from driving import closing
from neuron_folders import PLAIN_SCRIPT, TEMPLATE_CELL, write_folder

from backends.errors import SessionCancelled, SomascopeError
from backends.isolated.session import IsolatedSession
from backends.sources.source import SessionSource


def opened(folder: Path, files: Mapping[str, str]) -> IsolatedSession:
    """Return a session over a model that is written here, in a process of its own."""
    return IsolatedSession(SessionSource.parse(str(write_folder(folder, files))).create)


def refused(folder: Path, files: Mapping[str, str]) -> SomascopeError:
    """Return why a model cannot be opened."""
    session = opened(folder, files)
    with closing(session), pytest.raises(SomascopeError) as caught:
        session.initialize()
    return caught.value


HOC_FAILURES = {
    "missing file": (
        'create a\nload_file("channels.hoc")\nfill()\n',
        "missing-file",
        "channels.hoc",
    ),
    "missing xopen": ('create a\nxopen("other.hoc")\n', "missing-file", "other.hoc"),
    "undefined name": ("create a\n\na.L = nosuch\n", "model-failed", "mosinit.hoc, line 3"),
    "syntax": ("create a\nproc f( {\n", "model-failed", "mosinit.hoc, line 2"),
    "missing mechanism": ("create a\na insert cagk\n", "model-failed", "mosinit.hoc, line 2"),
    "nothing built": ('print "hello"\n', "no-sections", "mosinit.hoc"),
}


@pytest.mark.parametrize("name", HOC_FAILURES)
def test_a_hoc_file_that_fails_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    text, code, word = HOC_FAILURES[name]
    error = refused(tmp_path / "model", {"mosinit.hoc": text})
    assert error.code == code
    assert word in error.message
    assert "\n" not in error.message


def test_a_script_that_fails_is_named_with_its_line_and_its_output(tmp_path: Path) -> None:
    text = "from neuron import h\nprint('reading')\nh.load_file('none.hoc')\nh.nothing()\n"
    error = refused(tmp_path / "model", {"simulate.py": text})
    assert "simulate.py, line 4" in error.message
    assert "reading" in error.details


def test_a_model_that_quits_says_where(tmp_path: Path) -> None:
    error = refused(tmp_path / "hoc", {"mosinit.hoc": 'create a\nprint "bye"\nquit()\n'})
    assert error.code == "session-crashed"
    assert "quit" in error.message
    assert "bye" in error.details
    assert "mosinit.hoc, line 3" in error.details
    text = "from neuron import h\nh.Section()\nquit()\n"
    assert "simulate.py, line 3" in refused(tmp_path / "python", {"simulate.py": text}).message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mosinit.hoc", "create a\nwhile (1) { a.L = 10 }\n"),
        (
            "simulate.py",
            "from neuron import h\na = h.Section()\nwhile True:\n    print('x' * 90)\n",
        ),
    ],
)
def test_a_model_that_never_ends_loading_can_be_cancelled(
    name: str, text: str, tmp_path: Path
) -> None:
    session = opened(tmp_path / "model", {name: text})
    reading = threading.Event()
    session.on_status = lambda status: reading.set() if name in status.message else None
    canceller = threading.Thread(target=lambda: (reading.wait(), session.cancel()))
    canceller.start()
    with closing(session), pytest.raises(SessionCancelled):
        session.initialize()
    canceller.join()


def test_a_script_that_evaluates_its_run_opens_with_a_remark(tmp_path: Path) -> None:
    text = PLAIN_SCRIPT["simulate.py"] + "assert voltage[3] > 0\nend = h.Section(name='end')\n"
    session = opened(tmp_path / "model", {"simulate.py": text})
    with closing(session):
        scene = session.initialize()
        assert scene is not None
        found = [each for each in scene.findings if each.code == "model.script-ended"]
        assert "simulate.py, line 21" in found[0].message


def test_procedures_of_the_run_system_that_are_not_followed_are_said(tmp_path: Path) -> None:
    more = "proc run() { stdinit() continuerun(tstop) stim.amp = 0 }\nrun()\n"
    files = {**TEMPLATE_CELL, "mosinit.hoc": TEMPLATE_CELL["mosinit.hoc"] + more}
    session = opened(tmp_path / "model", files)
    with closing(session):
        scene = session.initialize()
        assert scene is not None
        found = [each for each in scene.findings if each.code == "model.run"]
        assert "run()" in found[0].message
