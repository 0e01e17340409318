"""`FittingRow`: a row that shows less, step by step, in less room, instead of hiding its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QHBoxLayout, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent


class FittingRow(QWidget):
    """A row of widgets with several levels, from 0 (everything) to `n_levels` - 1 (the narrowest).

    A subclass moves or hides widgets in `show_level`; at every width the first level that fits is shown. The
    row is never made narrower than its last level.
    """

    n_levels = 1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = QHBoxLayout(self)
        self.level = 0
        self._widths: list[int] = []

    def show_level(self, level: int) -> None:
        """Show what level `level` has."""
        raise NotImplementedError

    def measure(self) -> None:
        """Measure every level again: another font, text or widget."""
        self._widths = [0]  # Qt asks for hints meanwhile
        widths = []
        for level in range(self.n_levels):
            self._show(level)
            widths.append(self.row.minimumSize().width())
        self._widths = widths
        self.updateGeometry()
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Return the size of the narrowest level."""
        self._measure_once()
        return QSize(min(self._widths), super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """Return the size that shows everything."""
        self._measure_once()
        return QSize(max(self._widths), super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the level for the new width."""
        super().resizeEvent(event)
        self._measure_once()
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Measure again with another font or style sheet."""
        super().changeEvent(event)
        changes = (QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if event.type() in changes and self._widths:
            self.measure()

    def _measure_once(self) -> None:
        if not self._widths:
            self.measure()

    def _fit(self) -> None:
        fits = (i for i, width in enumerate(self._widths) if width <= self.width())
        level = next(fits, self.n_levels - 1)
        if level != self.level:
            self._show(level)

    def _show(self, level: int) -> None:
        self.level = level
        self.show_level(level)
        self.row.invalidate()
