"""`StateGraphView`: a kinetic scheme: states coloured by their occupancy, transitions by their flux."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.export.export_table import ExportTable
from app.palette import DARK, Rgb, Theme
from app.traces.ranges import Range
from app.ui.layouts import fill
from app.ui.number_text import value_text
from app.ui.style import blend
from app.viewport.colors import luminance
from app.views.color_bar import ColorBar
from app.views.color_scale import ColorScale
from app.views.field_values import Numbers, axis_text, check_dims, names_of, numbers_of, subject
from app.views.field_view import FieldView
from app.views.graph_layout import Arrow, GraphLayout
from app.views.problem import ViewProblem
from backends.field import Field
from backends.views import StateGraphViewSpec

_THINNEST_PX, _THICKEST_PX = 1.5, 7.0
_DARK_INK, _LIGHT_INK = (16, 20, 26), (255, 255, 255)
_SMALLEST_TEXT_PX = 10
_BARS_FROM_PX = 360
_MOST_DIGITS = 5


class GraphCanvas(QWidget):
    """Draws states as circles and transitions as arrows.

    Attributes
    ----------
    graph : GraphLayout
    values, fluxes : dict of str to float
        Of the states and of the edges; NaN or nothing for those of no value.
    """

    def __init__(self, view: StateGraphView) -> None:
        super().__init__()
        self._view = view
        self.graph = GraphLayout((), ())
        self.values: dict[str, float] = {}
        self.fluxes: dict[str, float] = {}
        self.has_fluxes = False
        self.unit = self.edge_unit = ""
        self.colors, self.edge_colors = ColorScale(), ColorScale()
        self._theme: Theme = DARK
        self.setMouseTracking(True)
        self.setAccessibleName("States and transitions")

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.update()

    def width_of(self, edge_id: str) -> float:
        """Return how wide an arrow is drawn, px: by its flux's share of the greatest one of the range."""
        if not self.has_fluxes:
            return 2.0
        flux = self.fluxes.get(edge_id, math.nan)
        most = max(map(abs, self.edge_colors.limits))
        share = min(abs(flux) / most, 1.0) if math.isfinite(flux) and most else 0.0
        return _THINNEST_PX + share * (_THICKEST_PX - _THINNEST_PX)

    def edge_color(self, edge_id: str) -> Rgb:
        """Return the colour of an arrow."""
        flux = self.fluxes.get(edge_id, math.nan)
        if not self.has_fluxes or not math.isfinite(flux):
            return self._theme.text_quiet
        return self.edge_colors.color_of(flux)

    def state_color(self, name: str) -> Rgb:
        """Return the colour of a state."""
        value = self.values.get(name, math.nan)
        if not math.isfinite(value):
            return blend(self._theme.surface, self._theme.text_quiet, 0.25)
        return self.colors.color_of(value)

    # ----------------------------------------------------------------------------- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw arrows, then states."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(*self._theme.surface))
        self.graph.fit(self.width(), self.height())
        arrows = [self.graph.arrow(i) for i in range(len(self.graph.edges))]
        for arrow in arrows:
            self._draw_arrow(painter, arrow)
        for arrow in arrows:
            self._draw_flux(painter, arrow)
        for name in self.graph.names:
            self._draw_state(painter, name)

    def _draw_arrow(self, painter: QPainter, arrow: Arrow) -> None:
        color, width = QColor(*self.edge_color(arrow.edge_id)), self.width_of(arrow.edge_id)
        head = 7 + 1.6 * width
        start, end = np.array(arrow.start), np.array(arrow.end)
        length = float(np.hypot(*(end - start)))
        if length < 1:
            return
        along = (end - start) / length
        side = np.array([-along[1], along[0]])
        neck = end - along * min(head, length)
        painter.setPen(QPen(color, width, c=Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(*start), QPointF(*(neck + along)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        corners = [end, neck + side * head * 0.5, neck - side * head * 0.5]
        painter.drawPolygon(QPolygonF([QPointF(*each) for each in corners]))

    def _draw_flux(self, painter: QPainter, arrow: Arrow) -> None:
        """Write the flux beside the middle of the arrow, where there is room."""
        if not self.has_fluxes:
            return
        # Its unit is at the colour bar, all digits are read out under the pointer.
        text = short_text(self.fluxes.get(arrow.edge_id, math.nan), self.edge_colors.limits)
        font = QFont(self.font())
        font.setPixelSize(11)
        metrics = QFontMetricsF(font)
        wide, high = metrics.horizontalAdvance(text) + 6, metrics.height()
        start, end = np.array(arrow.start), np.array(arrow.end)
        length = float(np.hypot(*(end - start)))
        along = (end - start) / max(length, 1e-9)
        if length < 0.8 * (abs(along[0]) * wide + abs(along[1]) * high):
            return
        out = np.array([-along[1], along[0]]) * -1.0
        away = (
            abs(out[0]) * wide / 2 + abs(out[1]) * high / 2 + self.width_of(arrow.edge_id) / 2 + 3
        )
        middle = (start + end) / 2 + out * away
        if not wide / 2 <= middle[0] <= self.width() - wide / 2:
            middle = (start + end) / 2 - out * away
        place = QRectF(middle[0] - wide / 2, middle[1] - high / 2, wide, high)
        painter.setFont(font)
        painter.setPen(QColor(*self._theme.text_quiet))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_state(self, painter: QPainter, name: str) -> None:
        x, y = self.graph.center(name)
        radius = self.graph.radius
        color = self.state_color(name)
        painter.setPen(QPen(QColor(*self._theme.text_quiet), 1.5))
        painter.setBrush(QColor(*color))
        painter.drawEllipse(QPointF(x, y), radius, radius)
        light = float(luminance(np.array([color], np.uint8))[0]) > 0.2
        ink = QColor(*(_DARK_INK if light else _LIGHT_INK))
        value = short_text(self.values.get(name, math.nan), self.colors.limits)
        font = QFont(self.font())
        font.setPixelSize(max(_SMALLEST_TEXT_PX, min(16, round(radius * 0.42))))
        font.setBold(True)
        small = QFont(self.font())
        small.setPixelSize(max(_SMALLEST_TEXT_PX, min(13, round(radius * 0.34))))
        if self._fits(font, name, radius) and self._fits(small, value, radius):
            self._write(painter, ink, font, name, x, y - radius * 0.24)
            self._write(painter, ink, small, value, x, y + radius * 0.34)
            return
        if QFontMetricsF(font).horizontalAdvance(name) <= 1.7 * radius:
            self._write(painter, ink, font, name, x, y)
        else:
            self._write(painter, QColor(*self._theme.text), font, name, x, y + radius + 10)

    @staticmethod
    def _fits(font: QFont, text: str, radius: float) -> bool:
        return QFontMetricsF(font).horizontalAdvance(text) <= 1.75 * radius and radius >= 18

    @staticmethod
    def _write(
        painter: QPainter, color: QColor, font: QFont, text: str, x: float, y: float
    ) -> None:
        painter.setFont(font)
        painter.setPen(color)
        place = QRectF(x - 150, y - 12, 300, 24)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    # ------------------------------------------------------------------------------- events

    def text_at(self, place: QPointF) -> str:
        """Return the value of the state or transition at a place, "" for none."""
        self.graph.fit(self.width(), self.height())
        name = self.graph.state_at(place.x(), place.y())
        if name:
            return f"{name}:  {value_text(self.values.get(name, math.nan), self.unit)}"
        edge = self.graph.edge_at(place.x(), place.y())
        if edge is None:
            return ""
        source, target, id_ = edge
        words = f"{source} → {target}"
        if not self.has_fluxes:
            return words
        return f"{words}:  {value_text(self.fluxes.get(id_, math.nan), self.edge_unit)}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what is under the pointer."""
        self._view.hover(event.position())

    def leaveEvent(self, event: object) -> None:
        """Show nothing once the pointer has left."""
        self._view.hover(None)


class StateGraphView(FieldView[StateGraphViewSpec]):
    """A state graph with a colour bar for the states and one for the transitions.

    Attributes
    ----------
    canvas : GraphCanvas
    bar, edge_bar : ColorBar
    """

    SPEC = StateGraphViewSpec

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = GraphCanvas(self)
        self.bar, self.edge_bar = ColorBar(), ColorBar()
        self._pointer: QPointF | None = None
        content = QWidget()
        fill(QHBoxLayout(content), (self.canvas, 1), self.bar, self.edge_bar)
        self._set_content(content)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the colour bars out of a narrow view."""
        super().resizeEvent(event)
        self._show_bars()

    def _show_bars(self) -> None:
        is_wide = self.width() >= _BARS_FROM_PX
        self.bar.setVisible(is_wide)
        self.edge_bar.setVisible(is_wide and self.canvas.has_fluxes)

    def _apply_theme(self, theme: Theme) -> None:
        for each in (self.canvas, self.bar, self.edge_bar):
            each.set_theme(theme)

    def _show(self, spec: StateGraphViewSpec, field: Field) -> None:
        canvas = self.canvas
        values, names = self._by_name(spec, field, "state")
        canvas.values = dict(zip(names, values.tolist(), strict=True))
        self._check_names(spec, field, [name for name, _, _ in spec.states], names)
        canvas.graph.set(spec.states or circle_of(names), spec.edges)
        canvas.graph.fit(canvas.width(), canvas.height())
        canvas.unit = (spec.unit if spec.unit is not None else field.unit) or ""
        canvas.colors.set(
            spec.color_map, spec.color_limits, "linear", canvas.unit, values,
            on_dark=None, warn=self.warn,
        )  # fmt: skip
        self.bar.set_colors(
            canvas.colors.table, canvas.colors.limits, axis_text("Occupancy", canvas.unit)
        )
        self._show_edges(spec)
        canvas.update()
        self.hover(self._pointer)

    def _show_edges(self, spec: StateGraphViewSpec) -> None:
        canvas = self.canvas
        field = self.fields.get(spec.edge_field_id) if spec.edge_field_id else None
        canvas.has_fluxes = field is not None and bool(spec.edges)
        self._show_bars()
        if field is None or not spec.edges:
            return
        fluxes, ids = self._by_name(spec, field, "edge")
        canvas.fluxes = dict(zip(ids, fluxes.tolist(), strict=True))
        self._check_names(spec, field, [id_ for _, _, id_ in spec.edges], ids)
        canvas.edge_unit = (spec.edge_unit if spec.edge_unit is not None else field.unit) or ""
        canvas.edge_colors.set(
            spec.edge_color_map, spec.edge_limits,
            "linear" if spec.edge_limits is not None else "symmetric", canvas.edge_unit, fluxes,
            on_dark=self.theme.is_dark, warn=self.warn,
        )  # fmt: skip
        self.edge_bar.set_colors(
            canvas.edge_colors.table, canvas.edge_colors.limits, axis_text("Flux", canvas.edge_unit)
        )

    def _by_name(
        self, spec: StateGraphViewSpec, field: Field, dim: str
    ) -> tuple[Numbers, tuple[str, ...]]:
        check_dims(spec, field, (dim,))
        return numbers_of(spec, field), names_of(spec, field, field.dims[0])

    def _check_names(
        self, spec: StateGraphViewSpec, field: Field, wanted: list[str], there: tuple[str, ...]
    ) -> None:
        missing = [name for name in wanted if name not in there]
        if missing and len(missing) == len(wanted):
            raise ViewProblem(
                f"{subject(spec, field)}, which has no value for {', '.join(missing[:6])}; its "
                f"coordinates are {', '.join(there[:6])}.",
                code="unknown-state",
            )
        if missing:
            self.warn(f"Field {field.id!r} has no value for {', '.join(missing[:6])}.")

    def hover(self, place: QPointF | None) -> None:
        """Show the value at a place of the canvas."""
        self._pointer = place
        self.header.set_readout("" if place is None else self.canvas.text_at(place))

    def _table(self, spec: StateGraphViewSpec, field: Field) -> ExportTable:
        values, names = self._by_name(spec, field, "state")
        unit = spec.unit or field.unit
        headings = ["state", f"occupancy [{unit}]" if unit else "occupancy"]
        columns: list[Sequence[Any]] = [names, values.tolist()]
        arrays: dict[str, Any] = {"states": np.asarray(names), "values": values}
        edges = self.fields.get(spec.edge_field_id) if spec.edge_field_id else None
        if edges is not None:
            fluxes, ids = self._by_name(spec, edges, "edge")
            edge_unit = spec.edge_unit or edges.unit
            headings += ["transition", f"flux [{edge_unit}]" if edge_unit else "flux"]
            columns += [ids, fluxes.tolist()]
            arrays |= {"transitions": np.asarray(ids), "fluxes": fluxes}
        return ExportTable(tuple(headings), tuple(columns), arrays)


def short_text(value: float, limits: Range) -> str:
    """Return a value with the digits that a range of colours needs, so that its length stays the same."""
    if not math.isfinite(value):
        return "—"
    digits = max(0, 3 - math.floor(math.log10(limits[1] - limits[0])))
    text = f"{value:.{digits}f}" if digits <= _MOST_DIGITS else f"{value:.2g}"
    return (text if float(text) else text.removeprefix("-")).replace("-", "−")


def circle_of(names: tuple[str, ...]) -> tuple[tuple[str, float, float], ...]:
    """Return states on a circle, from the top and clockwise, for a view that places none."""
    angles = [math.pi / 2 - 2 * math.pi * i / max(len(names), 1) for i in range(len(names))]
    return tuple(
        (name, 0.5 + 0.5 * math.cos(a), 0.5 + 0.5 * math.sin(a))
        for name, a in zip(names, angles, strict=True)
    )
