"""The preview shows a cell by type, turns, and holds a viewport only while somebody looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.archive.cell.preview import PROMPT, Preview, legend_of, read_preview
from app.palette import DARK, LIGHT, type_colors
from app.viewport.colors import TYPE_MAP, color_map_names, legible_table, lightness
from backends.scene import MorphologyGeometry
from backends.swc.reader import Cancelled

CELL = """# a cell of three types
1 1 0 0 0 12 -1
2 3 0 -14 0 5 1
3 3 -60 -80 10 5 2
4 3 60 -80 -10 5 2
5 4 0 14 0 5 1
6 4 0 90 0 5 5
7 2 14 0 0 4 1
8 2 90 30 40 4 7
"""


@pytest.fixture
def geometry(tmp_path: Path) -> MorphologyGeometry:
    """A small cell with soma, axon, basal and apical dendrites."""
    path = tmp_path / "cell.swc"
    path.write_text(CELL, encoding="utf-8")
    shown, _ = read_preview(path)
    assert shown is not None
    return shown


@pytest.fixture
def preview(qtbot: QtBot) -> Preview:
    """A preview on the screen with nothing to show."""
    widget = Preview()
    qtbot.addWidget(widget)
    widget.resize(360, 420)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def show(qtbot: QtBot, preview: Preview, geometry: MorphologyGeometry) -> None:
    """Show a cell and wait for its first frame."""
    preview.set_geometry(geometry, "The file needed no repair.")
    view = preview.canvas.viewport
    assert view is not None
    qtbot.waitUntil(lambda: view.frames_painted > 0)


def pixels_of(image: QImage) -> np.ndarray:
    """Return a picture as integers, shape (height, width, 3)."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).astype(int)


def test_no_viewport_is_made_before_a_preview_is_requested(qtbot: QtBot, preview: Preview) -> None:
    assert preview.hint.text() == PROMPT
    assert preview.canvas.viewport is None
    with qtbot.waitSignal(preview.requested):
        qtbot.mouseClick(preview.show_button, Qt.MouseButton.LeftButton)


@pytest.mark.slow
def test_the_cell_is_shown_in_the_colours_of_its_types(
    qtbot: QtBot, preview: Preview, geometry: MorphologyGeometry
) -> None:
    show(qtbot, preview, geometry)
    assert preview.canvas.viewport is not None
    red, green, blue = np.moveaxis(pixels_of(preview.canvas.viewport.grab_image()), 2, 0)
    strong = np.maximum(np.maximum(red, green), blue) > 90
    is_soma = strong & (red > green + 50) & (red > blue + 50)
    is_basal = strong & (green > red + 40) & (green > blue + 25)
    is_apical = strong & (red > green + 40) & (blue > green + 40)
    for found in (is_soma, is_basal, is_apical):
        assert found.sum() > 60
    rows = np.nonzero(is_apical)[0].mean(), np.nonzero(is_basal)[0].mean()
    assert rows[0] < rows[1], "the apical dendrite is above the basal ones"


def test_no_colour_of_another_type_is_seen_where_two_types_meet(
    qtbot: QtBot, preview: Preview, tmp_path: Path
) -> None:
    path = tmp_path / "cell.swc"
    path.write_text("1 1 0 0 0 12 -1\n2 3 0 12 0 8 1\n3 3 0 90 0 8 2\n", encoding="utf-8")
    cell, _ = read_preview(path)
    assert cell is not None
    show(qtbot, preview, cell)
    view = preview.canvas.viewport
    assert view is not None
    view.set_decorations(scale_bar=False, axes=False)
    red, green, blue = np.moveaxis(pixels_of(view.grab_image()), 2, 0)
    bright = np.minimum(np.minimum(red, green), blue) > 100
    is_grey = bright & (abs(red - green) < 30) & (abs(green - blue) < 30)
    assert (green > red + 60).sum() > 500, "the dendrite is there"
    assert is_grey.sum() < 20, "an axon's grey between soma and dendrite"


def test_the_legend_names_the_types_that_there_are_with_their_lengths(
    preview: Preview, geometry: MorphologyGeometry
) -> None:
    words = [word for _, word, _ in legend_of(geometry)]
    assert words == ["soma", "axon", "basal dendrite", "apical dendrite"]
    assert all(length > 0 for _, _, length in legend_of(geometry))
    preview.set_geometry(geometry)
    assert "undefined" not in preview.legend.accessibleName()
    assert "apical dendrite" in preview.legend.accessibleName()


def test_the_viewport_is_let_go_of_when_the_page_is_hidden_and_made_again(
    qtbot: QtBot, preview: Preview, geometry: MorphologyGeometry
) -> None:
    show(qtbot, preview, geometry)
    preview.hide()
    assert preview.canvas.viewport is None
    preview.show()
    view = preview.canvas.viewport
    assert view is not None
    qtbot.waitUntil(lambda: view.frames_painted > 0)


