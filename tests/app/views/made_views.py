"""A field and a view of each kind, and widgets that show them."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.palette import Theme
from app.ui.style import stylesheet
from app.views.factory import make_view
from app.views.field_view import FieldView
from app.views.surface.view import SurfaceView
from backends.field import Field
from backends.views import (
    BarViewSpec,
    ImageViewSpec,
    LinePlotViewSpec,
    RasterViewSpec,
    StateGraphViewSpec,
    SurfaceViewSpec,
    TableViewSpec,
    View,
)

X, Y = np.linspace(0.0, 10.0, 21), np.linspace(-2.0, 2.0, 11)
GRID = Field("f", np.outer(np.exp(-(Y**2)), np.sin(X)), ("y", "x"), {"y": Y, "x": X}, "mM")
CURVES = Field(
    "f", np.stack([np.sin(X), np.cos(X)]), ("series", "distance"),
    {"series": ("sine", "cosine"), "distance": X}, "mM",
)  # fmt: skip
BARS = Field("f", np.array([0.12, 0.036, -0.02]), ("name",), {"name": ("gNa", "gK", "gH")}, "S/cm²")
ROWS = Field("f", np.array([2, 1, 0]), ("row",), {"row": ("a", "b", "c")})
TABLE = Field(
    "f", np.array([[-65.0, 0.3], [-60.0, 0.5]]), ("row", "column"),
    {"row": ("one", "two"), "column": ("V", "n")}, "mV",
)  # fmt: skip
OCCUPANCY = Field("f", np.array([0.7, 0.2, 0.1]), ("state",), {"state": ("C", "O", "I")})
FLUX = Field("e", np.array([0.5, -0.1]), ("edge",), {"edge": ("co", "oc")}, "1/ms")
STATES = (("C", 0.0, 0.5), ("O", 0.5, 0.5), ("I", 1.0, 0.5))
EDGES = (("C", "O", "co"), ("O", "C", "oc"))

VIEWS: dict[str, tuple[View, tuple[Field, ...]]] = {
    "line": (LinePlotViewSpec("v", "f"), (CURVES,)),
    "image": (ImageViewSpec("v", "f"), (GRID,)),
    "surface": (SurfaceViewSpec("v", "f"), (GRID,)),
    "bar": (BarViewSpec("v", "f"), (BARS,)),
    "raster": (RasterViewSpec("v", "f"), (ROWS,)),
    "table": (TableViewSpec("v", "f"), (TABLE,)),
    "state_graph": (
        StateGraphViewSpec("v", "f", states=STATES, edges=EDGES, edge_field_id="e"),
        (OCCUPANCY, FLUX),
    ),
}
EVENTS = np.array([0, 0, 1], np.int32), np.array([10.0, 60.0, 90.0])


def shown(
    qtbot: QtBot,
    spec: View,
    fields: tuple[Field, ...],
    *,
    theme: Theme | None = None,
    size: tuple[int, int] = (480, 320),
) -> Any:
    """Return a widget on the screen that shows a view and has drawn it."""
    view: FieldView[Any] = make_view(spec)  # type: ignore[assignment]
    qtbot.addWidget(view, before_close_func=lambda widget: widget.close_view())
    if theme is not None:
        view.setStyleSheet(stylesheet(theme))
        view.set_theme(theme)
    for field in fields:
        view.set_field(field)
    if spec.KIND == "raster":
        view.append_events(*EVENTS)
        view.set_time(100.0)
    view.resize(*size)
    view.show()
    qtbot.waitExposed(view)
    qtbot.waitUntil(lambda: view.redraws > 0 and not view._timer.isActive())
    return view


def picture(view: FieldView[Any]) -> bytes:
    """Return all pixels of a widget, drawn now."""
    view.draw_now()
    view.grab()  # an axis may ask for room while it is painted
    QApplication.processEvents()
    if isinstance(view, SurfaceView):
        view.canvas.redraw()
        view.canvas._settle.stop()  # the smooth picture that follows has other pixels
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return bytes(image.constBits())


def point_at(qtbot: QtBot, view: Any, x: float, y: float, wanted: str) -> None:
    """Move the mouse to a place of the axes until the readout says `wanted`; pyqtgraph drops fast moves."""
    canvas, turns = view.canvas.viewport(), count()

    def says_it() -> bool:
        step = QPoint(next(turns) % 2, 0)
        QTest.mouseMove(canvas, view.canvas.position_of(x, y).toPoint() + step)
        return wanted in view.header.readout

    qtbot.waitUntil(says_it)
