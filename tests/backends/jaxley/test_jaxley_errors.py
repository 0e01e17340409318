"""What Jaxley cannot do, and what fails during a run: the error names it, and the session continues."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import closing, of_kind, settle
from jaxley_models import TwoBranches
from small_trees import ball, every_step, on_both, opened, section, typed_cell

from backends.cellmodel.mechanisms import HH, Mechanism
from backends.cellmodel.model import CellModel
from backends.cellmodel.stimuli import IClamp, Target
from backends.controls import ControlSpec, ScalarValueSpec
from backends.errors import MorphologyError, ProtocolError, SimulatorError, SomascopeError
from backends.jaxley import JaxleyCellSession
from backends.jaxley.catalog import describe_unknown_parameter
from backends.messages import (
    CaptureTrace,
    Error,
    FieldReplace,
    Reset,
    RunFor,
    RunStatus,
    SetControl,
    StatePatch,
)
from backends.morphology.morphology import Morphology
from backends.morphology.swc_types import SwcType
from backends.swc.reader import read_swc

pytest.importorskip("jaxley")


# ---------------------------------------------------------------------------------------- loaded cells


def forest() -> Morphology:
    """Return two separate trees."""
    away = section("dend[0]", SwcType.BASAL_DENDRITE, [(0, 90, 0), (50, 90, 0)], [1, 1])
    return Morphology("forest", (*ball().sections, away))


@pytest.mark.parametrize(
    ("morphology", "regions", "kind", "words"),
    [
        (
            typed_cell(),
            {"axon": (HH,), "basal": (Mechanism("kdr"),)},
            SimulatorError,
            ("Jaxley", '"kdr"', "basal dendrite", "hh, pas", "NEURON"),
        ),
        (
            ball(),
            {"all": (Mechanism("hh", {"gnabarr": 0.12}),)},
            SimulatorError,
            ("hh", "gnabarr", "0.12", "gnabar, gkbar, gl, el"),
        ),
        (
            ball(),
            {"soma": (Mechanism("pas", {"gnabar": 0.12}),)},
            SimulatorError,
            ("pas", "gnabar", "0.12", "g, e"),
        ),
        (
            forest(),
            {"all": (HH,)},
            MorphologyError,
            ("Jaxley", "connected", "NEURON"),
        ),
        (Morphology("empty", ()), {}, SimulatorError, ("empty", "no sections")),
    ],
    ids=["a mechanism", "a parameter", "a parameter of another mechanism", "a forest", "nothing"],
)
def test_a_cell_that_jaxley_cannot_simulate_is_refused_with_a_next_step(
    morphology: Morphology, regions: Any, kind: type[SomascopeError], words: tuple[str, ...]
) -> None:
    session = JaxleyCellSession(morphology, CellModel(regions=regions))
    with closing(session), pytest.raises(kind) as caught:
        session.initialize()
    assert [word for word in words if word not in caught.value.message] == []


@pytest.mark.parametrize("v_init", [float("nan"), float("inf"), True, "rest"])
def test_an_initial_voltage_that_is_not_finite_is_refused_before_anything_is_built(
    v_init: Any,
) -> None:
    with pytest.raises(ProtocolError, match="v_init_mv"):
        CellModel(v_init_mv=v_init)

    class Starts(TwoBranches):
        def __init__(self) -> None:
            super(TwoBranches, self).__init__(v_init=v_init)

    with pytest.raises(ProtocolError, match="v_init"):
        Starts()


@pytest.mark.slow
def test_a_cell_without_a_soma_is_stimulated_in_its_first_section() -> None:
    basal = SwcType.BASAL_DENDRITE
    morphology = Morphology(
        "twig",
        (
            section("dend[0]", basal, [(0, 0, 0), (80, 0, 0)], [1.0, 1.0]),
            section("dend[1]", basal, [(80, 0, 0), (160, 60, 0)], [0.6, 0.4], 0),
        ),
    )
    model = CellModel.default_for(morphology, rate_tables=False)
    neuron, jaxley = on_both(morphology, model, 14.0)
    assert jaxley.max() > 0
    assert np.abs(neuron - jaxley).max() < 1e-6


def test_a_file_of_a_single_point_is_a_cell_on_jaxley_too(tmp_path: Path) -> None:
    path = tmp_path / "point.swc"
    path.write_text("1 1 0 0 0 8 -1\n", encoding="utf-8")
    morphology = read_swc(path)
    neuron, jaxley = on_both(morphology, CellModel(rate_tables=False), 14.0)
    assert jaxley.shape[1] == 1
    assert jaxley.max() > 0
    assert np.abs(neuron - jaxley).max() < 1e-6


def test_a_stimulus_with_no_such_region_goes_into_the_first_section() -> None:
    stimulus = IClamp(Target("apical", 0.5), 1.0, 5.0, 0.5)
    with opened(JaxleyCellSession(ball(), CellModel(stimuli=(stimulus,)))) as session:
        assert every_step(session, 4.0).max() > 0


# ------------------------------------------------------------------------------------- authors' hooks

SLIDER = ControlSpec("which", "Sodium", ScalarValueSpec(0.12, -1.0, 1.0))


class Misspells(TwoBranches):
    """Sets an unknown parameter when a slider moves."""

    name = "HH_gNaa"

    def control_specs(self) -> list[ControlSpec]:
        """Return one slider."""
        return [SLIDER]

    def apply_control(self, control_id: str, value: Any) -> bool:
        """Set a parameter by its name."""
        self.network.set(self.name, value)
        self.refresh_runtime_parameters()
        return True


@pytest.fixture(scope="module")
def misspells() -> Any:
    """Return a session whose slider sets `name`."""
    session = Misspells()
    with closing(session):
        session.initialize()
        yield session


def test_an_unknown_parameter_is_named_with_the_most_similar_ones(misspells: Misspells) -> None:
    misspells.handle(Reset())
    misspells.handle(RunFor(1.0))
    settle(misspells)
    misspells.handle(SetControl(SLIDER.id, 0.2))
    updates = misspells.read_updates()
    (error,) = of_kind(Error, updates)
    assert "Sodium to 0.2" in error.message
    assert "'HH_gNaa'" in error.message
    similar = "HH_gNa, HH_eNa, HH_gLeak, HH_gK, HH_eLeak, HH_eK, capacitance, axial_resistivity, …"
    assert similar in error.message
    assert "KeyError" in error.details
    assert not error.fatal
    (patch,) = of_kind(StatePatch, updates)
    assert patch.values == {SLIDER.id: SLIDER.value_spec.default}, "a value that was not set"
    misspells.handle(RunFor(1.0))
    settle(misspells)
    assert misspells.t == pytest.approx(2.0)


def test_a_known_parameter_is_set(misspells: Misspells, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Misspells, "name", "HH_gNa")
    misspells.read_updates()
    misspells.handle(SetControl(SLIDER.id, 0.2))
    assert not of_kind(Error, misspells.read_updates())
    assert misspells.stepper.params["HH_gNa"].max() == 0.2  # type: ignore[union-attr]
    misspells.handle(SetControl(SLIDER.id, 0.12))


def test_an_unknown_parameter_in_setup_model_is_named_too() -> None:
    class Wrong(TwoBranches):
        def setup_model(self, network: Any, cells: Sequence[Any]) -> None:
            network.branch(1).set("HH_gk", 0.1)

    session = Wrong()
    with closing(session), pytest.raises(SimulatorError) as caught:
        session.initialize()
    for word in ("setup_model", "'HH_gk'", "HH_gK, ", "(test_jaxley_errors.py, line "):
        assert word in caught.value.message


def test_an_unknown_parameter_of_a_synapse_is_named_with_the_networks_synapses() -> None:
    import jaxley as jx
    from jaxley.connect import connect
    from jaxley.synapses import IonotropicSynapse

    network = jx.Network([jx.Cell(), jx.Cell()])
    connect(network.cell(0), network.cell(1), IonotropicSynapse())
    with pytest.raises(KeyError) as caught:
        network.set("IonotropicSynapse_g", 1.0)
    assert "IonotropicSynapse_gS, " in describe_unknown_parameter(caught.value, network)


@pytest.mark.parametrize("error", [KeyError("HH_gNaa"), KeyError(), KeyError(3), ValueError("x")])
def test_other_errors_are_not_about_unknown_parameters(error: Exception) -> None:
    import jaxley as jx

    assert describe_unknown_parameter(error, jx.Cell()) == ""
    assert describe_unknown_parameter(KeyError("Key 'x' not found in nodes or edges"), None) == ""


# ------------------------------------------------------------------------------ values not finite


def set_sodium(session: TwoBranches, value: float) -> None:
    """Set the sodium conductance of one compartment of the running model."""
    session.network.branch(1).comp(2).set("HH_gNa", value)
    session.refresh_runtime_parameters()


@pytest.mark.parametrize("mode", ["full", "on_demand"])
def test_a_run_with_a_value_that_is_not_finite_reports_when_where_and_why_and_keeps_its_history(
    mode: str,
) -> None:
    session = TwoBranches()
    session.history_capture_mode = type(session.history_capture_mode)(mode)
    with closing(session):
        session.initialize()
        session.handle(CaptureTrace("branch[1](0.1)"))
        session.handle(RunFor(4.05))
        settle(session)
        before = session.history.samples_of(1)
        steps = session.run_control.steps
        set_sodium(session, np.inf)
        session.handle(RunFor(5.0))
        updates = settle(session)
        (error,) = of_kind(Error, updates)
        for word in ("i_HH", "branch[1](0.5)", "4.075 ms", "HH_gNa is inf", "0.025 ms"):
            assert word in error.message
        assert error.code == "not-finite"
        assert "dt" in error.details
        assert "unit" in error.details

        status = of_kind(RunStatus, updates)[-1]
        assert (status.running, status.finished) == (False, False)
        assert status.steps == steps + 1
        assert status.time_ms == pytest.approx(4.075)
        frame = of_kind(FieldReplace, updates)[-1]
        assert np.isnan(frame.values[3])

        times, values = session.history.samples_of(1)
        assert len(before[0]) == 41
        np.testing.assert_array_equal(times[:41], before[0])
        np.testing.assert_array_equal(values[:41], before[1])
        assert np.isfinite(values).all()

        set_sodium(session, 0.12)
        session.handle(Reset())
        session.handle(RunFor(4.0))
        assert not of_kind(Error, settle(session))
        np.testing.assert_array_equal(session.history.samples_of(1)[1], before[1])


def test_in_a_single_compartment_the_channel_is_named_and_not_the_voltage() -> None:
    model = CellModel(regions={"all": (HH,)}, stimuli=())
    with opened(JaxleyCellSession(ball(), model)) as session:
        assert isinstance(session, JaxleyCellSession)
        session.network.set("HH_gK", np.nan)
        session.refresh_runtime_parameters()
        session.live_stepper().step(5)
        fault = session.live_stepper().fault(session.live_stepper().read())
    assert fault is not None
    assert (fault.variable, fault.segment, fault.t) == ("i_HH", 0, 0.025)
