"""`ss.source` and `ss.static`: a model of the author's own steps, with every kind of view and control."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.errors import ProtocolError, RequestError, SimulatorError, SourceError
from backends.inline.stepping import SourceStepper, Steps
from backends.layout import Split, Tabs
from backends.messages import (
    Error,
    EventsAppend,
    FieldReplace,
    InvokeAction,
    KeyPressed,
    Reset,
    RunStatus,
    SetControl,
    StatePatch,
    Status,
)
from backends.views import GridSlice, StateBinding, resolved
from tests.support.inline_scripts import opened

SINE = """
import math
import somascope as ss

src = ss.source(dt=16)
f = src.slider("Frequency (Hz)", 0.1, 5, value=1)
src.trace(lambda ctx: math.sin(2e-3 * math.pi * f.value * ctx.t), title="Sine", limits=(-1.1, 1.1))
ss.show(title="Sine wave")
raise AssertionError("show() ends the script")
"""


def test_a_sine_wave_is_five_lines_and_its_slider_changes_it(tmp_path: Path) -> None:
    with opened(tmp_path, SINE) as sine:
        assert sine.scene.title == "Sine wave"
        (view,) = sine.views.values()
        assert (view.title, view.y_limits, view.series) == ("Sine", (-1.1, 1.1), ("Sine",))
        sine.run(160)
        times, values = sine.trace("Sine")
        np.testing.assert_allclose(times, np.arange(11) * 16.0)
        np.testing.assert_allclose(values, np.sin(2e-3 * np.pi * times), atol=1e-12)
        assert sine.send(SetControl("frequency", 2.0)) == [StatePatch({"frequency": 2.0})]
        sine.run(16)
        assert sine.trace("Sine")[1][-1] == pytest.approx(np.sin(2e-3 * np.pi * 2 * 176))


ALL_VIEWS = """
import numpy as np
import somascope as ss

grid = np.zeros((3, 4))

def step():
    grid[:] += 1
    return {"mean": grid.mean(), "fired": [0, 2]}

def main():
    v = ss.source(step, reset=lambda: grid.fill(0), dt=2, steps_per_frame=2)
    mean = v.trace("mean", title="Mean (mV)", window_ms=50)
    at = v.slider("At", 0, 1, value=0.25)
    image = v.image(grid, title="Activity (mV)", x=np.arange(4) * 10.0, limits=(0, 9))
    surface = v.surface(image, title="Hill")
    cut = v.line(image, title="Cut", along="x", at=at)
    curves = v.line({"a": lambda: grid[0], "b": lambda: grid[1]}, title="Curves", x_label="Place (µm)")
    bars = v.bar({"lowest": lambda: grid.min(), "fixed": 7}, title="Bars", label="Value (mV)")
    raster = v.raster("fired", rows=["p", "q", "r"], window_ms=100)
    table = v.table({"max": lambda ctx: ctx.t}, title="Numbers", units={"max": "ms"})
    graph = v.graph({"C": lambda: 0.25, "O": lambda: 0.75}, {("C", "O"): lambda: 2.0}, title="Scheme")
    smooth = v.derive(lambda x: x.mean(axis=-1), over=mean, window=4, title="Smooth (mV)")
    ss.layout(((image, ss.tabs(surface, cut)), (ss.column(curves, bars, shares=(2, 1)),)))
    ss.show()

if __name__ == "__main__":
    main()
