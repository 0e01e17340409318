"""How large a window may be on a screen."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QScreen

_TITLE_BAR_PX = 40


def fitting(size: QSize, screen: QScreen) -> QSize:
    """Return the size of a window that fits, with its title bar, into the part of a screen that is free."""
    return size.boundedTo(screen.availableSize() - QSize(0, _TITLE_BAR_PX))
