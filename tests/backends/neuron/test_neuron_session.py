"""What an author's NEURON session does: scene, hooks, commands, history, errors, clean ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from driving import of_kind
from neuron_bench import Built, finish, hoc, run_for, running, spiking_pair

from backends.controls import ActionSpec, ControlSpec, ScalarValueSpec
from backends.errors import ProtocolError, RequestError, SimulatorError
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    Error,
    FieldAppend,
    FieldReplace,
    InvokeAction,
    KeyPressed,
    RemoveTrace,
    Reset,
    RunStatus,
    ScenePatch,
    SetControl,
    SetDisplayVariable,
    SetRunning,
    SetSpeed,
    StatePatch,
    StepOnce,
    StopSession,
    TraceAdded,
    TraceRemoved,
)
from backends.neuron import NeuronSceneBuilder, NeuronSession

pytest.importorskip("neuron")


@pytest.fixture(autouse=True)
def clean_process() -> Iterator[None]:
    """Check that every test leaves NEURON as it was."""
    yield
    assert [section.name() for section in hoc().allsec()] == []
    assert (hoc().dt, hoc().celsius) == (0.025, 6.3)


def test_importing_the_package_does_not_import_neuron() -> None:
    code = "import sys, backends.neuron; sys.exit('neuron' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_session_starts_paused_at_zero_with_a_scene_of_its_segments() -> None:
    session = Built(title="A pair")
    try:
        scene = session.initialize()
        assert (scene.title, scene.backend, scene.dt_ms) == ("A pair", "NEURON", 0.1)
        assert scene.geometry is not None
        assert scene.geometry.segment_ids == tuple(
            str(segment) for section in session.sections for segment in section
        )
        field = scene.field_by_id(NeuronSceneBuilder.DISPLAY_FIELD_ID)
        assert field.unit == "mV"
        np.testing.assert_array_equal(field.values, np.full(13, -65.0, np.float32))
        assert scene.morphology_view is not None
        assert scene.morphology_view.color_limits == (-80, 40)
        assert scene.display_variables[0].name == "v"
        assert {"m_hh", "ina", "g_pas"} <= {each.name for each in scene.display_variables}
        assert (session.is_live(), session.idle_sleep(), session.t) == (False, None, 0.0)
        status = of_kind(RunStatus, session.read_updates())[-1]
        assert (status.time_ms, status.running, status.steps) == (0.0, False, 0)
    finally:
        session.shutdown()


def test_a_session_may_start_running() -> None:
    session = Built()
    session.start_running = True
    with running(session):
        assert session.is_live()
        assert session.idle_sleep() == 0.0


def test_each_batch_sends_one_frame_and_where_it_is() -> None:
    with running(session := Built()):
        session.handle(SetRunning(True))
        session.read_updates()
        session.advance()
        updates = session.read_updates()
        (frame,), (status,) = of_kind(FieldReplace, updates), of_kind(RunStatus, updates)
        assert frame.values.dtype == np.float32
        assert frame.values.shape == (13,)
        assert frame.time_ms == status.time_ms == session.t > 0
        assert status.running
        assert status.steps == session.run_control.steps


def test_a_slow_motion_session_waits_between_batches() -> None:
    session = Built()
    session.run_control.clock = lambda: 50.0
    with running(session):
        session.handle(SetSpeed(1.0))
        session.handle(SetRunning(True))
        assert not session.is_live()
        assert session.idle_sleep() == pytest.approx(0.1, rel=0.01)
        session.run_control.clock = lambda: 50.101
        assert session.is_live()
        session.advance()
        assert session.run_control.steps == 1


# -------------------------------------------------------------------------------------- traces


def test_on_demand_a_trace_begins_at_the_click_with_the_value_now() -> None:
    with running(session := Built(dt=0.025)):
        run_for(session, 5.0)
        session.handle(EntityClicked("dend(0.5)"))
        (added,) = of_kind(TraceAdded, session.read_updates())
        assert added.trace_id == added.segment_id == "dend(0.5)"
        assert added.times.tolist() == [session.t]
        assert added.values[0] == np.float32(session.sections[2](0.5).v)
        assert (added.unit, added.note) == ("mV", "history begins at 5 ms")


def test_a_full_ring_that_has_wrapped_says_where_history_begins() -> None:
    session = Built(dt=0.025, history_capture_mode=NeuronSession.HISTORY_CAPTURE_FULL)
    session.history_bytes = 100_000
    with running(session):
        run_for(session, 400.0)
        session.handle(CaptureTrace("soma(0.5)"))
        (added,) = of_kind(TraceAdded, session.read_updates())
        assert added.times[0] > 100
        assert added.note == f"history begins at {added.times[0]:.4g} ms"
        np.testing.assert_allclose(np.diff(added.times), 0.1, rtol=1e-6)
        assert session.history.nbytes <= 100_000


def test_a_second_click_adds_nothing_and_a_removed_trace_gets_no_samples() -> None:
    with running(session := Built(history_capture_mode="full")):
        session.handle(EntityClicked("soma(0.5)"))
        session.handle(EntityClicked("soma(0.5)"))
        session.handle(CaptureTrace("dend(0.1)"))
        assert len(of_kind(TraceAdded, session.read_updates())) == 2
        session.handle(RemoveTrace("soma(0.5)"))
        updates = session.read_updates() + run_for(session, 2.0)
        assert of_kind(TraceRemoved, updates) == [TraceRemoved("soma(0.5)")]
        assert {each.rows for each in of_kind(FieldAppend, updates)} == {("dend(0.1)",)}


def test_after_reset_chosen_traces_stay_and_restart_with_present_parameters() -> None:
    with running(session := Built(history_capture_mode="full")):
        session.handle(CaptureTrace("soma(0.5)"))
        run_for(session, 10.0)
        session.sections[0](0.5).hh.gnabar = 0.0
        session.handle(Reset())
        updates = session.read_updates()
        (added,) = of_kind(TraceAdded, updates)
        assert (added.times.tolist(), added.values.tolist()) == ([0.0], [-65.0])
        assert of_kind(RunStatus, updates)[-1].steps == 0
        assert max(max(each.values[0]) for each in of_kind(FieldAppend, run_for(session, 10))) < 0


def test_another_variable_is_shown_with_its_unit_and_nan_where_a_segment_lacks_it() -> None:
    with running(session := Built(dt=0.025, history_capture_mode="full")):
        session.handle(CaptureTrace("soma(0.5)"))
        run_for(session, 5.0)
        session.handle(SetDisplayVariable("m_hh"))
        updates = session.read_updates()
        (patch,) = of_kind(ScenePatch, updates)
        view, plot = patch.changes["views"]
        assert (view.label, view.unit, view.color_limits) == ("m (hh)", "", (0.0, 1.0))
        assert (plot.y_label, plot.y_unit) == ("Membrane potential", "mV")
        (frame,) = of_kind(FieldReplace, updates)
        assert np.isnan(frame.values[8:]).all()
        assert frame.values[0] == np.float32(session.sections[0](0.5).m_hh)
        assert of_kind(TraceAdded, updates) == []  # the traces of v go on
        session.handle(CaptureTrace("soma(0.5)"))
        (added,) = of_kind(TraceAdded, session.read_updates())
        assert (added.trace_id, added.segment_id) == ("soma(0.5).m_hh", "soma(0.5)")
        assert (added.unit, added.quantity) == ("", "m (hh)")
        assert added.values.tolist() == [frame.values[0]]
        assert not of_kind(Error, run_for(session, 1.0))
        with pytest.raises(RequestError, match=r"'nosuch'.* v, "):
            session.handle(SetDisplayVariable("nosuch"))


def samples_of(trace_id: str, updates: list[Any]) -> tuple[list[float], list[float]]:
    """Return times and values of a trace as a window collects them: a `TraceAdded` replaces what was there."""
    times: list[float] = []
    values: list[float] = []
    for update in updates:
        if isinstance(update, TraceAdded) and update.trace_id == trace_id:
            times, values = update.times.tolist(), update.values.tolist()
        elif isinstance(update, FieldAppend) and trace_id in update.rows:
            times += update.coord_values.tolist()
            values += update.values[update.rows.index(trace_id)].tolist()
    return times, values


@pytest.mark.parametrize("mode", ["full", "on_demand"])
def test_a_trace_keeps_its_variable_whatever_colours_the_cell(mode: str) -> None:
    """Against a run that shows v all the time, and NEURON's own values of m."""
    with running(session := Built(dt=0.025, history_capture_mode=mode)):
        session.handle(CaptureTrace("soma(0.5)"))
        plain = session.read_updates() + run_for(session, 20.0)
    with running(session := Built(dt=0.025, history_capture_mode=mode)):
        session.handle(CaptureTrace("soma(0.5)"))
        updates = session.read_updates() + run_for(session, 5.0)
        session.handle(SetDisplayVariable("m_hh"))
        session.handle(EntityClicked("soma(0.5)"))
        updates += session.read_updates() + run_for(session, 5.0)
        assert samples_of("soma(0.5).m_hh", updates)[1][-1] == np.float32(
            session.sections[0](0.5).m_hh
        )
        session.handle(SetDisplayVariable("v"))
        updates += session.read_updates() + run_for(session, 10.0)
        session.handle(RemoveTrace("soma(0.5).m_hh"))
        updates += session.read_updates()
        assert of_kind(TraceRemoved, updates) == [TraceRemoved("soma(0.5).m_hh")]
        later = run_for(session, 1.0)
        assert {each.rows for each in of_kind(FieldAppend, later)} == {("soma(0.5)",)}
    assert samples_of("soma(0.5)", updates) == samples_of("soma(0.5)", plain)
    times, values = samples_of("soma(0.5).m_hh", updates)
    np.testing.assert_allclose(times, np.arange(51, 202) * 0.1 - 0.1, atol=1e-9)
    with running(session := Built(dt=0.025, history_capture_mode=mode)):
        session.handle(SetDisplayVariable("m_hh"))
        session.handle(CaptureTrace("soma(0.5)"))
        all_of_m = samples_of("soma(0.5).m_hh", session.read_updates() + run_for(session, 20.0))
    assert values == all_of_m[1][50:]


