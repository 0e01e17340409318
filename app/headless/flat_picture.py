"""Draws a cell in two dimensions by matplotlib, for machines without OpenGL.

The cell is seen from the front (x to the right, y up). Each frustum is the quadrilateral
between the diameters of its two ends, distant ones painted first; discs at the points close the gaps
and make the soma round.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.palette import DARK, Rgb
from app.viewport.colors import legible_table
from app.viewport.network.line_mesh import TITLE, lines_of, opacity_of
from backends.connections import Connections
from backends.scene import MorphologyGeometry

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 100
_SIZE_INCH = (12.0, 9.0)
_THINNEST_PX = 1.2


def draw_flat(
    path: Path,
    geometry: MorphologyGeometry,
    values: NDArray[np.floating],
    *,
    limits: tuple[float, float],
    color_map: str,
    label: str,
    title: str,
    connections: Sequence[Connections] = (),
) -> None:
    """Write a PNG of the cell, its segments coloured by `values` (shape (n_segments,)), and its connections behind it.

    Parameters
    ----------
    limits : (float, float)
        Colour range, in the unit of `values`.
    label : str
        Label of the colour bar: ``"Membrane potential [mV]"``.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCH, dpi=_DPI, facecolor=_share(DARK.background))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.03, 0.03, 0.84, 0.9))
    axes.set_axis_off()
    axes.set_aspect("equal")
    colors = ScalarMappable(
        Normalize(*limits), ListedColormap(legible_table(color_map, on_dark=True) / 255)
    )
    _paint(axes, geometry, colors.to_rgba(values))
    _paint_lines(axes, geometry, connections)
    _add_scale_bar(axes, geometry)
    figure.suptitle(title, color=_share(DARK.text), parse_math=False)  # as it is, with its $
    bar = figure.colorbar(colors, cax=figure.add_axes((0.89, 0.25, 0.015, 0.5)))
    bar.set_label(label, color=_share(DARK.text), parse_math=False)
    bar.ax.tick_params(colors=_share(DARK.text))
    figure.savefig(path, format="png")


def _paint(axes: Axes, geometry: MorphologyGeometry, rgba: NDArray[np.float64]) -> None:
    from matplotlib.collections import PolyCollection

    ends = geometry.points[geometry.frusta].astype(np.float64)
    extent = float(np.ptp(geometry.points[:, :2], axis=0).max())
    um_per_px = extent / (_DPI * min(_SIZE_INCH))
    radii = np.maximum(geometry.radii[geometry.frusta], _THINNEST_PX / 2 * um_per_px)
    quads, discs = _quadrilaterals(ends, radii), _discs(ends[:, 1], radii[:, 1])
    order = np.argsort(ends[:, :, 2].mean(axis=1), kind="stable")
    color = rgba[geometry.frustum_segment[order]]
    for shapes in (quads, discs):
        axes.add_collection(PolyCollection(shapes[order], facecolors=color, linewidths=0))
    axes.autoscale_view()


def _paint_lines(
    axes: Axes, geometry: MorphologyGeometry, connections: Sequence[Connections]
) -> None:
    """Draw a line behind the cell for each connection, and name the groups; lines of gap junctions are dashed."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    if not connections:
        return
    lines, legend = lines_of(connections, geometry, np.zeros(3), DARK)
    color = np.concatenate([lines.color, lines.strength.mean(axis=1, keepdims=True)], axis=1)
    color[:, 3] *= opacity_of(len(lines))
    dashed = lines.along[:, 1] > 0
    for which, style in ((dashed, "dashed"), (~dashed, "solid")):
        axes.add_collection(
            LineCollection(
                list(lines.ends[which][:, :, :2]),
                colors=color[which],
                linestyles=style,
                linewidths=0.8,
                zorder=0,
            )
        )
    rows = [
        Line2D(
            [], [], color=_share(row.color), linestyle="--" if row.is_gap_junction else "-",
            label=row.text.replace("$", r"\$"),
        )
        for row in legend
    ]  # fmt: skip
    axes.figure.legend(
        handles=rows, title=TITLE, loc="lower right", frameon=False, labelcolor=_share(DARK.text)
    ).get_title().set_color(_share(DARK.text_quiet))


def _quadrilaterals(ends: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the outline of each frustum seen along z, shape (n_frusta, 4, 2)."""
    along = ends[:, 1, :2] - ends[:, 0, :2]
    length = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / length
    near, far = ends[:, 0, :2], ends[:, 1, :2]
    r_near, r_far = radii[:, :1] * across, radii[:, 1:] * across
    return np.stack([near - r_near, near + r_near, far + r_far, far - r_far], axis=1)


def _discs(centres: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a 16-gon round each centre, shape (n, 16, 2)."""
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return centres[:, None, :2] + radii[:, None, None] * circle


def _add_scale_bar(axes: Axes, geometry: MorphologyGeometry) -> None:
    """Draw a bar of a round length, a tenth to a quarter of the cell's width, below the cell."""
    low, high = geometry.points[:, :2].min(axis=0), geometry.points[:, :2].max(axis=0)
    length = round_length(float(max(high - low)) / 5)
    x, y = float(low[0]), float(low[1] - 0.04 * (high[1] - low[1]) - 5)
    color = _share(DARK.text)
    axes.plot([x, x + length], [y, y], color=color, linewidth=2)
    axes.text(x + length / 2, y, f"{length:g} µm", color=color, ha="center", va="bottom")


def round_length(most: float) -> float:
    """Return the largest of 1, 2, 5 × 10ⁿ that is not above `most`."""
    power = 10.0 ** np.floor(np.log10(max(most, 1e-6)))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9)))


def _share(color: Rgb) -> tuple[float, float, float]:
    return (color[0] / 255, color[1] / 255, color[2] / 255)
