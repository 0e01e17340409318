"""Whose code a line of a traceback is, and where an author's file was left."""

from __future__ import annotations

import json
import sysconfig
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import app.session.thread
import backends.isolated.child
import backends.live.commands
import backends.scripts
import backends.sources.source
import neuromorpho.client
from backends.errors import SimulatorError
from backends.scripts import (
    is_user_file,
    message_with_location,
    script_location,
    user_code_location,
)

OURS = [
    app.session.thread,
    backends.isolated.child,
    backends.live.commands,
    backends.scripts,
    backends.sources.source,
    neuromorpho.client,
]


@pytest.mark.parametrize("module", [*OURS, json, np], ids=lambda each: each.__name__)
def test_a_file_of_ours_of_python_or_of_a_package_is_never_the_user_s(module: object) -> None:
    assert not is_user_file(str(module.__file__))  # type: ignore[attr-defined]


def test_every_folder_of_our_packages_counts_as_ours() -> None:
    root = Path(backends.scripts.__file__).parent.parent
    for package in ("app", "backends", "neuromorpho", "resources"):
        assert (root / package / "__init__.py").is_file()
        assert not is_user_file(str(root / package / "any" / "depth" / "file.py"))


def test_other_files_are_the_user_s(tmp_path: Path) -> None:
    assert is_user_file(str(tmp_path / "my_model.py"))
    assert is_user_file(__file__)
    assert not is_user_file(str(Path(sysconfig.get_path("stdlib")) / "json" / "decoder.py"))


def raised_by(action: Callable[[], object]) -> SimulatorError:
    """Return the error that an action raises."""
    with pytest.raises(SimulatorError) as caught:
        action()
    return caught.value


def test_the_author_s_last_line_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "my_model.py"
    path.write_text(
        "from backends.errors import SimulatorError\n"
        "from ramp import Ramp\n\n\n"
        "class Mine(Ramp):\n"
        "    def initialize(self):\n"
        "        raise SimulatorError('No hh.', location=self.known)\n"
    )
    session_class = backends.scripts.load_session_class(path)
    session_class.known = ""  # type: ignore[attr-defined]
    error = raised_by(session_class().initialize)
    assert script_location(error) == user_code_location(error) == "my_model.py, line 7"
    assert message_with_location(error) == "No hh (my_model.py, line 7)."
    session_class.known = "other.py, line 1"  # type: ignore[attr-defined]
    assert message_with_location(raised_by(session_class().initialize)) == "No hh."


def test_an_error_of_ours_has_no_place_in_a_script() -> None:
    error = raised_by(lambda: (_ for _ in ()).throw(SimulatorError("No hh.")))
    assert script_location(error) == ""
