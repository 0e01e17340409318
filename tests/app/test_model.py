"""The window's model of a session, from its updates."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from app.model import Model
from backends.live.default_scene import TRACE_FIELD_ID, build_scene
from backends.messages import FieldAppend, SceneReady, TraceRemoved


def model_with_plot() -> Model:
    model = Model()
    scene = build_scene(
        geometry=None,
        display_values=np.empty(0),
        trace_values=np.empty((0, 0)),
        trace_segment_ids=(),
        trace_times=np.empty(0),
        trace_y_unit="nA",
    )
    model.apply([SceneReady(scene)])
    return model


def samples(t: float) -> FieldAppend:
    return FieldAppend(TRACE_FIELD_ID, ("x",), np.array([[2 * t]]), np.array([t]))


def test_samples_of_a_trace_that_was_never_added_are_shown(qtbot: QtBot) -> None:
    model = model_with_plot()
    model.apply([samples(1.0), samples(2.0)])
    assert list(model.traces) == ["x"]
    assert model.traces["x"].unit == "nA"


def test_late_samples_of_a_trace_that_was_removed_do_not_bring_it_back(qtbot: QtBot) -> None:
    model = model_with_plot()
    model.apply([samples(1.0), TraceRemoved("x"), samples(2.0)])
    assert list(model.traces) == []
