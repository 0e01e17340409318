"""`ViewHeader`: the row above a view: what it shows, the value under the pointer, the way back to all of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from app.ui.layouts import fill
from app.ui.plain import PlainLabel, plain_tip

_HEIGHT_PX = 24


class _ElidedLabel(PlainLabel):
    """A label that ends in … where there is no room; its full text is its tool tip."""

    def __init__(self, mode: Qt.TextElideMode) -> None:
        super().__init__()
        self.setObjectName("quiet")
        self._mode = mode
        self._full = ""

    def set_full_text(self, text: str) -> None:
        """Show a text, or its beginning."""
        if text != self._full:
            self._full = text
            self._fit()
            self.updateGeometry()

    def full_text(self) -> str:
        """Return the text without its …"""
        return self._full

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, self._mode, self.width())
        self.setText(shown)
        self.setToolTip(plain_tip(self._full) if shown != self._full else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        """Return the size of the full text."""
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self._full) + 2, hint.height())

    def minimumSizeHint(self) -> QSize:
        """Let the text be cut."""
        return QSize(0, super().minimumSizeHint().height())


class ViewHeader(QWidget):
    """Two texts and a button.

    Signals
    -------
    backRequested()
    """

    backRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewHeader")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(_HEIGHT_PX)
        self._summary = _ElidedLabel(Qt.TextElideMode.ElideRight)
        self._readout = _ElidedLabel(Qt.TextElideMode.ElideRight)
        self._readout.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.back = QToolButton()
        self.back.setObjectName("primary")
        self.back.setProperty("compact", True)
        self.back.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.back.clicked.connect(self.backRequested)
        self.set_back_text("Fit", "Show all of it again (or double-click)")
        self.back.hide()
        self._readout.hide()
        fill(
            QHBoxLayout(self),
            (self._summary, 3), (self._readout, 4), self.back,
            margins=(10, 1, 8, 1), spacing=12,
        )  # fmt: skip

    def set_back_text(self, text: str, tip: str) -> None:
        """Name the button."""
        self.back.setText(text)
        self.back.setToolTip(plain_tip(tip))

    def set_summary(self, text: str) -> None:
        """Say what is shown: a number of events, where a line cuts."""
        self._summary.set_full_text(text)

    def set_readout(self, text: str) -> None:
        """Show the value under the pointer; "" for none."""
        self._readout.setVisible(bool(text))
        self._readout.set_full_text(text)

    @property
    def summary(self) -> str:
        """What is shown."""
        return self._summary.full_text()

    @property
    def readout(self) -> str:
        """The value under the pointer."""
        return self._readout.full_text()
