"""Checks of a cell model's values as they come from JSON or from code."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from backends.errors import ProtocolError
from backends.morphology.swc_types import SwcType

ALL = "all"

CUSTOM = "custom"

REGIONS = ("soma", "axon", "basal", "apical", CUSTOM, ALL)

_REGION_OF_TYPE = {
    SwcType.SOMA: "soma",
    SwcType.AXON: "axon",
    SwcType.BASAL_DENDRITE: "basal",
    SwcType.APICAL_DENDRITE: "apical",
}


def region_of(swc_type: int) -> str:
    """Return the region's name for an SWC type; 0 and 5 or more are ``"custom"``."""
    return _REGION_OF_TYPE.get(SwcType(swc_type), CUSTOM) if 0 < swc_type < 5 else CUSTOM


ItemT = TypeVar("ItemT")


def identifier(where: str, value: object) -> str:
    if not isinstance(value, str) or not value.isidentifier():
        raise ProtocolError(f"{where} must be a name, not {value!r}", code="bad-name")
    return value


def checked_region(where: str, value: object) -> str:
    if value not in REGIONS:
        raise ProtocolError(
            f"{where}: {value!r} is not one of {', '.join(REGIONS)}", code="unknown-region"
        )
    return str(value)


def checked_number(where: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ProtocolError(f"{where} must be a finite number, not {value!r}", code="bad-number")
    return float(value)


def checked_items(where: str, kind: type[ItemT], values: Sequence[ItemT]) -> tuple[ItemT, ...]:
    wrong = next((each for each in values if not isinstance(each, kind)), None)
    if wrong is not None:
        raise ProtocolError(
            f"{where} must contain {kind.__name__} objects, not {wrong!r}", code="bad-type"
        )
    return tuple(values)


def checked_entries(where: str, data: object) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise ProtocolError(f"{where} must be a mapping, not {data!r}", code="bad-mapping")
    return dict(data)


def checked_list(where: str, data: object) -> list[Any]:
    if not isinstance(data, (list, tuple)):
        raise ProtocolError(f"CellModel.{where} must be a list, not {data!r}", code="bad-list")
    return list(data)


def known_entries(kind: type[Any], data: object) -> dict[str, Any]:
    entries = checked_entries(kind.__name__, data)
    names = [each.name for each in fields(kind)]
    unknown = [key for key in entries if key not in names]
    if unknown:
        raise ProtocolError(
            f"{kind.__name__} has no {unknown[0]!r}; it has {', '.join(names)}", code="unknown-name"
        )
    return entries


def parse_list(kind: type[ItemT], where: str, data: object) -> tuple[ItemT, ...]:
    return tuple(parse_item(kind, each) for each in checked_list(where, data))


def parse_item(kind: type[ItemT], data: object) -> ItemT:
    try:
        return kind(**known_entries(kind, data))
    except TypeError as error:
        raise ProtocolError(
            f"{kind.__name__} cannot be made of {data!r}: {error}", code="bad-value"
        ) from error
