"""`ss.neuron`: the model that a script has built, with NEURON's own units, step, recordings and spikes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import somascope as ss
from backends.errors import ProtocolError, SimulatorError, SourceError
from backends.inline import registry
from backends.messages import (
    EntityClicked,
    Error,
    EventsAppend,
    FieldReplace,
    InvokeAction,
    Reset,
    RunFor,
    SetControl,
    StatePatch,
)
from backends.neuron.simulator import all_sections, load_neuron
from backends.sources.source import SessionSource
from tests.support.inline_scripts import BALL_AND_STICK, Opened, opened, written

SHOWN = f"""{BALL_AND_STICK}
view = ss.neuron()
cell = view.morphology("v", limits=(-90, 50))
gate = view.morphology("m_hh")
volt = view.trace(soma(0.5)._ref_v, dend(0.5), title="Voltage (mV)", limits=(-90, 50))
current = view.trace({{"clamp": stim._ref_i}})
difference = view.derive(lambda a, b, t: a - b + 0 * t, over=volt, title="Difference (mV)")
view.slider("Amplitude", stim, "amp", 0, 2)
view.slider("Sodium (S/cm2)", [soma], "gnabar_hh", 0.01, 1, log=True)
view.button("Off", lambda: setattr(stim, "amp", 0), key="O")
view.bar({{"m": soma(0.5)._ref_m_hh, "h": soma(0.5)._ref_h_hh}}, title="Gates", limits=(0, 1))
view.raster([soma, dend(1)], threshold=-20)
ss.layout(((cell, volt), (current, difference)))
ss.show(title="Ball and stick")
"""


def by_name(model: Opened) -> dict[str, object]:
    return dict(model.scene.facts)


def test_a_script_shows_what_it_asked_for_and_nothing_else(tmp_path: Path) -> None:
    with opened(tmp_path, SHOWN) as model:
        views = model.views
        assert [each.KIND for each in views.values()] == [
            "morphology", "morphology", "traces", "traces", "traces", "bar", "raster",
        ]  # fmt: skip
        assert views["morphology"].color_limits == (-90, 50)
        assert (views["cell-m_hh"].field_id, views["cell-m_hh"].label) == ("m_hh", "m (hh)")
        assert views["voltage"].series == ("soma(0.5).v", "dend(0.5)")
        assert (views["voltage"].y_label, views["voltage"].y_unit) == ("Membrane potential", "mV")
        assert (views["clamp"].series, views["clamp"].y_unit) == (("clamp",), "nA")
        units = {each.id: each.value_spec.unit for each in model.scene.controls}
        assert units == {"amplitude": "nA", "sodium": "S/cm2"}
        assert model.scene.title == "Ball and stick"
        assert model.scene.layout.root is not None


def test_recordings_have_every_step_of_neuron_s_own_dt_and_equal_neuron_s_run(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, SHOWN) as model:
        model.run(3)
        model.run(2)
        times, values = model.trace("soma(0.5).v")
        assert len(times) == 201  # 0.025 ms, and not Somascope's 0.1 ms
        assert "h.dt" in by_name(model)["Step (dt)"]
        _, other = model.trace("dend(0.5)")
        _, difference = model.trace("Difference")
        np.testing.assert_array_equal(difference, values - other)
        newest = {each.field_id: each for each in model.of(FieldReplace)}
        assert newest["m_hh"].values.shape == (6,)
        assert newest[model.views["gates"].field_id].values[0] == pytest.approx(
            newest["m_hh"].values[0], rel=1e-6
        )
    h = load_neuron()
    soma, dend = h.Section(name="soma"), h.Section(name="dend")
    soma.L = soma.diam = 20
    dend.L, dend.diam, dend.nseg = 200, 2, 5
    dend.connect(soma(1))
    soma.insert("hh")
    dend.insert("pas")
    stim = h.IClamp(soma(0.5))
    stim.delay, stim.dur, stim.amp = 1, 1e9, 0.5
    recorded = h.Vector().record(soma(0.5)._ref_v)
    h.dt = 0.025
    h.finitialize(-65)
    for _ in range(200):
        h.fadvance()
    np.testing.assert_array_equal(values, np.array(recorded))


def test_segments_name_their_traces_in_lists_too(tmp_path: Path) -> None:
    text = f"{BALL_AND_STICK}v = ss.neuron()\nv.trace(list(dend)[:2], *[soma(0.5), dend(1)])\n"
    with opened(tmp_path, text) as model:
        (view,) = model.views.values()
        assert view.series == ("dend(0.1)", "dend(0.3)", "soma(0.5)", "dend(1)")


def test_a_label_names_one_trace_and_several_names_are_no_axis(tmp_path: Path) -> None:
    text = f"""{BALL_AND_STICK}
