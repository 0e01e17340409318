"""`Simulator`: which simulator computes a cell, and how exactly. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from backends.sources.source import SessionSource

NAMES = {"neuron": "NEURON", "jaxley": "Jaxley"}
PRECISIONS = ("float64", "float32")


@dataclass(frozen=True, slots=True)
class Simulator:
    """A user's choice.

    Attributes
    ----------
    backend : {"neuron", "jaxley"}
    precision : {"float64", "float32"}
        Of Jaxley; NEURON always computes in float64.
    """

    backend: str = "neuron"
    precision: str = "float64"

    @classmethod
    def from_settings(cls, backend: str, precision: str) -> Simulator:
        """Return the choice that the settings contain; an unknown word gives the default."""
        known = cls()
        return cls(
            backend if backend in NAMES else known.backend,
            precision if precision in PRECISIONS else known.precision,
        )

    @classmethod
    def of(cls, source: SessionSource) -> Simulator:
        """Return the simulator of a cell's source."""
        return cls(source.backend, source.precision)

    def named(self, backend: str) -> str:
        """Return what a simulator is called under this choice: ``"Jaxley · float32"``."""
        if backend == "jaxley" and self.precision != "float64":
            return f"{NAMES[backend]} · {self.precision}"
        return NAMES[backend]

    @property
    def name(self) -> str:
        """What it is called: ``"NEURON"``, ``"Jaxley"``, ``"Jaxley · float32"``."""
        return self.named(self.backend)

    def applied_to(self, source: SessionSource) -> SessionSource:
        """Return the source of the same cell on this simulator; a script sets its own."""
        if not has_choice(source):
            return source
        return replace(source, backend=self.backend, precision=self.precision)


def has_choice(source: SessionSource) -> bool:
    """Whether a source is a cell that either simulator can compute."""
    return source.is_cell
