"""Labels and buttons that give way to what is next to them: they wrap, or end in an ellipsis."""

from __future__ import annotations

from typing import TYPE_CHECKING

# PySide builds a type when it is first named: those for drawing are named where something is drawn.
from PySide6 import QtWidgets
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy

from app.ui.number_text import fitted_id, short_id
from app.ui.plain import PlainLabel, menu_text, plain_tip
from app.ui.text import with_break_opportunities

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent
    from PySide6.QtWidgets import QWidget

_NARROWEST_BUTTON_PX = 64
_GAP = "   "


class WrappingLabel(PlainLabel):
    """A plain text that wraps, inside long words too, as soon as it has less room than it wants.

    Signals
    -------
    clicked()
        The mouse was pressed and released on the text.
    """

    clicked = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._plain = text
        self.setText(with_break_opportunities(text, 12))

    def setBuddy(self, buddy: QWidget) -> None:
        """Set what the text is the name of."""
        super().setBuddy(buddy)
        # With a buddy "Na & K" would have a mnemonic.
        self.setText(with_break_opportunities(menu_text(self._plain), 12))

    def width_of_line(self) -> int:
        """Return the width of the text in one line, px."""
        return self.fontMetrics().horizontalAdvance(self._plain) + 2

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emit `clicked`."""
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.clicked.emit()


class IdLabel(PlainLabel):
    """A segment's id: complete where there is room, else shortened with the complete one in the tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._id = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_id(self, segment_id: str) -> None:
        """Show an id."""
        self._id = segment_id
        self.setToolTip(plain_tip(segment_id))
        self.setAccessibleName(segment_id)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room, width_of = self.contentsRect().width(), self.fontMetrics().horizontalAdvance
        self.setText(fitted_id(self._id, lambda text: width_of(text) <= room))


class ReadOut(PlainLabel):
    """Id and value of a segment, then what else there is room for; an id shortens before a value is cut."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._parts: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_parts(self, parts: tuple[str, ...]) -> None:
        """Show an id, a value, and what is left out first; () shows nothing."""
        self._parts = parts
        self.setToolTip(plain_tip(_GAP.join(parts)))
        self.setAccessibleName(_GAP.join(parts))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if not self._parts:
            self.setText("")
            return
        room, width_of = self.contentsRect().width(), self.fontMetrics().horizontalAdvance
        segment_id, *rest = self._parts
        while len(rest) > 1 and width_of(_GAP.join((short_id(segment_id), *rest))) > room:
            rest.pop()
        end = "".join(_GAP + part for part in rest)
        shown = fitted_id(segment_id, lambda text: width_of(text + end) <= room)
        self.setText(shown + end)


class ElidingLabel(PlainLabel):
    """A plain text in one line, with an ellipsis where there is no room for it."""

    def minimumSizeHint(self) -> QSize:
        """Return a width that keeps no neighbour from its room."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw as much of the text as fits."""
        painter = QtWidgets.QStylePainter(self)
        inside = self.contentsRect()
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideMiddle, inside.width()
        )
        role = self.foregroundRole()
        painter.drawItemText(
            inside, self.alignment(), self.palette(), self.isEnabled(), shown, role
        )
        painter.end()


class ElidingButton(QPushButton):
    """A button whose text ends in an ellipsis where there is no room for it."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(menu_text(text), parent)
        # Qt's own policy would never let it be narrower than its text.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which even the ellipsis would not fit."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), _NARROWEST_BUTTON_PX), hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the button with as much of its text as fits."""
        option = QtWidgets.QStyleOptionButton()
        self.initStyleOption(option)
        part = QtWidgets.QStyle.SubElement.SE_PushButtonContents
        inside = self.style().subElementRect(part, option, self)
        option.text = option.fontMetrics.elidedText(
            option.text, Qt.TextElideMode.ElideRight, max(inside.width() - 12, 0)
        )
        painter = QtWidgets.QStylePainter(self)
        painter.drawControl(QtWidgets.QStyle.ControlElement.CE_PushButton, option)
        painter.end()