def test_in_full_mode_any_segment_has_its_past_in_the_variable_shown_and_in_v() -> None:
    with running(session := Built(dt=0.025, history_capture_mode="full")):
        session.handle(SetDisplayVariable("m_hh"))
        updates = session.read_updates() + run_for(session, 5.0)
        session.handle(CaptureTrace("soma(0.5)"))
        session.handle(CaptureTrace("soma(0.5)", "v"))
        updates += session.read_updates()
        for trace_id in ("soma(0.5)", "soma(0.5).m_hh"):
            times, values = samples_of(trace_id, updates)
            assert (times[0], len(times)) == (0.0, 51), trace_id
            assert np.isfinite(values).all()
        session.handle(Reset())
        updates = session.read_updates() + run_for(session, 1.0)
        for trace_id in ("soma(0.5)", "soma(0.5).m_hh"):
            np.testing.assert_allclose(
                samples_of(trace_id, updates)[0], np.arange(11) * 0.1, atol=1e-9
            )
        with pytest.raises(RequestError, match="nosuch"):
            session.handle(CaptureTrace("soma(0.5)", "nosuch"))


def test_what_does_not_exist_is_refused_by_name() -> None:
    with running(session := Built()):
        for command, word in (
            (EntityClicked("soma(0.7)"), "'soma\\(0.7\\)'"),
            (RemoveTrace("soma(0.5)"), "trace 'soma\\(0.5\\)'"),
            (SetControl("gain", 1.0), "control 'gain'"),
            (InvokeAction("fly"), "action 'fly'"),
        ):
            with pytest.raises(RequestError, match=word):
                session.handle(command)


