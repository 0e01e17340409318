"""`read_quantity`: the number that a person typed, converted to a field's unit; no Qt.

A decimal comma and a decimal point are both read. What can mean two numbers is refused: ``1,200`` may be
1200 or 1.2. A unit is converted if it measures the same thing as the field's own: ``600 pA`` is 0.6 in nA.
"""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[.,' _]\d{3})+(?:[.,]\d*)?")
_TOKEN = re.compile(r"(?P<symbol>[A-Za-zµΩ°%]+)(?P<power>-?\d+)?")
_SPELLINGS = (
    ("\u03bc", "µ"), ("\u2126", "\u03a9"), ("²", "2"), ("³", "3"), ("⁻¹", "-1"), ("⁻", "-"), ("−", "-"),
    ("·", " "), ("⋅", " "), ("*", " "), ("^", ""),
)  # fmt: skip
_BASES: dict[str, tuple[float, str]] = {
    "A": (1.0, "A"),
    "C": (1.0, "C"),
    "F": (1.0, "F"),
    "Hz": (1.0, "Hz"),
    "M": (1.0, "M"),
    "S": (1.0, "S"),
    "V": (1.0, "V"),
    "m": (1.0, "m"),
    "s": (1.0, "s"),
    "min": (60.0, "s"),
    "Ω": (1.0, "Ω"),
    "ohm": (1.0, "Ω"),
    "Ohm": (1.0, "Ω"),
    "°C": (1.0, "°C"),
    "degC": (1.0, "°C"),
    "celsius": (1.0, "°C"),
    "%": (1.0, "%"),
}
_PREFIXES = {
    "f": 1e-15, "p": 1e-12, "n": 1e-9, "µ": 1e-6, "u": 1e-6, "m": 1e-3, "c": 1e-2, "k": 1e3,
    "M": 1e6, "G": 1e9,
}  # fmt: skip
# Powers of the SI units that a derived unit stands for, so that 1/ms is a frequency and S is 1/Ω.
_SAME = {"Hz": ("s", -1), "S": ("Ω", -1)}
_UNPREFIXED = ("min", "°C", "degC", "celsius", "%")

Dimension = tuple[tuple[str, int], ...]


class QuantityError(ValueError):
    """A text that is no quantity of a field; the message is the end of a sentence."""


def read_quantity(text: str, unit: str = "") -> float:
    """Return a typed number in `unit`.

    Raises
    ------
    QuantityError
        If the text is not one number, can mean two, or has a unit that cannot be converted.
    """
    typed = " ".join(text.replace("−", "-").replace("\u202f", " ").replace("\xa0", " ").split())
    match = _NUMBER.match(typed)
    if match is None:
        raise QuantityError(f"“{typed}” is not a number")
    _refuse_grouping(typed, match[0])
    number = float(match[0].replace(",", "."))
    if not math.isfinite(number):
        raise QuantityError(f"“{typed}” is too large")
    rest = typed[match.end() :].strip()
    return number if not rest else _converted(number, rest, unit, typed)


def unit_factor(unit: str, wanted: str) -> float | None:
    """Return how many `wanted` one `unit` is, None if the two measure different things or one is not known."""
    if _plain(unit) == _plain(wanted):
        return 1.0
    one, other = _parsed(unit), _parsed(wanted)
    if one is None or other is None or one[1] != other[1]:
        return None
    return one[0] / other[0]


def _refuse_grouping(typed: str, number: str) -> None:
    """Refuse a number that has, or may have, separators between thousands."""
    group = _GROUPED.match(typed)
    if group is not None and group.end() > len(number):
        raise QuantityError(f"“{group[0].strip()}” has more than a decimal mark")
    if _THOUSANDS.fullmatch(number):
        whole, _, part = number.partition(",")
        raise QuantityError(f"“{number}” can mean {whole}{part} or {whole}.{part}")


def _converted(number: float, rest: str, unit: str, typed: str) -> float:
    if not any(letter.isalpha() or letter in "°%" for letter in rest):
        raise QuantityError(f"“{typed}” is not a number")
    factor = unit_factor(rest, unit)
    if factor is None:
        why = f"“{rest}” cannot be converted to {unit}" if unit else f"this number has no {rest}"
        raise QuantityError(why)
    # Fifteen digits: 600 pA is 0.6 nA, not 0.6000000000000001.
    return number if factor == 1.0 else float(f"{number * factor:.15g}")


def _plain(unit: str) -> str:
    for old, new in _SPELLINGS:
        unit = unit.replace(old, new)
    return " ".join(unit.replace("(", " ").replace(")", " ").split())


def _parsed(unit: str) -> tuple[float, Dimension] | None:
    """Return a unit's factor to SI, and the powers of the base units in it; None if it is not known."""
    factor, powers = 1.0, dict[str, int]()
    for i, part in enumerate(_plain(unit).split("/")):
        sign = 1 if i == 0 else -1
        tokens = part.split()
        if i == 0 and tokens in ([], ["1"]) and "/" in unit:
            continue
        if not tokens:
            return None
        for token in tokens:
            known = _token(token)
            if known is None:
                return None
            scale, symbol, power = known
            factor *= scale ** (sign * power)
            symbol, per = _SAME.get(symbol, (symbol, 1))
            powers[symbol] = powers.get(symbol, 0) + sign * power * per
    return factor, tuple(sorted((base, power) for base, power in powers.items() if power))


def _token(token: str) -> tuple[float, str, int] | None:
    """Return scale, base unit and power of ``"cm2"``: (0.01, "m", 2)."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    symbol, power = match["symbol"], int(match["power"] or 1)
    if symbol in _BASES:
        return (*_BASES[symbol], power)
    prefix, base = symbol[:1], symbol[1:]
    if prefix not in _PREFIXES or base not in _BASES or base in _UNPREFIXED:
        return None
    return _PREFIXES[prefix] * _BASES[base][0], _BASES[base][1], power
