"""A NeuroMorpho.Org on loopback in a separate process, with files of a real cell's size, sent slowly.

python -m tests.benchmarks.archive_server N_RECORDS N_POINTS SECONDS_A_FILE
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from resources.generate import large_cell
from tests.neuromorpho.server import Server


@contextmanager
def served(n_records: int, n_points: int, seconds_a_file: float) -> Iterator[str]:
    """Yield the address of a server in another process.

    Parameters
    ----------
    n_records : int
        Number of its cells.
    n_points : int
        Of each SWC file; the same cell for every id.
    seconds_a_file : float
        Duration of sending one file.
    """
    numbers = [str(each) for each in (n_records, n_points, seconds_a_file)]
    command = [sys.executable, "-m", "tests.benchmarks.archive_server", *numbers]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main(n_records: int, n_points: int, seconds_a_file: float) -> None:
    """Serve until this process is ended, at a low priority: the real archive takes no time from the window."""
    os.nice(10)
    with Server(n_made=n_records) as server:
        server.faults.add("empty", large_cell(n_points, seed=5), path="*.swc")
        server.faults.add("slow", seconds_a_file, path="*.swc")
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
