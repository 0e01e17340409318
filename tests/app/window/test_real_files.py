"""Every real file of the shared data: read, built in NEURON, run for 5 ms, and drawn."""

from __future__ import annotations

import csv
import gc
from pathlib import Path

import numpy as np
import pytest

from app.viewport.pictures import render_pixels
from app.viewport.scene import MorphScene
from backends.messages import FieldReplace, RunFor, RunStatus
from backends.sources.source import SessionSource
from tests.support.driving import advance_until

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
INDEX = SHARED / "swc" / "INDEX.csv"
RUN_MS = 5.0


def real_files() -> list[str]:
    """Return the files that the index names, none if there is no index."""
    if not INDEX.exists():
        return []
    with INDEX.open(encoding="utf-8", newline="") as rows:
        return [row["file"] for row in csv.DictReader(rows)]


@pytest.mark.skipif(not INDEX.exists(), reason="the shared data is not beside this checkout")
def test_the_index_of_real_files_is_not_empty() -> None:
    assert len(real_files()) > 100


@pytest.mark.slow
@pytest.mark.parametrize("name", real_files())
def test_a_real_file_opens_runs_and_is_drawn(name: str) -> None:
    session = SessionSource.parse(str(SHARED / "swc" / name)).create()
    try:
        scene = session.initialize()
        assert scene is not None
        geometry = scene.geometry
        assert geometry is not None
        assert geometry.n_segments > 0
        assert geometry.area.min() > 0
        session.handle(RunFor(RUN_MS))
        updates = advance_until(session, lambda u: isinstance(u, RunStatus) and u.finished)
    finally:
        session.shutdown()
    clock = [u for u in updates if isinstance(u, RunStatus)][-1]
    assert clock.time_ms == pytest.approx(RUN_MS)
    values = [u for u in updates if isinstance(u, FieldReplace)][-1].values
    assert np.isfinite(values).all()
    assert ((values > -120) & (values < 80)).all()

    picture = MorphScene()
    picture.set_decorations(color_bar=False, scale_bar=False, axes=False)
    picture.set_geometry(geometry)
    picture.set_color_map("scalar", (-80.0, 40.0), "mV", "V")
    bare = MorphScene()
    bare.set_decorations(color_bar=False, scale_bar=False, axes=False)
    bare.set_hint("")
    picture.set_values(values)
    drawn = render_pixels(picture, (240, 180)).astype(int)
    ground = render_pixels(bare, (240, 180)).astype(int)
    different = (np.abs(drawn - ground).max(axis=2) > 12).mean()
    assert different > 5e-4, "the cell is not in its picture"
    gc.collect()
