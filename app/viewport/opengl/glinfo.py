"""Finds Qt's OpenGL renderer, without a window and without VTK."""

from __future__ import annotations

import ctypes

from PySide6.QtGui import QOffscreenSurface, QOpenGLContext

_GL_RENDERER = 0x1F01


def qt_renderer_name() -> str:
    """Return the OpenGL renderer's name for Qt's own contexts, "" if there is none."""
    context = QOpenGLContext()
    if not context.create():
        return ""
    surface = QOffscreenSurface()
    surface.setFormat(context.format())
    surface.create()
    if not surface.isValid() or not context.makeCurrent(surface):
        return ""
    try:
        address = context.getProcAddress(b"glGetString")
        if not address:
            return ""
        get_string = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_uint)(int(address))
        return (get_string(_GL_RENDERER) or b"").decode(errors="replace")
    finally:
        context.doneCurrent()
        surface.destroy()
