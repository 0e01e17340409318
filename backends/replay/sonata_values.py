"""What reports and spikes in SONATA files have in common: attributes, and times in ms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backends.replay.failures import bad

_MS = {"ms": 1.0, "s": 1000.0, "us": 1e-3, "µs": 1e-3}


def attribute(item: Any, name: str) -> str:
    """Return an attribute of a data set or group as text, "" where there is none."""
    value = item.attrs.get(name, "")
    return value.decode() if isinstance(value, bytes) else str(value)


def time_unit(path: Path, where: str, times: Any) -> tuple[str, float]:
    """Return the unit of a data set of times, and how many ms it is; SourceError for an unknown one."""
    unit = attribute(times, "units") or "ms"
    if unit not in _MS:
        raise bad(path, f"{where} has the unit {unit!r}, which is none of {', '.join(_MS)}")
    return unit, _MS[unit]
