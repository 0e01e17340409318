"""`HighlightOutline`: outlines around marked segments.

An outline is the segment's tubes, a few pixels wider and with only their far side drawn, so that only the
part beyond the segment's border is visible.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer

from app.palette import Rgb
from app.viewport.shaders import outline_shader
from app.viewport.tubes import CrossSections, tube_mesh
from app.viewport.vtkdata import poly_data, vtk_array

_SIDES = 14


class HighlightOutline:
    """The outlines of any number of segments.

    Parameters
    ----------
    width_px : float
        Width of an outline, logical pixels.
    """

    def __init__(self, renderer: vtkRenderer, width_px: float) -> None:
        self._width_px = width_px
        self._shader = outline_shader()
        self._mapper = vtkPolyDataMapper()
        self._mapper.ScalarVisibilityOff()
        self._mapper.SetVBOShiftScaleMethod(0)
        self._mapper.MapDataArrayToVertexAttribute("tube", "tube", 0, -1)
        self._mapper.MapDataArrayToVertexAttribute("rimColor", "rimColor", 0, -1)
        self.actor = vtkActor()
        self.actor.SetMapper(self._mapper)
        self.actor.SetShaderProperty(self._shader.property)
        self.actor.ForceOpaqueOn()
        self.actor.GetProperty().FrontfaceCullingOn()
        self.actor.GetProperty().SetInterpolationToPhong()
        self.actor.VisibilityOff()
        renderer.AddActor(self.actor)

    def show(self, joints: CrossSections | None, marks: Sequence[tuple[int, Rgb]]) -> None:
        """Draw outlines around segments, each in its colour."""
        colors = dict(marks)
        frusta = np.empty(0, np.intp)
        if joints is not None and colors:
            frusta = np.flatnonzero(np.isin(joints.segment, list(colors)))
        self.actor.SetVisibility(len(frusta) > 0)
        if joints is None or not len(frusta):
            return
        mesh = tube_mesh(joints, frusta, _SIDES)
        data = poly_data(mesh)
        own, where = np.unique(mesh.segments[:, 0].astype(int), return_inverse=True)
        table = np.array([colors[segment] for segment in own.tolist()], np.float32) / 255
        data.GetPointData().AddArray(vtk_array(table[where], "rimColor"))
        self._mapper.SetInputDataObject(data)

    def set_pixel_size(self, scale: float, ratio: float, min_px: float) -> None:
        """Set the size of a pixel in the shader; see `MorphologyActors.set_pixel_size`."""
        self._shader.set_number("pxScale", scale)
        self._shader.set_number("minPx", min_px)
        self._shader.set_number("rimPx", self._width_px * ratio)
