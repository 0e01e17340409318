"""`TraceColumn`: one trace for a table."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class TraceColumn:
    """One trace to write.

    Attributes
    ----------
    label : str
        Segment id or recorded name: ``"soma[0](0.5)"``.
    unit : str or None
    times, values : array_like, shape (n,)
        ms, not decreasing; in `unit`.
    """

    label: str
    unit: str | None
    times: ArrayLike
    values: ArrayLike

    @property
    def header(self) -> str:
        """Heading of its column: ``"soma[0](0.5) [mV]"``."""
        return f"{self.label} [{self.unit}]" if self.unit else self.label
