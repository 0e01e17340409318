"""`RangedPlot`: the part of `TracePlot` that is about the times and values shown."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.traces.panes import TracePanes
from app.traces.ranges import VOLTAGE_RANGE, Range
from app.traces.toolbar import TraceToolbar
from app.ui.live_widget import LiveWidget


class RangedPlot(LiveWidget):
    """Panes and a toolbar over a common range of times; each pane has its range of values.

    Signals
    -------
    windowChanged(object)
        The rolling window's length in ms, None for everything.
    followingChanged(bool)
        Whether the plot follows the present time.
    """

    windowChanged = Signal(object)
    followingChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.toolbar = TraceToolbar()
        self.panes = TracePanes()
        self.canvas = self.panes.main.canvas
        self._ranges = self.panes.main.ranges
        self._y_limits: Range | None = None

    @property
    def y_unit(self) -> str:
        """Unit of the values."""
        raise NotImplementedError

    def set_y_limits(self, limits: Range | None) -> None:
        """Show the range of values that an author has chosen; None is that of the unit. Nothing for the same limits."""
        if limits != self._y_limits:
            self._y_limits = limits
            self._set_author_range()

    def _set_author_range(self) -> None:
        limits, is_mv = self._y_limits, self.y_unit == "mV"
        self.set_y_range(limits if limits is not None or not is_mv else VOLTAGE_RANGE)
        self._ranges.is_default = limits is None and is_mv

    def set_window(self, window_ms: float | None) -> None:
        """Show the last `window_ms`; None shows everything."""
        if window_ms == self._ranges.window_ms:
            return
        self._ranges.window_ms = window_ms
        self.toolbar.set_window(window_ms)
        self.windowChanged.emit(window_ms)
        self.schedule_redraw()

    def set_y_range(self, limits: Range | None) -> None:
        """Show a fixed value range; None follows the traces."""
        if limits is not None:
            self._ranges.fixed_y, self._ranges.is_default = limits, False
        self.set_auto_range(limits is None)

    def set_auto_range(self, auto: bool) -> None:
        """Follow the traces' values, or return to the fixed range (the present one, if none was set)."""
        if not auto and self._ranges.fixed_y is None:
            self._ranges.fixed_y = self.canvas.ranges()[1]
        self._ranges.set_auto(auto)
        self.toolbar.set_auto(auto)
        self._show_following()
        self.schedule_redraw()

    def copy_ranges(self, other: RangedPlot) -> None:
        """Show the times and values that another plot of the same traces shows, as its user has chosen them."""
        theirs, ours = other._ranges, self._ranges
        self._y_limits = other._y_limits
        ours.fixed_y, ours.is_default = theirs.fixed_y, theirs.is_default
        self.set_auto_range(theirs.auto)
        self.set_window(theirs.window_ms)
        ours.follow_x, ours.follow_y = theirs.follow_x, theirs.follow_y
        self.canvas.set_ranges(*other.canvas.ranges())
        self._show_following()

    def go_live(self) -> None:
        """Follow the present time and the chosen value range again."""
        for pane in self.panes:
            pane.ranges.go_live()
        self._show_following()
        self.schedule_redraw()

    def _show_following(self) -> None:
        following = self._ranges.follow_x and all(pane.ranges.follow_y for pane in self.panes)
        if self.toolbar.live.isHidden() != following:
            self.toolbar.live.setVisible(not following)
            self.followingChanged.emit(following)

    @property
    def window_ms(self) -> float | None:
        """Length of the rolling window, ms; None for everything."""
        return self._ranges.window_ms

    @property
    def is_following(self) -> bool:
        """Whether the plot follows the present time."""
        return self._ranges.follow_x

    @property
    def is_auto_range(self) -> bool:
        """Whether the value range follows the traces."""
        return self._ranges.auto
