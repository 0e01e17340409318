"""`SearchBar`: what is searched for, where, and how many cells match.

It shows a `QueryState` and emits what the user changes; `SearchModel` holds the state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPlainTextEdit, QProgressBar, QVBoxLayout, QWidget

from app.actions import keys_text
from app.archive.search.chips import Chips, NoHits
from app.archive.search.query_parser import parse_query, typed_criteria, unclosed
from app.archive.search.query_state import Clause, QueryState
from app.archive.search.search_line import SearchLine
from app.archive.search.sources import ARCHIVE, SOURCES, SearchSource
from app.archive.search.suggestions import KnownValues, Suggestion
from app.archive.text import cells_text
from app.ui.buttons import compact_button, joined
from app.ui.flow_layout import FlowLayout, chain
from app.ui.keys import RETURN_KEYS, EscapeHandler
from app.ui.layouts import fill
from app.ui.plain import menu_text
from app.ui.sentence_label import SentenceLabel
from app.ui.style import set_style_property
from neuromorpho.query.query import query_field

_QUERY_LINES = 4
_QUERY_TIP = (
    "The query in the archive's language. Values match completely: species:human does not find "
    "“humans”, and a value of several words needs double quotes. * matches any letters, "
    "? exactly one. Return searches for this text; Esc undoes the changes."
)


class SearchBar(QWidget):
    """Setters in, signals out.

    Signals
    -------
    edited(object)
        The `QueryState` of the words typed so far. The first word of another search takes away the values that
        the words before it became; values chosen elsewhere stay, as chips.
    submitted
        Search now: Return was pressed.
    sourceChanged(object)
        The `SearchSource` that was clicked.
    searchRequested(object)
        The `QueryState` to search now: a condition was dropped, the query changed, or a suggestion accepted.
    saveRequested, savedChosen(str), savedRemoved(str)
        The search is to be saved; a saved one was chosen by its name, or removed.
    """

    edited = Signal(object)
    submitted = Signal()
    sourceChanged = Signal(object)
    searchRequested = Signal(object)
    saveRequested = Signal()
    savedChosen = Signal(str)
    savedRemoved = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._source = QueryState(), ARCHIVE
        self._from_words: list[tuple[str, str]] = []  # values that typed words became
        self._no_hits: Sequence[Clause] = ()
        self._known = KnownValues()
        # Once for all fields that come with a search, and after its hits have been painted.
        self._suggest_timer = QTimer(self, singleShot=True, interval=0)
        self._suggest_timer.timeout.connect(self._suggest_again)
        self.line = SearchLine()
        keys = keys_text("archive_source")
        self.sources = {
            source: compact_button(source.title, f"{source.tip} ({keys})") for source in SOURCES
        }
        self.saved_button = compact_button("Saved ▾", "Searches saved by name", name="Saved")
        self.query_button = compact_button(
            "Query", "Show the query as text, to read and to change", is_checkable=True
        )
        self._last_button: QWidget = self.query_button
        self.menu = QMenu(self)
        self.count = SentenceLabel()
        self.count.setAccessibleName("How many cells match")
        self.busy = QProgressBar(textVisible=False, minimum=0, maximum=0)
        policy = self.busy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing else moves
        self.busy.setSizePolicy(policy)
        self.busy.setAccessibleName("A search is running")
        self.chips = Chips()
        self.note = SentenceLabel("quiet")
        self.query = QueryLine()
        self.no_hits = NoHits()
        self._lay_out()
        self._connect()
        self.busy.hide()
        self.set_saved(())
        self.set_source(ARCHIVE)

    def add_button(self, button: QWidget) -> None:
        """Add a button after the others, in the Tab order too."""
        self._button_row.addWidget(button)
        self.setTabOrder(self._last_button, button)
        self._last_button = button

    def focus_line(self) -> None:
        """Give the line the focus with its words selected: typing replaces them."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def set_state(self, state: QueryState) -> None:
        """Show a search; the cursor stays where it is if the words do not change."""
        self._state = state
        chosen = dict(state.criteria)
        self._from_words = [each for each in self._from_words if each[1] in chosen.get(each[0], ())]
        if self.line.text() != state.text:
            self.line.setText(state.text)
            self.line.set_suggestions((), mark_first=False)
        self.chips.set_state(state)
        chain(self._last_button, self.chips.buttons)
        self.query.text.set_query(state.query_text())

    def set_source(self, source: SearchSource) -> None:
        """Show where is searched."""
        self._source = source
        self.sources[source].setChecked(True)
        self.line.setPlaceholderText(source.placeholder)
        self.line.setToolTip(f"<qt>{escape(source.line_tip)} ({keys_text('search_archive')})</qt>")

    def set_count(self, n_cells: int | None, sentence: str = "") -> None:
        """Show how many cells match; None where that is not known. A sentence follows."""
        shown = "" if n_cells is None else cells_text(n_cells).capitalize()
        self.count.setText(" · ".join(part for part in (shown, sentence) if part))

    def set_no_hits(self, clauses: Sequence[Clause]) -> None:
        """Show that nothing matches and what could be dropped; without clauses, hide that."""
        self._no_hits = clauses
        meant = self._known.corrections(self._state) if clauses else ()
        self.no_hits.set_clauses(clauses, meant)
        chain(self.query.text, (*self.no_hits.meant.buttons, *self.no_hits.conditions.buttons))

    def set_known_values(self, field: str, counts: Mapping[str, int]) -> None:
        """Store values for suggestions: a facet's, with how many cells have each."""
        self._known.set_counts(field, counts)
        self._suggest_timer.start()

    def set_saved(self, names: Sequence[str]) -> None:
        """Fill the menu of saved searches."""
        self.menu.clear()
        self.menu.addAction("Save this search…").triggered.connect(self.saveRequested)
        if not names:
            return
        self.menu.addSeparator()
        _add_names(self.menu, names, self.savedChosen)
        self.menu.addSeparator()
        _add_names(self.menu.addMenu("Remove"), names, self.savedRemoved)

    def _lay_out(self) -> None:
        pair = QWidget()
        fill(QHBoxLayout(pair), self.saved_button, self.query_button, spacing=4)
        buttons = QWidget()
        self._button_row = FlowLayout(buttons)
        self._button_row.addWidget(joined(*self.sources.values()))
        self._button_row.addWidget(pair)
        line = fill(QVBoxLayout(), self.line, self.busy)
        below = (buttons, self.chips, self.query, self.count, self.note, self.no_hits)
        fill(QVBoxLayout(self), line, *below, margins=(8, 8, 8, 8), spacing=6)
        self.query.hide()
        self.note.hide()

    def _connect(self) -> None:
        self.line.textEdited.connect(self._edit)
        self.line.submitted.connect(self._submit)
        self.line.accepted.connect(self._accept)
        for source, button in self.sources.items():
            button.clicked.connect(lambda _=False, source=source: self._choose_source(source))
        self.saved_button.clicked.connect(self._open_menu)
        self.query_button.toggled.connect(self.query.setVisible)
        self.query.text.edited.connect(self._search_text)
        self.chips.dropRequested.connect(self.searchRequested)
        self.chips.emptied.connect(self.focus_line)
        for buttons in (self.no_hits.meant, self.no_hits.conditions):
            buttons.dropRequested.connect(self.searchRequested)

    def _edit(self, text: str) -> None:
        state, old = self._state, self._state.text
        if text.strip() and not (old.strip() and old[0] == text[0]):  # another search begins
            state = state.without_values(self._from_words)
        self.edited.emit(state.with_text(text))
        self._suggest()

    def _suggest_again(self) -> None:
        """Update what known values are offered for: typed words, and misspelt ones."""
        if self._no_hits and not self.no_hits.has_focus():
            self.set_no_hits(self._no_hits)
        if self.line.hasFocus() and self.line.isModified():
            self._suggest()

    def _suggest(self) -> None:
        text = self.line.text()
        reading = self._known.reading(text) if not self._source.is_local else None
        self.line.set_suggestions(self._known.suggestions(text), mark_first=reading is not None)

    def _submit(self) -> None:
        """Search, with a clause such as ``species:human`` among the words read as one."""
        criteria, text_left = typed_criteria(self.line.text())
        if criteria:
            self._accept(Suggestion(criteria, text_left))
        else:
            self.submitted.emit()

    def _accept(self, suggestion: Suggestion) -> None:
        self.searchRequested.emit(suggestion.applied(self._state))
        self._from_words += [
            (query_field(name), value) for name, values in suggestion.criteria for value in values
        ]

    def _search_text(self, text: str) -> None:
        self.searchRequested.emit(parse_query(text, sort=self._state.sort))

    def _choose_source(self, source: SearchSource) -> None:
        if source is not self._source:
            self.sourceChanged.emit(source)

    def _open_menu(self) -> None:
        below = self.saved_button.mapToGlobal(QPoint(0, self.saved_button.height()))
        self.menu.popup(below)


