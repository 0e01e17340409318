"""The variables that a Jaxley model's compartments can be coloured by. No JAX.

Jaxley declares no units, so they follow from the names. Since 0.5 a channel's current is in mA/cm²
(Jaxley refuses others: ``current_is_in_mA_per_cm2``); the current of a *pump* is the rate at which it
lowers its ion's concentration, mM/ms. Synapses are on edges, not in compartments, so their states
are not listed.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from backends.scene import VOLTAGE, DisplayVariable

Scale = tuple[str, tuple[float, float]]

_COMPARTMENT = (
    DisplayVariable("radius", "Radius", "µm", (0.0, 5.0)),
    DisplayVariable("capacitance", "Membrane capacitance", "µF/cm²", (0.0, 2.0)),
    DisplayVariable("axial_resistivity", "Axial resistivity", "Ω cm", (0.0, 5000.0)),
)
_NOT_FOUND = re.compile(r"Key '(.*)' not found in nodes or edges")
_MOST_NAMED = 8
_CURRENT: Scale = ("mA/cm²", (-1.0, 1.0))
_PUMPED: Scale = ("mM/ms", (-0.001, 0.001))
_PURE: Scale = ("", (0.0, 1.0))
_ION = "(?:na|k|ca|cl|h|l|leak|pas)$"
_BY_NAME: tuple[tuple[re.Pattern[str], Scale], ...] = (
    (re.compile(r".*(?:Con|Ca|Na|K|Cl)_i$"), ("mM", (0.0, 0.01))),
    (re.compile(r".*(?:Con|Ca|Na|K|Cl)_[eo]$"), ("mM", (0.0, 5.0))),
    (re.compile(rf"g(?:$|_|[A-Z0-9]|bar|max|{_ION})"), ("S/cm²", (0.0, 0.1))),
    (re.compile(rf"[eE](?:$|_|[A-Z]|rev|{_ION})"), ("mV", (-100.0, 100.0))),
    (re.compile(r"[vV](?:$|_|t|x$|half|reset|rest)"), ("mV", (-100.0, 100.0))),
    (re.compile(r"tau"), ("ms", (0.0, 100.0))),
    (re.compile(r"i_"), _CURRENT),
)
_OF_CA_PUMP: dict[str, Scale] = {"decay": ("ms", (0.0, 200.0)), "depth": ("µm", (0.0, 1.0))}


def display_variables(module: Any) -> tuple[DisplayVariable, ...]:
    """Return what a model can be coloured by: v, then states, currents, and parameters."""
    mechanisms = (*module.channels, *module.pumps)
    currents = {each.current_name for each in module.channels}
    found = {"v": VOLTAGE}
    for each in mechanisms:
        for name in each.channel_states:
            if name not in currents:
                found.setdefault(name, _variable(name, each))
    for each in mechanisms:
        name = each.current_name
        found.setdefault(name, _current(name, module))
    for each in mechanisms:
        for name in each.channel_params:
            found.setdefault(name, _variable(name, each))
    return (*found.values(), *_COMPARTMENT)


def channel_parameter_names(module: Any) -> tuple[str, ...]:
    """Return the parameters of a module's channels and pumps, each once: ``"HH_gNa"``, ``"eCa"``."""
    mechanisms = (*module.channels, *module.pumps)
    return tuple(dict.fromkeys(name for each in mechanisms for name in each.channel_params))


def parameter_names(module: Any) -> tuple[str, ...]:
    """Return the parameters of channels, pumps, synapses and compartments."""
    base = module.base
    synapses = (name for each in base.synapses for name in each.synapse_params)
    own = (*(each.name for each in _COMPARTMENT), "length")
    return tuple(dict.fromkeys((*channel_parameter_names(base), *synapses, *own)))


def unit_of_parameter(module: Any, name: str) -> str:
    """Return the unit of a parameter of a channel, pump or compartment, "" where it is not known."""
    base = module.base
    if name == "length":
        return "µm"
    known = {each.name: each.unit for each in _COMPARTMENT}
    for each in (*base.channels, *base.pumps):
        known |= {each_name: _variable(each_name, each).unit for each_name in each.channel_params}
    return known.get(name, "")


def describe_unknown_parameter(error: BaseException, module: Any) -> str:
    """Return which unknown name a `module.set` error is about, with the most similar names; "" if none."""
    message = str(error.args[0]) if type(error) is KeyError and error.args else ""
    named = _NOT_FOUND.fullmatch(message)
    if named is None or module is None:
        return ""
    unique = parameter_names(module)
    like = get_close_matches(named[1], unique, _MOST_NAMED, cutoff=0.0)
    more = ", …" if len(unique) > len(like) else ""
    return f"there is no parameter {named[1]!r} (this model has {', '.join(like)}{more})"


def _variable(name: str, mechanism: Any) -> DisplayVariable:
    """Return a state or parameter, labelled ``"m (HH)"``; with only its name where mechanisms share it."""
    word = name.removeprefix(f"{mechanism._name}_")
    label = name if word == name else f"{word} ({mechanism._name})"
    unit, limits = _scale(word, type(mechanism).__name__)
    return DisplayVariable(name, label, unit, limits)


def _scale(word: str, kind: str) -> Scale:
    """Return the unit and colour range for a name without its mechanism's prefix."""
    if kind == "CaPump" and word in _OF_CA_PUMP:
        return _OF_CA_PUMP[word]
    return next((scale for pattern, scale in _BY_NAME if pattern.match(word)), _PURE)


def _current(name: str, module: Any) -> DisplayVariable:
    """Return a current: the sum over the channels whose current has this name."""
    channels = [each._name for each in module.channels if each.current_name == name]
    if channels:
        return DisplayVariable(name, f"{' + '.join(channels)} current", *_CURRENT)
    pumps = [each._name for each in module.pumps if each.current_name == name]
    return DisplayVariable(name, f"{' + '.join(pumps)} rate", *_PUMPED)
