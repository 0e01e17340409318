"""`TraceLegend`: the list next to the plot, one row per trace: eye, colour and name, value, remove.

Keys: up and down select a trace (and highlight it), Return or H hides or shows it, Delete removes it.
Space still runs and pauses the simulation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPointF,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.palette import DARK, SIDES, Rgb, Theme
from app.ui.number_text import fitted_id, short_id, value_text
from app.ui.plain import plain_tip

_ROW_PX = 26
_AROUND_LABEL_PX = 42  # colour, note and margins
_OTHER_COLUMNS_PX = 130  # eye, colour, the end of an id, and the cross
_Index = QModelIndex


class LegendColumn(IntEnum):
    """Columns of the legend."""

    EYE = 0
    LABEL = 1
    VALUE = 2
    REMOVE = 3


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One trace in the legend.

    Attributes
    ----------
    value : float
        Shown value, in `unit`; NaN shows a dash.
    note : str
        Where its samples come from, if not from the start of the run.
    pattern : int
        0 … 3: the shape of its mark, as on the cell.
    """

    trace_id: str
    label: str
    color: Rgb
    unit: str = ""
    value: float = math.nan
    shown: bool = True
    note: str = ""
    pattern: int = 0


class LegendModel(QAbstractTableModel):
    """The rows of the legend, in the order in which traces were added."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[LegendRow] = []
        self.shows_units = True  # else they are at the axes only

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(LegendColumn)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], LegendColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return {
                LegendColumn.LABEL: row.label,
                LegendColumn.VALUE: self.value_text(row),
            }.get(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._tip(row, column))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._accessible_text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column is LegendColumn.VALUE:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def value_text(self, row: LegendRow) -> str:
        """Return what the row shows of its value."""
        text = value_text(row.value, row.unit)
        return text if self.shows_units else text.removesuffix(f" {row.unit}")

    @staticmethod
    def _tip(row: LegendRow, column: LegendColumn) -> str:
        if column is LegendColumn.EYE:
            return "Hide this trace (H)" if row.shown else "Show this trace (H)"
        if column is LegendColumn.REMOVE:
            return "Remove this trace (Del)"
        return f"{row.label}\n{row.note}" if row.note else row.label

    @staticmethod
    def _accessible_text(row: LegendRow, column: LegendColumn) -> str:
        if column is LegendColumn.EYE:
            return f"{row.label} is {'shown' if row.shown else 'hidden'}"
        if column is LegendColumn.REMOVE:
            return f"Remove {row.label}"
        return row.label if column is LegendColumn.LABEL else value_text(row.value, row.unit)

    def index_of(self, trace_id: str) -> int:
        """Return the row of a trace, -1 if there is none."""
        return next((i for i, row in enumerate(self.rows) if row.trace_id == trace_id), -1)

    def note_of(self, trace_id: str) -> str:
        """Return a trace's note; "" if there is no such trace."""
        return next((row.note for row in self.rows if row.trace_id == trace_id), "")

    def put(self, row: LegendRow) -> None:
        """Add a trace's row, or replace it."""
        at = self.index_of(row.trace_id)
        if at >= 0:
            self.rows[at] = row
            self.dataChanged.emit(self.index(at, 0), self.index(at, LegendColumn.REMOVE))
            return
        self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows))
        self.rows.append(row)
        self.endInsertRows()

    def remove(self, trace_id: str) -> None:
        """Drop a trace's row."""
        at = self.index_of(trace_id)
        self.beginRemoveRows(QModelIndex(), at, at)
        del self.rows[at]
        self.endRemoveRows()

    def set_values(self, values: dict[str, float]) -> None:
        """Show new values, by trace id."""
        if not self.rows:
            return
        self.rows = [replace(row, value=values.get(row.trace_id, row.value)) for row in self.rows]
        column = LegendColumn.VALUE
        self.dataChanged.emit(self.index(0, column), self.index(len(self.rows) - 1, column))


