"""`python -m tests.models FOLDER...`: opens models of NEURON, each a folder named by its number of ModelDB.

Prints a table in Markdown: whether Somascope opens a model, whether its voltages are those of NEURON alone in
another process, and what is missing. The folders are copied, nothing is written to them. Models that are in
`instructions.py` have their buttons pressed.

    python -m tests.models ~/models/2488 ~/models/3805
    python -m tests.models --limit 120 --longest 500 ~/models/*
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.models.trial import Trial, try_model

_HEAD = "| ModelDB | kind | opens | voltages equal | panels | plots | s to open / NEURON alone | missing |"
_RULE = "|---|---|---|---|---|---|---|---|"


def row(trial: Trial) -> str:
    """Return one line of the table."""
    cells = (trial.number, trial.kind, trial.opens, trial.equal, trial.panels, trial.graphs)
    words = (each.replace("|", "/") for each in (*cells, trial.times, trial.note))
    return "| " + " | ".join(words) + " |"


def main(arguments: list[str]) -> int:
    """Try the models and print the table; return 0 if all opened with equal voltages."""
    parser = argparse.ArgumentParser(prog="python -m tests.models", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--limit", type=float, default=90.0, help="seconds a process may take")
    parser.add_argument("--longest", type=float, default=200.0, help="simulated ms at most")
    parser.add_argument("--work", type=Path, help="a folder that keeps copies, logs and libraries")
    given = parser.parse_args(arguments)
    print(_HEAD, _RULE, sep="\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="somascope-models-") as temporary:
        work = given.work or Path(temporary)
        trials = list(_tried(given.folders, work.resolve(), given.limit, given.longest))
    good = [each for each in trials if each.equal == "yes"]
    print(f"\n{len(good)} of {len(trials)} open with equal voltages.")
    return 0 if len(good) == len(trials) else 1


def _tried(
    folders: Iterable[Path], work: Path, limit_s: float, longest_ms: float
) -> Iterable[Trial]:
    for folder in folders:
        trial = try_model(folder.resolve(), work / folder.name, limit_s, longest_ms)
        print(row(trial), flush=True)
        yield trial


if __name__ == "__main__":
    os.environ.pop("DISPLAY", None)
    sys.exit(main(sys.argv[1:]))
