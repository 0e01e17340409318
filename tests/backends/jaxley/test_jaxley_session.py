"""Authors' Jaxley sessions: a network with synapses, driven by controls; and errors of authors."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from driving import of_kind
from jaxley_models import Chain, TwoBranches, ball_and_stick

from backends.errors import RequestError, SimulatorError
from backends.jaxley import JaxleySession
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    Error,
    FieldAppend,
    FieldReplace,
    Reset,
    RunFor,
    ScenePatch,
    SetControl,
    SetDisplayVariable,
    Status,
    TraceAdded,
)
from backends.phase import Phase
from backends.session import Session

pytest.importorskip("jaxley")

SOMATA = ("first.branch[0](0.5)", "second.branch[0](0.5)", "third.branch[0](0.5)")


@pytest.fixture(scope="module")
def chain_once() -> Iterator[Chain]:
    """Return one network for all tests of this module, since compiling takes a second."""
    session = Chain()
    session.initialize()
    yield session
    session.shutdown()


@pytest.fixture
def chain(chain_once: Chain) -> Chain:
    """Return the network as it was at first, at t = 0."""
    for spec in chain_once.control_specs():
        chain_once.handle(SetControl(spec.id, spec.value_spec.default))
    chain_once.handle(Reset())
    chain_once.read_updates()
    return chain_once


def run(session: Session, ms: float) -> list[Any]:
    """Run for some ms; return the updates."""
    session.handle(RunFor(ms))
    updates: list[Any] = []
    while session.is_live():
        session.advance()
        updates += session.read_updates()
    return updates


def spikes(session: Chain) -> list[int]:
    """Return how often each soma has crossed 0 mV upwards since t = 0."""
    assert session.geometry is not None
    found = []
    for soma in SOMATA:
        _, v = session.history.samples_of(session.geometry.index_of(soma))
        found.append(int(((v[:-1] < 0) & (v[1:] >= 0)).sum()))
    return found


@pytest.mark.slow
def test_cells_are_named_by_the_author_and_drawn_apart(chain: Chain) -> None:
    geometry = chain.geometry
    assert geometry is not None
    assert geometry.cell_names == ("first", "second", "third")
    assert set(SOMATA) < set(geometry.segment_ids)
    assert geometry.n_segments == 18
    assert len(chain.cells) == 3
    assert type(chain.network).__name__ == "Network"


def test_a_spike_goes_from_cell_to_cell_through_the_synapses(chain: Chain) -> None:
    run(chain, 40.0)
    first, second, third = spikes(chain)
    assert first >= 2
    assert second >= 1
    assert third >= 1


def test_a_synaptic_weight_is_changed_on_the_running_network(chain: Chain) -> None:
    compilations = chain.compilations
    chain.handle(SetControl("weight", 0.0))
    run(chain, 40.0)
    assert spikes(chain)[0] >= 2
    assert spikes(chain)[1:] == [0, 0]
    chain.handle(SetControl("weight", Chain.WEIGHT.value_spec.default))
    run(chain, 40.0)
    assert spikes(chain)[1] >= 1
    assert chain.compilations == compilations


def test_a_channel_parameter_takes_effect_without_a_reset(chain: Chain) -> None:
    run(chain, 5.0)
    before = chain.t
    chain.handle(SetControl("gna", 0.0))
    run(chain, 60.0)
    assert chain.t == pytest.approx(before + 60.0)
    assert max(spikes(chain)) <= 1
    assert chain.compilations == 2


def test_a_new_stimulus_takes_effect_without_a_reset(chain: Chain) -> None:
    run(chain, 15.0)
    fired = spikes(chain)[0]
    chain.handle(SetControl("current", 0.0))
    run(chain, 60.0)
    assert spikes(chain)[0] <= fired + 1
    chain.handle(SetControl("current", 1.0))
    run(chain, 40.0)
    assert spikes(chain)[0] > fired + 1
    assert chain.compilations == 2


def test_more_stimuli_than_there_are_slots_compile_once_with_a_status(chain: Chain) -> None:
    import jaxley as jx

    current = jx.step_current(i_delay=0.0, i_dur=1.0, i_amp=0.0, delta_t=chain.dt, t_max=500.0)
    for cell in range(3):
        for compartment in range(3):
            chain.network.cell(cell).branch(1).comp(compartment).stimulate(current, verbose=False)
    chain.refresh_runtime_externals()
    updates = run(chain, 1.0)
    assert chain.compilations == 3
    assert [each.phase for each in of_kind(Status, updates)] == [Phase.COMPILING]
    chain.compilations = 2


def test_reset_returns_synapses_to_their_start_and_uses_present_parameters(chain: Chain) -> None:
    at_start = chain.state_of("IonotropicSynapse_s")
    run(chain, 40.0)
    assert chain.state_of("IonotropicSynapse_s")[0] != at_start[0]
    chain.network.set("IonotropicSynapse_s", 0.5)
    chain.network.set("HH_gNa", 0.0)
    chain.handle(Reset())
    assert chain.t == 0.0
    assert np.array_equal(chain.state_of("IonotropicSynapse_s"), [0.5, 0.5])
    run(chain, 20.0)
    assert spikes(chain) == [0, 0, 0]
    chain.network.set("IonotropicSynapse_s", at_start[0])


def test_a_run_after_reset_repeats_the_first_bit_by_bit(chain: Chain) -> None:
    run(chain, 20.0)
    once = chain.history.samples_of(0)[1]
    chain.handle(Reset())
    for ms in (0.5, 3.0, 0.025, 16.475):
        run(chain, ms)
    assert np.array_equal(chain.history.samples_of(0)[1], once)


def test_the_network_is_the_one_that_integrate_simulates(chain: Chain) -> None:
    import jaxley as jx

    run(chain, 20.0)
    network = deepcopy(chain.network)
    network.set("v", chain.v_init)
    network.init_states(chain.dt)
    network.delete_recordings()
    network.cell(1).branch(0).comp(0).record(verbose=False)
    v = np.asarray(jx.integrate(network, delta_t=chain.dt, t_max=20.0))[0]
    assert chain.geometry is not None
    times, ours = chain.history.samples_of(chain.geometry.index_of(SOMATA[1]))
    steps = np.round(times / chain.dt).astype(int)
    assert np.abs(v[steps] - ours).max() < 1e-4  # history is float32


def test_a_clamp_holds_its_last_value_past_its_end(chain: Chain) -> None:
    chain.network.cell(2).branch(0).comp(0).clamp("v", np.full(80, -50.0), verbose=False)
    chain.refresh_runtime_externals()
    run(chain, 10.0)
    assert chain.geometry is not None
    assert chain.history.samples_of(chain.geometry.index_of(SOMATA[2]))[1][-1] == pytest.approx(
        -50.0
    )
    chain.network.delete_clamps()
    chain.refresh_runtime_externals()


@pytest.mark.parametrize("name", ["HH_m", "i_HH", "HH_gNa", "radius"])
def test_states_currents_and_parameters_can_be_shown(chain: Chain, name: str) -> None:
    compilations = chain.compilations
    chain.handle(SetDisplayVariable(name))
    updates = run(chain, 1.0)
    frame = of_kind(FieldReplace, updates)[-1]
    assert np.isfinite(frame.values).all()
    if name == "HH_gNa":
        assert np.allclose(frame.values, 0.12)
    if name == "radius":
        assert set(frame.values.tolist()) == {1.0, 10.0}
    chain.handle(SetDisplayVariable("v"))
    assert any(isinstance(each, ScenePatch) for each in chain.read_updates())
    assert chain.compilations == compilations


@pytest.mark.slow
@pytest.mark.parametrize("name", ["HH_m", "i_HH", "radius"])
def test_the_voltage_is_recorded_while_another_variable_is_shown(name: str) -> None:
    """Against a run that shows v all the time, and the present value of the other variable."""
    segment = SOMATA[0]
    recorded = []
    for shown in ("v", name):
        session = Chain()
        session.initialize()
        session.handle(CaptureTrace(segment))
        run(session, 2.0)
        session.handle(SetDisplayVariable(shown))
        session.handle(EntityClicked(segment))
        compilations = session.compilations
        updates = run(session, 3.0)
        assert session.compilations == compilations
        recorded.append(session.history.samples_of(session.geometry.index_of(segment)))
        if shown == name:
            frame = of_kind(FieldReplace, updates)[-1].values
            appended = [
                each for each in of_kind(FieldAppend, updates) if f"{segment}.{name}" in each.rows
            ]
            row = appended[-1].rows.index(f"{segment}.{name}")
            assert appended[-1].values[row][-1] == frame[session.geometry.index_of(segment)]
        session.shutdown()
    for plain, other in zip(*recorded, strict=True):
        np.testing.assert_allclose(plain, other, rtol=1e-6)
    assert len(recorded[1][0]) == 51


def test_on_demand_a_trace_begins_where_it_was_requested() -> None:
    session = TwoBranches()
    session.initialize()
    run(session, 2.0)
    session.read_updates()
    session.handle(EntityClicked("branch[1](0.5)"))
    run(session, 3.0)
    (added,) = of_kind(TraceAdded, [*session.read_updates()]) or [None]
    assert added is None or added.times[0] == pytest.approx(2.0)
    times, _ = session.history.samples_of(session.geometry.index_of("branch[1](0.5)"))
    assert times[0] == pytest.approx(2.0)
    assert times[-1] == pytest.approx(5.0)
    compilations = session.compilations
    for segment in session.geometry.segment_ids:
        session.handle(CaptureTrace(segment))
    run(session, 1.0)
    assert session.compilations == compilations
    session.shutdown()


# --------------------------------------------------------------------------------- wrong and broken


class Wrong(JaxleySession):
    """A session whose build_cells returns what a test sets."""

    built: Any = None

    def build_cells(self) -> Any:
        return type(self).built() if callable(type(self).built) else self.built


def build_error(session: JaxleySession) -> str:
    """Return the message of the error when a session is built."""
    with pytest.raises(SimulatorError) as caught:
        session.initialize()
    session.shutdown()
    return caught.value.message


@pytest.mark.parametrize(
    ("built", "words"),
    [
        (None, ("Wrong.build_cells", "None", "jx.Cell")),
        ([], ("Wrong.build_cells", "no cells")),
        (["soma"], ("Wrong.build_cells", "Jaxley modules")),
    ],
)
def test_what_is_not_a_cell_is_refused(built: Any, words: tuple[str, ...]) -> None:
    session = Wrong()
    session.built = built  # type: ignore[misc]
    message = build_error(session)
    assert [word for word in words if word not in message] == []


def test_an_error_in_a_hook_has_its_place_in_the_authors_file() -> None:
    class Raises(TwoBranches):
        def setup_model(self, network: Any, cells: Any) -> None:
            network.set("HH_gNope", 1.0)

    message = build_error(Raises())
    for word in ("setup_model", "'HH_gNope'", "(test_jaxley_session.py, line"):
        assert word in message


def test_a_parameter_that_does_not_exist_is_an_error_and_the_run_goes_on(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "apply_control", lambda *_: chain.network.set("HH_gNope", 1.0))
    chain.handle(SetControl("gna", 0.2))
    (error,) = of_kind(Error, chain.read_updates())
    for word in ("0.2", "'HH_gNope'", "HH_g"):
        assert word in error.message
    run(chain, 5.0)
    assert chain.t == pytest.approx(5.0)


def test_an_error_of_several_lines_is_reported_by_its_first(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apply(*_: object) -> bool:
        raise ValueError("one line.\nand\nmore")

    monkeypatch.setattr(chain, "apply_control", apply)
    chain.handle(SetControl("gna", 0.2))
    (error,) = of_kind(Error, chain.read_updates())
    assert "ValueError: one line" in error.message
    assert "more" not in error.message
    assert "and\nmore" in error.details


def test_a_structure_that_changes_after_compiling_is_refused_and_the_run_goes_on() -> None:
    from jaxley.channels import Leak

    class Restless(TwoBranches):
        def apply_control(self, control_id: str, value: Any) -> bool:
            place = self.network if value > 0 else self.network.branch(1)
            place.insert(Leak())
            self.refresh_runtime_parameters()
            return True

    session = Restless()
    session.initialize()
    for value in (-0.5, 0.5):
        with pytest.raises(RequestError, match="compiled model"):
            session.handle(SetControl("amp", value))
    with pytest.raises(RequestError, match="build_cells"):
        session.handle(Reset())
    assert not of_kind(Error, run(session, 2.0))
    assert session.t == pytest.approx(2.0)
    session.shutdown()


def test_a_state_that_does_not_exist_is_refused_with_those_that_do(chain: Chain) -> None:
    with pytest.raises(RequestError, match=r"'HH_x'.*HH_h, HH_m"):
        chain.state_of("HH_x")


@pytest.mark.slow
def test_the_first_value_that_is_not_finite_ends_the_run_at_its_step() -> None:
    import jax.numpy as jnp
    from jaxley.channels import Leak

    class Rooted(Leak):
        """A leak that is NaN above -20 mV, as by an author's mistake."""

        def compute_current(self, states: Any, v: Any, params: Any) -> Any:
            return 1e-6 * jnp.sqrt(-20.0 - v)

    class Unstable(TwoBranches):
        def setup_model(self, network: Any, cells: Any) -> None:
            super().setup_model(network, cells)
            network.branch(1).comp(2).insert(Rooted())

    session = Unstable()
    session.initialize()
    updates = session.read_updates() + run(session, 20.0)
    (error,) = [each for each in of_kind(Error, updates) if each.code == "not-finite"]
    assert "t = " in error.message
    assert "0.025 ms" in error.message
    stopped = session.t
    assert stopped < 20.0
    frame = of_kind(FieldReplace, updates)[-1]
    assert np.isnan(frame.values).any()

    alone = Unstable()
    alone.initialize()
    alone.stepper.step(round(stopped / 0.025) - 1)
    assert alone.stepper.fault(alone.stepper.read()) is None
    alone.stepper.step(1)
    fault = alone.stepper.fault(alone.stepper.read())
    assert fault is not None
    assert fault.exact
    assert f"{fault.variable} in {alone.geometry.segment_ids[fault.segment]} " in error.message
    session.handle(Reset())
    assert session.t == 0.0
    for each in (session, alone):
        each.shutdown()


@pytest.mark.slow
def test_a_single_compartment_and_a_single_branch_are_cells_too() -> None:
    import jaxley as jx
    from jaxley.channels import Leak

    class Tiny(JaxleySession):
        def __init__(self, module: Any) -> None:
            super().__init__(dt=0.1)
            self.module = module

        def build_cells(self) -> Any:
            return self.module

    for module in (jx.Compartment(), jx.Branch(ncomp=3), jx.Cell()):
        module.insert(Leak())
        session = Tiny(module)
        session.initialize()
        updates = run(session, 1.0)
        assert np.isfinite(of_kind(FieldReplace, updates)[-1].values).all()
        session.shutdown()


def test_the_default_hooks_return_a_single_cell_unchanged() -> None:
    session = TwoBranches()
    cell = ball_and_stick()
    assert session.build_network([cell]) is cell
    assert session.cell_names([cell]) is None
    assert session.setup_model.__doc__
    assert (JaxleySession.BACKEND, session.v_init) == ("Jaxley", -65.0)
