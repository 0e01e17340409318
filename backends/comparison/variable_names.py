"""The names of one variable in both simulators: ``m_hh`` in NEURON, ``HH_m`` in Jaxley."""

from __future__ import annotations

from functools import cache

_GATES = {"hh": ("m", "h", "n")}


def translate_variable(name: str) -> str | None:
    """Return the other simulator's name of a display variable, None if it has no such variable.

    Voltage is ``v`` in both. Only gates and parameters that both compute in the same way and unit are
    translated: currents are not, since Jaxley's belong to a channel and NEURON's to an ion.
    """
    return _names().get(name)


@cache
def _names() -> dict[str, str]:
    from backends.jaxley.cell import TRANSLATIONS

    pairs = {"v": "v"}
    for mechanism, translation in TRANSLATIONS.items():
        for gate in _GATES.get(mechanism, ()):
            pairs[f"{gate}_{mechanism}"] = f"{translation.channel}_{gate}"
        for name, (jaxley_name, _) in translation.parameters.items():
            pairs[f"{name}_{mechanism}"] = jaxley_name
    return pairs | {theirs: ours for ours, theirs in pairs.items()}
