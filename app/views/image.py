"""`ImageView`: a field of dims (y, x) as an image."""

from __future__ import annotations

import re

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QMenu, QWidget

from app.export.export_table import ExportTable
from app.palette import Theme
from app.traces.plot_canvas import PlotCanvas
from app.traces.ranges import Range
from app.ui.number_text import value_text
from app.views.color_bar import ColorBar
from app.views.color_scale import ColorScale
from app.views.field_values import Coordinate, Cut, Grid, Numbers, axis_text, cut_of, grid_of
from app.views.line import cut_text
from app.views.plot_view import PlotView
from backends.field import Field
from backends.views import ImageViewSpec

_MOST_RESAMPLED = 2048
_EVEN = 1e-3


class ImageView(PlotView[ImageViewSpec]):
    """An image with a colour bar; row 0 is at the bottom.

    Attributes
    ----------
    image : ImageItem
    bar : ColorBar
    cut_line : InfiniteLine
        Where the view's slice is.
    """

    SPEC = ImageViewSpec

    def __init__(self, parent: QWidget | None = None) -> None:
        self.bar = ColorBar()
        self._scale = ColorScale()
        self._grid: Grid | None = None
        self._borders: tuple[Numbers, Numbers] = (np.empty(0), np.empty(0))
        self._unit = ""
        self._same_scale: bool | None = None  # as the user has chosen
        super().__init__(parent, moves_both=True, beside=self.bar)

    def _build(self, canvas: PlotCanvas) -> None:
        self.image = pg.ImageItem(axisOrder="row-major")
        canvas.box.addItem(self.image, ignoreBounds=True)
        shadow = pg.mkPen(QColor(0, 0, 0, 150), width=3)
        light = pg.mkPen(QColor(255, 255, 255), width=1, style=Qt.PenStyle.DashLine)
        self._cut_shadow, self.cut_line = (
            pg.InfiniteLine(movable=False, pen=pen) for pen in (shadow, light)
        )
        for line in (self._cut_shadow, self.cut_line):
            line.hide()
            canvas.box.addItem(line, ignoreBounds=True)
        canvas.setAccessibleName("Values as an image")
        canvas.plot_axes["left"].setZValue(0)
        canvas.plot_axes["bottom"].setZValue(0)

    def _apply_theme(self, theme: Theme) -> None:
        super()._apply_theme(theme)
        self.canvas.getPlotItem().showGrid(x=False, y=False)
        self.bar.set_theme(theme)

    # ------------------------------------------------------------------------------ drawing

    def _show(self, spec: ImageViewSpec, field: Field) -> None:
        grid = grid_of(spec, field)
        self._grid = grid
        self._unit = (spec.unit if spec.unit is not None else field.unit) or ""
        self._scale.set(
            spec.color_map, spec.color_limits, spec.color_norm, self._unit, grid.values,
            on_dark=None, warn=self.warn,
        )  # fmt: skip
        ys, xs = _edges_of(grid.y), _edges_of(grid.x)
        self._borders = ys, xs
        pixels = self._pixels(grid.values, _rows(ys), _rows(xs))
        self.image.setImage(pixels, levels=None, autoLevels=False)
        x, y = _span(xs), _span(ys)
        self.image.setRect(QRectF(x[0], y[0], x[1] - x[0], y[1] - y[0]))
        canvas = self.canvas
        for side, coordinate in (("bottom", grid.x), ("left", grid.y)):
            canvas.plot_axes[side].set_names(coordinate.names)
        labels = [
            coordinate.dim if label == default else label
            for label, default, coordinate in (
                (spec.x_label, "x", grid.x), (spec.y_label, "y", grid.y),
            )
        ]  # fmt: skip
        canvas.set_axis_labels(*labels)
        self.bar.set_colors(
            self._scale.table, self._scale.limits, axis_text(spec.label, self._unit)
        )
        self._lock_scales(labels)
        self._set_ranges(x, y, 0.0)
        self._show_cut(None if spec.slice is None else cut_of(spec, field, grid, spec.slice))
        self._show_readout()

    def _pixels(
        self, values: Numbers, rows: NDArray[np.intp] | None, columns: NDArray[np.intp] | None
    ) -> NDArray[np.uint8]:
        """Return the picture, shape (ny, nx, 4), sampled anew where coordinates are not even."""
        if rows is not None:
            values = values[rows]
        if columns is not None:
            values = values[:, columns]
        table = self._scale.table
        rgba = np.empty((len(table) + 1, 4), np.uint8)
        rgba[:-1, :3], rgba[:-1, 3], rgba[-1] = table, 255, 0
        codes = self._scale.shares(values) * (len(table) - 1) + 0.5
        codes = np.where(np.isnan(codes), len(table), codes).astype(np.int32)
        return rgba[codes]

    def _show_cut(self, cut: Cut | None) -> None:
        for line in (self._cut_shadow, self.cut_line):
            line.setVisible(cut is not None)
            if cut is not None:
                assert self._grid is not None
                line.setAngle(0 if cut.across is self._grid.y else 90)
                line.setValue(cut.at)
        self.header.set_summary("" if cut is None else f"cut {cut_text(cut)}")

    def _follow(self) -> None:
        super()._follow()
        self._scale.follow()

    def _fill_menu(self, menu: QMenu) -> None:
        same = menu.addAction("Same scale on both axes", self._toggle_aspect)
        same.setCheckable(True)
        same.setChecked(self.has_same_scale)
        super()._fill_menu(menu)

    @property
    def has_same_scale(self) -> bool:
        """Whether a unit of both axes has the same length."""
        return bool(self.canvas.box.state["aspectLocked"])

    def _lock_scales(self, labels: list[str]) -> None:
        """Give axes the same scale if their labels end with the same unit, or if the user wants it."""
        along, across = (re.findall(r"\([^()]+\)$", str(label)) for label in labels)
        is_same = bool(along) and along == across
        wanted = is_same if self._same_scale is None else self._same_scale
        if wanted != self.has_same_scale:
            self.canvas.box.setAspectLocked(wanted)

    def _toggle_aspect(self) -> None:
        self._same_scale = not self.has_same_scale
        self.show_all()

    # ------------------------------------------------------------------------------ reading

    def _readout_at(self, x: float, y: float) -> str:
        grid, (ys, xs) = self._grid, self._borders
        if grid is None:
            return ""
        i, j = _index_in(ys, y), _index_in(xs, x)
        if i < 0 or j < 0:
            return ""
        places = ((grid.x, j), (grid.y, i))
        where = ",  ".join(f"{each.dim} = {each.text_of(at)}" for each, at in places)
        return f"{where}:  {value_text(float(grid.values[i, j]), self._unit)}"

    def _table(self, spec: ImageViewSpec, field: Field) -> ExportTable:
        return table_of_grid(grid_of(spec, field), field, spec.unit)


