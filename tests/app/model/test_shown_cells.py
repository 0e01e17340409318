"""Which cells are hidden and how they are arranged, over scenes that are built again or replaced."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.model.shown_cells import ShownCellsState
from backends.scene import MorphologyGeometry, Scene
from backends.views import MorphologyViewSpec
from tests.support.wired_network import wired_geometry, wiring


def scene_of(*geometries: MorphologyGeometry) -> Scene:
    return Scene(geometries=geometries)


@pytest.fixture
def state(qtbot: QtBot) -> ShownCellsState:
    """The state of a scene with two networks."""
    made = ShownCellsState()
    other = replace(wired_geometry(4), id="other")
    made.set_scene(scene_of(wired_geometry(), other), is_same_model=False)
    return made


def test_each_geometry_has_its_own_hidden_cells(qtbot: QtBot, state: ShownCellsState) -> None:
    first, other = wired_geometry(), replace(wired_geometry(4), id="other")
    with qtbot.waitSignal(state.changed):
        state.hide(other, 2)
    state.arrange(other, "circle")
    assert state.shown(other) == {0, 1, 3}
    assert len(state.shown(first)) == state.n_cells(first) == 12
    assert state.of(first).arrangement == "model"
    with qtbot.assertNotEmitted(state.changed):
        state.hide(other, 2)
        state.show_all(first)
        state.arrange(other, "circle")


def test_the_last_cell_cannot_be_hidden(state: ShownCellsState) -> None:
    geometry = wired_geometry()
    state.show_only(geometry, 3)
    state.hide(geometry, 3)
    assert state.shown(geometry) == {3}


def test_a_hidden_cell_is_known_by_its_name_when_the_model_is_built_again(
    state: ShownCellsState,
) -> None:
    geometry = wired_geometry()
    state.hide(geometry, 2)
    names = ("New", *geometry.cell_names[:-1])
    again = replace(geometry, cell_names=names)
    state.set_scene(scene_of(again), is_same_model=True)
    assert state.of(again).hidden == {3}
    state.set_scene(scene_of(geometry), is_same_model=False)
    assert state.of(geometry).hidden == frozenset()


def test_a_model_of_which_only_hidden_cells_are_left_shows_them(state: ShownCellsState) -> None:
    state.hide(wired_geometry(), 0)
    alone = wired_geometry(1)
    state.set_scene(scene_of(alone), is_same_model=True)
    assert state.shown(alone) == {0}


def test_the_users_choice_counts_until_the_view_says_something_else(
    qtbot: QtBot, state: ShownCellsState
) -> None:
    without = MorphologyViewSpec("cells", "morphology", "v")
    with_lines = replace(without, connections=True)
    assert not state.draws_connections(without)
    assert state.draws_connections(with_lines)
    with qtbot.waitSignal(state.changed):
        state.draw_connections(without, True)
    assert state.draws_connections(without)
    assert state.draws_connections(with_lines)  # what it says now, and the choice is over
    assert not state.draws_connections(without)


def test_groups_without_a_connection_are_left_out(state: ShownCellsState) -> None:
    geometry = wired_geometry()
    empty = replace(wiring()[0], id="none", source=[], target=[])
    state.set_scene(
        Scene(geometries=(geometry,), connections=(*wiring(), empty)), is_same_model=True
    )
    assert [each.id for each in state.connections_of(geometry)] == ["ampa", "gaba", "gaps"]
    assert state.connections_of(replace(geometry, id="other")) == ()
    assert state.connections_of(None) == ()
