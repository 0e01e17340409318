"""How long a step of a fast scroll through 300,000 hits takes until it is painted, as rows and as tiles.

Steps come at 60 Hz. Fast is a page at each step, over rows that are nowhere near; steady is a row's height
at each step, so that pages of hits, their morphometry and their pictures arrive all the time; dragged is the
scroll bar's handle, thrown to another place at each step. The hits are the library's, or come from a server on
loopback, asked without the limiter's pause.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from app.window.controller import Controller
from tests.benchmarks.archive_scrolling import ScrollDriver
from tests.benchmarks.archive_server import served
from tests.benchmarks.archive_window import (
    archive_window,
    choose_library,
    percentile_ms,
    rest,
    search_archive,
)
from tests.benchmarks.large_library import N_RECORDS, put_large_library
from tests.benchmarks.table import Figure

GROUP = "NeuroMorpho dock: scrolling 300 000 hits, step to paint"
TARGET_MS = 33
SCROLLED_S = 4.0
A_PAGE_PX, A_ROW_PX = 10_000, 44
MODES = {"table": "rows", "grid": "tiles"}


def figures() -> list[Figure]:
    """Scroll what the library has, then what the server has."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        put_large_library(folder / "cache")
        with archive_window(folder) as controller:
            choose_library(controller)
            rows += scrolled(controller, "library")
    with (
        tempfile.TemporaryDirectory() as name,
        served(N_RECORDS, 100, 0.0) as url,
        archive_window(Path(name), url=url) as controller,
    ):
        search_archive(controller)
        rows += scrolled(controller, "archive, pictures")
    return rows


def scrolled(controller: Controller, source: str) -> list[Figure]:
    """Scroll the present hits in every way."""
    results = controller.archive_dock.dock.results
    rows = []
    for mode, words in MODES.items():
        results.set_mode(mode)
        view = results.table if mode == "table" else results.grid
        rest(0.5)
        for how in ("fast", "steadily", "by the handle"):
            driver = ScrollDriver(view)
            if how == "by the handle":
                driver.drag(SCROLLED_S)
            else:
                driver.wheel(A_PAGE_PX if how == "fast" else A_ROW_PX, SCROLLED_S)
            rest(0.5)
            note = f"p99; median {1000 * statistics.median(driver.seconds):.1f}, "
            note += f"worst {1000 * max(driver.seconds):.0f} ms of {len(driver.seconds)} frames"
            p99 = percentile_ms(driver.seconds, 99)
            rows.append(
                Figure(GROUP, f"{words} of the {source}, {how}", p99, "ms", TARGET_MS, note=note)
            )
    return rows
