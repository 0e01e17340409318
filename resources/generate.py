"""Generates the bundled morphologies (``python -m resources.generate``), and large cells for benchmarks."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from resources.cells import ball_and_stick, pyramidal, stellate

FOLDER = Path(__file__).resolve().parent / "morphologies"
CELLS: dict[str, Callable[[], str]] = {
    "pyramidal": pyramidal,
    "stellate": stellate,
    "ball_and_stick": ball_and_stick,
}


def write_all(folder: Path = FOLDER) -> list[Path]:
    """Write every bundled cell into `folder` and return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, make in CELLS.items():
        path = folder / f"{name}.swc"
        path.write_text(make(), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def large_cell(n_points: int, seed: int = 0) -> str:
    """Return a bushy cell of exactly `n_points` ≥ 100 points, as SWC text.

    Branches of 40 points form a random binary tree around a soma, with types
    2, 3 and 4; the same seed gives the same cell.
    """
    if n_points < 100:
        raise ValueError(f"a large cell has at least 100 points, not {n_points}")
    stream = np.random.RandomState(seed)
    per_branch = 40
    n_branches = math.ceil((n_points - 1) / per_branch)
    n_stems = 8
    branch = np.arange(n_branches)
    above = np.where(branch < n_stems, -1, (branch - n_stems) // 2)
    first = 2 + per_branch * branch
    heading = stream.standard_normal((n_branches, 3))
    heading /= np.linalg.norm(heading, axis=1, keepdims=True)
    start = np.zeros((n_branches, 3))
    order = np.zeros(n_branches, int)
    for index in range(n_branches):
        if above[index] < 0:
            start[index] = 10.0 * heading[index]
            continue
        blend = heading[above[index]] + 0.7 * heading[index]
        heading[index] = blend / np.linalg.norm(blend)
        start[index] = start[above[index]] + 2.0 * per_branch * heading[above[index]]
        order[index] = order[above[index]] + 1
    along = 2.0 * np.arange(1, per_branch + 1)
    points = start[:, None] + along[None, :, None] * heading[:, None]
    points += 0.25 * stream.standard_normal(points.shape)
    radii = np.repeat(np.maximum(0.3, 1.5 * 0.8**order), per_branch)
    stem = _stems(above)
    kinds = np.repeat(np.asarray([3, 3, 4, 3, 3, 4, 3, 2])[stem], per_branch)
    ids = np.arange(2, 2 + n_branches * per_branch)
    parents = ids - 1
    parents[::per_branch] = np.where(above < 0, 1, first[above] + per_branch - 1)
    table = zip(
        ids.tolist(),
        kinds.tolist(),
        *points.reshape(-1, 3).T.tolist(),
        radii.tolist(),
        parents.tolist(),
        strict=True,
    )
    rows = ["1 1 0 0 0 10 -1"]
    rows += [
        f"{id_} {kind} {x:.3f} {y:.3f} {z:.3f} {radius:.3f} {parent}"
        for id_, kind, x, y, z, radius, parent in table
    ][: n_points - 1]
    header = f"# Synthetic benchmark cell of {n_points} points, seed {seed}: resources/generate.py"
    return "\n".join([header, *rows]) + "\n"


def _stems(above: np.ndarray) -> np.ndarray:
    """Return the stem of each branch; a branch comes after its parent."""
    stem = np.arange(len(above))
    for index in range(len(above)):
        if above[index] >= 0:
            stem[index] = stem[above[index]]
    return stem


if __name__ == "__main__":
    for written in write_all():
        sys.stdout.write(f"{written.name}: {written.stat().st_size} bytes\n")
