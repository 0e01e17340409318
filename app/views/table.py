"""`TableView`: the present values of a field as numbers in a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from app.export.export_table import ExportTable
from app.ui.number_text import value_text
from app.views.field_values import axis_text, check_dims, names_of
from app.views.field_view import FieldView
from app.views.problem import NoValues
from backends.field import Field
from backends.views import TableViewSpec

_ROW_PX = 24
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NO_INDEX = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


class ValuesModel(QAbstractTableModel):
    """A table of values, shape (n_rows, n_columns), with headings that have the units."""

    def __init__(self) -> None:
        super().__init__()
        self.values: np.ndarray[Any, Any] = np.empty((0, 0))
        self.rows: tuple[str, ...] = ()
        self.columns: tuple[str, ...] = ()

    def set_values(
        self, values: np.ndarray[Any, Any], rows: tuple[str, ...], columns: tuple[str, ...]
    ) -> None:
        """Show values, shape (len(rows), len(columns)); one signal for all of them."""
        if values.shape != self.values.shape:
            self.beginResetModel()
            self.values, self.rows, self.columns = values, rows, columns
            self.endResetModel()
            return
        self.values = values
        for orientation, old, new in (
            (Qt.Orientation.Vertical, self.rows, rows),
            (Qt.Orientation.Horizontal, self.columns, columns),
        ):
            if old != new and new:
                self.rows, self.columns = rows, columns
                self.headerDataChanged.emit(orientation, 0, len(new) - 1)
        if values.size:
            last = self.index(len(rows) - 1, len(columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.DisplayRole])

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a value as text, or where it stands in its cell."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if self.values.dtype.kind in "fiub" else _LEFT
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        value = self.values[index.row(), index.column()]
        kind = self.values.dtype.kind
        if kind == "f":
            return value_text(float(value))
        return str(value).replace("-", "−") if kind in "iu" else str(value)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a heading with its unit."""
        names = self.columns if orientation == Qt.Orientation.Horizontal else self.rows
        if role == Qt.ItemDataRole.DisplayRole and section < len(names):
            return names[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if orientation == Qt.Orientation.Horizontal else _LEFT
        return None


class _Table(QTableView):
    """A table whose selection goes to the clipboard by the system's key."""

    def __init__(self, view: TableView) -> None:
        super().__init__()
        self._view = view
        self.setObjectName("valuesTable")
        self.setAccessibleName("Values as a table")
        self.setProperty("ringed", True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.horizontalHeader().setHighlightSections(False)
        self.verticalHeader().setHighlightSections(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy; other keys move in the table."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._view.copy()
        else:
            super().keyPressEvent(event)


class TableView(FieldView[TableViewSpec]):
    """A table.

    Attributes
    ----------
    table : QTableView
    model : ValuesModel
    """

    SPEC = TableViewSpec

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ValuesModel()
        self.model.setParent(self)
        self.table = _Table(self)
        self.table.setModel(self.model)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu_at)
        self.header.hide()
        self._widths: tuple[str, ...] = ()
        self._set_content(self.table)

    def _show(self, spec: TableViewSpec, field: Field) -> None:
        values, rows, columns = self._cells_of(spec, field)
        self.model.set_values(values, rows, columns)
        if columns != self._widths:
            self._widths = columns
            self._fit_columns()

    def _cells_of(
        self, spec: TableViewSpec, field: Field
    ) -> tuple[np.ndarray[Any, Any], tuple[str, ...], tuple[str, ...]]:
        """Return values of two dimensions, headings of the rows and of the columns, with units."""
        check_dims(spec, field, ("row",), ("row", "column"))
        values = np.asarray(field.values)
        if not values.size:
            raise NoValues
        headings = names_of(spec, field, field.dims[-1])
        for name in spec.units:
            if name not in headings:
                self.warn(
                    f"View {spec.id!r} gives a unit for {name!r}; field {field.id!r} has "
                    f"{', '.join(headings[:8])}{' …' if len(headings) > 8 else ''}."
                )
        if values.ndim == 1:
            rows = tuple(axis_text(name, spec.units.get(name)) for name in headings)
            return values[:, None], rows, (axis_text("Value", field.unit),)
        columns = tuple(axis_text(name, spec.units.get(name, field.unit)) for name in headings)
        return values, names_of(spec, field, field.dims[0]), columns

    def _fit_columns(self) -> None:
        """Make every column as wide as its heading and a long number, and share what is left."""
        header = self.table.horizontalHeader()
        metrics = self.table.fontMetrics()
        least = metrics.horizontalAdvance("−0.0001234") + 24
        for i, text in enumerate(self.model.columns):
            wide = max(least, metrics.horizontalAdvance(text) + 28)
            header.resizeSection(i, wide)

    def copy(self) -> None:
        """Copy the selected cells, or all with their headings, as text that a spreadsheet takes."""
        chosen = self.table.selectionModel().selection()
        values, model = self.model.values, self.model
        if chosen.isEmpty():
            lines = ["\t".join(["", *model.columns])]
            lines += [
                "\t".join([name, *map(_exact, row)])
                for name, row in zip(model.rows, values, strict=True)
            ]
        else:
            part = chosen.first()
            rows = values[part.top() : part.bottom() + 1, part.left() : part.right() + 1]
            lines = ["\t".join(map(_exact, row)) for row in rows]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _open_menu_at(self, place: QPoint) -> None:
        self.open_menu(self.table.viewport().mapToGlobal(place))

    def _fill_menu(self, menu: QMenu) -> None:
        has_selection = self.table.selectionModel().hasSelection()
        text = "Copy selection" if has_selection else "Copy table"
        menu.addAction(text, self.copy).setEnabled(not self.message)
        export = menu.addAction(self.EXPORT, lambda: self.exportRequested.emit())
        export.setEnabled(self.export_table() is not None)

    def _table(self, spec: TableViewSpec, field: Field) -> ExportTable:
        warnings = list(self._warnings)
        values, rows, columns = self._cells_of(spec, field)
        self._warnings = warnings
        return ExportTable(
            (field.dims[0], *columns),
            (rows, *values.T),
            {
                "values": field.values,
                "rows": np.asarray(rows),
                "columns": np.asarray(columns),
            },
        )


def _exact(value: Any) -> str:
    """Return a value with all its digits."""
    item = value.item() if isinstance(value, np.generic) else value
    return repr(item) if isinstance(item, float) else str(item)
