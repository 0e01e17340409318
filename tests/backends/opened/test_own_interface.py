"""The panels and graphs of a model act on the session as the window's own controls do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import closing, of_kind, settle
from neuron_folders import TEMPLATE_CELL, write_folder

from backends.isolated.session import IsolatedSession
from backends.messages import (
    InvokeAction,
    RunStatus,
    ScenePatch,
    SessionUpdate,
    SetControl,
    SetRunning,
    StatePatch,
)
from backends.scene import MorphologyViewSpec, Scene
from backends.sources.source import SessionSource

MORE = """
xpanel("Runs")
xbutton("Run it", "stim.amp = 0.6 run()")
xbutton("Short", "tstop = 4 run()")
xbutton("Begin", "stdinit()")
xbutton("Add", "xpanel(\\"Later\\") xbutton(\\"Late\\", \\"strong()\\") xpanel()")
xpanel()
objref own_shape
own_shape = new PlotShape()
own_shape.variable("v")
own_shape.scale(-75, 25)
"""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[IsolatedSession, Scene]]:
    """A session over the template with panels."""
    files = {**TEMPLATE_CELL, "mosinit.hoc": TEMPLATE_CELL["mosinit.hoc"] + MORE}
    folder = write_folder(tmp_path / "model", files)
    session = IsolatedSession(SessionSource.parse(str(folder)).create)
    with closing(session):
        scene = session.initialize()
        assert scene is not None
        yield session, scene


def press(session: IsolatedSession, scene: Scene, label: str) -> list[SessionUpdate]:
    """Press a button of the model, and let the session come to rest."""
    action = next(each for each in scene.actions if each.label == label)
    session.handle(InvokeAction(action.id))
    return settle(session)


def test_the_panels_of_the_model_are_panels_of_controls(
    opened: tuple[IsolatedSession, Scene],
) -> None:
    _, scene = opened
    panels = {each.title: each for each in scene.layout.of_kind("controls")}
    assert {"Stimulus", "Runs"} <= set(panels)
    assert len(panels["Runs"].action_ids) == 4
    assert "RunControl" not in panels
    assert any(each.KIND == "traces" for each in scene.views)


def test_the_cell_has_the_color_range_of_the_models_plot_shape(
    opened: tuple[IsolatedSession, Scene],
) -> None:
    _, scene = opened
    (view,) = (each for each in scene.views if isinstance(each, MorphologyViewSpec))
    assert view.color_limits == (-75, 25)


def test_a_button_changes_the_value_that_another_control_shows(
    opened: tuple[IsolatedSession, Scene],
) -> None:
    session, scene = opened
    amplitude = next(each for each in scene.controls if each.label.startswith("Amplitude"))
    patches = of_kind(StatePatch, press(session, scene, "Strong current"))
    assert patches[-1].values[amplitude.id] == 0.8
    session.handle(SetControl(amplitude.id, 0.2))
    patches = of_kind(StatePatch, press(session, scene, "Strong current"))
    assert patches[-1].values[amplitude.id] == 0.8


def test_a_button_that_runs_the_model_runs_the_session(
    opened: tuple[IsolatedSession, Scene],
) -> None:
    session, scene = opened
    last = of_kind(RunStatus, press(session, scene, "Run it"))[-1]
    assert (last.time_ms, last.finished) == (pytest.approx(30.0), True)
    updates = press(session, scene, "Short")
    assert of_kind(RunStatus, updates)[-1].time_ms == pytest.approx(4.0)
    changed = [each.changes for each in of_kind(ScenePatch, updates)]
    assert {"tstop_ms": 4.0} in changed


def test_a_button_that_initializes_begins_again(opened: tuple[IsolatedSession, Scene]) -> None:
    session, scene = opened
    session.handle(SetRunning(True))
    settle(session)
    last = of_kind(RunStatus, press(session, scene, "Begin"))[-1]
    assert (last.time_ms, last.steps) == (0.0, 0)


def test_a_panel_that_a_button_makes_is_shown(opened: tuple[IsolatedSession, Scene]) -> None:
    session, scene = opened
    updates = press(session, scene, "Add")
    patch = next(each for each in of_kind(ScenePatch, updates) if "layout" in each.changes)
    assert "Later" in [each.title for each in patch.changes["layout"].panels]
    assert "Late" in [each.label for each in patch.changes["actions"]]
