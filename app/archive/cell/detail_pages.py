"""The pages of a cell's detail, but for its preview: facts, its files, how to cite it.

Facts are grouped rows of a quiet label and a value that can be selected, copied and followed. Labels are reused
while the rows are the same, as they nearly always are from cell to cell: moving through a thousand results with
the arrow keys only changes texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QGuiApplication
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.archive.records.bundled import BundledNeuron
from app.archive.records.facts import Fact, FactGroup
from app.archive.records.links import LinkPart
from app.archive.records.plain_text import NOTHING, single_line
from app.archive.text import size_text
from app.palette import DARK, Theme, hex_of
from app.ui.flow_layout import chain
from app.ui.layouts import clear, fill
from app.ui.plain import PlainLabel, plain_tip
from app.ui.sentence_label import CopyLabel, SentenceLabel, hint_label
from app.ui.style import set_style_property
from app.ui.text import NO_BREAK, with_break_opportunities
from neuromorpho.library.results import LibraryFile
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.urls import plan_neuron_files

_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
_LABEL_WIDTH = 108
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


class ValueLabel(CopyLabel):
    """A value; copying it gives the record's text, without the added line breaks.

    Its links open in the browser; `safe_url` has checked them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setOpenExternalLinks(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setProperty("ringed", "true")

    def show_fact(self, fact: Fact, link_color: str) -> None:
        """Show a fact's value, links in a colour."""
        self._fact = fact
        html = "".join(_html(part, link_color) for part in fact.parts)
        if fact.unit:
            html += f"{NO_BREAK}{escape(fact.unit)}"
        if html != self.text():
            self.setText(html)
            has_links = any(part.url for part in fact.parts)
            flags = Qt.TextInteractionFlag
            self.setTextInteractionFlags(
                flags.TextBrowserInteraction if has_links else flags.TextSelectableByMouse
            )
        text = f"{fact.value} {fact.unit}".strip() if fact.is_known else "not known"
        self.setAccessibleName(f"{fact.label}: {text}")
        set_style_property(self, "objectName", "" if fact.is_known else "quiet")
        self.setToolTip(plain_tip(fact.tip))

    def plain_text(self) -> str:
        """Return the value as the record has it."""
        return self._fact.value.replace(NO_BREAK, " ")

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Mark the first link, which Return follows, when Tab comes here."""
        super().focusInEvent(event)
        keyed = Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        if event.reason() in _BY_TAB and self.textInteractionFlags() & keyed:
            super().focusNextPrevChild(True)

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """Go from link to link with Tab, and out with Shift+Tab, at which Qt finds one link for ever."""
        if forwards:
            return bool(super().focusNextPrevChild(True))
        return bool(QWidget.focusNextPrevChild(self, False))


def _html(part: LinkPart, link_color: str) -> str:
    text = escape(with_break_opportunities(part.text))
    if not part.url:
        return text
    style = f"color:{link_color}; text-decoration:underline"
    return f'<a href="{escape(part.url)}" style="{style}">{text}</a>'


class FactsPage(SentencePage):
    """Scrolled rows under titles, or a sentence."""

    def __init__(self, name: str, sentence: str = "") -> None:
        rows = QWidget()
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # arrows and Page Down scroll
        self.scroll.setAccessibleName(name)
        self.scroll.setProperty("ringed", "true")
        self.scroll.setWidget(rows)
        super().__init__(self.scroll, sentence)
        self._groups: tuple[FactGroup, ...] = ()
        self._link_color = hex_of(DARK.accent)
        self._rows: list[tuple[QLabel, ValueLabel]] = []
        self._grid = QGridLayout(rows)
        self._grid.setContentsMargins(12, 8, 12, 12)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)

    def set_groups(self, groups: Sequence[FactGroup]) -> None:
        """Show groups of facts from their top."""
        before, self._groups = self._groups, tuple(groups)
        if _names(self._groups) != _names(before):
            self._rebuild()
        else:
            self._write()
        self.scroll.verticalScrollBar().setValue(0)
        self.show_content()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._link_color = hex_of(theme.accent)
        self._write()

    def _write(self) -> None:
        facts = [fact for group in self._groups for fact in group.facts]
        for fact, (key, value) in zip(facts, self._rows, strict=True):
            key.setToolTip(plain_tip(fact.tip))
            value.show_fact(fact, self._link_color)

    def _rebuild(self) -> None:
        clear(self._grid)
        self._grid.setRowStretch(self._grid.rowCount() - 1, 0)
        self._rows = []
        row = 0
        for group in self._groups:
            title = PlainLabel(group.title)
            title.setObjectName("group")
            title.setContentsMargins(0, 8 if row else 0, 0, 0)
            self._grid.addWidget(title, row, 0, 1, 2)
            for fact in group.facts:
                row += 1
                self._add_row(row, fact)
            row += 1
        self._grid.setRowStretch(row, 1)
        self._write()  # only then can they take the keyboard, and so have an order
        chain(self.scroll, [value for _, value in self._rows])

    def _add_row(self, row: int, fact: Fact) -> None:
        key, value = PlainLabel(fact.label), ValueLabel()
        key.setObjectName("tableKey")
        key.setWordWrap(True)
        self._grid.addWidget(key, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1, Qt.AlignmentFlag.AlignTop)
        self._rows.append((key, value))


def _names(groups: tuple[FactGroup, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(group.title, tuple(fact.label for fact in group.facts)) for group in groups]


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
        note = PlainLabel("The archive's terms of use ask for all of these.")
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
