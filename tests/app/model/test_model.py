"""The window's model of a session, from its updates."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.model import Model
from app.palette import nearest_color_index, trace_color
from backends.field import Field
from backends.live.default_scene import TRACE_FIELD_ID, build_scene
from backends.messages import (
    Error,
    EventsAppend,
    FieldAppend,
    FieldReplace,
    ScenePatch,
    SceneReady,
    StatePatch,
    TraceAdded,
    TraceRemoved,
)
from backends.scene import Scene
from backends.views import RasterViewSpec, StateBinding, TracePlotViewSpec
from tests.app.viewport.cells import forest


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


def two_plots(series: object = None, window_ms: object = None) -> Model:
    """Return a model of two fields with a plot each, and a second plot of the first field."""
    model = Model()
    fields = [Field(id_, np.empty((0, 0)), ("trace", "time"), {}, unit) for id_, unit in UNITS]
    views = (
        TracePlotViewSpec("volts", "v", y_unit="mV"),
        TracePlotViewSpec("chosen", "v", series=series, window_ms=window_ms),
        TracePlotViewSpec("calcium", "ca", y_unit="mM"),
    )
    model.apply([SceneReady(Scene(fields=tuple(fields), views=views))])
    return model


UNITS = (("v", "mV"), ("ca", "mM"))


def appended(field_id: str, *rows: str) -> FieldAppend:
    return FieldAppend(field_id, rows, np.ones((len(rows), 1)), np.array([1.0]))


def shown(model: Model, view_id: str) -> tuple[str, ...]:
    view = model.view(view_id)
    assert isinstance(view, TracePlotViewSpec)
    return model.traces_of(view)


def test_each_plot_shows_the_traces_of_its_field_that_no_other_plot_names(qtbot: QtBot) -> None:
    model = two_plots(series=("b",))
    model.apply([appended("v", "a", "b"), appended("ca", "c")])
    model.apply([TraceAdded("d", None, np.empty(0), np.empty(0), field_id="ca")])
    assert [shown(model, id_) for id_ in ("volts", "chosen", "calcium")] == [
        ("a",),
        ("b",),
        ("c", "d"),
    ]
    assert model.traces["c"].unit == "mM"
    assert model.traces_in_no_plot() == ()


def test_two_fields_may_have_traces_of_one_name(qtbot: QtBot) -> None:
    model = two_plots()
    arrived: list[FieldAppend] = []
    model.samplesArrived.connect(arrived.append)
    model.apply([appended("v", "soma"), appended("ca", "soma")])
    assert [each.label for each in model.traces.values()] == ["soma", "soma"]
    assert [each.rows for each in arrived] == [("soma",), shown(model, "calcium")]
    model.apply([TraceRemoved("soma")])
    assert not model.traces


def test_the_series_of_a_plot_follow_the_state(qtbot: QtBot) -> None:
    model = two_plots(series=StateBinding("which"), window_ms=StateBinding("long"))
    changed: list[str] = []
    model.viewChanged.connect(changed.append)
    model.apply([appended("v", "a", "b"), StatePatch({"which": "b", "long": 20.0, "other": 1})])
    assert changed == ["chosen"]
    assert shown(model, "chosen") == ("b",)
    assert model.view("chosen").window_ms == 20.0
    model.apply([StatePatch({"which": ("a", "b")})])
    assert shown(model, "chosen") == ("a", "b")
    assert shown(model, "volts") == ()


@pytest.mark.parametrize("value", [-5.0, "long"])
def test_a_state_that_does_not_suit_a_view_is_reported_once_and_leaves_it(
    qtbot: QtBot, value: object
) -> None:
    model = two_plots(window_ms=StateBinding("long"))
    errors: list[Error] = []
    model.errorReported.connect(errors.append)
    model.apply([StatePatch({"long": 20.0}), *2 * [StatePatch({"long": value})]])
    assert [each.code for each in errors] == ["bad-number"]
    assert model.view("chosen").window_ms == 20.0


@pytest.mark.parametrize("change", [{"y_limits": 3}, {"y_limits": (2, 1)}, {"series": 5}])
def test_a_view_that_is_patched_with_nonsense_stays(
    qtbot: QtBot, change: dict[str, object]
) -> None:
    model = two_plots()
    errors: list[Error] = []
    model.errorReported.connect(errors.append)
    model.apply([ScenePatch(view_updates={"volts": change})])
    assert len(errors) == 1
    assert model.view("volts").y_limits is None


def test_samples_of_a_field_that_no_plot_shows_are_reported_once(qtbot: QtBot) -> None:
    model = two_plots()
    errors: list[Error] = []
    model.errorReported.connect(errors.append)
    model.apply(3 * [appended("sodium", "a")])
    assert [each.code for each in errors] == ["field-not-shown"]
    assert "sodium" in errors[0].message
    assert not model.traces


def test_values_of_another_shape_than_the_cell_are_reported_once(qtbot: QtBot) -> None:
    cell = forest(3)
    scene = build_scene(
        geometry=cell,
        display_values=np.zeros(3),
        trace_values=np.empty((0, 0)),
        trace_segment_ids=(),
        trace_times=np.empty(0),
    )
    model = Model()
    errors: list[Error] = []
    model.errorReported.connect(errors.append)
    model.apply([SceneReady(scene), *2 * [FieldReplace("display", np.zeros(5))]])
    assert [each.code for each in errors] == ["bad-shape"]
    assert len(model.values) == 3


def test_events_are_there_for_a_raster_that_is_made_later(qtbot: QtBot) -> None:
    model = Model()
    field = Field("spikes", np.zeros(2), ("row",))
    model.apply([SceneReady(Scene(fields=(field,), views=(RasterViewSpec("r", "spikes"),)))])
    model.apply([EventsAppend("spikes", [0, 1], [1.0, 2.0]), EventsAppend("spikes", [1], [3.0])])
    rows, times = model.events("spikes")
    assert rows.tolist() == [0, 1, 1]
    assert times.tolist() == [1.0, 2.0, 3.0]
    model.apply([EventsAppend("spikes", [], [], from_start=True)])
    assert not len(model.events("spikes")[0])


def test_a_trace_has_the_nearest_colour_that_no_other_of_its_field_has(qtbot: QtBot) -> None:
    model = Model()
    nothing = np.empty(0)
    wanted = {"a": "#ff8c00", "b": "#ffa000", "c": "not a colour"}
    for name, color in wanted.items():
        model.apply([TraceAdded(name, None, nothing, nothing, field_id="one", color=color)])
    model.apply([TraceAdded("d", None, nothing, nothing, field_id="two", color="#ff8c00")])
    a, b, c, d = (trace_color(each.color_index) for each in model.traces.values())
    assert a == d == trace_color(nearest_color_index("#ff8c00", set()) or 0)
    assert len({a, b, c}) == 3
