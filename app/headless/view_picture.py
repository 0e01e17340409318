"""`write_view_picture`: the picture of a scene without a cell, by its first view, without a display.

The widget that the window shows is drawn by Qt's platform "offscreen" in another process
(`python -m app.headless.view_picture`, which reads a pickled `ViewPictureRequest` from its standard input).
"""

from __future__ import annotations

import errno
import os
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.headless.picture import SIZE, draw_in_child
from backends.controls import first_values
from backends.driving.collector import UpdateCollector
from backends.field import Field
from backends.views import ViewSpec, resolved

_DRAWN = ("line", "image", "surface", "bar", "raster", "table", "state_graph")
Events = tuple[NDArray[np.int32], NDArray[np.float64]]


@dataclass(frozen=True)
class ViewPictureRequest:
    """What to draw: a view without bindings, its fields, the events of a raster, and the simulated time, ms."""

    view: ViewSpec
    fields: tuple[Field, ...]
    events: Events | None
    time_ms: float
    title: str


def view_picture_of(got: UpdateCollector) -> ViewPictureRequest | None:
    """Return the picture of the first view that can be drawn, with the controls' first values; None if there is none."""
    scene = got.scene
    views = [] if scene is None else [each for each in scene.views if each.KIND in _DRAWN]
    if scene is None or not views:
        return None
    view = resolved(views[0], first_values(scene.controls))
    fields = tuple(got.fields[id_] for id_ in view.field_ids if id_ in got.fields)
    title = f"{view.title or scene.title}"
    if got.has_clock:
        title += f"  ·  t = {got.time_ms:g} ms"
    events = got.events.get(view.field_ids[0])
    return ViewPictureRequest(view, fields, events, got.time_ms, title)


def write_view_picture(path: Path, request: ViewPictureRequest) -> None:
    """Write a PNG; OSError if it cannot be drawn or written."""
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part.png")
    try:
        offscreen = {"QT_QPA_PLATFORM": "offscreen"}
        if not draw_in_child("app.headless.view_picture", request, temporary, offscreen):
            words = f"view {request.view.id} could not be drawn without a window"
            raise OSError(errno.EIO, words, str(path))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def draw_view(request: ViewPictureRequest, path: Path) -> None:
    """Draw in this process, which needs a platform of Qt; OSError if the file cannot be written."""
    from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

    from app.palette import DARK
    from app.ui.layouts import fill
    from app.ui.plain import PlainLabel
    from app.ui.style import stylesheet
    from app.views.factory import make_view

    application = QApplication.instance() or QApplication([])
    page, title, widget = QWidget(), PlainLabel(request.title), make_view(request.view)
    title.setObjectName("title")
    title.setContentsMargins(12, 8, 12, 4)
    page.setStyleSheet(stylesheet(DARK))
    widget.set_theme(DARK)
    for field in request.fields:
        widget.set_field(field)
    if request.events is not None:
        widget.append_events(*request.events, True)
    widget.set_time(request.time_ms)
    fill(QVBoxLayout(page), title, (widget, 1))
    page.resize(*SIZE)
    page.show()
    for _ in range(2):  # an axis may ask for room while it is painted
        widget.draw_now()
        application.processEvents()
        picture = page.grab()
    if not picture.save(str(path), "PNG"):
        raise OSError(errno.EIO, "the picture could not be written", str(path))
    widget.close_view()


if __name__ == "__main__":
    draw_view(pickle.load(sys.stdin.buffer), Path(sys.argv[1]))
