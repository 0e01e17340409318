"""`ConnectionLines`: the lines of connections in a renderer, behind the cells, and those of one cell in front of them.

Lines are thin and half transparent, the more of them the more transparent, and always behind the cells, so that any number of
them leaves the colours of the cells legible. A line fades from its target to its source; a gap junction is dashed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer

from app.palette import DARK, Theme
from app.viewport.network.line_mesh import LegendRow, Lines, lines_of, opacity_of
from app.viewport.shaders import ShaderText
from app.viewport.vtkdata import vtk_array, vtk_cells, vtk_points
from backends.connections import Connections
from backends.scene import MorphologyGeometry

FEW = 400
"""So many lines are drawn in each frame on any machine, also while the camera moves."""
CHUNK = 1_000
_BEHIND, _LESS_FAR_BEHIND, _IN_FRONT = 0.99999, 0.99998, -0.9999
_FADED = 0.22
_DASH_PX = 7.0

_VERTEX_DEC = """//VTK::ValuePass::Dec
in vec4 lineColor; in float lineAlong;
out vec4 lineC; out float lineA;
"""
_VERTEX_IMPL = """//VTK::ValuePass::Impl
lineC = lineColor; lineA = lineAlong;
gl_Position.z = depth * gl_Position.w;
"""
_FRAGMENT_DEC = """//VTK::ValuePass::Dec
in vec4 lineC; in float lineA;
"""
_FRAGMENT = """
if (lineA > -1.0 && fract(lineA / dash) > 0.6) discard;
gl_FragData[0] = vec4(lineC.rgb, clamp(lineC.a * strength, 0.0, 1.0));
"""


def _line_shader(depth: float) -> ShaderText:
    shader = ShaderText()
    shader.vertex("//VTK::ValuePass::Dec", _VERTEX_DEC)
    shader.vertex("//VTK::ValuePass::Impl", _VERTEX_IMPL)
    shader.fragment("//VTK::ValuePass::Dec", _FRAGMENT_DEC)
    shader.fragment("//VTK::Light::Impl", _FRAGMENT)
    shader.set_number("depth", depth)
    for name, value in (("strength", 1.0), ("dash", 1.0)):
        shader.set_fragment_number(name, value)
    return shader


def _poly_data(lines: Lines) -> vtkPolyData:
    """Return the lines for a mapper, with the arrays ``lineColor`` (rgb, strength) and ``lineAlong``."""
    n = len(lines)
    data = vtkPolyData()
    data.SetPoints(vtk_points(lines.ends.reshape(-1, 3)))
    data.SetLines(vtk_cells(np.arange(2 * n, dtype=np.int32).reshape(-1, 2)))
    color = np.concatenate([np.repeat(lines.color, 2, axis=0), lines.strength.reshape(-1, 1)], 1)
    data.GetPointData().AddArray(vtk_array(color.astype(np.float32), "lineColor"))
    data.GetPointData().AddArray(vtk_array(lines.along.reshape(-1), "lineAlong"))
    return data


class _LineActor:
    """An actor with some lines."""

    def __init__(self, shader: ShaderText) -> None:
        self.mapper = vtkPolyDataMapper()
        self.mapper.SetInputDataObject(vtkPolyData())
        self.mapper.ScalarVisibilityOff()
        self.mapper.SetVBOShiftScaleMethod(0)
        for name in ("lineColor", "lineAlong"):
            self.mapper.MapDataArrayToVertexAttribute(name, name, 0, -1)
        self.actor = vtkActor()
        self.actor.SetMapper(self.mapper)
        self.actor.SetShaderProperty(shader.property)
        self.actor.ForceOpaqueOn()  # no sorting: the opacity is blended all the same
        self.actor.GetProperty().SetLighting(False)

    def show(self, lines: Lines) -> None:
        self.actor.SetVisibility(len(lines) > 0)
        if len(lines):
            self.mapper.SetInputDataObject(_poly_data(lines))


class ConnectionLines:
    """All lines of one scene.

    Attributes
    ----------
    legend : list of LegendRow
    version : int
        Another one after each change of the lines behind the cells.
    """

    def __init__(self, renderer: vtkRenderer) -> None:
        self._renderer = renderer
        self._shader, self._front_shader = _line_shader(_BEHIND), _line_shader(_IN_FRONT)
        self._front_shader.set_fragment_number("strength", 0.95)
        self._hub_shader = _line_shader(_LESS_FAR_BEHIND)
        self._front = _LineActor(self._front_shader)
        self._front.actor.VisibilityOff()
        renderer.AddActor(self._front.actor)
        self._lines: Lines | None = None
        self._highlighted = -1
        self._chunks: list[vtkActor] = []
        self._hub: list[vtkActor] = []
        self.legend: list[LegendRow] = []
        self.version = 0

    @property
    def n(self) -> int:
        """Number of lines."""
        return 0 if self._lines is None else len(self._lines)

    @property
    def highlighted(self) -> int:
        """The cell whose lines are in front, -1 for none."""
        return self._highlighted if self.n else -1

    def show(
        self,
        groups: Sequence[Connections],
        drawn: MorphologyGeometry | None,
        centre: NDArray[np.float64],
        theme: Theme = DARK,
    ) -> None:
        """Draw connections; see `lines_of`."""
        self._remove()
        self.version += 1
        if groups and drawn is not None:
            lines, self.legend = lines_of(groups, drawn, centre, theme)
            # Any first part of them is to look like all of them.
            self._lines = lines.some(np.random.default_rng(1).permutation(len(lines)))
            self._chunks = self._in_chunks(self._lines, self._shader)
        self.bring_forward()
        self._show_front()

    def bring_forward(self) -> None:
        """Draw the lines in front after all other actors that are there, as they are blended with what is behind them."""
        self._renderer.RemoveActor(self._front.actor)
        self._renderer.AddActor(self._front.actor)

    @property
    def parts(self) -> list[vtkActor]:
        """All lines behind the cells, in the order in which they are drawn: `FEW`, then `CHUNK` each."""
        return [*self._chunks, *self._hub]

    def _remove(self) -> None:
        self._remove_actors(self._chunks)
        self._remove_actors(self._hub)
        self._lines, self.legend = None, []

    def _remove_actors(self, actors: list[vtkActor]) -> None:
        for actor in actors:
            self._renderer.RemoveActor(actor)
        actors.clear()

    def _in_chunks(self, lines: Lines, shader: ShaderText) -> list[vtkActor]:
        """Add lines to the renderer."""
        actors = []
        ends = [0, min(FEW, len(lines)), *range(FEW + CHUNK, len(lines), CHUNK), len(lines)]
        for start, end in pairwise(ends):
            if end > start:
                chunk = _LineActor(shader)
                chunk.show(lines.some(np.arange(start, end)))
                actors.append(chunk.actor)
                self._renderer.AddActor(chunk.actor)
        return actors

    def highlight(self, cell: int) -> bool:
        """Let the lines of a cell stand out, -1: of none; return whether that is another one."""
        if cell == self._highlighted:
            return False
        self._highlighted = cell
        self._show_front()
        return True

    def _show_front(self) -> None:
        """Draw the lines of the cell before the cells, or, if there are many, as another part of those behind."""
        own = None if self._lines is None else self._lines.of_cell(self._highlighted)
        if self._hub:
            self._remove_actors(self._hub)
            self.version += 1
        if own is None or self._highlighted < 0 or len(own) > FEW:
            self._front.actor.VisibilityOff()
        else:
            self._front.show(own)
        if own is not None and self._highlighted >= 0 and len(own) > FEW:
            self._hub = self._in_chunks(own, self._hub_shader)
            self._hub_shader.set_fragment_number("strength", opacity_of(len(own)))
            self.version += 1

    @property
    def has_hub(self) -> bool:
        """Whether the lines that stand out are so many that they are among those behind the cells."""
        return bool(self._hub)

    def fading(self) -> float:
        """Return what the opacity of the other lines is multiplied with: less than 1 beside those that stand out."""
        return _FADED if self._hub or self._front.actor.GetVisibility() else 1.0

    def show_all(self) -> None:
        """Draw all lines."""
        self._show(self.parts, opacity_of(self.n) * self.fading())

    def show_few(self) -> None:
        """Draw the first few lines, as they look where there are no others."""
        first = [*self._chunks[:1], *self._hub[:1]]
        self._show(first, opacity_of(min(FEW, self.n)) * self.fading())

    def show_part(self, part: vtkActor | None) -> None:
        """Draw one of `parts`, or none, as it looks among all of them where no cell before them stands out."""
        fading = _FADED if self._hub else 1.0
        self._show([] if part is None else [part], opacity_of(self.n) * fading)

    def _show(self, parts: Sequence[vtkActor], opacity: float) -> None:
        shown = set(parts)
        for actor in self.parts:
            actor.SetVisibility(actor in shown)
        self._shader.set_fragment_number("strength", opacity)

    def set_pixel_size(self, size: float, ratio: float) -> None:
        """Set µm per device pixel, and device pixels per logical pixel."""
        for shader in (self._shader, self._hub_shader, self._front_shader):
            shader.set_fragment_number("dash", _DASH_PX * ratio * size)
        most = self._widest()
        for actor in self.parts:
            actor.GetProperty().SetLineWidth(min(ratio, most))
        self._front.actor.GetProperty().SetLineWidth(min(1.6 * ratio, most))

    def _widest(self) -> float:
        """Return the widest line that the driver draws itself, as VTK's own wide lines lose the attributes of a vertex."""
        window = self._renderer.GetRenderWindow()
        return 1.0 if window is None else max(1.0, float(window.GetMaximumHardwareLineWidth()))
