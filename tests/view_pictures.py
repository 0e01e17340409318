"""Draws the pictures of docs/views.md, from the model that the page prints; a part of `make pictures`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QApplication

from app.palette import DARK
from app.ui.style import stylesheet
from app.views.factory import make_view

PAGE = Path(__file__).resolve().parents[1] / "docs" / "views.md"
SIZE = (380, 250)
T_MS = 6.0


def printed_model() -> dict[str, Any]:
    """Return the names that the page's code defines."""
    names: dict[str, Any] = {}
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    exec(compile(code, str(PAGE), "exec"), names)
    return names


def widget_of(view: Any, model: dict[str, Any]) -> Any:
    """Return a widget that has drawn one of the model's views."""
    widget: Any = make_view(view)
    widget.setStyleSheet(stylesheet(DARK))
    widget.set_theme(DARK)
    for field in model["fields"](T_MS):
        if field.id in view.field_ids:
            widget.set_field(field)
    if view.KIND == "raster":
        random = np.random.default_rng(0)
        rows = random.integers(0, 80, 800).astype(np.int32)
        widget.append_events(rows, random.uniform(0, 200, 800))
        widget.set_time(200.0)
    widget.resize(*SIZE)
    widget.show()
    widget.draw_now()
    return widget


def draw_views(folder: Path) -> None:
    """Draw a picture of each view of the page."""
    from tests.pictures import save

    model = printed_model()
    for view in model["VIEWS"]:
        widget = widget_of(view, model)
        save(widget, folder / f"view-{view.KIND}.png")
        widget.close_view()
        widget.deleteLater()
        QApplication.processEvents()
