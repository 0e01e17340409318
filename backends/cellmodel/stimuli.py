"""A position on a cell, and the current clamp."""

from __future__ import annotations

from dataclasses import dataclass, field

from backends.cellmodel.checks import (
    checked_number,
    checked_region,
    known_entries,
    parse_item,
)
from backends.errors import ProtocolError

INDEFINITE_MS = 1e9


@dataclass(frozen=True, slots=True)
class Target:
    """A position on any cell: a place (x) on the n-th section of a region.

    Attributes
    ----------
    region : str
        Where a cell has none, its first section is used.
    x : float
        0 … 1.
    section : int
        Which of the region's sections; the last one if there are fewer.
    """

    region: str = "soma"
    x: float = 0.5
    section: int = 0

    def __post_init__(self) -> None:
        checked_region("Target.region", self.region)
        if not 0 <= checked_number("Target.x", self.x) <= 1:
            raise ProtocolError(f"Target.x must be in 0 … 1, not {self.x:g}", code="bad-number")
        if not isinstance(self.section, int) or self.section < 0:
            raise ProtocolError(
                f"Target.section must be an integer ≥ 0, not {self.section!r}", code="bad-number"
            )


@dataclass(frozen=True, slots=True)
class IClamp:
    """A current step.

    Attributes
    ----------
    delay_ms, dur_ms : float
    amp_na : float or None
        None: `drive_mv` times the cell's input conductance at the target.
    drive_mv : float
        Used when `amp_na` is None.
    """

    target: Target = field(default_factory=Target)
    delay_ms: float = 10.0
    dur_ms: float = INDEFINITE_MS
    amp_na: float | None = None
    drive_mv: float = 17.0

    def __post_init__(self) -> None:
        for name in ("delay_ms", "dur_ms"):
            if checked_number(f"IClamp.{name}", getattr(self, name)) < 0:
                raise ProtocolError(
                    f"IClamp.{name} must be ≥ 0, not {getattr(self, name):g}", code="bad-number"
                )
        if self.amp_na is not None:
            checked_number("IClamp.amp_na", self.amp_na)
        checked_number("IClamp.drive_mv", self.drive_mv)


def parse_clamp(data: object) -> IClamp:
    entries = known_entries(IClamp, data)
    if "target" in entries:
        entries["target"] = parse_item(Target, entries["target"])
    return IClamp(**entries)
