"""From `exec` to the first moving frame on Jaxley: with nothing compiled before, and once more.

Each pair of starts has a cache folder of its own, empty at its first. The window's own way to a
moving frame is measured with programs in the cache, as at any launch but a cell's first.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from resources.generate import large_cell
from tests.benchmarks.launch_time import launched
from tests.benchmarks.table import Figure

GROUP = "5. Start on Jaxley (from exec of the interpreter to the first moving frame)"
PAIRS = 3


def started(cell: str, cache: str) -> float:
    """Start an isolated session of a cell in a new process; return the seconds to its first frame."""
    command = [sys.executable, "-m", "tests.benchmarks.jaxley_probe", repr(time.time()), cell]
    done = subprocess.run(
        command, env=cached_in(cache), capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return float(json.loads(done.stdout.splitlines()[-1])["frame"])


def cached_in(cache: str) -> dict[str, str]:
    """Return this process' environment with another folder for compiled programs."""
    return os.environ | {"JAX_COMPILATION_CACHE_DIR": cache}


def session_starts(cell: str, label: str) -> list[Figure]:
    """Return the seconds of first and second starts of a cell, and the median of their ratios."""
    first, second = [], []
    for _ in range(PAIRS):
        with tempfile.TemporaryDirectory() as cache:
            first.append(started(cell, cache))
            second.append(started(cell, cache))
    ratio = statistics.median(b / a for a, b in zip(first, second, strict=True))
    return [
        Figure(GROUP, f"{label}, nothing compiled before", statistics.median(first), "s"),
        Figure(GROUP, f"{label}, second start", statistics.median(second), "s"),
        Figure(GROUP, f"{label}, second start / first", ratio, "×", 0.40),
    ]


def window_starts() -> list[Figure]:
    """Return the seconds to what a person sees of a window launched with ``--backend jaxley``."""
    with tempfile.TemporaryDirectory() as cache:
        first, *later = [
            launched({"JAX_COMPILATION_CACHE_DIR": cache}, backend="jaxley")
            for _ in range(1 + PAIRS)
        ]
    rows = []
    for stage, words in (
        ("cell", "window, cell on the screen"),
        ("moving", "window, first moving frame, Space pressed at once"),
    ):
        value = statistics.median(run[stage] for run in later)
        note = f"nothing compiled before: {first[stage]:.2f} s"
        rows.append(Figure(GROUP, words, value, "s", note=note))
    return rows


def figures() -> list[Figure]:
    """Start sessions of the bundled pyramidal cell and of a larger one, then the window."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.swc"
        path.write_text(large_cell(34_000, seed=1))
        rows = session_starts("pyramidal", "pyramidal") + session_starts(str(path), "large cell")
    return rows + window_starts()
