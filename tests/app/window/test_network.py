"""Networks in the window: cells that are hidden, isolated and arranged, and connections, by menus, keys and clicks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from app.viewport.widget import Viewport
from app.window.controller import Controller
from app.window.network_commands import NO_CONNECTIONS, ONE_CELL
from backends.messages import ScenePatch, SetControl
from tests.support import wired_network
from tests.support.wired_network import CELLS, PER_CELL, wired_geometry, wiring

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
SCRIPT = Path(wired_network.__file__)
OWN = f"""
import sys
sys.path.insert(0, {str(SCRIPT.parents[2])!r})
from tests.support.wired_network import WiredNetwork

class Own(WiredNetwork):
    n_cells = 12
    nudge = 0.0
"""


@pytest.fixture
def one(qtbot: QtBot, open_somascope: OpenSomascope) -> Controller:
    """The window with one view of the network."""
    return opened(qtbot, open_somascope, f"{SCRIPT}:WiredNetwork")


@pytest.fixture
def two(qtbot: QtBot, open_somascope: OpenSomascope) -> Controller:
    """The window with two views of the network."""
    return opened(qtbot, open_somascope, f"{SCRIPT}:WiredTwice")


def opened(qtbot: QtBot, open_somascope: OpenSomascope, source: str) -> Controller:
    controller = open_somascope(source, wait=False)
    controller.window.resize(1366, 768)
    wait_for_scene(qtbot, controller)
    return controller


def wait_for_scene(qtbot: QtBot, controller: Controller) -> None:
    qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
    qtbot.waitUntil(lambda: controller.views is not None, timeout=LONG_MS)
    for viewport in controller.views.viewports():
        qtbot.waitUntil(lambda v=viewport: v.frames_painted > 0, timeout=LONG_MS)
        settle(qtbot, viewport)


def settle(qtbot: QtBot, viewport: Viewport) -> None:
    """Wait until what is pending is painted, so that the camera is where it will be."""
    qtbot.waitUntil(lambda: not viewport.is_frame_due, timeout=LONG_MS)


def soma(cell: int) -> int:
    return PER_CELL * cell


def place_of(qtbot: QtBot, viewport: Viewport, segment: int) -> QPoint:
    settle(qtbot, viewport)
    return viewport.project(segment).toPoint()


def choose(qtbot: QtBot, controller: Controller, text: str, segment: int, view: int = 0) -> None:
    """Right-click a segment (-1: the background) and choose an entry of its menu."""
    viewport = controller.views.viewports()[view]
    settle(qtbot, viewport)
    place = QPoint(10, 300) if segment < 0 else place_of(qtbot, viewport, segment)
    qtbot.mouseClick(viewport, Qt.MouseButton.RightButton, pos=place)
    menu = controller.window.findChild(QMenu, "segmentMenu")
    entries = {action.text(): action for action in menu.actions()}
    assert text in entries
    assert entries[text].isEnabled()
    entries[text].trigger()
    menu.close()
    qtbot.waitUntil(
        lambda: controller.window.findChild(QMenu, "segmentMenu") is None, timeout=LONG_MS
    )
    settle(qtbot, viewport)


def trigger(qtbot: QtBot, controller: Controller, id_: str) -> None:
    action = controller.window.command_actions[id_]
    assert action.isEnabled()
    action.trigger()
    for viewport in controller.views.viewports():
        settle(qtbot, viewport)


def shown(controller: Controller) -> set[int]:
    return set(controller.model.shown_cells.shown(controller.model.geometry))


# -------------------------------------------------------------------------------- cells


def test_a_cell_is_hidden_by_its_menu_and_a_click_no_longer_finds_it(
    qtbot: QtBot, one: Controller
) -> None:
    viewport = one.views.viewports()[0]
    viewport.zoom(1.01)  # a camera of the user's, which stays
    place = place_of(qtbot, viewport, soma(4))
    choose(qtbot, one, "Hide this cell", soma(4))
    assert shown(one) == set(range(CELLS)) - {4}
    settle(qtbot, viewport)
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert one.model.selected == -1
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place_of(qtbot, viewport, soma(5)))
    assert one.model.selected == soma(5)
    choose(qtbot, one, "Show all cells", -1)
    settle(qtbot, viewport)
    assert place_of(qtbot, viewport, soma(4)) == place
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert one.model.selected == soma(4)


def test_a_cell_is_isolated_fitted_and_the_picture_says_so(qtbot: QtBot, one: Controller) -> None:
    viewport = one.views.viewports()[0]
    before = viewport.scene.navigation.pixel_size()
    choose(qtbot, one, "Show only this cell", soma(7) + 1)
    assert shown(one) == {7}
    qtbot.waitUntil(lambda: viewport.scene.navigation.pixel_size() < before / 3, timeout=LONG_MS)
    assert viewport.scene._notes == ("1 of 12 cells shown",)
    actions = one.window.command_actions
    assert not actions["hide_cell"].isEnabled()  # it would leave nothing
    trigger(qtbot, one, "show_all_cells")
    assert shown(one) == set(range(CELLS))
    assert viewport.scene.navigation.pixel_size() == pytest.approx(before)
    assert viewport.scene._notes == ()


def test_keys_hide_and_isolate_the_cell_under_the_pointer(qtbot: QtBot, one: Controller) -> None:
    viewport = one.views.viewports()[0]
    actions = one.window.command_actions
    assert not actions["hide_cell"].isEnabled()
    assert "Select a segment" in actions["hide_cell"].toolTip()
    qtbot.mouseMove(viewport, place_of(qtbot, viewport, soma(3)))
    qtbot.waitUntil(lambda: one.model.hovered == soma(3), timeout=LONG_MS)
    qtbot.keyClick(viewport, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert shown(one) == set(range(CELLS)) - {3}
    one.model.select(soma(8))
    qtbot.keyClick(viewport, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    assert shown(one) == {8}
    qtbot.keyClick(viewport, Qt.Key.Key_A, Qt.KeyboardModifier.ShiftModifier)
    assert shown(one) == set(range(CELLS))


@pytest.mark.parametrize("arrangement", ["grid", "circle"])
def test_a_click_finds_a_segment_where_the_arrangement_has_it_and_the_model_is_as_before(
    qtbot: QtBot, one: Controller, arrangement: str
) -> None:
    viewport, model = one.views.viewports()[0], one.model
    before = {s: place_of(qtbot, viewport, s) for s in range(0, PER_CELL * CELLS, PER_CELL)}
    trigger(qtbot, one, f"arrange_{arrangement}")
    qtbot.waitUntil(
        lambda: viewport.scene._notes == (f"arranged in a {arrangement}",), timeout=LONG_MS
    )
    actions = one.window.command_actions
    assert actions[f"arrange_{arrangement}"].isChecked()
    assert not actions["arrange_model"].isChecked()
    for segment in (soma(2), soma(10)):
        place = place_of(qtbot, viewport, segment)
        assert place != before[segment]
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
        assert model.selected == segment
    assert np.array_equal(model.geometry.points, wired_geometry().points)  # and what is exported
    trigger(qtbot, one, f"arrange_{arrangement}")  # again: it stays
    assert actions[f"arrange_{arrangement}"].isChecked()
    trigger(qtbot, one, "arrange_model")
    assert viewport.scene.drawn is viewport.scene.geometry
    assert {s: place_of(qtbot, viewport, s) for s in before} == before
    assert viewport.scene._notes == ()


@pytest.mark.slow
def test_both_views_of_a_network_show_the_same_cells_at_the_same_places(
    qtbot: QtBot, two: Controller
) -> None:
    left, right = two.views.viewports()
    choose(qtbot, two, "Hide this cell", soma(6), view=1)
    trigger(qtbot, two, "arrange_circle")
    for viewport in (left, right):
        assert viewport.scene.cells.hidden == {6}
        assert viewport.scene._notes == ("11 of 12 cells shown", "arranged in a circle")
    assert left.scene.cross_sections is right.scene.cross_sections  # one mesh for both
    qtbot.mouseClick(left, Qt.MouseButton.LeftButton, pos=place_of(qtbot, left, soma(1)))
    assert two.model.selected == soma(1)
    assert [s for s, _ in right.scene._marks] == [soma(1)]


@pytest.mark.slow
def test_a_restart_and_a_reload_keep_what_is_hidden_and_another_model_begins_anew(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    script = tmp_path / "own.py"
    script.write_text(OWN)
    controller = opened(qtbot, open_somascope, str(script))
    viewport, model = controller.views.viewports()[0], controller.model
    choose(qtbot, controller, "Hide this cell", soma(2))
    trigger(qtbot, controller, "arrange_grid")
    trigger(qtbot, controller, "connections")

    def build_again() -> None:
        scene = model.scene
        controller.window.command_actions["reload"].trigger()
        qtbot.waitUntil(
            lambda: model.has_scene and model.scene is not scene and not model.is_starting,
            timeout=LONG_MS,
        )
        settle(qtbot, viewport)

    build_again()
    assert viewport.scene.cells.hidden == {2}
    assert viewport.scene.cells.arrangement == "grid"
    assert viewport.scene.lines.n > 0
    script.write_text(OWN.replace("12", "14").replace("0.0", "30.0"))
    build_again()
    assert model.geometry.cell_names[13] == "Cell[13]"
    assert viewport.scene.cells.hidden == {2}
    assert viewport.scene._notes == ("13 of 14 cells shown", "arranged in a grid")
    scene = model.scene
    controller.opener.open_text(f"{SCRIPT}:WiredNetwork")
    qtbot.waitUntil(lambda: model.has_scene and model.scene is not scene, timeout=LONG_MS)
    settle(qtbot, viewport)
    assert shown(controller) == set(range(CELLS))
    assert viewport.scene.cells.arrangement == "model"
    assert not controller.window.command_actions["connections"].isChecked()


@pytest.mark.slow
def test_a_shape_that_changes_keeps_cells_hidden_and_arranged(
    qtbot: QtBot, one: Controller
) -> None:
    viewport = one.views.viewports()[0]
    choose(qtbot, one, "Hide this cell", soma(2))
    trigger(qtbot, one, "arrange_grid")
    moved = wired_geometry(nudge=500.0)
    one.model.apply([ScenePatch({"geometries": (moved,)})])
    settle(qtbot, viewport)
    assert viewport.scene.geometry is moved
    assert viewport.scene._notes == ("11 of 12 cells shown", "arranged in a grid")


def test_a_single_cell_has_nothing_to_hide_or_to_arrange(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    pytest.importorskip("neuron")
    controller = open_somascope()
    actions = controller.window.command_actions
    for id_ in ("hide_cell", "show_only_cell", "show_all_cells", "arrange_grid"):
        assert not actions[id_].isEnabled()
        assert actions[id_].toolTip() == ONE_CELL
    assert actions["connections"].toolTip() == NO_CONNECTIONS
    controller.commands.open_segment_menu(0, QPoint(0, 0))
    menu = controller.window.findChild(QMenu, "segmentMenu")
    assert "Hide this cell" not in [action.text() for action in menu.actions()]
    menu.close()


# -------------------------------------------------------------------------- connections


def test_connections_are_switched_by_the_menu_and_by_a_key(qtbot: QtBot, one: Controller) -> None:
    viewport = one.views.viewports()[0]
    action = one.window.command_actions["connections"]
    assert not action.isChecked()
    assert viewport.scene.lines.n == 0
    trigger(qtbot, one, "connections")
    qtbot.waitUntil(lambda: viewport.scene.lines.n == 28, timeout=LONG_MS)
    assert [row.text for row in viewport.scene.lines.legend] == [
        "AMPA  12",
        "GABA  6",
        "gap junction  10",
    ]
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place_of(qtbot, viewport, soma(5)))
    qtbot.waitUntil(lambda: viewport.scene.lines.highlighted == 5, timeout=LONG_MS)
    qtbot.keyClick(viewport, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: viewport.scene.lines.n == 0, timeout=LONG_MS)
    assert not action.isChecked()


def test_a_hidden_cell_takes_its_connections_along(qtbot: QtBot, one: Controller) -> None:
    viewport = one.views.viewports()[0]
    trigger(qtbot, one, "connections")
    choose(qtbot, one, "Hide this cell", soma(4))
    qtbot.waitUntil(
        lambda: viewport.scene.lines.legend[0].text == "AMPA  10 of 12", timeout=LONG_MS
    )


def test_a_view_draws_connections_as_it_says_until_the_user_or_its_state_says_otherwise(
    qtbot: QtBot, two: Controller
) -> None:
    left, right = two.views.viewports()
    action = two.window.command_actions["connections"]
    assert left.scene.lines.n == 28
    assert right.scene.lines.n == 0
    assert action.isChecked()  # of the first view, which the pointer was on last
    two.post(SetControl("wires", True))
    qtbot.waitUntil(lambda: right.scene.lines.n == 28, timeout=LONG_MS)
    qtbot.mouseClick(right, Qt.MouseButton.LeftButton, pos=place_of(qtbot, right, soma(3)))
    trigger(qtbot, two, "connections")  # of the view that was clicked
    qtbot.waitUntil(lambda: right.scene.lines.n == 0, timeout=LONG_MS)
    assert left.scene.lines.n == 28
    qtbot.mouseClick(left, Qt.MouseButton.LeftButton, pos=place_of(qtbot, left, soma(3)))
    assert action.isChecked()
    two.post(SetControl("wires", False))
    qtbot.waitUntil(lambda: not two.model.control_values["wires"], timeout=LONG_MS)
    two.post(SetControl("wires", True))
    qtbot.waitUntil(lambda: right.scene.lines.n == 28, timeout=LONG_MS)


@pytest.mark.slow
def test_connections_that_change_while_it_runs_are_drawn(qtbot: QtBot, one: Controller) -> None:
    viewport = one.views.viewports()[0]
    trigger(qtbot, one, "connections")
    one.model.apply([ScenePatch({"connections": wiring()[:1]})])
    qtbot.waitUntil(lambda: viewport.scene.lines.n == 12, timeout=LONG_MS)
    one.model.apply([ScenePatch({"connections": ()})])
    qtbot.waitUntil(lambda: viewport.scene.lines.n == 0, timeout=LONG_MS)
    assert not one.window.command_actions["connections"].isEnabled()


@pytest.mark.slow
def test_a_saved_picture_has_the_lines(
    qtbot: QtBot, one: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [tmp_path / "bare.png", tmp_path / "lines.png"]
    for path, switch in zip(pictures, (False, True), strict=True):
        if switch:
            trigger(qtbot, one, "connections")
        monkeypatch.setattr(
            QFileDialog, "getSaveFileName", lambda *_a, p=path, **_k: (str(p), "PNG (*.png)")
        )
        trigger(qtbot, one, "snapshot")
        qtbot.waitUntil(path.exists, timeout=LONG_MS)
    greens = [greenish(QImage(str(path))) for path in pictures]
    assert greens[1] > greens[0] + 200


def greenish(image: QImage) -> int:
    """Return how many pixels have the hue of the first group of synapses."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), -1)
    here = rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).astype(int)
    return int((here[:, :, 1] - here[:, :, 0] > 20).sum())
