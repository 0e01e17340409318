"""Pictures and tables that cannot be written, and names without a suffix, from the window's menus."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

from app.export.files import not_written, with_added_suffix
from app.viewport import pictures
from app.window.controller import Controller

OpenSomascope = Callable[..., Controller]
Choose = Callable[[Path, str], None]


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Choose:
    """Return what sets the answer of the next file dialogs."""

    def choose_(path: Path, kind: str = "") -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))

    return choose_


class NoPixels(vtkUnsignedCharArray):
    """What a driver leaves that has no memory for a picture."""

    def GetNumberOfValues(self) -> int:
        return 0


def said(controller: Controller) -> tuple[str, str]:
    """Return the severity and the sentence of the last message."""
    last = controller.notices.items[-1]
    return last.severity, last.message


def test_a_picture_is_saved_and_one_that_cannot_be_says_why(
    qtbot: QtBot,
    open_somascope: OpenSomascope,
    choose: Choose,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controller = open_somascope()
    snapshot = controller.window.command_actions["snapshot"]
    choose(tmp_path / "cell")
    snapshot.trigger()
    assert said(controller) == ("info", f"The picture is saved as {tmp_path / 'cell.png'}")
    assert not QImage(str(tmp_path / "cell.png")).isNull()
    before = (tmp_path / "cell.png").read_bytes()
    snapshot.trigger()
    assert said(controller)[0] == "error"
    assert "already" in said(controller)[1]
    assert (tmp_path / "cell.png").read_bytes() == before
    choose(tmp_path / "nowhere" / "cell.png")
    snapshot.trigger()
    assert "nowhere does not exist" in controller.window.banner.message
    monkeypatch.setattr(pictures, "vtkUnsignedCharArray", NoPixels)
    choose(tmp_path / "other.png")
    snapshot.trigger()
    assert "graphics driver" in controller.window.banner.message
    assert not (tmp_path / "other.png").exists()


def test_traces_get_the_suffix_of_the_chosen_kind(
    open_somascope: OpenSomascope, choose: Choose, tmp_path: Path
) -> None:
    controller = open_somascope()
    export = controller.window.command_actions["export_traces"]
    choose(tmp_path / "run", "NumPy archive (*.npz)")
    export.trigger()
    assert said(controller) == ("info", f"The table of 1 trace is saved as {tmp_path / 'run.npz'}")
    choose(tmp_path / "nowhere" / "run.csv", "Table (*.csv)")
    export.trigger()
    assert said(controller)[0] == "error"
    assert str(tmp_path / "nowhere" / "run.csv") in controller.window.banner.message


def test_a_reason_is_one_sentence() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/x/cell.png")
    sentence = not_written("The picture", Path("/x/cell.png"), full)
    assert sentence.startswith("The picture could not be written to /x/cell.png: no space left")
    assert sentence.count(".") == 2
    assert "memory" in not_written("The picture", Path("/x/cell.png"), MemoryError())


def test_a_known_suffix_is_kept(tmp_path: Path) -> None:
    assert with_added_suffix(str(tmp_path / "a.PNG"), (".png",), ".png") == tmp_path / "a.PNG"
    assert with_added_suffix(str(tmp_path / "a.b"), (".png",), ".png") == tmp_path / "a.b.png"
