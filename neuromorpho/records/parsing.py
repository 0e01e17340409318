"""Single values of the server's JSON: which are missing, and how each is read as its type."""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

MISSING_SPELLINGS = frozenset({"", "not reported", "not applicable"})
_LARGEST_ID = 2**53 - 1  # exact in JSON, JavaScript and SQLite
MAX_JSON_VALUES = 1_000_000
"""Ten times what the archive's largest page has; an empty list is three bytes of JSON and 90 in memory."""
_BRIEF = reprlib.Repr()
_BRIEF.maxstring = _BRIEF.maxother = _BRIEF.maxlong = 64
_BRIEF.maxlevel = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_missing(value: Any) -> bool:
    """Return whether a value means "unknown": None, blank, "Not reported" in any case, NaN.

    A list is missing if all its values are.
    """
    if value is None:
        return True
    if isinstance(value, str):
        return " ".join(value.split()).casefold() in MISSING_SPELLINGS
    if isinstance(value, list | tuple):
        return all(is_missing(item) for item in value)
    return isinstance(value, float) and math.isnan(value)


def neuron_id_of(value: Any) -> int:
    """Return an id of a record or a user as a number: 1, "1" and "NMO_00001" are the same cell.

    Raises
    ------
    ValueError
        It is not an id.
    """
    if type(value) is int and 0 <= value <= _LARGEST_ID:
        return value
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(?:NMO_)?([0-9]{1,16})\s*", value, re.ASCII | re.IGNORECASE)
        value = int(found[1]) if found else value
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_ID:
        raise ValueError(
            f"{short_repr(value)} is not a neuron's id; give a number such as 1 or NMO_00001."
        )
    return value


def object_of(payload: Any, what: str) -> dict[str, Any]:
    """Return a record as a dict; refuse anything but a JSON object."""
    if not isinstance(payload, Mapping):
        raise ValueError(f"A {what}'s record must be an object, not {short_repr(payload)}.")
    return dict(payload)


def required(record: Mapping[str, Any], key: str) -> Any:
    """Return a value that a record must have; KeyError if it is missing."""
    value = record.get(key)
    if value is None or value == "":
        raise KeyError(key)
    return value


def as_text(value: Any, key: str) -> str | None:
    """Return a text unchanged, a number as text; refuse a list or an object."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{key} must be text, not {short_repr(value)}.")


def texts_of(value: Any, key: str) -> tuple[str, ...]:
    """Return a list of texts; one text becomes a list of one, null an empty list."""
    values = value if isinstance(value, list | tuple) else [value]
    for each in values:
        if type(each) is not str:
            break
    else:  # the usual case; a harvest has a million of them
        return tuple(values)
    texts = (as_text(item, key) for item in values)
    return tuple(text for text in texts if text is not None)


def number_of(value: Any) -> float | None:
    """Return a finite number, also from its text; None for anything else."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_number(value: Any, key: str) -> float:
    """Return a finite number, also from its text; refuse anything else."""
    number = number_of(value)
    if number is None:
        raise ValueError(f"{key} must be a number, not {short_repr(value)}.")
    return number


def as_date(value: Any) -> date | None:
    """Return the date of milliseconds since 1970 or of an ISO text; None for anything else."""
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value.strip()).date()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return (_EPOCH + timedelta(milliseconds=value)).date()
    except (ValueError, OverflowError):
        pass
    return None


def check_n_values(text: bytes) -> None:
    """Refuse JSON with more values than `MAX_JSON_VALUES`, before it is parsed: ValueError."""
    if sum(map(text.count, (b",", b"[", b"{"))) > MAX_JSON_VALUES:
        raise ValueError(f"it has more than {MAX_JSON_VALUES:,} values")


def short_repr(value: Any) -> str:
    """Return a value as text for a sentence, cut to a readable length."""
    try:
        text = _BRIEF.repr(value)
    except ValueError:  # Python refuses to write a number of more than 4,300 digits
        text = "a number too long to write"
    return text if len(text) <= 72 else f"{text[:69]}..."


def plain(value: object) -> str:
    """Return a text of the archive without line ends and control characters, for one line."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
