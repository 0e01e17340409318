"""Segments that a person named: found, or guessed at."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from backends.errors import RequestError
from backends.morphology.segment_names import check_segments, near_segments, soma_segment
from backends.scene import MorphologyGeometry
from tests.support.ramp import line_geometry


@pytest.fixture
def geometry() -> MorphologyGeometry:
    """A cable of four segments, two of them the soma's and two of a dendrite."""
    ids = ("soma[0](0.25)", "soma[0](0.75)", "apic[12](0.25)", "apic[12](0.75)")
    return dataclasses.replace(
        line_geometry(4),
        segment_ids=ids,
        section_names=("soma[0]", "apic[12]"),
        section_index=np.array([0, 0, 1, 1]),
        x=np.array([0.25, 0.75, 0.25, 0.75]),
        swc_type=np.array([1, 1, 4, 4]),
    )


def test_the_soma_is_the_default_by_its_segment_nearest_the_middle(
    geometry: MorphologyGeometry,
) -> None:
    assert soma_segment(geometry) == "soma[0](0.25)"


def test_a_cell_without_a_typed_soma_defaults_to_its_root(geometry: MorphologyGeometry) -> None:
    untyped = dataclasses.replace(geometry, swc_type=np.array([0, 0, 4, 4]))
    assert soma_segment(untyped) == "soma[0](0.25)"


def test_a_place_that_is_no_middle_of_a_segment_names_the_segments_near_it(
    geometry: MorphologyGeometry,
) -> None:
    assert near_segments(geometry, "apic[12](0.7)") == ["apic[12](0.75)", "apic[12](0.25)"]


def test_a_misspelt_section_names_those_spelt_alike_at_the_same_place(
    geometry: MorphologyGeometry,
) -> None:
    assert near_segments(geometry, "apic[1](0.9)")[0] == "apic[12](0.75)"
    assert near_segments(geometry, "soma")[0] == "soma[0](0.25)"
    assert near_segments(geometry, "soma[0](middle)")[0] == "soma[0](0.25)"


def test_an_unknown_segment_is_one_sentence_with_the_place_and_near_matches(
    geometry: MorphologyGeometry,
) -> None:
    check_segments(geometry, geometry.segment_ids, "pyramidal")
    with pytest.raises(RequestError) as raised:
        check_segments(geometry, ["soma[0](0.5)"], "pyramidal")
    assert raised.value.message.startswith("pyramidal has no segment 'soma[0](0.5)'")
    assert raised.value.message.endswith(": soma[0](0.25), soma[0](0.75).")
