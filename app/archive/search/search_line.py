"""`SearchLine`: where words are typed, with matching values in a list below.

The list is a window without focus: arrows, Return and Esc are handled by the line, so typing continues while the
list is open, and the layout below does not change.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from app.archive.search.suggestions import Suggestion
from app.archive.text import cells_text
from app.ui.keys import RETURN_KEYS, EscapeHandler

_NARROWEST = 260  # px


class SearchLine(EscapeHandler, QLineEdit):
    """A line of text with suggestions.

    Signals
    -------
    submitted
        Return was pressed and no suggestion is marked.
    accepted(object)
        A `Suggestion` was chosen, with Return or the mouse.
    """

    submitted = Signal()
    accepted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._suggestions: tuple[Suggestion, ...] = ()
        self.setAccessibleName("Search for cells")
        self.setClearButtonEnabled(True)
        self.list = QListWidget(self)
        self.list.setWindowFlags(Qt.WindowType.ToolTip)
        self.list.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.list.setObjectName("suggestions")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Values that the words may mean")
        self.list.itemClicked.connect(self._accept)
        self.list.hide()

    def set_suggestions(self, suggestions: Sequence[Suggestion], *, mark_first: bool) -> None:
        """List what the text may mean, if the line has the focus; Return accepts a marked one at once."""
        self._suggestions = tuple(suggestions)
        self.list.clear()
        for each in self._suggestions:
            count = "" if each.n_cells is None else f" · {cells_text(each.n_cells)}"
            item = QListWidgetItem(each.label + count, self.list)
            item.setToolTip("Search for this value")
        if not self._suggestions or not self.hasFocus():
            self._close()
            return
        self.list.setCurrentRow(0 if mark_first else -1)
        self._open()

    def handles_escape(self) -> bool:
        """Whether there is a list to close."""
        return bool(self.list.isVisible())

    def use_escape(self) -> None:
        """Close the list; none opens before more is typed."""
        self.setModified(False)
        self._close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move in the list with arrows, accept with Return."""
        listed = self.list.isVisible()
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Up if listed:
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
            case Qt.Key.Key_Down if self._suggestions:
                self._open()
            case key if key in RETURN_KEYS and listed and self.list.currentRow() >= 0:
                self._accept(self.list.currentItem())
            case key if key in RETURN_KEYS:
                self.setModified(False)
                self._close()
                self.submitted.emit()
            case _:
                super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Close the list when the focus leaves, as it does when the line is hidden."""
        super().focusOutEvent(event)
        self._close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close the list when the window under it moves."""
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._close()
        return bool(super().eventFilter(watched, event))

    def _step(self, by: int) -> None:
        """Mark the next row, or the one before; between the last and the first none is marked."""
        place = self.list.currentRow() + 1 + by  # 0 is before the first row
        self.list.setCurrentRow(place % (self.list.count() + 1) - 1)
        self._describe_marked()

    def _describe_marked(self) -> None:
        item = self.list.currentItem()
        marked = f" Return accepts {item.text()}." if item else ""
        self.setAccessibleDescription(
            f"{self.list.count()} values match; the arrow keys move between them.{marked}"
        )

    def _accept(self, item: QListWidgetItem) -> None:
        suggestion = self._suggestions[self.list.row(item)]
        self._suggestions = ()
        self._close()
        self.accepted.emit(suggestion)

    def _open(self) -> None:
        row_height = max(self.list.sizeHintForRow(0), 20)
        size_x = max(self.width(), _NARROWEST)
        self.list.setFixedSize(size_x, row_height * self.list.count() + 8)
        place = self.mapToGlobal(QPoint(0, self.height() + 2))
        right = self.screen().availableGeometry().right()
        self.list.move(max(0, min(place.x(), right - size_x)), place.y())
        if not self.list.isVisible():
            self.window().installEventFilter(self)
            self.list.show()
        self._describe_marked()

    def _close(self) -> None:
        if self.list.isVisible():
            self.window().removeEventFilter(self)
            self.list.hide()
            self.setAccessibleDescription("")
