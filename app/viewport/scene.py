"""`MorphScene`: a cell in a VTK renderer, with its colours, marks and decorations. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (registers the OpenGL classes)
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkRenderer

from app.palette import DARK, Rgb, Theme
from app.viewport.body import Body
from app.viewport.colors import color_table
from app.viewport.navigation import Navigation
from app.viewport.picking import Picker
from app.viewport.tubes import Joints, find_joints
from app.viewport.vtkdata import ColorTexture
from backends.scene import MorphologyGeometry

MIN_RADIUS_PX = 0.75
_UNIT_LIMITS = (0.0, 1.0)


def _unit_rgb(color: Rgb) -> tuple[float, float, float]:
    return color[0] / 255, color[1] / 255, color[2] / 255


class MorphScene:
    """Everything in the viewport's picture.

    Parameters
    ----------
    renderer : vtkRenderer or None
        Where to draw; its own where None.

    Notes
    -----
    Setters are cheap and take effect with the next `prepare`, which belongs before every render.
    """

    def __init__(self, renderer: vtkRenderer | None = None) -> None:
        self.renderer = renderer or vtkRenderer()
        self.renderer.GradientBackgroundOn()
        self.renderer.SetTwoSidedLighting(False)
        self.navigation = Navigation(self.renderer)
        self.geometry: MorphologyGeometry | None = None
        self.theme = DARK
        self.limits = _UNIT_LIMITS
        self.color_map = "scalar"
        self.unit, self.label = "", ""
        self.pixel_ratio = 1.0
        self._colors = ColorTexture()
        self._body: Body | None = None
        self._joints: Joints | None = None
        self._values: NDArray[np.float32] | None = None
        self._picker: Picker | None = None
        self._colors.write(color_table(self.color_map))
        self.set_theme(DARK)

    def set_geometry(self, geometry: MorphologyGeometry | None) -> None:
        """Show a geometry, seen whole; None shows nothing."""
        if self._body is not None:
            self._body.remove()
        self.geometry, self._body, self._joints, self._picker = geometry, None, None, None
        self._values = None
        if geometry is None or not geometry.n_frusta or not geometry.n_segments:
            return
        self._joints = find_joints(geometry)
        self._body = Body(geometry, self._joints, self._colors)
        self._body.set_no_value_color(self._no_value_color())
        self._body.show_in(self.renderer)
        self.navigation.set_extent(self._joints.at, self._joints.radius)
        self.navigation.reset()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return self._body is None

    @property
    def joints(self) -> Joints | None:
        """Cross-sections of the geometry shown."""
        return self._joints

    def set_values(self, values: NDArray[np.float32]) -> None:
        """Colour the segments.

        Parameters
        ----------
        values : ndarray, shape (n_segments,), float32
            In the unit of the colour limits; NaN is drawn as "no value". Values of another
            length belong to another geometry and are passed over.
        """
        if self._body is not None and len(values) == self._body.values.n:
            self._values = values
            self._body.values.write(values, self.limits)

    def set_color_map(
        self, name: str, limits: tuple[float, float], unit: str = "", label: str = ""
    ) -> None:
        """Choose map and range; a range without width is widened by ± 0.5."""
        low, high = float(limits[0]), float(limits[1])
        if not low < high:
            low, high = low - 0.5, low + 0.5
        if name != self.color_map:
            self.color_map = name
            self._colors.write(color_table(name))
        self.unit, self.label = unit, label
        if (low, high) != self.limits:
            self.limits = (low, high)
            if self._values is not None:
                self.set_values(self._values)

    def set_theme(self, theme: Theme) -> None:
        """Dress ground and text."""
        self.theme = theme
        self.renderer.SetBackground(_unit_rgb(theme.ground))
        self.renderer.SetBackground2(_unit_rgb(theme.ground_far))
        if self._body is not None:
            self._body.set_no_value_color(self._no_value_color())

    def _no_value_color(self) -> tuple[float, float, float]:
        return _unit_rgb((104, 74, 112) if self.theme.is_dark else (208, 170, 214))

    def set_level(self, level: str) -> None:
        """Draw ``"tubes"`` or ``"lines"``."""
        if self._body is not None:
            self._body.set_level(level)

    def size(self) -> tuple[int, int]:
        """Return width and height of the picture, device pixels."""
        width, height = self.renderer.GetSize()
        return max(1, width), max(1, height)

    def prepare(self) -> None:
        """Bring everything that hangs on the camera or the window's size up to date."""
        if self._body is not None:
            size = self.navigation.pixel_size()
            self._body.set_pixel_size(
                self.navigation.pixel_scale(), size, MIN_RADIUS_PX * max(1.0, self.pixel_ratio)
            )
        self.renderer.ResetCameraClippingRange()

    def render(self) -> None:
        """Prepare and draw."""
        self.prepare()
        window = self.renderer.GetRenderWindow()
        if window is not None:
            window.Render()

    def pick(self, x: float, y: float, tolerance: float = 4.0) -> int:
        """Return the segment at device pixel (x, y), y downwards, or -1.

        Parameters
        ----------
        tolerance : float
            How far from a neurite a click may be and still mean it, logical pixels.
        """
        if self.geometry is None or self._joints is None:
            return -1
        if self._picker is None:
            self._picker = Picker(self._joints)
        origin, direction = self.navigation.ray(x, y)
        ratio = max(1.0, self.pixel_ratio)
        return self._picker.pick(
            origin,
            direction,
            self.navigation.pixel_size(),
            MIN_RADIUS_PX * ratio,
            tolerance * ratio,
        )

    def middle(self, segment: int) -> NDArray[np.float64]:
        """Return the middle of a segment in the renderer's coordinates, shape (3,)."""
        if self.geometry is None or self._joints is None:
            raise KeyError(segment)
        return self.geometry.middle(segment) - self._joints.centre

    def project(self, segment: int) -> tuple[float, float]:
        """Return the device pixel (x, y), y downwards, of a segment's middle."""
        return self.navigation.to_screen(self.middle(segment))

    def focus(self, segment: int) -> None:
        """Bring a segment to the centre, near enough to see it among its neighbours."""
        if self.geometry is not None:
            reach = max(40.0, 4 * float(self.geometry.length[segment]))
            self.navigation.look_at(self.middle(segment), reach)

    def set_marks(self, marks: Sequence[tuple[int, Rgb]]) -> None:
        """Mark segments, each in a colour."""

    def set_hover(self, segment: int) -> None:
        """Point out one segment, or none at -1."""

    def set_caption(self, text: str) -> None:
        """Name the cell, top left."""

    def set_hint(self, text: str) -> None:
        """Say what to do while there is nothing to show."""

    def set_decorations(
        self,
        *,
        color_bar: bool | None = None,
        scale_bar: bool | None = None,
        axes: bool | None = None,
    ) -> None:
        """Show or hide; None leaves as it is."""


def round_length(longest: float) -> float:
    """Return the largest of 1, 2, 5 × 10ⁿ that is at most `longest`."""
    power = 10.0 ** math.floor(math.log10(longest))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= longest * (1 + 1e-9))
