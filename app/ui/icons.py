"""The toolbar's icons, drawn in the colours of the theme, sharp at any scale."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QIcon,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPixmap,
    QPolygonF,
)

from app.palette import Rgb

SIZE = 16
_SCALE = 4  # drawn larger, so that they are sharp on high-resolution screens


def _triangle(path: QPainterPath, left: float, right: float) -> None:
    points = [QPointF(left, 3), QPointF(right, 8), QPointF(left, 13)]
    path.addPolygon(QPolygonF(points))
    path.closeSubpath()


def _bar(path: QPainterPath, x: float, width: float = 2) -> None:
    path.addRect(QRectF(x, 3, width, 10))


def _shape(name: str) -> QPainterPath:
    path = QPainterPath()
    match name:
        case "run":
            _triangle(path, 4, 13)
        case "pause":
            _bar(path, 4, 3)
            _bar(path, 9, 3)
        case "step":
            _triangle(path, 3, 10)
            _bar(path, 11)
        case "init":
            _bar(path, 3)
            _triangle(path, 13, 6)
        case "init_run":
            _bar(path, 2)
            _triangle(path, 6, 14)
        case "continue_for":
            _triangle(path, 2, 8)
            _triangle(path, 8, 14)
        case "close":
            stroke = QPainterPathStroker()
            stroke.setWidth(1.6)
            cross = QPainterPath(QPointF(4, 4))
            cross.lineTo(12, 12)
            cross.moveTo(12, 4)
            cross.lineTo(4, 12)
            path = stroke.createStroke(cross)
        case _:
            raise KeyError(f"no icon is called {name!r}")
    return path


def icon(name: str, color: Rgb, faint: Rgb) -> QIcon:
    """Return the icon `name` in `color`; its disabled form in `faint`."""
    made = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, faint)):
        pixmap = QPixmap(SIZE * _SCALE, SIZE * _SCALE)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(_SCALE, _SCALE)
        painter.fillPath(_shape(name), QColor(*ink))
        painter.end()
        made.addPixmap(pixmap, mode)
    return made
