"""The smaller pages of a cell's detail: a sentence, its files, how to cite it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.archive.records.bundled import BundledNeuron
from app.archive.records.plain_text import NOTHING, single_line
from app.archive.text import size_text
from app.ui.layouts import fill
from app.ui.sentence_label import SentenceLabel, hint_label
from neuromorpho.library.results import LibraryFile
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.urls import plan_neuron_files

_KINDS = {"standard": "Standardized SWC", "original": "Original"}


class SentencePage(QWidget):
    """A widget, or a sentence in its place."""

    def __init__(self, shown: QWidget, sentence: str = "") -> None:
        super().__init__()
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


class FilesPage(QTreeWidget):
    """The files of a cell, with sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.setHeaderLabels(["File", "Size", "State"])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAccessibleName("Files of the cell")
        self.setProperty("ringed", "true")
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def set_files(self, neuron: NeuroMorphoNeuron, files: Sequence[LibraryFile] = ()) -> None:
        """Show the files that a cell has; `files` are those on this disk."""
        self.clear()
        if isinstance(neuron, BundledNeuron):
            self._add_row(
                "SWC", neuron.path.name, neuron.path.stat().st_size, "bundled", neuron.path
            )
            return
        here = {each.kind: each for each in files}
        for plan in plan_neuron_files(neuron):
            kind = _KINDS.get(plan.kind, plan.kind)
            found = here.get(plan.kind)
            if found is not None:
                self._add_row(kind, found.path.name, found.size, "on this disk", found.path)
            else:
                state = (plan.reason or "not available") if plan.skip else "not downloaded"
                self._add_row(kind, plan.filename, None, state, plan.url or plan.filename)

    def _add_row(
        self, kind: str, name: str, n_bytes: int | None, state: str, place: object
    ) -> None:
        size = NOTHING if n_bytes is None else size_text(n_bytes)
        item = QTreeWidgetItem([single_line(name), size, single_line(state)])
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column in range(3):
            item.setToolTip(column, f"<qt>{escape(f'{kind}: {single_line(place)}')}</qt>")
        self.addTopLevelItem(item)


class CitePage(SentencePage):
    """What to cite for a cell, to be copied."""

    def __init__(self) -> None:
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
        super().__init__(page)

    def set_citation(self, text: str, problem: str = "") -> None:
        """Show citations, and what is missing in them; without a text, why there is none."""
        self.text.setPlainText(text)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        if text:
            self.show_content()
        else:
            self.show_sentence(problem)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
