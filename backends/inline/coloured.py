"""`Coloured`: a variable that the cell of an inline view is coloured by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backends.scene import DisplayVariable


@dataclass(frozen=True)
class Coloured:
    """A variable that a cell is coloured by.

    Attributes
    ----------
    label, unit, limits
        None for the simulator's own.
    """

    variable: str
    label: str | None
    unit: str | None
    limits: Any

    def applied_to(self, known: DisplayVariable) -> DisplayVariable:
        """Return the simulator's variable with the author's label, unit and limits."""
        limits = self.limits if isinstance(self.limits, tuple) else known.limits
        return DisplayVariable(
            known.name,
            known.label if self.label is None else self.label,
            known.unit if self.unit is None else self.unit,
            limits,
        )
