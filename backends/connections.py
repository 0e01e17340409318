"""`Connections`: which segments act on which, for the lines that a view draws between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from backends.errors import ProtocolError
from backends.field import checked_array, checked_name

ConnectionKind = Literal["synapse", "gap junction"]
KINDS: tuple[ConnectionKind, ...] = ("synapse", "gap junction")


@dataclass(frozen=True, eq=False)
class Connections:
    """Connections of one sort between segments of a geometry: synapses of one class, or gap junctions.

    Attributes
    ----------
    geometry_id : str
    source, target : ndarray, shape (n,), int32
        Indices of segments: a synapse leads from the segment whose spikes or voltage it follows to the segment that it is
        on. A gap junction has no direction; each is there once.
    kind : {"synapse", "gap junction"}
    label : str
        What the legend calls them, as the class of the synapse: ``"ExpSyn"``; "" is `kind`.
    weights : ndarray, shape (n,), float64, or None
        In `weight_unit`; NaN where it is not known.
    weight_unit : str
    delays : ndarray, shape (n,), float64, or None
        ms; NaN where it is not known.
    """

    id: str
    geometry_id: str
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    kind: ConnectionKind = "synapse"
    label: str = ""
    weights: NDArray[np.float64] | None = None
    weight_unit: str = ""
    delays: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        checked_name("Connections.id", self.id)
        checked_name(f"Connections {self.id!r}: geometry_id", self.geometry_id)
        if self.kind not in KINDS:
            raise ProtocolError(
                f"Connections {self.id!r}: kind must be one of {', '.join(KINDS)}, not {self.kind!r}",
                code="unknown-kind",
            )
        for name in ("label", "weight_unit"):
            if not isinstance(getattr(self, name), str):
                raise ProtocolError(
                    f"Connections {self.id!r}: {name} must be a text, not {getattr(self, name)!r}",
                    code="bad-type",
                )
        object.__setattr__(self, "source", self._indices("source", None))
        object.__setattr__(self, "target", self._indices("target", len(self.source)))
        for name in ("weights", "delays"):
            object.__setattr__(self, name, self._numbers(name))

    @property
    def n(self) -> int:
        """Number of connections."""
        return len(self.source)

    @property
    def name(self) -> str:
        """What a legend calls them: the label, or the kind where there is none."""
        return self.label or self.kind

    def check_segments(self, n_segments: int) -> None:
        """Raise ProtocolError, ``bad-index``, if a connection begins or ends at no segment of the geometry."""
        for name in ("source", "target"):
            values = getattr(self, name)
            if values.size and values.max() >= n_segments:
                raise ProtocolError(
                    f"Connections {self.id!r}: {name} has the segment {values.max()}; geometry "
                    f"{self.geometry_id!r} has {n_segments}, the first is 0",
                    code="bad-index",
                )

    def _indices(self, name: str, n: int | None) -> NDArray[np.int32]:
        where = f"Connections {self.id!r}: {name}"
        array = checked_array(where, getattr(self, name), shape=(n,))
        if array.size and array.dtype.kind not in "iu":
            raise ProtocolError(
                f"{where} must be whole numbers, indices of segments, not {array.dtype}",
                code="bad-array",
            )
        if array.size and not 0 <= array.min() <= array.max() <= np.iinfo(np.int32).max:
            raise ProtocolError(
                f"{where} has {array.min()} … {array.max()}; the first segment is 0",
                code="bad-index",
            )
        return np.ascontiguousarray(array, np.int32)

    def _numbers(self, name: str) -> NDArray[Any] | None:
        value = getattr(self, name)
        if value is None:
            return None
        where = f"Connections {self.id!r}: {name}"
        array = checked_array(where, value, shape=(self.n,), dtype=np.float64)
        if np.isinf(array).any():
            raise ProtocolError(f"{where} must be finite, or NaN where unknown", code="not-finite")
        return np.ascontiguousarray(array)
