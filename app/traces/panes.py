"""`TracePanes`: the plots of the traces, one above the other, one for each unit, over the same times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from app.palette import DARK, Rgb, Theme
from app.traces.canvas import TraceCanvas
from app.traces.ranges import RangePolicy
from app.traces.store import last_run_id

MAIN = ""
_LEAST_PX = 64
_TIME_AXIS_PX = 46


@dataclass(eq=False, slots=True)
class Pane:
    """One plot.

    Attributes
    ----------
    unit : str
        Of its values.
    ranges : RangePolicy
        Its range of values; the range of times is that of the main pane.
    curves : set of str
        Ids of the traces in it.
    """

    unit: str
    canvas: TraceCanvas
    ranges: RangePolicy
    curves: set[str] = field(default_factory=set)


class TracePanes(QSplitter):
    """The main pane, whose unit is the plot's, and below it a pane for every other unit that has a trace.

    Signals
    -------
    See `TraceCanvas`; they are those of every pane. `rangeChangedByUser` has the pane too.
    """

    cursorHovered = Signal(float)
    cursorClicked = Signal(float)
    curveClicked = Signal(str)
    rangeChangedByUser = Signal(object, bool, bool)
    liveRequested = Signal()
    menuRequested = Signal(object)
    escapePressed = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self._theme = DARK
        self._highlighted: str | None = None
        self.main = Pane("", TraceCanvas(), RangePolicy())
        self._others: dict[str, Pane] = {}
        self._add(self.main)

    def __iter__(self) -> Iterator[Pane]:
        yield self.main
        yield from self._others.values()

    def _add(self, pane: Pane) -> None:
        canvas = pane.canvas
        canvas.setMinimumHeight(_LEAST_PX)
        for name in (
            "cursorHovered", "cursorClicked", "curveClicked", "liveRequested", "menuRequested",
            "escapePressed", "resized",
        ):  # fmt: skip
            getattr(canvas, name).connect(getattr(self, name))
        canvas.rangeChangedByUser.connect(partial(self.rangeChangedByUser.emit, pane))
        canvas.axisWidthNeeded.connect(self._align_axes)
        canvas.set_theme(self._theme)
        self.addWidget(canvas)
        self.setStretchFactor(self.count() - 1, 1)
        self._align_axes()

    def pane_of(self, trace_id: str) -> Pane:
        """Return the pane of a trace; KeyError if there is none."""
        for pane in self:
            if trace_id in pane.curves:
                return pane
        raise KeyError(trace_id)

    def __contains__(self, trace_id: object) -> bool:
        return any(trace_id in pane.curves for pane in self)

    # -------------------------------------------------------------------------------- curves

    def set_curve(
        self,
        trace_id: str,
        unit: str | None,
        color: Rgb,
        style: Qt.PenStyle = Qt.PenStyle.SolidLine,
    ) -> None:
        """Add a curve to the pane of its unit (None: the main pane), or change its colour, style or pane."""
        pane = self.main if unit is None else self._others.get(unit)
        if pane is None:
            pane = self._others[str(unit)] = Pane(
                str(unit), TraceCanvas(shows_time=False), RangePolicy()
            )
            self._add(pane)
            self._share_height()
        if trace_id in self and self.pane_of(trace_id) is not pane:
            self.remove_curve(trace_id)
        pane.curves.add(trace_id)
        self._show_main()
        pane.canvas.set_curve(trace_id, color, style)
        if trace_id == self._highlighted:
            pane.canvas.highlight(trace_id)

    def remove_curve(self, trace_id: str) -> None:
        """Remove a curve, and its pane if that is empty."""
        pane = self.pane_of(trace_id)
        pane.curves.discard(trace_id)
        pane.canvas.remove_curve(trace_id)
        if pane.canvas.has_curve(last_run_id(trace_id)):
            pane.canvas.remove_curve(last_run_id(trace_id))
        if not pane.curves and pane is not self.main:
            del self._others[pane.unit]
            pane.canvas.setParent(None)
            pane.canvas.deleteLater()
            self._share_height()
        self._show_main()

    def set_curve_shown(self, trace_id: str, shown: bool) -> None:
        """Show or hide a curve."""
        self.pane_of(trace_id).canvas.set_curve_shown(trace_id, shown)

    def set_last_run(self, trace_id: str, color: Rgb, shown: bool) -> None:
        """Add the line of a trace's last run behind its pane's curves, or show or hide it."""
        canvas = self.pane_of(trace_id).canvas
        canvas.set_curve(last_run_id(trace_id), color, below=True)
        canvas.set_curve_shown(last_run_id(trace_id), shown)

    def draw(self, trace_id: str, times: NDArray[Any], values: NDArray[Any]) -> None:
        """Set a curve's points."""
        self.pane_of(trace_id).canvas.draw(trace_id, times, values)

    def highlight(self, trace_id: str | None) -> None:
        """Draw one curve thicker and above the others."""
        self._highlighted = trace_id
        for pane in self:
            pane.canvas.highlight(trace_id if trace_id in pane.curves else None)

    def show_cursor(
        self, time_ms: float | None, pinned: bool, marks: Iterable[tuple[str, float, Rgb]]
    ) -> None:
        """Show the cursor with a dot on each trace (id, value, colour); None hides it."""
        marks = list(marks)
        for pane in self:
            own = [(value, color) for id_, value, color in marks if id_ in pane.curves]
            pane.canvas.show_cursor(time_ms, pinned, own)

    def set_times(self, pane: Pane) -> None:
        """Show the times of one pane, which the user has moved, in the main pane."""
        self.main.canvas.set_ranges(pane.canvas.ranges()[0], self.main.canvas.ranges()[1])

    # ---------------------------------------------------------------------------------- look

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        for pane in self:
            pane.canvas.set_theme(theme)

    def _show_main(self) -> None:
        """Hide the main pane while it has no trace and another one has."""
        is_needed = bool(self.main.curves) or not self._others
        if self.main.canvas.isHidden() == is_needed:
            self.main.canvas.setVisible(is_needed)
            self._share_height()

    def _share_height(self) -> None:
        share = max((self.height() - _TIME_AXIS_PX) // self.count(), 1)
        self.setSizes([share] * (self.count() - 1) + [share + _TIME_AXIS_PX])
        for pane in self:  # the numbers of the time axis are below the lowest plot only
            pane.canvas.set_time_axis(pane.canvas is self.widget(self.count() - 1))

    def _align_axes(self, *_: int) -> None:
        """Make the vertical axes equally wide, so that the times are below each other."""
        widest = int(np.max([pane.canvas.axis_width() for pane in self]))
        for pane in self:
            pane.canvas.set_axis_width(widest)
