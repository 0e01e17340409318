"""The mechanisms and variables of the loaded model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from neuron_bench import hoc

from backends.neuron.catalog import display_variables, inserted_mechanisms, range_variables, unit_of
from backends.neuron.simulator import loaded_mechanisms

pytest.importorskip("neuron")


@pytest.fixture
def sections() -> Iterator[list[Any]]:
    """Return an HH soma and a passive dendrite, deleted after the test."""
    h = hoc()
    soma, dend = h.Section(name="soma"), h.Section(name="dend")
    soma.insert("hh")
    dend.insert("pas")
    yield [soma, dend]
    h.delete_section(sec=soma)
    h.delete_section(sec=dend)


def test_only_what_is_inserted_somewhere_is_offered(sections: list[Any]) -> None:
    assert inserted_mechanisms(hoc(), sections) == ("hh", "k_ion", "na_ion", "pas")
    assert inserted_mechanisms(hoc(), sections[1:]) == ("pas",)
    assert {"hh", "pas"} <= set(loaded_mechanisms(hoc()))


def test_range_variables_have_their_kind_and_unit() -> None:
    found = {each.name: each for each in range_variables(hoc(), "hh")}
    assert (found["gnabar_hh"].kind, found["gnabar_hh"].unit) == ("parameter", "S/cm2")
    assert (found["mtau_hh"].kind, found["mtau_hh"].unit) == ("assigned", "ms")
    assert found["m_hh"].kind == "state"
    assert unit_of(hoc(), "v") == "mV"
    assert unit_of(hoc(), "nosuch") == ""


def test_voltage_comes_first_and_every_variable_offered_can_be_read(sections: list[Any]) -> None:
    shown = display_variables(hoc(), sections)
    assert (shown[0].name, shown[0].unit, shown[0].limits) == ("v", "mV", (-80.0, 40.0))
    labels = {each.name: (each.label, each.unit) for each in shown}
    assert labels["ina"] == ("Sodium current", "mA/cm²")
    assert labels["ek"] == ("Potassium reversal potential", "mV")
    assert labels["m_hh"] == ("m (hh)", "")
    for each in shown:
        assert each.limits[0] < each.limits[1]
        segments = [section(0.5) for section in sections]
        assert any(hasattr(segment, f"_ref_{each.name}") for segment in segments), each.name
