"""`ViewWidget`: what every widget of a view can do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.export.export_table import ExportTable
from app.palette import DARK, Theme
from app.ui.live_widget import LiveWidget
from backends.field import Field
from backends.views import ViewSpec


class ViewWidget(LiveWidget):
    """Shows one view of a scene.

    A subclass overrides the setters that it needs; each stores and calls `schedule_redraw`, and `_redraw`
    draws. A setter may be called while the widget is hidden, and in any order after the first `set_spec`.
    Title and kind are in the title bar of the panel around it.

    Signals
    -------
    exportRequested()
        The user wants the data in a file: see `export_table`.
    """

    exportRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = DARK

    def set_spec(self, view: ViewSpec) -> None:
        """Show a view, whose attributes have their present values: no `StateBinding` is left in it."""
        raise NotImplementedError

    def set_field(self, field: Field) -> None:
        """Show the present values of one of ``view.field_ids``; ``field.id`` says which.

        Dims and shape may suit the view or not: what does not is reported in the widget, never raised.
        """
        raise NotImplementedError

    def append_events(
        self, rows: NDArray[np.int32], times: NDArray[np.float64], from_start: bool = False
    ) -> None:
        """Add events, or replace all of them: rows of the field, and times in ms, shape (n,) each."""

    def set_time(self, time_ms: float) -> None:
        """Set the present simulated time, ms."""

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self.theme = theme
        self.schedule_redraw()

    def draw_now(self) -> None:
        """Draw at once, hidden too, for pictures."""
        self._timer.stop()
        self._redraw()

    def grab_image(self) -> QImage:
        """Return what is shown, in device pixels."""
        return self.grab().toImage()

    def export_table(self) -> ExportTable | None:
        """Return what is shown, for export; None while there is nothing."""
        return None

    def close_view(self) -> None:
        """Release what must not wait for Qt, such as objects of VTK; may be called twice."""
