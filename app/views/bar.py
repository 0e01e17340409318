"""`BarView`: the present values of a field as bars over their names."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QTransform

from app.export.export_table import ExportTable
from app.palette import Theme, trace_color
from app.traces.plot_canvas import PlotCanvas
from app.traces.ranges import Range, auto_range
from app.ui.number_text import value_text
from app.views.color_range import extent
from app.views.field_values import Numbers, check_dims, names_of, numbers_of
from app.views.plot_view import PlotView
from backends.field import Field
from backends.views import BarViewSpec

_WIDTH = 0.72
_COLOR = 1  # of the traces: sky blue
_LABEL_GAP_PX = 6
_INK_ON_BAR = (16, 20, 26)


class _Bars(pg.GraphicsObject):
    """All bars in one item, with their values above them where there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.heights: Numbers = np.empty(0)
        self.unit = ""
        self._theme: Theme | None = None

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.update()

    def set_heights(self, heights: Numbers, unit: str) -> None:
        """Show bars, shape (n,); NaN is no bar."""
        self.prepareGeometryChange()
        self.heights, self.unit = heights, unit
        self.update()

    def boundingRect(self) -> QRectF:
        """Return all that the axes show, as the texts are beyond the bars."""
        box = self.getViewBox()
        return QRectF() if box is None else box.viewRect()

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draw the bars, then the texts in pixels."""
        if self._theme is None or not len(self.heights):
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*trace_color(_COLOR, self._theme)))
        for i, height in enumerate(np.nan_to_num(self.heights).tolist()):
            painter.drawRect(QRectF(i - _WIDTH / 2, min(height, 0.0), _WIDTH, abs(height)))
        transform = painter.transform()
        texts = [value_text(each) for each in self.heights.tolist()]
        metrics = QFontMetricsF(painter.font())
        step = (transform.map(QPointF(1, 0)) - transform.map(QPointF(0, 0))).x()
        if max(map(metrics.horizontalAdvance, texts)) + _LABEL_GAP_PX > step:
            return
        self._write(painter, transform, texts, step)

    def _write(
        self, painter: QPainter, transform: QTransform, texts: list[str], step: float
    ) -> None:
        """Write each value beyond the end of its bar, or inside where the axis ends."""
        assert self._theme is not None
        high = QFontMetricsF(painter.font()).height()
        shown = transform.mapRect(self.boundingRect())
        painter.resetTransform()
        for i, (height, text) in enumerate(zip(self.heights.tolist(), texts, strict=True)):
            end = transform.map(QPointF(i, 0.0 if np.isnan(height) else height)).y()
            places = [end - high - 3, end + 3]
            outside, inside = reversed(places) if height < 0 else places
            is_out = shown.top() <= outside and outside + high <= shown.bottom()
            top = outside if is_out else inside
            top = min(max(top, shown.top() + 2), shown.bottom() - high - 2)
            painter.setPen(QColor(*(self._theme.text if is_out else _INK_ON_BAR)))
            middle = transform.map(QPointF(i, 0.0)).x()
            place = QRectF(middle - step / 2, top, step, high)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


class BarView(PlotView[BarViewSpec]):
    """Bars, one for each name.

    Attributes
    ----------
    bars
        The item that draws them; `heights` has their values.
    """

    SPEC = BarViewSpec

    def _build(self, canvas: PlotCanvas) -> None:
        self.bars = _Bars()
        self._names: tuple[str, ...] = ()
        self._shown_y: Range | None = None
        self._zero = pg.InfiniteLine(0, angle=0, movable=False)
        canvas.box.addItem(self._zero, ignoreBounds=True)
        canvas.box.addItem(self.bars, ignoreBounds=True)
        canvas.setAccessibleName("Values as bars")

    def _apply_theme(self, theme: Theme) -> None:
        super()._apply_theme(theme)
        self.canvas.getPlotItem().showGrid(x=False, y=True, alpha=0.35 if theme.is_dark else 0.6)
        self.bars.set_theme(theme)
        self._zero.setPen(pg.mkPen(theme.text_quiet, width=1))

    def _show(self, spec: BarViewSpec, field: Field) -> None:
        check_dims(spec, field, ("name",))
        values = numbers_of(spec, field)
        self._names = names_of(spec, field, field.dims[0])
        unit = (spec.y_unit if spec.y_unit is not None else field.unit) or ""
        self.canvas.set_axis_labels("", spec.y_label, unit)
        self.canvas.plot_axes["bottom"].set_names(self._names)
        self.bars.set_heights(values, unit)
        self._set_ranges((-0.6, len(values) - 0.4), self._y_range(spec, values, unit))
        self._show_readout()

    def _y_range(self, spec: BarViewSpec, values: Numbers, unit: str) -> Range:
        if spec.y_limits is not None:
            self._shown_y = None
            return float(spec.y_limits[0]), float(spec.y_limits[1])
        low, high = extent(values)
        low, high = min(low, 0.0), max(high, 0.0)
        room = 0.08 * (high - low)  # for the texts
        low, high = (low - room if low < 0 else low), (high + room if high > 0 else high)
        shown = auto_range(low, high, "", self._shown_y)
        self._shown_y = (0.0 if low == 0 else shown[0], 0.0 if high == 0 and low < 0 else shown[1])
        return self._shown_y

    def _follow(self) -> None:
        super()._follow()
        self._shown_y = None

    def _readout_at(self, x: float, y: float) -> str:
        i = round(x)
        if not 0 <= i < len(self._names):
            return ""
        return f"{self._names[i]}:  {value_text(float(self.bars.heights[i]), self.bars.unit)}"

    def _table(self, spec: BarViewSpec, field: Field) -> ExportTable:
        check_dims(spec, field, ("name",))
        names, unit = names_of(spec, field, field.dims[0]), spec.y_unit or field.unit
        values = numbers_of(spec, field)
        return ExportTable(
            (field.dims[0], f"{field.id} [{unit}]" if unit else field.id),
            (names, values),
            {"names": np.asarray(names), "values": values, "unit": np.asarray(unit or "")},
        )
