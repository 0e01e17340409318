"""Whatever a model of an author does, as a script and as a class: what went wrong and where is said, the window
lives, and Restart builds the repaired model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.session import opener
from app.window.controller import Controller
from backends.isolated.session import IsolatedSession
from backends.messages import InvokeAction, RunFor, RunStatus, SetSpeed

OpenSomascope = Callable[..., Controller]
LONG_MS = 12_000

SCRIPT = """
import os, sys, time
import numpy as np
import somascope as ss


def step(ctx):
    if ctx.t > 20:
        STEP
    return {"x": ctx.t}


view = ss.source(step, dt=0.1, title="TITLE")
plot = view.trace("x")
view.button("Act", lambda ctx: ACT)
VIEWS
"""
CLASS = """
import os, sys, time
import numpy as np
from backends.controls import ActionSpec
from backends.field import Field
from backends.layout import Split
from backends.messages import FieldReplace, TraceAdded
from backends.mock import MockSession
from backends.views import BarViewSpec, ImageViewSpec


class Mine(MockSession):
    title = "TITLE"

    def after_batch(self):
        if self.t > 20:
            STEP

    def action_specs(self):
        return [ActionSpec("act", "Act")]

    def on_action(self, action_id, payload, context):
        ACT
        return True

    VIEWS
"""


@dataclass(frozen=True)
class Bad:
    """One way to go wrong.

    Attributes
    ----------
    script, of_class : dict
        What stands at STEP, ACT and VIEWS of the script and of the class.
    words : tuple of str
        Of the sentence; without the place.
    """

    script: dict[str, str]
    of_class: dict[str, str]
    words: tuple[str, ...]


def same(where: str, code: str, *words: str) -> Bad:
    """Return a mistake that is the same in both."""
    return Bad({where: code}, {where: code}, words)


BAD = {
    "exception in a step": same("STEP", "raise ValueError('too far')", "too far"),
    "exception in an action": Bad({"ACT": "1 / 0"}, {"ACT": "1 / 0"}, ("ZeroDivisionError",)),
    "endless loop": same("STEP", "while True: pass", "has not answered"),
    "endless loop in an action": Bad(
        {"ACT": "[0 for _ in iter(int, 1)]"}, {"ACT": "while True: pass"}, ("has not answered",)
    ),
    "sys.exit": same("STEP", "sys.exit(3)", "sys.exit"),
    "sys.exit in an action": same("ACT", "sys.exit(3)", "sys.exit"),
    "os._exit": same("STEP", "os._exit(3)", "os._exit"),
    "wrong shape": Bad(
        {"VIEWS": "view.image(lambda ctx: np.zeros((2, 2) if ctx.t < 20 else 3))"},
        {"STEP": "self.emit(FieldReplace(self.display_field_id(), np.zeros(3)))"},
        ("shape",),
    ),
    "a layout that names a missing view": Bad(
        {"VIEWS": "ss.layout((plot, 'nowhere'))"},
        {"VIEWS": "def layout(self): return Split(('morphology', 'nowhere'))"},
        ("nowhere",),
    ),
    "two views of one id": Bad(
        {"VIEWS": "ss.layout((plot, plot))"},
        {
            "VIEWS": "def view_specs(self): return [BarViewSpec('b', 'bars'), ImageViewSpec('b', 'bars')]"
        },
        ("twice",),
    ),
}
FORMS = {"script": SCRIPT, "class": CLASS}


def model_of(form: str, bad: Bad | None, title: str = "Bad") -> str:
    """Return the text of a model with a mistake, or without any."""
    parts = {"STEP": "pass", "ACT": "None" if form == "script" else "pass", "VIEWS": "pass"}
    if bad is not None:
        parts |= bad.script if form == "script" else bad.of_class
    text = FORMS[form].replace("TITLE", title)
    for name, code in parts.items():
        text = text.replace(name, code)
    return text


def said(controller: Controller) -> str:
    """Return all that the window has reported."""
    return "\n".join(
        [controller.window.banner.message, *(each.message for each in controller.notices.items)]
    )


def rows(names: Iterable[str]) -> list[Any]:
    """Return each name as a parameter; those whose way is much like another's are slow."""
    quick = {"exception in a step", "os._exit"}
    return [
        pytest.param(each, id=each, marks=[] if each in quick else pytest.mark.slow)
        for each in names
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("mistake", rows(BAD))
def test_what_went_wrong_and_where_is_said_and_restart_builds_the_repaired_model(
    mistake: str,
    form: str,
    qtbot: QtBot,
    open_somascope: OpenSomascope,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opener, "IsolatedSession", partial(IsolatedSession, longest_call_s=0.3))
    path = tmp_path / "my_model.py"
    path.write_text(model_of(form, BAD[mistake]))
    controller = open_somascope(str(path), wait=False)
    model = controller.model
    qtbot.waitUntil(
        lambda: model.has_scene or bool(controller.window.banner.message), timeout=LONG_MS
    )
    if model.has_scene:
        controller.post(SetSpeed(None))
        controller.post(RunFor(50.0))
        controller.post(InvokeAction("act"))
    qtbot.waitUntil(lambda: "my_model.py, line" in said(controller), timeout=LONG_MS)
    for word in BAD[mistake].words:
        assert word in said(controller)
    path.write_text(model_of(form, None, "Repaired"))
    controller.opener.restart()
    qtbot.waitUntil(lambda: model.scene.title == "Repaired", timeout=LONG_MS)
    controller.post(SetSpeed(None))
    controller.post(RunFor(50.0))
    qtbot.waitUntil(lambda: model.run_status.finished, timeout=LONG_MS)


FLOODS = {
    "prints": same("STEP", "[print('x' * 1000) for _ in range(200)]"),
    "updates": Bad(
        {"STEP": "[ctx.show_status(f'{i}') for i in range(2000)]"},
        {"STEP": "[self.emit(TraceAdded('flood', None, [0.0], [float(i)])) for i in range(2000)]"},
        (),
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("flood", rows(FLOODS))
def test_a_flood_leaves_the_window_alive_and_the_run_complete(
    flood: str, form: str, qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    path = tmp_path / "my_model.py"
    path.write_text(model_of(form, FLOODS[flood]))
    controller = open_somascope(str(path), wait=False)
    model = controller.model
    qtbot.waitUntil(lambda: model.has_scene, timeout=LONG_MS)
    turns: list[RunStatus] = []
    model.runStatusChanged.connect(lambda: turns.append(model.run_status))
    controller.post(SetSpeed(None))
    controller.post(RunFor(25.0))
    qtbot.waitUntil(lambda: model.run_status.finished, timeout=LONG_MS)
    assert model.run_status.time_ms == pytest.approx(25.0)
    assert turns
    controller.opener.restart()
    qtbot.waitUntil(lambda: model.run_status.time_ms == 0.0, timeout=LONG_MS)