class QueryLine(QWidget):
    """The text of the query, and what is wrong with it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QueryText()
        self.problem = SentenceLabel("error")
        self.problem.hide()
        fill(QVBoxLayout(self), self.text, self.problem, spacing=4)
        self.text.textChanged.connect(self._show_problem)

    def _show_problem(self) -> None:
        sentence = unclosed(self.text.toPlainText())
        self.problem.show_sentence(sentence)
        set_style_property(self.text, "refused", bool(sentence))


class QueryText(EscapeHandler, QPlainTextEdit):
    """The text of the query; Return searches for the changed text, Esc undoes the changes.

    Signals
    -------
    edited(str)
        Return was pressed on a changed text.
    """

    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setAccessibleName("Query as text")
        self.setToolTip(f"<qt>{_QUERY_TIP}</qt>")
        self.setTabChangesFocus(True)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * _QUERY_LINES + 16)

    def set_query(self, text: str) -> None:
        """Show a query, unless the user is changing the text."""
        changed_by_hand = self.toPlainText() != self._shown
        self._shown = text
        if not (changed_by_hand and self.hasFocus()):
            self.use_escape()

    def use_escape(self) -> None:
        """Undo the changes."""
        if self.toPlainText() != self._shown:
            self.setPlainText(self._shown)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Submit at Return."""
        if event.key() not in RETURN_KEYS:
            super().keyPressEvent(event)
            return
        text = " ".join(self.toPlainText().split("\n"))
        if text != self._shown and not unclosed(text):
            self._shown = self.toPlainText()
            self.edited.emit(text)


def _add_names(menu: QMenu, names: Sequence[str], chosen: SignalInstance) -> None:
    """Add a row for each name; ``&`` would mark a key."""
    for name in names:
        action = menu.addAction(menu_text(name))
        action.triggered.connect(lambda _=False, name=name: chosen.emit(name))
