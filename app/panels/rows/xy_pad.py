"""`XYPad`: a field in which one point sets two numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

# PySide builds a type when it is first named: those for drawing are named where something is drawn.
from PySide6 import QtGui
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtWidgets import QWidget

from app.ui.inputs import WheelNeedsFocus
from app.ui.keys import is_override
from app.ui.number_field import field_text

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QFocusEvent,
        QKeyEvent,
        QMouseEvent,
        QPainter,
        QPaintEvent,
        QWheelEvent,
    )

_FINE, _COARSE = 0.01, 0.1  # of the range, by an arrow key alone and with Shift
_LARGEST_PX, _SMALLEST_PX = 220, 96
_TEXT_PX = 20
_HANDLE_PX = 7
_MOVES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class _Base(QWidget):
    """A widget whose wheel does something."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Move the point up and down; with Shift, or a wheel that tilts, left and right."""
        turn = event.angleDelta()
        is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        across, up = (turn.y(), 0) if is_shifted and not turn.x() else (turn.x(), turn.y())
        self.step(across / 120, up / 120)
        event.accept()

    def step(self, across: float, up: float) -> None:
        """Move the point by steps."""
        raise NotImplementedError


class XYPad(WheelNeedsFocus, _Base):
    """A square, or a circle in it, with axes; the point follows mouse, arrow keys, and the wheel with the focus.

    Parameters
    ----------
    x_range, y_range : (float, float)
    x_label, y_label : str
        With their units, beside the axes.
    is_circle : bool
        Whether the corners cannot be reached.

    Signals
    -------
    moved(float, float)
        The user has set x and y.
    released()
        The mouse button was released.
    """

    moved = Signal(float, float)
    released = Signal()

    def __init__(
        self,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        x_label: str = "",
        y_label: str = "",
        *,
        is_circle: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._ranges = {"x": x_range, "y": y_range}
        self._labels = {"x": x_label, "y": y_label}
        self._is_circle = is_circle
        self._value = {axis: sum(limits) / 2 for axis, limits in self._ranges.items()}
        self.is_held = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def value(self) -> dict[str, float]:
        """The numbers x and y."""
        return dict(self._value)

    def set_value(self, value: Mapping[str, float]) -> None:
        """Show a point; emits no signal."""
        self._value = {axis: float(value[axis]) for axis in self._ranges}
        self.update()

    def step(self, across: float, up: float) -> None:
        """Move the point by hundredths of the ranges."""
        share = self._share()
        self._move_to(share.x() + across * _FINE, share.y() + up * _FINE)

    # -------------------------------------------------------------------------------- coordinates

    def area(self) -> QRectF:
        """Return the square that the ranges fill, px."""
        side = min(self.width() - _TEXT_PX - 1, self.height() - _TEXT_PX - 1)
        return QRectF(_TEXT_PX, 0.5, side, side)

    def place_of(self, x: float, y: float) -> QPointF:
        """Return where a value is drawn."""
        area, shares = self.area(), self._share({"x": x, "y": y})
        return QPointF(
            area.left() + shares.x() * area.width(), area.bottom() - shares.y() * area.height()
        )

    def _share(self, value: Mapping[str, float] | None = None) -> QPointF:
        value = self._value if value is None else value
        found = [(value[axis] - low) / (high - low) for axis, (low, high) in self._ranges.items()]
        return QPointF(*found)

    def _move_to(self, x_share: float, y_share: float) -> None:
        """Set the value at a place, 0 … 1 along each axis; beyond the edge it is on the edge."""
        x, y = (min(max(each, 0.0), 1.0) for each in (x_share, y_share))
        distance = math.hypot(2 * x_share - 1, 2 * y_share - 1)
        if self._is_circle and distance > 1:
            x, y = (0.5 + (each - 0.5) / distance for each in (x_share, y_share))
        before = self.value
        for axis, share in (("x", x), ("y", y)):
            low, high = self._ranges[axis]
            self._value[axis] = _rounded(low + share * (high - low), high - low)
            self._value[axis] = min(max(self._value[axis], low), high)
        if self._is_circle:
            self._pull_inside()
        if self._value != before:
            self.update()
            self.moved.emit(self._value["x"], self._value["y"])

    def _pull_inside(self) -> None:
        """Undo what rounding has put outside the circle."""
        share = self._share()
        distance = math.hypot(2 * share.x() - 1, 2 * share.y() - 1)
        if distance > 1:
            for axis, each in (("x", share.x()), ("y", share.y())):
                low, high = self._ranges[axis]
                self._value[axis] = low + (0.5 + (each - 0.5) / distance) * (high - low)

    # -------------------------------------------------------------------------------------- events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the point to the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.is_held = True
            self._follow(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the point follow the pointer."""
        if self.is_held:
            self._follow(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Leave the point there."""
        if event.button() == Qt.MouseButton.LeftButton and self.is_held:
            self.is_held = False
            self.released.emit()

    def _follow(self, place: QPointF) -> None:
        area = self.area()
        self._move_to(
            (place.x() - area.left()) / area.width(), (area.bottom() - place.y()) / area.height()
        )

    def event(self, event: QEvent) -> bool:
        """Keep the arrow keys from the window's shortcuts."""
        if is_override(event, *_MOVES):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the point with the arrow keys."""
        across, up = _MOVES.get(Qt.Key(event.key()), (0, 0))
        if not (across or up):
            super().keyPressEvent(event)
            return
        is_coarse = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        factor = _COARSE / _FINE if is_coarse else 1
        self.step(across * factor, up * factor)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus is elsewhere."""
        super().focusOutEvent(event)
        self.update()

    # ------------------------------------------------------------------------------------- drawing

    def sizeHint(self) -> QSize:
        """Return a size for the largest square."""
        return QSize(_LARGEST_PX + _TEXT_PX, _LARGEST_PX + _TEXT_PX)

    def minimumSizeHint(self) -> QSize:
        """Return a size for the smallest square."""
        return QSize(_SMALLEST_PX + _TEXT_PX, _SMALLEST_PX + _TEXT_PX)

    def heightForWidth(self, width: int) -> int:
        """Return the height of a square as wide as there is room, up to a limit."""
        return min(width, _LARGEST_PX + _TEXT_PX)

    def hasHeightForWidth(self) -> bool:
        """Whether the height follows the width: it does."""
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the area, its axes and the point."""
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        roles, colors = QtGui.QPalette.ColorRole, self.palette()
        accent, text = colors.color(roles.Highlight), colors.color(roles.WindowText)
        faint, quiet = QtGui.QColor(text), QtGui.QColor(text)
        faint.setAlphaF(0.22)
        quiet.setAlphaF(0.72)
        area = self.area()
        edge = accent if self.hasFocus() else faint
        painter.setPen(QtGui.QPen(edge, 1.0))
        if self._is_circle:
            painter.drawEllipse(area)
        else:
            painter.drawRoundedRect(area, 4, 4)
        self._draw_texts(painter, area, quiet)
        point = self.place_of(self._value["x"], self._value["y"])
        painter.setPen(QtGui.QPen(faint, 1.0))
        painter.drawLine(QPointF(area.left(), point.y()), QPointF(area.right(), point.y()))
        painter.drawLine(QPointF(point.x(), area.top()), QPointF(point.x(), area.bottom()))
        painter.setPen(QtGui.QPen(accent, 2.0))
        painter.setBrush(colors.color(roles.Window))
        painter.drawEllipse(point, _HANDLE_PX, _HANDLE_PX)
        painter.end()

    def _draw_texts(self, painter: QPainter, area: QRectF, color: object) -> None:
        """Draw the label and the ends of each axis."""
        painter.setPen(color)
        below = QRectF(area.left(), area.bottom() + 2, area.width(), _TEXT_PX - 2)
        _draw_axis(painter, below, self._labels["x"], self._ranges["x"])
        painter.save()
        painter.translate(0, area.bottom())
        painter.rotate(-90)
        beside = QRectF(0, 0, area.height(), _TEXT_PX - 2)
        _draw_axis(painter, beside, self._labels["y"], self._ranges["y"])
        painter.restore()


def _draw_axis(painter: QPainter, place: QRectF, label: str, limits: tuple[float, float]) -> None:
    flags = Qt.AlignmentFlag
    low, high = (field_text(each).replace("-", "−") for each in limits)
    metrics = painter.fontMetrics()
    ends = 2 * max(metrics.horizontalAdvance(each) for each in (low, high)) + 16
    room = max(int(place.width()) - ends, 0)
    shown = metrics.elidedText(label, Qt.TextElideMode.ElideMiddle, room)
    for text, side in (
        (low, flags.AlignLeft),
        (shown, flags.AlignHCenter),
        (high, flags.AlignRight),
    ):
        painter.drawText(place, int(side | flags.AlignVCenter), text)


def _rounded(value: float, span: float) -> float:
    """Return a value with as many decimals as a thousandth of the range needs."""
    return round(value, max(math.ceil(3 - math.log10(span)), 0))
