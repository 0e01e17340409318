"""`BlitWindow` and `BlitViewport` render off-screen and paint the image; for software OpenGL, and Qt platforms without OpenGL.

Qt composes a window that has a QOpenGLWidget through OpenGL, which on the CPU takes longer than the
scene itself; painting an image by QPainter takes two milliseconds.
"""

from __future__ import annotations

import time
import weakref
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderer

from app.viewport.network.layered import LayeredLines
from app.viewport.offscreen import make_offscreen_window
from app.viewport.scene import MorphScene
from app.viewport.widget import Viewport, now_ms

_FINE = 2


class _Host:
    """An off-screen window, with one OpenGL context, for any number of renderers that draw one at a time.

    A context of its own for each of them would cost as much memory as the first, and time at each change.
    """

    _hosts: ClassVar[weakref.WeakValueDictionary[int, _Host]] = weakref.WeakValueDictionary()

    def __init__(self, samples: int) -> None:
        self.window = make_offscreen_window(8, 8, samples)
        self.renderers: list[vtkRenderer] = []

    @classmethod
    def of(cls, samples: int) -> _Host:
        """Return the host of all renderers with that many samples a pixel."""
        host = cls._hosts.get(samples)
        if host is None:
            host = cls._hosts[samples] = cls(samples)
        return host

    def add(self, renderer: vtkRenderer) -> None:
        """Let a renderer draw here."""
        self.renderers.append(renderer)
        self.window.AddRenderer(renderer)

    def remove(self, renderer: vtkRenderer) -> None:
        """Release what a renderer has in the context; end the context with the last one."""
        self.renderers.remove(renderer)
        self.window.RemoveRenderer(renderer)
        if not self.renderers:
            self.window.Finalize()

    def render(self, renderer: vtkRenderer, size: tuple[int, int]) -> None:
        """Draw with one renderer."""
        for each in self.renderers:
            each.SetDraw(each is renderer)
        if self.window.GetSize() != size:
            self.window.SetSize(*size)
        self.window.Render()


class BlitWindow:
    """Renders one renderer, in device pixels; end it by `close`."""

    def __init__(self, renderer: vtkRenderer, samples: int = 0) -> None:
        self._renderer = renderer
        self._host = _Host.of(samples)
        self._host.add(renderer)
        self._size = (8, 8)
        self._pixels = vtkUnsignedCharArray()

    def set_size(self, width: int, height: int) -> None:
        """Set the size of the pictures."""
        self._size = (width, height)

    def render_pixels(self) -> NDArray[np.uint8]:
        """Return a new picture, shape (height, width, 4), from the lowest row up; it is valid until the next one."""
        width, height = self._size
        self._host.render(self._renderer, self._size)
        self._host.window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._pixels)
        pixels: NDArray[np.uint8] = vtk_to_numpy(self._pixels).reshape(height, width, 4)
        return pixels

    def render(self) -> QImage:
        """Return a new picture; it is valid until the next one."""
        width, height = self._size
        self._rows = np.ascontiguousarray(self.render_pixels()[::-1])
        return QImage(self._rows.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)

    @property
    def has_driver(self) -> bool:
        """Whether there is an OpenGL context."""
        return bool(self._host.window.GetInitialized())

    def release_driver(self) -> None:
        """End the OpenGL context, which other views may share; the next picture begins a new one."""
        self._host.window.Finalize()

    def close(self) -> None:
        """Release everything."""
        self._host.remove(self._renderer)


class BlitViewport(Viewport):
    """Renders into an off-screen window and paints the picture."""

    backend = "blit"

    def __init__(self, parent: QWidget | None = None) -> None:
        scene = MorphScene()
        super().__init__(parent, scene, is_software=True)
        self._window = BlitWindow(scene.renderer)
        self._lines = LayeredLines(scene.renderer, scene.lines, BlitWindow)
        self._image: QImage | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Resize the off-screen window."""
        self._set_picture_size(*self._device_size())
        self._image = None
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Render if anything changed, then paint."""
        if not self._is_closed and (self._is_dirty or self._image is None):
            self._draw()
        if self._image is not None:
            painter = QPainter(self)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawImage(QRectF(self.rect()), self._image)
            painter.end()

    def _draw(self, *, with_all_lines: bool = False) -> None:
        self._update_scene()
        has_more = self._draw_lines(with_all_lines)
        start = time.perf_counter()
        self._image = self._window.render()
        if self._is_fine:
            self._image = self._image.scaled(
                *self._device_size(),
                mode=Qt.TransformationMode.SmoothTransformation,
            )
        self._after_frame((time.perf_counter() - start) * 1e3)
        if has_more:
            self._request_frame()

    def _draw_lines(self, with_all: bool) -> bool:
        """Choose which lines this frame shows; return whether the next one would show more."""
        size = self._device_size()
        is_turning = not with_all and self.detail.is_turning(now_ms())
        has_more = self._lines.update(size, is_turning=is_turning)
        while has_more and with_all:
            has_more = self._lines.update(size, is_turning=False)
        return has_more

    def _settle(self) -> None:
        """After a motion of the camera, show all lines before anything finer."""
        if self._lines.is_complete(self._device_size()):
            super()._settle()
        else:
            self._request_frame()

    def _set_size(self) -> None:
        """Set the size of the off-screen window; a smooth frame has four times the pixels."""
        times = _FINE if self._is_fine else 1
        width, height = self._device_size()
        self._set_picture_size(times * width, times * height)

    def _set_picture_size(self, width: int, height: int) -> None:
        self._window.set_size(width, height)
        self.scene.navigation.set_size(width, height)

    def grab_image(self) -> QImage:
        """Return what is shown, rendered now, in device pixels."""
        if (
            self._is_dirty
            or self._image is None
            or not self._lines.is_complete(self._device_size())
        ):
            self._draw(with_all_lines=True)
        assert self._image is not None
        return self._image.copy()

    def _release_driver(self) -> None:
        """End the OpenGL context; the next frame begins a new one.

        Mesa's software driver keeps up to 36 MB for each part of a frame that it drew at the same time, as
        long as the context lives: over 100 MB after a cell of 30,000 segments.
        """
        self._window.release_driver()

    def _release(self) -> None:
        self.scene.set_geometry(None)
        self._lines.close()
        self._window.close()
