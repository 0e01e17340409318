"""`Figure`: the result of a benchmark with its target; prints a table and writes JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes
    ----------
    value : float
        In `unit`; the median of its runs.
    target : float or None
        None without one; `at_most`: whether lower is better.
    note : str
        What was measured.
    """

    group: str
    name: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = True
    note: str = ""

    @property
    def verdict(self) -> str:
        """``"meets"``, ``"MISSES"`` or "" where there is no target."""
        if self.target is None:
            return ""
        good = self.value <= self.target if self.at_most else self.value >= self.target
        return "meets" if good else "MISSES"


def median_seconds(work: Callable[[], object], repeats: int = 7) -> float:
    """Return the median wall time of `work`, seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def median_ratio(work: Callable[[], float], base: Callable[[], float], repeats: int = 5) -> float:
    """Return the median of work/base, run alternately so that a drift of the machine affects both.

    Both return the seconds that they took, as they count them.
    """
    work(), base()
    ratios = []
    for _ in range(repeats):
        below = base()
        ratios.append(work() / below)
    return statistics.median(ratios)


def print_table(figures: Sequence[Figure]) -> None:
    """Print the figures, a group at a time."""
    group = ""
    for each in figures:
        if each.group != group:
            group = each.group
            print(f"\n{group}")
        sign = "≤" if each.at_most else "≥"
        target = "" if each.target is None else f"{sign} {each.target:g} {each.unit}"
        value = f"{each.value:.4g} {each.unit}"
        print(
            f"  {each.name:<58} {value:>14}   {target:<12} {each.verdict:<7} {each.note}".rstrip()
        )


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures and a description of the machine."""
    record = {
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "figures": [asdict(each) | {"verdict": each.verdict} for each in figures],
    }
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
