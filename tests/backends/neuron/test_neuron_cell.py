"""A loaded cell as a ready NEURON session."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import of_kind, trace_of
from neuron_bench import hoc, run_for, running

from backends.cellmodel.checks import ALL
from backends.cellmodel.mechanisms import Mechanism
from backends.cellmodel.model import CellModel
from backends.cellmodel.stimuli import IClamp, Target
from backends.errors import SimulatorError
from backends.messages import Error, FieldReplace, SetControl, StatePatch, TraceAdded
from backends.morphology.morphology import Morphology
from backends.neuron import NeuronCellSession
from backends.swc.reader import read_swc, read_swc_text

pytest.importorskip("neuron")

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "swc"
CELL = """1 1 0 0 0 8 -1
2 3 8 0 0 1.5 1
3 3 200 20 0 1 2
4 3 300 90 10 0.7 3
5 3 320 -60 5 0.6 3
6 2 0 -8 0 0.6 1
7 2 0 -300 0 0.4 6
8 0 -8 0 0 1 1
9 0 -150 0 0 1 8
"""


@pytest.fixture
def cell() -> Morphology:
    return read_swc_text(CELL, name="little.swc")


def spikes(values: np.ndarray) -> int:
    """Count upward crossings of −10 mV."""
    return int(np.sum((values[1:] > -10) & (values[:-1] <= -10)))


def test_numbers_and_names_are_the_same_in_neuron_and_in_the_drawing(cell: Morphology) -> None:
    with running(session := NeuronCellSession(cell)):
        geometry = session.geometry
        assert geometry is not None
        segments = [segment for section in session.sections for segment in section]
        assert geometry.segment_ids == tuple(str(segment) for segment in segments)
        np.testing.assert_allclose(geometry.area, [s.area() for s in segments], rtol=1e-5)
        np.testing.assert_allclose(geometry.diameter, [s.diam for s in segments], rtol=1e-4)
        for section, each in zip(session.sections, cell.sections, strict=True):
            above = section.parentseg()
            assert (above is None) == (each.parent < 0)
            if above is not None:
                assert above.sec == session.sections[each.parent]


def test_a_loaded_cell_rests_then_fires_repeatedly(cell: Morphology) -> None:
    with running(session := NeuronCellSession(cell)) as updates:
        assert session.dt == 0.025
        assert session.history_capture_mode is session.HISTORY_CAPTURE_FULL
        updates += run_for(session, 60.0)
        times, values = trace_of("soma[0](0.5)", updates)
        assert np.abs(values[times < 10] + 65).max() < 2
        assert spikes(values) >= 2
        rows = np.array(
            [session.history.samples_of(i)[1] for i in range(session.geometry.n_segments)]
        )
        assert rows.max(axis=1).min() > -20  # the spike is seen in every segment
        assert not of_kind(Error, updates)


def test_the_scene_has_facts_and_the_models_recording(cell: Morphology) -> None:
    session = NeuronCellSession(cell)
    try:
        scene = session.initialize()
        assert scene.title == cell.name
        assert scene.facts["Membrane"].startswith("soma: hh (gnabar 0.12); axon: hh (gnabar 0.12)")
        assert scene.facts["Temperature"] == "6.3 °C"
        assert scene.findings == cell.findings
        (added,) = of_kind(TraceAdded, session.read_updates())
        assert added.segment_id == "soma[0](0.5)"
    finally:
        session.shutdown()


def test_the_amplitude_slider_takes_effect_on_the_running_simulation(cell: Morphology) -> None:
    with running(session := NeuronCellSession(cell)) as updates:
        run_for(session, 12.0)
        session.handle(SetControl("stimulus_amp", 0.0))
        assert session.read_updates() == [StatePatch({"stimulus_amp": 0.0})]
        run_for(session, 30.0)
        updates = run_for(session, 20.0)
        assert spikes(trace_of("soma[0](0.5)", updates)[1]) == 0
        amp = session.control_specs()[0].value_spec.default
        session.handle(SetControl("stimulus_amp", amp))
        updates = run_for(session, 40.0)
        assert spikes(trace_of("soma[0](0.5)", updates)[1]) >= 1


def test_delay_and_duration_bound_the_current(cell: Morphology) -> None:
    with running(session := NeuronCellSession(cell)) as updates:
        session.handle(SetControl("stimulus_delay", 30.0))
        session.handle(SetControl("stimulus_dur", 1.0))
        updates += run_for(session, 30.0)
        _, values = trace_of("soma[0](0.5)", updates)
        assert np.abs(values + 65).max() < 2


def test_the_settings_of_the_model_reach_the_membrane(cell: Morphology) -> None:
    model = CellModel(
        regions={ALL: (Mechanism("pas", {"g": 2e-4, "e": -70.0}),), "custom": (Mechanism("hh"),)},
        ra_ohm_cm=150.0,
        cm_uf_cm2=0.75,
        celsius=20.0,
        v_init_mv=-70.0,
        stimuli=(IClamp(Target("basal", 0.5, 1), 1.0, 2.0, 0.1),),
        recordings=(),
        rate_tables=False,
    )
    with running(session := NeuronCellSession(cell, model, dt=0.05)) as updates:
        names = [section.name() for section in session.sections]
        custom = session.sections[names.index("dend_0[0]")]
        for section in session.sections:
            assert (section.Ra, section.cm, section.g_pas, section.e_pas) == (150, 0.75, 2e-4, -70)
        assert custom.gnabar_hh == 0.12
        assert not hasattr(session.sections[0], "gnabar_hh")
        assert (hoc().celsius, hoc().usetable_hh, session.dt) == (20.0, 0.0, 0.05)
        assert session.clamps[0].get_segment().sec.name() == "dend[1]"
        assert not of_kind(TraceAdded, updates)
    assert (hoc().celsius, hoc().usetable_hh) == (6.3, 1.0)


def test_a_mechanism_that_is_not_loaded_is_named_with_its_section(cell: Morphology) -> None:
    session = NeuronCellSession(cell, CellModel(regions={"axon": (Mechanism("nosuchmech"),)}))
    with pytest.raises(SimulatorError, match=r'"nosuchmech" in axon\[0\]'):
        session.initialize()
    session.shutdown()
    session = NeuronCellSession(cell, CellModel(regions={"axon": (Mechanism("hh", {"gca": 1.0}),)}))
    with pytest.raises(SimulatorError, match=r"axon\[0\].* gca_hh"):
        session.initialize()
    session.shutdown()
    assert list(hoc().allsec()) == []


@pytest.mark.parametrize(
    "name", ["neuromorpho_cng/h10.CNG.swc", "allen/464188580.swc", "celegans/RIH.swc"]
)
def test_real_cells_of_any_size_fire_a_train(name: str) -> None:
    path = DATA / name
    if not path.exists():
        pytest.skip("needs the shared test data")
    with running(session := NeuronCellSession(read_swc(path))) as updates:
        updates += run_for(session, 60.0)
        assert spikes(session.history.samples_of(session.history.captured[0])[1]) >= 2
        assert np.isfinite(of_kind(FieldReplace, updates)[-1].values).all()
