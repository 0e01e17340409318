"""`ViewPanel`: a view in the middle of the window, below its title."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.labels import ElidingLabel
from app.ui.layouts import fill
from app.ui.plain import PlainLabel, plain_tip

_LEAST = QSize(170, 110)


class ViewPanel(QFrame):
    """A title bar and the widget of a view; the title bar can be hidden."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view_widget: QWidget | None = None
        self._header = QWidget()
        self._header.setObjectName("dockTitle")
        self._header.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = ElidingLabel()
        self.detail = PlainLabel()
        self.detail.setObjectName("quiet")
        fill(
            QHBoxLayout(self._header),
            (self.title, 1),
            self.detail,
            margins=(10, 3, 10, 3),
            spacing=8,
        )
        self._column = fill(QVBoxLayout(self), self._header)
        self.setMinimumSize(_LEAST)
        self.has_header = True

    def set_title(self, title: str, detail: str = "") -> None:
        """Show the title, and on the right what it does not say: a second title, the unit."""
        self.title.setText(title)
        self.title.setToolTip(plain_tip(title))
        self.detail.setText(detail)
        self.show_header(self.has_header)

    def show_header(self, shown: bool) -> None:
        """Show or hide the title bar, as beside a tab with the same title; without a text it is hidden."""
        self.has_header = shown
        self._header.setVisible(shown and bool(self.title.text() or self.detail.text()))

    def set_view_widget(self, widget: QWidget) -> None:
        """Put a widget below the title, where there is none."""
        if widget is self.view_widget and widget.parent() is self:
            return
        self.view_widget = widget
        self._column.addWidget(widget, 1)
        widget.show()

    def release_view_widget(self, keep: Callable[[QWidget], None]) -> None:
        """Give the widget away, unless it is in another panel already."""
        widget, self.view_widget = self.view_widget, None
        if widget is not None and widget.parent() is self:
            self._column.removeWidget(widget)
            keep(widget)