class TraceLegend(QTableView):
    """The list of traces.

    Signals
    -------
    removeRequested(str), visibilityToggled(str), chosen(str)
        By trace id; `chosen` only by mouse or keys, not by `choose`.
    wantedWidthChanged()
        `wanted_width` may have changed.
    """

    removeRequested = Signal(str)
    visibilityToggled = Signal(str)
    chosen = Signal(str)
    wantedWidthChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = LegendModel(self)
        self._is_silent = False
        self._label_px = 0
        self.setModel(self._rows)
        self._delegate = _RowPainter(self)
        self.setItemDelegate(self._delegate)
        self.setObjectName("traceLegend")
        self.setAccessibleName("Traces: name and value")
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._size_columns()
        self.selectionModel().currentRowChanged.connect(self._on_current)

    def _size_columns(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        header = self.horizontalHeader()
        header.hide()
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(LegendColumn.LABEL, QHeaderView.ResizeMode.Stretch)
        for column, width in ((LegendColumn.EYE, 30), (LegendColumn.REMOVE, 26)):
            self.setColumnWidth(column, width)
        for changed in (self._rows.rowsInserted, self._rows.rowsRemoved):
            changed.connect(self._size_labels)
        for changed in (self._rows.rowsInserted, self._rows.rowsRemoved, self._rows.dataChanged):
            changed.connect(self._size_values)
        self._size_values()

    def _size_values(self, *_: object) -> None:
        """Make the column wide enough for every value shown, and for the usual values of the units."""
        units = {row.unit for row in self._rows.rows} or {"mV"}
        numbers = {unit: "−000.00" if unit == "mV" else "−0.000e−00" for unit in units}
        has_units = self._rows.shows_units
        usual = [f"{number} {unit}" if has_units else number for unit, number in numbers.items()]
        shown = [self._rows.value_text(row) for row in self._rows.rows]
        widest = max(self.fontMetrics().horizontalAdvance(text) for text in usual + shown)
        if self.columnWidth(LegendColumn.VALUE) != widest + 4:
            self.setColumnWidth(LegendColumn.VALUE, widest + 4)
            self.setMinimumWidth(widest + _OTHER_COLUMNS_PX)
            self.wantedWidthChanged.emit()

    def show_units(self, shown: bool) -> None:
        """Show the units beside the values, or leave them to the axes, which saves room for names."""
        if shown != self._rows.shows_units:
            self._rows.shows_units = shown
            self._size_values()
            self.viewport().update()

    def wanted_width(self) -> int:
        """Return the width at which no id must lose its beginning, px."""
        columns = (LegendColumn.EYE, LegendColumn.VALUE, LegendColumn.REMOVE)
        return self._label_px + _AROUND_LABEL_PX + sum(self.columnWidth(each) for each in columns)

    def wanted_height(self) -> int:
        """Return the height at which no row must be scrolled to, px."""
        return max(self._rows.rowCount(), 1) * _ROW_PX + 2 * self.frameWidth() + 4

    def _size_labels(self, *_: object) -> None:
        """Measure the longest short id."""
        labels = [row.label for row in self._rows.rows]
        width_of = self.fontMetrics().horizontalAdvance
        self._label_px = max((width_of(short_id(each, labels)) for each in labels), default=0)
        self.wantedWidthChanged.emit()

    @property
    def rows(self) -> LegendModel:
        """The rows shown."""
        return self._rows

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._delegate.theme = theme
        self.viewport().update()

    def choose(self, trace_id: str | None) -> None:
        """Select a row without a signal; None selects none."""
        self._is_silent = True
        at = self._rows.index_of(trace_id) if trace_id is not None else -1
        if at >= 0:
            self.setCurrentIndex(self._rows.index(at, LegendColumn.LABEL))
        else:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        self._is_silent = False

    def event(self, event: QEvent) -> bool:
        """Use H to hide the selected row; elsewhere it is the window's key for help."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_H
            and event.modifiers() == Qt.KeyboardModifier.NoModifier
            and self._current_id() is not None
        ):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return or H toggles, Delete removes, arrows move."""
        trace_id = self._current_id()
        if trace_id is None or event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_H):
            self.visibilityToggled.emit(trace_id)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removeRequested.emit(trace_id)
        else:
            event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the eye toggles, on the cross removes."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if not index.isValid() or event.button() != Qt.MouseButton.LeftButton:
            return
        trace_id = self._rows.rows[index.row()].trace_id
        if index.column() == LegendColumn.EYE:
            self.visibilityToggled.emit(trace_id)
        elif index.column() == LegendColumn.REMOVE:
            self.removeRequested.emit(trace_id)
        else:
            self.chosen.emit(trace_id)

    def leaveEvent(self, event: QEvent) -> None:
        """Repaint without a hovered row."""
        super().leaveEvent(event)
        self.viewport().update()

    def _current_id(self) -> str | None:
        at = self.currentIndex().row()
        return self._rows.rows[at].trace_id if 0 <= at < len(self._rows.rows) else None

    def _on_current(self, *_: object) -> None:
        trace_id = self._current_id()
        if trace_id is not None and not self._is_silent and self.hasFocus():
            self.chosen.emit(trace_id)


