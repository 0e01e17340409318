"""`jsonable`: records as plain JSON, for the command line and for all files that are written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import PurePath
from typing import Any

from neuromorpho.records.measurements import NeuroMorphoMeasurement


def jsonable(value: Any) -> Any:
    """Return a record, or anything made of records, as dicts, lists, texts, numbers, True, False, None.

    A measurement becomes its `as_dict`, a path and a date their text, an error its sentence; a number
    that JSON cannot represent (NaN, infinity) becomes None. `json.dumps(..., allow_nan=False)` accepts it.

    Raises
    ------
    TypeError
        It contains anything else.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, NeuroMorphoMeasurement):
        return jsonable(value.as_dict())
    if is_dataclass(value) and not isinstance(value, type):
        return {spec.name: jsonable(getattr(value, spec.name)) for spec in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, Set):
        return sorted((jsonable(item) for item in value), key=repr)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PurePath | BaseException):
        return str(value)
    raise TypeError(f"A {type(value).__name__} cannot be written as JSON.")
