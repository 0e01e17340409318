"""What surrounds the curves: the hint of an empty plot, the legend with its heading, the splitter."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.traces.canvas import TraceCanvas
from app.traces.legend import TraceLegend
from app.ui.plain import PlainLabel

_NARROWEST_PX, _WIDEST_PX, _SHARE = 265, 290, 0.36
_LOW_PX = 240  # below this height the legend has no heading
_MOST_SHARE, _MOST_SHARE_OF_NARROW = 0.45, 0.55  # for a legend with long names
_NARROW_PX, _TALL_SHARE, _MOST_SHARE_BELOW = 560, 0.55, 0.36


class CanvasHint(PlainLabel):
    """A hint over an empty canvas, as large as the canvas."""

    def __init__(self, text: str, canvas: TraceCanvas) -> None:
        super().__init__(text, canvas)
        self.setObjectName("emptyHint")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._canvas = canvas
        canvas.resized.connect(self.fit)

    def fit(self) -> None:
        """Cover the canvas."""
        self.setGeometry(self._canvas.rect())


class LegendPanel(QWidget):
    """The legend under a heading with the time of its values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legend = TraceLegend()
        self.heading = PlainLabel("Now")
        self.heading.setObjectName("quiet")
        self.heading.setContentsMargins(8, 4, 8, 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.heading)
        column.addWidget(self.legend)


class TraceSplitter(QSplitter):
    """Curves and legend, which is below the curves where the plot is narrow and tall.

    The curves get most of a small plot, until the user moves the splitter.
    """

    def __init__(self, curves: QWidget, side: LegendPanel) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._is_moved = False
        self._divided = (0, 0)
        self.addWidget(curves)
        self.addWidget(side)
        self.setStretchFactor(0, 1)
        self.setCollapsible(0, False)
        self.splitterMoved.connect(self._on_moved)
        self._side, self._legend = side, side.legend
        side.legend.wantedWidthChanged.connect(self._divide_unless_moved)
        self._divide()

    def minimumSizeHint(self) -> QSize:
        """Return a width at which the legend can be below the curves."""
        hint = super().minimumSizeHint()
        widest = max(self.widget(i).minimumSizeHint().width() for i in range(self.count()))
        return QSize(min(hint.width(), widest), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the new size."""
        is_tall = self.height() >= _TALL_SHARE * self.width() and self.width() < _NARROW_PX
        wanted = Qt.Orientation.Vertical if is_tall else Qt.Orientation.Horizontal
        if wanted != self.orientation():
            self._is_moved = False  # by the user, in the other direction
            self.setOrientation(wanted)
        self._legend.show_units(is_tall or self.width() >= _NARROW_PX)
        self._side.heading.setHidden(is_tall and self.height() < _LOW_PX)
        super().resizeEvent(event)
        self._divide_unless_moved()

    def _divide_unless_moved(self) -> None:
        if not self._is_moved:
            self._divide()

    def _divide(self) -> None:
        if self.orientation() == Qt.Orientation.Vertical:
            room = self.height()
            wanted = self._side.sizeHint().height() - self._legend.sizeHint().height()
            side = min(wanted + self._legend.wanted_height(), round(_MOST_SHARE_BELOW * room))
        else:
            room = self.width()
            least = _NARROWEST_PX if room >= _NARROW_PX else self._side.minimumSizeHint().width()
            side = round(min(max(_SHARE * room, least), _WIDEST_PX))
            most = _MOST_SHARE if room >= _NARROW_PX else _MOST_SHARE_OF_NARROW
            side = max(side, round(min(self._legend.wanted_width() + 8, most * room)))
        if (side, room) == self._divided:
            return
        self._divided = (side, room)
        self.setSizes([max(room - side, 1), side])

    def _on_moved(self, *_: int) -> None:
        self._is_moved = True
