"""`PanelSteps`: creates the panels of a new window one by one, in between the frames that a user waits for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from backends.phase import Phase

if TYPE_CHECKING:
    from app.model import Model
    from app.viewport.widget import Viewport

BETWEEN_MS = 40  # in this time a session that the user has started says that it runs
LONGEST_TO_FRAME_MS = 500  # a window that is covered draws none


class PanelSteps(QObject):
    """Calls each step in a turn of the event loop of its own.

    Parameters
    ----------
    steps : sequence of callable
        Each creates some panels.
    """

    def __init__(
        self, model: Model, steps: tuple[Callable[[], None], ...], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._steps = list(steps)
        self._is_drawn = False  # a cell, since the start
        self._is_fresh = self._is_waiting = False  # since the last step
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._take_step)

    def start(self, viewport: Viewport) -> None:
        """Begin; `viewport` draws the cell."""
        viewport.framePainted.connect(self._on_frame)
        self._timer.start(0)

    def _take_step(self) -> None:
        if self._awaits_frame and not self._is_fresh and not self._is_waiting:
            self._is_waiting = True
            self._timer.start(LONGEST_TO_FRAME_MS)
            return
        self._is_fresh = self._is_waiting = False
        self._steps.pop(0)()
        if self._steps:
            self._timer.start(BETWEEN_MS)

    @property
    def _awaits_frame(self) -> bool:
        """Whether a step now would keep a frame from the user: the first of a cell, the next of a run."""
        model = self._model
        return model.has_scene and (not self._is_drawn or model.phase is Phase.RUNNING)

    def _on_frame(self) -> None:
        if not self._model.has_scene:
            return
        self._is_drawn = self._is_fresh = True
        if self._timer.isActive():
            self._timer.start(0)
