"""How long the GUI thread makes an event wait while 5 downloads, thumbnails and a simulation run at once.

As in `gui_wait` a 5 ms timer measures by how much each of its shots is late, and an HH cell runs flat out on NEURON:
one of the archive's usual size, then one of 3,243 segments as there. In the same window 5 files at a time come
slowly from a server in another process (the dock itself has 3 at a time), and the hits are scrolled fast with rests
between, so that pages, their morphometry and their pictures are fetched, checked, stored and shown: at four times the
pace that the archive is asked at, and once without any pause, which is more than any archive sends.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from app.archive.downloads import downloads
from app.window.controller import Controller
from backends.messages import SetRunning, SetSpeed
from resources.generate import large_cell
from tests.benchmarks.archive_scrolling import ScrollDriver
from tests.benchmarks.archive_server import served
from tests.benchmarks.archive_window import (
    archive_window,
    percentile_ms,
    rest,
    search_archive,
)
from tests.benchmarks.gui_wait import watch
from tests.benchmarks.large_library import N_RECORDS
from tests.benchmarks.table import Figure
from tests.benchmarks.waiting import wait_until

GROUP = "NeuroMorpho dock: GUI thread while 5 downloads, thumbnails and a simulation run"
WATCHED_S = 10.0
N_AT_ONCE = 5
SECONDS_A_FILE = 1.0
CASES: dict[str, tuple[int, float | None]] = {  # points, requests a second
    "5 000 points": (5_000, 20.0),
    "34 000 points": (34_000, 20.0),
    "34 000 points, no limiter": (34_000, None),
}
N_POINTS = 5_000
N_QUEUED = 95
SCROLLED_PX, N_STEPS, N_RESTS = 2_000, 20, 25  # a third of a second of each second is a fast scroll


def figures() -> list[Figure]:
    """Watch the event loop while only the simulation runs, then with everything; in each case."""
    downloads.N_AT_ONCE = N_AT_ONCE
    return [each for words, case in CASES.items() for each in _with_cell(words, *case)]


def _with_cell(words: str, n_points: int, per_second: float | None) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, served(N_RECORDS, N_POINTS, SECONDS_A_FILE) as url:
        folder = Path(name)
        cell = folder / "cell.swc"
        cell.write_text(large_cell(n_points, seed=2))
        with archive_window(folder, url=url, source=str(cell), per_second=per_second) as controller:
            search_archive(controller)
            rest(2.0)
            controller.post(SetSpeed(None))
            controller.post(SetRunning(True))
            wait_until(lambda: controller.model.run_status.time_ms > 1)
            alone, _, _ = watch(controller, _after(WATCHED_S))
            together, n_frames, done = with_everything(controller)
            n_segments = controller.model.geometry.n_segments
    p99 = percentile_ms(together, 99)
    longest, median = 1000 * max(together), 1000 * statistics.median(together)
    rate = n_frames / WATCHED_S
    without = percentile_ms(alone, 99)
    note = f"{n_segments} segments, HH; {done}"
    target = 33 if per_second else None
    return [
        Figure(GROUP, f"{words}, p99 wait", p99, "ms", target, note=note),
        Figure(GROUP, f"{words}, longest wait", longest, "ms"),
        Figure(GROUP, f"{words}, median wait", median, "ms"),
        Figure(GROUP, f"{words}, frames shown per second", rate, "fps"),
        Figure(GROUP, f"{words}, p99 wait, simulation alone", without, "ms"),
    ]


def with_everything(controller: Controller) -> tuple[list[float], int, str]:
    """Download, scroll and simulate; return the waits (s), the frames painted, and what was done."""
    presenter = controller.archive_dock
    hits, downloads = presenter.search.model.results, presenter.downloads
    results = presenter.dock.results
    presenter.dock.queue_button.click()
    pictures: set[int] = set()
    presenter.thumbnails.ready.connect(pictures.add)
    presenter.add([each.neuron_id for each in hits.neurons_in(range(N_QUEUED))])
    wait_until(lambda: n_in(controller, "running") == N_AT_ONCE)
    driver = ScrollDriver(results.table)
    driver.begin(SCROLLED_PX, N_STEPS, N_RESTS)
    before = n_in(controller, "done")
    waits, n_frames, _ = watch(controller, _after(WATCHED_S))
    driver.end()
    if not downloads.is_going:
        raise RuntimeError("the downloads came to an end before the watch did")
    n_files = n_in(controller, "done") - before
    if not (n_files and pictures):
        raise RuntimeError(f"{n_files} files and {len(pictures)} pictures came: nothing to measure")
    rate = 1 / WATCHED_S
    done = f"{n_files * rate:.0f} files and {len(pictures) * rate:.0f} pictures a second"
    return waits, n_frames, done


def n_in(controller: Controller, state: str) -> int:
    """Return how many downloads are in a state."""
    return sum(each.state == state for each in controller.archive_dock.downloads.rows)


def _after(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() > end