def table_of_grid(grid: Grid, field: Field, unit: str | None) -> ExportTable:
    """Return a table whose first column has the coordinates of y, and whose headings have those of x."""
    unit = unit or field.unit or ""
    xs = [f"{grid.x.dim} = {grid.x.text_of(j)}" for j in range(len(grid.x.values))]
    corner = f"{grid.y.dim}; {field.id} [{unit}]" if unit else f"{grid.y.dim}; {field.id}"
    coordinates = {
        f"coord_{each.dim}": np.asarray(each.values if each.names is None else each.names)
        for each in (grid.y, grid.x)
    }
    rows = grid.y.values if grid.y.names is None else grid.y.names
    return ExportTable(
        (corner, *xs),
        (rows, *field.values.T),
        {"values": field.values, "dims": np.asarray(field.dims), "unit": np.asarray(unit)}
        | coordinates,
    )


def _edges_of(coordinate: Coordinate) -> Numbers:
    """Return the borders between the coordinates, shape (n + 1,): halfway."""
    at = coordinate.values
    if len(at) == 1:
        return np.array([at[0] - 0.5, at[0] + 0.5])
    middle = (at[:-1] + at[1:]) / 2
    return np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])


def _span(edges: Numbers) -> Range:
    low, high = sorted((float(edges[0]), float(edges[-1])))
    return low, high


def _rows(edges: Numbers) -> NDArray[np.intp] | None:
    """Return which row each line of an even picture shows, from the lowest coordinate up; None for every one in turn.

    More lines than any screen has are not drawn.
    """
    steps = np.diff(edges)
    is_even = bool((np.abs(steps - steps[0]) <= _EVEN * np.abs(steps).min()).all())
    if is_even and len(steps) <= _MOST_RESAMPLED:
        return None if steps[0] > 0 else np.arange(len(steps))[::-1]
    low, high = _span(edges)
    n = min(_MOST_RESAMPLED, max(len(steps), round((high - low) / float(np.abs(steps).min()))))
    at = low + (np.arange(n) + 0.5) * (high - low) / n
    return _indices_in(edges, at)


def _indices_in(edges: Numbers, at: Numbers) -> NDArray[np.intp]:
    if edges[-1] < edges[0]:
        return len(edges) - 1 - np.searchsorted(edges[::-1], at, side="left")
    return np.searchsorted(edges, at, side="right") - 1


def _index_in(edges: Numbers, at: float) -> int:
    """Return which row a place is in, -1 for none."""
    low, high = _span(edges)
    return int(_indices_in(edges, np.array([at]))[0]) if low < at < high else -1
