"""`make_view`: the widget of a view, by its kind. To add a kind, add a row."""

from __future__ import annotations

from importlib import import_module

from app.views.base import ViewWidget
from backends.views import ViewSpec

WIDGETS: dict[str, tuple[str, str]] = {
    "line": ("app.views.line", "LineView"),
    "image": ("app.views.image", "ImageView"),
    "surface": ("app.views.surface.view", "SurfaceView"),
    "bar": ("app.views.bar", "BarView"),
    "raster": ("app.views.raster", "RasterView"),
    "table": ("app.views.table", "TableView"),
    "state_graph": ("app.views.state_graph", "StateGraphView"),
}
"""Module and class by `View.KIND`. A module is imported with its first view: it may load VTK or a plot library."""


def make_view(spec: ViewSpec) -> ViewWidget:
    """Return a new widget that shows a view; its attributes must have their present values."""
    if spec.KIND in WIDGETS:
        module, name = WIDGETS[spec.KIND]
        widget: ViewWidget = getattr(import_module(module), name)()
    else:
        from app.views.missing import MissingView

        widget = MissingView()
    widget.set_spec(spec)
    return widget
