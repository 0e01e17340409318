"""NEURON's own demo cell becomes a morphology, and NEURON is left as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("neuron")
ROOT = Path(__file__).resolve().parents[3]

CODE = """
from backends.errors import MorphologyError
from backends.morphology.morphology import build_geometry
from backends.neuron.demo import neuron_demo_cell
from neuron import h
for again in range(2):
    cell = neuron_demo_cell()
    assert len(list(h.allsec())) == 0
geometry = build_geometry(cell, [1] * len(cell.sections))
assert len(cell.sections) == 79, len(cell.sections)
assert cell.metadata["points"] == "2116"
assert abs(geometry.length.sum() - 5387) < 1, geometry.length.sum()
assert abs(geometry.area.sum() - 31159) < 5, geometry.area.sum()
assert all(each.parent < index for index, each in enumerate(cell.sections))
mine = h.Section(name="soma")
try:
    neuron_demo_cell()
except MorphologyError as error:
    assert "soma" in error.message
else:
    raise AssertionError("a second soma was loaded")
print("passed")
"""


def test_the_demo_cell_is_read_by_neuron_and_leaves_no_sections_in_it() -> None:
    environment = {**os.environ, "NEURON_MODULE_OPTIONS": "-nogui", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )
    assert done.stdout.strip().endswith("passed"), done.stderr
