"""`Overlay`: draws colour bar, scale bar, axes, caption, hint, and the dots of marks.

VTK draws all of it in screen pixels, so that the window and a picture written without a display look the
same. Sizes are in logical pixels times `ratio`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import vtkmodules.vtkRenderingFreeType  # noqa: F401  (registers text rendering)
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkTextActor

from app.palette import Rgb, Theme
from app.ui.number_text import bar_ticks, number_text
from app.viewport.network.legend import draw_legend, legend_height, legend_size
from app.viewport.network.line_mesh import LegendRow
from app.viewport.shapes import Canvas, canvas_actor, show_canvas

_MARGIN = 18.0
_BAR_WIDTH = 14.0
BAR_ROOM_PX = 64.0
"""Width of the colour bar with its numbers, logical pixels."""
_CAPTION_PX, _TITLE_PX, _NOTE_PX = 9.0, 7.0, 6.6  # of a letter, about
_SCALE_BAR_ROOM, _ABOVE_SCALE_BAR = 240.0, 84.0
_TRIAD = 22.0
_AXES = (("x", (226, 94, 84)), ("y", (88, 176, 104)), ("z", (84, 142, 232)))


Dot = tuple[float, float, tuple[Rgb, ...], int]
"""A mark: x and y (upwards) in device pixels, the colours of its traces, its number of corners (0: a disc)."""


@dataclass(frozen=True, eq=False)
class OverlayState:
    """What the overlay shows; it is compared to find out when to lay out again.

    Attributes
    ----------
    size : (int, int)
        Of the picture, device pixels.
    ratio : float
        Device pixels per logical pixel.
    table : ndarray, shape (n, 3), uint8
    notes : tuple of str
        What the picture must not be seen without, below the caption: cells that are hidden or not where the model has them.
    legend : tuple of LegendRow
        Of the connections.
    """

    size: tuple[int, int]
    ratio: float
    theme: Theme
    caption: str
    hint: str
    color_map: str
    table: NDArray[np.uint8]
    limits: tuple[float, float]
    title: str
    has_cell: bool
    color_bar: bool
    scale_bar: bool
    axes: bool
    notes: tuple[str, ...] = ()
    legend: tuple[LegendRow, ...] = ()

    def ground_at(self, y: float) -> Rgb:
        """Return the background colour at a height above the lower edge, device pixels."""
        share = y / self.size[1]
        low, high = self.theme.background, self.theme.background_far
        red, green, blue = (round(a + share * (b - a)) for a, b in zip(low, high, strict=True))
        return red, green, blue

    def key(self) -> tuple[object, ...]:
        """Return all values that the fixed part depends on."""
        return (
            self.size, self.ratio, self.theme.name, self.caption, self.hint, self.color_map,
            self.limits, self.title, self.has_cell, self.color_bar, self.notes, self.legend,
        )  # fmt: skip


def round_length(longest: float) -> float:
    """Return the largest of 1, 2, 5 × 10ⁿ that is at most `longest`."""
    power = 10.0 ** math.floor(math.log10(longest))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= longest * (1 + 1e-9))


def length_text(micrometres: float) -> str:
    """Return a length with its unit."""
    if micrometres >= 1000:
        return f"{micrometres / 1000:g} mm"
    return f"{micrometres:g} µm" if micrometres >= 1 else f"{micrometres * 1000:g} nm"


def caption_height(caption: str, notes: Sequence[str] = ()) -> float:
    """Return how far down a caption with its notes reaches below the margin at the top, logical pixels."""
    n = len([*filter(None, caption.split("\n")), *notes])
    return 24.0 + 19.0 * (n - 1) if n else 0.0


def legend_room(n_groups: int) -> float:
    """Return the height that a legend above the scale bar needs from the lower edge, logical pixels; 0 for no group."""
    return _MARGIN + _ABOVE_SCALE_BAR + legend_height(n_groups) + 8 if n_groups else 0.0


class _Texts:
    """A pool of text actors, reused at each layout."""

    def __init__(self, renderer: vtkRenderer) -> None:
        self._renderer = renderer
        self._actors: list[vtkTextActor] = []
        self._used = 0

    def begin(self) -> None:
        self._used = 0

    def put(
        self, text: str, x: float, y: float, size: float, color: Rgb,
        across: str = "Left", along: str = "Bottom", *, bold: bool = False,
    ) -> None:  # fmt: skip
        """Write a line of text at a pixel."""
        if self._used == len(self._actors):
            actor = vtkTextActor()
            actor.SetTextScaleModeToNone()
            actor.SetLayerNumber(3)
            self._actors.append(actor)
            self._renderer.AddViewProp(actor)
        actor = self._actors[self._used]
        self._used += 1
        prop = actor.GetTextProperty()
        prop.SetFontFamilyToArial()
        prop.SetFontSize(max(6, round(size)))
        prop.SetBold(bold)
        prop.SetColor(*(c / 255 for c in color))
        getattr(prop, f"SetJustificationTo{across}")()
        getattr(prop, f"SetVerticalJustificationTo{along}")()
        actor.SetInput(text)
        actor.SetPosition(round(x), round(y))
        actor.VisibilityOn()

    def end(self) -> None:
        for actor in self._actors[self._used :]:
            actor.VisibilityOff()


class Overlay:
    """Lays out and draws what has changed."""

    def __init__(self, renderer: vtkRenderer) -> None:
        self._fixed, self._moving, self._dots = (canvas_actor(layer) for layer in (1, 1, 2))
        for actor in (self._fixed, self._moving, self._dots):
            renderer.AddViewProp(actor)
        self._fixed_texts, self._moving_texts = _Texts(renderer), _Texts(renderer)
        self._fixed_key: tuple[object, ...] = ()
        self._moving_key: tuple[object, ...] = ()
        self._dots_key: tuple[object, ...] = ()

    def lay_out(
        self, state: OverlayState, pixel: float, axes: Sequence[NDArray[np.float64]]
    ) -> None:
        """Draw a state.

        Parameters
        ----------
        pixel : float
            µm per device pixel.
        axes : three ndarrays of shape (3,)
            Right, up and towards the eye.
        """
        key = state.key()
        if key != self._fixed_key:
            self._fixed_key = key
            self._lay_out_fixed(state)
        view = tuple(np.round(np.concatenate(axes), 6).tolist())
        moving = (key, pixel, view, state.scale_bar, state.axes)
        if moving != self._moving_key:
            self._moving_key = moving
            self._lay_out_moving(state, pixel, axes)

    def _lay_out_fixed(self, state: OverlayState) -> None:
        canvas, texts = Canvas(), self._fixed_texts
        texts.begin()
        if state.has_cell and state.color_bar:
            self._color_bar(state, canvas)
        if state.has_cell:
            self._caption(state, canvas)
            if state.legend:
                self._legend(state, canvas)
        if not state.has_cell and state.hint:
            width, height = state.size
            for i, line in enumerate(state.hint.split("\n")):
                size, color = (17, state.theme.text) if i == 0 else (13, state.theme.text_quiet)
                y = height / 2 - i * 26 * state.ratio
                texts.put(line, width / 2, y, size * state.ratio, color, "Centered", "Centered")
        texts.end()
        show_canvas(self._fixed, canvas)

    def _dim_background(
        self,
        state: OverlayState,
        canvas: Canvas,
        x: float,
        y: float,
        width: float,
        height: float,
    ) -> None:
        """Cover a rectangle with the background colour, so that text on the cell is legible."""
        grounds = state.ground_at(y), state.ground_at(y + height)
        canvas.soft_rectangle(x, y, width, height, 12 * state.ratio, *grounds)

    def _caption(self, state: OverlayState, canvas: Canvas) -> None:
        k, theme = state.ratio, state.theme
        y = state.size[1] - _MARGIN * k
        if state.notes:
            below = caption_height(state.caption, state.notes) * k
            letters = max(map(len, (*state.caption.split("\n"), *state.notes)))
            wide = (_NOTE_PX * letters + 40) * k
            self._dim_background(state, canvas, 2 * k, y - below - 8 * k, wide, below + 20 * k)
        for i, line in enumerate(filter(None, state.caption.split("\n"))):
            size = 16 if i == 0 else 12.5
            color = theme.text if i == 0 else theme.text_quiet
            self._fixed_texts.put(line, _MARGIN * k, y, size * k, color, "Left", "Top", bold=i == 0)
            y -= size * 1.5 * k
        for line in state.notes:
            self._fixed_texts.put(line, _MARGIN * k, y, 12.5 * k, theme.warn, "Left", "Top")
            y -= 12.5 * 1.5 * k

    def _legend(self, state: OverlayState, canvas: Canvas) -> None:
        """Draw the legend at the lower right, above the scale bar where they would meet."""
        k, theme = state.ratio, state.theme
        width, height = (each * k for each in legend_size(state.legend))
        x, y = max(0.0, state.size[0] - _MARGIN * k - width), _MARGIN * k
        if x < _SCALE_BAR_ROOM * k:
            x, y = _MARGIN * k, y + _ABOVE_SCALE_BAR * k
        if y + height > 0.8 * state.size[1]:
            return  # a picture that small has no room
        self._dim_background(state, canvas, x - 12 * k, y - 10 * k, width + 24 * k, height + 16 * k)
        put = self._fixed_texts.put
        draw_legend(state.legend, (x, y), k, (theme.text, theme.text_quiet), canvas, put)

    @staticmethod
    def _caption_above_title(state: OverlayState) -> float:
        """Return by how much the bar's title goes down where it would meet the caption, logical pixels."""
        letters = _CAPTION_PX * len(state.caption.split("\n")[0])
        letters = max([letters, *(_NOTE_PX * len(line) for line in state.notes)])
        meets = (letters + _TITLE_PX * len(state.title) + 3 * _MARGIN) * state.ratio > state.size[0]
        return caption_height(state.caption, state.notes) if meets else 0.0

    def _color_bar(self, state: OverlayState, canvas: Canvas) -> None:
        k, theme, (low, high) = state.ratio, state.theme, state.limits
        width, height = state.size
        top = (_MARGIN + 34 + self._caption_above_title(state)) * k
        bar_height = min(240 * k, height - top - 78 * k)
        if bar_height < 50 * k:
            return
        x = width - (_MARGIN + _BAR_WIDTH) * k
        y = height - top - bar_height
        self._dim_background(state, canvas, x - 50 * k, y - 14 * k, 90 * k, bar_height + 28 * k)
        self._dim_background(state, canvas, x - 150 * k, y + bar_height + 4 * k, 190 * k, 34 * k)
        canvas.rectangle(
            x - k, y - k, _BAR_WIDTH * k + 2 * k, bar_height + 2 * k, theme.text_quiet, 0.55
        )
        canvas.gradient(x, y, _BAR_WIDTH * k, bar_height, state.table[::8])
        right = x + _BAR_WIDTH * k
        self._fixed_texts.put(
            state.title, right, y + bar_height + 12 * k, 12.5 * k, theme.text, "Right"
        )
        most = max(2, min(6, int(bar_height / (34 * k))))
        for value in bar_ticks(low, high, most):
            at = y + (value - low) / (high - low) * bar_height
            canvas.rectangle(x - 5 * k, at - 0.5 * k, 4 * k, max(1.0, k), theme.text_quiet)
            self._fixed_texts.put(
                number_text(value, high - low),
                x - 9 * k,
                at,
                12 * k,
                theme.text,
                "Right",
                "Centered",
            )

    def _lay_out_moving(
        self, state: OverlayState, pixel: float, axes: Sequence[NDArray[np.float64]]
    ) -> None:
        canvas, texts = Canvas(), self._moving_texts
        texts.begin()
        left = _MARGIN * state.ratio
        if state.has_cell and state.axes:
            self._triad(state, canvas, axes)
            left += (2 * _TRIAD + 26) * state.ratio
        if state.has_cell and state.scale_bar:
            self._scale_bar(state, canvas, pixel, left)
        texts.end()
        show_canvas(self._moving, canvas)

    def _scale_bar(self, state: OverlayState, canvas: Canvas, pixel: float, x: float) -> None:
        k, color = state.ratio, state.theme.text
        length = round_length(140 * k * pixel)
        wide, y = length / pixel, (_MARGIN + 2) * k
        self._dim_background(state, canvas, x - 10 * k, y - 9 * k, wide + 20 * k, 40 * k)
        canvas.rectangle(x, y, wide, 2 * k, color)
        for end in (x, x + wide - 2 * k):
            canvas.rectangle(end, y - 3 * k, 2 * k, 8 * k, color)
        self._moving_texts.put(
            length_text(length), x + wide / 2, y + 9 * k, 12.5 * k, color, "Centered"
        )

    def _triad(
        self, state: OverlayState, canvas: Canvas, axes: Sequence[NDArray[np.float64]]
    ) -> None:
        k = state.ratio
        origin = np.full(2, (_MARGIN + _TRIAD + 4) * k)
        right, up, eye = axes
        reach = (_TRIAD + 20) * k
        self._dim_background(state, canvas, *(origin - reach), 2 * reach, 2 * reach)
        for i in sorted(range(3), key=lambda i: eye[i]):
            name, color = _AXES[i]
            tip = np.array([right[i], up[i]])
            canvas.line(origin, origin + tip * _TRIAD * k, 2.2 * k, color)
            if np.hypot(*tip) > 0.25:
                x, y = origin + tip * (_TRIAD + 9 * np.hypot(*tip)) * k
                self._moving_texts.put(name, x, y, 12 * k, color, "Centered", "Centered")
        canvas.disc(*origin, 2.4 * k, state.theme.text_quiet)

    def draw_dots(self, dots: Sequence[Dot], theme: Theme, ratio: float) -> None:
        """Draw marks with a border; several colours are rings, the first one outside."""
        key = (tuple(dots), theme.name, ratio)
        if key == self._dots_key:
            return
        self._dots_key = key
        canvas = Canvas()
        ink = (255, 255, 255) if theme.is_dark else (20, 24, 30)
        for x, y, colors, sides in dots:
            k = ratio * (1.25 if sides else 1.0)  # a polygon of the same radius has less area
            k *= 1.0 + 0.25 * min(len(colors) - 1, 3)  # room for the rings
            canvas.disc(x, y, 8.5 * k, theme.background, 0.75, sides=sides)
            canvas.disc(x, y, 6.8 * k, ink, sides=sides)
            for i, color in enumerate(colors):
                canvas.disc(x, y, 5.2 * k * (1 - i / len(colors)), color, sides=sides)
        show_canvas(self._dots, canvas)
