"""Off-screen windows, for `BlitViewport` and for pictures; they need no display."""

from __future__ import annotations

import os
import sys

import vtkmodules.vtkRenderingOpenGL2
from vtkmodules.vtkRenderingCore import vtkRenderWindow

_SOFTWARE = (
    "llvmpipe",
    "softpipe",
    "swr",
    "gdi generic",
    "basic render",
    "software",
    "swiftshader",
)


def make_offscreen_window(width: int, height: int, samples: int = 0) -> vtkRenderWindow:
    """Return an off-screen window, sized in device pixels; by EGL on Linux without an X display."""
    headless = sys.platform.startswith("linux") and not os.environ.get("DISPLAY")
    egl = getattr(vtkmodules.vtkRenderingOpenGL2, "vtkEGLRenderWindow", None)
    window = egl() if headless and egl is not None else vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(samples)
    window.SetSize(max(1, width), max(1, height))
    return window


def renderer_name(window: vtkRenderWindow) -> str:
    """Return the renderer's name, ``"llvmpipe (LLVM 15.0.6, 256 bits)"``; may open the context."""
    for line in window.ReportCapabilities().splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() == "opengl renderer string":
            return value.strip()
    return ""


def is_software(name: str) -> bool:
    """Return whether an OpenGL renderer of that name draws on the CPU; True for no name."""
    return not name or any(word in name.lower() for word in _SOFTWARE)