# --------------------------------------------------------------------------------------- hooks


class Hooked(Built):
    """Records which hooks were called, in order."""

    capture = True

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Any] = []
        self.gain = 0.0

    def control_specs(self) -> dict[str, ControlSpec]:
        names = ("gain", "broken", "unknown")
        spec = ScalarValueSpec(0.0, -1.0, 1.0, "nA")
        return {name: ControlSpec(name, name.capitalize(), spec) for name in names}

    def action_specs(self) -> list[ActionSpec]:
        return [
            ActionSpec("zap", "Zap", {"amp": 1}, shortcuts=("Z",)),
            ActionSpec("unhandled", "Unhandled"),
        ]

    def apply_control(self, control_id: str, value: Any) -> bool:
        self.calls.append(("control", control_id, value))
        if control_id == "broken":
            raise ZeroDivisionError("a mistake")
        return super().apply_control(control_id, value)

    def should_capture_trace_on_click(self, entity_id: str, context: Any) -> bool:
        self.calls.append(("should", entity_id, context.entity_info()["section"]))
        return self.capture

    def on_entity_clicked(self, entity_id: str, context: Any) -> bool:
        self.calls.append(("clicked", context.selected_entity_id, self.history.captured))
        context.set_state("chosen", entity_id)
        return True

    def on_key_press(self, key: str, context: Any) -> bool:
        self.calls.append(("key", key))
        return key == "W"

    def apply_action(self, action_id: str, payload: Any) -> bool:
        self.calls.append(("action", action_id, payload))
        return action_id == "zap"


