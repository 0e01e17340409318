"""What of an experiment another cell cannot have is told."""

from __future__ import annotations

from app.model import Model
from app.session.experiment import Experiment, VariableTrace
from backends.controls import ControlSpec, ScalarValueSpec
from backends.messages import Reset, SceneReady, SetControl, StatePatch
from backends.scene import Scene

SOMA, DENDRITE = "soma[0](0.5)", "dend[3](0.5)"
GATE = VariableTrace(SOMA, "m_hh", 2)


def test_every_trace_that_another_cell_does_not_get_is_named() -> None:
    assert Experiment(traces={SOMA: 0}).dropped_traces_text(SOMA) == ""
    one = Experiment(traces={SOMA: 0, DENDRITE: 1}).dropped_traces_text(SOMA)
    assert one.startswith(f"The trace of {DENDRITE} was ")
    both = Experiment(traces={SOMA: 0, DENDRITE: 1}, variable_traces=(GATE,))
    assert both.dropped_traces_text(SOMA).startswith(f"The traces of {DENDRITE}, {SOMA}.m_hh were ")
    assert not both.for_another_cell().variable_traces


def model_with(**values: object) -> Model:
    """Return a model with a control that the session begins at 0.4, and one of the window's own."""
    numbers = ScalarValueSpec(0.3, 0.0, 1.0)
    controls = (
        ControlSpec("amp", "Amplitude", numbers, initial=0.4),
        ControlSpec("gain", "Gain", numbers, send_to_session=False),
    )
    model = Model()
    model.apply([SceneReady(Scene(controls=controls)), StatePatch(values)])
    return model


def test_what_a_model_begins_with_is_not_the_user_s_change() -> None:
    untouched = model_with()
    assert untouched.control_values == {"amp": 0.4, "gain": 0.3}
    experiment = Experiment.of(untouched)
    assert experiment.touched == {}
    assert experiment.commands(untouched.scene, {}) == []
    changed = Experiment.of(model_with(amp=0.3))  # to the default, which is not what it begins with
    assert changed.touched == {"amp": "Amplitude"}
    assert changed.commands(untouched.scene, {}) == [SetControl("amp", 0.3), Reset()]


def test_the_window_s_own_values_are_not_sent_to_the_next_session() -> None:
    model = model_with(gain=0.9)
    experiment = Experiment.of(model)
    assert experiment.commands(model.scene, {}) == []
    assert experiment.window_values(model.scene) == {"gain": 0.9}
