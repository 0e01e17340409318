"""The model that docs/views.md prints, in the real window: every view is drawn, follows the run, the theme, and is exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from app.palette import LIGHT
from app.views.field_view import FieldView
from app.window.controller import Controller
from backends.messages import RunFor, SetSpeed
from tests.docs.test_documentation import blocks

OpenSomascope = Callable[..., Controller]


def test_every_view_is_drawn_and_follows_the_run(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = blocks("docs/views.md", "python")
    script, table = tmp_path / "views.py", tmp_path / "image.npz"
    script.write_text(code)
    controller = open_somascope(str(script), wait=False)
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=20_000)
    views = controller.views
    assert views is not None
    ids = [each.id for each in controller.model.scene.views]
    qtbot.waitUntil(lambda: all(views.widget_of(each) is not None for each in ids), timeout=20_000)
    widgets = {each: views.widget_of(each) for each in ids}
    controller.post(SetSpeed(None))
    controller.post(RunFor(60.0))
    qtbot.waitUntil(lambda: controller.model.run_status.time_ms > 59, timeout=20_000)
    for widget in widgets.values():
        assert isinstance(widget, FieldView)
        qtbot.waitUntil(lambda widget=widget: not widget.message and not widget._pending)
        assert widget.warning == ""
        assert widget.isVisible()
    (_, wave, *_) = controller.model.scene.fields
    assert not np.array_equal(widgets["image"].fields["wave"].values, wave.values)
    assert len(widgets["raster"].events) > 0
    controller.window.set_theme(LIGHT)
    assert all(widget.theme is LIGHT for widget in widgets.values())

    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(table), ""))
    image = widgets["image"]
    image.open_menu(image.mapToGlobal(QPoint(50, 50)))
    menu = image.findChild(QMenu, "viewMenu")
    next(each for each in menu.actions() if each.text() == "Export values…").trigger()
    menu.close()
    qtbot.waitUntil(lambda: image.findChild(QMenu, "viewMenu") is None)
    assert controller.notices.items[-1].message == f"The table of view image is saved as {table}"
    with np.load(table) as archive:
        assert archive["values"].shape == (40, 80)
        assert archive["coord_x"][-1] == 8
