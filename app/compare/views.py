"""`LinkedViews`: three views of the cell with linked cameras: V of each simulator, and their difference.

Each view is a viewport with a third of the space, so that the three cost little more than one: the time of drawing
in software depends on the number of pixels. Moving one camera moves all.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.compare.result import Range, Scale
from app.palette import Rgb, Theme
from app.presenters.viewport import MV_LIMITS
from app.viewport.factory import make_viewport
from app.viewport.widget import Viewport
from backends.scene import MorphologyGeometry


class ViewChoice(StrEnum):
    """Which of the three views are shown."""

    ALL = "All"
    LEFT = "Left"
    RIGHT = "Right"
    DIFFERENCE = "ΔV"


PARTS = (ViewChoice.LEFT, ViewChoice.RIGHT, ViewChoice.DIFFERENCE)


class LinkedViews(QWidget):
    """Three viewports side by side.

    Signals
    -------
    segmentClicked(int), segmentHovered(int)
        In any of them; -1 once the pointer left.

    Attributes
    ----------
    views : mapping of ViewChoice to Viewport
    """

    segmentClicked = Signal(int)
    segmentHovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views: dict[ViewChoice, Viewport] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._lines: list[QFrame] = []
        self._scale = Scale.of(1.0)
        for part in PARTS:
            if self.views:
                self._add_line()
            self._add_view(part)
        self._set_decorations(PARTS)

    def _add_view(self, part: ViewChoice) -> None:
        view = make_viewport()
        view.set_hint("")
        view.segmentClicked.connect(self.segmentClicked)
        view.segmentHovered.connect(partial(self._hover, part))
        view.cameraMoved.connect(partial(self._sync_cameras, part))
        self.views[part] = view
        self._row.addWidget(view, 1)

    def _add_line(self) -> None:
        line = QFrame()
        line.setObjectName("hairline")
        line.setFixedWidth(1)
        self._lines.append(line)
        self._row.addWidget(line)

    # -------------------------------------------------------------------------------- setters

    def set_cell(
        self, geometry: MorphologyGeometry | None, captions: tuple[str, str, str], limits: Range
    ) -> None:
        """Show a cell under captions, from left to right; `limits` of the difference, mV."""
        for view, caption in zip(self.views.values(), captions, strict=True):
            view.set_geometry(geometry)
            view.set_caption(caption)
            view.setAccessibleName("The cell: " + caption.replace("\n", ", "))
        for part in (ViewChoice.LEFT, ViewChoice.RIGHT):
            self.views[part].set_color_map("scalar", MV_LIMITS, "mV", "V")
        self.set_difference_limits(limits)

    def set_difference_limits(self, limits: Range) -> None:
        """Set the colour range of the difference, mV; small ones are shown in µV or nV."""
        self._scale = scale = Scale.of(limits[1])
        low, high = (end * scale.per_mv for end in limits)
        self.views[ViewChoice.DIFFERENCE].set_color_map("diverging", (low, high), scale.unit, "ΔV")

    def set_values(
        self,
        left: NDArray[np.float32],
        right: NDArray[np.float32],
        difference: NDArray[np.float32],
        time_ms: float,
    ) -> None:
        """Colour the cells, each of shape (n_segments,), mV."""
        scaled = difference * np.float32(self._scale.per_mv)
        for part, values in zip(PARTS, (left, right, scaled), strict=True):
            self.views[part].set_values(values, time_ms)

    def set_marks(self, marks: Sequence[tuple[int, Rgb]]) -> None:
        """Mark segments in all views, each in a colour."""
        for view in self.views.values():
            view.set_marks(marks)

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        for view in self.views.values():
            view.set_theme(theme)

    def set_moving(self, moving: bool) -> None:
        """Set whether the values keep changing, so that views may draw less detail."""
        for view in self.views.values():
            view.set_moving(moving)

    def show_only(self, shown: ViewChoice) -> None:
        """Show all three, or one."""
        parts = PARTS if shown is ViewChoice.ALL else (shown,)
        for part, view in self.views.items():
            view.setVisible(part in parts)
        for line in self._lines:
            line.setVisible(shown is ViewChoice.ALL)
        self._set_decorations(parts)

    def _set_decorations(self, parts: Sequence[ViewChoice]) -> None:
        """Show one scale bar and one axes triad for all, and one colour bar for both voltages."""
        for part, view in self.views.items():
            view.set_decorations(
                color_bar=part is not ViewChoice.LEFT or len(parts) == 1,
                scale_bar=part is parts[0],
                axes=part is parts[0],
            )

    def reset_view(self) -> None:
        """Show the entire cell from the front."""
        self._first().reset_view()

    def focus_segment(self, segment: int) -> None:
        """Centre every view on a segment."""
        self._first().focus_segment(segment)

    def close_views(self) -> None:
        """Release all VTK resources."""
        for view in self.views.values():
            view.close_view()

    # --------------------------------------------------------------------------------- linking

    def _first(self) -> Viewport:
        return next(view for view in self.views.values() if not view.isHidden())

    def _sync_cameras(self, part: ViewChoice) -> None:
        """Copy this view's camera to the others."""
        leader = self.views[part]
        for other in self.views.values():
            if other is not leader:
                other.copy_camera(leader)

    def _hover(self, part: ViewChoice, segment: int) -> None:
        """Highlight in every other view the segment under the pointer in this one."""
        for other, view in self.views.items():
            if other is not part:
                view.show_hovered(segment)
        self.segmentHovered.emit(segment)