def test_a_click_calls_should_capture_then_captures_then_calls_on_clicked() -> None:
    with running(session := Hooked()):
        session.handle(EntityClicked("soma(0.5)"))
        assert session.calls == [("should", "soma(0.5)", "soma"), ("clicked", "soma(0.5)", (0,))]
        assert StatePatch({"chosen": "soma(0.5)"}) in session.read_updates()
        session.capture = False
        session.handle(EntityClicked("dend(0.5)"))
        assert session.history.captured == (0,)


def test_a_control_is_checked_applied_and_published() -> None:
    with running(session := Hooked()):
        session.handle(SetControl("gain", 1))
        assert session.gain == 1.0
        assert session.read_updates() == [StatePatch({"gain": 1.0})]
        with pytest.raises(RequestError, match=r"Gain.* 3 .*-1.0 … 1.0 nA"):
            session.handle(SetControl("gain", 3.0))
        with pytest.raises(RequestError, match=r"Unknown.*apply_control"):
            session.handle(SetControl("unknown", 0.5))
        assert session.gain == 1.0
        # The window is told what the model has instead of the refused values.
        assert session.read_updates() == [StatePatch({"gain": 1.0}), StatePatch({"unknown": 0.0})]


def test_an_exception_in_a_hook_is_reported_and_the_simulation_continues() -> None:
    with running(session := Hooked()):
        session.handle(SetRunning(True))
        session.handle(SetControl("broken", 0.5))
        (error,) = of_kind(Error, session.read_updates())
        assert not error.fatal
        assert error.code == "hook-failed"
        assert "Broken to 0.5" in error.message
        assert "ZeroDivisionError: a mistake" in error.message
        assert "apply_control" in error.details
        assert session.is_live()
        session.advance()
        assert session.t > 0


def test_keys_reach_the_hook_first_and_then_the_actions_shortcuts() -> None:
    with running(session := Hooked()):
        session.handle(KeyPressed("W"))
        session.handle(KeyPressed("Z"))
        session.handle(InvokeAction("zap", {"amp": 2, "dur": 3}))
        assert session.calls == [
            ("key", "W"),
            ("key", "Z"),
            ("action", "zap", {"amp": 1}),
            ("action", "zap", {"amp": 2, "dur": 3}),
        ]
        with pytest.raises(RequestError, match="'unhandled'"):
            session.handle(InvokeAction("unhandled"))


