"""Any value of the archive as plain text on one line, numbers in groups; a dash for a missing one. No Qt."""

from __future__ import annotations

import math
from typing import Any

from neuromorpho.records.parsing import is_missing

NOTHING = "—"
LONGEST_TEXT = 4_000
LONGEST_NAME = 60
_MOST_ITEMS = 50


def single_line(value: Any, longest: int = LONGEST_TEXT) -> str:
    """Return a value as text on one line, without characters that break a line or cannot be seen.

    Parameters
    ----------
    longest : int
        Characters after which it is cut, with an ellipsis, where no person would read on.
    """
    raw = str(value)[: 4 * longest]
    text = " ".join("".join(char if char.isprintable() else " " for char in raw).split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def short_line(value: Any) -> str:
    """Return a value as a line that a title or a menu has room for."""
    return single_line(value, LONGEST_NAME)


def texts_of(value: Any) -> list[str]:
    """Return the items of a list, or a single value, as text; those that are missing are left out."""
    values = value if isinstance(value, list | tuple) else [value]
    return [single_line(each) for each in values[:_MOST_ITEMS] if not is_missing(each)]


def plain_value(value: Any, joint: str = ", ") -> str:
    """Return a value as text, the items of a list joined; every spelling of "missing" is one dash."""
    return joint.join(texts_of(value)) or NOTHING


def number_text(value: float, digits: int = 4) -> str:
    """Return a number with as many digits as mean something, thousands in groups, a true minus sign."""
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if not -5 <= size < 15:
        return f"{value:.{digits - 1}e}".replace("-", "−")
    text = f"{value:,.{max(0, digits - 1 - size)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", "\u00a0").replace("-", "−")
