"""From sections to a `MorphologyGeometry`: frusta that belong to segments, and each segment's numbers.

`geometry_from_polylines` is the only entry: `morphology.build_geometry` calls it with a file's
sections, the simulators' scene builders with the points that they read from a running model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backends.errors import MorphologyError
from backends.morphology.polylines import (
    FloatArray,
    IntArray,
    Polyline,
    PolylineBatch,
    SegmentCut,
    cut_at_segments,
    segment_measures,
)
from backends.morphology.swc_types import SwcType
from backends.scene import MorphologyGeometry

ROUND_FRUSTA = 16
_MANY_ROUND, _ROUND_FRUSTA_OF_MANY = 50, 8
ROUND_TOLERANCE = 0.01


def geometry_from_polylines(
    polylines: Sequence[Polyline],
    *,
    cell_names: Sequence[str] = ("cell",),
    laid_out_sections: Sequence[str] = (),
    geometry_id: str = "morphology",
) -> MorphologyGeometry:
    """Return the drawing of many sections of one or more cells.

    Points are kept where they are; a soma as long as it is wide is drawn round, with the length,
    area and diameter of its own points. Parents may come in any order.

    Raises
    ------
    MorphologyError
        If a section has fewer than two points, no segments, or an unknown parent.
    """
    _check(polylines)
    nseg = np.fromiter((each.nseg for each in polylines), np.int64, len(polylines))
    batch = PolylineBatch.of([each.xyz for each in polylines], [each.radii for each in polylines])
    cuts = cut_at_segments(batch, nseg)
    length, area, diameter = _measures(polylines, cuts)
    drawn = _with_round_somas(polylines, cuts)
    start, end, frustum_segment = drawn.frusta()
    section, x = segment_positions(nseg)
    parents = np.fromiter((each.parent for each in polylines), np.int64, len(polylines))
    types = np.fromiter((each.swc_type for each in polylines), np.int64, len(polylines))
    cells = np.fromiter((each.cell_index for each in polylines), np.int64, len(polylines))
    parent_x = np.fromiter((each.parent_x for each in polylines), np.float64, len(polylines))
    section_lengths = np.bincount(section, length, len(polylines)).astype(np.float64)
    return MorphologyGeometry(
        points=drawn.batch.xyz.astype(np.float32),
        radii=drawn.batch.radii.astype(np.float32),
        frusta=np.stack([start, end], axis=1).astype(np.int32),
        frustum_segment=frustum_segment.astype(np.int32),
        segment_ids=segment_ids([each.name for each in polylines], section, x),
        section_names=tuple(each.name for each in polylines),
        section_index=section.astype(np.int32),
        x=x,
        swc_type=types[section].astype(np.int32),
        cell_index=cells[section].astype(np.int32),
        parent_segment=_parent_segments(parents, parent_x, nseg, cuts.first_segment),
        path_distance=path_distances(parents, parent_x, section_lengths, nseg, section, x),
        length=length,
        area=area,
        diameter=diameter,
        cell_names=tuple(cell_names),
        laid_out_sections=tuple(laid_out_sections),
        id=geometry_id,
    )


def _check(polylines: Sequence[Polyline]) -> None:
    for index, each in enumerate(polylines):
        if len(each.radii) < 2 or np.shape(each.xyz) != (len(each.radii), 3):
            raise MorphologyError(
                f"section {each.name} needs at least two points with a radius each, "
                f"not points of shape {np.shape(each.xyz)} and {len(each.radii)} radii",
                code="section-without-points",
            )
        if each.nseg < 1:
            raise MorphologyError(
                f"section {each.name} needs at least 1 segment, not {each.nseg}", code="bad-number"
            )
        if not -1 <= each.parent < len(polylines) or each.parent == index:
            raise MorphologyError(
                f"section {each.name} has an impossible parent: {each.parent}",
                code="unknown-parent",
            )


def segment_positions(nseg: IntArray) -> tuple[IntArray, FloatArray]:
    """Return section index and normalised middle of every segment, shape (n_segments,) each."""
    section = np.repeat(np.arange(len(nseg)), nseg)
    rank = np.arange(len(section)) - np.repeat(np.cumsum(nseg) - nseg, nseg)
    return section, (rank + 0.5) / nseg[section]


def segment_ids(names: Sequence[str], section: IntArray, x: FloatArray) -> tuple[str, ...]:
    """Return ids as NEURON prints segments: six significant digits, ``"apic[12](0.166667)"``."""
    pairs = zip(section.tolist(), x.tolist(), strict=True)
    return tuple(f"{names[s]}({position:g})" for s, position in pairs)


def _measures(
    polylines: Sequence[Polyline], cuts: SegmentCut
) -> tuple[FloatArray, FloatArray, FloatArray]:
    length, area, diameter = segment_measures(cuts)
    for index, each in enumerate(polylines):
        if each.length is not None and each.segment_diameters is not None:
            span = slice(cuts.first_segment[index], cuts.first_segment[index + 1])
            length[span] = each.length / each.nseg
            diameter[span] = each.segment_diameters
            area[span] = np.pi * diameter[span] * length[span]
    return length, area, diameter


def _parent_segments(
    parents: IntArray, parent_x: FloatArray, nseg: IntArray, first_segment: IntArray
) -> NDArray[np.int32]:
    """Return the segment before each one: in its section, or where its section is attached; -1 at roots."""
    before = np.arange(int(first_segment[-1])) - 1
    counts = nseg[parents]
    rank = np.clip(np.floor(parent_x * counts), 0, counts - 1).astype(np.int64)
    before[first_segment[:-1]] = np.where(parents < 0, -1, first_segment[:-1][parents] + rank)
    return before.astype(np.int32)


def path_distances(
    parents: IntArray,
    parent_x: FloatArray,
    lengths: FloatArray,
    nseg: IntArray,
    section: IntArray,
    x: FloatArray,
) -> FloatArray:
    """Return µm along the tree from the middle of a cell's first segment to each segment's middle."""
    at_zero = [0.0] * len(parents)
    parent_list, length_list = parents.tolist(), lengths.tolist()
    x_list, origin = parent_x.tolist(), (0.5 / nseg * lengths).tolist()
    for index in parents_first(parent_list):
        parent = parent_list[index]
        if parent < 0:
            continue
        along = x_list[index] * length_list[parent]
        if parent_list[parent] < 0:
            at_zero[index] = abs(along - origin[parent])
        else:
            at_zero[index] = at_zero[parent] + along
    along = x * lengths[section]
    from_root = np.abs(along - np.asarray(origin)[section])
    return np.where(parents[section] < 0, from_root, np.asarray(at_zero)[section] + along)


def parents_first(parents: Sequence[int]) -> list[int]:
    """Return section indices such that parents precede children; keeps an order that already does.

    Raises
    ------
    MorphologyError
        If sections form a loop.
    """
    placed = [False] * len(parents)
    order: list[int] = []
    for index in range(len(parents)):
        chain: list[int] = []
        while index >= 0 and not placed[index]:
            chain.append(index)
            placed[index] = True
            index = parents[index]
        order.extend(reversed(chain))
    rank = {section: place for place, section in enumerate(order)}
    if any(parent >= 0 and rank[parent] > rank[child] for child, parent in enumerate(parents)):
        raise MorphologyError(
            "the sections form a loop: one is its own ancestor", code="section-loop"
        )
    return order


def _with_round_somas(polylines: Sequence[Polyline], cuts: SegmentCut) -> SegmentCut:
    """Return `cuts` with the profile of a sphere in place of each soma as long as it is wide."""
    somas = [
        index
        for index, each in enumerate(polylines)
        if each.swc_type == SwcType.SOMA and is_round(each.xyz, each.radii)
    ]
    if not somas:
        return cuts
    first = cuts.batch.first
    pieces: list[tuple[FloatArray, FloatArray, NDArray[np.bool_]]] = []
    sizes = np.diff(first)
    n_frusta = ROUND_FRUSTA if len(somas) <= _MANY_ROUND else _ROUND_FRUSTA_OF_MANY
    done = 0
    for index in somas:
        each = polylines[index]
        profile = sphere_profile(each.xyz, each.radii, n_frusta)
        sphere = cut_at_segments(profile, np.asarray([each.nseg]))
        pieces += [_piece(cuts, done, int(first[index])), _piece(sphere, 0, len(sphere.is_border))]
        sizes[index] = len(sphere.is_border)
        done = int(first[index + 1])
    pieces.append(_piece(cuts, done, int(first[-1])))
    xyz, radii, borders = (np.concatenate(column) for column in zip(*pieces, strict=True))
    batch = PolylineBatch(xyz, radii, np.concatenate([[0], np.cumsum(sizes)]))
    return SegmentCut(batch, borders, cuts.first_segment)


def _piece(
    cuts: SegmentCut, begin: int, end: int
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    span = slice(begin, end)
    return cuts.batch.xyz[span], cuts.batch.radii[span], cuts.is_border[span]


def is_round(xyz: FloatArray, radii: FloatArray) -> bool:
    """Return whether points make a straight cylinder that is as long as it is wide."""
    length = float(np.linalg.norm(np.diff(xyz, axis=0), axis=1).sum())
    straight = float(np.linalg.norm(xyz[-1] - xyz[0]))
    diameter = 2 * float(radii[0])
    even = bool(np.ptp(radii) <= 1e-6 * diameter)
    return even and max(abs(length - diameter), abs(straight - diameter)) <= (
        ROUND_TOLERANCE * diameter
    )


def sphere_profile(
    xyz: FloatArray, radii: FloatArray, n_frusta: int = ROUND_FRUSTA
) -> PolylineBatch:
    """Return a sphere between a cylinder's ends, as frusta whose radii follow √(r² − x²)."""
    angles = np.linspace(0.0, np.pi, n_frusta + 1)
    along = (1 - np.cos(angles)) / 2
    profile = float(radii[0]) * np.sin(angles)
    profile[[0, -1]] = 0.0
    return PolylineBatch.of([xyz[0] + along[:, None] * (xyz[-1] - xyz[0])], [profile])
