"""`SegmentTable`: the chosen segments with both voltages and their difference at the time shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QWidget,
)

from app.palette import Rgb
from app.ui.plain import plain_tip

_ROW_PX, _DOT_PX, _REMOVE = 26, 10, 4
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A chosen segment.

    Attributes
    ----------
    left, right : float
        mV.
    """

    segment_id: str
    color: Rgb
    left: float
    right: float


class SegmentTable(QTableWidget):
    """One row per segment; Delete removes the selected one, Return or a double click centres the view on it.

    Signals
    -------
    removeRequested(str), focusRequested(str)
        By segment id.
    """

    removeRequested = Signal(str)
    focusRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 5, parent)
        self.setObjectName("traceLegend")
        self.setAccessibleName("Chosen segments")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(28)
        for column, width in ((1, 64), (2, 64), (3, 70), (_REMOVE, 30)):
            self.setColumnWidth(column, width)
        self._rows: list[SegmentRow] = []
        self.set_names("", "")
        self.cellDoubleClicked.connect(lambda row, _: self._focus(row))

    def set_names(self, left: str, right: str) -> None:
        """Name the sides."""
        self.setHorizontalHeaderLabels(["Segment", left, right, "ΔV", ""])
        for column in range(5):
            alignment = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
            item = self.horizontalHeaderItem(column)
            item.setTextAlignment(alignment | Qt.AlignmentFlag.AlignVCenter)

    def set_rows(self, rows: Sequence[SegmentRow]) -> None:
        """Show these segments, in mV."""
        old = [(row.segment_id, row.color) for row in self._rows]
        self._rows = list(rows)
        if [(row.segment_id, row.color) for row in rows] != old:
            self._rebuild()
        for i, row in enumerate(rows):
            texts = (
                voltage_text(row.left, 2),
                voltage_text(row.right, 2),
                difference_text(row.left - row.right),
            )
            for column, text in enumerate(texts, 1):
                self.item(i, column).setText(text)

    def texts(self) -> list[tuple[str, ...]]:
        """Return what is shown: id, both voltages, difference."""
        rows = range(self.rowCount())
        return [tuple(self.item(row, column).text() for column in range(4)) for row in rows]

    def remove_button(self, row: int) -> QToolButton:
        """Return the button that removes a row."""
        button = self.cellWidget(row, _REMOVE)
        assert isinstance(button, QToolButton)
        return button

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes the selected row, Return centres the view on it."""
        row = self.currentRow()
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and 0 <= row < len(self._rows):
            self.removeRequested.emit(self._rows[row].segment_id)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._focus(row)
        else:
            super().keyPressEvent(event)

    def _rebuild(self) -> None:
        self.setRowCount(len(self._rows))
        for i, row in enumerate(self._rows):
            name = QTableWidgetItem(row.segment_id)
            name.setIcon(_dot(row.color))
            name.setToolTip(
                plain_tip(f"{row.segment_id}\nReturn or a double click centres the view on it")
            )
            self.setItem(i, 0, name)
            for column in (1, 2, 3):
                number = QTableWidgetItem()
                number.setTextAlignment(_NUMBERS)
                self.setItem(i, column, number)
            button = QToolButton(text="✕", autoRaise=True)
            button.setObjectName("flat")
            button.setToolTip(plain_tip(f"Remove {row.segment_id} (Del)"))
            button.setAccessibleName(f"Remove {row.segment_id}")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(partial(self.removeRequested.emit, row.segment_id))
            self.setCellWidget(i, _REMOVE, button)

    def _focus(self, row: int) -> None:
        if 0 <= row < len(self._rows):
            self.focusRequested.emit(self._rows[row].segment_id)


def voltage_text(value: float, digits: int) -> str:
    """Return a voltage, mV, with a minus sign instead of a hyphen; "—" for NaN."""
    return "—" if math.isnan(value) else f"{value:.{digits}f}".replace("-", "−")


def difference_text(value: float) -> str:
    """Return a difference, mV, with as many digits as it needs and a minus sign."""
    if math.isnan(value):
        return "—"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-5:
        return "< 0.00001"
    text = f"{value:.3f}" if size >= 0.01 else f"{value:.5f}"
    return text.replace("-", "−")


def _dot(color: Rgb) -> QPixmap:
    pixmap = QPixmap(2 * _DOT_PX, 2 * _DOT_PX)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(QColor(*color)))
    painter.drawEllipse(1, 1, _DOT_PX - 2, _DOT_PX - 2)
    painter.end()
    return pixmap
