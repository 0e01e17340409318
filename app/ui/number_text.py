"""Numbers, those of axes, and segment ids as they are shown: an id is shortened where there is no room. No Qt."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

_ID = re.compile(r"(?P<head>.*\()(?P<x>[\d.eE-]+)(?P<tail>\).*)", re.DOTALL)
_FEWEST_DECIMALS, _MOST_DECIMALS = 2, 8


def value_text(value: float, unit: str = "") -> str:
    """Return a value with the digits that its magnitude needs: ``"−64.97 mV"``; "—" for what is not finite."""
    if not math.isfinite(value):
        return "—"
    size = abs(value)
    if unit == "mV" and (size >= 0.1 or size == 0):
        number = f"{value:.2f}"
    elif 1e4 <= size < 1e9:
        number = f"{value:.0f}"
    else:
        number = f"{value:.4g}"
    if not float(number):
        number = number.removeprefix("-")
    number = number.replace("-", "−")
    return f"{number} {unit}" if unit else number


def round_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return at most `most` round numbers within a range, with equal steps."""
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(s * power for s in (1, 2, 5, 10, 20) if span / (s * power) <= most)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def bar_ticks(low: float, high: float, most: int) -> list[float]:
    """Return both ends of a range, and between them the round numbers that leave room for the ends' text."""
    inner = round_ticks(low, high, most)
    apart = 0.8 * (high - low) / most
    return [low, *(each for each in inner if low + apart < each < high - apart), high]


def number_text(value: float, span: float) -> str:
    """Return a number with the digits that a range of `span` needs, and a typographic minus sign."""
    digits = max(0, 1 - math.floor(math.log10(span)))
    text = f"{value:.{digits}f}" if 1e-3 <= span < 1e5 else f"{value:.3g}"
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "0") else text.replace("-", "\N{MINUS SIGN}")


def short_id(segment_id: str, others: Iterable[str] = ()) -> str:
    """Return an id whose x has two decimals, or as many as tell it from `others`: ``"apic[94](0.93)"``."""
    parts = _parts(segment_id)
    if parts is None:
        return segment_id
    head, x, tail = parts
    near = [
        found[1]
        for found in map(_parts, others)
        if found is not None and (found[0], found[2]) == (head, tail) and found[1] != x
    ]
    for decimals in range(_FEWEST_DECIMALS, _MOST_DECIMALS):
        text = f"{x:.{decimals}f}"
        if not any(f"{other:.{decimals}f}" == text for other in near):
            break
    short = f"{head}{text}{tail}"
    return short if len(short) < len(segment_id) else segment_id


def fitted_id(segment_id: str, fits: Callable[[str], bool], others: Iterable[str] = ()) -> str:
    """Return the longest form of an id that fits: complete, with a short x, then without its beginning.

    The end, with the section's number and x, is what tells segments apart, so it goes last.
    """
    if fits(segment_id):
        return segment_id
    short = short_id(segment_id, others)
    for start in range(len(short)):
        shown = short if start == 0 else f"…{short[start:]}"
        if fits(shown):
            return shown
    return "…"


def _parts(segment_id: str) -> tuple[str, float, str] | None:
    match = _ID.fullmatch(segment_id)
    if match is None:
        return None
    try:
        return match["head"], float(match["x"]), match["tail"]
    except ValueError:
        return None
