"""What a Jaxley model offers: the variables that its compartments can be coloured by. No JAX."""

from __future__ import annotations

from typing import Any

from backends.scene import DisplayVariable

VOLTAGE = DisplayVariable("v", "Membrane potential", "mV", (-80.0, 40.0))

_COMPARTMENT = (
    DisplayVariable("radius", "Radius", "µm", (0.0, 5.0)),
    DisplayVariable("capacitance", "Membrane capacitance", "µF/cm²", (0.0, 2.0)),
    DisplayVariable("axial_resistivity", "Axial resistivity", "Ω cm", (0.0, 5000.0)),
)
_CURRENT = ("mA/cm²", (-1.0, 1.0))
_STATE = ("", (0.0, 1.0))
_CONDUCTANCE = ("S/cm²", (0.0, 0.1))
_POTENTIAL = ("mV", (-100.0, 100.0))
_CONCENTRATION = ("mM", (0.0, 0.01))


def display_variables(module: Any) -> tuple[DisplayVariable, ...]:
    """Return what a model can be coloured by: v, then states, currents, and parameters."""
    channels = (*module.channels, *module.pumps)
    states = [(name, each, _state_unit(name)) for each in channels for name in each.channel_states]
    parameters = [
        (name, each, _parameter_unit(name, each))
        for each in channels
        for name in each.channel_params
    ]
    found = {"v": VOLTAGE}
    for name, channel, (unit, limits) in states:
        found.setdefault(name, DisplayVariable(name, _label(name, channel), unit, limits))
    for channel in channels:
        unit, limits = _CURRENT
        name = channel.current_name
        found.setdefault(name, DisplayVariable(name, f"{channel._name} current", unit, limits))
    for name, channel, (unit, limits) in parameters:
        found.setdefault(name, DisplayVariable(name, _label(name, channel), unit, limits))
    return (*found.values(), *_COMPARTMENT)


def _label(name: str, channel: Any) -> str:
    """Return a label that a person reads: ``"m (HH)"``; the bare name where channels share it."""
    own = f"{channel._name}_"
    return f"{name.removeprefix(own)} ({channel._name})" if name.startswith(own) else name


def _state_unit(name: str) -> tuple[str, tuple[float, float]]:
    return _CONCENTRATION if name.startswith("Ca") and name.endswith("_i") else _STATE


def _parameter_unit(name: str, channel: Any) -> tuple[str, tuple[float, float]]:
    """Return unit and range by the first letters of a parameter, as Jaxley's channels name them."""
    word = name.removeprefix(f"{channel._name}_")
    if word.startswith("g"):
        return _CONDUCTANCE
    if word.startswith(("e", "vt", "v_")):
        return _POTENTIAL
    return "", (0.0, 1.0)
