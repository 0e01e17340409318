"""`MorphScene`: a cell in a VTK renderer, with its colours, marks and decorations. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (registers the OpenGL classes)
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkRenderer

from app.palette import DARK, SIDES, Rgb, Theme
from app.viewport.cell_shape import CellShape, shape_of
from app.viewport.colors import legible_table
from app.viewport.marks import HighlightOutline
from app.viewport.morphology_actors import MorphologyActors
from app.viewport.navigation import Navigation
from app.viewport.network.drawn import ALL_CELLS, ShownCells, cells_note, drawn_geometry
from app.viewport.network.lines import ConnectionLines
from app.viewport.overlay import Dot, Overlay, OverlayState, caption_height
from app.viewport.tubes import CrossSections
from app.viewport.vtkdata import ColorTexture
from backends.connections import Connections
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
        Where to draw; None for a new one.

    Notes
    -----
    Setters are cheap and take effect with the next `prepare`, which must come before every render.

    Attributes
    ----------
    geometry : MorphologyGeometry or None
        The model's.
    drawn : MorphologyGeometry or None
        What is drawn of it, and where: see `drawn_geometry`.
    lines : ConnectionLines
    """

    def __init__(self, renderer: vtkRenderer | None = None) -> None:
        self.renderer = renderer or vtkRenderer()
        self.renderer.GradientBackgroundOn()
        self.renderer.SetTwoSidedLighting(False)
        self.navigation = Navigation(self.renderer)
        self.geometry: MorphologyGeometry | None = None
        self.drawn: MorphologyGeometry | None = None
        self.cells = ALL_CELLS
        self._notes: tuple[str, ...] = ()
        self.connections: tuple[Connections, ...] = ()
        self.lines = ConnectionLines(self.renderer)
        self._lines_of: tuple[object, ...] = ()
        self.theme = DARK
        self.limits = _UNIT_LIMITS
        self.color_map = "scalar"
        self.unit, self.label = "", ""
        self.pixel_ratio = 1.0
        self._colors = ColorTexture()
        self._actors: MorphologyActors | None = None
        self._shape: CellShape | None = None
        self._values: NDArray[np.float32] | None = None
        self._is_drawn = np.empty(0, bool)
        self.caption, self.hint = "", "Drop an SWC file here"
        self.shows_color_bar = self.shows_scale_bar = self.shows_axes = True
        self._marks: tuple[tuple[int, Rgb], ...] = ()
        self._mark_shapes: dict[int, int] = {}
        self._mark_points = np.empty((0, 3))
        self._hovered = self._selected = -1
        self._mark_outline, self._hover_outline = (
            HighlightOutline(self.renderer, 2.2),
            HighlightOutline(self.renderer, 1.6),
        )
        self._overlay = Overlay(self.renderer)
        self.set_theme(DARK)

    def set_geometry(
        self,
        geometry: MorphologyGeometry | None,
        *,
        keep_view: bool = False,
        cells: ShownCells = ALL_CELLS,
    ) -> None:
        """Show a geometry, fitted in the view or from where the present one is looked at; None shows nothing.

        Parameters
        ----------
        cells : ShownCells
            Which of its cells are drawn, and where.
        """
        before, view = self.cross_sections, self.navigation.view() if keep_view else None
        if self._actors is not None:
            self._actors.remove()
        self.geometry, self._actors, self._shape = geometry, None, None
        self.cells, self._values = cells, None
        self._notes = cells_note(geometry, cells)
        self.navigation.keeps_top = bool(self._notes)  # which no cell may hide
        self.drawn = drawn = None if geometry is None else drawn_geometry(geometry, cells)
        self.set_hover(-1)
        self.set_marks(())
        if drawn is None or not drawn.n_frusta or not drawn.n_segments:
            return
        self._is_drawn = np.zeros(drawn.n_segments, bool)
        self._is_drawn[drawn.frustum_segment] = True
        self._shape = shape_of(drawn)
        self._actors = MorphologyActors(drawn.n_segments, self._shape, self._colors)
        self._actors.set_no_value_color(self._no_value_color())
        self._actors.show_in(self.renderer)
        joints = self._shape.joints
        self.navigation.set_extent(joints.at, joints.radius)
        self.navigation.reset()
        if before is not None and view is not None:
            self.navigation.set_view(view, before.centre - joints.centre)

    def change_shape(self, geometry: MorphologyGeometry, cells: ShownCells | None = None) -> None:
        """Show the same cells in another shape, with the colours and from where the present ones are looked at.

        Parameters
        ----------
        cells : ShownCells or None
            Which ones are drawn, and where; None is as before.
        """
        values, marks, shapes = self._values, self._marks, self._mark_shapes
        self.set_geometry(geometry, keep_view=True, cells=self.cells if cells is None else cells)
        if values is not None:
            self.set_values(values)
        self.set_marks(marks, shapes)

    def set_cells(self, cells: ShownCells) -> bool:
        """Hide and arrange cells; return whether anything changed. Another arrangement is fitted in the view."""
        if cells == self.cells or self.geometry is None:
            return False
        is_moved = cells.arrangement != self.cells.arrangement
        self.change_shape(self.geometry, cells)
        if is_moved:
            self.navigation.fit()
        return True

    def set_connections(self, connections: Sequence[Connections]) -> bool:
        """Draw connections of the geometry as lines; return whether they are others."""
        if tuple(connections) == self.connections:
            return False
        self.connections = tuple(connections)
        return True

    def set_selected(self, segment: int) -> bool:
        """Let the lines of a segment's cell stand out, -1: of none; return whether it is another segment."""
        before, self._selected = self._selected, segment
        return segment != before

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return self._actors is None

    @property
    def cross_sections(self) -> CrossSections | None:
        """Cross-sections of the geometry shown."""
        return None if self._shape is None else self._shape.joints

    def set_values(self, values: NDArray[np.float32]) -> None:
        """Colour the segments.

        Parameters
        ----------
        values : ndarray, shape (n_segments,), float32
            In the unit of the colour limits; NaN and ±∞ are drawn as "no value". Values of another
            length belong to another geometry and are ignored.
        """
        if self._actors is not None and len(values) == self._actors.values.n:
            self._values = values
            self._actors.values.write(values, self.limits)

    def set_color_map(
        self, name: str, limits: tuple[float, float], unit: str = "", label: str = ""
    ) -> None:
        """Set map and range; an empty range is widened by ± 0.5."""
        low, high = float(limits[0]), float(limits[1])
        if not low < high:
            low, high = low - 0.5, low + 0.5
        if name != self.color_map:
            self.color_map = name
            self._write_colors()
        self.unit, self.label = unit, label
        if (low, high) != self.limits:
            self.limits = (low, high)
            if self._values is not None:
                self.set_values(self._values)

    def set_theme(self, theme: Theme) -> None:
        """Apply a theme to background and text."""
        self.theme = theme
        self.renderer.SetBackground(_unit_rgb(theme.background))
        self.renderer.SetBackground2(_unit_rgb(theme.background_far))
        self._write_colors()
        if self._actors is not None:
            self._actors.set_no_value_color(self._no_value_color())

    def _write_colors(self) -> None:
        self.table = legible_table(self.color_map, self.theme.is_dark)
        self._colors.write(self.table)

    def _no_value_color(self) -> tuple[float, float, float]:
        return _unit_rgb((128, 132, 140) if self.theme.is_dark else (188, 190, 196))

    def set_level(self, level: str) -> None:
        """Draw ``"tubes"`` or ``"lines"``."""
        if self._actors is not None and self._actors.set_level(level):
            self.lines.bring_forward()

    def size(self) -> tuple[int, int]:
        """Return width and height of the picture, device pixels."""
        return self.navigation.size()

    def prepare(self) -> None:
        """Update everything that depends on the camera or the window's size."""
        if self._actors is not None:
            size = self.navigation.pixel_size()
            scale, ratio = self.navigation.pixel_scale(), max(1.0, self.pixel_ratio)
            self._actors.set_pixel_size(scale, size, MIN_RADIUS_PX * ratio)
            for rim in (self._mark_outline, self._hover_outline):
                rim.set_pixel_size(scale, ratio, MIN_RADIUS_PX * ratio)
        self._prepare_lines()
        self._overlay.lay_out(
            self._overlay_state(), self.navigation.pixel_size(), self.navigation.axes()
        )
        self._overlay.draw_dots(self._dots(), self.theme, self.pixel_ratio)
        self.renderer.ResetCameraClippingRange()

    def _prepare_lines(self) -> None:
        """Make the lines that are to be seen, and show all of them."""
        drawn = None if self.is_empty else self.drawn
        wanted = (self.connections, drawn, self.theme)
        if wanted != self._lines_of:
            self._lines_of = wanted
            centre = np.zeros(3) if self.cross_sections is None else self.cross_sections.centre
            self.lines.show(self.connections, drawn, centre, self.theme)
        self.lines.highlight(self._cell_in_front())
        self.lines.set_pixel_size(self.navigation.pixel_size(), max(1.0, self.pixel_ratio))
        self.lines.show_all()

    def _cell_in_front(self) -> int:
        """Return the drawn cell that the pointer is on, or that of the selected segment, or -1."""
        for segment in (self._hovered, self._selected):
            if self.geometry is not None and self.is_drawn(segment):
                return int(self.geometry.cell_index[segment])
        return -1

    def is_drawn(self, segment: int) -> bool:
        """Whether a segment is there, and not of a hidden cell."""
        n = self._actors.values.n if self._actors is not None else 0
        return 0 <= segment < n and bool(self._is_drawn[segment])

    def _overlay_state(self) -> OverlayState:
        label = self.label or "Value"
        return OverlayState(
            size=self.size(),
            ratio=self.pixel_ratio,
            theme=self.theme,
            caption=self.caption,
            hint=self.hint,
            color_map=self.color_map,
            table=self.table,
            limits=self.limits,
            title=f"{label} ({self.unit})" if self.unit else label,
            notes=self._notes,
            legend=tuple(self.lines.legend),
            has_cell=not self.is_empty,
            color_bar=self.shows_color_bar,
            scale_bar=self.shows_scale_bar,
            axes=self.shows_axes,
        )

    def _dots(self) -> list[Dot]:
        """Return one dot for each marked segment, with the colours of all its marks."""
        height = self.size()[1]
        colors: dict[int, list[Rgb]] = {}
        for segment, color in self._marks:
            colors.setdefault(segment, []).append(color)
        points = dict(zip((segment for segment, _ in self._marks), self._mark_points, strict=True))
        dots = []
        for segment, of_segment in colors.items():
            x, y = self.navigation.to_screen(points[segment])
            sides = SIDES[self._mark_shapes.get(segment, 0)]
            dots.append((round(x, 2), round(height - y, 2), tuple(of_segment), sides))
        return dots

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
            How far from a neurite a click may be, logical pixels.
        """
        if self._shape is None:
            return -1
        origin, direction = self.navigation.ray(x, y)
        ratio = max(1.0, self.pixel_ratio)
        return self._shape.picker.pick(
            origin,
            direction,
            self.navigation.pixel_size(),
            MIN_RADIUS_PX * ratio,
            tolerance * ratio,
        )

    def middle(self, segment: int) -> NDArray[np.float64]:
        """Return the middle of a drawn segment in the renderer's coordinates, shape (3,); KeyError for another."""
        if self.drawn is None or self._shape is None:
            raise KeyError(segment)
        return self.drawn.middle(segment) - self._shape.joints.centre

    def project(self, segment: int) -> tuple[float, float]:
        """Return the device pixel (x, y), y downwards, of a segment's middle."""
        return self.navigation.to_screen(self.middle(segment))

    def focus(self, segment: int) -> None:
        """Centre a segment and zoom in so that it and its neighbours are visible; nothing for one that is not drawn."""
        if self.geometry is not None and self.is_drawn(segment):
            reach = max(40.0, 4 * float(self.geometry.length[segment]))
            self.navigation.look_at(self.middle(segment), reach)

    def set_marks(
        self, marks: Sequence[tuple[int, Rgb]], shapes: Mapping[int, int] | None = None
    ) -> bool:
        """Mark segments with a dot and an outline, each in a colour; return whether anything changed.

        The dot of a segment with several marks has a ring of each colour, the first one outside.

        `shapes` has the pattern of a segment's dot (see `palette.SIDES`) where that is not a disc.

        Segments that are not drawn, because the geometry does not have them or their cell is hidden, are ignored.
        """
        known = tuple((int(segment), color) for segment, color in marks if self.is_drawn(segment))
        patterns = dict(shapes or {})
        if (known, patterns) == (self._marks, self._mark_shapes):
            return False
        self._marks, self._mark_shapes = known, patterns
        self._mark_points = np.array([self.middle(segment) for segment, _ in known]).reshape(-1, 3)
        self._mark_outline.show(self.cross_sections, known)
        return True

    def set_hover(self, segment: int) -> None:
        """Outline the hovered segment, -1 for none."""
        if segment != self._hovered:
            self._hovered = segment
            ink = (255, 255, 255) if self.theme.is_dark else (30, 34, 42)
            self._hover_outline.show(self.cross_sections, [(segment, ink)] if segment >= 0 else [])

    def heading_height(self) -> float:
        """Return how far down caption and notes reach below the margin at the top, logical pixels."""
        return caption_height(self.caption, self._notes)

    def set_caption(self, text: str) -> None:
        """Set the text at the top left; its first line is the title."""
        self.caption = text

    def set_hint(self, text: str) -> None:
        """Set the text that is shown while there is no cell."""
        self.hint = text

    def set_decorations(
        self,
        *,
        color_bar: bool | None = None,
        scale_bar: bool | None = None,
        axes: bool | None = None,
    ) -> None:
        """Show or hide decorations; None leaves one unchanged."""
        if color_bar is not None:
            self.shows_color_bar = color_bar
        if scale_bar is not None:
            self.shows_scale_bar = scale_bar
        if axes is not None:
            self.shows_axes = axes

    def copy_view(self, other: MorphScene) -> None:
        """Copy the contents and the view of another scene."""
        self.set_theme(other.theme)
        self.set_geometry(other.geometry, cells=other.cells)
        self.set_connections(other.connections)
        self.set_selected(other._selected)
        self.set_color_map(other.color_map, other.limits, other.unit, other.label)
        if other._values is not None:
            self.set_values(other._values)
        self.set_marks(other._marks, other._mark_shapes)
        self.set_caption(other.caption)
        self.set_hint(other.hint)
        self.set_decorations(
            color_bar=other.shows_color_bar, scale_bar=other.shows_scale_bar, axes=other.shows_axes
        )
        self.renderer.GetActiveCamera().DeepCopy(other.renderer.GetActiveCamera())
