"""A morphology with values and no simulator: what it shows, and that it says why it does not run."""

from __future__ import annotations

import numpy as np
import pytest
from driving import of_kind
from ramp import line_geometry

from backends.errors import ProtocolError, RequestError
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    FieldReplace,
    ScenePatch,
    SetDisplayVariable,
    SetRunning,
    SetSpeed,
)
from backends.replay import StaticSession, StaticVariable
from resources import path_of


def test_the_first_variable_is_shown_with_its_unit_and_its_own_range() -> None:
    session = StaticSession(line_geometry(3), {"density": ([1.0, 2.0, 4.0], "1/µm²")})
    scene = session.initialize()
    view = scene.morphology_view
    assert view is not None
    assert (view.label, view.unit, view.color_limits) == ("density", "1/µm²", (1.0, 4.0))
    assert scene.field_by_id(view.field_id).values.tolist() == [1, 2, 4]
    assert scene.cannot_run
    assert not session.is_live()
    assert session.idle_sleep() is None


def test_another_variable_is_shown_on_request() -> None:
    session = StaticSession(
        line_geometry(3),
        {"a": [0, 0, 0], "b": StaticVariable(lambda g: g.path_distance, "µm", "Distance")},
    )
    session.initialize()
    session.handle(SetDisplayVariable("b"))
    patch, frame = session.read_updates()
    assert isinstance(patch, ScenePatch)
    assert patch.changes["views"][0].label == "Distance"
    assert isinstance(frame, FieldReplace)
    assert frame.values.tolist() == [0, 10, 20]
    with pytest.raises(RequestError) as caught:
        session.handle(SetDisplayVariable("c"))
    assert caught.value.code == "unknown-variable"


def test_what_needs_time_is_refused_and_what_a_window_always_sends_is_not() -> None:
    session = StaticSession(line_geometry(3), {"a": np.zeros(3)})
    session.initialize()
    for command in (SetRunning(True), CaptureTrace("soma[0](0.5)")):
        with pytest.raises(RequestError) as caught:
            session.handle(command)
        assert caught.value.code == "cannot-run"
    session.handle(SetSpeed(20.0))
    session.handle(EntityClicked("soma[0](0.5)"))
    assert not of_kind(FieldReplace, session.read_updates())


def test_an_swc_file_gets_its_segments_and_values_from_a_function() -> None:
    session = StaticSession(path_of("ball_and_stick"), {"d": lambda geometry: geometry.diameter})
    scene = session.initialize()
    assert scene.geometry is not None
    assert scene.geometry.n_segments > 2


def test_values_of_the_wrong_number_are_refused_with_both_numbers() -> None:
    with pytest.raises(ProtocolError, match="3 segments") as caught:
        StaticSession(line_geometry(3), {"a": [1, 2]}).initialize()
    assert caught.value.code == "bad-shape"
    with pytest.raises(ProtocolError) as caught:
        StaticSession(line_geometry(3), {})
    assert caught.value.code == "no-variable"
