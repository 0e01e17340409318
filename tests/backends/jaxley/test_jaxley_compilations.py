"""Changes of a running model are arguments of the program: JAX's own log shows that it compiles nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from driving import closing
from jaxley_models import Chain
from small_trees import typed_cell

from backends.cellmodel.mechanisms import HH
from backends.cellmodel.model import CellModel
from backends.cellmodel.stimuli import IClamp, Target
from backends.jaxley import JaxleyCellSession
from backends.live.session import LiveSession
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    RemoveTrace,
    Reset,
    RunFor,
    SessionCommand,
    SetControl,
    SetDisplayVariable,
    SetSpeed,
    StepOnce,
)

pytest.importorskip("jaxley")


class Compiler:
    """Counts the compilations that JAX reports."""

    EVENT = "/jax/core/compile/backend_compile_duration"

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, event: str, seconds: float, **_: Any) -> None:
        """Count an event of JAX."""
        self.count += event == self.EVENT


@pytest.fixture(scope="module")
def compiler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compiler]:
    """Register a listener with JAX; no cell is read from a run before, which would load Jaxley later."""
    from jax import monitoring

    listener = Compiler()
    monitoring.register_event_duration_secs_listener(listener)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("compiled")))
        yield listener
    monitoring.unregister_event_duration_listener(listener)


def warmed(session: LiveSession) -> LiveSession:
    """Return a session after one run, one read and one reset."""
    session.initialize()
    for command in (RunFor(1.0), Reset(), CaptureTrace(ids(session)[0]), RunFor(0.5)):
        drive(session, command)
    return session


@pytest.fixture(scope="module")
def chain_once(compiler: Compiler) -> Iterator[LiveSession]:
    session = Chain()
    with closing(session):
        yield warmed(session)


def a_cell(mode: str) -> Iterator[LiveSession]:
    steps = tuple(IClamp(Target("basal", 0.5, i), 1.0, 5.0, 0.1) for i in range(2))
    model = CellModel(regions={"all": (HH,)}, stimuli=(IClamp(), *steps))
    session = JaxleyCellSession(typed_cell(), model, history_capture_mode=mode)
    with closing(session):
        yield warmed(session)


@pytest.fixture(scope="module")
def full_once(compiler: Compiler) -> Iterator[LiveSession]:
    yield from a_cell("full")


@pytest.fixture(scope="module")
def on_demand_once(compiler: Compiler) -> Iterator[LiveSession]:
    yield from a_cell("on_demand")


@pytest.fixture(params=["full", "on_demand", "chain"])
def session(request: pytest.FixtureRequest) -> LiveSession:
    """Return a loaded cell in either history mode, or an author's network with synapses."""
    found: LiveSession = request.getfixturevalue(f"{request.param}_once")
    return found


def ids(session: LiveSession) -> tuple[str, ...]:
    assert session.geometry is not None
    return session.geometry.segment_ids


def drive(session: LiveSession, *commands: SessionCommand) -> None:
    """Send these commands, and finish each run."""
    for command in commands:
        session.handle(command)
        while session.idle_sleep() is not None:
            session.advance()
    session.read_updates()


def another_dt(session: LiveSession) -> None:
    before = session.dt
    for dt in (before / 2, 0.0125, 0.1, before):
        session.dt = dt
        drive(session, RunFor(1.0), Reset(), RunFor(1.0))


def another_batch(session: LiveSession) -> None:
    for n in (1, 3, 40, 2000):
        session.steps_per_update = lambda n=n: n  # type: ignore[method-assign]
        drive(session, RunFor(2.0))
    del session.steps_per_update
    session.batch_budget_s *= 4
    drive(session, RunFor(60.0))


def another_sampling(session: LiveSession) -> None:
    before = session.display_dt
    for display_dt in (None, 1.0, before):
        session.display_dt = display_dt
        drive(session, RunFor(2.0))


def every_slider(session: LiveSession) -> None:
    for spec in session.control_specs():
        value = spec.value_spec
        for share in (0.5, 0.25):
            drive(session, SetControl(spec.id, share * value.default), RunFor(1.0))
        drive(session, SetControl(spec.id, value.default), RunFor(1.0))


def every_trace(session: LiveSession) -> None:
    for each in ids(session)[1:]:
        drive(session, CaptureTrace(each), RunFor(0.2))
    for each in ids(session)[1:]:
        drive(session, RemoveTrace(each), RunFor(0.2))


def every_colour(session: LiveSession) -> None:
    for each in session.display_variables:
        drive(session, SetDisplayVariable(each.name), RunFor(0.5), Reset())
    drive(session, SetDisplayVariable("v"), RunFor(0.5))


def every_parameter(session: Any) -> None:
    for name in ("HH_gNa", "HH_eLeak", "axial_resistivity", "capacitance"):
        before = session.network.nodes[name].to_numpy().copy()
        session.network.set(name, 0.9 * float(before[0]))
        session.refresh_runtime_parameters()
        drive(session, RunFor(0.5))
        session.network.nodes[name] = before
        session.refresh_runtime_parameters()


def one_more_stimulus(session: Any) -> None:
    session.inject_at(len(ids(session)) - 1, delay=session.t, dur=0.3, amp=0.05)
    drive(session, RunFor(0.5))


def another_start(session: LiveSession) -> None:
    for v_init in (-80.0, -55.0, -65.0):
        session.v_init = v_init
        drive(session, Reset(), RunFor(0.5))


CHANGES: dict[str, Callable[[Any], None]] = {
    "every slider (amplitude, delay, duration; weight, conductance, current)": every_slider,
    "each segment's trace, and none of them": every_trace,
    "a click": lambda session: drive(session, EntityClicked(ids(session)[-1]), RunFor(0.5)),
    "dt": another_dt,
    "the length of batches": another_batch,
    "the interval of samples": another_sampling,
    "single steps": lambda session: drive(session, StepOnce(1), StepOnce(7), StepOnce(1100)),
    "what the cell is coloured by": every_colour,
    "parameters of channels and of the cable": every_parameter,
    "a stimulus more, where there is room": one_more_stimulus,
    "v_init": another_start,
    "a reset": lambda session: drive(session, Reset(), RunFor(1.0), Reset()),
    "the speed": lambda session: drive(session, SetSpeed(1e4), RunFor(0.5), SetSpeed(None)),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_is_compiled_for(
    session: LiveSession, compiler: Compiler, change: Callable[[Any], None]
) -> None:
    drive(session, Reset())
    if isinstance(session, Chain):
        session.apply_control("current", 0.3)  # makes its current with Jaxley, as authors do
    programs, compiled = session.compilations, compiler.count  # type: ignore[attr-defined]
    change(session)
    assert session.compilations == programs  # type: ignore[attr-defined]
    assert compiler.count == compiled
    assert session.stepper is not None
    assert np.isfinite(session.stepper.read()).all()


def test_the_compiler_s_events_are_counted(compiler: Compiler) -> None:
    import jax

    before = compiler.count
    jax.jit(lambda x: x * 3.25 + 1.5)(np.arange(37.0))
    assert compiler.count > before


@pytest.mark.slow
def test_two_programs_are_compiled_for_a_cell_and_each_is_counted(chain_once: Any) -> None:
    assert chain_once.compilations == 2
