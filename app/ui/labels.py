"""Labels and buttons that give way to what stands beside them: they wrap, or end in an ellipsis."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from app.ui.text import MAY_BREAK, with_break_opportunities

_NARROWEST_BUTTON_PX = 64


class WrappingLabel(QLabel):
    """A plain text that wraps, inside long words too, as soon as it has less room than it wants.

    Signals
    -------
    clicked()
        The mouse was pressed and released on the text.
    """

    clicked = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        # A label with a buddy would make "Na & K" a mnemonic.
        self.setText(with_break_opportunities(text.replace("&", "&&"), 12))

    def width_of_line(self) -> int:
        """Return the width of the text in one line, px."""
        shown = self.text().replace(MAY_BREAK, "").replace("&&", "&")
        return self.fontMetrics().horizontalAdvance(shown) + 2

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emit `clicked`."""
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.clicked.emit()


class ElidingButton(QPushButton):
    """A button whose text ends in an ellipsis where there is no room for it."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text.replace("&", "&&"), parent)
        # Qt's own policy would never let it be narrower than its text.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which even the ellipsis would not fit."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), _NARROWEST_BUTTON_PX), hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the button with as much of its text as fits."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        inside = self.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self)
        option.text = option.fontMetrics.elidedText(
            option.text, Qt.TextElideMode.ElideRight, max(inside.width() - 12, 0)
        )
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()