def test_a_cell_that_comes_while_the_page_is_hidden_waits_for_it(
    preview: Preview, geometry: MorphologyGeometry
) -> None:
    preview.hide()
    preview.set_geometry(geometry)
    assert preview.canvas.viewport is None
    preview.show()
    assert preview.canvas.viewport is not None


def test_a_drag_and_the_arrow_keys_turn_the_cell(
    qtbot: QtBot, preview: Preview, geometry: MorphologyGeometry
) -> None:
    show(qtbot, preview, geometry)
    view = preview.canvas.viewport
    assert view is not None
    eyes = [view.scene.navigation.axes()[2]]
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 60))
    for step in range(1, 6):
        QTest.mouseMove(view, QPoint(100 + 12 * step, 60))
        qtbot.wait(1)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(160, 60))
    eyes.append(view.scene.navigation.axes()[2])
    preview.canvas.setFocus()
    qtbot.keyClick(preview.canvas, Qt.Key.Key_Up)
    eyes.append(view.scene.navigation.axes()[2])
    assert not np.allclose(eyes[0], eyes[1], atol=0.05)
    assert not np.allclose(eyes[1], eyes[2], atol=0.05)
    qtbot.keyClick(preview.canvas, Qt.Key.Key_Home)
    assert np.allclose(view.scene.navigation.axes()[2], eyes[0])


def test_plus_and_minus_zoom_and_the_buttons_choose_a_side(
    qtbot: QtBot, preview: Preview, geometry: MorphologyGeometry
) -> None:
    show(qtbot, preview, geometry)
    view = preview.canvas.viewport
    assert view is not None
    before = view.scene.navigation.pixel_size()
    qtbot.keyClick(preview.canvas, Qt.Key.Key_Plus)
    assert view.scene.navigation.pixel_size() == pytest.approx(before / 1.25)
    qtbot.keyClick(preview.canvas, Qt.Key.Key_Minus)
    assert view.scene.navigation.pixel_size() == pytest.approx(before)
    buttons = {each.text(): each for each in preview.findChildren(QToolButton)}
    qtbot.mouseClick(buttons["Side"], Qt.MouseButton.LeftButton)
    assert np.allclose(view.scene.navigation.axes()[2], (1, 0, 0))
    qtbot.mouseClick(buttons["Top"], Qt.MouseButton.LeftButton)
    assert np.allclose(np.abs(view.scene.navigation.axes()[2]), (0, 1, 0))


def test_a_file_that_cannot_be_read_shows_its_sentence_instead(
    qtbot: QtBot, preview: Preview, tmp_path: Path
) -> None:
    path = tmp_path / "page.CNG.swc"
    path.write_text("<html><body>Service Interruption Notice</body></html>", encoding="utf-8")
    geometry, sentence = read_preview(path)
    assert geometry is None
    assert "page.CNG.swc" in sentence
    preview.set_geometry(geometry, sentence)
    assert preview.hint.text() == sentence
    assert preview.canvas.viewport is None
    with qtbot.waitSignal(preview.requested):
        qtbot.mouseClick(preview.show_button, Qt.MouseButton.LeftButton)


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "cell.swc"
    path.write_text(CELL, encoding="utf-8")
    with pytest.raises(Cancelled):
        read_preview(path, cancelled=lambda: True)


def test_while_something_is_under_way_there_is_nothing_to_press(preview: Preview) -> None:
    preview.set_geometry(None, "Reading cell.CNG.swc…")
    assert not preview.show_button.isVisible()
    preview.set_geometry(None)
    assert preview.show_button.isVisible()


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_types_have_colours_of_their_own_that_stand_out_from_the_ground(theme: object) -> None:
    assert theme in (DARK, LIGHT)
    chosen = DARK if theme is DARK else LIGHT
    colors = type_colors(chosen)
    assert len(set(colors)) == 8
    grounds = lightness(np.array([chosen.background, chosen.background_far], np.uint8))
    level = lightness(np.array(colors, np.uint8))
    assert np.abs(level[:, None] - grounds).min() > 35


def test_the_map_of_types_has_eight_steps_and_is_not_in_the_menu() -> None:
    assert TYPE_MAP not in color_map_names()
    table = legible_table(TYPE_MAP, on_dark=True)
    assert [tuple(table[int((k + 0.5) * len(table) / 8)]) for k in range(8)] == list(
        type_colors(DARK)
    )


def test_every_recorded_file_of_the_archive_has_a_preview(shared_data: Path) -> None:
    for path in sorted((shared_data / "neuromorpho_json" / "remod_swc").glob("*.swc")):
        geometry, sentence = read_preview(path)
        assert geometry is not None, sentence
        assert legend_of(geometry)
