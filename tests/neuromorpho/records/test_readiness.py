"""Whether a cell is ready to simulate follows from its record, with the reason in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.records.readiness import readiness

GOOD = {
    "neuron_id": 1,
    "neuron_name": "cnic_001",
    "domain": "Dendrites, Soma, No Axon",
    "attributes": "Diameter, 3D, Angles",
    "physical_Integrity": "Dendrites Moderate",
    "cell_type": ["pyramidal", "principal cell"],
    "soma_surface": "834.0",
}


def judged(measured: dict[str, Any] | None = None, **changes: Any) -> tuple[str, str]:
    """Return level and reason of the good cell with some values changed."""
    measurement = None
    if measured is not None:
        measurement = NeuroMorphoMeasurement.from_payload({"neuron_id": 1, **measured})
    found = readiness(NeuroMorphoNeuron.from_payload(GOOD | changes), measurement)
    return found.level, found.reason


def test_a_cell_with_soma_and_diameters_in_3d_is_ready_and_its_integrity_is_told() -> None:
    assert judged() == (
        "ready",
        "It has a soma and measured diameters in 3D; dendrites moderate.",
    )


def test_a_cell_without_measured_diameters_is_not_ready_whatever_else_it_has() -> None:
    level, reason = judged(attributes="No Diameter, 3D, Angles")
    assert level == "not"
    assert "invented" in reason


@pytest.mark.parametrize(
    ("changes", "keyword"),
    [
        ({"domain": "Neurites, No Soma"}, "no soma"),
        ({"attributes": "Diameter, 2D, No Angles"}, "2D"),
        ({"physical_Integrity": "Dendrites & Axon Incomplete"}, "cut: dendrites & axon incomplete"),
        ({"physical_Integrity": "ERROR"}, "marks its integrity as an error"),
        ({"cell_type": ["Glia", "microglia"]}, "glial cell"),
        ({"cell_type": ["astrocyte"]}, "glial cell"),
        ({"domain": "Processes, Soma"}, "processes without a type"),
        ({"soma_surface": "410000000.0"}, "410,000,000 µm² is too large"),
        ({"domain": "Not reported"}, "does not state whether it has a soma"),
        ({"attributes": None}, "does not state whether its diameters were measured"),
        ({"physical_Integrity": ""}, "does not state how complete"),
    ],
)
def test_every_doubt_is_in_the_reason(changes: dict[str, Any], keyword: str) -> None:
    level, reason = judged(**changes)
    assert level == "caution"
    assert keyword in reason


def test_the_gravest_reason_comes_first_and_none_is_left_out() -> None:
    level, reason = judged(
        domain="Processes, No Soma",
        attributes="No Diameter, 2D, Angles",
        cell_type=["Glia", "microglia"],
    )
    assert level == "not"
    assert reason.startswith("Its diameters were not measured")
    assert "no soma" in reason
    assert "2D" in reason
    assert "glial" in reason
    assert reason.count(".") == 1
    assert reason.endswith(".")


@pytest.mark.parametrize(
    ("measured", "level", "keyword"),
    [
        ({"length": 0.0, "soma_Surface": 834.0}, "not", "total length is 0 µm"),
        ({"diameter": 0.0, "soma_Surface": 834.0}, "not", "mean diameter is 0 µm"),
        ({"length": 900.0, "soma_Surface": 2e8}, "caution", "too large"),
        ({"length": 900.0, "soma_Surface": 834.0}, "ready", "soma"),
    ],
)
def test_morphometry_is_used_together_with_the_record(
    measured: dict[str, Any], level: str, keyword: str
) -> None:
    found, reason = judged(measured)
    assert (found, keyword in reason) == (level, True)


def test_a_soma_that_nobody_measured_is_a_doubt() -> None:
    level, reason = judged({"length": 900.0, "soma_Surface": None}, soma_surface=None)
    assert (level, "soma may be missing" in reason) == ("caution", True)


def test_glia_is_found_as_a_word_only() -> None:
    assert judged(cell_type=["ganglial neuron", "nonglial"])[0] == "ready"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@settings(deadline=None, max_examples=60)
@given(domain=anything, attributes=anything, integrity=anything, surface=anything)
def test_no_value_of_a_record_is_too_odd_to_judge(
    domain: Any, attributes: Any, integrity: Any, surface: Any
) -> None:
    level, reason = judged(
        domain=domain, attributes=attributes, physical_Integrity=integrity, soma_surface=surface
    )
    assert level in {"ready", "caution", "not"}
    assert reason.endswith(".")


def test_recorded_cells_are_judged_as_a_person_would(shared_data: Path) -> None:
    recorded = shared_data / "neuromorpho_json"
    first = json.loads((recorded / "neuron_id_1.json").read_text(encoding="utf-8"))
    assert readiness(NeuroMorphoNeuron.from_payload(first)).level == "ready"
    sample = json.loads(
        (recorded / "remod_sample_manifest_2026-08-10.json").read_text(encoding="utf-8")
    )
    for morphology in sample["morphologies"]:
        record = morphology["metadata"]
        record["physical_Integrity"] = record.pop("physical_integrity", None)
        found = readiness(NeuroMorphoNeuron.from_payload(record))
        assert (found.level == "not") == record["attributes"].startswith("No Diameter")
        assert ("no soma" in found.reason) == ("No Soma" in record["domain"])
