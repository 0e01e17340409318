"""`ResultsView`: what a search found, as a table or as tiles, or a sentence why there is nothing.

Keys: arrows, PageUp, PageDown, Home and End move; Return opens the current cell, Ctrl+Return adds the
chosen ones to the downloads, the menu key opens their menu; Ctrl+A chooses all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDrag, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.archive.drag_data import mime_of
from app.archive.records.bundled import BundledNeuron, of_archive
from app.archive.results.bar import FailureStrip, ResultsBar
from app.archive.results.columns import COLUMNS, NAME
from app.archive.results.grid import TileGrid
from app.archive.results.hit_view import Paint
from app.archive.results.model import ResultsModel
from app.archive.results.table import HitTable
from app.archive.results.thumbnails import Thumbnails
from app.palette import Theme
from app.ui.keys import RETURN_KEYS
from app.ui.layouts import fill
from app.ui.rows import empty_hint

_MOST_DRAGGED = 1000
START_HINT = "Type above what you are looking for, or choose a value. Matching cells appear here."


class ResultsView(QWidget):
    """The hits of a search.

    Parameters
    ----------
    model
        Where the hits are.
    thumbnails
        Where their pictures are; without it every tile stays a placeholder.

    Signals
    -------
    selected(int)
        The current cell's id, once its record is loaded.
    activated(int)
        Return, or a double click: the cell is to be opened.
    contextRequested(list, QPoint)
        Ids for which a menu is wanted, and where on the screen.
    queueRequested(list)
        Ids to download; none where no cell is chosen.
    """

    selected = Signal(int)
    activated = Signal(int)
    contextRequested = Signal(list, QPoint)
    queueRequested = Signal(list)

    def __init__(self, model: ResultsModel, thumbnails: Thumbnails | None = None) -> None:
        super().__init__()
        self.setAccessibleName("Results")
        self._model = model
        self._paint = Paint(thumbnails)
        if thumbnails is not None:
            thumbnails.ready.connect(self._draw_picture)
            model.rested.connect(thumbnails.want)
        self._selected_id: int | None = None
        self._make_parts()
        if thumbnails is not None:
            thumbnails.failuresChanged.connect(self.failure.set_pictures)
            self.failure.picturesRetried.connect(thumbnails.retry)
        self._connect()
        self.set_sort("neuron_id", True)
        self.show_hint(START_HINT)
        self._update_columns()

    def _make_parts(self) -> None:
        self.table = HitTable(self._model, self._paint, self._start_drag)
        self.grid = TileGrid(self._model, self._paint, self._start_drag)
        self.grid.setSelectionModel(self.table.selectionModel())
        self.hint = empty_hint("")
        self.bar = ResultsBar()
        self._sort_menu = QMenu("Sort by", self)
        self.failure = FailureStrip()
        self._stack = QStackedWidget()
        for page in (self.hint, self.table, self.grid):
            self._stack.addWidget(page)
        self._mode: QAbstractItemView = self.table
        fill(QVBoxLayout(self), self.bar, self.failure, (self._stack, 1))
        for view in (self.table, self.grid):
            view.installEventFilter(self)
            view.doubleClicked.connect(self._activate)
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            view.customContextMenuRequested.connect(self._request_menu)
            view.verticalScrollBar().valueChanged.connect(self._update_visible_rows)
            view.verticalScrollBar().rangeChanged.connect(self._update_soon)

    def _connect(self) -> None:
        model, chosen = self._model, self.table.selectionModel()
        model.totalChanged.connect(self._on_total_changed)
        model.dataChanged.connect(self._on_data_changed)
        model.pageFailed.connect(self.failure.set_page_sentence)
        chosen.selectionChanged.connect(self._on_selection_changed)
        chosen.currentRowChanged.connect(self._emit_selected)
        header = self.table.horizontalHeader()
        header.sectionClicked.connect(model.request_sort)
        header.customContextMenuRequested.connect(lambda _: self.bar.columns.showMenu())
        self.bar.as_table.clicked.connect(lambda: self.set_mode("table"))
        self.bar.as_grid.clicked.connect(lambda: self.set_mode("grid"))
        self.bar.columns.menu().aboutToShow.connect(self._fill_menu)
        self.failure.pagesRetried.connect(model.retry)

    # ----------------------------------------------------------------------------------- setters

    def show_hint(self, sentence: str) -> None:
        """Show a sentence in place of the hits, while there are none."""
        self.hint.setText(sentence)
        self._show_page()

    def set_sort(self, field: str, ascending: bool) -> None:
        """Show what the hits are sorted by."""
        self._model.sort_order = field, ascending
        order = Qt.SortOrder.AscendingOrder if ascending else Qt.SortOrder.DescendingOrder
        self.table.horizontalHeader().setSortIndicator(self._model.sort_column(), order)

    def set_mode(self, mode: str) -> None:
        """Show the hits as a "table" or as a "grid", from the same row on."""
        view = self.grid if mode == "grid" else self.table
        if view is self._mode:
            return
        first, _ = self._mode.rows_in_view()
        had_focus = self._mode.hasFocus()
        self._mode = view
        self.bar.set_mode(mode)
        self._show_page()
        if self._model.total():
            top = QAbstractItemView.ScrollHint.PositionAtTop
            view.scrollTo(self._model.index(first, NAME), top)
        if had_focus:
            view.setFocus()
        self._update_columns()
        self._update_visible_rows()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._paint.set_theme(theme)
        self._mode.viewport().update()

    # ------------------------------------------------------------------------------ what is chosen

    def current_id(self) -> int | None:
        """Return the current cell's id; None where there is none, or its record is not loaded yet."""
        neuron = self._model.neuron_at(self._mode.currentIndex().row())
        return None if neuron is None else neuron.neuron_id

    def chosen_ids(self) -> list[int]:
        """Return the ids of the chosen rows whose records are loaded, in the order of the rows."""
        rows: set[int] = set()
        loaded = self._model.loaded_rows()
        for span in self.table.selectionModel().selection():
            first, last = bisect_left(loaded, span.top()), bisect_right(loaded, span.bottom())
            rows.update(loaded[first:last])
        return [each.neuron_id for each in self._model.neurons_in(sorted(rows))]

    def n_chosen(self) -> int:
        """Return how many rows are chosen, loaded or not."""
        return sum(span.height() for span in self.table.selectionModel().selection())

    def has_rows(self) -> bool:
        """Return whether there is anything to go to."""
        return self._model.total() > 0

    def go_to_first(self) -> None:
        """Give the rows the focus; the first of them is the current one if none is."""
        if self._model.total():
            # The focus alone makes a row current, not chosen.
            current = self._mode.currentIndex()
            self._mode.setFocus()
            if not current.isValid():
                self._mode.setCurrentIndex(self._model.index(0, NAME))

    def show_current(self) -> None:
        """Scroll to the current row."""
        self._mode.scrollTo(self._mode.currentIndex())

    # -------------------------------------------------------------------------------------- events

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Handle Return and Ctrl+Return of both table and grid."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        if event.key() not in RETURN_KEYS:
            return False
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._activate()
        else:
            self.queueRequested.emit(self._chosen_or_current())
        return True

    def _chosen_or_current(self) -> list[int]:
        """Return the chosen cells, else the one with the focus."""
        current = self.current_id()
        return self.chosen_ids() or ([] if current is None else [current])

    def _activate(self) -> None:
        current = self.current_id()
        if current is not None:
            self.activated.emit(current)

    def _request_menu(self, place: QPoint) -> None:
        if ids := self._chosen_or_current():
            self.contextRequested.emit(ids, self._mode.viewport().mapToGlobal(place))

    def _start_drag(self) -> None:
        ids = self.chosen_ids()[:_MOST_DRAGGED]
        if not ids:
            return
        drag = QDrag(self._mode)
        neuron = self._model.neuron_at(self._mode.currentIndex().row())
        drag.setMimeData(mime_of(of_archive(ids)))
        if isinstance(neuron, BundledNeuron):  # it is a file, which can be dropped anywhere
            drag.mimeData().setUrls([QUrl.fromLocalFile(str(neuron.path))])
        picture = self._paint.pixmap_of(neuron)
        if picture is not None:
            width = picture.width() // 2
            drag.setPixmap(picture.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation))
        drag.exec(Qt.DropAction.CopyAction)

    # ------------------------------------------------------------------------------------- inside

    def _show_page(self) -> None:
        self._stack.setCurrentWidget(self._mode if self._model.total() else self.hint)

    def _on_total_changed(self, total: int) -> None:
        self._selected_id = None
        self._show_page()
        self.bar.set_counts(total, self.n_chosen())
        self._update_soon()

    def _on_data_changed(self) -> None:
        self._emit_selected()
        self.grid.viewport().update()

    def _on_selection_changed(self) -> None:
        self.bar.set_counts(self._model.total(), self.n_chosen())

    def _emit_selected(self) -> None:
        current = self.current_id()
        if current != self._selected_id:
            self._selected_id = current
            if current is not None:
                self.selected.emit(current)

    def _draw_picture(self, neuron_id: int) -> None:
        """Repaint a cell whose picture is loaded."""
        row = self._model.row_of(neuron_id)
        if row is not None:
            self._mode.update(self._model.index(row, NAME))

    def _update_soon(self) -> None:
        """Report the rows in view once they are laid out."""
        QTimer.singleShot(0, self, self._update_visible_rows)

    def _update_visible_rows(self) -> None:
        """Report the rows in view to the model."""
        self._model.set_visible(*self._mode.rows_in_view())

    def _fill_menu(self) -> None:
        """List the columns that can be sorted by, and all that can be shown or hidden."""
        menu, model = self.bar.columns.menu(), self._model
        menu.clear()
        self._sort_menu.clear()
        menu.addMenu(self._sort_menu)
        sorted_by, (_, ascending) = model.sort_column(), model.sort_order
        for index, column in enumerate(COLUMNS):
            if model.sort_field(index):
                arrow = "" if index != sorted_by else "  ▲" if ascending else "  ▼"
                sort = partial(model.request_sort, index)
                self._sort_menu.addAction(f"{column.name}{arrow}", sort)
        menu.addSeparator()
        for index, column in enumerate(COLUMNS[1:], 1):
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(not self.table.isColumnHidden(index))
            action.toggled.connect(partial(self._show_column, index))
        menu.addSeparator()
        menu.addAction("Usual columns", self._show_usual_columns)

    def _show_column(self, index: int, is_shown: bool) -> None:
        self.table.setColumnHidden(index, not is_shown)
        self._update_columns()

    def _show_usual_columns(self) -> None:
        self.table.show_usual_columns()
        self._update_columns()

    def _update_columns(self) -> None:
        """Request morphometry only while a column shows it."""
        shown = (c for i, c in enumerate(COLUMNS) if not self.table.isColumnHidden(i))
        is_measured = any(column.is_measured for column in shown)
        self._model.set_wants_measurements(self._mode is self.table and is_measured)
