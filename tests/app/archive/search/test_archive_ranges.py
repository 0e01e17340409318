"""Ranges of numbers: how a bound is read and shown, and the rows in which they are written, by keys and clicks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.archive.records.facts import measured_facts
from app.archive.search.filter_panel import RANGES as RANGES_PAGE, FilterPanel
from app.archive.search.query_state import label_of, range_label
from app.archive.search.range_fields import (
    RANGE_OF,
    RANGES,
    bound_text,
    occurring,
    read_bound,
)
from app.archive.search.range_rows import IN_THE_ARCHIVE, IN_THE_LIBRARY, RangeRows
from app.palette import DARK
from app.ui.style import stylesheet
from neuromorpho.library.library import RANGE_FIELDS
from neuromorpho.records.measurements import NeuroMorphoMeasurement

LEFT = Qt.MouseButton.LeftButton
LENGTH = RANGE_OF["length"]


def test_every_number_that_the_library_can_bound_has_a_row_with_the_words_of_the_detail() -> None:
    assert sorted(RANGE_OF) == sorted(RANGE_FIELDS)
    groups = measured_facts(NeuroMorphoMeasurement(1))
    of_detail = {(group.title, fact.label) for group in groups for fact in group.facts}
    assert of_detail <= {(each.group, each.label) for each in RANGE_OF.values()}
    assert RANGE_OF["soma_surface"].title == "Soma surface [µm²]"
    assert RANGE_OF["n_stems"].title == "Stems"
    assert RANGE_OF["min_age"].title == "Minimum age"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", None),
        ("  ", None),
        ("12", 12.0),
        ("0.5", 0.5),
        ("1e4", 10_000.0),
        ("0,5", 0.5),
        ("12,25", 12.25),
        ("1,2005", 1.2005),
        ("1 200", 1200.0),
        ("1\u00a0200", 1200.0),
        ("4 890 000", 4_890_000.0),
        ("-3", -3.0),
        ("1.2 mm", 1200.0),
        ("5 µm", 5.0),
    ],
)
def test_a_bound_is_read_as_people_write_numbers(text: str, number: float | None) -> None:
    assert read_bound(text, "µm") == number


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,200", "can mean 1200 or 1.200"),
        ("12,345,678.5", "decimal mark"),
        ("e", "not a number"),
        ("--", "not a number"),
        (".", "not a number"),
        ("1e999", "too large"),
        ("3 mV", "cannot be converted"),
    ],
)
def test_what_is_no_number_or_can_be_two_is_named_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_bound(text, "µm")


@given(st.floats(1e-6, 1e12), st.floats(1.0, 1e4))
def test_the_extent_shown_includes_everything(low: float, factor: float) -> None:
    high = low * factor
    shown = [read_bound(text) for text in occurring(LENGTH, low, high)]
    assert None not in shown
    assert (shown[0] or 0) <= low
    assert (shown[1] or 0) >= high
    assert math.isclose(shown[0] or 0, low, rel_tol=0.011)
    assert math.isclose(shown[1] or 0, high, rel_tol=0.011)


def test_counts_that_occur_are_integers_and_others_have_few_digits() -> None:
    assert occurring(RANGE_OF["n_branch"], 1.0, 31_202.0) == ("1", "31\u00a0202")
    assert occurring(LENGTH, 1.4321, 4_886_123.0) == ("1.43", "4\u00a0890\u00a0000")
    assert occurring(LENGTH, 0.0, 10.0) == ("0", "10")


def test_bounds_have_their_unit() -> None:
    assert range_label("path_distance", 5.0, None) == ("longest path ≥ 5 µm")
    assert range_label("n_stems", None, 4.0) == "stems ≤ 4"
    assert range_label("min_age", 1.0, 2.5) == ("minimum age 1 to 2.5 in the record's unit")
    assert label_of("pk_classic") == "Rall's ratio"
    assert bound_text(None) == "*"


# ------------------------------------------------------------------------------------------ the rows


@pytest.fixture
def rows(qtbot: QtBot) -> RangeRows:
    rows = RangeRows()
    qtbot.addWidget(rows)
    rows.setStyleSheet(stylesheet(DARK))
    rows.resize(320, 600)
    rows.set_usable(True)
    rows.show()
    rows.activateWindow()
    qtbot.waitUntil(rows.isActiveWindow, timeout=5000)
    return rows


def record_signals(rows: RangeRows) -> list[tuple[str, object, object]]:
    emitted: list[tuple[str, object, object]] = []
    rows.rangeChanged.connect(lambda *args: emitted.append(args))
    return emitted


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def write(rows: RangeRows, name: str, low: str = "", high: str = "") -> None:
    row = rows.rows[name]
    row.low.setFocus()
    row.low.selectAll()
    QTest.keyClicks(row.low, low)
    QTest.keyClick(row.low, Qt.Key.Key_Tab)
    assert row.high.hasFocus()
    QTest.keyClicks(row.high, high)
    QTest.keyClick(row.high, Qt.Key.Key_Return)


def test_bounds_are_emitted_once_each_when_the_focus_leaves_or_return_is_pressed(
    rows: RangeRows,
) -> None:
    emitted = record_signals(rows)
    write(rows, "length", "1200,5", "5 mm")
    assert emitted == [("length", 1200.5, None), ("length", 1200.5, 5000.0)]
    assert (rows.rows["length"].low.text(), rows.rows["length"].high.text()) == ("1200.5", "5000")
    rows.set_ranges((("length", 1200.5, 5000.0),))
    rows.rows["length"].low.setFocus()
    rows.rows["n_stems"].low.setFocus()
    assert len(emitted) == 2
    assert rows.rows["length"].label.font().bold()


def test_an_emptied_entry_is_no_bound_and_a_dropped_chip_empties_both(rows: RangeRows) -> None:
    emitted = record_signals(rows)
    rows.set_ranges((("length", 1.0, 2.5), ("n_stems", 3.0, None)))
    high = rows.rows["length"].high
    assert high.text() == "2.5"
    high.setFocus()
    high.selectAll()
    QTest.keyClick(high, Qt.Key.Key_Delete)
    QTest.keyClick(high, Qt.Key.Key_Return)
    assert emitted == [("length", 1.0, None)]
    rows.set_ranges((("n_stems", 3.0, None),))
    assert rows.rows["length"].low.text() == ""
    assert rows.rows["n_stems"].low.text() == "3"
    assert emitted == [("length", 1.0, None)]


def test_an_invalid_bound_is_reported_at_its_row_and_esc_undoes_it(rows: RangeRows) -> None:
    emitted = record_signals(rows)
    rows.set_ranges((("length", 500.0, None),))
    row = rows.rows["length"]
    row.high.setFocus()
    QTest.keyClicks(row.high, "abc100")
    QTest.keyClick(row.high, Qt.Key.Key_Return)
    assert "not a number" in row.problem.text()
    row.high.selectAll()
    QTest.keyClicks(row.high, "100")
    QTest.keyClick(row.high, Qt.Key.Key_Return)
    assert "500" in row.problem.text()
    assert "100" in row.problem.text()
    assert row.problem.isVisible()
    assert row.low.property("refused") is True
    QTest.keyClick(row.high, Qt.Key.Key_Escape)
    assert row.high.text() == ""
    assert not row.problem.isVisible()
    assert row.low.property("refused") is False
    QTest.keyClicks(row.high, "1,200")
    QTest.keyClick(row.high, Qt.Key.Key_Tab)
    assert "1,200" in row.problem.text()
    assert row.high.text() == "1,200", "it can be corrected"
    assert emitted == []


def test_what_occurs_stands_in_the_empty_entries(rows: RangeRows) -> None:
    rows.rows["length"].set_extent((12.3456, 98_765.4))
    rows.rows["volume"].set_extent(None)
    low, high = rows.rows["length"].low, rows.rows["length"].high
    assert (low.placeholderText(), high.placeholderText()) == ("12.3", "98\u00a0800")
    assert high.accessibleDescription() == "98\u00a0800 occurs"
    assert rows.rows["volume"].low.placeholderText() == "—"


def test_the_arrows_go_from_row_to_row_and_scroll_to_it(rows: RangeRows) -> None:
    rows.go_to_first()
    assert rows.rows["length"].low.hasFocus()
    for _ in range(len(RANGES) + 3):
        QTest.keyClick(focused(), Qt.Key.Key_Down)
    last = rows.rows[RANGES[-1].name].low
    assert last.hasFocus()
    place = last.mapTo(rows, last.rect().center())
    assert rows.scroll.geometry().contains(place)
    QTest.keyClick(focused(), Qt.Key.Key_Up)
    assert rows.rows[RANGES[-2].name].low.hasFocus()


def test_in_the_archive_ranges_explain_why_not_and_lead_to_the_library(
    qtbot: QtBot, rows: RangeRows
) -> None:
    assert rows.note.text() == IN_THE_LIBRARY
    assert not rows.library.isVisible()
    rows.set_usable(False)
    assert rows.note.text() == IN_THE_ARCHIVE
    assert not any(row.low.isEnabled() or row.high.isEnabled() for row in rows.rows.values())
    rows.go_to_first()
    with qtbot.waitSignal(rows.library.clicked):
        QTest.keyClick(focused(), Qt.Key.Key_Return)


@pytest.mark.parametrize("width", [210, 320, 420])
def test_nothing_of_a_row_is_cut_off_at_any_width(
    qtbot: QtBot, rows: RangeRows, width: int
) -> None:
    rows.resize(width, 600)
    place = rows.scroll.viewport()
    qtbot.waitUntil(lambda: rows.width() == width and rows.rows["length"].width() < place.width())
    for name, row in rows.rows.items():
        for part in (row.low, row.high, row.label):
            right = part.mapTo(rows, part.rect().topRight()).x()
            assert 0 < right <= width - 8, name
        needed = row.label.fontMetrics().horizontalAdvance(row.label.text())
        assert row.label.width() >= needed, name
        assert row.low.width() >= 60, name


def test_every_entry_is_named_with_its_measure_end_and_unit(rows: RangeRows) -> None:
    names = [each.accessibleName() for row in rows.rows.values() for each in (row.low, row.high)]
    assert len(set(names)) == 2 * len(RANGES)
    assert "Soma surface, at least, µm²" in names
    assert "Stems, at most" in names


def test_the_two_pages_of_the_filter_are_reached_by_key_and_show_how_many_are_chosen(
    qtbot: QtBot,
) -> None:
    panel = FilterPanel()
    facets, ranges = panel.facets, panel.ranges
    qtbot.addWidget(panel)
    panel.resize(320, 500)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow, timeout=5000)
    ranges.set_usable(True)
    panel.go_to_first()
    assert facets.line.hasFocus()
    panel.buttons[0].setFocus()
    with qtbot.waitSignal(panel.pageShown):
        QTest.keyClick(panel.buttons[0], Qt.Key.Key_Right)
    assert ranges.isVisible()
    assert not facets.isVisible()
    panel.go_to_first()
    assert ranges.rows["length"].low.hasFocus()
    panel.set_n_ranges(2)
    assert panel.buttons[RANGES_PAGE].text() == "Morphometry · 2"
    panel.set_n_ranges(0)
    assert panel.buttons[RANGES_PAGE].text() == "Morphometry"
    with qtbot.waitSignal(panel.pageShown):
        panel.buttons[0].click()
    assert facets.isVisible()