"""


def test_every_kind_of_view_reads_the_model_after_each_frame(tmp_path: Path) -> None:
    with opened(tmp_path, ALL_VIEWS) as model:
        scene = model.scene
        views = model.views
        kinds = {each.id: each.KIND for each in views.values()}
        assert list(kinds.values()) == [
            "traces", "image", "surface", "line", "line", "bar", "raster", "table", "state_graph",
            "traces",
        ]  # fmt: skip
        assert scene.title == "my_model"
        assert views["hill"].field_id == views["activity"].field_id
        assert views["cut"].slice == GridSlice("y", StateBinding("at"))
        assert (views["curves"].x_label, views["curves"].x_unit) == ("Place", "µm")
        assert views["mean"].y_unit == "mV"
        model.run(8)
        newest = {each.field_id: each for each in model.of(FieldReplace)}
        assert (newest[views["activity"].field_id].values == 4).all()
        assert newest[views["bars"].field_id].values.tolist() == [4, 7]
        assert newest[views["numbers"].field_id].values.tolist() == [8]
        assert newest[views["scheme"].edge_field_id].values.tolist() == [2]
        assert newest[views["curves"].field_id].values.shape == (2, 4)
        assert newest[views["events"].field_id].values.tolist() == [4, 0, 4]
        events = model.of(EventsAppend)
        assert events[0].from_start
        np.testing.assert_array_equal(
            np.concatenate([each.times for each in events]), [2, 2, 4, 4, 6, 6, 8, 8]
        )


def test_values_are_derived_over_windows_whatever_the_batches(tmp_path: Path) -> None:
    with opened(tmp_path, ALL_VIEWS) as model:
        model.run(2)
        model.run(8)
        times, values = model.trace("Smooth")
        np.testing.assert_array_equal(times, [2, 4, 6, 8, 10])  # the first full window ends at 2 ms
        np.testing.assert_array_equal(values, [np.nan, 1.5, 2.5, 3.5, 4.5])


def test_the_layout_is_the_author_s(tmp_path: Path) -> None:
    with opened(tmp_path, ALL_VIEWS) as model:
        assert model.scene.layout.root == Split(
            (
                Split(("activity", Tabs(("hill", "cut")))),
                Split(("curves", "bars"), "column", (2, 1)),
            ),
            "column",
        )


def test_reset_calls_the_author_s_function_and_begins_again(tmp_path: Path) -> None:
    with opened(tmp_path, ALL_VIEWS) as model:
        model.run(6)
        model.send(Reset())
        model.run(2)
        assert model.trace("mean")[0].tolist() == [0, 2]
        assert model.trace("mean")[1][-1] == 1
        assert [each.from_start for each in model.of(EventsAppend)].count(True) == 2


CONTROLS = """
import somascope as ss

class Model:
    gain = 1.0
    mode = 2

model, state, seen = Model(), {"noise": True, "name": "x"}, []

src = ss.source()
src.slider("Gain", model, "gain", 0.1, 10, log=True)
src.choice("Mode", {"slow": 1, "fast": 2}, model, "mode")
src.check("Noise", state, "noise")
src.text("Name", state, "name")
src.slider("Own", 0, 9, get=lambda: len(seen), set=lambda ctx, value: seen.append((ctx.t, value)), integer=True)

def double(ctx):
    model.gain *= 2
    ctx.show_status("doubled")

src.button("Double", double, key="D")
src.hotkey("W", lambda: seen.append("w"))
src.on_key(lambda key: seen.append(key) if key == "K" else False)
src.bar({"gain": lambda: model.gain, "mode": lambda: model.mode, "seen": lambda: len(seen)})
"""


def test_controls_change_their_targets_and_show_what_these_have(tmp_path: Path) -> None:
    with opened(tmp_path, CONTROLS) as model:
        defaults = {each.id: each.value_spec.default for each in model.scene.controls}
        assert defaults == {"gain": 1.0, "mode": "fast", "noise": True, "name": "x", "own": 0}
        assert StatePatch({"mode": "slow"}) in model.send(SetControl("mode", "slow"))
        assert model.send(SetControl("noise", False)) == [StatePatch({"noise": False})]
        model.send(SetControl("own", 3))
        updates = model.send(InvokeAction("double"))
        patches = [each.values for each in updates if isinstance(each, StatePatch)]
        assert any(each.get("gain") == 2.0 for each in patches)
        assert any(isinstance(each, Status) and each.message == "doubled" for each in updates)
        model.send(KeyPressed("D"))
        for key in ("w", "K", "J"):
            model.send(KeyPressed(key))
        model.run(1)
        assert model.of(FieldReplace)[-1].values.tolist() == [4.0, 1, 3]


def test_a_function_that_fails_is_reported_with_the_author_s_line_and_the_model_goes_on(
    tmp_path: Path,
) -> None:
    text = """
    import somascope as ss
    src = ss.source()
    src.button("Divide", lambda: 1 / 0)
    src.bar({"a": lambda ctx: 1 / (1 - (ctx.t > 1))})
    """
    with opened(tmp_path, text) as model:
        (error,) = model.send(InvokeAction("divide"))
        assert error.code == "hook-failed"
        assert "my_model.py, line 4" in error.message
        model.run(5)
        errors = model.of(Error)[1:]
        assert [each.code for each in errors] == ["hook-failed"]  # once, not five times
        assert "my_model.py, line 5" in errors[0].message
        assert model.of(RunStatus)[-1].time_ms == 5


def test_a_step_that_fails_stops_the_run_with_the_author_s_line_first(tmp_path: Path) -> None:
    text = """
    import somascope as ss
    def step(ctx):
        if ctx.t > 2:
            raise ValueError("too far")
    ss.source(step).trace(lambda ctx: ctx.t)
    """
    with opened(tmp_path, text) as model:
        model.run(9)
        (error,) = model.of(Error)
        assert error.code == "step-failed"
        assert error.message.startswith("my_model.py, line 5: ")
        assert not model.of(RunStatus)[-1].running


GENERATOR = """
import somascope as ss
def steps():
    for i in range(3):
        yield {"x": 10 * i}
