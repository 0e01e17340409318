"""The morphometry of a cell as L-Measure computed it for NeuroMorpho.Org, for the complete neuron, with units.

The server mixes its spellings (``soma_Surface``, ``eucDistance``, ``branch_Order``); the record has one.
Unknown names of the server (``neuron_name``) are in `extras`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from types import MappingProxyType
from typing import Any

from neuromorpho.records.parsing import neuron_id_of, number_of, object_of

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
COUNTS = frozenset({"n_stems", "n_bifs", "n_branch", "branch_order", "fragmentation"})


def _measured(unit: str = "") -> Any:
    return field(default=None, metadata={"unit": unit})


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
    raw : mapping
        The complete record, under the server's own keys.
    """

    neuron_id: int
    surface: float | None = _measured("µm²")
    volume: float | None = _measured("µm³")
    soma_surface: float | None = _measured("µm²")
    n_stems: int | None = _measured()
    n_bifs: int | None = _measured()
    n_branch: int | None = _measured()
    width: float | None = _measured("µm")
    height: float | None = _measured("µm")
    depth: float | None = _measured("µm")
    diameter: float | None = _measured("µm")
    length: float | None = _measured("µm")
    euclidean_distance: float | None = _measured("µm")
    path_distance: float | None = _measured("µm")
    branch_order: int | None = _measured()
    contraction: float | None = _measured()
    fragmentation: int | None = _measured()
    partition_asymmetry: float | None = _measured()
    pk_classic: float | None = _measured()
    bif_ampl_local: float | None = _measured("°")
    bif_ampl_remote: float | None = _measured("°")
    raw: Mapping[str, Any] = field(
        default_factory=lambda: MappingProxyType({}), hash=False, repr=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "raw", MappingProxyType(dict(self.raw)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy the values, since neither can handle a mappingproxy."""
        return partial(type(self), **{**self.__dict__, "raw": dict(self.raw)}), ()

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> NeuroMorphoMeasurement:
        """Return the measurement of a record.

        Raises
        ------
        ValueError
            It is no object, or has no usable ``neuron_id``.
        """
        record = object_of(payload, "measurement")
        known: dict[str, Any] = {}
        for key, value in record.items():
            name = _field_of(key)
            if name in _UNIT_OF and known.get(name) is None:
                number = number_of(value)
                known[name] = round(number) if name in COUNTS and number is not None else number
        return cls(neuron_id_of(record.get("neuron_id")), **known, raw=record)

    @property
    def extras(self) -> dict[str, Any]:
        """The values of the record that have no name here."""
        return {
            key: value
            for key, value in self.raw.items()
            if key != "neuron_id" and _field_of(key) not in _UNIT_OF
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the extras and the named values in one plain dict."""
        return {**self.extras, "neuron_id": self.neuron_id} | {
            name: getattr(self, name) for name in _UNIT_OF
        }

    def get(self, key: str, default: Any = None) -> Any:
        """Return a named value, under any of its spellings, else one of the extras."""
        if key == "neuron_id":
            return self.neuron_id
        name = _field_of(key)
        return getattr(self, name) if name in _UNIT_OF else self.raw.get(key, default)


_UNIT_OF = {
    each.name: each.metadata["unit"] for each in fields(NeuroMorphoMeasurement) if each.metadata
}
MEASURES = (*_UNIT_OF, "fractal_dim")
"""The library's format has this order: add new ones at the end."""
_UNIT_OF_MEASURE = dict.fromkeys(MEASURES, "") | _UNIT_OF
UNITS: Mapping[str, str] = MappingProxyType(
    _UNIT_OF_MEASURE | {theirs: _UNIT_OF_MEASURE[ours] for theirs, ours in SERVER_SPELLINGS.items()}
)
_BY_LOWER_CASE = {name.lower(): name for name in _UNIT_OF} | {
    theirs.lower(): ours for theirs, ours in SERVER_SPELLINGS.items() if ours in _UNIT_OF
}


def _field_of(key: str) -> str:
    """Return our name of a key in any of its spellings; a key that is not ours as it is."""
    return _BY_LOWER_CASE.get(key.lower(), key)
