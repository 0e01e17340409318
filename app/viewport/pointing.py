"""`PickingWidget`: mouse events over a scene: drags move the camera, clicks pick, and a drag never picks."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.viewport.scene import MorphScene

CLICK_PX = 5
_WHEEL_STEP = 1.0015


class PickingWidget(QWidget):
    """A widget over a scene that reports hovered and clicked segments.

    Left drag rotates, middle or Shift-drag pans, the wheel and a pinch zoom to the pointer; a
    double-click sets the centre of rotation.
    """

    segmentClicked = Signal(int)
    segmentHovered = Signal(int)
    segmentMenuRequested = Signal(int, QPoint)
    backgroundClicked = Signal()

    def __init__(self, parent: QWidget | None, scene: MorphScene) -> None:
        super().__init__(parent)
        self.scene = scene
        self._hovered = -1
        self._pointer: QPointF | None = None
        self._pressed_at: QPointF | None = None
        self._dragged_from: QPointF | None = None
        self._is_drag = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def pick(self, position: QPointF) -> int:
        """Return the segment at a position on the widget, or -1."""
        at = position * self._ratio()
        return self.scene.pick(at.x(), at.y())

    def show_hovered(self, segment: int) -> None:
        """Show a segment as hovered (-1: none) that is under the pointer in another widget; emits no signal."""
        self.scene.set_hover(segment)
        self._request_frame()

    def _ratio(self) -> float:
        """Return rendered pixels per logical pixel."""
        return self.scene.size()[1] / max(1, self.height())

    def _move(self, motion: Any, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError

    def _request_frame(self) -> None:
        raise NotImplementedError

    def _request_tick(self) -> None:
        raise NotImplementedError

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Record the position, to distinguish a click from a drag."""
        self._pressed_at = self._dragged_from = event.position()
        self._is_drag = False
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Rotate, pan, or find what is under the pointer."""
        at = event.position()
        if not event.buttons() or self._pressed_at is None or self._dragged_from is None:
            self._pointer = at
            self._request_tick()
            return
        if not self._is_drag:
            moved = at - self._pressed_at
            if max(abs(moved.x()), abs(moved.y())) < CLICK_PX:
                return
            self._is_drag = True
        step = (at - self._dragged_from) * self._ratio()
        self._dragged_from = at
        if event.buttons() & Qt.MouseButton.RightButton:
            return
        navigation = self.scene.navigation
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        pans = event.buttons() & Qt.MouseButton.MiddleButton or shift
        self._move(navigation.pan if pans else navigation.rotate, step.x(), step.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Pick, unless it was a drag."""
        was_click = self._pressed_at is not None and not self._is_drag
        self._pressed_at = self._dragged_from = None
        self._is_drag = False
        event.accept()
        if not was_click:
            return
        segment = self.pick(event.position())
        if event.button() == Qt.MouseButton.RightButton:
            self.segmentMenuRequested.emit(segment, event.globalPosition().toPoint())
        elif event.button() == Qt.MouseButton.LeftButton and segment >= 0:
            self.segmentClicked.emit(segment)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.backgroundClicked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Make the point under the pointer the centre of rotation."""
        self._pressed_at = None
        segment = self.pick(event.position())
        if segment >= 0:
            self._move(self.scene.navigation.set_center, self.scene.middle(segment))
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom towards the pointer."""
        at = event.position() * self._ratio()
        factor = _WHEEL_STEP ** event.angleDelta().y()
        self._move(self.scene.navigation.zoom, factor, at.x(), at.y())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Zoom by pinching on a trackpad; other events are handled as usual."""
        is_pinch = (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        )
        if not is_pinch:
            return super().event(event)
        at = event.position() * self._ratio()
        self._move(self.scene.navigation.zoom, max(0.2, 1 + event.value()), at.x(), at.y())
        return True

    def leaveEvent(self, event: QEvent) -> None:
        """Clear the hovered segment."""
        super().leaveEvent(event)
        self._pointer = None
        self._set_hovered(-1)

    def _update_hovered(self) -> None:
        if self._pointer is not None and self._pressed_at is None:
            at, self._pointer = self._pointer, None
            self._set_hovered(self.pick(at))

    def _set_hovered(self, segment: int) -> None:
        if segment != self._hovered:
            self._hovered = segment
            self.scene.set_hover(segment)
            self._request_frame()
            self.segmentHovered.emit(segment)
