"""The mechanisms of the loaded model, and the range variables that the cell can be coloured by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from backends.scene import VOLTAGE, DisplayVariable

_PARAMETER, _ASSIGNED, _STATE = 1, 2, 3
_HIDDEN = frozenset({"morphology", "capacitance"})
_HIDDEN_SUFFIXES = ("_dv_", "sav_g", "sav_rhs")
_LIMITS_BY_UNIT = {
    "mV": (-80.0, 40.0),
    "mA/cm2": (-1.0, 1.0),
    "S/cm2": (0.0, 0.1),
    "mho/cm2": (0.0, 0.1),
    "ms": (0.0, 10.0),
}
_ION_WORDS = {"na": "Sodium", "k": "Potassium", "ca": "Calcium", "cl": "Chloride"}
_READABLE_UNITS = {
    "mA/cm2": "mA/cm²",
    "S/cm2": "S/cm²",
    "mho/cm2": "S/cm²",
    "uF/cm2": "µF/cm²",
    "um": "µm",
    "degC": "°C",
    "ohm-cm": "Ω cm",
    "umho": "µS",
    "uS": "µS",
}


@dataclass(frozen=True, slots=True)
class RangeVariable:
    """A quantity along a section.

    Attributes
    ----------
    name : str
        As written after a segment: ``"gnabar_hh"``, ``"ina"``.
    mechanism : str
        ``"hh"``; for an ion ``"na_ion"``; "" for v.
    kind : {"parameter", "assigned", "state"}
    unit : str
        As the mechanism declares it; "" where it declares none.
    """

    name: str
    mechanism: str
    kind: str
    unit: str


def inserted_mechanisms(h: Any, sections: Iterable[Any]) -> tuple[str, ...]:
    """Return the density mechanisms and ions in any of `sections`, sorted: hh, na_ion, pas …"""
    kind, name, unseen = h.MechanismType(0), h.ref(""), set()
    for i in range(int(kind.count())):
        kind.select(i)
        kind.selected(name)
        unseen.add(str(name[0]))
    unseen -= _HIDDEN
    found: set[str] = set()
    for section in sections:
        found |= {each for each in unseen if section.has_membrane(each)}
        unseen -= found
    return tuple(sorted(found))


def range_variables(h: Any, mechanism: str) -> tuple[RangeVariable, ...]:
    """Return the range variables of a mechanism; those that are arrays are left out."""
    kinds = {_PARAMETER: "parameter", _ASSIGNED: "assigned", _STATE: "state"}
    found: list[RangeVariable] = []
    name = h.ref("")
    for kind, word in kinds.items():
        standard = h.MechanismStandard(mechanism, kind)
        for i in range(int(standard.count())):
            size = int(standard.name(name, i))
            text = str(name[0])
            if size == 1 and not text.endswith(_HIDDEN_SUFFIXES):
                found.append(RangeVariable(text, mechanism, word, unit_of(h, text)))
    if mechanism.endswith("_ion"):  # NEURON lists these under no kind
        ion = mechanism.removesuffix("_ion")
        known = {each.name for each in found}
        found += [
            RangeVariable(name, mechanism, "assigned", unit_of(h, name))
            for name in (f"e{ion}", f"{ion}i", f"{ion}o")
            if name not in known
        ]
    return tuple(found)


def unit_of(h: Any, variable: str) -> str:
    """Return the unit that NEURON knows for a range variable, "" if none."""
    try:
        return str(h.units(variable) or "")
    except (RuntimeError, TypeError):
        return ""


def display_variables(h: Any, sections: Sequence[Any]) -> tuple[DisplayVariable, ...]:
    """Return what the cell can be coloured by: v, then what changes as the model runs, then parameters."""
    found = [
        variable
        for mechanism in inserted_mechanisms(h, sections)
        for variable in range_variables(h, mechanism)
    ]
    order = {"state": 0, "assigned": 1, "parameter": 2}
    found.sort(key=lambda each: order[each.kind])
    shown = {each.name: _display_variable(each) for each in found}
    return (VOLTAGE, *shown.values())


def _display_variable(variable: RangeVariable) -> DisplayVariable:
    limits = _LIMITS_BY_UNIT.get(variable.unit, (0.0, 1.0))
    unit = readable_unit(variable.unit)
    return DisplayVariable(variable.name, label_of(variable), unit, limits)


def readable_unit(unit: str) -> str:
    """Return NEURON's spelling of a unit as a reader knows it: ``"S/cm²"``."""
    return _READABLE_UNITS.get(unit, unit)


def label_of(variable: RangeVariable) -> str:
    """Return a label for a reader: ``"m (hh)"``, ``"Sodium current ina"``."""
    name, mechanism = variable.name, variable.mechanism
    if mechanism.endswith("_ion"):
        ion = mechanism.removesuffix("_ion")
        word = _ION_WORDS.get(ion, ion)
        if name == f"i{ion}":
            return f"{word} current"
        if name == f"e{ion}":
            return f"{word} reversal potential"
        if name in (f"{ion}i", f"{ion}o"):
            return f"{word} concentration {'inside' if name.endswith('i') else 'outside'}"
    return f"{name.removesuffix('_' + mechanism)} ({mechanism})"
