"""`Banner`: shows one notice above the viewport, with Details, Copy, Retry and End; it blocks nothing."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.notices import Notice
from app.ui.layouts import fill
from app.ui.plain import PlainLabel

_NARROW_PX, _MARGINS_PX = 520, 24


class Banner(QFrame):
    """Shows the latest notice until it is closed or retried.

    Signals
    -------
    retryRequested
        The retry button was pressed.
    endRequested
        The button that ends what the notice is about was pressed.
    """

    retryRequested = Signal()
    endRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._notice: Notice | None = None
        self._message = PlainLabel(wordWrap=True)
        self._message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._message.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._details = QPlainTextEdit(readOnly=True, visible=False)
        self._details.setMaximumHeight(220)
        self.details_button = self._button("Details", self._toggle_details)
        self.copy_button = self._button("Copy", self._copy)
        self.retry_button = self._button("Retry", self._retry)
        self.end_button = self._button("End", self._end)
        self.close_button = self._button("✕", self.hide)
        self.close_button.setAccessibleName("Close this message")
        buttons = (
            self.retry_button,
            self.end_button,
            self.details_button,
            self.copy_button,
            self.close_button,
        )
        self._buttons = fill(QHBoxLayout(), 1, *buttons, spacing=6)
        self._row = fill(QHBoxLayout(), (self._message, 1), self._buttons, spacing=6)
        row = self._row
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.addLayout(row)
        column.addWidget(self._details)
        self.hide()

    @property
    def message(self) -> str:
        """The sentence shown, "" if the banner is closed."""
        return "" if self.isHidden() or self._notice is None else self._notice.message

    def show_notice(self, notice: Notice) -> None:
        """Show a notice instead of the previous one."""
        self._notice = notice
        self.setProperty("severity", notice.severity)
        self.style().unpolish(self)
        self.style().polish(self)
        self._message.setText(notice.text)
        self._details.setPlainText(notice.details)
        self._details.hide()
        self.details_button.setVisible(bool(notice.details))
        self.details_button.setText("Details")
        self.retry_button.setVisible(bool(notice.retry))
        self.retry_button.setText(notice.retry)
        self.end_button.setVisible(bool(notice.end))
        self.end_button.setText(notice.end)
        self.show()

    def minimumSizeHint(self) -> QSize:
        """Return a width at which the buttons are below the sentence: the banner keeps no dock from its room."""
        width = self._buttons.minimumSize().width() + _MARGINS_PX
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons below the sentence where the banner is narrow."""
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW_PX
        sideways, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._row.setDirection(down if is_narrow else sideways)

    def update_count(self, notice: Notice) -> None:
        """Show how often the notice that is shown was posted by now; another one, or a closed one, stays as it is."""
        if self.message == notice.message:
            self._message.setText(notice.text)

    def withdraw(self, message: str) -> None:
        """Close the banner if it shows that sentence, which is true no longer."""
        if self.message == message:
            self.hide()

    def _button(self, text: str, slot: object) -> QToolButton:
        button = QToolButton(text=text)
        button.clicked.connect(slot)
        return button

    def _toggle_details(self) -> None:
        self._details.setVisible(self._details.isHidden())
        self.details_button.setText("Details" if self._details.isHidden() else "Hide details")

    def _copy(self) -> None:
        if self._notice is not None:
            text = f"{self._notice.message}\n\n{self._notice.details}".strip()
            QGuiApplication.clipboard().setText(text)

    def _retry(self) -> None:
        self.hide()
        self.retryRequested.emit()

    def _end(self) -> None:
        self.hide()
        self.endRequested.emit()
