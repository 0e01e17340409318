"""`ResultsModel`: the hits of a search as a Qt model that holds only the pages near those in view.

A search has up to hundreds of thousands of hits, in pages that cost a request each. The model knows how many
there are and holds the pages last used. The view reports which rows are in view (`set_visible`); once that has not
changed for a moment, the missing pages of those rows are requested with `pageWanted`: pages that are only scrolled
past are never requested. `data` never waits: a row that is not loaded yet is a placeholder.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from app.archive.records.bundled import readiness_of
from app.archive.records.plain_text import NOTHING
from app.archive.results.columns import COLUMNS, FILE, NAME, READY
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.readiness import Readiness

LEVEL_WORDS = {"ready": "Ready", "caution": "With caution", "not": "Not ready"}
HERE = "here"
PAGE_SIZE = 100
REST_MS = 80
_MOST_PAGES = 48
_AHEAD = 25  # rows from a page's end at which the next one is requested too
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_NUMBERS = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WORDS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class ResultsModel(QAbstractTableModel):
    """The hits of a search.

    Attributes
    ----------
    sort_order : (str, bool)
        The field that the hits are sorted by, and whether ascending.
    sortable : frozenset of str or None
        The fields that can be sorted by; None for those of the columns.

    Signals
    -------
    pageWanted(int)
        A page, from 0, has rows in view and is missing. It is answered for later by `set_page` or
        `fail_page`, or by `forget_requests` if it was cancelled.
    rested(list)
        The cells in view; these have not changed for a moment.
    sortRequested(str, bool)
        A field of the server's, and whether ascending.
    measurementsWanted(list)
        Ids in view whose morphometry is not loaded, while `set_wants_measurements` is on; each id once.
    totalChanged(int)
        How many hits there are.
    pageFailed(str)
        A sentence; "" once no page is missing for a failure.
    """

    pageWanted = Signal(int)
    rested = Signal(list)
    sortRequested = Signal(str, bool)
    measurementsWanted = Signal(list)
    totalChanged = Signal(int)
    pageFailed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._total = 0
        self._pages: OrderedDict[int, tuple[NeuroMorphoNeuron, ...]] = OrderedDict()
        self._requested: set[int] = set()
        self._failed: dict[int, str] = {}
        self._measured: dict[int, NeuroMorphoMeasurement] = {}
        self._requested_measurements: set[int] = set()
        self._on_disk: set[int] = set()
        self._wants_measurements = False
        self._visible = self._rested_at = (0, -1)
        self.sort_order = ("neuron_id", True)
        self.sortable: frozenset[str] | None = None
        self._rest_timer = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest_timer.timeout.connect(self._request_pages)

    # ----------------------------------------------------------------------------- what is known

    def start_over(
        self,
        total: int = 0,
        first_page: Sequence[NeuroMorphoNeuron] = (),
        on_disk: Iterable[int] = (),
    ) -> None:
        """Replace all hits by those of another search; `first_page` is its first page, see `set_page`.

        In one go: a view never shows nothing between the hits of one letter typed and of the next.
        """
        self.beginResetModel()
        self._rest_timer.stop()
        self._total = total
        self._visible = self._rested_at = (0, -1)
        for each in (self._pages, self._requested, self._failed, self._measured):
            each.clear()
        self._requested_measurements.clear()
        self._on_disk = set(on_disk)
        if total:
            self._pages[0] = tuple(first_page[:PAGE_SIZE])
            self._rest_timer.start()
        self.endResetModel()
        self.totalChanged.emit(total)
        self.pageFailed.emit("")

    def set_total(self, n: int) -> None:
        """Set how many hits there are; the loaded pages stay."""
        if n == self._total:
            return
        if n > self._total:
            self.beginInsertRows(_ROOT, self._total, n - 1)
            self._total = n
            self.endInsertRows()
        else:
            self.beginRemoveRows(_ROOT, n, self._total - 1)
            self._total = n
            for page in [each for each in self._pages if each * PAGE_SIZE >= n]:
                self._drop(page)
            self.endRemoveRows()
        self.totalChanged.emit(n)
        self._rest_timer.start()

    def total(self) -> int:
        """Return how many hits there are."""
        return self._total

    def set_page(
        self, page: int, items: Sequence[NeuroMorphoNeuron], on_disk: Iterable[int] = ()
    ) -> None:
        """Store a page; `on_disk` are the ids of its cells whose files are on this disk."""
        self._on_disk.difference_update(each.neuron_id for each in items)
        self._on_disk.update(on_disk)
        self._requested.discard(page)
        had_failed = self._failed.pop(page, None) is not None
        self._pages[page] = tuple(items[:PAGE_SIZE])
        self._pages.move_to_end(page)
        self._evict_pages()
        self._emit_changed(page)
        if had_failed and not self._failed:
            self.pageFailed.emit("")
        self._request_measurements()
        if not self._rest_timer.isActive():
            self._rest_timer.start()

    def set_on_disk(self, ids: Iterable[int]) -> None:
        """Set which of the loaded cells have their files on this disk."""
        if self._on_disk != (found := set(ids)):
            self._on_disk = found
            for page in self._pages:
                self._emit_changed(page)

    def set_file(self, neuron_id: int, is_here: bool = True) -> None:
        """Set whether a cell's file is on this disk."""
        self.set_on_disk(self._on_disk | {neuron_id} if is_here else self._on_disk - {neuron_id})

    def fail_page(self, page: int, sentence: str) -> None:
        """Record why a page could not be loaded; `retry` requests it again."""
        self._requested.discard(page)
        self._failed[page] = sentence
        self._emit_changed(page)
        self.pageFailed.emit(sentence)

    def forget_requests(self) -> None:
        """All requests were cancelled: what is in view is requested again."""
        self._requested.clear()
        self._requested_measurements.clear()
        self._rest_timer.start()

    def forget_measurements(self, ids: Iterable[int]) -> None:
        """Morphometry could not be loaded: it is requested again once other rows come into view."""
        self._requested_measurements.difference_update(ids)

    def retry(self) -> None:
        """Request again the pages that could not be loaded."""
        pages, self._failed = list(self._failed), {}
        for page in pages:
            self._emit_changed(page)
        self.pageFailed.emit("")
        self._request_pages()

    def set_measurements(self, found: Mapping[int, NeuroMorphoMeasurement]) -> None:
        """Store morphometry by id."""
        self._measured.update(found)
        for page, items in self._pages.items():
            if any(each.neuron_id in found for each in items):
                self._emit_changed(page)

    def set_wants_measurements(self, wanted: bool) -> None:
        """Set whether morphometry is shown, and so requested."""
        self._wants_measurements = wanted
        self._request_measurements()

    def set_visible(self, first: int, last: int) -> None:
        """Set which rows are in view, both included; what is missing is requested after a moment.

        A slow scroll, in which rows stay in view, does not postpone the request; a fast one does.
        """
        if (first, last) == self._visible:
            return
        self._visible = (first, last)
        is_elsewhere = first > self._rested_at[1] or last < self._rested_at[0]
        if is_elsewhere or not self._rest_timer.isActive():
            self._rested_at = (first, last)
            self._rest_timer.start()

    # -------------------------------------------------------------------------------------- rows

    def neuron_at(self, row: int) -> NeuroMorphoNeuron | None:
        """Return a row's cell; None where it is not loaded yet."""
        if not 0 <= row < self._total:
            return None
        items = self._pages.get(row // PAGE_SIZE)
        place = row % PAGE_SIZE
        return items[place] if items is not None and place < len(items) else None

    def failure_at(self, row: int) -> str:
        """Return why a row could not be loaded, as a sentence; "" for none."""
        if self._is_left_out(row):
            return "The server left this row out, or its record has no id or no name."
        return self._failed.get(row // PAGE_SIZE, "")

    def failure_word(self, row: int) -> str:
        """Return why a row could not be loaded, in two or three words; "" for none."""
        return (
            "No valid record" if self._is_left_out(row) else self.failure_at(row) and "Not loaded"
        )

    def _is_left_out(self, row: int) -> bool:
        """Return whether a row's page is here without its cell."""
        return row // PAGE_SIZE in self._pages and self.neuron_at(row) is None

    def measurement_of(self, neuron_id: int) -> NeuroMorphoMeasurement | None:
        """Return a cell's morphometry; None where it is not loaded."""
        return self._measured.get(neuron_id)

    def row_of(self, neuron_id: int) -> int | None:
        """Return the row of a loaded cell."""
        for page, items in self._pages.items():
            for place, neuron in enumerate(items):
                if neuron.neuron_id == neuron_id:
                    return page * PAGE_SIZE + place
        return None

    def neurons_in(self, rows: Iterable[int]) -> list[NeuroMorphoNeuron]:
        """Return the loaded cells of rows, in order, each once."""
        found = {each.neuron_id: each for row in rows if (each := self.neuron_at(row)) is not None}
        return list(found.values())

    def loaded_rows(self) -> list[int]:
        """Return the loaded rows, sorted."""
        rows: list[int] = []
        for page in sorted(self._pages):
            rows.extend(range(page * PAGE_SIZE, page * PAGE_SIZE + len(self._pages[page])))
        return rows

    def readiness_of(self, neuron: NeuroMorphoNeuron) -> Readiness:
        """Return whether a cell can be simulated as it is, and why."""
        return readiness_of(neuron, self._measured.get(neuron.neuron_id))

    def is_on_disk(self, neuron: NeuroMorphoNeuron) -> bool:
        """Return whether a cell's file is here, so that it opens without the network."""
        return neuron.neuron_id in self._on_disk

    def text(self, row: int, column: int) -> str:
        """Return what is shown of a cell; for a row that is not loaded, why not, or ""."""
        neuron = self.neuron_at(row)
        if neuron is None:
            return self.failure_at(row)
        if column == READY:
            return LEVEL_WORDS[self.readiness_of(neuron).level]
        if column == FILE:
            return HERE if self.is_on_disk(neuron) else NOTHING
        return COLUMNS[column].text(neuron, self.measurement_of(neuron.neuron_id))

    # ----------------------------------------------------------------------------------- sorting

    def sort_field(self, column: int) -> str:
        """Return the field that sorting by a column uses; "" where it cannot be sorted by."""
        names = (COLUMNS[column].sort_field, COLUMNS[column].key)
        if self.sortable is None:
            return names[0]
        return next((name for name in names if name in self.sortable), "")

    def sort_column(self) -> int:
        """Return the column that the hits are sorted by; -1 for none of them."""
        found = (i for i in range(len(COLUMNS)) if self.sort_field(i) == self.sort_order[0])
        return next(found, -1)

    def request_sort(self, column: int) -> None:
        """Request the hits sorted by a column; a second time, in the other order."""
        field = self.sort_field(column)
        if field:
            self.sortRequested.emit(field, self.sort_order != (field, True))

    # ----------------------------------------------------------------------------------- for Qt

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Return how many hits there are."""
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Return how many columns there are, shown or not."""
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return that a row can be chosen, and dragged once it is loaded."""
        flags = super().flags(index)
        is_loaded = self.neuron_at(index.row()) is not None
        return flags | Qt.ItemFlag.ItemIsDragEnabled if is_loaded else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, tooltip or accessible text."""
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(index.row(), index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._accessible_text(index.row(), index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's name with its unit, and in the tooltip whether it sorts."""
        if orientation == Qt.Orientation.Vertical:
            return section + 1 if role == Qt.ItemDataRole.DisplayRole else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            name = COLUMNS[section].tip or COLUMNS[section].title
            can = "click to sort" if self.sort_field(section) else "cannot be used for sorting here"
            return f"{name}: {can}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _NUMBERS if COLUMNS[section].is_measured else _WORDS
        return None

    def _accessible_text(self, row: int, column: int) -> str:
        """Return the text for a screen reader; for the name, all of the cell in a few words."""
        neuron, shown = self.neuron_at(row), self.text(row, column)
        if neuron is None:
            return shown or "Loading…"
        if column == READY:
            return f"{shown}: {self.readiness_of(neuron).reason}"
        if column != NAME:
            return f"{COLUMNS[column].title}: {shown}"
        picture = "with a picture" if neuron.png_url else "without a picture"
        ready = self._accessible_text(row, READY)
        file = "file on this disk" if self.is_on_disk(neuron) else "file not on this disk"
        parts = (shown, neuron.label, neuron.species, ready, file, picture)
        return ", ".join(part.rstrip(".") for part in parts if part)

    def _tooltip(self, row: int, column: int) -> str:
        """Return the tooltip: rich text, which wraps, so everything in it is escaped."""
        neuron = self.neuron_at(row)
        if column != NAME or neuron is None:
            return f"<qt>{escape(self._accessible_text(row, column))}</qt>"
        name = escape(f"{self.text(row, NAME)}, {neuron.label}")
        return f"<qt>{name}<br>{escape(self._accessible_text(row, READY))}</qt>"

    # ------------------------------------------------------------------------------------ inside

    def _request_pages(self) -> None:
        """Request the missing pages: those in view first, then the next one."""
        first, last = self._visible
        last = min(last, self._total - 1)
        if last < first:
            return
        wanted = list(range(first // PAGE_SIZE, last // PAGE_SIZE + 1))
        for row in (last + _AHEAD, first - _AHEAD):
            if 0 <= row < self._total and row // PAGE_SIZE not in wanted:
                wanted.append(row // PAGE_SIZE)
        for page in wanted:
            if page in self._pages:
                self._pages.move_to_end(page)
            elif page not in self._requested and page not in self._failed:
                self._requested.add(page)
                self.pageWanted.emit(page)
        self._request_measurements()
        self.rested.emit(self.neurons_in(range(first, last + 1)))

    def _request_measurements(self) -> None:
        if not self._wants_measurements:
            return
        first, last = self._visible
        known = self._measured.keys() | self._requested_measurements
        in_view = self.neurons_in(range(first, last + 1))
        ids = [each.neuron_id for each in in_view if each.neuron_id not in known]
        if ids:
            self._requested_measurements.update(ids)
            self.measurementsWanted.emit(ids)

    def _evict_pages(self) -> None:
        in_view = range(self._visible[0] // PAGE_SIZE, self._visible[1] // PAGE_SIZE + 1)
        for page in list(self._pages)[: max(0, len(self._pages) - _MOST_PAGES)]:
            if page not in in_view:
                self._drop(page)

    def _drop(self, page: int) -> None:
        for neuron in self._pages.pop(page):
            self._measured.pop(neuron.neuron_id, None)
            self._requested_measurements.discard(neuron.neuron_id)

    def _emit_changed(self, page: int) -> None:
        first = page * PAGE_SIZE
        last = min(first + PAGE_SIZE, self._total) - 1
        if first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))