view = ss.neuron()
view.trace(soma(0.5)._ref_v, label="V soma")
view.trace({{"m": soma(0.5)._ref_m_hh, "h": soma(0.5)._ref_h_hh}})
view.trace({{"Na": soma(0.5)._ref_ina, "K": soma(0.5)._ref_ik}}, label="Current")
view.trace(soma(0.5), dend(1), label="V (mV)")
"""
    with opened(tmp_path, text) as model:
        one, gates, currents, both = model.views.values()
        assert (one.series, one.y_label, one.y_unit) == (("V soma",), "V soma", "mV")
        assert (gates.title, gates.y_label, gates.series) == ("m, h", "", ("m", "h"))
        assert (currents.y_label, currents.y_unit) == ("Current", "mA/cm2")
        assert (both.series, both.y_label, both.y_unit) == (("soma(0.5)", "dend(1)"), "V", "mV")


def test_spikes_are_neuron_s_and_begin_again_after_a_reset(tmp_path: Path) -> None:
    with opened(tmp_path, SHOWN) as model:
        model.run(8)
        first = np.concatenate([each.times for each in model.of(EventsAppend)])
        rows = np.concatenate([each.rows for each in model.of(EventsAppend)])
        assert set(rows.tolist()) <= {0, 1}
        assert len(first) >= 1
        model.send(Reset())
        assert model.of(EventsAppend)[-1].from_start
        seen = len(model.of(EventsAppend))
        model.run(8)
        again = np.concatenate([each.times for each in model.of(EventsAppend)[seen:]])
        np.testing.assert_array_equal(again, first)


def test_controls_change_the_model_and_follow_it(tmp_path: Path) -> None:
    with opened(tmp_path, SHOWN) as model:
        assert StatePatch({"amplitude": 1.5}) in model.send(SetControl("amplitude", 1.5))
        assert list(load_neuron().List("IClamp"))[-1].amp == 1.5
        updates = model.send(InvokeAction("off"))
        assert StatePatch({"amplitude": 0.0}) in updates
        model.send(SetControl("sodium", 0.5))
        assert next(iter(all_sections(load_neuron()))).gnabar_hh == 0.5


def test_clicks_call_the_author_and_show_in_the_plot_of_selected_segments(tmp_path: Path) -> None:
    text = f"""{BALL_AND_STICK}
    view = ss.neuron([soma, dend], v_init=-70, dt=0.05)
    view.morphology()
    view.trace("selected", start=soma(0.5), window_ms=100)
    seen = []
    view.on_click(lambda segment, ctx: ctx.show_status(f"{{segment}} {{ctx.t}}"))
    """.replace("\n    ", "\n")
    with opened(tmp_path, text) as model:
        assert list(model.views) == ["morphology", "trace"]
        assert model.views["trace"].series is None
        assert model.trace("soma(0.5)")[1].tolist() == [-70]
        updates = model.send(EntityClicked("dend(0.5)"))
        assert any(getattr(each, "message", "") == "dend(0.5) 0.0" for each in updates)
        assert model.trace("dend(0.5)")[1].tolist() == [-70]


def test_the_script_s_own_settings_stand(tmp_path: Path) -> None:
    text = BALL_AND_STICK + "h.celsius, h.dt = 20, 0.05\nss.neuron().trace(soma(0.5))\n"
    with opened(tmp_path, text) as model:
        assert by_name(model)["Temperature"].startswith("20 ")
        model.run(1)
        assert len(model.trace("soma(0.5)")[0]) == 21
    assert load_neuron().celsius == 6.3


def test_the_model_of_a_script_ends_with_its_session_and_is_built_again(tmp_path: Path) -> None:
    for _ in range(2):
        with opened(tmp_path, SHOWN):
            assert len(all_sections(load_neuron())) == 2
        assert all_sections(load_neuron()) == []


def test_a_model_built_in_a_function_stays_alive(tmp_path: Path) -> None:
    body = "".join(f"    {line}\n" for line in SHOWN.splitlines() if "import" not in line)
    text = (
        "import somascope as ss\nfrom neuron import h\n\n"
        f"def main():\n{body}\nif __name__ == '__main__':\n    main()\n"
    )
    with opened(tmp_path, text) as model:
        model.run(5)
        assert model.trace("clamp")[1].max() == 0.5
        assert model.of(Error) == []


def test_a_model_that_was_typed_in_stays_after_its_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    registry.start_again()
    h = load_neuron()
    soma = h.Section(name="soma")
    h.celsius, h.dt = 30, 0.05
    view = ss.neuron()
    view.trace(soma(0.5))
    for _ in range(2):  # as after Restart
        session = registry.registry().session_class("Model", "__main__")()
        session.initialize()
        session.handle(RunFor(1.0))
        while session.is_live():
            session.advance()
        session.shutdown()
        assert (h.celsius, h.dt, h.t) == (30, 0.05, pytest.approx(1))
        assert all_sections(h) == [soma]
    registry.start_again()
    h.celsius, h.dt = 6.3, 0.025


def test_a_second_session_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with opened(tmp_path, SHOWN) as model:
        other = SessionSource.parse(str(written(tmp_path, SHOWN, "other.py"))).create()
        with pytest.raises(SimulatorError) as caught:
            other.initialize()
        other.shutdown()
        assert caught.value.code == "session-alive"
        assert len(all_sections(load_neuron())) == 2
        model.run(1)
        assert model.of(Error) == []


@pytest.mark.parametrize(
    ("line", "code", "keyword"),
    [
        ("view.trace(soma(0.5).v)", "bad-source", "_ref_v"),
        ("view.trace(soma)", "bad-source", "_ref_v"),
        ("view.trace(lambda: soma(0.5).v)", "bad-source", "no functions"),
        ("ss.neuron()", "second-view", "one model"),
        ('view.slider("A", stim, "ampl", 0, 1)', "unknown-target", "ampl"),
        ("view.raster([soma, 3])", "bad-source", "segment"),
        ('view.morphology("v"); view.morphology("v")', "repeated-view", "already"),
        ("ss.show()", "no-views", "morphology"),
        ("view.morphology(soma)", "bad-source", "name of a variable"),
        ("view.layout(1)", "import-failed", "ss.layout"),
        ("view.plot(soma)", "import-failed", "trace"),
        ('view.slider("A", 0, 1, stim, "amp")', "bad-slider", "object"),
        ("ss.neuron([soma(0.5)])", "bad-source", "sections"),
    ],
)
def test_a_mistake_is_refused_at_its_line(
    tmp_path: Path, line: str, code: str, keyword: str
) -> None:
    text = f"{BALL_AND_STICK}view = ss.neuron()\n{line}\n"
    with pytest.raises(SourceError) as caught, opened(tmp_path, text):
        pass
    assert caught.value.code == code
    assert str(caught.value).startswith(f"my_model.py, line {text.count(chr(10))}: ")
    assert keyword in str(caught.value)


def test_a_script_without_sections_is_told_so(tmp_path: Path) -> None:
    text = "import somascope as ss\nfrom neuron import h\nss.neuron().morphology()\n"
    with pytest.raises(SimulatorError) as caught, opened(tmp_path, text):
        pass
    assert caught.value.code == "no-sections"


def test_a_variable_that_the_model_has_not_is_refused(tmp_path: Path) -> None:
    text = BALL_AND_STICK + 'view = ss.neuron()\nview.morphology()\nview.morphology("m_kv")\n'
    with pytest.raises(ProtocolError) as caught, opened(tmp_path, text):
        pass
    assert caught.value.code == "unknown-variable"
    assert "m_kv" in str(caught.value)


@pytest.mark.parametrize(("argument", "first_ms"), [("", 0.0), ("history=False", 5.0)])
def test_a_click_shows_the_past_unless_no_history_is_wanted(
    tmp_path: Path, argument: str, first_ms: float
) -> None:
    text = f"{BALL_AND_STICK}\nview = ss.neuron({argument})\nview.morphology('v')\n"
    with opened(tmp_path, text) as model:
        model.run(5)
        model.send(EntityClicked("dend(0.5)"))
        times, values = model.trace("dend(0.5)")
        assert times[0] == pytest.approx(first_ms)
        assert len(times) == len(values)
