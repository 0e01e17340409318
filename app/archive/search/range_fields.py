"""Measures that can be searched by range: names, units, and bounds as text. No Qt."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context

from app.archive.records.facts import MEASURED_FACTS
from app.archive.records.plain_text import number_text
from app.ui.quantity import QuantityError, read_quantity
from neuromorpho.records.measurements import COUNTS, UNITS

OWN_UNIT = "in the record's unit"
_OWN_UNIT_TIP = "The number in the record: days, months or years"
_DIGITS = 3
_BLANKS = re.compile(r"(?<=\d)[\s\u00a0\u2009\u202f](?=\d{3}(?!\d))")


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
    def title(self) -> str:
        """The label, and the unit where there is one."""
        return f"{self.label} [{self.unit}]" if self.unit and self.unit != OWN_UNIT else self.label


RANGES: tuple[RangeField, ...] = (
    *(
        RangeField(name, label, group, UNITS[name], *tip)
        for group, rows in MEASURED_FACTS.items()
        for label, name, *tip in rows
    ),
    RangeField("min_age", "Minimum age", "Animal and slice", OWN_UNIT, _OWN_UNIT_TIP),
    RangeField("max_age", "Maximum age", "Animal and slice", OWN_UNIT, _OWN_UNIT_TIP),
    RangeField("min_weight", "Minimum weight", "Animal and slice", "g"),
    RangeField("max_weight", "Maximum weight", "Animal and slice", "g"),
    RangeField("slicing_thickness", "Slice thickness", "Animal and slice", "µm"),
)
RANGE_OF = {each.name: each for each in RANGES}


def bound_text(number: float | None) -> str:
    """Return a bound as it is typed; ``*`` for none."""
    if number is None:
        return "*"
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def read_bound(text: str, unit: str = "") -> float | None:
    """Return the number that was typed, in `unit`; None where nothing was.

    The rule is that of all number fields; digits may also be in groups, as the grey numbers are.

    Raises
    ------
    ValueError
        It is not one number, or can mean two; the message is for the user.
    """
    if not text.strip():
        return None
    try:
        return read_quantity(_BLANKS.sub("", text), "" if unit == OWN_UNIT else unit)
    except QuantityError as error:
        raise ValueError(f"{error}; type a number such as 1200 or 0.5.") from error


def occurring(field: RangeField, low: float, high: float) -> tuple[str, str]:
    """Return the lowest and the highest number that occur as short texts that leave nothing outside."""
    if field.name in COUNTS:
        return number_text(math.floor(low), 15), number_text(math.ceil(high), 15)
    below = Context(_DIGITS, ROUND_FLOOR).create_decimal(str(low))
    above = Context(_DIGITS, ROUND_CEILING).create_decimal(str(high))
    return number_text(float(below), _DIGITS), number_text(float(above), _DIGITS)
