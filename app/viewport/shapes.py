"""`Canvas`: flat shapes in screen pixels with soft edges, as one VTK actor.

Edges fade over one pixel by the vertices' alpha, so that discs and slanted lines are smooth without
multisampling, which is too slow on software OpenGL. Pixels count rightwards and upwards.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D

from app.palette import Rgb
from app.viewport.vtkdata import vtk_array, vtk_cells, vtk_points

_ROUND = 28
_COVER = 0.72


class Canvas:
    """Collects triangles."""

    def __init__(self) -> None:
        self._points: list[NDArray[np.float64]] = []
        self._colors: list[NDArray[np.float64]] = []
        self._triangles: list[NDArray[np.int32]] = []
        self._n = 0

    def _add(self, points: object, colors: object, triangles: object) -> None:
        xy = np.asarray(points, float)
        self._points.append(xy)
        self._colors.append(np.broadcast_to(np.asarray(colors, float), (len(xy), 4)))
        self._triangles.append(np.asarray(triangles, np.int32) + self._n)
        self._n += len(xy)

    def rectangle(
        self, x: float, y: float, width: float, height: float, color: Rgb, alpha: float = 1.0
    ) -> None:
        """Fill a rectangle from its lower left corner; at least a pixel wide and high."""
        x, y = round(x), round(y)
        right, top = x + max(1, round(width)), y + max(1, round(height))
        corners = [(x, y), (right, y), (right, top), (x, top)]
        self._add(corners, (*color, 255 * alpha), [(0, 1, 2), (0, 2, 3)])

    def soft_rectangle(
        self, x: float, y: float, width: float, height: float, soft: float, low: Rgb, high: Rgb
    ) -> None:
        """Fill a rectangle with a half-transparent gradient from its lower to its upper edge.

        It fades over `soft` pixels inside the edge.
        """
        across = np.array([x, x + soft, x + width - soft, x + width])
        along = np.array([y, y + soft, y + height - soft, y + height])
        points = np.array([(a, b) for b in along for a in across])
        inner = np.outer([0, 1, 1, 0], [0, 1, 1, 0]).reshape(-1) * 255 * _COVER
        share = np.repeat((along - y) / height, 4)[:, None]
        rgba = np.concatenate([low + share * np.subtract(high, low), inner[:, None]], axis=1)
        corners = [4 * row + column for row in range(3) for column in range(3)]
        self._add(
            points, rgba, [t for c in corners for t in ((c, c + 1, c + 5), (c, c + 5, c + 4))]
        )

    def gradient(
        self, x: float, y: float, width: float, height: float, table: NDArray[np.uint8]
    ) -> None:
        """Fill a rectangle with a table of colours from bottom to top."""
        n = len(table)
        level = np.linspace(round(y), round(y + height), n)
        left = np.stack([np.full(n, round(x)), level], axis=1)
        right = np.stack([np.full(n, round(x + width)), level], axis=1)
        i = np.arange(n - 1)
        quads = np.concatenate(
            [np.stack([i, i + n, i + n + 1], 1), np.stack([i, i + n + 1, i + 1], 1)]
        )
        rgba = np.concatenate([table, np.full((n, 1), 255)], axis=1)
        self._add(np.vstack([left, right]), np.vstack([rgba, rgba]), quads)

    def disc(
        self, x: float, y: float, radius: float, color: Rgb, alpha: float = 1.0, *, sides: int = 0
    ) -> None:
        """Fill a circle, or a polygon of some sides with a corner at the top."""
        n = sides or _ROUND
        angle = np.pi / 2 + np.arange(n) * (2 * np.pi / n)
        rim = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        offsets = np.vstack([[(0, 0)], rim * (radius - 0.5), rim * (radius + 0.5)])
        points = offsets + np.array([x, y])
        opacity = 255 * alpha * np.repeat([1.0, 1.0, 0.0], [1, n, n])
        i = np.arange(n)
        j = (i + 1) % n
        fan = np.stack([np.zeros(n, int), 1 + i, 1 + j], 1)
        a, b = 1 + n + i, 1 + n + j
        edge = np.vstack([np.stack([1 + i, a, b], 1), np.stack([1 + i, b, 1 + j], 1)])
        rgba = np.concatenate([np.tile(color, (len(points), 1)), opacity[:, None]], axis=1)
        self._add(points, rgba, np.vstack([fan, edge]))

    def line(
        self, start: NDArray[np.float64], end: NDArray[np.float64], width: float, color: Rgb
    ) -> None:
        """Draw a straight line with soft sides."""
        along = np.asarray(end, float) - start
        length = float(np.hypot(*along))
        if length < 1e-6:
            return
        side = np.array([-along[1], along[0]]) / length
        offsets = np.array([-width / 2 - 0.5, -width / 2 + 0.5, width / 2 - 0.5, width / 2 + 0.5])
        points = np.vstack([np.asarray(p) + offsets[:, None] * side for p in (start, end)])
        opacity = np.array([0, 255, 255, 0, 0, 255, 255, 0])
        rgba = np.concatenate([np.tile(color, (8, 1)), opacity[:, None]], axis=1)
        triangles = [t for i in range(3) for t in ((i, i + 1, i + 5), (i, i + 5, i + 4))]
        self._add(points, rgba, triangles)

    def poly_data(self) -> vtkPolyData:
        """Return all shapes drawn."""
        data = vtkPolyData()
        if self._n:
            xy = np.vstack(self._points)
            data.SetPoints(vtk_points(np.column_stack([xy, np.zeros(len(xy))])))
            data.SetPolys(vtk_cells(np.vstack(self._triangles)))
            data.GetPointData().SetScalars(
                vtk_array(np.rint(np.vstack(self._colors)).astype(np.uint8), "rgba")
            )
        return data


def canvas_actor(layer: int) -> vtkActor2D:
    """Return an actor that shows a canvas; higher layers are on top."""
    mapper = vtkPolyDataMapper2D()
    mapper.SetInputData(vtkPolyData())
    actor = vtkActor2D()
    actor.SetMapper(mapper)
    actor.SetLayerNumber(layer)
    actor.VisibilityOff()
    return actor


def show_canvas(actor: vtkActor2D, canvas: Canvas) -> None:
    """Show the current shapes of a canvas in an actor."""
    data = canvas.poly_data()
    actor.GetMapper().SetInputData(data)
    actor.SetVisibility(data.GetNumberOfPoints() > 0)
