"""`BlitWindow` and `BlitViewport` render off-screen and paint the image; for software OpenGL, and Qt platforms without OpenGL.

Qt composes a window that has a QOpenGLWidget through OpenGL, which on the CPU takes longer than the
scene itself; painting an image by QPainter takes two milliseconds.
"""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderer

from app.viewport.offscreen import make_offscreen_window
from app.viewport.scene import MorphScene
from app.viewport.widget import Viewport

_FINE = 2


class BlitWindow:
    """Renders one renderer, in device pixels; end it by `close`."""

    def __init__(self, renderer: vtkRenderer, samples: int = 0) -> None:
        self._renderer = renderer
        self._window = make_offscreen_window(8, 8, samples)
        self._window.AddRenderer(renderer)
        self._pixels = vtkUnsignedCharArray()

    def set_size(self, width: int, height: int) -> None:
        """Set the size of the pictures."""
        if self._window.GetSize() != (width, height):
            self._window.SetSize(width, height)

    def render(self) -> QImage:
        """Return a new picture; it is valid until the next one."""
        self._window.Render()
        width, height = self._window.GetSize()
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._pixels)
        rows = vtk_to_numpy(self._pixels).reshape(height, width, 4)
        self._rows = np.ascontiguousarray(rows[::-1])
        return QImage(self._rows.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)

    @property
    def has_driver(self) -> bool:
        """Whether there is an OpenGL context."""
        return bool(self._window.GetInitialized())

    def release_driver(self) -> None:
        """End the OpenGL context; the next picture begins a new one."""
        self._window.Finalize()

    def close(self) -> None:
        """Release everything."""
        self._window.RemoveRenderer(self._renderer)
        self._window.Finalize()


class BlitViewport(Viewport):
    """Renders into an off-screen window and paints the picture."""

    backend = "blit"

    def __init__(self, parent: QWidget | None = None) -> None:
        scene = MorphScene()
        super().__init__(parent, scene, is_software=True)
        self._window = BlitWindow(scene.renderer)
        self._image: QImage | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Resize the off-screen window."""
        self._window.set_size(*self._device_size())
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

    def _draw(self) -> None:
        start = time.perf_counter()
        self._update_scene()
        self._image = self._window.render()
        if self._is_fine:
            self._image = self._image.scaled(
                *self._device_size(),
                mode=Qt.TransformationMode.SmoothTransformation,
            )
        self._after_frame((time.perf_counter() - start) * 1e3)

    def _set_size(self) -> None:
        """Set the size of the off-screen window; a smooth frame has four times the pixels."""
        times = _FINE if self._is_fine else 1
        width, height = self._device_size()
        self._window.set_size(times * width, times * height)

    def grab_image(self) -> QImage:
        """Return what is shown, rendered now, in device pixels."""
        if self._is_dirty or self._image is None:
            self._draw()
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
        self._window.close()
