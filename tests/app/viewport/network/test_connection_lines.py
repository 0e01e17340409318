"""Lines of connections in pictures and in the viewport, where many of them are drawn through a layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.palette import LIGHT, connection_color
from app.viewport.factory import make_viewport
from app.viewport.network.drawn import ShownCells
from app.viewport.network.lines import FEW
from app.viewport.pictures import render_pixels, render_view
from app.viewport.scene import MorphScene
from app.viewport.widget import Viewport
from tests.support.wired_network import N, many_connections, wired_geometry, wiring

SIZE = (500, 300)
GREY = np.full(N, 0.5, np.float32)


def network() -> MorphScene:
    """Return a scene of the network, bare but for its lines and the legend."""
    scene = MorphScene()
    scene.set_decorations(color_bar=False, scale_bar=False, axes=False)
    scene.set_geometry(wired_geometry())
    scene.set_values(GREY)
    return scene


def colored(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pixels have the hue of the first group of synapses: more green than red."""
    here = pixels.astype(int)
    return here[:, :, 1] - here[:, :, 0] > 12


@pytest.mark.slow
def test_a_picture_has_the_lines_behind_the_cells_and_their_legend() -> None:
    scene = network()
    bare = render_pixels(scene, SIZE, fit=True)
    assert scene.set_connections(wiring()[:1])
    assert not scene.set_connections(list(scene.connections))
    drawn = render_pixels(scene, SIZE)
    assert not colored(bare).any()
    assert colored(drawn)[:200].sum() > 100
    assert colored(drawn)[250:, 350:].any()  # the legend
    inside = np.zeros(SIZE[::-1], bool)
    for segment in range(0, N, 3):  # in the middle of each soma
        x, y = scene.project(segment)
        inside[int(y), int(x)] = True
    assert np.array_equal(drawn[inside], bare[inside])
    assert scene.set_connections(())
    assert np.array_equal(render_pixels(scene, SIZE), bare)


def test_the_lines_of_the_selected_cell_stand_out_and_others_fade() -> None:
    scene = network()
    scene.set_connections(wiring())
    plain = render_pixels(scene, SIZE, fit=True)
    assert scene.lines.highlighted == -1
    scene.set_selected(4)
    selected = render_pixels(scene, SIZE)
    assert scene.lines.highlighted == 1
    x0, y0 = scene.project(3)
    x1, y1 = scene.project(8)
    at = int((y0 + 3 * y1) / 4), int((x0 + 3 * x1) / 4)
    near = np.s_[at[0] - 3 : at[0] + 4, at[1] - 3 : at[1] + 4]
    assert selected[near].max() > plain[near].max()
    scene.set_hover(N - 1)  # what the pointer is on comes first
    scene.prepare()
    assert scene.lines.highlighted == 11
    far = scene.lines.fading()
    scene.set_hover(-1)
    scene.set_selected(-1)
    scene.prepare()
    assert scene.lines.fading() == 1.0 > far


def test_a_hidden_cell_has_no_lines_no_mark_and_no_outline() -> None:
    scene = network()
    scene.set_connections(wiring())
    scene.set_marks([(3, (255, 0, 0)), (6, (0, 0, 255))])
    scene.set_selected(3)
    assert scene.set_cells(ShownCells(frozenset([1])))
    scene.prepare()
    assert [segment for segment, _ in scene._marks] == [6]
    assert scene.lines.highlighted == -1
    assert not scene.is_drawn(3)
    with pytest.raises(KeyError):
        scene.middle(3)
    scene.focus(3)  # nothing to look at
    assert not scene.set_cells(ShownCells(frozenset([1])))


@pytest.mark.slow
def test_a_copy_for_a_picture_has_cells_lines_and_the_note() -> None:
    scene = network()
    scene.set_connections(wiring())
    scene.set_cells(ShownCells(frozenset([0]), "grid"))
    scene.set_theme(LIGHT)
    render_pixels(scene, SIZE, fit=True, samples=0)
    twin = MorphScene()
    twin.copy_view(scene)
    assert twin.cells == scene.cells
    own = render_pixels(scene, SIZE, samples=8)
    copy = render_view(scene, SIZE)
    assert np.abs(own.astype(int) - copy).mean() < 1
    bare = render_view(scene, SIZE, with_decorations=False)
    amber = np.abs(bare.astype(int) - LIGHT.warn).sum(axis=2) < 60
    assert amber[
        :60, :200
    ].any()  # a picture never hides that cells are elsewhere than in the model


def test_lines_go_with_another_shape_and_end_with_the_cell() -> None:
    scene = network()
    scene.set_connections(wiring())
    scene.set_cells(ShownCells(frozenset([0]), "circle"))
    scene.prepare()
    version = scene.lines.version
    scene.change_shape(wired_geometry(nudge=50.0))
    scene.prepare()
    assert scene.cells == ShownCells(frozenset([0]), "circle")
    assert scene.lines.version > version
    scene.set_geometry(None)
    scene.prepare()
    assert scene.lines.n == 0
    assert scene.lines.legend == []


# ------------------------------------------------------------------------- in the viewport


@pytest.fixture
def viewport(qtbot: QtBot) -> Iterator[Viewport]:
    """A viewport with the network, painted."""
    made = make_viewport(backend="blit")
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.set_decorations(color_bar=False, scale_bar=False, axes=False)
    made.set_geometry(wired_geometry())
    made.set_values(GREY)
    with qtbot.waitExposed(made):
        made.show()
    qtbot.waitUntil(lambda: made.frames_painted > 0)
    yield made
    made.close()


def n_drawn(viewport: Viewport) -> int:
    """Return how many parts of the lines this frame draws itself, without the layer."""
    return sum(bool(actor.GetVisibility()) for actor in viewport.scene.lines.parts)


