"""`Navigation`: moves the camera: rotate, pan, zoom to the pointer, standard views. No Qt.

The projection is parallel, so that the scale bar is valid for all of the cell. Screen coordinates are
device pixels, y downwards.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkRenderer

Vector = NDArray[np.float64]
_MOST_BELOW = 0.36  # of the height, for a legend below the cell
_MARGIN = 1.12
_VIEWS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "xy": ((0, 0, 1), (0, 1, 0)),
    "xz": ((0, -1, 0), (0, 0, 1)),
    "yz": ((1, 0, 0), (0, 0, 1)),
}


def _rotated(vector: Vector, axis: Vector, angle: float) -> Vector:
    """Return a vector turned about a unit axis by an angle in radians (Rodrigues)."""
    c, s = math.cos(angle), math.sin(angle)
    result: Vector = vector * c + np.cross(axis, vector) * s + axis * (axis @ vector) * (1 - c)
    return result


class View(NamedTuple):
    """From where a cell is looked at: unit vectors towards the eye and up, and lengths in µm."""

    focus: Vector
    eye: Vector
    up: Vector
    parallel_scale: float
    center: Vector


class Navigation:
    """A camera in parallel projection that looks at a point and rotates about a centre."""

    def __init__(self, renderer: vtkRenderer) -> None:
        self._renderer = renderer
        self._camera = renderer.GetActiveCamera()
        self._camera.ParallelProjectionOn()
        self._low, self._high = np.full(3, -50.0), np.full(3, 50.0)
        self._points: NDArray[np.float32] = np.stack([self._low, self._high]).astype(np.float32)
        self._center = np.zeros(3)
        self._last_size = (1, 1)
        self._own_size: tuple[int, int] | None = None
        self.home: tuple[float, float] | None = None  # see `MorphologyViewSpec.direction`
        # Kept free of the cell when it is fitted, device pixels: above and below in a tall picture, and on the right.
        self.top_px = self.bottom_px = self.right_px = 0.0
        self.keeps_top = False  # of a wide picture too

    def set_extent(self, points: NDArray[np.float32], radii: NDArray[np.float32]) -> None:
        """Set what must be visible: points, shape (n, 3), and their radii, µm."""
        reach = radii[:, None]
        self._low = (points - reach).min(axis=0).astype(float)
        self._high = (points + reach).max(axis=0).astype(float)
        step = max(1, len(points) // 20_000)
        self._points = np.vstack([points[::step], self._corners()]).astype(np.float32)

    def _corners(self) -> Vector:
        """Return the six extreme points along the axes through the middle of the extent."""
        middle = (self._low + self._high) / 2
        ends = [
            np.where(np.arange(3) == axis, end, middle)
            for axis in range(3)
            for end in (self._low, self._high)
        ]
        return np.array(ends)

    def size(self) -> tuple[int, int]:
        """Return width and height of the picture, device pixels; the last ones if it has no window."""
        if self._own_size is not None:
            return self._own_size
        width, height = self._renderer.GetSize()
        if width > 0 and height > 0:
            self._last_size = (width, height)
        return self._last_size

    def set_size(self, width: int, height: int) -> None:
        """Set the size of the picture, device pixels, where several pictures share a window."""
        self._own_size = width, height

    def axes(self) -> tuple[Vector, Vector, Vector]:
        """Return unit vectors right, up and towards the eye."""
        camera = self._camera
        eye = np.array(camera.GetPosition()) - np.array(camera.GetFocalPoint())
        eye /= np.linalg.norm(eye)
        right = np.cross(np.array(camera.GetViewUp()), eye)
        right /= np.linalg.norm(right)
        return right, np.cross(eye, right), eye

    def _aim(self, focus: Vector, eye: Vector, up: Vector) -> None:
        distance = max(10.0, 2 * float(np.linalg.norm(self._high - self._low)))
        self._camera.SetFocalPoint(focus)
        self._camera.SetPosition(focus + distance * eye)
        self._camera.SetViewUp(up)

    def pixel_size(self) -> float:
        """Return µm per device pixel."""
        return 2 * self._camera.GetParallelScale() / self.size()[1]

    def pixel_scale(self) -> float:
        """Return the factor that the vertex shader multiplies with clip-space w to get µm per pixel."""
        return self.pixel_size()

    def set_pixel_size(self, size: float) -> None:
        """Zoom so that a device pixel is `size` µm."""
        span = float(np.linalg.norm(self._high - self._low)) or 1.0
        scale = size * self.size()[1] / 2
        self._camera.SetParallelScale(min(max(scale, span * 2e-5), span * 20))

    def view(self) -> View:
        """Return the view and the centre of rotation."""
        _, up, eye = self.axes()
        focus = np.array(self._camera.GetFocalPoint())
        return View(focus, eye, up, self._camera.GetParallelScale(), self._center.copy())

    def set_view(self, view: View, shift: Vector | float = 0.0) -> None:
        """Use a view, of a cell that lies `shift` (µm, shape (3,)) further."""
        self._aim(view.focus + shift, view.eye, view.up)
        self._camera.SetParallelScale(view.parallel_scale)
        self._center = view.center + shift

    def copy_camera(self, other: Navigation) -> None:
        """Use the view and the centre of rotation of another camera on the same cell."""
        self.set_view(other.view())

    def shows_all(self) -> bool:
        """Whether the whole cell is in the picture."""
        right, up, _ = self.axes()
        offset = self._points - np.array(self._camera.GetFocalPoint())
        width, height = self.size()
        reach = self.pixel_size() / 2
        return bool(
            (np.abs(offset @ right) <= reach * width).all()
            and (np.abs(offset @ up) <= reach * height).all()
        )

    def reset(self) -> None:
        """Fit the cell in the view, from `home`: by default from the front, y up."""
        if self.home is None:
            self.view_axis("xy")
            return
        azimuth, elevation = np.radians(self.home)
        level = math.cos(elevation)
        eye = [level * math.sin(azimuth), -level * math.cos(azimuth), math.sin(elevation)]
        self._aim(np.zeros(3), np.array(eye), np.array([0.0, 0.0, 1.0]))
        self.fit()

    def view_axis(self, plane: str, *, opposite: bool = False) -> None:
        """Look straight at a plane, ``"xy"``, ``"xz"`` or ``"yz"``, and fit."""
        eye, up = (np.array(each, float) for each in _VIEWS[plane])
        self._aim(np.zeros(3), -eye if opposite else eye, up)
        self.fit()

    def fit(self) -> None:
        """Fit the cell in the view, from the current direction."""
        right, up, eye = self.axes()
        across, along = self._points @ right, self._points @ up
        self._center = (self._low + self._high) / 2
        middle = (across.min() + across.max()) / 2 * right + (along.min() + along.max()) / 2 * up
        middle = middle + (self._center @ eye) * eye
        width, height = self.size()
        top = min(self.top_px, height / 4) if height > width or self.keeps_top else 0.0
        bottom = min(self.bottom_px, _MOST_BELOW * height) if height > 0.75 * width else 0.0
        beside = min(self.right_px, width / 4)
        size = max(np.ptp(across) / (width - beside), np.ptp(along) / (height - top - bottom), 1e-6)
        size *= _MARGIN
        free = (height - top - np.ptp(along) / size) / 2
        higher = max(0.0, bottom - free)  # no more than need be, as legends come and go
        middle = middle + size * ((top / 2 - higher) * up + beside / 2 * right)
        self._aim(middle, eye, up)
        self.set_pixel_size(float(size))

    def rotate(self, dx: float, dy: float) -> None:
        """Rotate the cell with the pointer: a drag across the picture's height is half a turn."""
        right, up, eye = self.axes()
        angle = math.pi / self.size()[1]
        focus = np.array(self._camera.GetFocalPoint())
        offset = focus - self._center
        for axis, by in ((up, -dx * angle), (right, -dy * angle)):
            offset, eye, up = (_rotated(each, axis, by) for each in (offset, eye, up))
        self._aim(self._center + offset, eye, up)

    def roll(self, angle: float) -> None:
        """Rotate the picture about the line of sight, by an angle in radians."""
        _, up, eye = self.axes()
        self._camera.SetViewUp(_rotated(up, eye, angle))

    def pan(self, dx: float, dy: float) -> None:
        """Shift the picture by device pixels."""
        right, up, eye = self.axes()
        shift = (-dx * right + dy * up) * self.pixel_size()
        self._aim(np.array(self._camera.GetFocalPoint()) + shift, eye, up)

    def zoom(self, factor: float, x: float, y: float) -> None:
        """Enlarge by `factor`; the point under (x, y) stays there."""
        width, height = self.size()
        dx, dy = x - width / 2, y - height / 2
        before = self.pixel_size()
        self.set_pixel_size(before / factor)
        scale = before / self.pixel_size()
        self.pan(dx - dx * scale, dy - dy * scale)

    def set_center(self, point: Vector) -> None:
        """Set the centre of rotation."""
        self._center = np.array(point, float)

    def look_at(self, point: Vector, reach: float) -> None:
        """Centre a point, with at most `reach` µm to the nearer edge."""
        _, up, eye = self.axes()
        self.set_center(point)
        self._aim(self._center, eye, up)
        size = 2 * reach / min(self.size())
        if size < self.pixel_size():
            self.set_pixel_size(size)

    def ray(self, x: float, y: float) -> tuple[Vector, Vector]:
        """Return the ray through (x, y): a point in front of the cell, and the viewing direction."""
        right, up, eye = self.axes()
        width, height = self.size()
        size = self.pixel_size()
        focus = np.array(self._camera.GetFocalPoint())
        at = focus + (x - width / 2) * size * right + (height / 2 - y) * size * up
        away = 2 * float(np.linalg.norm(self._high - self._low)) + 10
        away += float(np.linalg.norm(focus))
        return at + away * eye, -eye

    def to_screen(self, point: Vector) -> tuple[float, float]:
        """Return the device pixel of a point."""
        right, up, _ = self.axes()
        offset = np.asarray(point) - np.array(self._camera.GetFocalPoint())
        width, height = self.size()
        size = self.pixel_size()
        return width / 2 + float(offset @ right) / size, height / 2 - float(offset @ up) / size
