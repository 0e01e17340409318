"""The inputs after public bug reports, and the command line that runs them, with no window."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
Table = dict[str, np.ndarray]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def reports(shared_data: Path) -> Path:
    """The folder of the inputs; its README says what each showed, and what is right."""
    folder = shared_data / "reports"
    if not folder.is_dir():
        pytest.skip("the inputs after bug reports (../shared/data/reports) are not on this machine")
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs ``somascope run`` in a folder of its own, without a display."""

    def run_(source: Path | str, *words: object, cwd: Path = tmp_path):
        environ = os.environ | {"PYTHONPATH": str(ROOT)}
        environ.pop("DISPLAY", None)
        return subprocess.run(
            [sys.executable, "-m", "app", "run", str(source), *map(str, words)],
            cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=400,
        )  # fmt: skip

    return run_


def table(path: Path) -> Table:
    """Return a table of traces, its columns by their headings; nan where a trace has no sample."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if not row[0].startswith("#")]
    values = np.array([[float(cell or "nan") for cell in row] for row in rows[1:]])
    return {name: values[:, i] for i, name in enumerate(rows[0])}
