"""Lines, images and bars: what is drawn where, the value under the pointer, and the way back after a zoom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.palette import LIGHT, trace_color
from app.viewport.colors import color_table
from backends.field import Field
from backends.views import BarViewSpec, GridSlice, ImageViewSpec, LinePlotViewSpec
from tests.app.views.made_views import BARS, CURVES, GRID, VIEWS, X, Y, point_at, shown


def color_at(view: Any, x: float, y: float) -> tuple[int, int, int]:
    """Return the colour of the canvas at a place of its axes."""
    place = view.canvas.position_of(x, y).toPoint()
    color = QColor(view.canvas.grab().toImage().pixel(place))
    return color.red(), color.green(), color.blue()


def turn_wheel(view: Any) -> None:
    """Zoom in by the wheel over the middle of the canvas."""
    middle = QPointF(view.canvas.viewport().rect().center())
    event = QWheelEvent(
        middle, view.canvas.viewport().mapToGlobal(middle), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.canvas.viewport(), event)


def double_clicked(view: Any) -> bool:
    """Double-click the middle of the canvas; return whether it has shown all again, since pyqtgraph misses some."""
    canvas = view.canvas.viewport()
    QTest.mouseMove(canvas, canvas.rect().center())
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.rect().center())
    return not view.header.back.isVisible()


def test_each_row_is_a_curve_in_a_colour_of_its_own_with_its_name(qtbot: QtBot) -> None:
    view = shown(qtbot, LinePlotViewSpec("v", "f"), (CURVES,))
    for i, curve in enumerate(view.curves):
        x, y = curve.getData()
        assert (x == X).all()
        assert (y == CURVES.values[i]).all()
        assert curve.opts["pen"].color().getRgb()[:3] == trace_color(i)
    assert [name for name, _, _ in view.legend.entries] == ["sine", "cosine"]
    assert view.legend.isVisible()
    assert view.canvas.axis_label("bottom") == "distance"
    assert view.canvas.axis_label("left") == "Value (mM)"


def test_fewer_curves_and_other_coordinates_replace_the_old_ones(qtbot: QtBot) -> None:
    view = shown(qtbot, LinePlotViewSpec("v", "f"), (CURVES,))
    view.set_field(Field("f", np.arange(5.0), ("place",), {"place": list("abcde")}))
    view.draw_now()
    assert len(view.curves) == 1
    assert not view.legend.isVisible()
    assert view.canvas.plot_axes["bottom"].names == tuple("abcde")


def test_a_slice_is_the_values_along_it_between_two_rows_interpolated(qtbot: QtBot) -> None:
    view = shown(qtbot, LinePlotViewSpec("v", "f", slice=GridSlice("y", 0.5)), (GRID,))
    x, y = view.curves[0].getData()
    assert (x == X).all()
    assert y == pytest.approx(GRID.values[5])
    assert view.header.summary == "at y = 0"
    view.set_spec(replace(view.spec, slice=GridSlice("x", 0.025)))
    view.draw_now()
    x, y = view.curves[0].getData()
    assert (x == Y).all()
    assert y == pytest.approx((GRID.values[:, 0] + GRID.values[:, 1]) / 2)
    assert view.canvas.axis_label("bottom") == "y"


def test_a_value_that_is_missing_is_a_gap(qtbot: QtBot) -> None:
    values = np.array([0.0, 1.0, np.inf, 1.0, 0.0])
    view = shown(qtbot, LinePlotViewSpec("v", "f"), (Field("f", values, ("x",)),))
    assert np.isnan(view.curves[0].getData()[1][2])
    assert view.canvas.ranges()[1][1] < 2


def test_the_value_under_the_pointer_is_read_out(qtbot: QtBot) -> None:
    view = shown(qtbot, LinePlotViewSpec("v", "f", x_unit="mm"), (CURVES,))
    point_at(qtbot, view, 2.05, 0.0, "2 mm:  sine 0.9093 mM,  cosine −0.4161 mM")
    image = shown(qtbot, ImageViewSpec("v", "f"), (GRID,))
    point_at(qtbot, image, 2.05, 0.02, "x = 2,  y = 0:  0.9093 mM")
    bars = shown(qtbot, BarViewSpec("v", "f"), (BARS,))
    point_at(qtbot, bars, 1.1, 0.01, "gK:  0.036 S/cm²")
    QApplication.sendEvent(bars.canvas, QEvent(QEvent.Type.Leave))
    assert bars.header.readout == ""


@pytest.mark.parametrize("kind", ["line", "image", "bar", "raster"])
def test_after_a_zoom_a_button_or_a_double_click_shows_all_again(qtbot: QtBot, kind: str) -> None:
    view = shown(qtbot, *VIEWS[kind])
    before = view.canvas.ranges()
    for go_back in ("button", "double-click"):
        turn_wheel(view)
        assert view.header.back.isVisible()
        view.set_field(
            replace(VIEWS[kind][1][0], values=np.asarray(view.fields["f"].values) * 1.01)
        )
        view.draw_now()
        assert view.canvas.ranges() != before
        if go_back == "button":
            QTest.mouseClick(view.header.back, Qt.MouseButton.LeftButton)
            assert not view.header.back.isVisible()
        else:
            qtbot.waitUntil(lambda: double_clicked(view))
        view.set_field(VIEWS[kind][1][0])
        view.draw_now()
        assert np.allclose(view.canvas.ranges(), before, rtol=0.3)


def test_a_range_that_was_asked_for_is_shown(qtbot: QtBot) -> None:
    spec = LinePlotViewSpec("v", "f", x_limits=(2, 4), y_limits=(-3, 3))
    x, y = shown(qtbot, spec, (CURVES,)).canvas.ranges()
    assert x == pytest.approx((2, 4), abs=0.02)
    assert y == pytest.approx((-3, 3), abs=0.05)


def test_an_image_has_the_colours_of_its_map_at_its_coordinates(qtbot: QtBot) -> None:
    spec = ImageViewSpec("v", "f", color_map="viridis", color_limits=(0, 4))
    field = Field(
        "f", np.array([[0.0, 1.0], [2.0, np.nan]]), ("y", "x"), {"y": (0, 10), "x": (3, 5)}
    )
    view = shown(qtbot, spec, (field,), theme=LIGHT)
    table = color_table("viridis")
    for x, y, value in ((3, 0, 0.0), (5, 0, 1.0), (3, 10, 2.0)):
        assert color_at(view, x, y) == tuple(table[round(value / 4 * 511)])
    assert color_at(view, 5, 10) == LIGHT.surface
    assert view.bar.limits == (0, 4)
    assert (view.bar.table == table).all()


@pytest.mark.parametrize("coords", [(0.0, 1.0, 5.0), (5.0, 1.0, 0.0)])
def test_uneven_and_falling_coordinates_are_where_they_belong(
    qtbot: QtBot, coords: tuple[float, ...]
) -> None:
    field = Field("f", np.array([[0.0, 1.0, 2.0]] * 2), ("y", "x"), {"x": coords})
    spec = ImageViewSpec("v", "f", color_map="grey", color_limits=(0, 2))
    view = shown(qtbot, spec, (field,))
    for i, x in enumerate(coords):
        assert color_at(view, x, 0.5) == tuple(color_table("grey")[round(i / 2 * 511)])
        point_at(qtbot, view, x, 0.2, f"x = {x:g},  y = 0:  {i}")


def test_an_image_of_more_points_than_a_screen_has_is_thinned(qtbot: QtBot) -> None:
    values = np.tile(np.arange(6000.0), (10, 1))
    spec = ImageViewSpec("v", "f", color_map="grey", color_limits=(0, 5999))
    view = shown(qtbot, spec, (Field("f", values, ("y", "x")),))
    assert view.image.image.shape[:2] == (10, 2048)
    for x in (30, 3000, 5900):
        wanted = color_table("grey")[round(x / 5999 * 511)].astype(int)
        assert np.abs(np.array(color_at(view, x, 5)) - wanted).max() <= 3
    view._hover(5003.2, 5.0)
    assert ":  5003" in view.header.readout


def test_coordinates_in_no_order_are_taken_for_names(qtbot: QtBot) -> None:
    field = Field("f", np.arange(6.0).reshape(2, 3), ("y", "x"), {"x": (3.0, 1.0, 2.0)})
    view = shown(qtbot, ImageViewSpec("v", "f", color_map="grey", color_limits=(0, 5)), (field,))
    assert view.canvas.plot_axes["bottom"].names == ("3", "1", "2")
    assert color_at(view, 1, 0) == tuple(color_table("grey")[round(1 / 5 * 511)])
    line = shown(
        qtbot, LinePlotViewSpec("v", "f"), (Field("f", np.arange(3.0), ("x",), field.coords),)
    )
    assert line.curves[0].getData()[0].tolist() == [3, 1, 2]


def test_the_colours_follow_the_values_without_changing_at_every_frame(qtbot: QtBot) -> None:
    view = shown(
        qtbot, ImageViewSpec("v", "f"), (Field("f", np.array([[0.0, 1.0]] * 2), ("y", "x")),)
    )
    ranges = []
    for high in (0.9, 1.0, 1.5, 1.2, 0.3):
        view.set_field(Field("f", np.array([[0.0, high]] * 2), ("y", "x")))
        view.draw_now()
        ranges.append(view.bar.limits)
    assert ranges == [(0, 1), (0, 1), (0, 1.5), (0, 1.5), (0, 0.3)]


@pytest.mark.parametrize(
    ("attributes", "limits"),
    [
        ({"unit": "mV"}, (-80, 40)),
        ({"unit": "mV", "color_norm": "linear"}, (-1, 3)),
        ({"color_norm": "symmetric"}, (-3, 3)),
        ({"color_limits": (-1, 5), "color_norm": "symmetric"}, (-5, 5)),
    ],
)
def test_norms_are_those_of_cells(
    qtbot: QtBot, attributes: dict[str, Any], limits: tuple[float, float]
) -> None:
    field = Field("f", np.array([[-1.0, 3.0]] * 2), ("y", "x"))
    view = shown(qtbot, ImageViewSpec("v", "f", **attributes), (field,))
    assert view.bar.limits == limits


def px_per_unit(view: Any) -> tuple[float, float]:
    """Return the pixels of one unit along both axes of a canvas."""
    corner, other = view.canvas.position_of(0, 0), view.canvas.position_of(1, 1)
    return other.x() - corner.x(), corner.y() - other.y()


def test_axes_of_the_same_unit_have_the_same_scale_unless_the_user_wants_another(
    qtbot: QtBot,
) -> None:
    spec = ImageViewSpec("v", "f", x_label="x (mm)", y_label="y (mm)")
    view = shown(qtbot, spec, (GRID,))
    along, across = px_per_unit(view)
    assert along == pytest.approx(across, rel=0.02)
    view._toggle_aspect()
    view.draw_now()
    along, across = px_per_unit(view)
    assert across > 1.5 * along
    other = shown(qtbot, replace(spec, y_label="y (ms)"), (GRID,))
    assert not other.has_same_scale


def test_the_slice_of_an_image_is_a_line_across_it(qtbot: QtBot) -> None:
    view = shown(qtbot, ImageViewSpec("v", "f", slice=GridSlice("x", 0.25)), (GRID,))
    assert view.cut_line.isVisible()
    assert (view.cut_line.value(), view.cut_line.angle) == (2.5, 90)
    assert view.header.summary == "cut at x = 2.5"


def test_bars_are_as_high_as_their_values_and_have_their_names(qtbot: QtBot) -> None:
    view = shown(qtbot, BarViewSpec("v", "f"), (BARS,))
    bar = trace_color(1)
    assert color_at(view, 0.3, 0.11) == bar
    assert color_at(view, 0.3, 0.121) != bar
    assert color_at(view, 2.3, -0.01) == bar
    assert color_at(view, 2.3, 0.01) != bar
    assert view.canvas.plot_axes["bottom"].names == ("gNa", "gK", "gH")
    low, high = view.canvas.ranges()[1]
    assert low < -0.02 < 0.12 < high


def test_names_that_have_no_room_are_left_out_and_none_overlap(qtbot: QtBot) -> None:
    names = [f"conductance {i}" for i in range(60)]
    field = Field("f", np.ones(60), ("name",), {"name": names})
    view = shown(qtbot, BarViewSpec("v", "f"), (field,))
    ((step, at),) = view.canvas.plot_axes["bottom"].tickValues(-0.5, 59.5, 400)
    assert step > 5
    assert len(at) >= 3
    assert view.canvas.plot_axes["bottom"].tickStrings(at, 1.0, step)[0] == "conductance 0"
