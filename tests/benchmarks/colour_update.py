"""What a colour update costs the processor, raster excluded, and how long a mesh takes to build.

Run with a driver that accepts every call and draws nothing, the stand-in for a fast GPU. The figure
is processor time from new values to the submitted frame.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from app.viewport.offscreen import make_offscreen_window
from app.viewport.scene import MorphScene
from tests.benchmarks.forest import forest
from tests.benchmarks.table import Figure

GROUP = "2. Colour update, processor time to the submitted frame (nothing rasterised)"
SIZES = (1_000, 10_000, 100_000, 500_000)
TARGETS_MS = {100_000: 1.0}


def figures() -> list[Figure]:
    """Measure updates and builds at several sizes."""
    rows: list[Figure] = []
    updates: dict[int, float] = {}
    for n in SIZES:
        geometry = forest(n)
        window = make_offscreen_window(1000, 800)
        scene = MorphScene()
        window.AddRenderer(scene.renderer)
        builds = []
        for _ in range(3):
            scene.set_geometry(None)
            start = time.perf_counter()
            scene.set_geometry(geometry)
            builds.append(time.perf_counter() - start)
        scene.set_color_map("scalar", (-80.0, 40.0), "mV", "V")
        updates[n] = 1000 * update_seconds(scene, n)
        words = f"{n:,} segments".replace(",", " ")
        rows.append(Figure(GROUP, f"update, {words}", updates[n], "ms", TARGETS_MS.get(n)))
        target = 0.2 if n == 100_000 else None
        rows.append(Figure(GROUP, f"mesh built, {words}", statistics.median(builds), "s", target))
        window.Finalize()
    growth = updates[500_000] / updates[1_000]
    rows.append(
        Figure(
            GROUP, "update at 500 000 / at 1 000 segments", growth, "×", 500, note="sizes: 500 ×"
        )
    )
    return rows


def update_seconds(scene: MorphScene, n: int, repeats: int = 60) -> float:
    """Return the median processor time of one update and its frame."""
    rng = np.random.default_rng(1)
    frames = [rng.uniform(-80, 40, n).astype(np.float32) for _ in range(4)]
    times = []
    for i in range(repeats):
        start = time.process_time()
        scene.set_values(frames[i % 4])
        scene.render()
        times.append(time.process_time() - start)
    return statistics.median(times[5:])
