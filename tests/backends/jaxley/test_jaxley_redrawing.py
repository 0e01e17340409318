"""Radius and length that a control changes in Jaxley's tables are drawn and told when they take effect."""

from __future__ import annotations

from typing import Any

import pytest
from driving import of_kind

from backends.controls import ControlSpec, ScalarValueSpec
from backends.jaxley import JaxleySession
from backends.messages import Reset, ScenePatch, SetControl

jx = pytest.importorskip("jaxley")


class Fork(JaxleySession):
    """A forked cell whose radius and length are controls; "refresh" says whether they take effect at once."""

    refresh = True

    def build_cells(self) -> Any:
        return jx.Cell([jx.Branch(ncomp=2)] * 3, parents=[-1, 0, 0])

    def control_specs(self) -> list[ControlSpec]:
        size = ScalarValueSpec(1.0, 0.1, 1000.0, "um")
        return [ControlSpec(each, each, size) for each in ("radius", "length")]

    def apply_control(self, control_id: str, value: Any) -> bool:
        self.network.set(control_id, value)
        if self.refresh:
            self.refresh_runtime_parameters()
        return True


def test_radius_and_length_reach_the_drawing_and_the_facts() -> None:
    session = Fork()
    try:
        session.initialize()
        session.read_updates()
        session.handle(SetControl("radius", 20.0))
        session.handle(SetControl("length", 50.0))
        (patch,) = of_kind(ScenePatch, session.read_updates())
        (geometry,) = patch.changes["geometries"]
        assert set(geometry.diameter.tolist()) == {40.0}
        assert geometry.radii.max() == 20
        assert patch.changes["facts"]["Length"] == "300 µm"
        session.handle(SetControl("length", 50.0))
        assert not of_kind(ScenePatch, session.read_updates())
        session.refresh = False
        session.handle(SetControl("length", 60.0))
        assert not of_kind(ScenePatch, session.read_updates())  # not in use yet
        session.handle(Reset())
        assert len(of_kind(ScenePatch, session.read_updates())) == 1
    finally:
        session.shutdown()
