"""The variables that a Jaxley model can be coloured by, with Jaxley's units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends.jaxley.catalog import channel_parameter_names, display_variables
from backends.jaxley.compiled.tables import rows_with
from backends.scene import DisplayVariable

jx = pytest.importorskip("jaxley")


def compartment_with(*names: str) -> Any:
    """Return a compartment with these channels and pumps of Jaxley."""
    from jaxley import channels, pumps

    compartment = jx.Compartment()
    for name in names:
        compartment.insert(getattr(channels, name, None) or getattr(pumps, name))
    return compartment


def offered(module: Any) -> dict[str, DisplayVariable]:
    """Return a model's variables by name."""
    return {each.name: each for each in display_variables(module)}


@pytest.fixture(scope="module")
def calcium() -> Any:
    """Return a compartment with two potassium channels, a calcium channel and a calcium pump."""
    from jaxley import channels, pumps

    compartment = jx.Compartment()
    for each in (channels.K(), channels.Km(), channels.CaL(), channels.CaT()):
        compartment.insert(each)
    for pump in (pumps.CaPump(), pumps.CaNernstReversal()):
        compartment.insert(pump)
    return compartment


def test_a_bare_model_offers_voltage_and_what_every_compartment_has() -> None:
    names = [each.name for each in display_variables(jx.Compartment())]
    assert names == ["v", "radius", "capacitance", "axial_resistivity"]


def test_states_come_before_currents_and_currents_before_parameters(calcium: Any) -> None:
    names = list(offered(calcium))
    assert names[0] == "v"
    assert len(names) == len(set(names))
    assert names.index("K_n") < names.index("i_K") < names.index("K_gK") < names.index("radius")
    assert names.index("CaCon_i") < names.index("i_Ca") < names.index("CaL_gCaL")


def test_every_variable_offered_exists_somewhere(calcium: Any) -> None:
    for each in display_variables(calcium):
        assert each.limits[0] < each.limits[1], each.name
        rows = rows_with(calcium, each.name)
        assert each.name == "v" or (rows is not None and rows.any()), each.name


@pytest.mark.parametrize(
    ("name", "label", "unit"),
    [
        ("K_n", "n (K)", ""),
        ("K_gK", "gK (K)", "S/cm²"),
        ("vt", "vt", "mV"),
        ("Km_taumax", "taumax (Km)", "ms"),
        ("CaT_vx", "vx (CaT)", "mV"),
        ("eCa", "eCa", "mV"),
        ("CaCon_i", "CaCon_i", "mM"),
        ("CaCon_e", "CaCon_e", "mM"),
        ("CaPump_gamma", "gamma (CaPump)", ""),
        ("CaPump_decay", "decay (CaPump)", "ms"),
        ("CaPump_depth", "depth (CaPump)", "µm"),
        ("CaPump_minCaCon_i", "minCaCon_i (CaPump)", "mM"),
        ("i_K", "K + Km current", "mA/cm²"),
        ("i_Ca", "CaL + CaT current", "mA/cm²"),
        ("i_CaPump", "CaPump rate", "mM/ms"),
    ],
)
def test_labels_and_units_are_what_jaxley_means(
    calcium: Any, name: str, label: str, unit: str
) -> None:
    found = offered(calcium)[name]
    assert (found.label, found.unit) == (label, unit)


def test_the_currents_unit_is_that_of_conductance_times_voltage() -> None:
    from jaxley.channels import Leak

    leak = Leak()
    current = leak.compute_current({}, -60.0, {"Leak_gLeak": 1e-4, "Leak_eLeak": -70.0})
    assert float(current) == pytest.approx(1e-3)  # 1e-4 S/cm² · 10 mV = 1e-3 mA/cm²


def test_the_pumps_rate_is_that_of_its_concentration() -> None:
    from jaxley.pumps import CaPump

    pump = CaPump()
    parameters = dict(pump.channel_params)
    rate = pump.compute_current({"i_Ca": 0.0}, 0.0801, parameters)
    assert float(rate) == pytest.approx((0.0801 - 1e-4) / 80.0)  # mM over ms


def test_a_channel_under_another_name_keeps_its_labels_and_units() -> None:
    from jaxley.channels import Leak

    compartment = jx.Compartment()
    compartment.insert(Leak().change_name("pas_2"))
    found = offered(compartment)
    assert (found["pas_2_gLeak"].label, found["pas_2_gLeak"].unit) == ("gLeak (pas_2)", "S/cm²")


def test_an_authors_parameter_with_an_unknown_name_has_no_unit() -> None:
    from jaxley.channels import Channel

    class Own(Channel):
        """A channel with various names."""

        def __init__(self) -> None:
            self.current_is_in_mA_per_cm2 = True
            super().__init__()
            self.channel_params = {
                f"Own_{word}": 1.0 for word in ("gbar", "e", "erev", "gain", "exponent", "slope")
            }
            self.channel_states = {}
            self.current_name = "i_Own"

        def init_state(self, *_: Any) -> dict[str, Any]:
            return {}

    compartment = jx.Compartment()
    compartment.insert(Own())
    units = {name: each.unit for name, each in offered(compartment).items()}
    assert units["Own_gbar"] == "S/cm²"
    assert (units["Own_e"], units["Own_erev"]) == ("mV", "mV")
    assert {units[f"Own_{word}"] for word in ("gain", "exponent", "slope")} == {""}


def test_parameters_that_channels_share_are_named_once(calcium: Any) -> None:
    names = channel_parameter_names(calcium)
    assert names.count("eK") == names.count("eCa") == 1
    assert {"K_gK", "Km_taumax", "CaPump_decay"} <= set(names)
    assert channel_parameter_names(jx.Compartment()) == ()


def test_synapses_are_not_offered_since_they_have_no_compartment() -> None:
    from jaxley.connect import connect
    from jaxley.synapses import IonotropicSynapse

    network = jx.Network([jx.Cell(), jx.Cell()])
    connect(network.cell(0), network.cell(1), IonotropicSynapse())
    assert "IonotropicSynapse_s" in network.edges
    assert not [name for name in offered(network) if "Synapse" in name]
    assert np.isfinite(network.nodes["v"]).all()