ss.source(steps).trace("x")
"""


def test_a_generator_is_stepped_to_its_end_and_begun_again(tmp_path: Path) -> None:
    with opened(tmp_path, GENERATOR) as model:
        for _ in range(2):
            model.run(10)
            assert model.of(RunStatus)[-1].finished
            times, values = model.trace("x")
            assert times.tolist() == [0, 1, 2, 3]
            assert values[1:].tolist() == [0, 10, 20]
            model.send(Reset())


def test_an_iterator_cannot_be_begun_again() -> None:
    stepper = SourceStepper(Steps(iter([1, 2]), None), 0)
    stepper.reset(None)
    with pytest.raises(RequestError) as caught:
        stepper.reset(None)
    assert caught.value.code == "no-reset"


def test_a_static_cell_has_a_value_for_each_segment(tmp_path: Path) -> None:
    text = """
    import somascope as ss
    from resources import path_of
    view = ss.static(path_of("ball_and_stick"))
    view.morphology(view.geometry.path_distance, label="Distance", unit="µm")
    """
    with opened(tmp_path, text) as model:
        (view,) = model.views.values()
        assert (view.label, view.unit) == ("Distance", "µm")
        assert view.color_limits == (0.0, pytest.approx(405, abs=30))
        values = model.scene.field_by_id(view.field_id).values
        np.testing.assert_allclose(values, model.scene.geometry.path_distance, rtol=1e-6)


@pytest.mark.parametrize(
    ("line", "code", "keyword"),
    [
        ('src.slider("A", object(), "amp", 0, 1)', "unknown-target", "amp"),
        ('src.slider("A", 0, 1, get=lambda: 0)', "no-setter", "set="),
        ('src.slider("A")', "bad-slider", "lowest"),
        ('src.slider("A", 2, 1, value=1)', "bad-range", "min"),
        ('src.choice("A", [])', "no-options", "choose"),
        ('src.button("A", 3)', "bad-callback", "function"),
        ("src.trace()", "no-traces", "record"),
        ("src.trace(3)", "bad-source", "lambda"),
        ('src.morphology("v")', "no-geometry", "geometry"),
        ('src.line(src.trace("x"))', "no-grid", "image"),
        ('src.derive(len, over="y")', "unknown-trace", "y"),
        ("src.image(None)", "bad-source", "numbers"),
        ("src.image([[1]], limits=(2, 1))", "bad-range", "order"),
        ('src.graph({"C": 1}, [("C", "O")])', "unknown-state", "O"),
        ("ss.layout((3,))", "bad-layout", "view"),
        ('ss.layout(((src.slider("A", 0, 1),),))', "bad-layout", "Controls dock"),
        ('ss.layout(((src.button("A", len),),))', "bad-layout", "not a view"),
        ('a = src.trace("x"); ss.layout(((a, a),))', "bad-layout", "twice"),
        ('a = src.trace("x"); ss.layout((a,)); ss.layout((a,))', "second-layout", "before"),
        ('src.trace("selected")', "no-geometry", "click"),
        ("src.controls", "import-failed", "controls"),
        ("ss.source()", "second-view", "one model"),
        ("ss.static()", "second-view", "one model"),
        ("ss.neuron()", "second-view", "one model"),
        ("ss.source(dt=0)", "bad-number", "dt"),
    ],
)
def test_a_mistake_is_refused_at_its_line(
    tmp_path: Path, line: str, code: str, keyword: str
) -> None:
    with (
        pytest.raises(SourceError) as caught,
        opened(tmp_path, f"import somascope as ss\nsrc = ss.source()\n{line}\n"),
    ):
        pass
    assert caught.value.code == code
    assert str(caught.value).startswith("my_model.py, line 3: ")
    assert keyword in str(caught.value)


def test_names_that_do_not_fit_the_values_are_refused_with_the_line(tmp_path: Path) -> None:
    text = """
    import somascope as ss
    src = ss.source()
    src.table(
        [1, 2, 3], rows=["a", "b"])
    """
    with pytest.raises(ProtocolError) as caught, opened(tmp_path, text):
        pass
    assert caught.value.code == "bad-shape"
    assert caught.value.message.startswith("Table: ")
    assert "my_model.py, line 4" in caught.value.message


def test_attributes_of_views_follow_controls(tmp_path: Path) -> None:
    text = """
    import somascope as ss
    src = ss.source()
    length = src.slider("Length (ms)", 10, 500, value=100)
    low = src.choice("Range", {"small": (0, 1), "large": (0, 10)})
    src.trace(lambda ctx: ctx.t, label="Time (ms)", window_ms=length, limits=low)
    src.pad("Place", ("x (µm)", 0, 10), ("y", -1, 1), value=(2, 0.5)).value
    """
    with opened(tmp_path, text) as model:
        (view,) = model.views.values()
        assert (view.window_ms, view.y_limits) == (
            StateBinding("length"),
            StateBinding("range value"),
        )
        state: dict[str, Any] = {}
        for each in model.of(StatePatch):
            state |= each.values
        assert resolved(view, state).y_limits == (0, 1)
        for each in model.send(SetControl("range", "large")):
            state |= each.values
        assert resolved(view, state).y_limits == (0, 10)
        assert (view.y_label, view.y_unit) == ("Time", "ms")
        pad = model.scene.controls[-1]
        assert pad.value_spec.default == {"x": 2.0, "y": 0.5}
        assert pad.value_spec.x_unit == "µm"


def test_what_a_control_sets_is_what_the_author_reads(tmp_path: Path) -> None:
    text = """
    import somascope as ss
    src = ss.source()
    place = src.pad("Place", ("x", 0, 10), ("y", -1, 1))
    kind = src.choice("Kind", {"a": 3, "b": 4})
    src.bar({"x": lambda: place.value[0], "kind": lambda: kind.value})
    """
    with opened(tmp_path, text) as model:
        model.send(SetControl("place", {"x": 7, "y": 0}))
        model.send(SetControl("kind", "b"))
        model.run(1)
        assert model.of(FieldReplace)[-1].values.tolist() == [7, 4]
        with pytest.raises(RequestError) as caught:
            model.send(SetControl("place", {"x": 11, "y": 0}))
        assert caught.value.code == "out-of-range"


def test_derived_values_of_a_wrong_shape_are_reported_once(tmp_path: Path) -> None:
    text = """
    import somascope as ss
    src = ss.source()
    src.derive(lambda x: x[1:], over=src.trace(lambda ctx: ctx.t), title="D")
    """
    with opened(tmp_path, text) as model:
        model.run(3)
        (error,) = model.of(Error)
        assert (error.code, "shape" in error.message) == ("hook-failed", True)


def test_a_step_error_is_a_simulator_error() -> None:
    def step() -> None:
        raise KeyError("x")

    stepper = SourceStepper(Steps(step, None), 0)
    with pytest.raises(SimulatorError) as caught:
        stepper.step(1)
    assert caught.value.code == "step-failed"
