"""`SegmentField`: a line in which a segment is named, so that one needs no pointer to overlay it."""

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
    """Takes a segment's id, or a part of it and a choice from the list; Escape gives the keyboard back.

    Signals
    -------
    segmentNamed(str)
        What was typed or chosen; whoever hears it clears the field, or leaves it to be mended.
    """

    segmentNamed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(HINT)
        self.setAccessibleName("Segment to overlay")
        self.setToolTip(
            "The segment whose traces are to be overlaid, by its id; Return adds it (T)"
        )
        self._ids = QStringListModel(self)
        completer = QCompleter(self._ids, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(_MOST_LISTED)
        self.setCompleter(completer)
        # Queued: the completer writes what was chosen into the field after it has told of it.
        completer.activated.connect(self._name, Qt.ConnectionType.QueuedConnection)
        self.returnPressed.connect(self._take)

    def set_segments(self, ids: Sequence[str]) -> None:
        """Say what there is to choose from."""
        self._ids.setStringList(list(ids))

    def set_theme(self, theme: Theme) -> None:
        """Dress the list, which is a window of its own and hears nothing of ours."""
        line = QColor(*theme.border).name()
        more = f"QListView {{ border: 1px solid {line}; }} QListView::item {{ padding: 2px 6px; }}"
        self.completer().popup().setStyleSheet(stylesheet(theme) + more)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give the keyboard back after Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            return_focus(self)
            return
        super().keyPressEvent(event)

    def _take(self) -> None:
        """Take what was typed, unless the list has the choice: then the completer tells of it."""
        popup = self.completer().popup()
        if not (popup.isVisible() and popup.currentIndex().isValid()):
            popup.hide()
            self._name(self.text())

    def _name(self, text: str) -> None:
        if text.strip():
            self.segmentNamed.emit(text.strip())
