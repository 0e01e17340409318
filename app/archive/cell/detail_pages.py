"""The smaller pages of a cell's detail: scrolled facts or a sentence, its files, how to cite it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.archive.records.fact_rows import FactGroups
from app.archive.records.facts import FactGroup
from app.archive.records.plain_text import NOTHING, single_line
from app.archive.text import size_text
from app.palette import Theme
from app.ui.flow_layout import chain
from app.ui.layouts import fill
from app.ui.sentence_label import SentenceLabel, hint_label

NO_FILES = "Choose a cell to see its files."
NO_CITATION = "Choose a cell to see how to cite it."


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of a cell.

    Attributes
    ----------
    kind : str
        ``"Standardized SWC"``, ``"Original"``.
    name : str
        Its file name.
    n_bytes : int or None
        None where it is not known.
    state : str
        ``"on this disk"``, ``"not downloaded"``, or why there is none.
    tip : str
        Its path or address, as text.
    """

    kind: str
    name: str
    n_bytes: int | None = None
    state: str = ""
    tip: str = ""


class SentencePage(QWidget):
    """A widget, or a sentence in its place."""

    def __init__(self, shown: QWidget, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hint = hint_label(sentence)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.hint)
        self._stack.addWidget(shown)

    def show_sentence(self, sentence: str) -> None:
        """Show a sentence instead."""
        self.hint.setText(sentence)
        self._stack.setCurrentIndex(0)

    def show_content(self) -> None:
        """Show the widget."""
        self._stack.setCurrentIndex(1)

    @property
    def sentence(self) -> str:
        """The sentence shown; "" where it is the widget."""
        return self.hint.text() if self._stack.currentIndex() == 0 else ""


class FactsPage(SentencePage):
    """Scrolled groups of facts, or a sentence.

    Signals
    -------
    linkActivated(str)
    """

    linkActivated = Signal(str)

    def __init__(self, name: str, sentence: str = "", parent: QWidget | None = None) -> None:
        self.facts = FactGroups()
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # arrows and Page Down scroll
        self.scroll.setAccessibleName(name)
        self.scroll.setProperty("ringed", "true")
        self.scroll.setWidget(self.facts)
        super().__init__(self.scroll, sentence, parent)
        self.facts.linkActivated.connect(self.linkActivated)

    def set_groups(self, groups: Sequence[FactGroup]) -> None:
        """Show facts from their top."""
        before = self.facts.values
        self.facts.set_groups(groups)
        if self.facts.values != before:
            chain(self.scroll, self.facts.values)
        self.scroll.verticalScrollBar().setValue(0)
        self.show_content()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.facts.set_theme(theme)


class FilesPage(SentencePage):
    """The files of a cell, with sizes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.table = QTreeWidget()
        self.table.setHeaderLabels(["File", "Size", "State"])
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setAllColumnsShowFocus(True)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.setAccessibleName("Files of the cell")
        self.table.setProperty("ringed", "true")
        header = self.table.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        super().__init__(self.table, NO_FILES, parent)

    def set_files(self, rows: Sequence[FileRow]) -> None:
        """Show files; without any, a hint."""
        self.table.clear()
        for row in rows:
            size = NOTHING if row.n_bytes is None else size_text(row.n_bytes)
            item = QTreeWidgetItem([single_line(row.name), size, single_line(row.state)])
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            tip = f"<qt>{escape(f'{row.kind}: {single_line(row.tip or row.name)}')}</qt>"
            for column in range(3):
                item.setToolTip(column, tip)
            self.table.addTopLevelItem(item)
        if rows:
            self.show_content()
        else:
            self.show_sentence(NO_FILES)


class CitePage(SentencePage):
    """What to cite for a cell, to be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        page = QWidget()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName("How to cite this cell")
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy the citations as text")
        self.copy.clicked.connect(self._copy)
        self.problem = SentenceLabel("error")
        self.problem.hide()
        note = QLabel("The archive's terms of use ask for all of these.")
        note.setObjectName("quiet")
        note.setWordWrap(True)
        row = fill(QHBoxLayout(), (note, 1), self.copy, spacing=-1)
        items = (self.problem, (self.text, 1), row)
        fill(QVBoxLayout(page), *items, margins=(12, 8, 12, 12), spacing=8)
        super().__init__(page, NO_CITATION, parent)

    def set_citation(self, text: str, problem: str = "") -> None:
        """Show citations, and what is missing in them; without a text, why there is none."""
        self.text.setPlainText(text)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        if text:
            self.show_content()
        else:
            self.show_sentence(problem or NO_CITATION)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
