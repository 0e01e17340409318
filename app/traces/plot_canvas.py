"""`PlotCanvas`: axes, ranges and mouse of a pyqtgraph plot in the window's look; the plots of traces and of views use it.

Ranges are always set and never searched for by pyqtgraph, and a unit is part of the label's text, because
pyqtgraph would turn "ms" into "mms".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.palette import DARK, Theme

_TICKS, _FEW_TICKS, _LOW_PX = 1.6, 0.6, 130
_AXIS_PX, _AROUND_TICKS_PX = 58, 32  # around: the tick, the axis label and the gaps
_BEYOND_END_PX = 14
_LONGEST_NAME_PX, _BETWEEN_NAMES_PX = 110, 12


class PlotBox(pg.ViewBox):
    """Wheel and drag change the horizontal range; with Ctrl, or over the vertical axis, the vertical one.

    With `moves_both` they change both. pyqtgraph's own menu is off: the canvas handles a right click.
    """

    clicked = Signal(object)
    menuRequested = Signal(object)
    doubleClicked = Signal()
    moves_both = False

    def _axis_for(self, event: Any, axis: int | None) -> int | None:
        if axis is not None or self.moves_both:
            return axis
        return 1 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 0

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        super().wheelEvent(event, self._axis_for(event, axis))

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.ignore()
            return
        super().mouseDragEvent(event, self._axis_for(event, axis))

    def mouseClickEvent(self, event: Any) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.RightButton:
            self.menuRequested.emit(event.screenPos())
        elif event.double():
            self.doubleClicked.emit()
        else:
            self.clicked.emit(event.scenePos())


class PlotAxis(pg.AxisItem):
    """An axis whose negative numbers have a minus sign, not a hyphen, or that has names at 0, 1, 2 …

    Attributes
    ----------
    names : tuple of str or None
        Shown instead of numbers, as many as there is room for.
    """

    needsWidth = Signal(int)
    names: tuple[str, ...] | None = None

    def set_names(self, names: Sequence[str] | None) -> None:
        """Show names at 0, 1, 2 …; None shows numbers."""
        names = None if names is None else tuple(names)
        if names != self.names:
            self.names = names
            self.picture = None
            self.update()

    def boundingRect(self) -> QRectF:
        """Return the place of the axis; with room for the numbers at its ends, which pyqtgraph forgets where there is a grid."""
        rect = super().boundingRect()
        if self.grid is False or self.style["hideOverlappingLabels"]:
            return rect
        if self.orientation == "left":
            return rect.adjusted(0, -_BEYOND_END_PX, 0, _BEYOND_END_PX)
        return rect.adjusted(-_BEYOND_END_PX, 0, _BEYOND_END_PX, 0)

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self.style["tickFont"] or QFont())

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return the positions of the ticks, by level; those of names that do not overlap."""
        if self.names is None:
            return super().tickValues(low, high, size)
        low, high = sorted((low, high))
        first, last = max(0, math.ceil(low)), min(len(self.names) - 1, math.floor(high))
        if last < first:
            return []
        metrics = self._metrics()
        if self.orientation == "left":
            needed = metrics.height()
        else:
            shown = self.names[first : last + 1 : max(1, (last - first) // 50)]
            widest = max(metrics.horizontalAdvance(name) for name in shown)
            needed = min(widest, _LONGEST_NAME_PX) + _BETWEEN_NAMES_PX
        step = _round_step(needed * (high - low) / max(size, 1.0))
        return [(step, [float(i) for i in range(-(-first // step) * step, last + 1, step)])]

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:
        """Return the numbers or names; emit `needsWidth` where the widest is cut."""
        metrics = self._metrics()
        if self.names is not None:
            right = Qt.TextElideMode.ElideRight
            texts = [
                metrics.elidedText(self.names[round(value)], right, _LONGEST_NAME_PX)
                for value in values
                if 0 <= round(value) < len(self.names)
            ]
        else:
            texts = super().tickStrings(values, scale, spacing)
            texts = [text.replace("-", "−") for text in texts]
        if self.orientation == "left" and texts:
            widest = max(metrics.horizontalAdvance(text) for text in texts)
            needed = int(widest) + _AROUND_TICKS_PX
            if needed > self.width():
                self.needsWidth.emit(needed)
        return texts


def _round_step(least: float) -> int:
    """Return the smallest of 1, 2, 5 × 10ⁿ that is at least `least`."""
    if least <= 1:
        return 1
    power = 10 ** math.floor(math.log10(least))
    return next(int(s * power) for s in (1, 2, 5, 10) if s * power >= least)


class PlotCanvas(pg.PlotWidget):
    """Axes and ranges.

    Signals
    -------
    hovered(float, float)
        Place under the pointer in the units of the axes; NaN once the pointer left.
    rangeChangedByUser(bool, bool)
        The user changed the horizontal range, or the vertical one.
    liveRequested(), menuRequested(QPoint), escapePressed(), resized()
    axisWidthNeeded(int)
        The vertical axis has been made this wide (px), so that its numbers are complete.
    """

    hovered = Signal(float, float)
    rangeChangedByUser = Signal(bool, bool)
    liveRequested = Signal()
    menuRequested = Signal(object)
    escapePressed = Signal()
    resized = Signal()
    axisWidthNeeded = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, moves_both: bool = False) -> None:
        self._labels = ("Value", "Value")
        self._x_label = ""
        self.box = PlotBox(enableMenu=False)
        self.box.moves_both = moves_both
        self.plot_axes = {side: PlotAxis(side) for side in ("left", "bottom")}
        super().__init__(parent, viewBox=self.box, axisItems=dict(self.plot_axes))
        self._theme = DARK
        self._ranges = ((0.0, 1.0), (0.0, 1.0))
        self._prepare_axes()

    def _prepare_axes(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(self.Shape.NoFrame)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        # pyqtgraph makes this menu without a parent; so it would never be deleted.
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())
        item.setContentsMargins(4, 8, 12, 4)
        self.box.disableAutoRange()
        for axis in self.plot_axes.values():
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickLength=4, maxTickLevel=1)
            axis.setZValue(-1000)  # its grid is below what is drawn, so that colours stay true
        self.set_axis_width(_AXIS_PX)
        self.plot_axes["left"].setTickDensity(_TICKS)
        self.box.sigRangeChangedManually.connect(self._on_user_range)
        self.box.menuRequested.connect(lambda place: self.menuRequested.emit(place.toPoint()))
        self.box.doubleClicked.connect(self.liveRequested)
        self.scene().sigMouseMoved.connect(self._on_move)
        # Later, since an axis asks while it is painted.
        self.plot_axes["left"].needsWidth.connect(
            self.axisWidthNeeded, Qt.ConnectionType.QueuedConnection
        )
        self.axisWidthNeeded.connect(
            lambda width: self.set_axis_width(max(width, self.axis_width()))
        )

    # ------------------------------------------------------------------------------ setters

    def set_axis_labels(self, x_text: str, y_label: str, y_unit: str = "") -> None:
        """Set the axes' labels; units are shown as given."""
        self._x_label, y_label, y_unit = str(x_text), str(y_label), str(y_unit)
        self.show_x_label(True)
        self._labels = (
            f"{y_label} ({y_unit})" if y_label and y_unit else y_label or y_unit,
            y_unit or y_label,
        )
        self._fit_label()

    def show_x_label(self, shown: bool) -> None:
        """Show the label of the horizontal axis, if it has one."""
        axis, text = self.plot_axes["bottom"], escape(self._x_label, quote=False)
        if axis.labelText != text:
            self.getPlotItem().setLabel("bottom", text)
        axis.showLabel(shown and bool(text))

    def axis_label(self, side: str) -> str:
        """Return what is written beside an axis, ``"left"`` or ``"bottom"``, when there is room for all of it."""
        return self._labels[0] if side == "left" else self._x_label

    def _fit_label(self) -> None:
        """Write the vertical axis's label, or only the unit where there is no room for both."""
        full, short = self._labels
        room = self.box.height() or self.height()
        text = full if QFontMetricsF(QFont()).horizontalAdvance(full) <= room else short
        text = escape(text, quote=False)  # pyqtgraph takes it for HTML
        axis = self.plot_axes["left"]
        if axis.labelText != text:
            self.getPlotItem().setLabel("left", text)
            axis.resizeEvent()  # centres the text

    def axis_width(self) -> int:
        """Width of the vertical axis, px."""
        return self._axis_px

    def set_axis_width(self, width: int) -> None:
        """Set the width of the vertical axis, px."""
        self._axis_px = width
        self.plot_axes["left"].setWidth(width)

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.setBackground(QColor(*theme.surface))
        for axis in self.plot_axes.values():
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.text_quiet))
        self.getPlotItem().showGrid(x=True, y=True, alpha=0.35 if theme.is_dark else 0.6)

    def set_ranges(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show the values `x` of the horizontal axis and `y` of the vertical one."""
        if (x, y) != self._ranges:
            self._ranges = (x, y)
            self.box.setRange(xRange=x, yRange=y, padding=0, update=False)

    def ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the values shown of the horizontal and of the vertical axis."""
        (x0, x1), (y0, y1) = self.box.viewRange()
        return (float(x0), float(x1)), (float(y0), float(y1))

    def width_px(self) -> int:
        """Width of the picture between the axes, logical px."""
        return max(int(self.box.width()), 16)

    def position_of(self, x: float, y: float) -> QPointF:
        """Return the position of a value of both axes in this widget, px."""
        return QPointF(self.mapFromScene(self.box.mapViewToScene(QPointF(x, y))))

    # ------------------------------------------------------------------------------- events

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer once it has left."""
        super().leaveEvent(event)
        self.hovered.emit(math.nan, math.nan)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc emits `escapePressed`; the window handles every other key."""
        if event.key() == Qt.Key.Key_Escape:
            self.escapePressed.emit()
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Emit `resized`: the number of pixel columns has changed."""
        super().resizeEvent(event)
        if self.getPlotItem() is not None:  # Qt resizes a widget that pyqtgraph is still making
            is_low = self.height() < _LOW_PX
            axis = self.plot_axes["left"]
            axis.setTickDensity(_FEW_TICKS if is_low else _TICKS)
            axis.setStyle(maxTickLevel=0 if is_low else 1)
            self._fit_label()
        self.resized.emit()

    def _on_move(self, place: QPointF) -> None:
        if self.box.sceneBoundingRect().contains(place):
            at = self.box.mapSceneToView(place)
            self.hovered.emit(float(at.x()), float(at.y()))
        else:
            self.hovered.emit(math.nan, math.nan)

    def _on_user_range(self, *_mask: object) -> None:
        old, new = self._ranges, self.ranges()
        self._ranges = new
        self.rangeChangedByUser.emit(
            not np.allclose(old[0], new[0], rtol=1e-9), not np.allclose(old[1], new[1], rtol=1e-9)
        )
