"""Surfaces: heights and colours are the values, only these are written for a new frame, and the mouse turns them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.palette import DARK
from app.views.surface.scene import HALF, HEIGHT
from backends.field import Field
from backends.views import GridSlice, SurfaceViewSpec
from tests.app.views.made_views import GRID, X, Y, picture, shown

SPEC = SurfaceViewSpec("v", "f", color_limits=(-1, 1))


def pixels(view: Any) -> np.ndarray:
    """Return the picture of the canvas, shape (height, width, 3)."""
    image = (
        view.canvas.grab()
        .toImage()
        .convertToFormat(view.canvas.grab().toImage().Format.Format_RGB888)
    )
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def on_screen(view: Any, column: int, row: int) -> QPoint:
    """Return where a point of the grid is on the canvas."""
    point = view.scene._xyz[row * len(X) + column]
    x, y = view.scene.navigation.to_screen(point)
    return (QPointF(x, y) / view.canvas.pixel_ratio()).toPoint()


def test_points_are_in_the_box_at_their_coordinates_and_values(qtbot: QtBot) -> None:
    view = shown(qtbot, SPEC, (GRID,))
    xyz = view.scene._xyz.reshape(len(Y), len(X), 3)
    assert xyz[0, :, 0] == pytest.approx(np.linspace(-HALF, HALF, len(X)), abs=1e-3)
    assert xyz[:, 0, 1] == pytest.approx(np.linspace(-HALF, HALF, len(Y)), abs=1e-3)
    assert xyz[..., 2] == pytest.approx((GRID.values + 1) / 2 * HEIGHT, abs=1e-3)


def test_a_new_frame_writes_values_into_the_points_that_are_there(qtbot: QtBot) -> None:
    view = shown(qtbot, SPEC, (GRID,))
    points, cells = view.scene._points, view.scene._data.GetPolys()
    before = picture(view)
    view.set_field(replace(GRID, values=-np.asarray(GRID.values)))
    assert picture(view) != before
    assert view.scene._points is points
    assert view.scene._data.GetPolys() is cells
    assert view.scene._xyz[:, 2] == pytest.approx(
        (1 - GRID.values.reshape(-1)) / 2 * HEIGHT, abs=1e-3
    )


def test_a_value_that_is_missing_is_a_hole(qtbot: QtBot) -> None:
    view = shown(qtbot, SPEC, (GRID,))
    full = view.scene._data.GetNumberOfPolys()
    values = np.array(GRID.values)
    values[5, 5] = np.nan
    view.set_field(replace(GRID, values=values))
    view.draw_now()
    assert view.scene._data.GetNumberOfPolys() == full - 8
    assert full == 2 * (len(X) - 1) * (len(Y) - 1)


def test_a_drag_turns_the_wheel_zooms_and_a_double_click_goes_back(qtbot: QtBot) -> None:
    view = shown(qtbot, SPEC, (GRID,), size=(600, 400))
    before, eye = picture(view), view.scene.eye.copy()
    canvas, middle = view.canvas, view.canvas.rect().center()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    for step in (20, 60, 100):
        QTest.mouseMove(canvas, middle + QPoint(step, 0))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(100, 0))
    qtbot.waitUntil(lambda: not np.allclose(view.scene.eye, eye))
    assert view.scene.eye[2] == pytest.approx(eye[2])  # z stays upwards
    assert picture(view) != before
    scale = view.scene.navigation.pixel_size()
    event = QWheelEvent(
        QPointF(middle), QPointF(canvas.mapToGlobal(middle)), QPoint(), QPoint(0, 240),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)
    assert view.scene.navigation.pixel_size() < scale
    assert view.header.back.isVisible()
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=middle)
    assert picture(view) == before
    assert not view.header.back.isVisible()


def test_the_keys_turn_and_zoom_and_the_button_goes_back(qtbot: QtBot) -> None:
    view = shown(qtbot, SPEC, (GRID,))
    picture(view)
    eye, scale = view.scene.eye.copy(), view.scene.navigation.pixel_size()
    QTest.keyClick(view.canvas, Qt.Key.Key_Left)
    assert not np.allclose(view.scene.eye, eye)
    QTest.keyClick(view.canvas, Qt.Key.Key_Up)
    assert view.scene.eye[2] != pytest.approx(eye[2])
    QTest.keyClicks(view.canvas, "+")
    assert view.scene.navigation.pixel_size() < scale
    assert view.header.back.isVisible()
    QTest.mouseClick(view.header.back, Qt.MouseButton.LeftButton)
    picture(view)
    assert np.allclose(view.scene.eye, eye)
    assert view.scene.navigation.pixel_size() == pytest.approx(scale)


def test_a_camera_that_was_moved_stays_when_values_and_size_change(qtbot: QtBot) -> None:
    view = shown(qtbot, SPEC, (GRID,))
    view.scene.rotate(50, 20)
    view.canvas._moved()
    eye = view.scene.eye.copy()
    view.set_field(replace(GRID, values=np.asarray(GRID.values) * 0.5))
    view.resize(520, 300)
    picture(view)
    assert np.allclose(view.scene.eye, eye)


def test_the_menu_looks_from_above(qtbot: QtBot) -> None:
    view = shown(qtbot, SPEC, (GRID,))
    QTest.mouseClick(view.canvas, Qt.MouseButton.RightButton, pos=view.canvas.rect().center())
    menu = view.findChild(QMenu, "viewMenu")
    next(each for each in menu.actions() if each.text() == "From above").trigger()
    menu.close()
    qtbot.waitUntil(lambda: view.findChild(QMenu, "viewMenu") is None)
    assert view.scene.eye[2] > 0.99


def test_the_axes_have_their_labels_units_and_round_numbers(qtbot: QtBot) -> None:
    spec = replace(SPEC, axis_labels=("Width (mm)", "Depth (mm)", "Calcium"))
    view = shown(qtbot, spec, (GRID,))
    picture(view)
    texts = [each.text for each in view.labels]
    assert {"Width (mm)", "Depth (mm)", "Calcium (mM)"} <= {
        each.text for each in view.labels if each.is_title
    }
    assert {"0", "2", "4", "6", "8", "10"} <= set(texts)
    assert "−2" in texts
    view.set_spec(replace(spec, show_axes=False))
    picture(view)
    assert view.labels == []


def test_the_slice_is_a_line_on_the_surface(qtbot: QtBot) -> None:
    view = shown(qtbot, replace(SPEC, slice=GridSlice("x", 0.2)), (GRID,))
    ends = view.scene._slice.GetMapper().GetInput().GetBounds()
    assert ends[:2] == pytest.approx((-30, -30))
    assert ends[2:4] == pytest.approx((-HALF, HALF))
    assert view.scene._slice.GetVisibility()
    assert view.header.summary == "cut at x = 2"
    view.set_spec(SPEC)
    view.draw_now()
    assert not view.scene._slice.GetVisibility()


def test_one_colour_for_all_needs_no_colour_bar(qtbot: QtBot) -> None:
    spec = replace(SPEC, color_by="uniform", surface_color="red", shading="unlit", show_axes=False)
    view = shown(qtbot, spec, (GRID,))
    assert not view.bar.isVisible()
    drawn = pixels(view)
    is_red = (drawn == (255, 0, 0)).all(axis=2)
    is_ground = (np.abs(drawn - np.array(DARK.surface)).max(axis=2)) <= 1
    assert is_red.sum() > 2000
    assert (is_red | is_ground).mean() > 0.97


@pytest.mark.parametrize(
    "changes",
    [{"color_by": "uniform", "surface_color": "no colour"}, {"alpha": 1.5}, {"alpha": "half"}],
)
def test_what_is_no_colour_and_no_share_is_named(qtbot: QtBot, changes: dict[str, Any]) -> None:
    view = shown(qtbot, replace(SPEC, **changes), (GRID,))
    assert repr(list(changes.values())[-1]) in view.warning


def test_the_point_under_the_pointer_is_read_out(qtbot: QtBot) -> None:
    view = shown(qtbot, SPEC, (GRID,), size=(640, 460))
    picture(view)
    column, row = 3, 5  # the top of the first hill
    QTest.mouseMove(view.canvas, QPoint(1, 1))
    QTest.mouseMove(view.canvas, on_screen(view, column, row))
    value = GRID.values[row, column]
    qtbot.waitUntil(lambda: view.header.readout == f"x = {X[column]:g},  y = 0:  {value:.4g} mM")


def test_a_very_large_grid_is_thinned_and_says_so(qtbot: QtBot) -> None:
    field = Field("f", np.random.default_rng(0).random((500, 500)), ("y", "x"))
    view = shown(qtbot, SPEC, (field,))
    assert view.header.summary == "every third point drawn"
    assert len(view.scene._xyz) == 167**2


def test_where_pictures_take_long_fewer_points_move_and_all_are_drawn_once_still(
    qtbot: QtBot,
) -> None:
    values = np.random.default_rng(0).random((160, 160))
    view = shown(qtbot, SPEC, (Field("f", values, ("y", "x")),))
    assert view.scene.every == 1
    view.canvas._pictures_ms = [100.0, 100.0]
    view.set_field(Field("f", values[::-1], ("y", "x")))
    view.draw_now()
    assert view.scene.every == 2
    assert view.header.summary == ""
    view.canvas._settle.stop()
    view.canvas._refine()
    assert view.scene.every == 1
    assert view.canvas._settle.isActive()
    view.canvas._settle.stop()
    before = view.redraws
    view.canvas._refine()
    assert view.redraws == before


@pytest.mark.parametrize("shape", [(1, 5), (5, 1)])
def test_a_single_row_is_no_surface(qtbot: QtBot, shape: tuple[int, int]) -> None:
    view = shown(qtbot, SPEC, (Field("f", np.zeros(shape), ("y", "x")),))
    assert view.problem_code == "bad-shape"
    assert "2 × 2" in view.message


def test_what_is_still_is_drawn_smoothly(qtbot: QtBot) -> None:
    view = shown(qtbot, SPEC, (GRID,))
    rough = picture(view)
    view.canvas._pictures_ms = [1.0, 1.0]  # as on a fast machine
    view.canvas._refine()
    smooth = view.grab().toImage()
    assert view.canvas.pixel_ratio() == pytest.approx(2, rel=0.02)
    assert bytes(smooth.constBits()) != rough
    view.set_field(replace(GRID, values=-np.asarray(GRID.values)))
    view.draw_now()
    view.canvas.grab()
    assert view.canvas.pixel_ratio() == pytest.approx(1, rel=0.02)
    assert view.canvas._settle.isActive()
