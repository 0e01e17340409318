"""What is inserted into the membrane: a mechanism and its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backends.cellmodel.checks import (
    checked_number,
    identifier,
)


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A density mechanism (NEURON) or channel (Jaxley) with parameters.

    Attributes
    ----------
    name : str
        ``"hh"``, ``"pas"``.
    parameters : mapping of str to float
        Without the mechanism's name: ``{"gnabar": 0.12}``, in its own units (S/cm², mV).
    """

    name: str
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        identifier("Mechanism.name", self.name)
        checked = {
            identifier(f"Mechanism {self.name!r}: parameter", key): checked_number(
                f"Mechanism {self.name!r}: {key}", value
            )
            for key, value in dict(self.parameters).items()
        }
        object.__setattr__(self, "parameters", checked)


HH = Mechanism("hh", {"gnabar": 0.12, "gkbar": 0.036, "gl": 0.0003, "el": -54.3})
"""Hodgkin & Huxley 1952, squid axon, 6.3 °C: S/cm² and mV."""

WEAK_HH = Mechanism("hh", {"gnabar": 0.042, "gkbar": 0.0126, "gl": 0.000105, "el": -54.3})
"""35 % of `HH`: dendrites that conduct a spike outwards.

Passive dendrites load a small soma so much that half of real cells fire once or never.
"""

PASSIVE = Mechanism("pas", {"g": 5e-5, "e": -65.0})
"""A leak of 20 kΩ cm²: S/cm² and mV."""
