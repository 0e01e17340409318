"""`MorphologyActors`: the VTK actors of a cell, as tubes or lines, in bins of similar thickness.

With bins, thin neurites can be drawn as lines of the right width while soma and trunk stay tubes, and a
soma can have more sides than a thin dendrite. All bins share textures and shaders.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer

from app.viewport.shaders import ShaderText, line_shader, tube_shader
from app.viewport.tubes import CrossSections, line_mesh, sides_for, tube_mesh
from app.viewport.vtkdata import ColorTexture, ValueTexture, poly_data
from backends.scene import MorphologyGeometry

_N_THICK = 96
_N_THIN_BINS = 3
_MOST_BLUNT = 4_000  # frusta


def bins_of(
    radii: NDArray[np.float32], blunt: NDArray[np.bool_] | None = None
) -> list[NDArray[np.intp]]:
    """Return the indices of the frusta in bins from thick to thin, ascending in each bin.

    The first bin has the few thickest frusta, usually the soma, and those that `blunt` (n,) marks; the others
    have equal numbers. With less than 2,000 frusta there are only two bins.
    """
    n = len(radii)
    order = np.argsort(-radii, kind="stable")
    is_first = np.zeros(n, bool) if blunt is None else blunt.copy()
    is_first[order[: min(_N_THICK, max(1, n // 8))]] = True
    thick, rest = order[is_first[order]], order[~is_first[order]]
    parts = np.array_split(rest, _N_THIN_BINS if n >= 2000 else 1)
    return [np.sort(part) for part in (thick, *parts) if len(part)]


def blunt_frusta(geometry: MorphologyGeometry, radii: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which frusta are of sections at least half as wide as long, such as somas: a line would be a bar.

    Of many such sections only the widest, as far as they are cheap to draw.
    """
    n = len(geometry.section_names)
    section = geometry.section_index[geometry.frustum_segment]
    width = np.zeros(n)
    np.maximum.at(width, section, 2 * radii)
    length = np.bincount(geometry.section_index, geometry.length, n)
    widest = np.argsort(-width, kind="stable")
    widest = widest[width[widest] >= length[widest] / 2]
    counts = np.bincount(section, minlength=n)[widest]
    chosen = np.zeros(n, bool)
    chosen[widest[np.cumsum(counts) <= _MOST_BLUNT]] = True
    return chosen[section]


class MorphologyActors:
    """Actors of one geometry.

    Parameters
    ----------
    joints : Joints
        Of `geometry`, which has at least one frustum.
    """

    def __init__(
        self, geometry: MorphologyGeometry, joints: CrossSections, colors: ColorTexture
    ) -> None:
        self.values = ValueTexture(geometry.n_segments)
        self._joints = joints
        self._colors = colors
        self._tube_shader, self._line_shader = tube_shader(), line_shader()
        radii = np.maximum(joints.radius[joints.proximal], joints.radius[joints.distal])
        self._bins = bins_of(radii, blunt_frusta(geometry, radii))
        self._widths = [float(2 * np.mean(radii[each])) for each in self._bins]
        thin, thick = sides_for(len(radii)), 24 if len(radii) <= 200_000 else 16
        self._tubes = [
            self._actor(self._tube_shader, tube_mesh(joints, each, thin if i else thick), lit=True)
            for i, each in enumerate(self._bins)
        ]
        self._lines: list[vtkActor] = []
        self._renderer: vtkRenderer | None = None
        self._level = "tubes"

    def _actor(self, shader: ShaderText, mesh: object, *, lit: bool) -> vtkActor:
        mapper = vtkPolyDataMapper()
        mapper.SetInputDataObject(poly_data(mesh))
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
        return [*self._tubes, *self._lines]

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

    def set_level(self, level: str) -> None:
        """Draw all frusta as ``"tubes"``, or all but the thickest as ``"lines"``."""
        if level == self._level:
            return
        self._level = level
        if level == "lines" and not self._lines:
            self._make_lines()
        for tube in self._tubes[1:]:
            tube.SetVisibility(level == "tubes")
        for line in self._lines:
            line.SetVisibility(level == "lines")

    def _make_lines(self) -> None:
        for each in self._bins[1:]:
            actor = self._actor(self._line_shader, line_mesh(self._joints, each), lit=False)
            self._lines.append(actor)
            if self._renderer is not None:
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
        for line, width in zip(self._lines, self._widths[1:], strict=False):
            pixels = min(max(width / size_at_focus, 2 * min_px), 8.0)
            line.GetProperty().SetLineWidth(round(pixels * 4) / 4)
