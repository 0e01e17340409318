"""`HardwareViewport`: the viewport for a GPU; pyvistaqt's QtInteractor with our mouse and frame loop."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pyvistaqt import QtInteractor

from app.viewport.offscreen import is_software
from app.viewport.opengl.glinfo import qt_renderer_name
from app.viewport.scene import MorphScene
from app.viewport.widget import Viewport

_SAMPLES = 4


class _Surface(QtInteractor):
    """QtInteractor that only paints: it renders through the window, which releases the GIL.

    Mouse and key events pass to the viewport around it, so that pyvista's key bindings do not apply.
    """

    viewport: HardwareViewport | None = None

    def paintGL(self) -> None:
        """Render what the viewport has prepared, and report the time to it."""
        if self.viewport is None or self.viewport._is_closed:
            super().paintGL()
            return
        start = time.perf_counter()
        self.viewport._update_scene()
        super().paintGL()
        self.viewport._after_frame((time.perf_counter() - start) * 1e3)


class HardwareViewport(Viewport):
    """Renders in Qt's own OpenGL context."""

    backend = "hardware"

    def __init__(self, parent: QWidget | None = None) -> None:
        software = is_software(qt_renderer_name())
        super().__init__(parent, MorphScene(), is_software=software)
        self._surface = _Surface(self, auto_update=False, multi_samples=0 if software else _SAMPLES)
        self._surface.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._surface.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._surface.setAcceptDrops(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._surface)
        window: Any = self._surface.render_window
        for renderer in list(window.GetRenderers()):
            window.RemoveRenderer(renderer)
        window.AddRenderer(self.scene.renderer)
        self._surface._Iren.Render = window.Render
        self._surface.viewport = self

    def _update_surface(self) -> None:
        self._surface.update()

    def _set_size(self) -> None:
        """Prevent VTK from scaling text, which is laid out in device pixels already."""
        self._surface.render_window.SetDPI(72)

    def grab_image(self) -> QImage:
        """Return what is shown, rendered now, in device pixels."""
        return self._surface.grabFramebuffer()

    def _release(self) -> None:
        self._surface.viewport = None
        self._surface.render_window.RemoveRenderer(self.scene.renderer)
        self.scene.set_geometry(None)
        self._surface.close()
