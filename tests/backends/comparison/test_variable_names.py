"""The two simulators' names of one variable."""

from __future__ import annotations

import pytest

from backends.comparison.variable_names import translate_variable


@pytest.mark.parametrize(
    ("neuron", "jaxley"),
    [("v", "v"), ("m_hh", "HH_m"), ("gnabar_hh", "HH_gNa"), ("e_pas", "Leak_eLeak")],
)
def test_a_variable_that_both_compute_has_a_name_in_each(neuron: str, jaxley: str) -> None:
    assert translate_variable(neuron) == jaxley
    assert translate_variable(jaxley) == neuron


@pytest.mark.parametrize("name", ["ina", "i_HH", "minf_hh", "no such"])
def test_a_variable_of_one_simulator_only_has_no_translation(name: str) -> None:
    assert translate_variable(name) is None
