"""The legend of connections: a line of the colour of each group, its name, and how many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from app.palette import Rgb
from app.viewport.network.line_mesh import FAINTEST, TITLE, LegendRow
from app.viewport.shapes import Canvas

_MOST_ROWS = 8
_LETTER_PX = 6.6  # wide, about
_ROW_PX, _SWATCH_PX, _GAP_PX = 19.0, 26.0, 9.0
_PARTS = 13

PutText = Callable[[str, float, float, float, Rgb], None]
"""Writes a text at the lower left corner (x, y), device pixels, with a size and a colour."""


def legend_size(rows: Sequence[LegendRow]) -> tuple[float, float]:
    """Return width and height of a legend, about, logical pixels."""
    texts = [row.text for row in rows[:_MOST_ROWS]]
    letters = max([len(TITLE), *map(len, texts)])
    return _SWATCH_PX + _GAP_PX + _LETTER_PX * letters, legend_height(len(rows))


def legend_height(n_rows: int) -> float:
    """Return the height of a legend, logical pixels."""
    return _ROW_PX * (1 + min(n_rows, _MOST_ROWS) + (n_rows > _MOST_ROWS))


def draw_legend(
    rows: Sequence[LegendRow],
    place: tuple[float, float],
    ratio: float,
    text_colors: tuple[Rgb, Rgb],
    canvas: Canvas,
    put: PutText,
) -> None:
    """Draw a legend.

    Parameters
    ----------
    place : (float, float)
        Its lower left corner, device pixels.
    text_colors : (Rgb, Rgb)
        Of the rows, and of the title.
    """
    x, low = place
    ink, quiet = text_colors
    y = low + legend_size(rows)[1] * ratio
    y -= _ROW_PX * ratio
    put(TITLE, x, y, 12 * ratio, quiet)
    beside = x + (_SWATCH_PX + _GAP_PX) * ratio
    for row in rows[:_MOST_ROWS]:
        y -= _ROW_PX * ratio
        _draw_swatch(row, x, y + 6 * ratio, ratio, canvas)
        put(row.text, beside, y, 12.5 * ratio, ink)
    if len(rows) > _MOST_ROWS:
        put(f"and {len(rows) - _MOST_ROWS} more", beside, y - _ROW_PX * ratio, 12 * ratio, quiet)


def _draw_swatch(row: LegendRow, x: float, y: float, ratio: float, canvas: Canvas) -> None:
    """Draw a line as those of the group are: dashed, or fading from the target to the source, with an arrow head."""
    edges = x + np.linspace(0, _SWATCH_PX * ratio, _PARTS + 1)
    for i, (start, end) in enumerate(pairwise(edges.tolist())):
        if row.is_gap_junction and i % 3 == 2:
            continue
        share = 1.0 if row.is_gap_junction else FAINTEST + (1 - FAINTEST) * i / (_PARTS - 1)
        canvas.rectangle(start, y - ratio, end - start, 2 * ratio, row.color, share)
    if not row.is_gap_junction:
        for i, half in enumerate((4, 3, 2, 1)):
            at = x + (_SWATCH_PX - 5 + 1.5 * i) * ratio
            canvas.rectangle(at, y - half * ratio, 1.5 * ratio, 2 * half * ratio, row.color)
