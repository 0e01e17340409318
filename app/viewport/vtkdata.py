"""Makes VTK data from numpy arrays, without copies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import VTK_TYPE_INT32, vtkDataArray, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkTexture

from app.viewport.shaders import CODE_LOW, CODE_SPAN, TEXTURE_WIDTH
from app.viewport.tubes import Mesh


def vtk_array(values: NDArray[np.generic], name: str = "") -> vtkDataArray:
    """Return a VTK array that uses the memory of `values` and keeps it alive."""
    kind = VTK_TYPE_INT32 if values.dtype == np.int32 else None
    array = numpy_to_vtk(np.ascontiguousarray(values), deep=0, array_type=kind)
    if name:
        array.SetName(name)
    return array


def vtk_points(xyz: NDArray[np.floating]) -> vtkPoints:
    """Return VTK points that use the memory of `xyz`, shape (n, 3)."""
    points = vtkPoints()
    points.SetData(vtk_array(xyz))
    return points


def vtk_cells(connectivity: NDArray[np.int32]) -> vtkCellArray:
    """Return cells of equal size, shape (n_cells, size)."""
    n, size = connectivity.shape
    offsets = np.arange(n + 1, dtype=np.int32) * np.int32(size)
    cells = vtkCellArray()
    cells.SetData(vtk_array(offsets), vtk_array(connectivity.reshape(-1)))
    return cells


def poly_data(mesh: Mesh) -> vtkPolyData:
    """Return a mesh as VTK poly data: tubes, or lines if it has no strips."""
    data = vtkPolyData()
    data.SetPoints(vtk_points(mesh.points))
    if len(mesh.strips):
        data.SetStrips(vtk_cells(mesh.strips))
        data.SetPolys(vtk_cells(mesh.triangles))
        data.GetPointData().SetNormals(vtk_array(mesh.normals, "normals"))
    else:
        data.SetLines(vtk_cells(np.arange(len(mesh.points), dtype=np.int32).reshape(-1, 2)))
    data.GetPointData().AddArray(vtk_array(mesh.segments, "segIds"))
    data.GetPointData().AddArray(vtk_array(mesh.along, "tube"))
    return data


class ValueTexture:
    """One value per segment as a texture; code 0 means not finite, the limits map to the ends of the colour map."""

    def __init__(self, n: int) -> None:
        self.n = n
        height = max(1, -(-n // TEXTURE_WIDTH))
        self._codes = np.zeros(height * TEXTURE_WIDTH, np.float32)
        self._used = self._codes[:n]
        self._array = vtk_array(self._codes, "values")
        self._image = vtkImageData()
        self._image.SetDimensions(TEXTURE_WIDTH, height, 1)
        self._image.GetPointData().SetScalars(self._array)
        self.texture = _texture(self._image, smooth=False)

    @property
    def codes(self) -> NDArray[np.float32]:
        """The codes last written, shape (n,)."""
        return self._used

    def write(self, values: NDArray[np.float32], limits: tuple[float, float]) -> None:
        """Write new values, shape (n,), in the unit of `limits`."""
        low, high = limits
        scale = CODE_SPAN / (high - low)
        used = self._used
        np.multiply(values, np.float32(scale), out=used)
        np.add(used, np.float32(CODE_LOW - low * scale), out=used)
        np.clip(used, np.float32(CODE_LOW), np.float32(CODE_LOW + CODE_SPAN), out=used)
        np.fmax(used, np.float32(0), out=used)
        if not np.isfinite(values.sum(dtype=np.float32)):  # the usual case, and the fastest
            used[np.isinf(values)] = 0
        self._array.Modified()
        self._image.Modified()


class ColorTexture:
    """A colour map as a texture."""

    def __init__(self) -> None:
        self._image = vtkImageData()
        self.texture = _texture(self._image, smooth=True)

    def write(self, table: NDArray[np.uint8]) -> None:
        """Write a table, shape (n, 3)."""
        self._image.SetDimensions(len(table), 1, 1)
        self._image.GetPointData().SetScalars(vtk_array(table.copy(), "colors"))
        self._image.Modified()


def _texture(image: vtkImageData, *, smooth: bool) -> vtkTexture:
    texture = vtkTexture()
    texture.SetInputDataObject(image)
    texture.SetColorModeToDirectScalars()
    texture.SetInterpolate(smooth)
    texture.MipmapOff()
    texture.RepeatOff()
    return texture
