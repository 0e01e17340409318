"""`LinkedViews`: the cell three times, seen by one camera: V on either side, and their difference.

Each view is a viewport of its own, as large as a third of the place, so that the three cost little more
than one: what is drawn in software hangs on the pixels. Whoever moves one camera moves all of them.
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


class Shown(StrEnum):
    """What is shown of the three."""

    ALL = "All"
    LEFT = "Left"
    RIGHT = "Right"
    DIFFERENCE = "ΔV"


PARTS = (Shown.LEFT, Shown.RIGHT, Shown.DIFFERENCE)


class LinkedViews(QWidget):
    """Three viewports side by side.

    Signals
    -------
    segmentClicked(int), segmentHovered(int)
        In any of them; -1 when the pointer left.

    Attributes
    ----------
    views : mapping of Shown to Viewport
    """

    segmentClicked = Signal(int)
    segmentHovered = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views: dict[Shown, Viewport] = {}
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

    def _add_view(self, part: Shown) -> None:
        view = make_viewport()
        view.set_hint("")
        view.segmentClicked.connect(self.segmentClicked)
        view.segmentHovered.connect(partial(self._hover, part))
        view.cameraMoved.connect(partial(self._follow, part))
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
        self, geometry: MorphologyGeometry | None, captions: tuple[str, str, str], reach: Range
    ) -> None:
        """Show a cell under captions, from left to right; `reach` of the difference, mV."""
        for view, caption in zip(self.views.values(), captions, strict=True):
            view.set_geometry(geometry)
            view.set_caption(caption)
            view.setAccessibleName("The cell: " + caption.replace("\n", ", "))
        for part in (Shown.LEFT, Shown.RIGHT):
            self.views[part].set_color_map("scalar", MV_LIMITS, "mV", "V")
        self.set_reach(reach)

    def set_reach(self, reach: Range) -> None:
        """Show the difference in another range, mV; small ones are told in µV or nV."""
        self._scale = scale = Scale.of(reach[1])
        low, high = (end * scale.per_mv for end in reach)
        self.views[Shown.DIFFERENCE].set_color_map("diverging", (low, high), scale.unit, "ΔV")

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
        """Dress all views."""
        for view in self.views.values():
            view.set_theme(theme)

    def set_moving(self, moving: bool) -> None:
        """Say whether the values keep changing, so that detail may give way to speed."""
        for view in self.views.values():
            view.set_moving(moving)

    def show_only(self, shown: Shown) -> None:
        """Show all three, or one."""
        parts = PARTS if shown is Shown.ALL else (shown,)
        for part, view in self.views.items():
            view.setVisible(part in parts)
        for line in self._lines:
            line.setVisible(shown is Shown.ALL)
        self._set_decorations(parts)

    def _set_decorations(self, parts: Sequence[Shown]) -> None:
        """One scale bar and triad hold for all, and one bar for both voltages."""
        for part, view in self.views.items():
            view.set_decorations(
                color_bar=part is not Shown.LEFT or len(parts) == 1,
                scale_bar=part is parts[0],
                axes=part is parts[0],
            )

    def reset_view(self) -> None:
        """Look at the whole cell from the front."""
        self._first().reset_view()

    def focus_segment(self, segment: int) -> None:
        """Bring a segment to the centre of every view."""
        self._first().focus_segment(segment)

    def close_views(self) -> None:
        """Let go of everything of VTK's."""
        for view in self.views.values():
            view.close_view()

    # --------------------------------------------------------------------------------- linking

    def _first(self) -> Viewport:
        return next(view for view in self.views.values() if not view.isHidden())

    def _follow(self, part: Shown) -> None:
        """Let every other view see what this one sees."""
        leader = self.views[part]
        for other in self.views.values():
            if other is not leader:
                other.copy_camera(leader)

    def _hover(self, part: Shown, segment: int) -> None:
        """Point out in every other view what is under the pointer in this one."""
        for other, view in self.views.items():
            if other is not part:
                view.show_hovered(segment)
        self.segmentHovered.emit(segment)
