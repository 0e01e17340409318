"""`LineView`: the present values of a field as curves over a coordinate, or along a line through a 2-D field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.export.export_table import ExportTable
from app.palette import Theme, trace_color, trace_pattern
from app.traces.plot_canvas import PlotCanvas
from app.traces.ranges import Range, auto_range
from app.ui.number_text import value_text
from app.ui.plain import plain_tip
from app.views.color_range import extent, widened
from app.views.field_values import (
    Coordinate,
    Cut,
    Numbers,
    axis_text,
    check_dims,
    coordinate_of,
    cut_of,
    grid_of,
    names_of,
    numbers_of,
)
from app.views.legend import SeriesLegend
from app.views.plot_view import PlotView
from backends.field import Field
from backends.views import LinePlotViewSpec

_STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)
_MOST_READ = 4
_DEFAULT_X = "x"


class LineView(PlotView[LinePlotViewSpec]):
    """Curves, one for each row of a field of dims (series, x).

    Attributes
    ----------
    curves : list of PlotCurveItem
    legend : SeriesLegend
    """

    SPEC = LinePlotViewSpec

    def __init__(self, parent: QWidget | None = None) -> None:
        self.legend = SeriesLegend()
        self.legend.hide()
        super().__init__(parent, above=self.legend)

    def _build(self, canvas: PlotCanvas) -> None:
        self.curves: list[pg.PlotCurveItem] = []
        self._names: tuple[str, ...] = ()
        self._along = Coordinate(_DEFAULT_X, np.empty(0))
        self._values: Numbers = np.empty((0, 0))
        self._shown_y: Range | None = None
        self._unit = ""
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        canvas.box.addItem(self._cursor, ignoreBounds=True)
        canvas.setAccessibleName("Values over a coordinate")

    def _apply_theme(self, theme: Theme) -> None:
        super()._apply_theme(theme)
        self.legend.set_theme(theme)
        self._cursor.setPen(pg.mkPen(theme.text_quiet, width=1, style=Qt.PenStyle.DashLine))
        self._style_curves()

    # ------------------------------------------------------------------------------ drawing

    def _show(self, spec: LinePlotViewSpec, field: Field) -> None:
        along, values, names, summary = self._content_of(spec, field)
        self._along, self._values, self._names = along, values, names
        self._unit = (spec.y_unit if spec.y_unit is not None else field.unit) or ""
        label = along.dim if spec.x_label == _DEFAULT_X else spec.x_label
        self.canvas.set_axis_labels(axis_text(label, spec.x_unit), spec.y_label, self._unit)
        self.canvas.plot_axes["bottom"].set_names(along.names)
        self._make_curves(len(values))
        for curve, row in zip(self.curves, values, strict=True):
            has_gaps = bool(np.isnan(row).any())
            curve.setData(
                along.values, row,
                connect="finite" if has_gaps else "all", skipFiniteCheck=not has_gaps,
            )  # fmt: skip
        self._set_ranges(self._x_range(spec), self._y_range(spec))
        self.header.set_summary(summary)
        self._show_readout()

    def _content_of(
        self, spec: LinePlotViewSpec, field: Field
    ) -> tuple[Coordinate, Numbers, tuple[str, ...], str]:
        """Return the coordinate, values of shape (n_series, n), names of the series, and the summary."""
        if spec.slice is not None:
            cut = cut_of(spec, field, grid_of(spec, field), spec.slice)
            return cut.along, cut.values[None, :], ("",), cut_text(cut)
        check_dims(spec, field, ("x",), ("series", "x"))
        values = numbers_of(spec, field)
        along = coordinate_of(spec, field, field.dims[-1])
        if values.ndim == 1:
            return along, values[None, :], ("",), ""
        return along, values, names_of(spec, field, field.dims[0]), ""

    def _make_curves(self, n: int) -> None:
        before = len(self.curves)
        while len(self.curves) > n:
            self.canvas.box.removeItem(self.curves.pop())
        while len(self.curves) < n:
            self.curves.append(pg.PlotCurveItem(antialias=False))
            self.canvas.box.addItem(self.curves[-1], ignoreBounds=True)
        if n != before:
            self._style_curves()
        self._show_legend()

    def _style_curves(self) -> None:
        for i, curve in enumerate(self.curves):
            color, style = trace_color(i, self.theme), _STYLES[trace_pattern(i)]
            curve.setPen(pg.mkPen(color, width=1, style=style))
        self._show_legend()

    def _show_legend(self) -> None:
        self.legend.set_entries(
            [
                (name, trace_color(i, self.theme), _STYLES[trace_pattern(i)])
                for i, name in enumerate(self._names)
            ]
        )
        self.legend.setToolTip(plain_tip("\n".join(self._names)))

    def _x_range(self, spec: LinePlotViewSpec) -> Range:
        if spec.x_limits is not None:
            return float(spec.x_limits[0]), float(spec.x_limits[1])
        low, high = extent(self._along.values)
        return widened(low, high)

    def _y_range(self, spec: LinePlotViewSpec) -> Range:
        if spec.y_limits is not None:
            self._shown_y = None
            return float(spec.y_limits[0]), float(spec.y_limits[1])
        low, high = extent(self._values)
        self._shown_y = auto_range(low, high, self._unit, self._shown_y)
        return self._shown_y

    def _follow(self) -> None:
        super()._follow()
        self._shown_y = None

    # ------------------------------------------------------------------------------ reading

    def _hover(self, x: float, y: float) -> None:
        super()._hover(x, y)
        is_over = np.isfinite(x) and len(self._along.values) > 0
        self._cursor.setVisible(bool(is_over))
        if is_over:
            self._cursor.setValue(self._along.values[self._along.nearest(x)])

    def _readout_at(self, x: float, y: float) -> str:
        i = self._along.nearest(x)
        place = self._along.text_of(i)
        if self._along.names is None and self.spec.x_unit:
            place += f" {self.spec.x_unit}"
        texts = [
            f"{name} {value_text(float(row[i]), self._unit)}".strip()
            for name, row in zip(self._names, self._values, strict=True)
        ]
        more = f" … ({len(texts)} curves)" if len(texts) > _MOST_READ else ""
        return f"{place}:  {',  '.join(texts[:_MOST_READ])}{more}"

    def _table(self, spec: LinePlotViewSpec, field: Field) -> ExportTable:
        along, values, names, _ = self._content_of(spec, field)
        unit = spec.y_unit or field.unit
        return table_of_rows(
            axis_of(along, spec.x_unit), [name or field.id for name in names], values, unit, along
        )


def axis_of(along: Coordinate, unit: str | None) -> str:
    """Return the heading of a column of coordinates."""
    return f"{along.dim} [{unit}]" if unit else along.dim


def table_of_rows(
    first: str, names: Sequence[str], values: Numbers, unit: str | None, along: Coordinate
) -> ExportTable:
    """Return a table with the coordinate in the first column and each row of `values` in one of its own."""
    headings = [f"{name} [{unit}]" if unit else name for name in names]
    coordinates = along.values if along.names is None else along.names
    return ExportTable(
        (first, *headings),
        (coordinates, *values),
        {
            "coordinate": np.asarray(coordinates),
            "values": values,
            "names": np.asarray(names),
            "unit": np.asarray(unit or ""),
        },
    )


def cut_text(cut: Cut) -> str:
    """Return where a line cuts: ``"at y = 0.5"``."""
    if cut.across.names is not None:
        return f"at {cut.across.dim} = {cut.across.text_of(round(cut.index))}"
    return f"at {cut.across.dim} = {value_text(cut.at)}"
