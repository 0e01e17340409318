"""`SegmentField`: an input line for a segment's name, to overlay it without the mouse."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from app.palette import Theme
from app.ui.number_field import return_focus
from app.ui.style import stylesheet

HINT = "Add a segment: dend[3](0.5)"
_MOST_LISTED = 10


class SegmentField(QLineEdit):
    """Takes a segment's id, or a part of it and a choice from the list; Escape returns the focus.

    Signals
    -------
    segmentNamed(str)
        What was typed or chosen; the receiver clears the field, or leaves it to be corrected.
    """

    segmentNamed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(HINT)
        self.setAccessibleName("Segment to overlay")
        self.setToolTip("Id of the segment whose traces are added to the plots; Return adds it (T)")
        self._ids = QStringListModel(self)
        completer = QCompleter(self._ids, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(_MOST_LISTED)
        self.setCompleter(completer)
        # Queued: the completer writes the choice into the field only after its signal.
        completer.activated.connect(self._emit_name, Qt.ConnectionType.QueuedConnection)
        self.returnPressed.connect(self._submit)

    def set_segments(self, ids: Sequence[str]) -> None:
        """Set the ids to choose from."""
        self._ids.setStringList(list(ids))

    def set_theme(self, theme: Theme) -> None:
        """Style the list, which is a separate window and does not inherit our style."""
        line = QColor(*theme.border).name()
        more = f"QListView {{ border: 1px solid {line}; }} QListView::item {{ padding: 2px 6px; }}"
        self.completer().popup().setStyleSheet(stylesheet(theme) + more)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return the focus after Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            return_focus(self)
            return
        super().keyPressEvent(event)

    def _submit(self) -> None:
        """Submit what was typed, unless a row of the list is selected: then the completer does."""
        popup = self.completer().popup()
        if not (popup.isVisible() and popup.currentIndex().isValid()):
            popup.hide()
            self._emit_name(self.text())

    def _emit_name(self, text: str) -> None:
        if text.strip():
            self.segmentNamed.emit(text.strip())
