"""A cell model as data: to JSON and back, defaults that fit the cell, input conductance, amplitudes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from backends.cellmodel.checks import ALL, region_of
from backends.cellmodel.input_conductance import amplitude_na, input_conductance
from backends.cellmodel.mechanisms import HH, WEAK_HH, Mechanism
from backends.cellmodel.model import CellModel
from backends.cellmodel.stimuli import IClamp, Target
from backends.errors import ProtocolError
from backends.morphology.morphology import Morphology, build_geometry
from backends.swc.reader import read_swc_text

BALL_AND_STICK = """1 1 0 0 0 10 -1
2 3 10 0 0 1 1
3 3 410 0 0 1 2
4 2 0 -10 0 0.5 1
5 2 0 -210 0 0.5 4
"""
UNTYPED = "1 0 0 0 0 1 -1\n2 0 100 0 0 1 1\n3 0 300 50 0 1 2\n4 0 300 -50 0 1 2\n"


@pytest.fixture
def cell() -> Morphology:
    return read_swc_text(BALL_AND_STICK)


def test_a_model_survives_the_way_through_json() -> None:
    model = CellModel(
        regions={"soma": (HH,), "all": (Mechanism("pas", {"g": 1e-4, "e": -70.0}),)},
        stimuli=(IClamp(Target("apical", 0.3, 2), 5.0, 2.0, 0.25), IClamp()),
        recordings=(Target("axon"),),
        celsius=37.0,
        rate_tables=False,
    )
    assert CellModel.from_json(model.to_json()) == model
    assert CellModel.from_json(json.loads(model.to_json())) == model


def test_an_entry_missing_from_json_gets_its_default() -> None:
    assert CellModel.from_json({}) == CellModel()
    assert CellModel.from_json('{"dt_ms": 0.1}') == CellModel(dt_ms=0.1)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ("{", "JSON"),
        ("[]", "mapping"),
        ({"Ra": 1}, "'Ra'"),
        ({"dt_ms": 0}, "CellModel.dt_ms"),
        ({"celsius": "warm"}, "'warm'"),
        ({"regions": {"tail": []}}, "'tail'"),
        ({"regions": {"soma": [{"name": "hh", "parameters": {"gl": "x"}}]}}, "gl"),
        ({"regions": {"soma": [{"parameters": {}}]}}, "Mechanism"),
        ({"regions": {"soma": [{"name": "a b"}]}}, "Mechanism.name"),
        ({"stimuli": [{"delay_ms": -1}]}, "IClamp.delay_ms"),
        ({"stimuli": [{"target": {"x": 2}}]}, "Target.x"),
        ({"stimuli": {}}, "CellModel.stimuli"),
        ({"recordings": [{"region": "soma", "section": -1}]}, "Target.section"),
    ],
)
def test_a_wrong_entry_is_named(data: Any, word: str) -> None:
    with pytest.raises(ProtocolError, match=word):
        CellModel.from_json(data)


def test_regions_are_the_names_of_swc_types() -> None:
    assert [region_of(type_) for type_ in (1, 2, 3, 4)] == ["soma", "axon", "basal", "apical"]
    assert {region_of(type_) for type_ in (0, 5, 7, 42, -1)} == {"custom"}


def test_the_default_is_full_hh_in_soma_and_axon_and_weak_hh_in_dendrites(
    cell: Morphology,
) -> None:
    model = CellModel.default_for(cell)
    assert model.mechanisms_of(1) == model.mechanisms_of(2) == (HH,)
    assert model.mechanisms_of(3) == model.mechanisms_of(4) == model.mechanisms_of(9) == (WEAK_HH,)


def test_an_untyped_cell_has_hh_everywhere() -> None:
    model = CellModel.default_for(read_swc_text(UNTYPED), dt_ms=0.05)
    assert model.regions == {ALL: (HH,)}
    assert model.mechanisms_of(0) == (HH,)
    assert model.dt_ms == 0.05


def test_a_target_finds_its_region_or_the_first_section(cell: Morphology) -> None:
    model = CellModel()
    names = [cell.sections[model.section_of(Target(r), cell)].name for r in ("soma", "axon")]
    assert names == ["soma[0]", "axon[0]"]
    assert model.section_of(Target("apical"), cell) == 0
    geometry = build_geometry(cell, [1, 5, 3])
    dend = Target("basal", 0.99)
    assert geometry.segment_ids[model.segment_of(dend, cell, geometry)] == "dend[0](0.9)"


def test_a_cell_in_the_wrong_unit_gets_fewer_segments_and_a_finding(cell: Morphology) -> None:
    counts, findings = CellModel().segment_counts(cell)
    assert findings == ()
    assert (counts % 2 == 1).all()
    huge = read_swc_text(BALL_AND_STICK.replace("410 0 0 1", "41000000 0 0 0.1"))
    counts, (finding,) = CellModel().segment_counts(huge)
    assert counts.max() == 9999
    assert finding.severity == "warning"
    assert "nm" in finding.message
    assert finding.code == "segments.too-many"


def test_the_input_conductance_of_a_compact_cell_is_that_of_its_membrane() -> None:
    ball = read_swc_text("1 1 0 0 0 10 -1\n")
    geometry = build_geometry(ball, [1])
    model = CellModel(regions={ALL: (Mechanism("pas", {"g": 1e-4}),)}, frequency_hz=1e-9)
    expected = 1e-4 * geometry.area.sum() * 1e-2
    assert input_conductance(geometry, model, 0) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("end", [0, -1])
def test_the_input_conductance_at_either_end_of_a_long_cable_is_the_analytic_one(end: int) -> None:
    # G = G∞ tanh(L/λ), G∞ = π/2 d^(3/2) / √(Rm Ra): Rall 1977.
    cable = read_swc_text("1 3 0 0 0 1 -1\n2 3 800 0 0 1 1\n")
    geometry = build_geometry(cable, [401])
    model = CellModel(regions={ALL: (Mechanism("pas", {"g": 1e-3}),)}, frequency_hz=1e-9)
    lam = 1e4 * np.sqrt(2e-4 / (4 * 100.0 * 1e-3))
    expected = np.pi / 2 * (2e-4) ** 1.5 * np.sqrt(1e-3 / 100.0) * 1e6 * np.tanh(800 / lam)
    electrode = geometry.n_segments - 1 if end else 0
    assert input_conductance(geometry, model, electrode) == pytest.approx(expected, rel=0.02)


def test_a_larger_cell_gets_a_larger_current(cell: Morphology) -> None:
    model = CellModel.default_for(cell)
    large = read_swc_text(
        BALL_AND_STICK.replace(" 10 -1", " 20 -1").replace("10 0 0 1", "10 0 0 3")
    )
    small_na, large_na = (
        amplitude_na(model.stimuli[0], model, each, build_geometry(each, [1, 9, 9]))
        for each in (cell, large)
    )
    assert 0 < small_na < large_na
    assert amplitude_na(IClamp(amp_na=0.7), model, cell, build_geometry(cell, [1, 1, 1])) == 0.7
