"""Writes a comparison to files: traces, numbers or a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.compare.result import trace_columns
from app.export.files import with_added_suffix
from backends.comparison.result import Comparison

FILTERS = (
    "Traces as a table (*.csv)",
    "Traces as a NumPy archive (*.npz)",
    "Numbers (*.json)",
    "Picture (*.png)",
)
SUFFIXES = (".csv", ".npz", ".json", ".png")


def with_suffix(path: str, chosen_filter: str) -> Path:
    """Return the path, with the suffix of the chosen kind if it has no known suffix; see `with_added_suffix`."""
    kind = SUFFIXES[FILTERS.index(chosen_filter)] if chosen_filter in FILTERS else SUFFIXES[0]
    return with_added_suffix(path, SUFFIXES, kind)


def save(path: Path, comparison: Comparison, segment_ids: Sequence[str], pictured: QWidget) -> str:
    """Write a comparison in the format of the suffix; return a description of what was written.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        from app.export.files import write_text

        write_text(path, comparison.to_json() + "\n")
        return "Numbers"
    if suffix == ".png":
        from app.viewport.pictures import write_png

        write_png(_pixels(pictured), path)
        return "Picture"
    from app.export.traces import write_traces

    ids = tuple(segment_ids) or comparison.default_segments
    write_traces(path, trace_columns(comparison, ids))
    return f"Traces of {len(ids)} segment{'' if len(ids) == 1 else 's'}"


def _pixels(widget: QWidget) -> np.ndarray:
    """Return the pixels of a widget, shape (height, width, 3)."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
