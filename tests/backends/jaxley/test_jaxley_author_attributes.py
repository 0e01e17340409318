"""An author of a Jaxley model may use every name that is not a method of the session protocol."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import closing, settle, trace_of

from backends.errors import SimulatorError
from backends.jaxley import JaxleySession
from backends.live.options import CHECKS
from backends.messages import CaptureTrace, Reset, RunFor

pytest.importorskip("jaxley")


class Point(JaxleySession):
    """One compartment with a current."""

    free: tuple[str, ...] = ()

    def build_cells(self) -> Any:
        import jaxley as jx
        from jaxley.channels import HH

        self.use_names()
        cell = jx.Cell([jx.Branch(ncomp=1)], parents=[-1])
        cell.insert(HH())
        return cell

    def setup_model(self, network: Any, cells: Any) -> None:
        self.use_names()
        self.inject(network.branch(0).comp(0), delay=1, dur=3, amp=0.05)

    def use_names(self) -> None:
        for name in self.free:
            setattr(self, name, object())


def names() -> list[str]:
    session = Point()
    own = {name for name in [*dir(session), *vars(session)] if not name.startswith("__")}
    return sorted(own - {*CHECKS, "precision", "free", "use_names"})


def is_refused(name: str) -> bool:
    try:
        setattr(Point(), name, object())
    except SimulatorError as error:
        return error.code == "reserved-name" and name in error.message
    return False


def voltages(*free: str) -> np.ndarray:
    session = Point()
    session.free = free
    with closing(session):
        scene = session.initialize()
        assert scene.geometry is not None
        id_ = scene.geometry.segment_ids[0]
        session.handle(CaptureTrace(id_))
        session.handle(Reset())
        session.handle(RunFor(4.0))
        return trace_of(id_, settle(session))[1]


def test_all_free_names_together_change_nothing() -> None:
    free = [name for name in names() if not is_refused(name)]
    assert {"t", "cells", "network", "state", "stepper", "compilations"} <= set(free)
    assert np.array_equal(voltages(*free), voltages())


@pytest.mark.parametrize("name", ["handle", "inject", "state_of", "cell_names", "_live"])
def test_methods_are_refused_with_hook_and_name(name: str) -> None:
    with pytest.raises(SimulatorError, match=rf"Point\.use_names sets self\.{name}") as refused:
        voltages(name)
    assert refused.value.code == "reserved-name"
