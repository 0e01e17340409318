"""`make_viewport`: chooses between hardware OpenGL and off-screen rendering."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.viewport.widget import Viewport


def make_viewport(parent: QWidget | None = None, backend: str = "auto") -> Viewport:
    """Return a viewport for this machine.

    Parameters
    ----------
    backend : {"auto", "blit", "hardware"}
        "auto" uses hardware OpenGL if Qt can draw with it on a GPU.
    """
    from app.viewport.blit import BlitViewport

    if backend == "auto":
        backend = "hardware" if _has_gpu() else "blit"
    if backend == "blit":
        return BlitViewport(parent)
    from app.viewport.hardware import HardwareViewport

    return HardwareViewport(parent)


def _has_gpu() -> bool:
    """Return whether Qt's platform can show OpenGL widgets and its driver draws on a GPU."""
    if QGuiApplication.platformName() in ("offscreen", "minimal", "vnc", "linuxfb", ""):
        return False
    from app.viewport.offscreen import is_software
    from app.viewport.opengl.glinfo import qt_renderer_name

    return not is_software(qt_renderer_name())
