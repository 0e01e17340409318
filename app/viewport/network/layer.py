"""`LineLayer`: a picture of all lines of connections, which a frame on software OpenGL shows behind the cells.

Without a graphics card ten thousand lines take far longer than the cells. So they are drawn a thousand at a time, once, into a
picture that is kept until the camera moves; each frame shows that picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkTexture

from app.viewport.shaders import ShaderText
from app.viewport.vtkdata import vtk_array, vtk_cells, vtk_points

# As large as can be, so that it is never culled; the shader uses the signs.
_CORNERS = 1e6 * np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)], np.float32)
_POSITION = """
gl_Position = vec4(sign(vertexMC.xy), 0.999995, 1.0);
"""
_VERTEX_DEC = "//VTK::ValuePass::Dec\nout vec2 layerAt;\n"
_VERTEX_IMPL = "//VTK::ValuePass::Impl\nlayerAt = 0.5 + 0.5 * sign(vertexMC.xy);\n"
_FRAGMENT_DEC = "//VTK::ValuePass::Dec\nin vec2 layerAt;\n"
_FRAGMENT = "gl_FragData[0] = vec4(texture(lineLayer, layerAt).rgb, strength);\n"


class LineLayer:
    """The picture of the lines so far, as an actor that fills the background of its renderers."""

    def __init__(self) -> None:
        self._image = vtkImageData()
        self._texture = vtkTexture()
        self._texture.SetInputDataObject(self._image)
        self._texture.SetColorModeToDirectScalars()
        self._texture.InterpolateOff()
        self._texture.MipmapOff()
        self._texture.RepeatOff()
        data = vtkPolyData()
        data.SetPoints(vtk_points(_CORNERS))
        data.SetPolys(vtk_cells(np.array([(0, 1, 2), (0, 2, 3)], np.int32)))
        mapper = vtkPolyDataMapper()
        mapper.SetInputDataObject(data)
        mapper.ScalarVisibilityOff()
        self._shader = ShaderText()
        self._shader.vertex("//VTK::PositionVC::Impl", _POSITION)
        self._shader.vertex("//VTK::ValuePass::Dec", _VERTEX_DEC)
        self._shader.vertex("//VTK::ValuePass::Impl", _VERTEX_IMPL)
        self._shader.fragment("//VTK::ValuePass::Dec", _FRAGMENT_DEC)
        self._shader.fragment("//VTK::Light::Impl", _FRAGMENT)
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.SetShaderProperty(self._shader.property)
        self.actor.ForceOpaqueOn()
        self.actor.UseBoundsOff()
        self.actor.GetProperty().SetLighting(False)
        self.actor.GetProperty().SetTexture("lineLayer", self._texture)
        self.actor.VisibilityOff()

    def write(self, pixels: NDArray[np.uint8]) -> None:
        """Use a picture of the lines, shape (height, width, 4), from the lowest row up."""
        height, width = pixels.shape[:2]
        self._image.SetDimensions(width, height, 1)
        rgb = np.ascontiguousarray(pixels[:, :, :3]).reshape(-1, 3)
        self._image.GetPointData().SetScalars(vtk_array(rgb, "lines"))
        self._image.Modified()

    def show(self, strength: float) -> None:
        """Show the picture over the background, with an opacity; 0 hides it."""
        self.actor.SetVisibility(strength > 0)
        self._shader.set_fragment_number("strength", strength)
