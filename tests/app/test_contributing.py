"""The worked examples of CONTRIBUTING.md do what they say."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.window import docks
from backends.controls import ControlSpec
from backends.errors import RequestError

TEXT = (Path(__file__).resolve().parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


def example(title: str) -> list[str]:
    """Return the code of an example, a string for each of its blocks."""
    section = TEXT.split(f"## Example: {title}\n")[1].split("\n## ")[0]
    return [
        textwrap.dedent(each) for each in re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    ]


def execute(code: str, names: dict[str, Any]) -> None:
    """Run a block as a module of its own would run it: without this file's future imports."""
    exec(compile(code, "CONTRIBUTING.md", "exec", dont_inherit=True), names)


def test_a_dock_is_a_row_a_widget_and_a_connection(
    open_somascope: Callable[..., Any], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = docks.DockRow("clock", "Clock", Qt.DockWidgetArea.RightDockWidgetArea, 200)
    assert 'DockRow("clock", "Clock", AREA.RightDockWidgetArea, 200)' in TEXT
    monkeypatch.setattr(docks, "DOCKS", (*docks.DOCKS, row))
    controller = open_somascope()
    widget, connection = example("add a dock")
    names: dict[str, Any] = {"controller": controller}
    execute(widget, names)
    execute(connection, names)
    controller.commands.toggle_running()
    qtbot.waitUntil(lambda: names["clock"].text() not in ("", "0.0 ms"), timeout=20_000)
    assert names["clock"].window() is controller.window


def test_a_control_kind_is_a_spec_and_a_row(qtbot: QtBot) -> None:
    names: dict[str, Any] = {"__name__": "example"}
    for block in example("add a control kind"):
        execute(block, names)
    spec = names["DialValueSpec"](3, 1, 9)
    with pytest.raises(RequestError, match="from 1 to 9"):
        spec.accept(10)
    control = ControlSpec.__new__(ControlSpec)  # its kind is not in the union of this process
    for name, value in {
        "id": "n",
        "label": "N",
        "value_spec": spec,
        "group": "",
        "note": "",
        "presentation": None,
    }.items():
        object.__setattr__(control, name, value)
    row = names["DialRow"](control)
    qtbot.addWidget(row)
    assert row.editor.value() == 3
    with qtbot.waitSignal(row.edited) as edited:
        row.editor.setValue(7)
    assert edited.args == [7]
