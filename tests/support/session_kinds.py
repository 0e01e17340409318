"""The rows of the contract suite: one for each way in which a session is made, and what it does not have."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from backends.isolated.session import IsolatedSession
from backends.session import Session
from backends.sources.source import SessionSource
from resources.example_models import examples

PARTS = frozenset({"run", "rest", "cell", "traces", "control", "effect", "action", "codes"})
"""What a test may need of a session.

run : a clock that goes on. rest : it waits for Run. cell : a cell coloured by the first field that it sends.
traces : a click adds the trace of a segment, at equal intervals. control : one that takes a number; effect : it changes
what is computed. action : one that does, too. codes : refusals have the codes of the live engine.
"""


@dataclass(frozen=True)
class Kind:
    """One row of the suite.

    Attributes
    ----------
    module, name : str
        The session class, in a module under tests/support or backends; or an example, "" and its name.
    control : (str, value, value)
        A control, a value that it takes, one that it must refuse.
    action : str
    sample_ms : float
        Interval between samples of a trace, ms.
    isolated : bool
        Whether it lives in a process of its own.
    lacks : frozenset of str
        Those of `PARTS` that it does not have.
    step_ms : float
        Its step, where its scene names none.
    """

    module: str
    name: str
    control: tuple[str, Any, Any] = ("", 0.0, 0.0)
    action: str = ""
    sample_ms: float = 0.1
    isolated: bool = False
    lacks: frozenset[str] = frozenset()
    step_ms: float = 0.0

    def make(self) -> Session:
        """Return a new session, not yet initialized."""
        session_class: Callable[[], Session]
        if self.module:
            session_class = getattr(importlib.import_module(self.module), self.name)
        else:
            (path,) = (each.path for each in examples() if each.name == self.name)
            session_class = partial(SessionSource("script", str(path)).create)
        return IsolatedSession(session_class) if self.isolated else session_class()


RAMP = ("ramp", "Ramp", ("slope", 2.5, 11.0), "flip", 0.5)
MOCK = ("backends.mock.session", "MockSession", ("amp", 0.5, 11.0), "silence", 0.1)
NEURON = ("neuron_models", "TwoSections", ("amp", 0.5, 11.0), "silence", 0.1)
JAXLEY = ("jaxley_models", "TwoBranches", ("amp", 0.5, 11.0), "silence", 0.1)
SCRIPT = ("script_models", "two_sections", ("amp", 0.5, 11.0), "silence", 0.1)
OWN_SOLVER = ("script_models", "decay", ("amp", 0.5, 11.0), "silence", 0.1)
ON_JAXLEY = ("script_models", "two_branches", ("amp", 0.5, 11.0), "silence", 0.1)
LOADED = ("jaxley_models", "LoadedBall", ("stimulus_amp", 0.5, 1e6), "silence", 0.1)
APP = ("other_sessions", "App", ("rate", 0.5, 2.0), "silence", 1.0)

STILL = PARTS - {"cell"}
RECORDED = frozenset({"control", "effect", "action"})
OF_COMPNEUROVIS = frozenset({"rest", "traces", "codes"})
NO_CLICKS = frozenset({"cell", "traces", "codes"})

needs_jaxley = pytest.mark.skipif(
    importlib.util.find_spec("jaxley") is None, reason="Jaxley is not installed"
)
needs_neuron = pytest.mark.skipif(
    importlib.util.find_spec("neuron") is None, reason="NEURON is not installed"
)
SLOW = pytest.mark.slow


def _row(id_: str, *values: Any, marks: Any = (), **attributes: Any) -> Any:
    """Return a row; a session in a process of its own is named by it."""
    return pytest.param(Kind(*values, **attributes), id=id_, marks=marks)


def _example(name: str, *values: Any, lacks: Any = frozenset(), marks: Any = ()) -> Any:
    """Return the row of an example; Jaxley's are compiled, so they are slow."""
    return _row(f"example-{name}", "", name, *values, lacks=frozenset(lacks), marks=marks)


KINDS = [
    _row("ramp", *RAMP),
    _row("isolated-ramp", *RAMP, isolated=True, marks=SLOW),
    _row("mock", *MOCK),
    _row("isolated-mock", *MOCK, isolated=True),
    _row("neuron", *NEURON, marks=needs_neuron),
    _row("isolated-neuron", *NEURON, isolated=True, marks=[needs_neuron, SLOW]),
    _row("script-neuron", *SCRIPT, marks=needs_neuron),
    _row("script-own-solver", *OWN_SOLVER),
    _row("isolated-script", *OWN_SOLVER, isolated=True, marks=SLOW),
    _row("script-jaxley", *ON_JAXLEY, marks=[needs_jaxley, SLOW]),
    _row("script-static", "script_models", "still", ("slope", 2.5, 11.0), lacks=STILL - {"control"}),
    _row("jaxley", *JAXLEY, marks=[needs_jaxley, SLOW]),
    _row("isolated-jaxley", *LOADED, isolated=True, marks=[needs_jaxley, SLOW]),
    _row("static", "other_sessions", "Still", lacks=STILL),
    _row("replay", "other_sessions", "Recorded", lacks=RECORDED, step_ms=0.1),
    _row("isolated-replay", "other_sessions", "Recorded", lacks=RECORDED, step_ms=0.1,
         isolated=True, marks=SLOW),
    _row("compneurovis", *APP, lacks=OF_COMPNEUROVIS, step_ms=1.0),
    _row("isolated-compneurovis", *APP, lacks=OF_COMPNEUROVIS, step_ms=1.0, isolated=True,
         marks=SLOW),
    _row("compneurovis-still", "other_sessions", "StillApp", lacks=STILL),
    _example("hh_point", ("amplitude", 0.5, 3.0), lacks={"cell", "traces", "action"},
             marks=needs_neuron),
    _example("ball_and_stick_synapses", ("leak-of-the-dendrite", 1e-3, 1.0), "", 0.025,
             lacks={"traces", "action"}, marks=needs_neuron),
    _example("jaxley_ring", ("amplitude", 0.5, 6.0), "", 0.025, lacks={"traces", "action"},
             marks=[needs_jaxley, SLOW]),
    _example("network_raster", ("input", 0.02, 1.0), "", 0.05, lacks={"traces", "action"},
             marks=[needs_neuron, SLOW]),
    _example("fitzhugh_nagumo", ("current", 1.0, 3.0), lacks=NO_CLICKS | {"action"}),
    _example("integrate_and_fire", ("drive", 20.0, 31.0), lacks=NO_CLICKS | {"action"}),
    _example("wave_2d", ("place", 0.25, 2.0), lacks=NO_CLICKS | {"action", "effect"}),
    _example("channel_states", ("potential", -30.0, 50.0), "back-to-90-mv",
             lacks={"cell", "traces"}),
    _row("example-replay", "", "replay", lacks=RECORDED | {"traces"}, step_ms=0.1, marks=SLOW),
    _row("example-distances", "", "distances", lacks=STILL),
]  # fmt: skip


def rows_with(parts: frozenset[str]) -> list[Any]:
    """Return the rows that lack none of these parts."""
    assert parts <= PARTS, parts - PARTS
    return [each for each in KINDS if not parts & each.values[0].lacks]
