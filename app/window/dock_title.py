"""`DockTitle`: the title of a dock, with a button that closes it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QToolButton, QWidget

from app.palette import Theme
from app.ui.icons import SIZE, icon
from app.ui.layouts import fill
from app.ui.plain import PlainLabel, plain_tip


class DockTitle(QWidget):
    """A dock's title bar: it can be dragged, a double click floats the dock, and the cross closes it."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setObjectName("dockTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        name = dock.windowTitle()
        self._name = name
        self.label = label = PlainLabel(name)
        label.setToolTip("Drag to move this panel, double-click to detach it")
        self.close_button = QToolButton(autoRaise=True)
        self.close_button.setObjectName("dockClose")
        self.close_button.setIconSize(QSize(SIZE - 4, SIZE - 4))
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.setAccessibleName(f"Close {name}")
        self.close_button.setToolTip(plain_tip(f"Close; View ▸ {name} opens it again"))
        # As from the menu, so that the user's wish is told from a dock that closes by itself.
        self.close_button.clicked.connect(dock.toggleViewAction().trigger)
        fill(QHBoxLayout(self), (label, 1), self.close_button, margins=(10, 2, 4, 2))

    def set_title(self, title: str | None) -> None:
        """Show another title; None is the dock's own name, which its menu entry keeps."""
        self.label.setText(self._name if title is None else title)

    def set_theme(self, theme: Theme) -> None:
        """Draw the cross in the colours of a theme."""
        self.close_button.setIcon(icon("close", theme.text_quiet, theme.border))

    def minimumSizeHint(self) -> QSize:
        """Return a small width: a dock may be narrower than its title."""
        return QSize(48, super().minimumSizeHint().height())
