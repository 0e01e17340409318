"""The shape of a model that a control or a hook changes is drawn and told, once, and without a cost per batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from driving import of_kind
from neuron_bench import hoc

from backends.controls import ActionSpec, ControlSpec, ScalarValueSpec
from backends.live.engine import engine_of
from backends.messages import (
    Error,
    InvokeAction,
    KeyPressed,
    Reset,
    ScenePatch,
    SetControl,
    StepOnce,
)
from backends.neuron import NeuronSession
from backends.scene import MorphologyGeometry, Scene

pytest.importorskip("neuron")


class Cable(NeuronSession):
    """A dendrite whose diameter and length are controls; one of its two cells has points."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.drawings = 0
        self.per_batch: Callable[[], object] = lambda: None

    def build_sections(self) -> list[Any]:
        h = hoc()
        self.dend, self.traced = h.Section(name="dend"), h.Section(name="traced")
        self.dend.L, self.dend.diam, self.dend.nseg = 300, 1, 3
        for x in (0, 100):
            self.traced.pt3dadd(x, 50, 0, 2)
        return [self.dend, self.traced]

    def build_geometry(self, sections: Any) -> MorphologyGeometry | None:
        self.drawings += 1
        return super().build_geometry(sections)

    def control_specs(self) -> list[ControlSpec]:
        size = ScalarValueSpec(1.0, 0.1, 1000.0, "um")
        return [ControlSpec(each, each, size) for each in ("diam", "L", "traced_L", "nothing")]

    def action_specs(self) -> list[ActionSpec]:
        return [ActionSpec("double", "Double")]

    def apply_control(self, control_id: str, value: Any) -> bool:
        section = self.traced if control_id == "traced_L" else self.dend
        if control_id != "nothing":
            setattr(section, control_id.removeprefix("traced_"), value)
        return True

    def apply_action(self, action_id: str, payload: Any) -> bool:
        self.dend.diam = 2 * self.dend.diam
        hoc().finitialize(-65)  # NEURON's own mark of a change is gone then
        return True

    def on_key_press(self, key: str, context: Any) -> bool:
        self.traced.pt3dchange(1, 100, 80, 0, 2)
        return True

    def after_batch(self) -> None:
        self.per_batch()


@pytest.fixture
def cable() -> Iterator[Cable]:
    session = Cable()
    session.initialize()
    session.read_updates()
    assert session.drawings == 1
    yield session
    session.shutdown()


def patches(session: Cable) -> list[ScenePatch]:
    return of_kind(ScenePatch, session.read_updates())


def test_diameter_and_length_from_a_control_are_drawn_and_told(cable: Cable) -> None:
    cable.handle(SetControl("diam", 40.0))
    cable.handle(SetControl("L", 600.0))
    (patch,) = patches(cable)  # one for both
    (geometry,) = patch.changes["geometries"]
    assert geometry.diameter[:3].tolist() == [40, 40, 40]
    assert geometry.length[:3].tolist() == [200, 200, 200]
    assert geometry.radii.max() == 20
    assert patch.changes["facts"]["Length"] == "700 µm"
    assert patch.changes["facts"]["Step (dt)"].startswith("0.1 ms")
    assert cable.geometry is geometry
    assert isinstance(cable.scene, Scene)
    assert cable.scene.geometry is geometry


def test_a_section_with_points_grows_in_its_direction(cable: Cable) -> None:
    cable.handle(SetControl("traced_L", 250.0))
    (geometry,) = patches(cable)[0].changes["geometries"]
    assert np.ptp(geometry.points[geometry.points[:, 1] == 50, 0]) == pytest.approx(250)


@pytest.mark.parametrize("command", [InvokeAction("double"), KeyPressed("M")])
def test_what_an_action_or_a_key_changes_is_drawn(cable: Cable, command: Any) -> None:
    cable.handle(command)
    assert len(patches(cable)) == 1


def test_what_a_hook_changes_while_it_runs_is_drawn(cable: Cable) -> None:
    cable.per_batch = lambda: setattr(cable.dend, "diam", 7)
    cable.handle(StepOnce())
    cable.advance()
    (geometry,) = patches(cable)[-1].changes["geometries"]
    assert geometry.diameter[0] == 7


def test_nothing_is_drawn_where_the_shape_stays(cable: Cable) -> None:
    drawn = cable.drawings
    for command in (SetControl("nothing", 2.0), Reset(), StepOnce(5)):
        cable.handle(command)
    cable.advance()
    assert not patches(cable)
    assert cable.drawings == drawn


def test_drawings_do_not_take_the_time_of_a_running_model(cable: Cable) -> None:
    now = [0.0]
    engine = engine_of(cable)
    engine.run_control.clock = lambda: now[0]
    cable.per_batch = lambda: setattr(cable.dend, "diam", cable.dend.diam + 1)
    build = cable.build_geometry

    def slow(sections: Any) -> MorphologyGeometry | None:
        now[0] += 0.1
        return build(sections)

    vars(cable)["build_geometry"] = slow
    engine.run_control.start(0.0, cable.dt)
    found = 0
    for _ in range(100):
        engine.redrawing.note_change()
        cable.dend.diam = cable.dend.diam + 1
        found += len(patches(cable))
        now[0] += 0.01
    assert 2 <= found <= 4
    engine.run_control.pause()
    engine.redrawing.note_change()
    assert len(patches(cable)) == 1  # what was postponed, at once


def test_a_drawing_that_fails_leaves_the_old_one(cable: Cable) -> None:
    def failing(sections: Any) -> None:
        raise ValueError("no paper")

    vars(cable)["build_geometry"] = failing
    cable.handle(SetControl("diam", 9.0))
    updates = cable.read_updates()
    assert [each.code for each in of_kind(Error, updates)] == ["not-drawn"]
    assert not of_kind(ScenePatch, updates)
