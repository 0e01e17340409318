"""What surrounds the curves: the hint of an empty plot, the legend with its heading, the splitter."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.traces.canvas import TraceCanvas
from app.traces.legend import TraceLegend
from app.ui.plain import PlainLabel

_NARROWEST_PX, _WIDEST_PX, _SHARE = 265, 290, 0.36
_MOST_SHARE = 0.45  # for a legend with long names


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
    """Curves and legend; the curves get most of a narrow plot, until the user moves the splitter."""

    def __init__(self, curves: QWidget, side: LegendPanel) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._is_moved = False
        self._divided = (0, 0)
        self.addWidget(curves)
        self.addWidget(side)
        self.setStretchFactor(0, 1)
        self.setCollapsible(0, False)
        self.splitterMoved.connect(self._on_moved)
        self._legend = side.legend
        side.legend.wantedWidthChanged.connect(self._divide_unless_moved)
        self._divide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the new width."""
        super().resizeEvent(event)
        self._divide_unless_moved()

    def _divide_unless_moved(self) -> None:
        if not self._is_moved:
            self._divide()

    def _divide(self) -> None:
        side = round(min(max(_SHARE * self.width(), _NARROWEST_PX), _WIDEST_PX))
        side = max(side, round(min(self._legend.wanted_width() + 8, _MOST_SHARE * self.width())))
        if (side, self.width()) == self._divided:
            return
        self._divided = (side, self.width())
        self.setSizes([max(self.width() - side, 1), side])

    def _on_moved(self, *_: int) -> None:
        self._is_moved = True
