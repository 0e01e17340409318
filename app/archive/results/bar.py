"""The bar above the hits (number, table or tiles, columns) and the strip that explains missing hits."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyleOption,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.actions import keys_text
from app.ui.buttons import compact_button, joined
from app.ui.layouts import fill
from app.ui.plain import PlainLabel, plain_tip
from app.ui.sentence_label import SentenceLabel
from app.ui.style import set_style_property

_WORDS_PX = 380


class ResultsBar(QWidget):
    """The line above the hits; the menu of `columns` is filled by its owner."""

    def __init__(self) -> None:
        super().__init__()
        self.count = _ElidedLabel()
        self.count.setObjectName("quiet")
        self.count.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.count.setAccessibleName("Number of results")
        self.as_table, self.as_grid = (
            compact_button(word, tip := f"Show the results as {word.lower()}", name=tip)
            for word in ("Table", "Tiles")
        )
        self.columns = QToolButton()
        self.columns.setText("Columns")
        self.columns.setProperty("compact", "true")
        self.columns.setToolTip("Which columns to show, and what to sort by")
        self.columns.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.columns.setMenu(QMenu(self.columns))
        self.add_all = compact_button("↓")
        modes = joined(self.as_table, self.as_grid)
        items = ((self.count, 1), modes, self.columns, self.add_all)
        fill(QHBoxLayout(self), *items, margins=(8, 4, 8, 4), spacing=4)
        self.set_counts(0, 0)
        self.set_mode("table")

    def set_counts(self, total: int, n_chosen: int) -> None:
        """Show how many hits there are, and how many are chosen."""
        text = "" if not total else "1 cell" if total == 1 else f"{total:,} cells"
        if n_chosen > 1:
            text += f" · {n_chosen:,} chosen"
        self.count.setText(text)
        self.count.setToolTip(plain_tip(text))
        self.add_all.setVisible(total > 0)
        tip = f"Download all {total:,} cells that were found"
        self.add_all.setAccessibleName(tip)
        self.add_all.setToolTip(plain_tip(f"{tip} ({keys_text('archive_add_all')})"))

    def set_mode(self, mode: str) -> None:
        """Show which of the two is on."""
        (self.as_grid if mode == "grid" else self.as_table).setChecked(True)
        self.columns.setText("Columns" if mode == "table" else "Sort")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Add a word to the arrow where there is room."""
        super().resizeEvent(event)
        self.add_all.setText("↓ All" if self.width() >= _WORDS_PX else "↓")


class _ElidedLabel(PlainLabel):
    """A line of text that is shortened where there is no room for all of it."""

    def paintEvent(self, _event: QPaintEvent) -> None:
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
    """Why hits or their pictures are missing, and a button to retry; hidden while none are.

    Signals
    -------
    pagesRetried(), searchRetried(), picturesRetried()
        What is to be retried: the pages in view, the search, or pictures.

    Without a failure it says how many cells on this disk no search finds, with the button `index`.
    """

    pagesRetried = Signal()
    searchRetried = Signal()
    picturesRetried = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._search = self._page = self._unlisted = self._pictures = self._picture_facts = ""
        self.sentence = SentenceLabel()
        self.retry = QPushButton("Try again")
        self.retry.setAccessibleName("Load the results again")
        self.retry.clicked.connect(self.try_again)
        self.repair = QPushButton("Repair…")
        self.repair.setToolTip("See what is damaged, and repair it")
        self.repair.hide()
        self.index = QPushButton("Index")
        self.index.setToolTip(
            "Add them to the library, so that searches find them; no network is used"
        )
        self.facts = SentenceLabel("quiet")
        self.details = compact_button(
            "Details", "Show address, status and cause", is_checkable=True
        )
        self.details.toggled.connect(self.facts.setVisible)
        self.facts.hide()
        buttons = (self.details, 1, self.repair, self.index, self.retry)
        row = fill(QHBoxLayout(), *buttons, spacing=-1)
        items = (self.sentence, row, self.facts)
        fill(QVBoxLayout(self), *items, margins=(8, 6, 8, 6), spacing=4)
        self.hide()

    def set_search_sentence(
        self, sentence: str, facts: str = "", *, can_repair: bool = False
    ) -> None:
        """Show why the search failed, "" if it did not; and whether a repair would help.

        `facts` are shown below after a click on Details.
        """
        self._search = sentence
        self.facts.setText(facts)
        self.repair.setVisible(can_repair)
        self._show()

    def set_page_sentence(self, sentence: str) -> None:
        """Show why a page could not be loaded; "" for none."""
        self._page = sentence
        self._show()

    def set_unlisted(self, n_cells: int) -> None:
        """Offer to index so many cells; 0 for no offer."""
        cells = "1 cell on this disk is" if n_cells == 1 else f"{n_cells:,} cells on this disk are"
        self._unlisted = f"{cells} not in the library: no search finds them." if n_cells else ""
        self._show()

    def set_pictures(self, n_failed: int, reason: str, facts: str) -> None:
        """Show how many pictures could not be loaded, and why the last one; 0 for none."""
        self._picture_facts = facts
        pictures = "1 picture" if n_failed == 1 else f"{n_failed:,} pictures"
        self._pictures = f"{pictures} could not be loaded: {reason}" if n_failed else ""
        self._show()

    def _show(self) -> None:
        failure = self._search or self._page
        pictures = "" if failure or self._unlisted else self._pictures
        if pictures:
            self.facts.setText(self._picture_facts)
        self.sentence.setText(failure or self._unlisted or pictures)
        self.retry.setVisible(bool(failure or pictures))
        self.index.setVisible(bool(self._unlisted) and not failure)
        has_facts = bool((failure or pictures) and self.facts.text())
        severity = "error" if failure else "warning" if pictures else "info"
        set_style_property(self, "severity", severity)
        self.details.setVisible(has_facts)
        self.facts.setVisible(has_facts and self.details.isChecked())
        self.setVisible(bool(self.sentence.text()))

    def try_again(self) -> None:
        """Request again what is missing, as the button does."""
        if self._search:
            self.searchRetried.emit()
        elif self._page:
            self.pagesRetried.emit()
        else:
            self.picturesRetried.emit()