def test_the_scene_follows_the_hooks_of_its_author() -> None:
    class Styled(Hooked):
        def control_order(self) -> tuple[str, ...]:
            return ("broken", "gain")

        def morphology_color_map(self) -> str:
            return "viridis"

        def trace_view_updates(self) -> dict[str, Any]:
            return {"y_limits": (-90, 50), "title": "Potential"}

    session = Styled()
    try:
        scene = session.initialize()
        assert scene.morphology_view is not None
        assert scene.morphology_view.color_map == "viridis"
        assert scene.trace_view is not None
        assert (scene.trace_view.y_limits, scene.trace_view.title) == ((-90, 50), "Potential")
        (panel,) = scene.layout.of_kind("controls")
        assert panel.control_ids == ("broken", "gain")
        assert panel.action_ids == ("zap", "unhandled")
    finally:
        session.shutdown()


# --------------------------------------------------------------------------------------- errors


def build_with_nosuchmech(h: Any) -> tuple[list[Any], list[Any]]:
    dend = h.Section(name="dend[3]")
    dend.insert("nosuchmech")
    return [dend], []


def test_a_missing_mechanism_is_named_with_its_section_and_what_is_loaded() -> None:
    session = Built(build_with_nosuchmech)
    with pytest.raises(SimulatorError) as caught:
        session.initialize()
    session.shutdown()
    message = caught.value.message
    assert '"nosuchmech" in dend[3]' in message
    assert "hh" in message
    assert "nrnivmodl" in message
    assert "h.nrn_load_dll" in message
    assert "Traceback" in caught.value.details


@pytest.mark.parametrize(
    ("built", "words"),
    [
        ([], "build_sections.* no sections"),
        (["soma"], "build_sections.* str"),
        (None, "build_sections.* None"),
    ],
)
def test_what_is_not_a_list_of_sections_is_refused(built: Any, words: str) -> None:
    class Wrong(NeuronSession):
        def build_sections(self) -> Any:
            return built

    session = Wrong()
    with pytest.raises(SimulatorError, match=words):
        session.initialize()
    session.shutdown()


def test_a_failing_setup_leaves_the_process_clean_for_the_next_session() -> None:
    class Failing(Built):
        def setup_model(self, sections: Any) -> None:
            sections[0](0.5).hh.gnabar = "much"

    session = Failing()
    with pytest.raises(SimulatorError, match=r"setup_model.* \(test_neuron_session.py"):
        session.initialize()
    session.shutdown()
    with running(following := Built()):
        assert of_kind(FieldReplace, run_for(following, 1.0))


def test_missing_neuron_is_reported_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Built()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "neuron", None)
        with pytest.raises(SimulatorError, match="pip install neuron"):
            session.initialize()
    session.shutdown()


@pytest.mark.parametrize("mode", ["on_demand", "full"])
def test_the_first_value_that_is_not_finite_pauses_the_run_and_is_named(mode: str) -> None:
    with running(session := Built(dt=0.025, history_capture_mode=mode)):
        run_for(session, 2.0)
        session.sections[2](0.5).pas.e = float("nan")
        (error,) = of_kind(Error, run_for(session, 50.0))
        assert error.code == "not-finite"
        assert not error.fatal
        assert f"v in {error.segment_id} " in error.message
        if mode == "full":
            assert "2.1 ms" in error.message
        assert not session.run_control.running
        assert "dt" in error.details
        session.sections[2](0.5).pas.e = -65.0
        session.handle(Reset())
        assert not of_kind(Error, run_for(session, 5.0))


def test_impossible_settings_are_refused_in_the_constructor() -> None:
    for name, value in {"dt": 0.0, "display_dt": -1.0, "max_samples": 0}.items():
        with pytest.raises(ProtocolError, match=name):
            Built(**{name: value})


# -------------------------------------------------------------------------------- models, ends


