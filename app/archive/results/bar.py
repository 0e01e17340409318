"""The bar above the hits (number, table or tiles, columns) and the strip that explains missing hits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyleOption,
    QToolButton,
    QWidget,
)

from app.actions import keys_text
from app.archive.results.columns import COLUMNS
from app.ui.layouts import fill
from app.ui.sentence_label import SentenceLabel

_WORDS_PX = 380


class ResultsBar(QWidget):
    """The line above the hits.

    Signals
    -------
    modeChosen(str)
        "table" or "grid".
    columnToggled(str, bool), usualColumnsChosen()
        A column's key, and whether it is to be shown.
    sortChosen(int)
        A column's index.
    queueAllRequested()
        All that was found is to be downloaded.
    """

    modeChosen = Signal(str)
    columnToggled = Signal(str, bool)
    usualColumnsChosen = Signal()
    sortChosen = Signal(int)
    queueAllRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.count = _ElidedLabel()
        self.count.setObjectName("quiet")
        self.count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.count.setAccessibleName("Number of results")
        self.as_table = self._mode_button("Table", "table", "first")
        self.as_grid = self._mode_button("Tiles", "grid", "last")
        self.as_table.setChecked(True)
        self.columns = QToolButton()
        self.columns.setText("Columns")
        self.columns.setProperty("compact", "true")
        self.columns.setToolTip("Which columns to show, and what to sort by")
        self.columns.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.columns.setMenu(QMenu(self.columns))
        self.queue_all = QToolButton()
        self.queue_all.setProperty("compact", "true")
        self.queue_all.clicked.connect(self.queueAllRequested)
        self._shown: dict[str, QAction] = {}
        self._sorts: dict[int, QAction] = {}
        self._fill_menu()
        modes = fill(QHBoxLayout(), self.as_table, self.as_grid)
        items = ((self.count, 1), modes, self.columns, self.queue_all)
        fill(QHBoxLayout(self), *items, margins=(8, 4, 8, 4), spacing=4)
        self.set_counts(0, 0)

    def set_counts(self, total: int, n_chosen: int) -> None:
        """Show how many hits there are, and how many are chosen."""
        text = "" if not total else "1 cell" if total == 1 else f"{total:,} cells"
        if n_chosen > 1:
            text += f" · {n_chosen:,} chosen"
        self.count.setText(text)
        self.count.setToolTip(text)
        self.queue_all.setVisible(total > 0)
        self.queue_all.setAccessibleName(f"Download all {total:,} cells that were found")
        keys = keys_text("archive_queue_all")
        self.queue_all.setToolTip(f"Download all {total:,} cells that were found ({keys})")

    def set_mode(self, mode: str) -> None:
        """Show which of the two is on."""
        self.as_table.setChecked(mode == "table")
        self.as_grid.setChecked(mode == "grid")
        self.columns.setText("Columns" if mode == "table" else "Sort")

    def set_columns(self, shown: Iterable[str]) -> None:
        """Tick the columns that are shown, by key."""
        keys = set(shown)
        for key, action in self._shown.items():
            action.setChecked(key in keys)

    def set_sort(self, sortable: Sequence[int], column: int | None, ascending: bool) -> None:
        """List the columns that can be sorted by, and mark the current one."""
        for index, action in self._sorts.items():
            arrow = "" if index != column else "  ▲" if ascending else "  ▼"
            action.setText(f"{COLUMNS[index].name}{arrow}")
            action.setVisible(index in sortable)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Add a word to the arrow where there is room."""
        super().resizeEvent(event)
        self.queue_all.setText("↓ All" if self.width() >= _WORDS_PX else "↓")

    def open_columns(self) -> None:
        """Open the menu of columns."""
        self.columns.showMenu()

    def _mode_button(self, word: str, mode: str, segment: str) -> QToolButton:
        button = QToolButton()
        button.setText(word)
        button.setCheckable(True)
        button.setProperty("segment", segment)
        button.setProperty("compact", "true")
        button.setAccessibleName(f"Show the results as {word.lower()}")
        button.setToolTip(f"Show the results as {word.lower()}")
        button.clicked.connect(lambda _checked: self._choose_mode(mode))
        return button

    def _choose_mode(self, mode: str) -> None:
        self.set_mode(mode)
        self.modeChosen.emit(mode)

    def _fill_menu(self) -> None:
        menu = self.columns.menu()
        sort = menu.addMenu("Sort by")
        for index, column in enumerate(COLUMNS):
            action = sort.addAction(column.name)
            action.triggered.connect(lambda _checked, at=index: self.sortChosen.emit(at))
            self._sorts[index] = action
        menu.addSeparator()
        for column in COLUMNS[1:]:
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.triggered.connect(
                lambda checked, key=column.key: self.columnToggled.emit(key, checked)
            )
            self._shown[column.key] = action
        menu.addSeparator()
        usual = menu.addAction("Usual columns")
        usual.triggered.connect(lambda _checked: self.usualColumnsChosen.emit())


class _ElidedLabel(QLabel):
    """A line of text that is shortened where there is no room for all of it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what there is room for."""
        whole = self.fontMetrics().horizontalAdvance(self.text())
        if whole <= self.width():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width()
        )
        painter.setPen(option.palette.color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()


class FailureStrip(QFrame):
    """Why hits are missing, and a button to retry; hidden while none are.

    Signals
    -------
    pagesRetried(), searchRetried()
        What is to be retried: the pages in view, or the search.
    repairRequested()
        The library is to be checked and repaired.
    """

    pagesRetried = Signal()
    searchRetried = Signal()
    repairRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._search = self._page = ""
        self.sentence = SentenceLabel()
        self.retry = QPushButton("Try again")
        self.retry.setAccessibleName("Load the results again")
        self.retry.clicked.connect(self.try_again)
        self.repair = QPushButton("Repair…")
        self.repair.setToolTip("See what is damaged, and repair it")
        self.repair.clicked.connect(self.repairRequested)
        self.repair.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.repair)
        row.addWidget(self.retry)
        self.hide()

    def set_search_sentence(self, sentence: str, *, can_repair: bool = False) -> None:
        """Show why the search failed, "" if it did not; and whether a repair would help."""
        self._search = sentence
        self.repair.setVisible(can_repair)
        self._show()

    def set_page_sentence(self, sentence: str) -> None:
        """Show why a page could not be loaded; "" for none."""
        self._page = sentence
        self._show()

    def _show(self) -> None:
        self.sentence.setText(self._search or self._page)
        self.setVisible(bool(self._search or self._page))

    def try_again(self) -> None:
        """Request again what is missing, as the button does."""
        if self._search:
            self.searchRetried.emit()
        else:
            self.pagesRetried.emit()
