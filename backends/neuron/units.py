"""The unit of what a hoc reference points to, as NEURON knows it."""

from __future__ import annotations

import re
from typing import Any

from backends.neuron.simulator import load_neuron

_RANGE = re.compile(r"cont=(\w+) (\w+)(?:\[\d+\])? row=")
_FIELDS = {"Node::field::Voltage": "v", "Node::field::FastIMemSavRHS": "i_membrane_"}
_OWN_UNITS = {"i_membrane_": "nA"}  # for which NEURON has none
_GLOBALS = ("t", "dt", "celsius")
_PLAIN = ("capacitance", "morphology", "extracellular")


def unit_of_reference(reference: Any) -> str:
    """Return the unit of a reference's variable: ``"mA/cm2"`` for ``soma(0.5)._ref_ina``; "" if unknown or none."""
    h = load_neuron()
    name = variable_of_reference(reference)
    if name is None:
        return ""
    if name in _OWN_UNITS:
        return _OWN_UNITS[name]
    try:
        return str(h.units(name))
    except RuntimeError:
        return ""


def unit_of_attribute(owner: Any, name: str) -> str:
    """Return the unit of an attribute of a section, segment, mechanism, point process or `h`; "" if unknown."""
    h = load_neuron()
    kind = type(owner).__name__
    if kind == "Mechanism":
        name = f"{name}_{owner.name()}"
    elif kind == "HocObject" and "[" in owner.hname():
        name = f"{owner.hname().partition('[')[0]}.{name}"
    elif kind not in ("Section", "Segment", "HocObject", "TopLevelHocInterpreter"):
        return ""
    try:
        return str(h.units(name) or "")
    except (RuntimeError, TypeError):
        return ""


def variable_of_reference(reference: Any) -> str | None:
    """Return the name of a reference's variable, as NEURON's units know it: ``"v"``, ``"m_hh"``; None if unknown."""
    return _variable_name(load_neuron(), repr(reference))


def _variable_name(h: Any, text: str) -> str | None:
    """Return the name by which NEURON knows the units of a reference, from the reference's repr."""
    for field, name in _FIELDS.items():
        if field in text:
            return name
    for name in _GLOBALS:
        if text == repr(getattr(h, f"_ref_{name}")):
            return name
    found = _RANGE.search(text)
    if found is None:
        return None
    mechanism, variable = found.groups()
    if mechanism.endswith("_ion") or mechanism in _PLAIN:
        return variable
    if mechanism in _point_processes(h):
        return f"{mechanism}.{variable}"
    return f"{variable}_{mechanism}"


def _point_processes(h: Any) -> set[str]:
    kind, name, found = h.MechanismType(1), h.ref(""), set()
    for i in range(int(kind.count())):
        kind.select(i)
        kind.selected(name)
        found.add(str(name[0]))
    return found
