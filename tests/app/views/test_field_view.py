"""What all views have: one redraw for many changes, none for none, sentences for what cannot be shown, menu and export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.export.tables import write_table
from app.palette import DARK, LIGHT
from app.ui.style import stylesheet
from backends.field import Field
from backends.views import (
    GridSlice,
    ImageViewSpec,
    LinePlotViewSpec,
    SurfaceViewSpec,
    TableViewSpec,
)
from tests.app.views.made_views import GRID, VIEWS, picture, shown

WRONG = {
    "line": Field("f", np.zeros((2, 2, 2)), ("a", "b", "c")),
    "image": Field("f", np.zeros(4), ("segment",)),
    "surface": Field("f", np.zeros(4), ("segment",)),
    "bar": Field("f", np.zeros((2, 2)), ("y", "x")),
    "raster": Field("f", np.zeros((2, 2)), ("y", "x")),
    "table": Field("f", np.zeros((2, 2, 2)), ("a", "b", "c")),
    "state_graph": Field("f", np.zeros((2, 2)), ("y", "x")),
}


def scaled(field: Field, by: float) -> Field:
    return replace(field, values=np.asarray(field.values) * by)


@pytest.mark.parametrize("kind", VIEWS)
def test_a_field_of_other_dimensions_is_a_sentence_that_says_which(qtbot: QtBot, kind: str) -> None:
    spec, of_view = VIEWS[kind]
    view = shown(qtbot, spec, (WRONG[kind], *of_view[1:]))
    assert view.problem_code == "bad-shape"
    for part in ("'v'", "'f'", WRONG[kind].dims[0], "needs"):
        assert part in view.message
    view.set_field(of_view[0])
    qtbot.waitUntil(lambda: view.message == "")


@pytest.mark.parametrize("kind", ["line", "image", "surface", "bar", "state_graph"])
def test_before_there_is_a_value_the_view_says_so(qtbot: QtBot, kind: str) -> None:
    spec, of_view = VIEWS[kind]
    view = shown(qtbot, spec, tuple(scaled(each, np.nan) for each in of_view))
    assert view.message == "No values yet."
    assert view.problem_code == "no-values"
    assert view.export_table() is None


@pytest.mark.parametrize("values", [np.zeros((3, 3), complex), np.full((3, 3), "a")])
def test_values_that_are_no_real_numbers_are_named(qtbot: QtBot, values: Any) -> None:
    view = shown(qtbot, ImageViewSpec("v", "f"), (Field("f", values, ("y", "x")),))
    assert view.problem_code == "not-numbers"
    assert str(values.dtype) in view.message


@pytest.mark.parametrize("kind", ["line", "image", "surface"])
@pytest.mark.parametrize(
    ("line", "code"),
    [(GridSlice("z"), "unknown-dimension"), (GridSlice("y", 1.5), "bad-number"), (GridSlice("y", "a"), "bad-number")],
)  # fmt: skip
def test_a_slice_that_does_not_cross_the_field_is_named(
    qtbot: QtBot, kind: str, line: GridSlice, code: str
) -> None:
    view = shown(qtbot, replace(VIEWS[kind][0], slice=line), (GRID,))
    assert view.problem_code == code


@pytest.mark.parametrize("kind", VIEWS)
def test_many_changes_make_one_redraw_and_the_same_values_none(qtbot: QtBot, kind: str) -> None:
    spec, of_view = VIEWS[kind]
    view = shown(qtbot, spec, of_view)
    before = view.redraws
    for i in range(100):
        view.set_field(scaled(of_view[0], 1 + i / 100))
    qtbot.waitUntil(lambda: not view._timer.isActive())
    assert view.redraws == before + 1
    view.set_field(scaled(of_view[0], 1.99))
    view.set_spec(spec)
    view.set_theme(view.theme)
    assert not view._timer.isActive()


def test_an_array_that_its_owner_has_changed_in_place_is_drawn_again(qtbot: QtBot) -> None:
    values = np.array(GRID.values)
    field = replace(GRID, values=values)
    view = shown(qtbot, ImageViewSpec("v", "f"), (field,))
    values *= 2
    view.set_field(replace(field, values=values))
    assert view._timer.isActive()


@pytest.mark.parametrize("kind", VIEWS)
def test_a_hidden_view_draws_nothing_until_it_is_seen(qtbot: QtBot, kind: str) -> None:
    spec, of_view = VIEWS[kind]
    view = shown(qtbot, spec, of_view)
    view.hide()
    before = view.redraws
    view.set_field(scaled(of_view[0], 2))
    assert not view._timer.isActive()
    view.show()
    qtbot.waitUntil(lambda: view.redraws == before + 1)


@pytest.mark.parametrize("kind", VIEWS)
def test_both_themes_are_seen(qtbot: QtBot, kind: str) -> None:
    spec, of_view = VIEWS[kind]
    view = shown(qtbot, spec, of_view, theme=DARK)
    dark = picture(view)
    view.setStyleSheet(stylesheet(LIGHT))
    view.set_theme(LIGHT)
    assert picture(view) != dark


def test_a_view_of_another_kind_is_refused(qtbot: QtBot) -> None:
    view = shown(qtbot, *VIEWS["bar"])
    with pytest.raises(TypeError, match="TableViewSpec"):
        view.set_spec(TableViewSpec("v", "f"))


@pytest.mark.parametrize(
    "spec",
    [ImageViewSpec("v", "f", color_map="jetty"), SurfaceViewSpec("v", "f", color_map="jetty")],
)
def test_an_unknown_colour_map_is_named_above_the_picture(qtbot: QtBot, spec: Any) -> None:
    view = shown(qtbot, spec, (GRID,))
    assert view.message == ""
    assert "'jetty'" in view.warning
    assert "viridis" in view.warning
    view.set_spec(replace(spec, color_map="viridis_r"))
    qtbot.waitUntil(lambda: view.warning == "")


@pytest.mark.parametrize("kind", VIEWS)
def test_what_is_shown_is_exported_by_the_context_menu(
    qtbot: QtBot, kind: str, tmp_path: Path
) -> None:
    spec, of_view = VIEWS[kind]
    view = shown(qtbot, spec, of_view)
    target = view.table.viewport() if kind == "table" else getattr(view, "canvas", view)
    if hasattr(target, "viewport"):
        target = target.viewport()
    if kind in ("table", "state_graph"):
        view.open_menu(QPoint(50, 50))
    else:
        QTest.mouseClick(target, Qt.MouseButton.RightButton, pos=target.rect().center())
    menu = view.findChild(QMenu, "viewMenu")
    export = next(each for each in menu.actions() if each.text().startswith("Export"))
    with qtbot.waitSignal(view.exportRequested):
        export.trigger()
    menu.close()
    qtbot.waitUntil(lambda: view.findChild(QMenu, "viewMenu") is None)
    table = view.export_table()
    write_table(tmp_path / "v.csv", table)
    write_table(tmp_path / "v.npz", table)
    lines = (tmp_path / "v.csv").read_text().splitlines()
    assert lines[0].count(",") == len(table.headings) - 1
    assert len(lines) == 1 + max(map(len, table.columns))
    with np.load(tmp_path / "v.npz") as archive:
        assert set(archive) == set(table.arrays)


def test_an_exported_curve_has_its_coordinate_units_and_all_digits(
    qtbot: QtBot, tmp_path: Path
) -> None:
    spec = LinePlotViewSpec("v", "f", x_unit="mm", slice=GridSlice("y", 0.5))
    view = shown(qtbot, spec, (GRID,))
    write_table(tmp_path / "cut.csv", view.export_table())
    head, first, *rest = (tmp_path / "cut.csv").read_text().splitlines()
    assert head == "x [mm],f [mM]"
    assert first == "0.0,0.0"
    x, value = map(float, rest[0].split(","))
    assert (x, value) == (GRID.coords["x"][1], GRID.values[5, 1])
