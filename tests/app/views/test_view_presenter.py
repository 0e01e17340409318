"""The model in a widget: values, what the view is bound to, events from before and after, and the theme."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.model import Model
from app.palette import LIGHT
from app.presenters.view import ViewPresenter
from app.views.factory import make_view
from backends.controls import ControlSpec, ScalarValueSpec
from backends.field import Field
from backends.messages import (
    EventsAppend,
    FieldReplace,
    RunStatus,
    ScenePatch,
    SceneReady,
    StatePatch,
)
from backends.scene import Scene
from backends.views import GridSlice, ImageViewSpec, RasterViewSpec, StateBinding

GRID = Field("u", np.zeros((4, 5)), ("y", "x"))
IMAGE = ImageViewSpec(
    "image", "u", color_limits=StateBinding("limits"), slice=GridSlice("y", StateBinding("cut"))
)
CUT = ControlSpec("cut", "Cut", ScalarValueSpec(0.5, 0.0, 1.0))


def shown(qtbot: QtBot, model: Model, view_id: str) -> Any:
    """Return the widget of a view of the model's scene, on the screen."""
    view = model.view(view_id)
    assert view is not None
    widget = make_view(view)
    qtbot.addWidget(widget)
    ViewPresenter(model, widget, LIGHT, view_id)
    widget.show()
    qtbot.waitExposed(widget)
    qtbot.waitUntil(lambda: not widget._timer.isActive())
    return widget


@pytest.fixture
def model(qapp: object) -> Model:
    """A model of a scene with a bound image and a raster."""
    model = Model()
    raster = RasterViewSpec("raster", "spikes", window_ms=20)
    fields = (GRID, Field("spikes", np.zeros(3), ("row",)), Field("more", np.zeros(2), ("row",)))
    model.apply([SceneReady(Scene(fields=fields, views=(IMAGE, raster), controls=(CUT,)))])
    return model


def test_new_values_and_what_the_view_is_bound_to_are_shown(qtbot: QtBot, model: Model) -> None:
    widget = shown(qtbot, model, "image")
    assert widget.theme is LIGHT
    assert widget.header.summary == "cut at y = 1.5"
    model.apply([FieldReplace("u", np.full((4, 5), 2.0), 1.0), StatePatch({"cut": 1.0})])
    model.apply([StatePatch({"limits": (0.0, 4.0)})])
    qtbot.waitUntil(lambda: widget.bar.limits == (0, 4))
    assert widget.header.summary == "cut at y = 3"
    assert widget.fields["u"].values[0, 0] == 2


def test_a_view_that_a_patch_has_changed_is_shown_so(qtbot: QtBot, model: Model) -> None:
    widget = shown(qtbot, model, "image")
    model.apply([ScenePatch(view_updates={"image": {"label": "Calcium", "unit": "µM"}})])
    qtbot.waitUntil(lambda: widget.bar.title == "Calcium (µM)")


def test_events_of_before_and_after_are_shown_and_the_window_follows_the_clock(
    qtbot: QtBot, model: Model
) -> None:
    model.apply([EventsAppend("spikes", np.array([0, 1]), np.array([1.0, 2.0]))])
    widget = shown(qtbot, model, "raster")
    assert len(widget.events) == 2
    model.apply([EventsAppend("spikes", np.array([2]), np.array([40.0])), RunStatus(50.0, True)])
    qtbot.waitUntil(lambda: widget.canvas.ranges()[0] == (30, 50))
    assert len(widget.events) == 3
    model.apply([EventsAppend("spikes", np.array([0]), np.array([0.5]), from_start=True)])
    assert len(widget.events) == 1


def test_a_raster_of_another_field_has_its_events(qtbot: QtBot, model: Model) -> None:
    model.apply([EventsAppend("spikes", np.array([0, 1]), np.array([1.0, 2.0]))])
    model.apply([EventsAppend("more", np.array([0]), np.array([7.0]))])
    widget = shown(qtbot, model, "raster")
    model.apply([ScenePatch(view_updates={"raster": {"field_id": "more"}})])
    qtbot.waitUntil(lambda: "2 rows" in widget.header.summary)
    assert widget.events.last_ms == 7
    assert len(widget.events) == 1


def test_nothing_is_drawn_for_another_view_s_field(qtbot: QtBot, model: Model) -> None:
    widget = shown(qtbot, model, "image")
    before = widget.redraws
    model.apply([FieldReplace("spikes", np.ones(3), 1.0), StatePatch({"something else": 1})])
    assert not widget._timer.isActive()
    assert widget.redraws == before
