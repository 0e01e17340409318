"""`MorphologyActors`: the VTK actors of a cell, as tubes or lines, in bins of similar thickness.

With bins, thin neurites can be drawn as lines of the right width while soma and trunk stay tubes, and a
soma can have more sides than a thin dendrite. All bins share textures and shaders.
"""

from __future__ import annotations

from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer

from app.viewport.cell_shape import CellShape
from app.viewport.shaders import ShaderText, line_shader, tube_shader
from app.viewport.vtkdata import ColorTexture, ValueTexture


class MorphologyActors:
    """Actors of one geometry in one renderer; its meshes are shared with other views.

    Parameters
    ----------
    n_segments : int
        Of the geometry that `shape` is of.
    """

    def __init__(self, n_segments: int, shape: CellShape, colors: ColorTexture) -> None:
        self.values = ValueTexture(n_segments)
        self._shape = shape
        self._colors = colors
        self._tube_shader, self._line_shader = tube_shader(), line_shader()
        self._tubes = [self._actor(self._tube_shader, each, lit=True) for each in shape.tubes]
        self._lines: list[vtkActor] = []
        self._coarse: list[vtkActor] = []
        self._renderer: vtkRenderer | None = None
        self._level = "tubes"

    def _actor(self, shader: ShaderText, mesh: vtkPolyData, *, lit: bool) -> vtkActor:
        mapper = vtkPolyDataMapper()
        mapper.SetInputDataObject(mesh)
        mapper.ScalarVisibilityOff()
        mapper.SetVBOShiftScaleMethod(0)
        mapper.MapDataArrayToVertexAttribute("segIds", "segIds", 0, -1)
        mapper.MapDataArrayToVertexAttribute("tube", "tube", 0, -1)
        mapper.StaticOn()
        actor = vtkActor()
        actor.SetMapper(mapper)
        actor.SetShaderProperty(shader.property)
        actor.ForceOpaqueOn()
        prop = actor.GetProperty()
        prop.SetLighting(lit)
        prop.SetInterpolationToPhong()
        prop.SetTexture("segValues", self.values.texture)
        prop.SetTexture("segLut", self._colors.texture)
        return actor

    @property
    def actors(self) -> list[vtkActor]:
        """All actors made so far."""
        return [*self._tubes, *self._coarse, *self._lines]

    def show_in(self, renderer: vtkRenderer) -> None:
        """Add the actors to a renderer."""
        self._renderer = renderer
        for actor in self.actors:
            renderer.AddActor(actor)

    def remove(self) -> None:
        """Remove the actors from their renderer."""
        if self._renderer is not None:
            for actor in self.actors:
                actor.ReleaseGraphicsResources(self._renderer.GetRenderWindow())
                self._renderer.RemoveActor(actor)
        self._renderer = None

    def set_no_value_color(self, rgb: tuple[float, float, float]) -> None:
        """Set the colour (0 … 1) of segments whose value is NaN."""
        for shader in (self._tube_shader, self._line_shader):
            shader.set_color("noValueColor", rgb)

    def set_level(self, level: str) -> bool:
        """Draw all frusta as ``"tubes"``, or all but the thickest as ``"lines"``; return whether that is another level.

        The thickest are then tubes with fewer sides, if there are many.
        """
        if level == self._level:
            return False
        self._level = level
        if level == "lines" and not self._lines:
            self._make_lines()
        for tube in self._tubes[0 if self._coarse else 1 :]:
            tube.SetVisibility(level == "tubes")
        for actor in (*self._coarse, *self._lines):
            actor.SetVisibility(level == "lines")
        return True

    def _make_lines(self) -> None:
        self._lines = [
            self._actor(self._line_shader, each, lit=False) for each in self._shape.lines
        ]
        if self._shape.coarse is not None:
            self._coarse = [self._actor(self._tube_shader, self._shape.coarse, lit=True)]
        if self._renderer is not None:
            for actor in (*self._coarse, *self._lines):
                self._renderer.AddActor(actor)

    def set_pixel_size(self, scale: float, size_at_focus: float, min_px: float) -> None:
        """Set the size of a pixel in the shaders.

        Parameters
        ----------
        scale : float
            µm per pixel and unit of clip-space w (which is 1 in a parallel projection).
        size_at_focus : float
            µm per pixel where the camera prop.
        min_px : float
            Minimum radius on the screen, pixels.
        """
        self._tube_shader.set_number("pxScale", scale)
        self._tube_shader.set_number("minPx", min_px)
        for line, width in zip(self._lines, self._shape.widths[1:], strict=False):
            pixels = min(max(width / size_at_focus, 2 * min_px), 8.0)
            line.GetProperty().SetLineWidth(round(pixels * 4) / 4)