class _RowPainter(QStyledItemDelegate):
    """Draws eyes, colour chips and crosses as strokes, sharp at any scale and in both themes."""

    theme = DARK

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index | Any) -> None:
        row: LegendRow = index.model().rows[index.row()]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if chosen:
            painter.fillRect(option.rect, QColor(*self.theme.accent, 46))
        rect = QRectF(option.rect)
        quiet, text = QColor(*self.theme.text_quiet), QColor(*self.theme.text)
        match LegendColumn(index.column()):
            case LegendColumn.EYE:
                _draw_eye(painter, rect, text if hovered else quiet, open_=row.shown)
            case LegendColumn.LABEL:
                others = [each.label for each in index.model().rows]
                self._draw_label(painter, rect, row, others, text if row.shown else quiet)
            case LegendColumn.VALUE:
                painter.setPen(text if row.shown else quiet)
                flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
                painter.drawText(rect, int(flags), index.model().value_text(row))
            case LegendColumn.REMOVE:
                bad = QColor(*self.theme.bad)
                _draw_cross(painter, rect, bad if hovered else quiet)
        painter.restore()

    def _draw_label(
        self, painter: QPainter, rect: QRectF, row: LegendRow, others: list[str], color: QColor
    ) -> None:
        chip = QRectF(rect.left() + 2, rect.center().y() - 5, 10, 10)
        painter.setPen(QPen(QColor(*row.color), 1.5))
        painter.setBrush(QColor(*row.color) if row.shown else Qt.BrushStyle.NoBrush)
        _draw_chip(painter, chip, row.pattern)
        painter.setPen(color)
        room = rect.adjusted(20, 0, -18 if row.note else -4, 0)
        width_of = painter.fontMetrics().horizontalAdvance
        shown = fitted_id(row.label, lambda text: width_of(text) <= room.width(), others)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, int(flags), shown)
        if row.note:
            end = room.left() + painter.fontMetrics().horizontalAdvance(shown) + 9
            _draw_note(painter, QPointF(end, rect.center().y()), QColor(*self.theme.text_quiet))


def _draw_chip(painter: QPainter, chip: QRectF, pattern: int) -> None:
    """Draw a trace's mark: a square, and for later traces a triangle, a diamond, a pentagon."""
    if not pattern:
        painter.drawRoundedRect(chip, 3, 3)
        return
    sides, radius = SIDES[pattern], chip.width() / 2 + 1
    angles = [math.pi / 2 + 2 * math.pi * i / sides for i in range(sides)]
    corners = [QPointF(radius * math.cos(a), -radius * math.sin(a)) for a in angles]
    painter.drawPolygon([chip.center() + corner for corner in corners])


def _draw_note(painter: QPainter, middle: QPointF, color: QColor) -> None:
    """Draw a small i in a ring: the tooltip has a note."""
    painter.setPen(QPen(color, 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(middle, 5.5, 5.5)
    painter.drawLine(middle + QPointF(0, -0.5), middle + QPointF(0, 2.8))
    painter.drawPoint(middle + QPointF(0, -2.8))


def _draw_eye(painter: QPainter, rect: QRectF, color: QColor, *, open_: bool) -> None:
    middle = rect.center()
    box = QRectF(middle.x() - 7, middle.y() - 7, 14, 14)
    painter.setPen(QPen(color, 1.3))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(box.translated(0, 3), 35 * 16, 110 * 16)
    painter.drawArc(box.translated(0, -3), 215 * 16, 110 * 16)
    if open_:
        painter.setBrush(color)
        painter.drawEllipse(middle, 1.8, 1.8)
    else:
        painter.drawLine(box.bottomLeft() + QPointF(2, -2), box.topRight() + QPointF(-2, 2))


def _draw_cross(painter: QPainter, rect: QRectF, color: QColor) -> None:
    middle, arm = rect.center(), 3.5
    painter.setPen(QPen(color, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for slope in (-arm, arm):
        painter.drawLine(middle - QPointF(arm, slope), middle + QPointF(arm, slope))