def test_cells_of_templates_have_different_names() -> None:
    h = hoc()
    h("""
    begintemplate TwoPiece
    public soma, dend
    create soma[1], dend[1]
    proc init() { connect dend[0](0), soma[0](1)  soma[0] { insert hh } }
    endtemplate TwoPiece
    """)

    def two_cells(h: Any) -> tuple[list[Any], list[Any]]:
        cells = [h.TwoPiece(), h.TwoPiece()]
        return [section for cell in cells for section in (cell.soma[0], cell.dend[0])], cells

    with running(session := Built(two_cells)):
        geometry = session.geometry
        assert geometry is not None
        assert geometry.cell_names == ("TwoPiece[0]", "TwoPiece[1]")
        assert geometry.segment_ids[1] == "TwoPiece[0].dend[0](0.5)"
        assert geometry.cell_index.tolist() == [0, 0, 1, 1]
        assert geometry.swc_type.tolist() == [1, 3, 1, 3]
        assert geometry.parent_segment.tolist() == [-1, 0, -1, 2]


def test_sections_without_points_are_laid_out_and_the_model_is_not_changed() -> None:
    with running(session := Built()):
        geometry = session.geometry
        assert geometry is not None
        assert geometry.laid_out_sections == ("soma", "axon", "dend")
        assert [section.n3d() for section in session.sections] == [0, 0, 0]
        areas = [segment.area() for section in session.sections for segment in section]
        np.testing.assert_allclose(geometry.area, areas, rtol=1e-6)
        assert geometry.length.sum() == pytest.approx(720.0, rel=1e-5)
        assert geometry.parent_segment[1] == 0


def test_points_of_sections_are_drawn_where_they_are() -> None:
    def placed(h: Any) -> tuple[list[Any], list[Any]]:
        dend = h.Section(name="dend")
        for x, diam in ((0, 2), (10, 2), (30, 1)):
            dend.pt3dadd(x, 5, 0, diam)
        dend.nseg = 3
        return [dend], []

    with running(session := Built(placed)):
        geometry = session.geometry
        assert geometry is not None
        assert geometry.points[:, 0].min() == 0
        assert geometry.points[:, 0].max() == 30
        assert geometry.laid_out_sections == ()
        areas = [segment.area() for segment in session.sections[0]]
        np.testing.assert_allclose(geometry.area, areas, rtol=1e-5)


@pytest.mark.parametrize("mode", ["on_demand", "full"])
def test_a_session_without_a_morphology_shows_its_recordings_only(mode: str) -> None:
    class Plotted(Built):
        def build_geometry(self, sections: Any) -> None:
            self.record("v", sections[0](0.5)._ref_v)

    session = Plotted(history_capture_mode=mode)
    try:
        scene = session.initialize()
        assert scene.geometry is None
        assert scene.morphology_view is None
        updates = session.read_updates() + run_for(session, 2.0)
        assert not of_kind(FieldReplace, updates)
        assert sum(len(each.coord_values) for each in of_kind(FieldAppend, updates)) == 20
    finally:
        session.shutdown()


def test_sessions_follow_one_another_and_a_session_ends_more_than_once() -> None:
    for _ in range(3):
        with running(session := Built()):
            run_for(session, 1.0)
        session.shutdown()
        assert not session.is_live()
        with pytest.raises(RequestError, match="no model"):
            session.handle(StepOnce())


def test_stop_session_ends_it() -> None:
    session = Built()
    session.initialize()
    session.handle(SetRunning(True))
    session.handle(StopSession())
    assert session.idle_sleep() is None


def test_sections_that_existed_before_are_not_deleted() -> None:
    h = hoc()
    mine = h.Section(name="mine")
    with running(session := Built()):
        finish(session)
    assert [section.name() for section in h.allsec()] == ["mine"]
    h.delete_section(sec=mine)


def test_spiking_pair_has_the_segments_that_these_tests_need() -> None:
    sections, stimuli = spiking_pair(hoc())
    assert sum(section.nseg for section in sections) == 13
    stimuli.clear()
    for section in sections:
        hoc().delete_section(sec=section)