def is_whole(viewport: Viewport) -> bool:
    return viewport._lines.is_complete(viewport._device_size())


def test_many_lines_are_drawn_through_a_layer_that_frames_fill(
    qtbot: QtBot, viewport: Viewport
) -> None:
    viewport.set_connections([many_connections(FEW + 2_500)])
    qtbot.waitUntil(lambda: viewport.scene.lines.n > 0 and is_whole(viewport))
    qtbot.waitUntil(lambda: n_drawn(viewport) == 0)
    frames = viewport.frames_painted
    viewport.set_values(GREY / 2)  # a new frame of a run
    qtbot.waitUntil(lambda: viewport.frames_painted > frames)
    assert n_drawn(viewport) == 0  # none is drawn again
    through_layer = viewport.grab_image()
    direct = render_view(viewport.scene, (500, 300))
    got = np.asarray(as_array(through_layer), float)
    assert colored(got).mean() == pytest.approx(colored(direct).mean(), rel=0.25)


def as_array(image: QImage) -> NDArray[np.uint8]:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), -1)
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def test_few_lines_are_drawn_while_the_camera_moves_and_all_afterwards(
    qtbot: QtBot, viewport: Viewport
) -> None:
    viewport.set_connections([many_connections(FEW + 2_500)])
    qtbot.waitUntil(lambda: viewport.scene.lines.n > 0 and is_whole(viewport))
    viewport.turn(40, 0)
    viewport._draw()
    assert n_drawn(viewport) == 1
    assert not is_whole(viewport)
    qtbot.waitUntil(lambda: is_whole(viewport) and n_drawn(viewport) == 0)


def test_a_grabbed_picture_has_all_lines_at_once(qtbot: QtBot, viewport: Viewport) -> None:
    viewport.set_connections([many_connections(FEW + 2_500)])
    viewport.grab_image()
    assert is_whole(viewport)
    assert n_drawn(viewport) == 0


def test_the_lines_of_a_hovered_cell_stand_out_without_drawing_the_others_again(
    qtbot: QtBot, viewport: Viewport
) -> None:
    viewport.set_connections([many_connections(FEW + 800)])
    before = as_array(viewport.grab_image())
    key = viewport._lines._key
    viewport.show_hovered(4)
    after = as_array(viewport.grab_image())
    assert viewport._lines._key == key
    assert viewport.scene.lines.highlighted == 1
    lines = colored(before)
    faint_before, faint_after = (np.percentile(each[lines][:, 1], 25) for each in (before, after))
    assert (
        faint_after < faint_before
    )  # where lines lie over each other, they are as strong as can be
    viewport.show_hovered(-1)
    assert np.abs(as_array(viewport.grab_image()).astype(int) - before).mean() < 0.5


def test_the_many_lines_of_a_hub_stand_out_through_the_layer(
    qtbot: QtBot, viewport: Viewport
) -> None:
    hub = many_connections(FEW + 300)
    hub = replace(hub, id="hub", label="Hub", source=np.full(hub.n, 3))
    viewport.set_connections([hub, replace(many_connections(FEW + 1_000), label="Others")])
    as_array(viewport.grab_image())
    lines = viewport.scene.lines
    plain = len(lines.parts)
    viewport.set_selected(3)
    viewport.grab_image()
    assert lines.highlighted == 1
    assert lines.has_hub
    assert len(lines.parts) > plain
    assert n_drawn(viewport) == 0  # a frame draws none of them
    assert not lines._front.actor.GetVisibility()
    viewport.set_selected(-1)
    viewport.grab_image()
    assert not lines.has_hub
    assert len(lines.parts) == plain


def test_few_lines_need_no_layer(qtbot: QtBot, viewport: Viewport) -> None:
    viewport.set_connections(wiring())
    viewport.grab_image()
    assert n_drawn(viewport) == 1
    assert viewport._lines._window is None


def test_the_theme_changes_the_lines_of_the_layer(qtbot: QtBot, viewport: Viewport) -> None:
    viewport.set_connections([many_connections(FEW + 600)])
    viewport.grab_image()
    viewport.set_theme(LIGHT)
    image = as_array(viewport.grab_image()).astype(int)
    assert image[5, 5].min() > 200
    green = connection_color(0, LIGHT)
    assert (np.abs(image - green).sum(axis=2) < 200).any()


def test_what_is_hidden_or_moved_is_picked_where_it_is_drawn(
    qtbot: QtBot, viewport: Viewport
) -> None:
    place = viewport.project(6)
    assert viewport.pick(place) == 6
    viewport.set_cells(ShownCells(frozenset([2])))
    viewport.grab_image()
    assert viewport.pick(QPointF(place)) == -1
    viewport.set_cells(ShownCells(frozenset([2]), "grid"))
    viewport.grab_image()
    for segment in (0, 3, 9, N - 2):
        assert viewport.pick(viewport.project(segment)) == segment
    viewport.set_cells(ShownCells())
    viewport.grab_image()
    assert viewport.project(6) == place
    assert viewport.scene.drawn is viewport.scene.geometry


def test_a_camera_that_was_moved_stays_when_a_cell_is_hidden(
    qtbot: QtBot, viewport: Viewport
) -> None:
    viewport.zoom(3.0)
    place = viewport.project(18)
    viewport.set_cells(ShownCells(frozenset([0, 1])))
    viewport.grab_image()
    moved = viewport.project(18) - place
    assert abs(moved.x()) < 0.1
    assert abs(moved.y()) < 0.1
    viewport.set_cells(ShownCells(frozenset(), "grid"))  # all places are others: fitted again
    viewport.grab_image()
    assert viewport.scene.navigation.shows_all()
