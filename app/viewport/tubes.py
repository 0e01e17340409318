"""Makes one surface of tubes from the frusta of a morphology, with numpy.

Frusta that follow one another in the array and share a point form a *chain*. Each point of a
chain is a *joint* with one cross-section for both its frusta, so no crack can open: its plane is
perpendicular to the mean of both directions (a mitre, widened in the plane of the bend as the cut
of a cylinder is), and its polygon is turned so that it does not twist along the chain. Turning
would be a recurrence; as an angle against any fixed frame it is a cumulative sum. Normals lean with
the slope dr/ds, averaged at the joint, so a soma given as a profile of circles shades as a sphere.
Chains end in domes, which also fill the wedge where a branch leaves its parent.

Each vertex carries the segment that it shows, the segments before and after, and how far along its
segment it is: the shader reads three values and draws straight lines between segment middles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backends.scene import MorphologyGeometry

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

_SHARPEST_COS = -0.5
_DOME_HEIGHT = 0.45
_MITRE_LIMIT = 1.8
_TINY = np.float32(1e-12)


@dataclass(frozen=True, eq=False)
class CrossSections:
    """Cross-sections of all chains.

    Attributes
    ----------
    centre : ndarray, shape (3,), float64
        Subtracted from all positions, µm.
    at, tangent, u, v, slope : ndarray
        Per joint: position and unit tangent (n, 3), the two half-axes of the unit cross-section
        (n, 3), and the normal's share along radius and against tangent (n, 2).
    radius : ndarray, shape (n,)
    proximal, distal : ndarray, shape (n_frusta,)
        Joint at each end of each frustum.
    chained : ndarray of bool, shape (n_frusta,)
        Whether the frustum continues the one before it.
    segment, before, after : ndarray, shape (n_frusta,)
        Segment of each frustum, and its neighbours along the cable (itself if there is none).
    t0, t1 : ndarray, shape (n_frusta,)
        Where along its segment each frustum begins and ends, 0 … 1.
    """

    centre: NDArray[np.float64]
    at: Floats
    tangent: Floats
    u: Floats
    v: Floats
    slope: Floats
    radius: Floats
    proximal: Ints
    distal: Ints
    chained: NDArray[np.bool_]
    segment: Ints
    before: Ints
    after: Ints
    t0: Floats
    t1: Floats


@dataclass(frozen=True, eq=False)
class Mesh:
    """A surface, or lines, ready for VTK.

    Attributes
    ----------
    points, normals : ndarray, shape (n, 3), float32
    segments : ndarray, shape (n, 3), float32
        Own, previous and next segment of each vertex.
    along : ndarray, shape (n, 2), float32
        Position along the segment 0 … 1, and radius in µm.
    strips : ndarray, shape (n_strips, strip length), int32
    triangles : ndarray, shape (n_triangles, 3), int32
    """

    points: Floats
    normals: Floats
    segments: Floats
    along: Floats
    strips: Ints
    triangles: Ints


def _unit(vectors: Floats) -> Floats:
    """Return vectors of length one; the z axis for those of no length."""
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    short = length < 1e-9
    result: Floats = vectors / np.where(short, 1, length)[:, None].astype(np.float32)
    if short.any():
        result[short] = (0, 0, 1)
    return result


def _directions(p0: Floats, p1: Floats) -> tuple[Floats, Floats]:
    """Return unit directions and lengths; a frustum of no length takes its predecessor's direction."""
    d = p1 - p0
    length = np.sqrt(np.einsum("ij,ij->i", d, d))
    ok = length > 1e-6
    if ok.all():
        return (d / length[:, None]).astype(np.float32), length
    last_ok = np.maximum.accumulate(np.where(ok, np.arange(len(d)), -1))
    first = int(np.argmax(ok)) if ok.any() else 0
    return _unit(d)[np.where(last_ok < 0, first, last_ok)], length


def _frame(t: Floats) -> tuple[Floats, Floats]:
    """Return two unit vectors that make a right-handed frame with each `t` (Duff et al. 2017)."""
    x, y, z = t.T
    sign = np.where(z < 0, np.float32(-1), np.float32(1))
    a = -1 / (sign + z)
    b = x * y * a
    u = np.stack([1 + sign * x * x * a, sign * b, -sign * x], axis=1)
    v = np.stack([b, sign + y * y * a, -y], axis=1)
    return u, v


