"""The morphometry of a cell as L-Measure computed it for NeuroMorpho.Org, for the complete neuron, with units.

The server mixes its spellings (``soma_Surface``, ``eucDistance``, ``branch_Order``); the record has one.
Unknown names of the server (``neuron_name``) are in `extras`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from neuromorpho.records.parsing import neuron_id_of

_UNIT_OF = {
    "surface": "µm²",
    "volume": "µm³",
    "soma_surface": "µm²",
    "n_stems": "",
    "n_bifs": "",
    "n_branch": "",
    "width": "µm",
    "height": "µm",
    "depth": "µm",
    "diameter": "µm",
    "length": "µm",
    "euclidean_distance": "µm",
    "path_distance": "µm",
    "branch_order": "",
    "contraction": "",
    "fragmentation": "",
    "partition_asymmetry": "",
    "pk_classic": "",
    "bif_ampl_local": "°",
    "bif_ampl_remote": "°",
    "fractal_dim": "",
}
SERVER_SPELLINGS = {
    "soma_Surface": "soma_surface",
    "somaSurface": "soma_surface",
    "eucDistance": "euclidean_distance",
    "euc_distance": "euclidean_distance",
    "pathDistance": "path_distance",
    "branch_Order": "branch_order",
    "branchOrder": "branch_order",
    "fractal_Dim": "fractal_dim",
}
UNITS: Mapping[str, str] = MappingProxyType(
    _UNIT_OF | {theirs: _UNIT_OF[ours] for theirs, ours in SERVER_SPELLINGS.items()}
)
MEASURES = tuple(_UNIT_OF)  # the library's format has this order: add new ones at the end
COUNTS = frozenset({"n_stems", "n_bifs", "n_branch", "branch_order", "fragmentation"})


@dataclass(frozen=True)
class NeuroMorphoMeasurement:
    """A cell's morphometry; None where the server has no usable number.

    Attributes
    ----------
    surface, soma_surface : float
        In µm².
    volume : float
        In µm³.
    width, height, depth : float
        In µm: 95 % of the cell along its first three principal components.
    diameter : float
        Mean, in µm.
    length : float
        Total, in µm.
    euclidean_distance, path_distance : float
        From the soma to the farthest tip, in µm.
    n_stems, n_bifs, n_branch, branch_order, fragmentation : int
        Counts; `fragmentation` is the number of points traced.
    contraction, partition_asymmetry, pk_classic : float
        Ratios.
    bif_ampl_local, bif_ampl_remote : float
        In degrees.
    extras : mapping
        The other values of the record.
    raw : mapping
        The complete record, under the server's own keys.
    """

    neuron_id: int
    surface: float | None = None
    volume: float | None = None
    soma_surface: float | None = None
    n_stems: int | None = None
    n_bifs: int | None = None
    n_branch: int | None = None
    width: float | None = None
    height: float | None = None
    depth: float | None = None
    diameter: float | None = None
    length: float | None = None
    euclidean_distance: float | None = None
    path_distance: float | None = None
    branch_order: int | None = None
    contraction: float | None = None
    fragmentation: int | None = None
    partition_asymmetry: float | None = None
    pk_classic: float | None = None
    bif_ampl_local: float | None = None
    bif_ampl_remote: float | None = None
    extras: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    raw: Mapping[str, Any] = field(
        default_factory=lambda: MappingProxyType({}), hash=False, repr=False
    )

    def __post_init__(self) -> None:
        for name in ("extras", "raw"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __getstate__(self) -> dict[str, Any]:
        """Return a state for pickle and copy, which cannot handle a mappingproxy."""
        return {**self.__dict__, "extras": dict(self.extras), "raw": dict(self.raw)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> NeuroMorphoMeasurement:
        """Return the measurement of a record.

        Raises
        ------
        ValueError
            It is no object, or has no usable ``neuron_id``.
        """
        if not isinstance(payload, Mapping):
            raise ValueError("A measurement's record must be an object.")
        if payload.get("neuron_id") is None:
            raise ValueError("A measurement's record has no neuron_id.")
        known: dict[str, float | int | None] = {}
        extras: dict[str, Any] = {}
        for key, value in payload.items():
            name = _field_of(key)
            if name in _FIELDS:
                number = _number_of(value, name)
                known[name] = number if known.get(name) is None else known[name]
            elif key != "neuron_id":
                extras[key] = value
        numbers: dict[str, Any] = dict(known)
        return cls(neuron_id_of(payload["neuron_id"]), **numbers, extras=extras, raw=payload)

    def as_dict(self) -> dict[str, Any]:
        """Return the extras and the named values in one plain dict."""
        return {**self.extras, "neuron_id": self.neuron_id} | {
            name: getattr(self, name) for name in _FIELDS
        }

    def get(self, key: str, default: Any = None) -> Any:
        """Return a named value, under any of its spellings, else one of the extras."""
        if key == "neuron_id":
            return self.neuron_id
        name = _field_of(key)
        return getattr(self, name) if name in _FIELDS else self.extras.get(key, default)


_FIELDS = tuple(
    spec.name
    for spec in fields(NeuroMorphoMeasurement)
    if spec.name not in {"neuron_id", "extras", "raw"}
)
_BY_LOWER_CASE = {name.lower(): name for name in _FIELDS} | {
    theirs.lower(): ours for theirs, ours in SERVER_SPELLINGS.items() if ours in _FIELDS
}


def _field_of(key: str) -> str:
    """Return our name of a key in any of its spellings; a key that is not ours as it is."""
    return _BY_LOWER_CASE.get(key.lower(), key)


def _number_of(value: Any, name: str) -> float | int | None:
    """Return a finite number, also from its text, a count rounded; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return round(number) if name in COUNTS else number
