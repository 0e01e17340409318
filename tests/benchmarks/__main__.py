"""`make bench`: runs every benchmark in a separate process, one after another; prints a table, writes bench.json.

python -m tests.benchmarks             all of them
python -m tests.benchmarks live gui    those whose name starts with these words
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from tests.benchmarks.large_library import SHARED
from tests.benchmarks.table import Figure, print_table, write_json

# Without a GPU, a driver that draws nothing replaces an infinitely fast one: what remains is the cost of a
# colour update on the processor.
NOTHING_DRAWN = {"GALLIUM_NOOP": "1", "LIBGL_ALWAYS_SOFTWARE": "1"}
BENCHMARKS: dict[str, dict[str, str]] = {
    "live_neuron": {},
    "live_network": {},
    "live_jaxley": {},
    "colour_update": NOTHING_DRAWN,
    "frames": {},
    "gui_wait": {},
    "views_window": {},
    "gui_wait_jaxley": {},
    "clicks": {},
    "launch_time": {},
    "jaxley_start": {},
    "traces_redraw": {},
    "memory": {},
    "soak": {},
    "reading": {},
    "neuromorpho_library": {},
    "neuromorpho_harvest": {},
    "archive_typing": {},
    "archive_scroll": {},
    "archive_gui_wait": {},
    "archive_load": {},
}


def main(wanted: list[str]) -> int:
    """Run the benchmarks; return 0 if all ran, whatever their figures."""
    figures: list[Figure] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, environment in BENCHMARKS.items():
            if wanted and not any(name.startswith(each) for each in wanted):
                continue
            print(f"… {name}", file=sys.stderr, flush=True)
            answer = Path(folder) / f"{name}.figures"
            command = [sys.executable, "-m", "tests.benchmarks", "--one", name, str(answer)]
            variables = os.environ | {SHARED: folder} | environment
            done = subprocess.run(command, env=variables, check=False)
            if done.returncode or not answer.exists():
                failed.append(name)
                continue
            figures += pickle.loads(answer.read_bytes())
    print_table(figures)
    write_json(figures, Path("bench.json"))
    for name in failed:
        print(f"\n{name}: did not run to its end", file=sys.stderr)
    return 1 if failed else 0


def run_one(name: str, answer: str) -> None:
    """Run one benchmark here and write its figures to the file `answer`."""
    figures = import_module(f"tests.benchmarks.{name}").figures()
    Path(answer).write_bytes(pickle.dumps(figures))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run_one(*sys.argv[2:4])
    else:
        sys.exit(main(sys.argv[1:]))
