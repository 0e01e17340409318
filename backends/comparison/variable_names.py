"""One quantity, two names: ``m_hh`` is NEURON's, ``HH_m`` is Jaxley's."""

from __future__ import annotations

from functools import cache

_GATES = {"hh": ("m", "h", "n")}


def translate_variable(name: str) -> str | None:
    """Return what the other simulator calls a display variable, None if it has no such quantity.

    Voltage is ``v`` in both. Only gates and parameters that both compute alike, and in one unit,
    are counterparts: Jaxley's currents are a channel's, NEURON's an ion's.
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
