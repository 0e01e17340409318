"""`LayeredLines`: draws the lines of a scene through a `LineLayer`, a part of them a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkRenderer

from app.viewport.network.layer import LineLayer
from app.viewport.network.lines import ConnectionLines


class LayerWindow(Protocol):
    """Where the layer is drawn."""

    def set_size(self, width: int, height: int) -> None:
        """Set the size of the pictures, device pixels."""

    def render_pixels(self) -> NDArray[np.uint8]:
        """Return a new picture, shape (height, width, 4), from the lowest row up."""

    def close(self) -> None:
        """Release everything."""


class LayeredLines:
    """The lines of a scene on a machine without a graphics card.

    Few lines are drawn in each frame. Of many, a few are drawn while the camera moves; at rest the frames that follow
    add a part of the others to a layer, which is shown in place of them once it has all.

    Parameters
    ----------
    renderer : vtkRenderer
        The scene's.
    make_window : callable
        Returns the window of the layer's renderer; called when there are many lines for the first time.
    """

    def __init__(
        self,
        renderer: vtkRenderer,
        lines: ConnectionLines,
        make_window: Callable[[vtkRenderer], LayerWindow],
    ) -> None:
        self._scene_renderer = renderer
        self._lines = lines
        self._make_window = make_window
        self._layer = LineLayer()
        renderer.AddActor(self._layer.actor)
        self._renderer = vtkRenderer()
        self._renderer.GradientBackgroundOn()
        self._renderer.SetActiveCamera(renderer.GetActiveCamera())
        self._renderer.AddActor(self._layer.actor)
        self._window: LayerWindow | None = None
        self._parts: list[vtkActor] = []
        self._key: tuple[object, ...] = ()
        self._n_done = 0

    def is_complete(self, size: tuple[int, int]) -> bool:
        """Whether a frame of that size would show all lines."""
        n = len(self._lines.parts)
        return n <= 1 or (self._key == self._key_of(size) and self._n_done == n)

    def update(self, size: tuple[int, int], *, is_turning: bool) -> bool:
        """Choose what the next frame shows; return whether a frame after it would show more.

        Parameters
        ----------
        size : (int, int)
            Of the picture, device pixels.
        is_turning : bool
            Whether the camera moves.
        """
        lines = self._lines
        if len(lines.parts) <= 1:
            self._layer.show(0)
            lines.show_all()
            return False
        if not is_turning:
            self._add_part(size)
        is_whole = self.is_complete(size)
        if is_whole:
            self._layer.show(1.0 if lines.has_hub else lines.fading())
            lines.show_part(None)
        else:
            self._layer.show(0)
            lines.show_few()
        return not is_whole and not is_turning

    def _key_of(self, size: tuple[int, int]) -> tuple[object, ...]:
        """Return all that the layer depends on."""
        renderer = self._scene_renderer
        camera = renderer.GetActiveCamera()
        return (
            self._lines.version, size, renderer.GetBackground(), camera.GetPosition(),
            camera.GetFocalPoint(), camera.GetViewUp(), camera.GetParallelScale(),
        )  # fmt: skip

    def _add_part(self, size: tuple[int, int]) -> None:
        key, lines = self._key_of(size), self._lines
        if key != self._key:
            self._key, self._n_done = key, 0
            self._use_parts()
            for name in ("Background", "Background2"):
                color = getattr(self._scene_renderer, f"Get{name}")()
                getattr(self._renderer, f"Set{name}")(color)
        if self._n_done == len(self._parts):
            return
        if self._window is None:
            self._window = self._make_window(self._renderer)
        self._layer.show(float(self._n_done > 0))
        lines.show_part(self._parts[self._n_done])
        self._window.set_size(*size)
        self._layer.write(self._window.render_pixels())
        self._n_done += 1

    def _use_parts(self) -> None:
        parts = self._lines.parts
        if self._parts != parts:
            for actor in self._parts:
                self._renderer.RemoveActor(actor)
            self._parts = parts
            for actor in parts:
                self._renderer.AddActor(actor)

    def close(self) -> None:
        """Release everything."""
        if self._window is not None:
            self._window.close()
            self._window = None
