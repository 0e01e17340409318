"""Scenes and updates with mistakes: a sentence says which, the window lives, and Restart works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.window.controller import Controller
from backends.layout import LayoutSpec, PanelSpec
from backends.messages import (
    EventsAppend,
    FieldReplace,
    LayoutReplace,
    PanelPatch,
    ScenePatch,
    SessionUpdate,
    StatePatch,
    TraceAdded,
)
from tests.support import every_view

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
FOLDER = Path(every_view.__file__).parent
SCRIPT = f"""
import sys
from dataclasses import replace
sys.path.insert(0, {str(FOLDER)!r})
import every_view
from backends.layout import LayoutSpec, PanelSpec, Split

class Faulty(every_view.EveryView):
    @classmethod
    def startup_scene(cls):
        return None

    def initialize(self):
        scene = super().initialize()
        CHANGE
        return scene
"""
MISTAKES = {
    "repeated": ("scene = replace(scene, views=2 * scene.views[:1])", "'cell'"),
    "missing view": (
        "scene = replace(scene, layout=LayoutSpec((PanelSpec('p', 'bar', 'P', 'nothing'),)))",
        "'nothing'",
    ),
    "missing panel": ("LayoutSpec((), Split(('absent',)))", "'absent'"),
    "missing field": ("scene = replace(scene, fields=scene.fields[1:])", "'v'"),
    "no scene": ("scene = 3", "not int"),
}


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(each, marks=[] if each == "missing view" else pytest.mark.slow)
        for each in MISTAKES
    ],
)
def test_a_scene_with_a_mistake_is_refused_in_a_sentence_and_restart_builds_the_repaired_one(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path, mistake: str
) -> None:
    change, named = MISTAKES[mistake]
    script = tmp_path / "faulty.py"
    script.write_text(SCRIPT.replace("CHANGE", change))
    controller = open_somascope(f"{script}:Faulty", wait=False)
    banner = controller.window.banner
    qtbot.waitUntil(lambda: named in banner.message, timeout=LONG_MS)
    assert "faulty.py" in banner.message or "Faulty.initialize" in banner.message
    assert not controller.model.has_scene
    script.write_text(SCRIPT.replace("CHANGE", "pass"))
    banner.retryRequested.emit()
    qtbot.waitUntil(lambda: controller.model.scene.title == "Every view", timeout=LONG_MS)
    qtbot.waitUntil(lambda: controller.views.widget_of("graph") is not None, timeout=LONG_MS)


def test_a_startup_scene_goes_with_the_model_that_could_not_be_built(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "faulty.py"
    text = SCRIPT.replace("return None", "return every_view.EveryView.startup_scene()", 1)
    script.write_text(text.replace("CHANGE", "raise RuntimeError('stuck')"))
    controller = open_somascope(f"{script}:Faulty", wait=False)
    banner = controller.window.banner
    qtbot.waitUntil(lambda: "stuck" in banner.message, timeout=LONG_MS)
    assert not controller.model.has_scene
    assert controller.commands.viewport.scene.is_empty


PANEL = PanelSpec("p", "bar", "P", view_id="nothing")
WRONG: dict[str, tuple[SessionUpdate, str]] = {
    "view of a panel": (LayoutReplace(LayoutSpec((PANEL,))), "unknown-view"),
    "panel": (PanelPatch("absent", title="T"), "unknown-panel"),
    "view of a patch": (PanelPatch("bars", view_id="cell"), "unknown-kind"),
    "patched view": (ScenePatch(view_updates={"absent": {"title": "T"}}), "unknown-view"),
    "patched value": (ScenePatch(view_updates={"gates": {"color_limits": "red"}}), "bad-range"),
    "colour map": (ScenePatch(view_updates={"gates": {"color_map": "no"}}), "unknown-color-map"),
    "repeated view": (ScenePatch({"views": 2 * every_view.views()[:1]}), "repeated-id"),
    "state": (StatePatch({"window": "wide"}), "bad-number"),
    "shape on a cell": (FieldReplace("gate", np.zeros(3)), "bad-shape"),
    "dims": (FieldReplace("rates", np.zeros((2, 2))), "bad-shape"),
    "field": (FieldReplace("absent", np.zeros(3)), "unknown-field"),
    "events": (EventsAppend("absent", [0], [1.0]), "unknown-field"),
    "events of no raster": (EventsAppend("rates", [0], [1.0]), "field-not-shown"),
    "field of a trace": (TraceAdded("t", None, [], [], field_id="absent"), "unknown-field"),
    "control": (PanelPatch("shown", control_ids=("absent",)), "unknown-control"),
}


@pytest.mark.slow
def test_wrong_updates_are_named_once_each_and_the_views_stay(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope(f"{FOLDER / 'every_view.py'}:EveryView", wait=False)
    model = controller.model
    qtbot.waitUntil(lambda: len(model.traces) == 3, timeout=LONG_MS)
    qtbot.waitUntil(lambda: controller.views.widget_of("graph") is not None, timeout=LONG_MS)
    ids = [view.id for view in model.scene.views]
    widgets = [controller.views.widget_of(id_) for id_ in ids]
    found: list[str] = []
    model.errorReported.connect(lambda error: found.append(error.code))
    for update, code in WRONG.values():
        found.clear()
        model.apply([update, update])
        assert found == [code]
        assert [controller.views.widget_of(id_) for id_ in ids] == widgets
    assert len(controller.notices.items) >= len(WRONG)
    model.apply([FieldReplace("gate", np.zeros(every_view.N), 3.0)])
    assert not model.values_of(model.view("gates")).any()
