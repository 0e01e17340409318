"""Filling a layout in one call, and emptying it; an area that scrolls up and down; windows that fit the screen."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QBoxLayout, QFrame, QLayout, QScrollArea, QWidget

_Box = TypeVar("_Box", bound=QBoxLayout)
_TITLE_BAR_PX = 40
_LEAST_COLUMN_PX = 80
Item = QWidget | QLayout | int | tuple[QWidget | QLayout, int]


def clear(layout: QLayout) -> None:
    """Remove and delete all widgets of a layout."""
    while layout.count():
        item = layout.takeAt(0)
        widget = None if item is None else item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
    layout.invalidate()


def fill(
    layout: _Box,
    *items: Item,
    margins: tuple[int, int, int, int] | None = (0, 0, 0, 0),
    spacing: int = 0,
) -> _Box:
    """Add items to a row or column, and return it.

    Parameters
    ----------
    items
        Widgets and layouts, each perhaps with its stretch; a number alone is empty space with that stretch.
    margins : tuple of int or None
        Left, top, right, bottom, px; None for those of the style.
    spacing : int
        Between items, px.
    """
    if margins is not None:
        layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for each in items:
        item, stretch = each if isinstance(each, tuple) else (each, 0)
        if isinstance(item, int):
            layout.addStretch(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item, stretch)
        else:
            layout.addWidget(item, stretch)
    return layout


def scrolled(widget: QWidget) -> QScrollArea:
    """Return an area in which a widget scrolls up and down, so that a panel can be lower than the widget."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(widget)
    # Not visible, yet Qt moves it to the widget with the focus.
    sideways = area.horizontalScrollBar()
    sideways.valueChanged.connect(lambda _: sideways.setValue(0))
    return area


def fitting(size: QSize, screen: QScreen) -> QSize:
    """Return the size of a window that fits, with its title bar, into the part of a screen that is free."""
    return size.boundedTo(screen.availableSize() - QSize(0, _TITLE_BAR_PX))


class ScrollColumn(QScrollArea):
    """Shows `page`; it is never narrower than its content, so that nothing is cut off."""

    def __init__(self, page: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(page)

    def minimumSizeHint(self) -> QSize:
        """Return the content's least width with the scroll bar, and a small height."""
        width = self.widget().minimumSizeHint().width()
        return QSize(width + self.verticalScrollBar().sizeHint().width(), _LEAST_COLUMN_PX)

    def viewportEvent(self, event: QEvent) -> bool:
        """Follow a change of the content's least width."""
        if event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().viewportEvent(event)
