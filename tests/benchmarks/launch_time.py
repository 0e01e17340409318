"""From `exec` to the window, to a cell, to a frame that moves; and what an idle window costs."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

from tests.benchmarks.table import Figure

GROUP = "5. Launch (from exec of the interpreter)"
RUNS = 5


def launched(extra: dict[str, str] | None = None, *, backend: str = "neuron") -> dict[str, float]:
    """Launch the window in a process of its own; return its stages, seconds since exec."""
    command = [sys.executable, "-m", "tests.benchmarks.launch_probe", repr(time.time()), backend]
    done = subprocess.run(
        command, env=os.environ | (extra or {}), capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    stages: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return stages


def figures() -> list[Figure]:
    """Launch once cold (as far as this machine lets us), then several times warm."""
    first = launched()
    warm = [launched() for _ in range(RUNS)]
    rows = []
    for stage, words, target in (
        ("window", "window on the screen", 0.3),
        ("cell", "cell on the screen", 1.2),
        ("moving", "first moving frame, Space pressed as soon as it is ready", 2.5),
    ):
        value = statistics.median(run[stage] for run in warm)
        rows.append(
            Figure(GROUP, words, value, "s", target, note=f"first run {first[stage]:.2f} s")
        )
    idle = statistics.median(run["idle_percent"] for run in warm)
    rows.append(Figure(GROUP, "paused and idle, window and child", idle, "% CPU", 0.5))
    return rows
