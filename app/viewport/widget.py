"""`Viewport`: base class of the two viewport widgets, with the frame loop.

A setter stores new values and requests a frame; a single-shot timer, which runs only while something is
pending, passes them to the scene and calls `update()`. So a fast source overwrites pending values, a still
scene costs nothing, and VTK's data is changed only by the GUI thread and only within a frame.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QImage,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from app.palette import Rgb, Theme
from app.viewport.detail import SETTLE_MS, LevelOfDetail
from app.viewport.network.drawn import ALL_CELLS, ShownCells
from app.viewport.overlay import BAR_ROOM_PX, legend_room
from app.viewport.pointing import PickingWidget
from app.viewport.scene import MorphScene
from backends.connections import Connections
from backends.scene import MorphologyGeometry

FRAME_MS = 16.0
# Qt waits some milliseconds between `update()` and the paint, so that other events are handled.
_QT_UPDATE_MS = 3.0
_DETAIL_INTERVAL_MS = 1000.0
_MANY_FRUSTA = 2_000


def now_ms() -> float:
    """Return a time that only grows, ms."""
    return time.perf_counter() * 1e3


class Viewport(PickingWidget):
    """Shows a coloured cell that can be rotated and clicked. Created by `make_viewport`.

    Signals
    -------
    framePending()
        A frame is painted in the next turn of the event loop.

    Attributes
    ----------
    frames_painted : int
        Number of frames rendered.
    last_shown_time_ms : float
        Simulated time of the values in the last frame, ms; NaN before the first.
    """

    framePending = Signal()
    framePainted = Signal(float)
    detailChanged = Signal(str)
    cameraMoved = Signal()

    backend = ""

    def __init__(self, parent: QWidget | None, scene: MorphScene, *, is_software: bool) -> None:
        super().__init__(parent, scene)
        self.detail = LevelOfDetail(is_software)
        self.frames_painted = 0
        self.last_shown_time_ms = float("nan")
        self._pending_values: tuple[NDArray[np.float32], float] | None = None
        self._is_dirty = True
        self._deferred_until_ms = 0.0
        self._is_closed = False
        self._needs_fit = self._follows_size = True
        self._has_bar_room = False
        self._wants_fine = False
        self._is_fine = False
        self._detail_text, self._detail_emitted_at = "", 0.0
        self._frame_timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._frame_timer.timeout.connect(self._tick)
        self._settle_timer = QTimer(self, singleShot=True, interval=int(SETTLE_MS) + 20)
        self._settle_timer.timeout.connect(self._settle)
        self.setMinimumSize(120, 90)
        self.setAccessibleName("3-D view of the cell")

    # What is shown

    def set_geometry(
        self,
        geometry: MorphologyGeometry | None,
        *,
        keep_view: bool = False,
        cells: ShownCells = ALL_CELLS,
    ) -> None:
        """Show a geometry, fitted in the view; None shows the hint.

        Parameters
        ----------
        keep_view : bool
            Whether a camera that the user has moved stays where it is.
        cells : ShownCells
            Which of its cells are drawn, and where.
        """
        if geometry is self.scene.geometry or self._is_closed:
            return
        before, self._pending_values = self.scene.geometry, None
        is_moved = before is not None and not (self._follows_size or self._needs_fit)
        self.scene.set_geometry(geometry, keep_view=keep_view and is_moved, cells=cells)
        if before is not None and before.n_frusta >= _MANY_FRUSTA:
            self._release_driver()
        self.detail.reset_costs(0 if geometry is None else geometry.n_segments)
        self._needs_fit = self._follows_size = not (keep_view and is_moved)
        self._set_hovered(-1)
        self._request_frame()

    def change_shape(self, geometry: MorphologyGeometry) -> None:
        """Show the same cell in another shape; a camera that nobody has moved is fitted if the cell has outgrown it."""
        if self.scene.geometry is None or self._is_closed:
            self.set_geometry(geometry)
            return
        self.scene.change_shape(geometry)
        self._needs_fit = self._needs_fit or (
            self._follows_size and not self.scene.navigation.shows_all()
        )
        self._request_frame()

    def set_values(self, values: NDArray[np.float32], time_ms: float = float("nan")) -> None:
        """Colour the segments; the latest call before a frame counts.

        Parameters
        ----------
        values : ndarray, shape (n_segments,), float32
            In the unit of the colour limits; copied.
        time_ms : float
            Simulated time of the values.
        """
        self._pending_values = (np.array(values, np.float32), time_ms)
        self._request_frame()

    def set_color_map(
        self, name: str, limits: tuple[float, float], unit: str = "", label: str = ""
    ) -> None:
        """Set colour map and range, and the label of the colour bar."""
        state = (name, tuple(limits), unit, label)
        scene = self.scene
        if state != (scene.color_map, scene.limits, scene.unit, scene.label):
            scene.set_color_map(name, limits, unit, label)
            self._request_frame()

    def set_marks(
        self, marks: Sequence[tuple[int, Rgb]], shapes: Mapping[int, int] | None = None
    ) -> None:
        """Mark segments, each in a colour, and with the shape of a pattern (see `palette.SIDES`)."""
        if self.scene.set_marks(marks, shapes):
            self._request_frame()

    def set_cells(self, cells: ShownCells) -> None:
        """Hide and arrange cells; a camera that nobody has moved is fitted to what is left, another one stays."""
        if self._is_closed or not self.scene.set_cells(cells):
            return
        self._needs_fit = self._needs_fit or self._follows_size
        self._set_hovered(-1)
        self._request_frame()

    def set_connections(self, connections: Sequence[Connections]) -> None:
        """Draw connections of the geometry as lines, () for none."""
        if self.scene.set_connections(connections):
            self._needs_fit = self._needs_fit or self._follows_size  # above the legend
            self._request_frame()

    def set_selected(self, segment: int) -> None:
        """Let the lines of a segment's cell stand out, -1: of none."""
        if self.scene.set_selected(segment):
            self._request_frame()

    def set_theme(self, theme: Theme) -> None:
        """Apply a theme to background and text."""
        if theme is not self.scene.theme:
            self.scene.set_theme(theme)
            self._request_frame()

    def set_caption(self, text: str) -> None:
        """Set the text at the top left; its first line is the title."""
        if text != self.scene.caption:
            self._needs_fit = self._needs_fit or self._follows_size  # below the caption
            self.scene.set_caption(text)
            self._request_frame()

    def set_bar_room(self, reserved: bool) -> None:
        """Fit the cell beside the colour bar, as in a small view, or behind it."""
        if reserved != self._has_bar_room:
            self._has_bar_room = reserved
            self._needs_fit = self._needs_fit or self._follows_size
            self._request_frame()

    def set_hint(self, text: str) -> None:
        """Set the text that is shown while there is no geometry."""
        if text != self.scene.hint:
            self.scene.set_hint(text)
            self._request_frame()

    def set_decorations(
        self,
        *,
        color_bar: bool | None = None,
        scale_bar: bool | None = None,
        axes: bool | None = None,
    ) -> None:
        """Show or hide decorations; None leaves one unchanged."""
        scene = self.scene
        before = (scene.shows_color_bar, scene.shows_scale_bar, scene.shows_axes)
        scene.set_decorations(color_bar=color_bar, scale_bar=scale_bar, axes=axes)
        if before != (scene.shows_color_bar, scene.shows_scale_bar, scene.shows_axes):
            self._request_frame()

    def set_moving(self, running: bool) -> None:
        """Set whether a simulation is running; then speed matters more than detail."""
        self.detail.set_running(running)
        if running:
            self._settle_timer.stop()
        else:
            self._settle_timer.start()

    # The camera

    def reset_view(self) -> None:
        """Fit the cell in the view, from where it was seen first."""
        self._move(self.scene.navigation.reset)
        self._follows_size = True

    def set_home(self, direction: tuple[float, float] | None) -> None:
        """Set from where the next cell is seen first; see `MorphologyViewSpec.direction`."""
        self.scene.navigation.home = direction

    def fit(self) -> None:
        """Fit the cell in the view, from the current direction."""
        self._move(self.scene.navigation.fit)

    def view_axis(self, plane: str, opposite: bool = False) -> None:
        """Look straight at ``"xy"``, ``"xz"`` or ``"yz"``, or at its back."""
        self._move(self.scene.navigation.view_axis, plane, opposite=opposite)

    def focus_segment(self, segment: int) -> None:
        """Centre a segment and make it the centre of rotation; nothing for one of a hidden cell."""
        self._move(self.scene.focus, segment)

    def turn(self, dx: float, dy: float) -> None:
        """Rotate the cell as a drag by logical pixels does."""
        self._move(self.scene.navigation.rotate, dx * self._ratio(), dy * self._ratio())

    def zoom(self, factor: float) -> None:
        """Enlarge by `factor` about the middle of the picture."""
        width, height = self.scene.size()
        self._move(self.scene.navigation.zoom, factor, width / 2, height / 2)

    def _move(self, motion: Any, *args: Any, **kwargs: Any) -> None:
        self._needs_fit = self._follows_size = False
        motion(*args, **kwargs)
        self._note_motion()
        self.cameraMoved.emit()

    def copy_camera(self, other: Viewport) -> None:
        """Use the camera of another viewport on the same cell; emits no signal."""
        self.scene.navigation.copy_camera(other.scene.navigation)
        self._needs_fit, self._follows_size = False, other._follows_size
        self._note_motion()

    def _note_motion(self) -> None:
        self.detail.note_motion(now_ms())
        self._settle_timer.start()
        self._request_frame()

    # Pictures

    def grab_image(self) -> QImage:
        """Return what is shown, rendered now, in device pixels."""
        raise NotImplementedError

    def save_picture(self, path: str | Path, with_decorations: bool = True) -> None:
        """Write the current view as a PNG, anti-aliased; OSError if it cannot be written."""
        from app.viewport.pictures import render_view, write_png

        pixels = render_view(
            self.scene,
            self._device_size(),
            pixel_ratio=self.devicePixelRatioF(),
            with_decorations=with_decorations,
        )
        write_png(pixels, Path(path))
        self._request_frame()

    def project(self, segment: int) -> QPointF:
        """Return the position of a segment's middle on the widget."""
        return QPointF(*self.scene.project(segment)) / self._ratio()

    def _request_frame(self) -> None:
        self._is_dirty = True
        self._request_tick()

    @property
    def is_frame_due(self) -> bool:
        """Whether a frame is about to be painted."""
        return self._is_dirty and self.isVisible()

    def defer_frames(self, delay_ms: float) -> None:
        """Paint no frame for some milliseconds, so that another part of the window is painted first."""
        self._deferred_until_ms = now_ms() + delay_ms
        if self._frame_timer.isActive() and self._frame_timer.remainingTime() < delay_ms:
            self._frame_timer.start(ceil(delay_ms))

    def _request_tick(self, delay_ms: float = 0.0) -> None:
        if not self._frame_timer.isActive() and not self._is_closed:
            self._frame_timer.start(ceil(max(delay_ms, self._deferred_until_ms - now_ms())))

    def _tick(self) -> None:
        self._update_hovered()
        if self._is_dirty and self.isVisible():
            self.framePending.emit()
            self._update_surface()

    def _update_surface(self) -> None:
        self.update()

    def _settle(self) -> None:
        """After a motion: draw tubes again, then a smooth frame if this machine is fast enough."""
        now = now_ms()
        is_other = self.detail.level != self.detail.choose(now)
        self._wants_fine = not is_other and not self._is_fine and self.detail.may_refine(now)
        if is_other or self._wants_fine:
            self._request_frame()
        self._emit_detail()

    def _update_scene(self) -> None:
        """Pass pending values to the scene and prepare it for this frame."""
        now = now_ms()
        self._is_dirty = False
        self._is_fine = self._wants_fine and self.detail.may_refine(now)
        self._wants_fine = False
        self._set_size()
        self.scene.pixel_ratio = self._ratio()
        self.scene.navigation.top_px = self.scene.heading_height() * self._ratio()
        legend = legend_room(len(self.scene.connections))
        self.scene.navigation.bottom_px = legend * self._ratio()
        has_bar = self._has_bar_room and self.scene.shows_color_bar
        self.scene.navigation.right_px = BAR_ROOM_PX * self._ratio() if has_bar else 0.0
        if self._needs_fit and self._device_size()[0] > 1:
            self._needs_fit = False
            self.scene.navigation.reset()
            self.cameraMoved.emit()
        if self._pending_values is not None:
            values, self.last_shown_time_ms = self._pending_values
            self._pending_values = None
            self.scene.set_values(values)
        self.scene.set_level(self.detail.choose(now))
        self.scene.prepare()

    def _set_size(self) -> None:
        """Set the size of the render window for this frame."""

    def _after_frame(self, frame_ms: float) -> None:
        self.frames_painted += 1
        if not self._is_fine:
            self.detail.note_frame(self.detail.level, frame_ms)
            if self.detail.is_software and not self.detail.is_running:
                self._settle_timer.start()
        self._emit_detail()
        self.framePainted.emit(frame_ms)
        self._request_tick(int(max(0.0, FRAME_MS - _QT_UPDATE_MS - frame_ms)))

    def _emit_detail(self) -> None:
        """Emit a new level of detail at once, and a new time per frame at intervals."""
        text, now = self.detail.text, now_ms()
        is_other = text.split(",")[0] != self._detail_text.split(",")[0]
        if text != self._detail_text and (
            is_other or now - self._detail_emitted_at > _DETAIL_INTERVAL_MS
        ):
            self._detail_text, self._detail_emitted_at = text, now
            self.detailChanged.emit(text)

    @property
    def detail_text(self) -> str:
        """Text about the level of detail."""
        return self.detail.text

    def _device_size(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the cell fitted to the window until the user moves the camera."""
        super().resizeEvent(event)
        self._needs_fit = self._needs_fit or self._follows_size
        self._request_frame()

    def sizeHint(self) -> QSize:
        """Return a size that suits a window of 1280 × 800."""
        return QSize(800, 600)

    # The end

    def _release_driver(self) -> None:
        """Free what the graphics driver keeps of a large cell that is no longer shown."""

    def close_view(self) -> None:
        """Release all VTK objects; may be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        self._frame_timer.stop()
        self._settle_timer.stop()
        self._release()

    def _release(self) -> None:
        raise NotImplementedError

    def closeEvent(self, event: QEvent) -> None:
        """Release with the widget."""
        self.close_view()
        super().closeEvent(event)
