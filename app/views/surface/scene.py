"""`SurfaceScene`: a surface over a grid in a VTK renderer, with its slice and the lines of its axes. No Qt.

All is drawn in a box of 100 × 100 × `HEIGHT`, whatever the coordinates are. For new values only heights,
normals and the values that are coloured are written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (registers the OpenGL classes)
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkLookupTable
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer

from app.palette import Rgb, Theme
from app.traces.ranges import Range
from app.viewport.navigation import Navigation, View
from app.viewport.vtkdata import vtk_array, vtk_cells, vtk_points
from app.views.field_values import Cut, Grid, Numbers

HALF, HEIGHT = 50.0, 45.0
AZIMUTH, ELEVATION = math.radians(-55), math.radians(32)
_STEEPEST = math.radians(89.5)
_ABOVE = 0.35  # of the slice over the surface
_MOST_POINTS, _MOST_ROUGH_POINTS = 40_000, 6_400
_SHADOW_PX, _SLICE_PX, _FRAME_PX = 5.0, 2.0, 1.0
_NEAR_PX = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A point of a grid: its indices."""

    row: int
    column: int


class SurfaceScene:
    """A surface that can be turned; z is always upwards.

    Attributes
    ----------
    every : int
        Each how many-th point along both dimensions is drawn: 1 but for very large grids.
    """

    def __init__(self) -> None:
        self.renderer = vtkRenderer()
        self.renderer.SetTwoSidedLighting(True)
        self.navigation = Navigation(self.renderer)
        self.every = 1
        self._azimuth, self._elevation = AZIMUTH, ELEVATION
        self._grid: Grid | None = None
        self._z_range: Range = (0.0, 1.0)
        self._mask: NDArray[np.bool_] | None = None
        self._data = vtkPolyData()
        self._lut = vtkLookupTable()
        self._surface, self._mapper = _actor(self._data)
        self._mapper.SetLookupTable(self._lut)
        self._mapper.UseLookupTableScalarRangeOn()
        self._mapper.InterpolateScalarsBeforeMappingOn()
        self._shadow, self._slice, self._frame = (_line_actor() for _ in range(3))
        for each in (self._surface, self._shadow, self._slice, self._frame):
            self.renderer.AddActor(each)
        for line, shade in ((self._shadow, 0.0), (self._slice, 1.0)):
            line.GetProperty().SetColor(shade, shade, shade)
            line.VisibilityOff()
        corners = np.array(
            [(x, y, z) for x in (-HALF, HALF) for y in (-HALF, HALF) for z in (0.0, HEIGHT)]
        ).astype(np.float32)
        self.navigation.set_extent(corners, np.zeros(len(corners), np.float32))

    # ------------------------------------------------------------------------------ setters

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self.renderer.SetBackground(*_share(theme.surface))
        self._frame.GetProperty().SetColor(*_share(theme.border))

    def set_grid(self, grid: Grid, z_range: Range, *, is_rough: bool = False) -> None:
        """Show values, of which `z_range` is the box's height; with fewer points if `is_rough`."""
        before, self._grid, self._z_range = self._grid, grid, z_range
        old_every, self.every = self.every, every_of(grid, is_rough=is_rough)
        is_same = before is not None and before.values.shape == grid.values.shape
        is_same = is_same and old_every == self.every
        if not (is_same and before is not None and _have_same_places(before, grid)):
            self._make_points(grid)
        drawn = self._drawn(grid.values)
        self._write(drawn)
        mask = np.isnan(drawn)
        if self._mask is None or not np.array_equal(mask, self._mask):
            self._mask = mask
            self._make_cells(mask)

    def _drawn(self, values: Numbers) -> Numbers:
        return values[:: self.every, :: self.every]

    def _make_points(self, grid: Grid) -> None:
        xs, ys = (_unit(each.values[:: self.every], each.values) for each in (grid.x, grid.y))
        self._xs, self._ys = xs, ys
        n = len(xs) * len(ys)
        self._xyz = np.zeros((n, 3), np.float32)
        self._xyz[:, 0], self._xyz[:, 1] = np.tile(xs, len(ys)), np.repeat(ys, len(xs))
        self._normals = np.zeros((n, 3), np.float32)
        self._values = np.zeros(n, np.float32)
        self._points = vtk_points(self._xyz)
        self._normal_array = vtk_array(self._normals, "normals")
        self._value_array = vtk_array(self._values, "values")
        self._data.SetPoints(self._points)
        self._data.GetPointData().SetNormals(self._normal_array)
        self._data.GetPointData().SetScalars(self._value_array)
        self._mask = None

    def _write(self, values: Numbers) -> None:
        """Write heights, normals and values."""
        low, high = self._z_range
        heights = np.nan_to_num((values - low) * (HEIGHT / (high - low)))
        self._xyz[:, 2] = heights.reshape(-1)
        slopes = [
            np.gradient(heights, at, axis=axis) if len(at) > 1 else np.zeros_like(heights)
            for axis, at in ((1, self._xs), (0, self._ys))
        ]
        normals = np.stack([-slopes[0], -slopes[1], np.ones_like(heights)], axis=-1).reshape(-1, 3)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        self._normals[:] = normals
        self._values[:] = np.nan_to_num(values).reshape(-1)
        for array in (self._points, self._normal_array, self._value_array):
            array.Modified()
        self._data.Modified()

    def _make_cells(self, mask: NDArray[np.bool_]) -> None:
        """Make two triangles of each four points, but for those with a value that is NaN."""
        rows, columns = mask.shape
        index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
        a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
        whole = ~(mask[:-1, :-1] | mask[:-1, 1:] | mask[1:, 1:] | mask[1:, :-1])
        parts = [np.stack([each[whole] for each in corner], 1) for corner in ((a, b, c), (a, c, d))]
        self._data.SetPolys(vtk_cells(np.vstack(parts)))

    def set_colors(self, table: NDArray[np.uint8], limits: Range, uniform: Rgb | None) -> None:
        """Colour by the values; or all in the colour `uniform`."""
        self._mapper.SetScalarVisibility(uniform is None)
        if uniform is not None:
            self._surface.GetProperty().SetColor(*_share(uniform))
            return
        rgba = np.column_stack([table, np.full(len(table), 255, np.uint8)])
        self._lut.SetNumberOfTableValues(len(table))
        self._lut.SetTable(vtk_array(np.ascontiguousarray(rgba)))
        self._lut.SetTableRange(*limits)
        self._lut.Modified()

    def set_look(self, *, is_lit: bool, alpha: float) -> None:
        """Set lighting and opacity (0 … 1)."""
        look = self._surface.GetProperty()
        look.SetLighting(is_lit)
        look.SetOpacity(alpha)
        self.renderer.SetUseDepthPeeling(alpha < 1)

    def set_slice(self, cut: Cut | None) -> None:
        """Draw a white line with black sides over the surface; None draws none."""
        for line in (self._shadow, self._slice):
            line.SetVisibility(cut is not None)
        grid = self._grid
        if cut is None or grid is None:
            return
        along = _unit(cut.along.values, cut.along.values)
        across = np.full(len(along), _unit(np.array([cut.at]), cut.across.values)[0])
        low, high = self._z_range
        z = (cut.values - low) * (HEIGHT / (high - low)) + _ABOVE
        x, y = (along, across) if cut.across is grid.y else (across, along)
        kept = np.isfinite(z)
        pairs = np.flatnonzero(kept[:-1] & kept[1:]).astype(np.int32)
        for line, above in ((self._shadow, 0.0), (self._slice, _ABOVE)):
            points = np.nan_to_num(np.column_stack([x, y, z + above]))
            _set_lines(line, points, np.column_stack([pairs, pairs + 1]))

    def set_line_widths(self, ratio: float) -> None:
        """Draw lines as wide as they are on a screen of some pixels per logical pixel."""
        widths = ((self._shadow, _SHADOW_PX), (self._slice, _SLICE_PX), (self._frame, _FRAME_PX))
        for line, width in widths:
            line.GetProperty().SetLineWidth(width * ratio)

    def set_frame(self, lines: NDArray[np.float64], shown: bool) -> None:
        """Draw the lines of the axes: their ends, shape (n, 2, 3)."""
        self._frame.SetVisibility(shown and len(lines) > 0)
        if shown and len(lines):
            n = len(lines)
            pairs = np.arange(2 * n, dtype=np.int32).reshape(n, 2)
            _set_lines(self._frame, lines.reshape(-1, 3), pairs)

    # ------------------------------------------------------------------------------- camera

    def look_from_start(self) -> None:
        """Look at all of the box, from the front, the right and above."""
        self._azimuth, self._elevation = AZIMUTH, ELEVATION
        self._look(fit=True)

    def fit(self) -> None:
        """Look at all of the box from the present direction."""
        self._look(fit=True)

    def look_from_above(self) -> None:
        """Look at the plane of x and y."""
        self._azimuth, self._elevation = -math.pi / 2, _STEEPEST
        self._look(fit=True)

    def rotate(self, dx: float, dy: float) -> None:
        """Turn by a drag of some pixels: one across the picture's height is half a turn."""
        angle = math.pi / max(self.navigation.size()[1], 1)
        self._azimuth -= dx * angle
        self._elevation = min(max(self._elevation + dy * angle, -_STEEPEST), _STEEPEST)
        self._look(fit=False)

    def _look(self, *, fit: bool) -> None:
        flat = math.cos(self._elevation)
        eye = np.array(
            [
                flat * math.cos(self._azimuth),
                flat * math.sin(self._azimuth),
                math.sin(self._elevation),
            ]
        )
        middle = np.array([0.0, 0.0, HEIGHT / 2])
        before = self.navigation.view()
        up = np.array([0.0, 0.0, 1.0])
        if fit:
            self.navigation.set_view(View(middle, eye, up, before.parallel_scale, middle))
            self.navigation.fit()
            return
        offset = before.focus - middle
        right, old_up = np.cross(before.up, before.eye), before.up
        new_right = np.cross(up, eye)
        new_right /= np.linalg.norm(new_right)
        focus = middle + (offset @ right) * new_right + (offset @ old_up) * np.cross(eye, new_right)
        self.navigation.set_view(View(focus, eye, up, before.parallel_scale, middle))

    @property
    def eye(self) -> NDArray[np.float64]:
        """Unit vector towards the eye."""
        return self.navigation.axes()[2]

    def projector(self) -> Callable[[NDArray[np.float64]], tuple[float, float]]:
        """Return a function that gives the device pixel (y downwards) of a place in the box, for the present camera."""
        right, up, _ = self.navigation.axes()
        focus = np.array(self.renderer.GetActiveCamera().GetFocalPoint())
        (width, height), size = self.navigation.size(), self.navigation.pixel_size()

        def project(place: NDArray[np.float64]) -> tuple[float, float]:
            offset = place - focus
            return width / 2 + float(offset @ right) / size, height / 2 - float(offset @ up) / size

        return project

    # ------------------------------------------------------------------------------ picking

    def pick(self, x: float, y: float, reach_px: float = _NEAR_PX) -> Place | None:
        """Return the point of the grid nearest to a device pixel (y downwards), of those in reach the nearest to the eye."""
        if self._grid is None or self._mask is None:
            return None
        right, up, eye = self.navigation.axes()
        size = self.navigation.pixel_size()
        width, height = self.navigation.size()
        offset = self._xyz - np.array(self.renderer.GetActiveCamera().GetFocalPoint(), np.float32)
        dx = offset @ right.astype(np.float32) / size + width / 2 - x
        dy = height / 2 - offset @ up.astype(np.float32) / size - y
        away = np.hypot(dx, dy)
        away[self._mask.reshape(-1)] = np.inf
        reach = max(reach_px, float(away.min()) * 1.01) if away.min() <= 3 * reach_px else 0.0
        near = np.flatnonzero(away <= reach)
        if not len(near):
            return None
        depth = offset[near] @ eye.astype(np.float32)
        front = near[depth >= depth.max() - 3.0]
        best = int(front[np.argmin(away[front])])
        columns = self._mask.shape[1]
        return Place(best // columns * self.every, best % columns * self.every)


def every_of(grid: Grid, *, is_rough: bool = False) -> int:
    """Return each how many-th point of a grid is drawn."""
    most = _MOST_ROUGH_POINTS if is_rough else _MOST_POINTS
    return max(1, math.ceil(math.sqrt(grid.values.size / most)))


def _unit(at: Numbers, values: Numbers) -> Numbers:
    low, high = float(values.min()), float(values.max())
    if high == low:
        return np.zeros(len(at))
    return (at - low) * (2 * HALF / (high - low)) - HALF


def _have_same_places(one: Grid, other: Grid) -> bool:
    return all(np.array_equal(a.values, b.values) for a, b in ((one.x, other.x), (one.y, other.y)))


def _actor(data: vtkPolyData) -> tuple[vtkActor, vtkPolyDataMapper]:
    mapper = vtkPolyDataMapper()
    mapper.SetInputData(data)
    mapper.SetVBOShiftScaleMethod(0)
    actor = vtkActor()
    actor.SetMapper(mapper)
    look = actor.GetProperty()
    look.SetAmbient(0.3)
    look.SetDiffuse(0.75)
    look.SetSpecular(0.08)
    look.SetSpecularPower(20)
    look.SetInterpolationToPhong()
    return actor, mapper


def _line_actor() -> vtkActor:
    actor, mapper = _actor(vtkPolyData())
    mapper.ScalarVisibilityOff()
    actor.GetProperty().LightingOff()
    return actor


def _set_lines(actor: vtkActor, points: NDArray[np.floating], pairs: NDArray[np.int32]) -> None:
    data = vtkPolyData()
    data.SetPoints(vtk_points(np.ascontiguousarray(points, np.float32)))
    data.SetLines(vtk_cells(pairs))
    actor.GetMapper().SetInputData(data)


def _share(color: Rgb) -> tuple[float, float, float]:
    return color[0] / 255, color[1] / 255, color[2] / 255
