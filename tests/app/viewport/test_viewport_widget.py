"""The viewport as a widget: real mouse, real frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.palette import LIGHT
from app.viewport.factory import make_viewport
from app.viewport.widget import Viewport
from tests.app.viewport.cells import empty_cell, forest

N = 300


def picture(viewport: Viewport) -> np.ndarray:
    """Return what is shown, shape (height, width, 3)."""
    image = viewport.grab_image().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def camera(viewport: Viewport) -> tuple[float, ...]:
    c = viewport.scene.renderer.GetActiveCamera()
    return (*c.GetPosition(), *c.GetFocalPoint(), *c.GetViewUp(), c.GetParallelScale())


def at_rest(viewport: Viewport) -> bool:
    timers = (viewport._frame_timer, viewport._settle_timer)
    return viewport.frames_painted > 0 and not any(timer.isActive() for timer in timers)


@pytest.fixture
def viewport(qtbot):
    """A viewport with a forest of 300 segments, painted and at rest."""
    made = make_viewport(backend="blit")
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.set_geometry(forest(N))
    made.set_color_map("viridis", (-80, 40), "mV", "Membrane potential")
    made.set_values(np.full(N, -65, np.float32), 0.0)
    with qtbot.waitExposed(made):
        made.show()
    qtbot.waitUntil(lambda: at_rest(made))
    yield made
    made.close()


def visible_segment(viewport: Viewport) -> tuple[int, QPoint]:
    """Return a segment that nothing hides, and where it is."""
    for segment in range(0, N, 7):
        at = viewport.project(segment).toPoint()
        if viewport.rect().contains(at) and viewport.pick(QPointF(at)) == segment:
            return segment, at
    raise AssertionError("no segment is in sight")


def test_a_click_on_a_segment_picks_it(viewport, qtbot):
    segment, at = visible_segment(viewport)
    with qtbot.waitSignal(viewport.segmentClicked) as clicked:
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=at)
    assert clicked.args == [segment]


def test_a_click_next_to_the_cell_is_a_click_on_the_background(viewport, qtbot):
    with (
        qtbot.assertNotEmitted(viewport.segmentClicked),
        qtbot.waitSignal(viewport.backgroundClicked),
    ):
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(4, 200))


def test_a_right_click_requests_the_menu_of_its_segment(viewport, qtbot):
    segment, at = visible_segment(viewport)
    with qtbot.waitSignal(viewport.segmentMenuRequested) as requested:
        qtbot.mouseClick(viewport, Qt.MouseButton.RightButton, pos=at)
    assert requested.args == [segment, viewport.mapToGlobal(at)]


@pytest.mark.parametrize(
    ("button", "modifier", "turns"),
    [
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, True),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, False),
        (Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, False),
    ],
)
def test_a_drag_moves_the_camera_and_never_picks(viewport, qtbot, button, modifier, turns):
    _, at = visible_segment(viewport)
    before = viewport.scene.navigation.axes()[2]
    seen = camera(viewport)
    with (
        qtbot.assertNotEmitted(viewport.segmentClicked),
        qtbot.assertNotEmitted(viewport.backgroundClicked),
    ):
        drag(viewport, button, modifier, at, at + QPoint(60, 30))
    assert camera(viewport) != seen
    assert (not np.allclose(viewport.scene.navigation.axes()[2], before)) is turns


def drag(viewport, button, modifier, start: QPoint, end: QPoint) -> None:
    """Press, move in steps, release: events as a mouse sends them."""
    none = Qt.MouseButton.NoButton
    steps = [start + (end - start) * i / 6 for i in range(7)]
    events = [(QEvent.Type.MouseButtonPress, start, button, button)]
    events += [(QEvent.Type.MouseMove, at, none, button) for at in steps]
    events += [(QEvent.Type.MouseButtonRelease, end, button, none)]
    for kind, at, which, held in events:
        where = QPointF(at)
        glob = QPointF(viewport.mapToGlobal(at))
        QApplication.sendEvent(viewport, QMouseEvent(kind, where, glob, which, held, modifier))


def test_a_hand_that_trembles_while_clicking_still_picks(viewport, qtbot):
    segment, at = visible_segment(viewport)
    with qtbot.waitSignal(viewport.segmentClicked) as clicked:
        drag(
            viewport,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            at + QPoint(2, 1),
            at,
        )
    assert clicked.args == [segment]


def test_the_wheel_zooms_to_the_pointer(viewport, qtbot):
    segment, at = visible_segment(viewport)
    size = viewport.scene.navigation.pixel_size()
    event = QWheelEvent(
        QPointF(at), QPointF(viewport.mapToGlobal(at)), QPoint(), QPoint(0, 360),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    offset = viewport.project(segment) - QPointF(at)
    QApplication.sendEvent(viewport, event)
    factor = size / viewport.scene.navigation.pixel_size()
    assert factor > 1.3
    after = viewport.project(segment) - QPointF(at)
    assert abs(after.x() - factor * offset.x()) < 0.5
    assert abs(after.y() - factor * offset.y()) < 0.5


def test_a_double_click_turns_about_that_place(viewport, qtbot):
    segment, at = visible_segment(viewport)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=at)
    before = viewport.project(segment)
    viewport.scene.navigation.rotate(80, 40)
    after = viewport.project(segment)
    assert (after - before).manhattanLength() < 1


def test_hovering_emits_the_segment_and_leaving_emits_none(viewport, qtbot):
    segment, at = visible_segment(viewport)
    with qtbot.waitSignal(viewport.segmentHovered) as hovered:
        drag(viewport, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, at, at)
    assert hovered.args == [segment]
    with qtbot.waitSignal(viewport.segmentHovered) as hovered:
        QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    assert hovered.args == [-1]


def test_new_values_are_shown_and_the_latest_wins(viewport, qtbot):
    before = picture(viewport)
    painted = viewport.frames_painted
    with qtbot.waitSignal(viewport.framePainted):
        for i in range(200):
            viewport.set_values(np.full(N, -80 + 0.6 * i, np.float32), float(i))
    assert viewport.last_shown_time_ms == 199
    assert viewport.frames_painted == painted + 1
    after = picture(viewport)
    lit = np.abs(after - before).max(axis=2) > 30
    assert lit.sum() > 500
    assert after[lit][:, 0].mean() - before[lit][:, 0].mean() > 40


def test_nothing_is_drawn_while_nothing_changes(viewport, qtbot):
    painted = viewport.frames_painted
    viewport.set_theme(viewport.scene.theme)
    viewport.set_geometry(viewport.scene.geometry)
    viewport.set_color_map("viridis", (-80, 40), "mV", "Membrane potential")
    viewport.set_caption(viewport.scene.caption)
    viewport.set_marks(())
    viewport.set_decorations(axes=True)
    assert not viewport._frame_timer.isActive()
    viewport.update()
    qtbot.waitUntil(lambda: not viewport._frame_timer.isActive())
    assert viewport.frames_painted == painted


def test_every_setter_that_changes_something_draws_one_frame(viewport, qtbot):
    changes = [
        lambda: viewport.set_theme(LIGHT),
        lambda: viewport.set_caption("Another\ncell"),
        lambda: viewport.set_marks([(3, (255, 0, 0))]),
        lambda: viewport.set_color_map("magma", (-90, 50), "mV", "V"),
        lambda: viewport.set_decorations(color_bar=False),
        lambda: viewport.view_axis("xz", opposite=True),
        lambda: viewport.focus_segment(5),
        viewport.fit,
        viewport.reset_view,
    ]
    for change in changes:
        with qtbot.waitSignal(viewport.framePainted):
            change()


def test_a_running_simulation_gets_lines_on_slow_machines_and_tubes_again_at_rest(viewport, qtbot):
    for _ in range(5):
        viewport.detail.note_frame("tubes", 400.0)
    viewport.set_moving(True)
    with qtbot.waitSignal(viewport.detailChanged) as emitted:
        viewport.set_values(np.full(N, 0, np.float32), 1.0)
    assert emitted.args[0].startswith("Lines while moving — software OpenGL")
    with qtbot.waitSignal(viewport.detailChanged, timeout=1000) as emitted:
        viewport.set_moving(False)
    assert viewport.detail.level == "tubes"


def test_the_middle_of_a_focused_segment_is_in_the_middle(viewport):
    viewport.focus_segment(42)
    assert (viewport.project(42) - QPointF(250, 200)).manhattanLength() < 1


def test_the_cell_stays_fitted_to_the_window_until_the_camera_is_moved(viewport, qtbot):
    with qtbot.waitSignal(viewport.framePainted):
        viewport.resize(260, 380)
    inside = [viewport.rect().contains(viewport.project(i).toPoint()) for i in range(N)]
    assert all(inside)


def test_a_picture_is_saved_with_and_without_decorations(viewport, tmp_path):
    images = []
    for with_decorations in (True, False):
        path = tmp_path / f"{with_decorations}.png"
        viewport.save_picture(path, with_decorations)
        image = QImage(str(path))
        assert (image.width(), image.height()) == (500, 400)
        images.append(image)
    within_the_bar = [image.pixelColor(500 - 25, 120).lightness() for image in images]
    assert within_the_bar[0] > within_the_bar[1] + 40


def test_without_a_cell_there_is_a_hint(viewport, qtbot):
    for nothing in (None, empty_cell()):
        viewport.set_geometry(nothing)
        viewport.set_values(np.zeros(0, np.float32))
        middle = picture(viewport)[185:215, 150:350]
        assert np.ptp(middle) > 100
        with qtbot.waitSignal(viewport.backgroundClicked):
            qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(250, 200))


def test_keys_are_left_to_the_window(viewport, qtbot):
    for key in (Qt.Key.Key_Space, Qt.Key.Key_R, Qt.Key.Key_Q, Qt.Key.Key_3):
        event = QKeyEvent(QKeyEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(viewport, event)
        assert not event.isAccepted()


def test_it_closes_twice_and_in_the_middle_of_a_frame(viewport):
    viewport.set_values(np.full(N, 0, np.float32), 1.0)
    viewport.update()
    viewport.close()
    viewport.close_view()
    viewport.set_values(np.full(N, 1, np.float32), 2.0)
    assert not viewport._frame_timer.isActive()


@pytest.mark.slow
def test_memory_does_not_grow_with_frames(viewport, qtbot):
    psutil = pytest.importorskip("psutil")
    process = psutil.Process()

    def play(n: int) -> int:
        for i in range(n):
            viewport.set_values(np.full(N, i % 100 - 80, np.float32), float(i))
            viewport.set_marks([(i % N, (255, i % 255, 0))])
            viewport.scene.set_hover(i % N)
            viewport.grab_image()
        return process.memory_info().rss

    start = play(40)
    assert play(150) - start < 6 << 20


@pytest.mark.slow
def test_the_hardware_widget_draws_and_picks_alike(qtbot):
    if QGuiApplication.platformName() not in ("xcb", "wayland", "cocoa", "windows"):
        pytest.skip("needs a platform with OpenGL widgets")
    made = make_viewport(backend="hardware")
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.set_geometry(forest(N))
    made.set_color_map("viridis", (-80, 40))
    with qtbot.waitExposed(made):
        made.show()
    qtbot.waitUntil(lambda: at_rest(made))
    before = picture(made)
    segment, at = visible_segment(made)
    with qtbot.waitSignal(made.segmentClicked) as clicked:
        qtbot.mouseClick(made, Qt.MouseButton.LeftButton, pos=at)
    assert clicked.args == [segment]
    with qtbot.waitSignal(made.framePainted):
        made.set_values(np.full(N, 40, np.float32), 1.0)
    after = picture(made)
    assert (np.abs(after - before).max(axis=2) > 30).sum() > 500
    made.close()
    made.close_view()


@pytest.mark.slow
def test_a_large_cell_leaves_nothing_in_the_graphics_driver_and_the_next_is_drawn_the_same(
    viewport, qtbot
):
    small, values = viewport.scene.geometry, np.full(N, -65, np.float32)
    before = picture(viewport)
    for turn in range(2):
        viewport.set_geometry(forest(3000 + turn))
        viewport.grab_image()
        assert viewport._window.has_driver
        viewport.set_geometry(small)
        assert not viewport._window.has_driver, "the driver's context is kept"
        viewport.set_values(values, 0.0)
        qtbot.waitUntil(lambda: at_rest(viewport))
        assert np.abs(picture(viewport) - before).max() <= 2
    viewport.set_geometry(forest(200))
    assert viewport._window.has_driver, "a small cell is not worth a new context"


def test_a_changed_shape_is_seen_from_the_same_place(viewport, qtbot):
    viewport.turn(40, 10)
    viewport.zoom(1.5)
    scene, geometry = viewport.scene, viewport.scene.geometry
    before, place = scene.navigation.view(), scene.cross_sections.centre
    viewport.change_shape(replace(geometry, points=geometry.points + np.float32([50, 0, 0])))
    qtbot.waitUntil(lambda: at_rest(viewport))
    after = scene.navigation.view()
    assert after.parallel_scale == pytest.approx(before.parallel_scale)
    np.testing.assert_allclose(after.eye, before.eye, atol=1e-9)
    np.testing.assert_allclose(
        after.focus + scene.cross_sections.centre, before.focus + place, atol=1e-3
    )
    assert (picture(viewport) != picture(viewport)[0, 0]).any()


def test_a_cell_that_outgrows_the_view_is_fitted_unless_the_camera_was_moved(viewport, qtbot):
    geometry, navigation = viewport.scene.geometry, viewport.scene.navigation
    before = navigation.view().parallel_scale
    viewport.change_shape(replace(geometry, points=3 * geometry.points))
    qtbot.waitUntil(lambda: at_rest(viewport))
    assert navigation.view().parallel_scale > 2 * before
    viewport.zoom(2)
    before = navigation.view().parallel_scale
    viewport.change_shape(replace(geometry, points=9 * geometry.points))
    qtbot.waitUntil(lambda: at_rest(viewport))
    assert navigation.view().parallel_scale == pytest.approx(before)


def test_two_viewports_draw_their_own_cells_colours_and_sizes_in_one_context(qtbot) -> None:
    first, second = (make_viewport(backend="blit") for _ in range(2))
    cell = forest(40)
    for view, size in ((first, (320, 240)), (second, (200, 260))):
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        view.set_geometry(cell)
    assert first._window._host is second._window._host
    first.set_values(np.full(40, 0.0, np.float32))
    second.set_values(np.full(40, 1.0, np.float32))
    pictures = [view.grab_image() for view in (first, second, first)]
    assert [picture.width() for picture in pictures] == [320, 200, 320]
    assert pictures[0] == pictures[2]
    assert first.scene.cross_sections is second.scene.cross_sections
    place = first.project(3)
    second.grab_image()
    second.close_view()
    first.set_values(np.full(40, 0.5, np.float32))
    assert first.grab_image() != pictures[0]
    assert first.project(3) == place
    first.close_view()
