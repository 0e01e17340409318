"""Small cells for tests of the viewport."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.viewport.pictures import render_pixels
from app.viewport.scene import MorphScene
from backends.morphology.morphology import SwcType
from backends.scene import MorphologyGeometry

Cable = tuple[Sequence[Sequence[float]], Sequence[float], int, int]


def cell(*cables: Cable) -> MorphologyGeometry:
    """Return a geometry of unbranched cables, where each frustum is a segment.

    A cable is (points, radii, SWC type, index of the parent cable or -1).
    """
    points, radii, frusta, parents, sections, types, ids, x = [], [], [], [], [], [], [], []
    last: list[int] = []
    for k, (xyz, r, swc_type, parent) in enumerate(cables):
        base, n = sum(map(len, points)), len(xyz) - 1
        points.append(np.array(xyz, np.float32))
        radii.append(np.array(r, np.float32))
        for i in range(n):
            first = last[parent] if parent >= 0 else -1
            parents.append(len(ids) - 1 if i else first)
            frusta.append((base + i, base + i + 1))
            sections.append(k)
            types.append(swc_type)
            x.append((i + 0.5) / n)
            ids.append(f"dend[{k}]({x[-1]:.6g})")
        last.append(len(ids) - 1)
    n = len(ids)
    xyz, r = np.concatenate(points), np.concatenate(radii)
    ends = np.array(frusta, np.int32).reshape(-1, 2)
    return MorphologyGeometry(
        points=xyz,
        radii=r,
        frusta=ends,
        frustum_segment=np.arange(n, dtype=np.int32),
        segment_ids=tuple(ids),
        section_names=tuple(f"dend[{k}]" for k in range(len(cables))),
        section_index=np.array(sections, np.int32),
        x=np.array(x),
        swc_type=np.array(types, np.int32),
        cell_index=np.zeros(n, np.int32),
        parent_segment=np.array(parents, np.int32),
        path_distance=np.zeros(n),
        length=np.linalg.norm(xyz[ends[:, 1]] - xyz[ends[:, 0]], axis=1),
        area=np.ones(n),
        diameter=2.0 * r[ends].mean(axis=1),
    )


def empty_cell() -> MorphologyGeometry:
    """Return an empty geometry."""
    no, none = np.zeros(0), np.zeros(0, np.int32)
    return MorphologyGeometry(
        np.zeros((0, 3), np.float32), np.zeros(0, np.float32), np.zeros((0, 2), np.int32), none,
        (), (), none, no, none, none, none, no, no, no, no,
    )  # fmt: skip


def ball(radius: float = 10.0, n: int = 24, middle: float = 0.0) -> Cable:
    """Return a soma as a profile of circles along y, as NEURON writes it."""
    angle = np.linspace(0, np.pi, n + 1)
    xyz = np.stack([0 * angle, middle - radius * np.cos(angle), 0 * angle], axis=1)
    return xyz, np.maximum(radius * np.sin(angle), 0.01), SwcType.SOMA, -1


def forest(n: int, seed: int = 0) -> MorphologyGeometry:
    """Return n segments in crooked cables of 25, around one place."""
    rng = np.random.default_rng(seed)
    cables = []
    for start in range(0, n, 25):
        m = min(25, n - start)
        way = rng.normal(size=3)
        steps = way / np.linalg.norm(way) + rng.normal(0, 0.3, (m + 1, 3))
        cables.append((np.cumsum(7 * steps, axis=0), np.linspace(1.5, 0.4, m + 1), 3, -1))
    return cell(*cables)


def painted(
    geometry: MorphologyGeometry,
    values: NDArray[np.float32],
    size: tuple[int, int] = (400, 300),
    adjust: Callable[[MorphScene], None] | None = None,
) -> tuple[MorphScene, NDArray[np.uint8]]:
    """Return a bare scene of a cell, limits 0 … 1, and its pixels without anti-aliasing."""
    scene = MorphScene()
    scene.set_decorations(color_bar=False, scale_bar=False, axes=False)
    scene.set_geometry(geometry)
    scene.set_color_map("viridis", (0.0, 1.0))
    scene.set_values(np.asarray(values, np.float32))
    if adjust is not None:
        render_pixels(scene, size, samples=0, fit=True)
        adjust(scene)
    return scene, render_pixels(scene, size, samples=0, fit=adjust is None)


def ink(pixels: NDArray[np.uint8], scene: MorphScene) -> NDArray[np.bool_]:
    """Return which pixels are not background, which is within the theme's gradient."""
    low, high = np.sort(np.array([scene.theme.background, scene.theme.background_far], int), axis=0)
    here = pixels.astype(int)
    return ((here < low - 3) | (here > high + 3)).any(axis=2)
