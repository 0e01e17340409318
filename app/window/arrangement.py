"""`arrangement_for`: where the traces stand, and how large the docks are, for a cell and a window. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

# The cell is fitted with this margin; beside it are the colour bar and, on the other side, as much again.
_MARGIN = 1.12
_AROUND_PX = (150, 60)
_LEAST_TRACES_PX = (380, 220)
_MOST_SHARE_OF_TRACES = (0.66, 0.5)
_LEAST_VIEW_PX = 300  # a message with its buttons fits
_CLEARLY = 1.05
_COMPACT_BELOW_PX = 1300
_ROOMY_FROM_PX = 1600


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where the docks are.

    Attributes
    ----------
    is_beside : bool
        Whether the traces are to the right of the cell; otherwise they are below it.
    is_compact : bool
        Whether Controls and Inspector are in the left column, as the window is narrow.
    traces_px : int
        Width of the traces beside the cell, or their height below it.
    left_px, right_px : int
        Widths of the columns of panels; 0 for the right one if it has none.
    """

    is_beside: bool
    is_compact: bool
    traces_px: int
    left_px: int
    right_px: int


def arrangement_for(
    extent: tuple[float, float], window: tuple[int, int], left_px: int | None = None
) -> Arrangement:
    """Return the arrangement in which a cell is drawn largest; below if that makes little difference.

    Parameters
    ----------
    extent : (float, float)
        Width and height of the cell seen from the front, µm.
    window : (int, int)
        Width and height of what docks and cell share, logical pixels.
    left_px : int or None
        Width of the left column if it has one that is kept: this changes sizes, but no place.
    """
    width, height = window
    is_compact = width < _COMPACT_BELOW_PX
    is_roomy = width >= _ROOMY_FROM_PX
    left = 300 if is_roomy else 290
    right = 0 if is_compact else 290 if is_roomy else 250
    room = max(width - left - right, 1)
    across, along = (max(each, 1e-3) for each in extent)
    beside = _traces_px(room, height / along * across, 0, room - _LEAST_VIEW_PX)
    below = _traces_px(height, room / across * along, 1, height)
    scale_beside = min((room - beside) / across, height / along)
    scale_below = min(room / across, (height - below) / along)
    is_beside = room >= _LEAST_VIEW_PX + _LEAST_TRACES_PX[0]
    is_beside = is_beside and scale_beside > _CLEARLY * scale_below
    if left_px is not None:
        left, room = left_px, max(width - left_px - right, 1)
        beside = _traces_px(room, height / along * across, 0, room - _LEAST_VIEW_PX)
        below = _traces_px(height, room / across * along, 1, height)
    return Arrangement(is_beside, is_compact, beside if is_beside else below, left, right)


def _traces_px(room: int, cell: float, axis: int, most: int) -> int:
    """Return what the cell leaves of a width (axis 0) or height (axis 1), within what suits a plot."""
    left_over = room - round(cell / _MARGIN) - _AROUND_PX[axis]
    largest = min(most, round(_MOST_SHARE_OF_TRACES[axis] * room))
    return max(min(max(left_over, _LEAST_TRACES_PX[axis]), largest), 1)
