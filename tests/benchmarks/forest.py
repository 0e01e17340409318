"""A forest of any size, made with numpy: what the drawing benchmarks draw."""

from __future__ import annotations

import numpy as np

from backends.scene import MorphologyGeometry


def forest(n_segments: int, seed: int = 0) -> MorphologyGeometry:
    """Return random trees of about 1,000 segments each, one frustum a segment, ten a section."""
    rng = np.random.default_rng(seed)
    n_sections = max(1, n_segments // 10)
    counts = np.full(n_sections, 10)
    counts[: n_segments - counts.sum()] += 1
    directions = rng.normal(size=(n_sections, 1, 3))
    steps = directions + 0.4 * rng.normal(size=(n_sections, counts.max(), 3))
    steps *= 8.0 / np.linalg.norm(steps, axis=2, keepdims=True)
    tree = np.arange(n_sections) // 100
    side = int(np.ceil(np.sqrt(tree.max() + 1)))
    starts = np.stack([tree % side, tree // side, np.zeros_like(tree)], axis=1) * 400.0
    starts += rng.normal(scale=60.0, size=(n_sections, 3))
    paths = np.concatenate([starts[:, None], starts[:, None] + steps.cumsum(axis=1)], axis=1)
    is_used = np.arange(paths.shape[1]) <= counts[:, None]
    points = paths[is_used]
    first = np.concatenate([[0], (counts + 1).cumsum()[:-1]])
    section = np.repeat(np.arange(n_sections), counts)
    within = np.arange(len(section)) - np.repeat(counts.cumsum() - counts, counts)
    begin = first[section] + within
    radii = (1.6 * 0.9 ** np.arange(paths.shape[1]))[None].repeat(n_sections, axis=0)[is_used]
    n = len(section)
    x = (within + 0.5) / counts[section]
    return MorphologyGeometry(
        points=points,
        radii=radii,
        frusta=np.stack([begin, begin + 1], axis=1),
        frustum_segment=np.arange(n),
        segment_ids=tuple(f"dend[{s}]({v:g})" for s, v in zip(section, x, strict=True)),
        section_names=tuple(f"dend[{i}]" for i in range(n_sections)),
        section_index=section,
        x=x,
        swc_type=np.full(n, 3),
        cell_index=np.zeros(n),
        parent_segment=np.where(within > 0, np.arange(n) - 1, -1),
        path_distance=8.0 * within,
        length=np.full(n, 8.0),
        area=np.full(n, 60.0),
        diameter=np.full(n, 2.0),
    )
