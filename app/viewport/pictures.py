"""Renders pictures without a window, for `somascope run --image`, exports and tests. No Qt, no display."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkIOImage import vtkPNGWriter

from app.export.files import write_bytes
from app.viewport.offscreen import make_offscreen_window
from app.viewport.scene import MorphScene
from app.viewport.vtkdata import vtk_array

_SAMPLES = 8


def render_pixels(
    scene: MorphScene,
    size: tuple[int, int],
    *,
    samples: int = _SAMPLES,
    fit: bool = False,
    level: str = "tubes",
) -> NDArray[np.uint8]:
    """Return a scene as pixels, shape (height, width, 3), top row first; OSError if nothing is drawn.

    Parameters
    ----------
    size : (int, int)
        Width and height.
    samples : int
        For anti-aliasing; 0 for none.
    fit : bool
        Whether to fit the cell in the view first.
    level : {"tubes", "lines"}
    """
    window = make_offscreen_window(*size, samples)
    window.SetDPI(72)
    window.AddRenderer(scene.renderer)
    scene.renderer.SetRenderWindow(window)
    try:
        window.Initialize()  # from now on it knows how wide lines may be
        if fit:
            scene.navigation.reset()
        scene.set_level(level)
        scene.prepare()
        window.Render()
        pixels = vtkUnsignedCharArray()
        window.GetPixelData(0, 0, size[0] - 1, size[1] - 1, 0, pixels, 0)
        if pixels.GetNumberOfValues() != 3 * size[0] * size[1]:
            words = f"the graphics driver drew no picture of {size[0]} × {size[1]} pixels"
            raise OSError(errno.EIO, words)
        rows = vtk_to_numpy(pixels).reshape(size[1], size[0], 3)
        return np.ascontiguousarray(rows[::-1])
    finally:
        scene.renderer.ReleaseGraphicsResources(window)
        window.RemoveRenderer(scene.renderer)
        window.Finalize()


def render_view(
    scene: MorphScene,
    size: tuple[int, int],
    *,
    pixel_ratio: float = 1.0,
    with_decorations: bool = True,
) -> NDArray[np.uint8]:
    """Return the view of a scene that belongs to another window, anti-aliased; that window is not changed.

    Parameters
    ----------
    pixel_ratio : float
        Pixels per logical pixel, for the size of text and marks.
    """
    twin = MorphScene()
    twin.copy_view(scene)
    twin.pixel_ratio = pixel_ratio
    if not with_decorations:
        twin.set_decorations(color_bar=False, scale_bar=False, axes=False)
        twin.set_caption("")
    return render_pixels(twin, size)


def write_png(pixels: NDArray[np.uint8], path: Path) -> None:
    """Write pixels, shape (height, width, 3), as a complete PNG; OSError if that fails."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"the folder {path.parent} does not exist", str(path))
    image = vtkImageData()
    image.SetDimensions(pixels.shape[1], pixels.shape[0], 1)
    image.GetPointData().SetScalars(
        vtk_array(np.ascontiguousarray(pixels[::-1]).reshape(-1, 3), "rgb")
    )
    writer = vtkPNGWriter()
    writer.SetInputData(image)
    writer.WriteToMemoryOn()
    writer.Write()
    data = writer.GetResult()
    if data is None or not data.GetNumberOfValues():
        raise OSError(errno.EIO, "the picture could not be compressed", str(path))
    write_bytes(path, bytes(vtk_to_numpy(data)))


def render_picture(
    scene: MorphScene, size: tuple[int, int], path: Path | str, *, fit: bool = True
) -> None:
    """Render a scene with its decorations into a PNG."""
    write_png(render_pixels(scene, size, fit=fit), Path(path))
