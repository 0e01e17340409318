"""`HitView`: what the table and the tiles of the hits have in common."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView

from app.archive.results.delegate import Paint
from app.archive.results.model import ResultsModel

StartDrag = Callable[[], object]


class HitView:
    """Mixin of a `QAbstractItemView`, named before it: complete rows are chosen and dragged out.

    Parameters
    ----------
    start_drag : callable
        Begins the drag of what is chosen: Qt's own way would list every cell of every chosen row.
    name : str
        For a screen reader.
    """

    def __init__(self, model: ResultsModel, paint: Paint, start_drag: StartDrag, name: str) -> None:
        super().__init__()
        self._hits, self._paint, self._start_drag = model, paint, start_drag
        self.setAccessibleName(name)
        self.setProperty("ringed", "true")
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setTabKeyNavigation(False)
        # It paints its own background, so a scroll moves the picture and only what comes into view is painted.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def reset(self) -> None:
        """Show the hits of another search from the first one on."""
        super().reset()
        self.scrollToTop()

    def keyboardSearch(self, _text: str) -> None:
        """Do nothing: a search by first letters would read every row, loaded or not."""

    def startDrag(self, _actions: Qt.DropAction) -> None:
        """Drag what is chosen."""
        self._start_drag()
