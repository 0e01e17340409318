"""`SurfaceCanvas`: paints a `SurfaceScene` and the labels of its axes, and turns it with the mouse."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.palette import DARK, Theme
from app.viewport.blit import BlitWindow
from app.viewport.pointing import CLICK_PX
from app.views.surface.axes import AxisLabel
from app.views.surface.scene import SurfaceScene

_WHEEL_STEP = 1.0015
_FINE, _SETTLE_MS = 2, 250
_TURNS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_ZOOMS = {"+": 1.2, "=": 1.2, "-": 1 / 1.2}
_MOST_MS = 400.0  # for a smooth picture


class SurfaceCanvas(QWidget):
    """Left drag and the arrow keys turn the surface, middle or Shift-drag shifts it, the wheel, + and − zoom.

    A moment after the last change the picture is made again from four times the pixels, so that its lines are smooth.

    Signals
    -------
    pointed(object)
        Place under the pointer (QPointF), None once it has left.
    cameraMoved(), resetRequested()
    menuRequested(QPoint)
    settled()
        Nothing has changed for a moment; without another change a smooth picture follows.

    Attributes
    ----------
    before_painting : callable
        Called before each new picture with the pixels per logical pixel; returns the labels of the axes.
    """

    pointed = Signal(object)
    cameraMoved = Signal()
    resetRequested = Signal()
    menuRequested = Signal(object)
    settled = Signal()

    def __init__(self, scene: SurfaceScene, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene = scene
        self.before_painting: Callable[[float], Sequence[AxisLabel]] = lambda _: ()
        self._window = BlitWindow(scene.renderer)
        self._image: QImage | None = None
        self._is_fine = False
        self._pictures_ms: list[float] = []  # of the last two
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._refine)
        self._labels: Sequence[AxisLabel] = ()
        self._theme = DARK
        self._pressed_at: QPointF | None = None
        self._dragged_from = QPointF()
        self._is_drag = False
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Values as a surface")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._is_closed = False

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.scene.set_theme(theme)
        self.redraw()

    def close_view(self) -> None:
        """Release all of VTK; may be called twice."""
        if not self._is_closed:
            self._is_closed = True
            self._settle.stop()
            self._window.close()

    def redraw(self) -> None:
        """Make a new picture soon, and a smooth one once nothing changes any more."""
        self._image, self._is_fine = None, False
        self._settle.start()
        self.update()

    def _refine(self) -> None:
        self.settled.emit()
        if self._settle.isActive():
            return
        if self.isVisible() and self.picture_ms * _FINE**2 <= _MOST_MS:
            self._image, self._is_fine = None, True
            self.update()

    @property
    def picture_ms(self) -> float:
        """How long the last picture took; 0 after the first one, for which OpenGL compiled what it needs."""
        return self._pictures_ms[-1] if len(self._pictures_ms) > 1 else 0.0

    def pixel_ratio(self) -> float:
        """Return pixels of the last picture per logical pixel."""
        return self.scene.navigation.size()[1] / max(self.height(), 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Render if anything has changed, then paint the picture and the labels."""
        if self._is_closed:
            return
        if self._image is None:
            self._image = self._rendered()
        painter = QPainter(self)
        painter.drawImage(QRectF(self.rect()), self._image)
        for label in self._labels:
            self._draw_label(painter, label, self.pixel_ratio())
        if self.hasFocus():
            painter.setPen(QColor(*self._theme.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _rendered(self) -> QImage:
        start = time.perf_counter()
        ratio = self.devicePixelRatioF()
        size = round(self.width() * ratio), round(self.height() * ratio)
        times = _FINE if self._is_fine else 1
        width, height = (max(times * each, 1) for each in size)
        self._window.set_size(width, height)
        self.scene.navigation.set_size(width, height)
        self._labels = self.before_painting(times * ratio)
        self.scene.renderer.ResetCameraClippingRange()
        image = self._window.render()
        if self._is_fine:
            return image.scaled(*size, mode=Qt.TransformationMode.SmoothTransformation)
        self._pictures_ms = [*self._pictures_ms[-1:], 1e3 * (time.perf_counter() - start)]
        return image

    def _draw_label(self, painter: QPainter, label: AxisLabel, ratio: float) -> None:
        font = QFont(self.font())
        metrics = QFontMetricsF(font)
        wide, high = metrics.horizontalAdvance(label.text) + 8, metrics.height()
        x = label.x / ratio + (label.dx - 1) * wide / 2
        y = label.y / ratio + (label.dy - 1) * high / 2
        x = min(max(x, 0.0), max(self.width() - wide, 0.0))
        y = min(max(y, 0.0), max(self.height() - high, 0.0))
        painter.setPen(QColor(*(self._theme.text if label.is_title else self._theme.text_quiet)))
        painter.drawText(QRectF(x, y, wide, high), Qt.AlignmentFlag.AlignCenter, label.text)

    # ------------------------------------------------------------------------------- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make a picture of the new size."""
        super().resizeEvent(event)
        self.redraw()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Record where a drag begins."""
        self._pressed_at = self._dragged_from = event.position()
        self._is_drag = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn or shift the surface, or say where the pointer is."""
        at = event.position()
        if not event.buttons() or self._pressed_at is None:
            self.pointed.emit(at)
            return
        if not self._is_drag and (at - self._pressed_at).manhattanLength() < CLICK_PX:
            return
        self._is_drag = True
        step = (at - self._dragged_from) * self.pixel_ratio()
        self._dragged_from = at
        if event.buttons() & Qt.MouseButton.RightButton:
            return
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        pans = event.buttons() & Qt.MouseButton.MiddleButton or shift
        motion = self.scene.navigation.pan if pans else self.scene.rotate
        motion(step.x(), step.y())
        self._moved()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open the menu after a right click."""
        was_click = self._pressed_at is not None and not self._is_drag
        self._pressed_at = None
        if was_click and event.button() == Qt.MouseButton.RightButton:
            self.menuRequested.emit(event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Show all of it again."""
        self.resetRequested.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom towards the pointer."""
        at = event.position() * self.pixel_ratio()
        factor = _WHEEL_STEP ** event.angleDelta().y()
        self.scene.navigation.zoom(factor, at.x(), at.y())
        self._moved()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn and zoom as the mouse does; the window handles every other key."""
        turn, zoom = _TURNS.get(event.key()), _ZOOMS.get(event.text())
        step = self.scene.navigation.size()[1] / 24
        if turn is not None:
            self.scene.rotate(turn[0] * step, turn[1] * step)
            self._moved()
        elif zoom is not None:
            width, height = self.scene.navigation.size()
            self.scene.navigation.zoom(zoom, width / 2, height / 2)
            self._moved()
        else:
            event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer once it has left."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    def _moved(self) -> None:
        self.redraw()
        self.cameraMoved.emit()
