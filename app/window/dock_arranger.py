"""`DockArranger`: arranges the docks for the cell that is open, until the user arranges them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QSize, QTimer

from app.window.arrangement import Arrangement, arrangement_for
from app.window.docks import is_in_front, place_docks, size_docks
from app.window.main_window import MainWindow
from backends.scene import MorphologyGeometry

SETTLE_MS = 150
_TRACES_BELOW_PX = 240


class DockArranger(QObject):
    """Places docks when a cell opens or the window has another size; a user's arrangement is never changed.

    A dock that the user has moved, detached or resized is an arrangement; it is kept in the settings until
    *Reset layout*. The Inspector is opened with the first segment that is shown in it, and closed when it
    becomes empty, unless the user has closed or opened it.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._docks = window.docks
        self._extent: tuple[float, float] | None = None
        self._arrangement: Arrangement | None = None
        self._is_arranging = self._is_filled = False
        self._has_plot = True
        self._sizes: list[QSize] = []
        self._settling = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settling.timeout.connect(self.arrange)
        for dock in self._docks.values():
            dock.topLevelChanged.connect(self._on_moved)
            dock.dockLocationChanged.connect(self._on_moved)
        self._docks["archive"].visibilityChanged.connect(self._size_soon)
        window.sizeChanged.connect(self._settling.start)
        window.separatorPressed.connect(self._remember_sizes)
        window.separatorReleased.connect(self._compare_sizes)
        window.layoutReset.connect(self._reset)
        self._docks["inspector"].toggleViewAction().triggered.connect(self._on_inspector_toggled)

    @property
    def is_waiting(self) -> bool:
        """Whether the docks will follow another size of the window in a moment."""
        return self._settling.isActive()

    def open_cell(self, geometry: MorphologyGeometry) -> None:
        """Arrange the docks for a cell that has just been opened."""
        self._extent = extent_of(geometry)
        self.arrange()

    def set_has_plot(self, has_plot: bool) -> None:
        """Set whether the dock of traces is open from the start; else it gets room only below, when it opens."""
        if has_plot != self._has_plot:
            self._has_plot = has_plot
            self.arrange()

    def arrange(self) -> None:
        """Arrange the docks for the open cell and the window's size, unless the user has done so."""
        if self._extent is None or self._window.settings.is_arranged:
            return
        archive = self._docks["archive"]
        kept_px = archive.width() if is_in_front(archive) else None
        wanted = arrangement_for(self._extent, self._window.room(), kept_px)
        if not self._has_plot:
            wanted = replace(wanted, is_beside=False, traces_px=_TRACES_BELOW_PX)
        before, self._arrangement = self._arrangement, wanted
        is_placed = before is not None and (before.is_beside, before.is_compact) == (
            wanted.is_beside,
            wanted.is_compact,
        )
        self._is_arranging = True
        try:
            (size_docks if is_placed else place_docks)(self._window, self._docks, wanted)
        finally:
            self._is_arranging = False

    def show_inspector(self, is_filled: bool) -> None:
        """Open the Inspector when it has something to show, and close it when it has not."""
        self._is_filled = is_filled
        dock, wish = self._docks["inspector"], self._window.settings.inspector
        if not wish and dock.isHidden() == is_filled:
            dock.setVisible(is_filled)
            self._size_soon()

    def show_picked(self, is_picked: bool) -> None:
        """Raise the Inspector, for a picked segment, over the Cell panel, where a narrow window has one behind the other."""
        is_tabbed = is_picked and self._arrangement is not None and self._arrangement.is_compact
        is_ours = is_tabbed and not self._window.settings.is_arranged
        if is_ours and is_in_front(self._docks["cell"]) and not self._docks["inspector"].isHidden():
            self._docks["inspector"].raise_()

    def _on_inspector_toggled(self, is_open: bool) -> None:
        self._window.settings.inspector = "open" if is_open else "closed"
        self._size_soon()

    def _size_soon(self, *_: object) -> None:
        self._settling.start()

    def _on_moved(self, *_: object) -> None:
        if not self._is_arranging:
            self._window.settings.is_arranged = True

    def _remember_sizes(self) -> None:
        self._sizes = [dock.size() for dock in self._docks.values()]

    def _compare_sizes(self) -> None:
        if self._sizes != [dock.size() for dock in self._docks.values()]:
            self._window.settings.is_arranged = True

    def _reset(self) -> None:
        self._arrangement = None
        self._docks["inspector"].setVisible(self._is_filled)
        self.arrange()


def extent_of(geometry: MorphologyGeometry) -> tuple[float, float]:
    """Return width and height of a cell seen from the front, µm."""
    if not len(geometry.points):
        return 1.0, 1.0
    reach = geometry.radii[:, None]
    low = (geometry.points - reach).min(axis=0)
    high = (geometry.points + reach).max(axis=0)
    return float(high[0] - low[0]), float(high[1] - low[1])