def _untwisted(t: Floats, goes_on: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return frames that turn as little as possible from joint to joint of a chain.

    Parameters
    ----------
    goes_on : ndarray of bool, shape (n,)
        Whether joint i belongs to the same chain as joint i - 1.
    """
    u, v = _frame(t)
    before, after = t[:-1], t[1:]
    cos = np.einsum("ij,ij->i", before, after)
    tilt = np.einsum("ij,ij->i", u[:-1], after) / np.maximum(1 + cos, np.float32(1e-3))
    carried = u[:-1] - tilt[:, None] * (before + after)
    turn = np.arctan2(np.einsum("ij,ij->i", carried, v[1:]), np.einsum("ij,ij->i", carried, u[1:]))
    phase = np.concatenate([[0.0], np.cumsum(np.where(goes_on[1:], turn, 0), dtype=np.float64)])
    c, s = np.cos(phase)[:, None].astype(np.float32), np.sin(phase)[:, None].astype(np.float32)
    return c * u + s * v, c * v - s * u


def _neighbours(geometry: MorphologyGeometry) -> tuple[Ints, Ints]:
    """Return for each segment the ones before and after it along the cable, itself if there is none.

    A branch point continues into its thickest child of the same type, so that a soma keeps its own colour.
    """
    n = geometry.n_segments
    own = np.arange(n, dtype=np.int32)
    parent = geometry.parent_segment
    before = np.where((parent >= 0) & (parent < n), parent, own).astype(np.int32)
    same_section = geometry.section_index == geometry.section_index[before]
    same_type = geometry.swc_type == geometry.swc_type[before]
    child = np.flatnonzero((before != own) & (same_section | same_type))
    order = child[np.lexsort((geometry.diameter[child], same_section[child]))]
    after = own.copy()
    after[before[order]] = order
    return before, after


def _progress(segment: Ints, length: Floats) -> tuple[Floats, Floats]:
    """Return where along its segment each frustum begins and ends, 0 … 1."""
    n = len(segment)
    if (np.diff(segment) >= 0).all():
        order = None
        s, steps = segment, np.maximum(length.astype(np.float64), 1e-9)
    else:
        order = np.argsort(segment, kind="stable")
        s, steps = segment[order], np.maximum(length[order].astype(np.float64), 1e-9)
    ends = np.cumsum(steps)
    first = np.concatenate([[True], s[1:] != s[:-1]])
    group = np.cumsum(first) - 1
    start = (ends - steps)[first]
    total = np.diff(np.concatenate([start, [ends[-1]]]))
    t1 = ((ends - start[group]) / total[group]).astype(np.float32)
    t0 = t1 - (steps / total[group]).astype(np.float32)
    if order is not None:
        back = np.empty(n, np.intp)
        back[order] = np.arange(n)
        t0, t1 = t0[back], t1[back]
    return t0, t1


def find_cross_sections(geometry: MorphologyGeometry) -> CrossSections:
    """Return the cross-sections of all frusta of a geometry with at least one frustum."""
    points = geometry.points
    low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    centre = (low + high) / 2
    moved = (points - centre).astype(np.float32)
    first, last = geometry.frusta.T
    p0, p1 = moved[first], moved[last]
    d, length = _directions(p0, p1)
    r0, r1 = geometry.radii[first], geometry.radii[last]
    cos = np.einsum("ij,ij->i", d[:-1], d[1:])
    chained = np.zeros(len(d), bool)
    chained[1:] = (first[1:] == last[:-1]) & (cos > _SHARPEST_COS)
    shift = np.cumsum(~chained).astype(np.int32)
    distal = np.arange(len(d), dtype=np.int32) + shift
    proximal = distal - 1
    n = int(distal[-1]) + 1
    at, radius = np.empty((n, 3), np.float32), np.empty(n, np.float32)
    at[proximal], at[distal], radius[proximal], radius[distal] = p0, p1, r0, r1
    tangent = _sum_at(n, proximal, distal, d)
    u, v, tangent = _cross_sections(tangent, d, proximal, distal, chained)
    meridian = np.stack([length, r1 - r0], axis=1).astype(np.float32)
    meridian /= np.sqrt(np.einsum("ij,ij->i", meridian, meridian))[:, None] + _TINY
    slope = _sum_at(n, proximal, distal, meridian)
    slope /= np.sqrt(np.einsum("ij,ij->i", slope, slope))[:, None] + _TINY
    segment = geometry.frustum_segment
    before, after = _neighbours(geometry)
    t0, t1 = _progress(segment, length)
    return CrossSections(
        centre, at, tangent, u, v, slope, radius, proximal, distal, chained,
        segment, before[segment], after[segment], t0, t1,
    )  # fmt: skip


def _sum_at(n: int, proximal: Ints, distal: Ints, of_frusta: Floats) -> Floats:
    """Return per joint the sum over its one or two frusta."""
    total = np.zeros((n, of_frusta.shape[1]), np.float32)
    total[proximal] = of_frusta
    total[distal] += of_frusta
    return total


def _cross_sections(
    tangent: Floats, d: Floats, proximal: Ints, distal: Ints, chained: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    """Return the half-axes of each joint's cross-section, mitred, and the unit tangents."""
    size = np.sqrt(np.einsum("ij,ij->i", tangent, tangent))
    tangent = _unit(tangent)
    goes_on = np.ones(len(tangent), bool)
    goes_on[proximal[~chained]] = False
    u, v = _untwisted(tangent, goes_on)
    bent = np.flatnonzero(chained)
    joint = proximal[bent]
    cos_half = size[joint] / 2
    is_bent = cos_half < 0.999
    bent, joint, cos_half = bent[is_bent], joint[is_bent], cos_half[is_bent]
    axis = _unit(d[bent] - d[bent - 1])
    widen = np.minimum(1 / np.maximum(cos_half, np.float32(0.1)), np.float32(_MITRE_LIMIT)) - 1
    for half_axis in (u, v):
        share = np.einsum("ij,ij->i", half_axis[joint], axis) * widen
        half_axis[joint] += share[:, None] * axis
    return u, v, tangent


def tube_mesh(joints: CrossSections, frusta: NDArray[np.intp], sides: int) -> Mesh:
    """Return the tubes of some frusta, given in rising order, with their domes."""
    n = len(frusta)
    follows = np.zeros(n, bool)
    follows[1:] = joints.chained[frusta[1:]] & (np.diff(frusta) == 1)
    same = follows.copy()
    same[1:] &= joints.segment[frusta[1:]] == joints.segment[frusta[:-1]]
    distal = np.arange(n, dtype=np.int32) + np.cumsum(~same).astype(np.int32)
    proximal = distal - 1
    n_rings = int(distal[-1]) + 1 if n else 0
    joint, owner = np.empty(n_rings, np.intp), np.empty(n_rings, np.intp)
    t = np.empty(n_rings, np.float32)
    joint[proximal], owner[proximal], t[proximal] = (
        joints.proximal[frusta],
        frusta,
        joints.t0[frusta],
    )
    joint[distal], owner[distal], t[distal] = joints.distal[frusta], frusta, joints.t1[frusta]
    points, normals = _ring_vertices(joints, joint, sides)
    ring = np.arange(sides + 1, dtype=np.int32) % sides * np.int32(n_rings)
    strips = np.empty((n, sides + 1, 2), np.int32)
    strips[:, :, 0] = distal[:, None] + ring
    strips[:, :, 1] = proximal[:, None] + ring
    tubes = Mesh(
        points, normals, *_attributes(joints, joint, owner, t, sides),
        strips.reshape(n, -1), np.empty((0, 3), np.int32),
    )  # fmt: skip
    # A ball, whose ends are points, needs no domes: those of a network's somas would be most of its mesh.
    starts = np.flatnonzero(
        ~_continues(joints, frusta) & (joints.radius[joints.proximal[frusta]] > 0)
    )
    ends = np.flatnonzero(
        ~_is_continued(joints, frusta) & (joints.radius[joints.distal[frusta]] > 0)
    )
    rings = np.concatenate([proximal[starts], distal[ends]])
    outward = np.concatenate([-np.ones(len(starts)), np.ones(len(ends))]).astype(np.float32)
    return _with_domes(joints, tubes, joint[rings], owner[rings], t[rings], rings, outward, sides)


def _continues(joints: CrossSections, frusta: NDArray[np.intp]) -> NDArray[np.bool_]:
    return joints.chained[frusta]


def _is_continued(joints: CrossSections, frusta: NDArray[np.intp]) -> NDArray[np.bool_]:
    following = np.minimum(frusta + 1, len(joints.chained) - 1)
    return joints.chained[following] & (following == frusta + 1)


def _ring_vertices(
    joints: CrossSections, joint: NDArray[np.intp], sides: int
) -> tuple[Floats, Floats]:
    """Return positions and normals, shape (sides · n_rings, 3), vertex j of ring r at j · n_rings + r."""
    angle = np.arange(sides) * (2 * np.pi / sides)
    weights = np.stack([np.ones(sides), np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    u, v, r = joints.u[joint], joints.v[joint], joints.radius[joint][:, None]
    terms = np.stack([joints.at[joint], r * u, r * v]).reshape(3, -1)
    points = (weights @ terms).reshape(-1, 3)
    radial, axial = joints.slope[joint, :1], joints.slope[joint, 1:]
    terms = np.stack([-axial * joints.tangent[joint], radial * u, radial * v]).reshape(3, -1)
    return points, (weights @ terms).reshape(-1, 3)


def _attributes(
    joints: CrossSections, joint: NDArray[np.intp], owner: NDArray[np.intp], t: Floats, repeats: int
) -> tuple[Floats, Floats]:
    """Return `segments` and `along` for `repeats` vertices of each ring."""
    segments = np.empty((repeats, len(owner), 3), np.float32)
    segments[:] = np.stack(
        [joints.segment[owner], joints.before[owner], joints.after[owner]], axis=1
    )
    along = np.empty((repeats, len(owner), 2), np.float32)
    along[:] = np.stack([t, joints.radius[joint]], axis=1)
    return segments.reshape(-1, 3), along.reshape(-1, 2)


def _with_domes(
    joints: CrossSections,
    tubes: Mesh,
    joint: NDArray[np.intp],
    owner: NDArray[np.intp],
    t: Floats,
    rings: Ints,
    outward: Floats,
    sides: int,
) -> Mesh:
    """Return tubes with a dome on each of `rings`: one ring at 45° and an apex."""
    n, n_rings, base = len(rings), len(tubes.points) // sides, len(tubes.points)
    angle = np.arange(sides) * (2 * np.pi / sides)
    cos, sin = (f(angle).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
    radial = cos * joints.u[joint] + sin * joints.v[joint]
    out = outward[:, None] * joints.tangent[joint]
    r = joints.radius[joint][:, None]
    low = np.float32(np.sqrt(0.5))
    middle = joints.at[joint] + r * low * (radial + _DOME_HEIGHT * out)
    middle_normal = _DOME_HEIGHT * radial + out
    middle_normal /= np.sqrt((middle_normal**2).sum(axis=2, keepdims=True))
    apex = joints.at[joint] + r * _DOME_HEIGHT * out
    segments, along = _attributes(joints, joint, owner, t, sides + 1)
    ring = np.arange(sides, dtype=np.int32)
    here, after = ring[:, None], (ring[:, None] + 1) % sides
    which = np.arange(n, dtype=np.int32)
    a, b = rings + here * np.int32(n_rings), rings + after * np.int32(n_rings)
    c, d = base + which + here * np.int32(n), base + which + after * np.int32(n)
    top = np.broadcast_to(base + which + np.int32(sides * n), a.shape)
    triangles = np.stack([a, b, d, a, d, c, c, d, top], axis=-1)
    inside_out = np.stack([a, d, b, a, c, d, c, top, d], axis=-1)
    triangles = np.where((outward > 0)[None, :, None], triangles, inside_out)
    return Mesh(
        np.concatenate([tubes.points, middle.reshape(-1, 3), apex]).astype(np.float32),
        np.concatenate([tubes.normals, middle_normal.reshape(-1, 3), out]).astype(np.float32),
        np.concatenate([tubes.segments, segments]),
        np.concatenate([tubes.along, along]),
        tubes.strips,
        triangles.reshape(-1, 3).astype(np.int32),
    )


def line_mesh(joints: CrossSections, frusta: NDArray[np.intp]) -> Mesh:
    """Return the axes of some frusta as lines, two vertices each."""
    joint = np.stack([joints.proximal[frusta], joints.distal[frusta]], axis=1).reshape(-1)
    owner = np.repeat(frusta, 2)
    t = np.stack([joints.t0[frusta], joints.t1[frusta]], axis=1).reshape(-1)
    segments, along = _attributes(joints, joint, owner, t, 1)
    points = joints.at[joint]
    empty = np.empty((0, 3), np.int32)
    return Mesh(points, np.empty((0, 3), np.float32), segments, along, empty, empty)


def sides_of_thick(n_frusta: int) -> int:
    """Return the number of sides of `n_frusta` thick tubes: one soma, or those of a whole network."""
    return 24 if n_frusta <= 500 else 16 if n_frusta <= 1_500 else 12


def sides_for(n_frusta: int) -> int:
    """Return the number of sides of thin tubes in a scene of `n_frusta`."""
    return 12 if n_frusta <= 3_000 else 8 if n_frusta <= 25_000 else 6
