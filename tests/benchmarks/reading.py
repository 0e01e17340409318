"""How long it takes to read an SWC file and to build its drawing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from backends.morphology.morphology import build_geometry, segment_counts
from backends.swc.reader import read_swc
from resources.generate import large_cell
from tests.benchmarks.table import Figure, median_seconds

GROUP = "Reading morphologies"
N_POINTS = 100_000


def figures() -> list[Figure]:
    """Read, cut into segments and draw a cell of 100,000 points."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.swc"
        path.write_text(large_cell(N_POINTS, seed=3))
        read = median_seconds(lambda: read_swc(path), repeats=5)
        morphology = read_swc(path)
        counts = segment_counts(morphology)
        cut = median_seconds(lambda: build_geometry(morphology, segment_counts(morphology)), 5)
    points = f"{N_POINTS:,} points".replace(",", " ")
    return [
        Figure(GROUP, f"read_swc, {points}", read, "s", 1.0),
        Figure(GROUP, f"nseg and geometry, {points}", cut, "s", note=f"{counts.sum()} segments"),
    ]
