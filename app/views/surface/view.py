"""`SurfaceView`: a field of dims (y, x) as a surface, whose height and colour are the values."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from app.export.export_table import ExportTable
from app.palette import Rgb, Theme
from app.traces.ranges import Range
from app.ui.layouts import fill
from app.ui.number_text import value_text
from app.views.color_bar import ColorBar
from app.views.color_range import ColorRange
from app.views.color_scale import ColorScale
from app.views.field_values import Cut, Grid, axis_text, check_dims, cut_of, grid_of
from app.views.field_view import FieldView
from app.views.image import table_of_grid
from app.views.line import cut_text
from app.views.problem import ViewProblem
from app.views.surface.axes import AxisLabel, axes_of
from app.views.surface.canvas import SurfaceCanvas
from app.views.surface.scene import HALF, HEIGHT, SurfaceScene, every_of
from backends.field import Field
from backends.views import SurfaceViewSpec

_SLOW_MS = 30.0  # a picture; then fewer points are drawn while values change
_DEFAULT_LABELS = ("x", "y", "value")


class SurfaceView(FieldView[SurfaceViewSpec]):
    """A surface with its axes and a colour bar.

    Attributes
    ----------
    scene : SurfaceScene
    canvas : SurfaceCanvas
    bar : ColorBar
    labels : list of AxisLabel
        Those of the last picture.
    """

    SPEC = SurfaceViewSpec

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene = SurfaceScene()
        self.canvas = SurfaceCanvas(self.scene)
        self.bar = ColorBar()
        self.labels: list[AxisLabel] = []
        self._scale, self._heights = ColorScale(), ColorRange()
        self._grid: Grid | None = None
        self._z_range: Range = (0.0, 1.0)
        self._unit = ""
        self._pointer: QPointF | None = None
        self._is_moved = self._is_rough = self._is_still = False
        self.canvas.settled.connect(self._refine)
        self.canvas.before_painting = self._prepare
        self.canvas.pointed.connect(self._hover)
        self.canvas.cameraMoved.connect(self._on_moved)
        self.canvas.resetRequested.connect(self.show_all)
        self.canvas.menuRequested.connect(self.open_menu)
        content = QWidget()
        fill(QHBoxLayout(content), (self.canvas, 1), self.bar)
        self.scene.look_from_start()
        self._set_content(content)

    def _apply_theme(self, theme: Theme) -> None:
        self.canvas.set_theme(theme)
        self.bar.set_theme(theme)

    # ------------------------------------------------------------------------------ drawing

    def _show(self, spec: SurfaceViewSpec, field: Field) -> None:
        check_dims(spec, field, ("y", "x"))
        if min(field.values.shape) == 1:
            raise ViewProblem(
                f"View {spec.id!r} shows field {field.id!r}, which has shape {field.values.shape}; a "
                "surface needs at least 2 × 2 values.",
                code="bad-shape",
            )
        grid = grid_of(spec, field)
        self._grid = grid
        self._unit = (spec.unit if spec.unit is not None else field.unit) or ""
        self._scale.set(
            spec.color_map, spec.color_limits, spec.color_norm, self._unit, grid.values,
            on_dark=True if self.theme.is_dark else None, warn=self.warn,
        )  # fmt: skip
        ends = np.array(self._scale.limits)
        self._z_range = self._heights.limits(
            None, "linear", "", np.concatenate([grid.values.reshape(-1), ends])
        )
        self._is_rough = not self._is_still and self.canvas.picture_ms > _SLOW_MS
        self._is_still = False
        self.scene.set_grid(grid, self._z_range, is_rough=self._is_rough)
        uniform = self._color(spec.surface_color) if spec.color_by == "uniform" else None
        self.scene.set_colors(self._scale.table, self._scale.limits, uniform)
        self.scene.set_look(is_lit=spec.shading == "lit", alpha=self._alpha(spec))
        cut = None if spec.slice is None else cut_of(spec, field, grid, spec.slice)
        self.scene.set_slice(cut)
        self.bar.setVisible(uniform is None)
        self.bar.set_colors(self._scale.table, self._scale.limits, self._titles(spec)[2])
        self.header.set_summary(self._summary(cut))
        self.canvas.redraw()
        self._hover(self._pointer)

    def _refine(self) -> None:
        """Draw all points, where only some were drawn while the values changed."""
        if self._is_rough and self._grid is not None and self.scene.every > every_of(self._grid):
            self._is_still = True
            self.draw_now()

    def _titles(self, spec: SurfaceViewSpec) -> tuple[str, str, str]:
        assert self._grid is not None
        given = dict(zip("xyz", spec.axis_labels, strict=True))
        x = self._grid.x.dim if given["x"] == _DEFAULT_LABELS[0] else given["x"]
        y = self._grid.y.dim if given["y"] == _DEFAULT_LABELS[1] else given["y"]
        return x, y, axis_text(given["z"], self._unit)

    def _summary(self, cut: Cut | None) -> str:
        parts = [] if cut is None else [f"cut {cut_text(cut)}"]
        assert self._grid is not None
        every = every_of(self._grid)  # also while fewer are drawn for a moment
        if every > 1:
            parts.append(f"every {_ordinal(every)} point drawn")
        return "  ·  ".join(parts)

    def _color(self, name: str) -> Rgb:
        color = QColor.fromString(name) if isinstance(name, str) else QColor()
        if not color.isValid():
            self.warn(f"There is no colour {name!r}; give #rrggbb or a name of the CSS.")
            color = QColor(SurfaceViewSpec("default", "default").surface_color)
        return color.red(), color.green(), color.blue()

    def _alpha(self, spec: SurfaceViewSpec) -> float:
        alpha = spec.alpha
        if not isinstance(alpha, (int, float, np.number)) or not 0 <= alpha <= 1:
            self.warn(f"alpha is a number from 0 to 1, not {alpha!r}; 1 is used.")
            return 1.0
        return float(alpha)

    def _prepare(self, ratio: float) -> list[AxisLabel]:
        """Lay out the axes for the camera; return their labels."""
        self.labels = []
        self.scene.set_line_widths(ratio)
        grid, scene = self._grid, self.scene
        if not self._is_moved:
            scene.fit()
        if grid is not None:
            lines, labels = axes_of(
                grid.x, grid.y, self._z_range, self._titles(self.spec), scene.eye,
                scene.projector(), HALF, HEIGHT,
            )  # fmt: skip
            scene.set_frame(lines, bool(self.spec.show_axes))
            self.labels = labels if self.spec.show_axes else []
        return self.labels

    def _on_moved(self) -> None:
        self._is_moved = True
        self.header.back.show()
        self._hover(self._pointer)

    def _follow(self) -> None:
        self._is_moved = False
        self._scale.follow()
        self._heights = ColorRange()
        self.scene.look_from_start()

    def close_view(self) -> None:
        """Release all of VTK; may be called twice."""
        self.canvas.close_view()

    def _fill_menu(self, menu: QMenu) -> None:
        menu.addAction("From above", self._look_from_above)
        super()._fill_menu(menu)

    def _look_from_above(self) -> None:
        self.scene.look_from_above()
        self.canvas.redraw()
        self._on_moved()

    # ------------------------------------------------------------------------------ reading

    def _hover(self, place: QPointF | None) -> None:
        self._pointer = place
        grid = self._grid
        found = None
        if place is not None and grid is not None and not self.message:
            at = place * self.canvas.pixel_ratio()
            found = self.scene.pick(at.x(), at.y())
        if found is None or grid is None:
            self.header.set_readout("")
            return
        where = f"{grid.x.dim} = {grid.x.text_of(found.column)},  {grid.y.dim} = {grid.y.text_of(found.row)}"
        value = float(grid.values[found.row, found.column])
        self.header.set_readout(f"{where}:  {value_text(value, self._unit)}")

    def _table(self, spec: SurfaceViewSpec, field: Field) -> ExportTable:
        return table_of_grid(grid_of(spec, field), field, spec.unit)


def _ordinal(n: int) -> str:
    return {2: "second", 3: "third"}.get(n, f"{n}th")
