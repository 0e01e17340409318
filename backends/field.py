"""`Field`, the labelled array that views read, and the checks that every protocol value shares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from backends.errors import ProtocolError

FloatArray = NDArray[np.floating[Any]]


def checked_array(
    where: str, value: ArrayLike, *, shape: tuple[int | None, ...], dtype: DTypeLike | None = None
) -> NDArray[Any]:
    """Return `value` as an array of `shape` (None: any length), or raise an error that says what it was.

    Raises
    ------
    ProtocolError
        Naming `where`, the shape expected and the shape found.
    """
    try:
        array = np.asarray(value, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ProtocolError(
            f"{where} is not an array of numbers: {error}", code="bad-array"
        ) from error
    fits = array.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("n" if n is None else str(n) for n in shape)
        raise ProtocolError(
            f"{where} must have shape ({wanted}), not {array.shape}", code="bad-shape"
        )
    return array


def checked_name(where: str, value: object) -> str:
    """Return `value` if it is a non-empty string; raise ProtocolError naming `where` otherwise."""
    if not isinstance(value, str) or not value:
        raise ProtocolError(f"{where} must be a non-empty string, not {value!r}", code="bad-name")
    return value


def checked_positive(where: str, value: object) -> float:
    """Return `value` if it is a finite number > 0; raise ProtocolError naming `where` otherwise."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ProtocolError(
            f"{where} must be a finite number > 0, not {value!r}", code="bad-number"
        )
    return value


def checked_finite(where: str, value: object) -> float:
    """Return `value` as a float if it is a finite number; raise ProtocolError naming `where` otherwise."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ProtocolError(f"{where} must be a finite number, not {value!r}", code="bad-number")
    return float(value)


def frozen_mapping(where: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a read-only copy of `value`, whose keys must be strings."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ProtocolError(
            f"{where} must be a mapping with string keys, not {value!r}", code="bad-mapping"
        )
    return MappingProxyType(dict(value))


@dataclass(frozen=True, slots=True)
class Field:
    """An array whose dimensions have names and coordinates.

    Attributes
    ----------
    id : str
        What views and updates call it by.
    values : ndarray
        One axis per name in `dims`.
    dims : tuple of str
        For example ``("segment",)`` or ``("segment", "time")``.
    coords : mapping of str to sequence
        Optional coordinates of a dimension: segment ids, times in ms.
    unit : str or None
        Unit of `values`: ``"mV"``.
    """

    id: str
    values: NDArray[Any]
    dims: tuple[str, ...]
    coords: Mapping[str, Sequence[Any] | NDArray[Any]] = field(default_factory=dict)
    unit: str | None = None

    def __post_init__(self) -> None:
        checked_name("Field.id", self.id)
        object.__setattr__(self, "dims", tuple(self.dims))
        values = checked_array(
            f"Field {self.id!r}: values with dims {self.dims}",
            self.values,
            shape=(None,) * len(self.dims),
        )
        object.__setattr__(self, "values", values)
        coords = dict(self.coords)
        for dim, coord in coords.items():
            if dim not in self.dims:
                raise ProtocolError(
                    f"Field {self.id!r}: coords name {dim!r}, not one of {self.dims}",
                    code="unknown-dimension",
                )
            length = values.shape[self.dims.index(dim)]
            if len(coord) != length:
                raise ProtocolError(
                    f"Field {self.id!r}: {len(coord)} coords along {dim!r}, values have {length}",
                    code="bad-shape",
                )
        object.__setattr__(self, "coords", coords)
