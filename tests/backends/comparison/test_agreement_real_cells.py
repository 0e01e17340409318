"""The same spike on NEURON and on Jaxley, in every bundled cell and in real ones of many archives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backends.batch.run import BatchRun, RunPlan, RunSamples
from backends.comparison.metrics import Spikes, upstrokes, worst, worst_away_from_upstrokes
from backends.scene import MorphologyGeometry
from backends.sources.source import Backend, SessionSource
from resources import bundled

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "swc"
REAL = (
    "allen/464188580.swc",
    "arbor/Acker2008.swc",
    "bbp/BG001.CNG.swc",
    "braincell/grc.swc",
    "celegans/PVDL.swc",
    "jaxley/morph_ca1_n120_250.swc",
    "morphopy/C4.swc",
    "neuromorpho_cng/04a_pyramidal4aACC.CNG.swc",
    "neuromorpho_cng/cb27g.CNG.swc",
    "purkinje_cerebellum/GranuleCell.swc",
)


class FinishedRun:
    """A cell simulated for 30 ms, in this process."""

    def __init__(self, name: str, backend: Backend) -> None:
        run = BatchRun(
            SessionSource.parse(name, backend), 30.0, 0.1, model_changes={"rate_tables": False}
        )
        scene = run.initialize()
        assert scene is not None
        updates = run.read_updates()
        while run.is_live():
            run.advance()
            updates += run.read_updates()
        run.shutdown()
        self.geometry: MorphologyGeometry = scene.geometries[0]
        self.plan = next(each for each in updates if isinstance(each, RunPlan))
        self.voltages = np.concatenate(
            [each.values for each in updates if isinstance(each, RunSamples)]
        )


def check(name: str) -> None:
    """Check that both simulators have the same segments, membrane, stimulus, voltages and spikes."""
    neuron, jaxley = FinishedRun(name, "neuron"), FinishedRun(name, "jaxley")
    times, left, right = neuron.plan.times, neuron.voltages, jaxley.voltages
    assert neuron.geometry.segment_ids == jaxley.geometry.segment_ids
    np.testing.assert_allclose(jaxley.plan.areas_um2, neuron.plan.areas_um2, rtol=1e-6)
    assert neuron.plan.stimuli == jaxley.plan.stimuli
    electrode = neuron.geometry.index_of(neuron.plan.stimuli[0].segment_id)
    spikes = Spikes(upstrokes(times, left[:, electrode]), upstrokes(times, right[:, electrode]))
    assert len(spikes.pairs), "no spike at the electrode"
    assert spikes.unpaired == (0, 0)
    assert abs(spikes.largest_difference) < 1e-4
    assert abs(worst(left, right).value) < 1e-3
    assert abs(worst_away_from_upstrokes(times, left, right).value) < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("name", [cell.name for cell in bundled()])
def test_a_bundled_cell_spikes_at_the_same_time_and_to_the_same_height_on_both(name: str) -> None:
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_a_real_cell_spikes_at_the_same_time_and_to_the_same_height_on_both(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the shared test data has no {name}")
    check(str(path))
