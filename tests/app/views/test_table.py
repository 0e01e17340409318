"""Numbers in a table: headings with units, numbers on the right, copied with all digits."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from backends.field import Field
from backends.views import TableViewSpec
from tests.app.views.made_views import TABLE, shown

DISPLAY, ALIGNMENT = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.TextAlignmentRole


def test_columns_have_their_units_and_numbers_stand_on_the_right(qtbot: QtBot) -> None:
    view = shown(qtbot, TableViewSpec("v", "f", units={"n": ""}), (TABLE,))
    assert view.model.columns == ("V (mV)", "n")
    assert view.model.rows == ("one", "two")
    index = view.model.index(0, 0)
    assert view.model.data(index, DISPLAY) == "−65"
    assert view.model.data(index, ALIGNMENT) & Qt.AlignmentFlag.AlignRight
    assert not view.header.isVisible()


def test_a_field_of_one_dimension_is_a_column_whose_rows_have_units(qtbot: QtBot) -> None:
    field = Field("f", np.array([-65.0, 0.3]), ("row",), {"row": ("V", "n")})
    view = shown(qtbot, TableViewSpec("v", "f", units={"V": "mV"}), (field,))
    assert view.model.rows == ("V (mV)", "n")
    assert view.model.columns == ("Value",)


def test_integers_and_words_are_shown_as_they_are(qtbot: QtBot) -> None:
    view = shown(qtbot, TableViewSpec("v", "f"), (Field("f", np.array([-3, 12]), ("row",)),))
    assert view.model.data(view.model.index(0, 0), DISPLAY) == "−3"
    words = Field("f", np.array(["open", "shut"]), ("row",))
    view.set_field(words)
    view.draw_now()
    assert view.model.data(view.model.index(1, 0), DISPLAY) == "shut"
    assert view.model.data(view.model.index(1, 0), ALIGNMENT) & Qt.AlignmentFlag.AlignLeft


def test_new_values_keep_the_selection_and_the_place(qtbot: QtBot) -> None:
    field = Field("f", np.zeros((200, 2)), ("row", "column"))
    view = shown(qtbot, TableViewSpec("v", "f"), (field,))
    view.table.selectRow(150)
    view.table.scrollTo(view.model.index(150, 0))
    before = view.table.verticalScrollBar().value()
    view.set_field(Field("f", np.ones((200, 2)), ("row", "column")))
    view.draw_now()
    assert view.model.data(view.model.index(150, 1), DISPLAY) == "1"
    assert {each.row() for each in view.table.selectedIndexes()} == {150}
    assert view.table.verticalScrollBar().value() == before > 0


def test_the_system_s_key_copies_the_selection_or_all(qtbot: QtBot) -> None:
    values = np.array([[0.1234567890123, 2.0], [3.0, 4.0]])
    view = shown(qtbot, TableViewSpec("v", "f"), (Field("f", values, ("row", "column")),))
    QTest.keySequence(view.table, QKeySequence(QKeySequence.StandardKey.Copy))
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines == ["\t0\t1", "0\t0.1234567890123\t2.0", "1\t3.0\t4.0"]
    chosen = QItemSelectionModel.SelectionFlag.ClearAndSelect
    view.table.selectionModel().select(view.model.index(1, 1), chosen)
    QTest.keySequence(view.table, QKeySequence(QKeySequence.StandardKey.Copy))
    assert QGuiApplication.clipboard().text() == "4.0"


def test_a_unit_of_no_column_is_named(qtbot: QtBot) -> None:
    view = shown(qtbot, TableViewSpec("v", "f", units={"g": "nS"}), (TABLE,))
    assert "'g'" in view.warning
    assert "V, n" in view.warning
