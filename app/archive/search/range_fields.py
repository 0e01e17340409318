"""Measures that can be searched by range: names, units, and bounds as text. No Qt."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from app.archive.records.fact_values import number_text
from app.archive.records.facts import MEASURED_FACTS
from neuromorpho.records.measurements import COUNTS, UNITS

OWN_UNIT = "in the record's unit"
_OWN_UNIT_TIP = "The number in the record: days, months or years"
_DIGITS_OCCURRING = 3
_BLANKS = re.compile(r"[\s_\u00a0\u2009\u202f]+")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?(?![\d,])")


@dataclass(frozen=True, slots=True)
class RangeField:
    """A number that cells have.

    Attributes
    ----------
    name : str
        As the library calls it (`neuromorpho.library.library.RANGE_FIELDS`).
    label : str
        As the detail of a cell calls it.
    group : str
        Title of its group.
    unit, tip : str
        "" where there is none.
    """

    name: str
    label: str
    group: str
    unit: str = ""
    tip: str = ""

    @property
    def is_count(self) -> bool:
        """Whether it is an integer."""
        return self.name in COUNTS

    @property
    def title(self) -> str:
        """The label, and the unit where there is one."""
        return f"{self.label} [{self.unit}]" if self.unit and self.unit != OWN_UNIT else self.label


def _measured(group: str, label: str, name: str, tip: str = "") -> RangeField:
    return RangeField(name, label, group, UNITS[name], tip)


RANGES: tuple[RangeField, ...] = (
    *(_measured(group, *row) for group, rows in MEASURED_FACTS for row in rows),
    RangeField("min_age", "Minimum age", "Animal and slice", OWN_UNIT, _OWN_UNIT_TIP),
    RangeField("max_age", "Maximum age", "Animal and slice", OWN_UNIT, _OWN_UNIT_TIP),
    RangeField("min_weight", "Minimum weight", "Animal and slice", "g"),
    RangeField("max_weight", "Maximum weight", "Animal and slice", "g"),
    RangeField("slicing_thickness", "Slice thickness", "Animal and slice", "µm"),
)
RANGE_OF = {each.name: each for each in RANGES}


def range_label(name: str, label: str, low: float | None, high: float | None) -> str:
    """Return bounds in words: ``length 1 to 2.5 µm``.

    Parameters
    ----------
    name, label : str
        The field, and what it is called here.
    low, high : float or None
        None for no bound.
    """
    found = RANGE_OF.get(name)
    unit = f" {found.unit}" if found and found.unit else ""
    if low is None:
        return f"{label} ≤ {bound_text(high)}{unit}"
    if high is None:
        return f"{label} ≥ {bound_text(low)}{unit}"
    return f"{label} {bound_text(low)} to {bound_text(high)}{unit}"


def range_text(name: str, low: float | None, high: float | None) -> str:
    """Return ``field:[low TO high]``, ``*`` for no bound."""
    return f"{name}:[{bound_text(low)} TO {bound_text(high)}]"


def bound_text(number: float | None) -> str:
    """Return a bound as it is typed; ``*`` for none."""
    if number is None:
        return "*"
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def read_bound(text: str) -> float | None:
    """Return the number that was typed; None where nothing was.

    Raises
    ------
    ValueError
        It is not a number; the message is for the user.
    """
    bare = _BLANKS.sub("", text).replace("−", "-")
    if not bare:
        return None
    if _GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    try:
        number = float(bare)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"“{text.strip()}” is not a number; type one such as 1200 or 0.5.")
    return number


def occurring(field: RangeField, low: float, high: float) -> tuple[str, str]:
    """Return the lowest and the highest number that occur as short texts that leave nothing outside."""
    if field.is_count:
        return number_text(math.floor(low), 15), number_text(math.ceil(high), 15)
    ends = _rounded(low, math.floor), _rounded(high, math.ceil)
    return number_text(ends[0], _DIGITS_OCCURRING), number_text(ends[1], _DIGITS_OCCURRING)


def _rounded(number: float, way: Callable[[float], int]) -> float:
    """Return a number with few digits, rounded down or up (`math.floor`, `math.ceil`)."""
    if number == 0:
        return 0.0
    places = _DIGITS_OCCURRING - 1 - math.floor(math.log10(abs(number)))
    return round(way(number * 10.0**places) / 10.0**places, max(0, places))
