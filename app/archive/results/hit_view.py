"""What the table and the tiles of the hits have in common: `Paint` draws, `HitView` is a mixin of both.

Records are painted directly: a table of thirty rows and twelve columns is repainted at each step of a scroll,
and Qt's own item painting through a style sheet takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView

from app.archive.results.model import ResultsModel
from app.archive.results.thumbnails import Thumbnails
from app.palette import DARK, Theme
from app.ui.severity import draw_sign
from app.ui.style import blend
from neuromorpho.records.models import NeuroMorphoNeuron

# As numbers, made once: hundreds of cells are drawn in a frame.
LEFT = (Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter).value
RIGHT = (Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter).value
_ONE_LINE = Qt.TextFlag.TextSingleLine.value
_SMOOTH = QPainter.RenderHint.Antialiasing
_MOST_TEXTS = 20_000
_SIGNS = {"ready": "good", "caution": "warning", "not": "error"}
StartDrag = Callable[[], object]


class Paint:
    """The colours of a theme, and the drawing that table and grid share.

    Parameters
    ----------
    thumbnails
        The pictures of cells; without it every cell has a placeholder.
    """

    def __init__(self, thumbnails: Thumbnails | None = None) -> None:
        self._thumbnails = thumbnails
        self.set_theme(DARK)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme, whose letters may be others too."""
        self._elided: dict[tuple[str, int], str] = {}
        self.text, self.quiet = QColor(*theme.text), QColor(*theme.text_quiet)
        self.ground, self.border = QColor(*theme.surface), QColor(*theme.border)
        self.chosen = QColor(*blend(theme.panel, theme.accent, 0.22))
        self.accent = QColor(*theme.accent)
        self.waiting = QColor(*blend(theme.surface, theme.text, 0.08))
        self.levels = {"ready": theme.good, "caution": theme.warn, "not": theme.bad}

    def pixmap_of(self, neuron: NeuroMorphoNeuron | None) -> QPixmap | None:
        """Return a cell's picture, if it is loaded."""
        if neuron is None or self._thumbnails is None:
            return None
        return self._thumbnails.pixmap(neuron)

    def mark(self, painter: QPainter, middle: QPointF, level: str) -> None:
        """Draw a readiness mark: its shape has the same meaning as its colour."""
        draw_sign(painter, middle, _SIGNS[level], QColor(*self.levels[level]))

    def picture(self, painter: QPainter, place: QRect, neuron: NeuroMorphoNeuron | None) -> None:
        """Draw a cell's picture, or a placeholder: a quiet tile, or "no picture"."""
        painter.setRenderHint(_SMOOTH)
        found = self.pixmap_of(neuron)
        if found is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.waiting)
            painter.drawRoundedRect(place, 4, 4)
            known = self._thumbnails if neuron else None
            if known and (known.has_none(neuron) or known.has_failed(neuron)):
                self._no_picture(painter, QRectF(place))
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = found.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(place.topLeft(), size)
        target.moveCenter(place.center())
        corner = QPainterPath()
        corner.addRoundedRect(QRectF(target), 4, 4)
        painter.save()
        painter.setClipPath(corner, Qt.ClipOperation.IntersectClip)
        painter.drawPixmap(target, found)
        painter.restore()

    def bar(self, painter: QPainter, line: QRect, share: float, flags: int = LEFT) -> None:
        """Draw a placeholder for a line of text that is not loaded yet, over a share of its width."""
        place = QRect(0, 0, int(line.width() * share), 8)
        place.moveCenter(line.center())
        if flags == LEFT:
            place.moveLeft(line.left())
        elif flags == RIGHT:
            place.moveRight(line.right())
        painter.setRenderHint(_SMOOTH)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.waiting)
        painter.drawRoundedRect(place, 3, 3)

    def line(self, painter: QPainter, place: QRect, text: str, color: QColor, flags: int) -> None:
        """Draw a text, elided at its right."""
        width = place.width()
        elided = self._elided.get((text, width))
        if elided is None:
            elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            if len(self._elided) >= _MOST_TEXTS:
                self._elided.clear()
            self._elided[text, width] = elided
        painter.setPen(color)
        painter.drawText(place, flags | _ONE_LINE, elided)

    def _no_picture(self, painter: QPainter, place: QRectF) -> None:
        """Draw a small branching cell, struck out."""
        unit = min(place.width() / 5, place.height() / 4, 14.0)
        middle = place.center()
        painter.setPen(QPen(self.quiet, max(1.0, unit / 8)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for x, y in ((-1, -1), (1, -1), (0, 1.2)):
            painter.drawLine(middle, middle + QPointF(x, y) * unit)
        painter.setBrush(self.quiet)
        painter.drawEllipse(middle, unit / 4, unit / 4)
        painter.drawLine(middle + QPointF(-1.6, 0.2) * unit, middle + QPointF(1.6, 0.2) * unit)


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
