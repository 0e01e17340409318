"""`Result`: a comparison with everything that takes long to compute, made in a background thread. No Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.export.trace_column import TraceColumn
from backends.comparison.metrics import MaxDifference
from backends.comparison.result import ROUNDING_MV, Comparison
from backends.scene import MorphologyGeometry

Range = tuple[float, float]
_SEPARATOR = " · "


@dataclass(frozen=True, eq=False)
class Result:
    """What the window shows.

    Attributes
    ----------
    groups : mapping of str to mapping of str to str
        Numbers in words: heading, label, text.
    worst, worst_outside_upstrokes : MaxDifference
        The largest difference, of all samples and outside upstrokes (value NaN if there are none).
    """

    comparison: Comparison
    groups: Mapping[str, Mapping[str, str]]
    worst: MaxDifference
    worst_outside_upstrokes: MaxDifference

    @classmethod
    def of(cls, comparison: Comparison) -> Result:
        """Compute what is shown of a comparison."""
        return cls(
            comparison,
            comparison.summary_groups(),
            comparison.worst(),
            comparison.worst_away_from_upstrokes(),
        )

    @property
    def captions(self) -> tuple[str, str, str]:
        """Captions of the three views, each with a note on a second line."""
        left, right = self.names
        between = f"{self.comparison.left_name} − {self.comparison.right_name}"
        return left.replace(_SEPARATOR, "\n"), right.replace(_SEPARATOR, "\n"), f"ΔV\n{between}"

    @property
    def names(self) -> tuple[str, str]:
        """Names of the sides: ``"Jaxley · float32"`` if its precision is lower than usual."""
        comparison = self.comparison
        left, right = (
            f"{name}{_SEPARATOR}float32" if "float32" in side.simulator else name
            for name, side in zip(
                (comparison.left_name, comparison.right_name), comparison.sides, strict=True
            )
        )
        return left, right

    @property
    def geometry(self) -> MorphologyGeometry:
        """The cell."""
        return self.comparison.geometry

    @property
    def times(self) -> NDArray[np.float64]:
        """ms, shape (n,)."""
        return self.comparison.times

    def sample_at(self, time_ms: float) -> int:
        """Return the sample nearest to a time."""
        times = self.times
        right = (
            int(np.searchsorted(times, time_ms).clip(1, len(times) - 1)) if len(times) > 1 else 0
        )
        return right - 1 if right and time_ms - times[right - 1] < times[right] - time_ms else right

    def difference_at(self, sample: int) -> NDArray[np.float32]:
        """Return left minus right at a sample, mV, shape (n_segments,)."""
        difference: NDArray[np.float32] = (
            self.comparison.left[sample] - self.comparison.right[sample]
        )
        return difference

    def difference_limits(self) -> Range:
        """Return a range of round numbers, symmetric about 0, that includes every difference, mV."""
        return symmetric_range(abs(self.worst.value))

    @property
    def is_identical(self) -> bool:
        """Whether no difference is larger than the rounding of the samples."""
        return not abs(self.worst.value) > ROUNDING_MV

    @property
    def verdict(self) -> str:
        """The result in a few words: ``"4.2 mV"``, ``"less than 0.00001 mV"``."""
        if self.is_identical:
            return f"less than {ROUNDING_MV:.5f} mV"
        size = abs(self.worst.value)
        return Scale.of(size).text(size)

    def as_text(self) -> str:
        """Return all numbers, for the clipboard: one per line, separated by tabs."""
        lines = []
        for heading, rows in self.groups.items():
            lines += [heading, *(f"{label}\t{text}" for label, text in rows.items()), ""]
        return "\n".join(lines).rstrip() + "\n"


@dataclass(frozen=True, slots=True)
class Scale:
    """The unit that shows differences of a certain size with few digits.

    Attributes
    ----------
    per_mv : float
        How many of the unit are a mV.
    """

    unit: str
    per_mv: float

    @classmethod
    def of(cls, most_mv: float) -> Scale:
        """Return the unit for differences of up to `most_mv`."""
        if most_mv >= 0.1:
            return cls("mV", 1.0)
        return cls("µV", 1e3) if most_mv >= 1e-4 else cls("nV", 1e6)

    def text(self, value_mv: float) -> str:
        """Return a difference with three significant digits and the unit."""
        return f"{value_mv * self.per_mv:.3g} {self.unit}".replace("-", "\N{MINUS SIGN}")


def trace_columns(comparison: Comparison, segment_ids: Sequence[str]) -> list[TraceColumn]:
    """Return both voltages and their difference of each segment, for export."""
    columns = []
    for segment_id in segment_ids:
        segment = comparison.geometry.index_of(segment_id)
        left, right = comparison.left[:, segment], comparison.right[:, segment]
        for name, values in (
            (comparison.left_name, left),
            (comparison.right_name, right),
            ("ΔV", left - right),
        ):
            columns.append(TraceColumn(f"{segment_id} {name}", "mV", comparison.times, values))
    return columns


def symmetric_range(most: float) -> Range:
    """Return (-a, a), where a is the least of 1, 2, 5 · 10ⁿ that is not below `most` (mV) or rounding."""
    least = max(most, ROUNDING_MV) if math.isfinite(most) else ROUNDING_MV
    power = 10.0 ** math.floor(math.log10(least))
    reach = next(s * power for s in (1.0, 2.0, 5.0, 10.0) if s * power >= least * (1 - 1e-9))
    return -reach, reach
