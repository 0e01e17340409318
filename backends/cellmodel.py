"""`CellModel`: what is in the membrane of a loaded cell, as data that both simulators read.

Theory. A model speaks of *regions*, the words of SWC types, so one model fits any cell. The default
stimulus is not a number but a rule, since a current that fires a small cell leaves a large one at
rest: the amplitude is a depolarisation (mV) times the input conductance at the electrode, the leak
and the capacitance (at 100 Hz, about the speed of a spike's foot) of the whole tree as one cable.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from backends.errors import ProtocolError, SimulatorError
from backends.facts import grouped
from backends.morphology import Morphology, segment_counts
from backends.scene import Finding, MorphologyGeometry
from backends.swc_types import SwcType

FloatArray = NDArray[np.float64]

ALL = "all"
CUSTOM = "custom"
REGIONS = ("soma", "axon", "basal", "apical", CUSTOM, ALL)
_REGION_OF_TYPE = {
    SwcType.SOMA: "soma",
    SwcType.AXON: "axon",
    SwcType.BASAL_DENDRITE: "basal",
    SwcType.APICAL_DENDRITE: "apical",
}
FOR_EVER_MS = 1e9
MAX_SEGMENTS = 100_000
_MAX_NSEG = 9_999  # NEURON fails beyond some 32 000 per section


def region_of(swc_type: int) -> str:
    """Return the region's word for an SWC type; 0 and 5 or more are ``"custom"``."""
    return _REGION_OF_TYPE.get(SwcType(swc_type), CUSTOM) if 0 < swc_type < 5 else CUSTOM


ItemT = TypeVar("ItemT")


def _word(where: str, value: object) -> str:
    if not isinstance(value, str) or not value.isidentifier():
        raise ProtocolError(f"{where} must be a name, not {value!r}")
    return value


def _region(where: str, value: object) -> str:
    if value not in REGIONS:
        raise ProtocolError(f"{where}: {value!r} is not one of {', '.join(REGIONS)}")
    return str(value)


def _number(where: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ProtocolError(f"{where} must be a finite number, not {value!r}")
    return float(value)


def _all_of(where: str, kind: type[ItemT], values: Sequence[ItemT]) -> tuple[ItemT, ...]:
    wrong = next((each for each in values if not isinstance(each, kind)), None)
    if wrong is not None:
        raise ProtocolError(f"{where} must hold {kind.__name__}s, not {wrong!r}")
    return tuple(values)


def _entries(where: str, data: object) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise ProtocolError(f"{where} must be a mapping, not {data!r}")
    return dict(data)


def _rows(where: str, data: object) -> list[Any]:
    if not isinstance(data, (list, tuple)):
        raise ProtocolError(f"CellModel.{where} must be a list, not {data!r}")
    return list(data)


def _known_entries(kind: type[Any], data: object) -> dict[str, Any]:
    entries = _entries(kind.__name__, data)
    names = [each.name for each in fields(kind)]
    unknown = [key for key in entries if key not in names]
    if unknown:
        raise ProtocolError(f"{kind.__name__} has no {unknown[0]!r}; it has {', '.join(names)}")
    return entries


def _many(kind: type[ItemT], where: str, data: object) -> tuple[ItemT, ...]:
    return tuple(_one(kind, each) for each in _rows(where, data))


def _one(kind: type[ItemT], data: object) -> ItemT:
    try:
        return kind(**_known_entries(kind, data))
    except TypeError as error:
        raise ProtocolError(f"{kind.__name__} cannot be made of {data!r}: {error}") from error


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A density mechanism (NEURON) or channel (Jaxley) with parameters.

    Attributes
    ----------
    name : str
        ``"hh"``, ``"pas"``.
    parameters : mapping of str to float
        Without the mechanism's name: ``{"gnabar": 0.12}``, in its own units (S/cm², mV).
    """

    name: str
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _word("Mechanism.name", self.name)
        checked = {
            _word(f"Mechanism {self.name!r}: parameter", key): _number(
                f"Mechanism {self.name!r}: {key}", value
            )
            for key, value in dict(self.parameters).items()
        }
        object.__setattr__(self, "parameters", checked)


@dataclass(frozen=True, slots=True)
class Target:
    """A place on any cell: the middle (x) of the n-th section of a region.

    Attributes
    ----------
    region : str
        Where a cell has none, its first section stands in.
    x : float
        0 … 1.
    section : int
        Which of the region's sections; the last one if there are fewer.
    """

    region: str = "soma"
    x: float = 0.5
    section: int = 0

    def __post_init__(self) -> None:
        _region("Target.region", self.region)
        if not 0 <= _number("Target.x", self.x) <= 1:
            raise ProtocolError(f"Target.x must be in 0 … 1, not {self.x:g}")
        if not isinstance(self.section, int) or self.section < 0:
            raise ProtocolError(f"Target.section must be a whole number ≥ 0, not {self.section!r}")


@dataclass(frozen=True, slots=True)
class IClamp:
    """A current step.

    Attributes
    ----------
    delay_ms, dur_ms : float
    amp_na : float or None
        None: `drive_mv` times the cell's input conductance at the target.
    drive_mv : float
        Used when `amp_na` is None.
    """

    target: Target = field(default_factory=Target)
    delay_ms: float = 10.0
    dur_ms: float = FOR_EVER_MS
    amp_na: float | None = None
    drive_mv: float = 17.0

    def __post_init__(self) -> None:
        for name in ("delay_ms", "dur_ms"):
            if _number(f"IClamp.{name}", getattr(self, name)) < 0:
                raise ProtocolError(f"IClamp.{name} must be ≥ 0, not {getattr(self, name):g}")
        if self.amp_na is not None:
            _number("IClamp.amp_na", self.amp_na)
        _number("IClamp.drive_mv", self.drive_mv)


HH = Mechanism("hh", {"gnabar": 0.12, "gkbar": 0.036, "gl": 0.0003, "el": -54.3})
"""Hodgkin & Huxley 1952, squid axon, 6.3 °C: S/cm² and mV."""
WEAK_HH = Mechanism("hh", {"gnabar": 0.042, "gkbar": 0.0126, "gl": 0.000105, "el": -54.3})
"""35 % of `HH`: dendrites that carry a spike outwards and do not swallow it.

Wholly passive dendrites load a small soma so much that half of real cells fire once or never.
"""


def _typed_regions() -> dict[str, tuple[Mechanism, ...]]:
    return {
        region: (HH,) if region in ("soma", "axon") else (WEAK_HH,)
        for region in REGIONS
        if region != ALL
    }


@dataclass(frozen=True, slots=True)
class CellModel:
    """The biophysics of a cell, whatever its shape.

    Attributes
    ----------
    regions : mapping of str to tuple of Mechanism
        By region; what is under ``"all"`` is inserted everywhere besides.
    ra_ohm_cm, cm_uf_cm2 : float
        Axial resistivity, Ω cm; membrane capacitance, µF/cm².
    celsius : float
        °C.
    v_init_mv, dt_ms : float
    d_lambda, frequency_hz : float
        A segment is at most `d_lambda` AC length constants long at `frequency_hz`.
    stimuli : tuple of IClamp
    recordings : tuple of Target
        Whose traces are shown from the start.
    rate_tables : bool
        Whether NEURON may read HH rates from its table (its default; faster by a third and up to
        0.24 mV off) instead of computing them.
    """

    regions: Mapping[str, tuple[Mechanism, ...]] = field(default_factory=_typed_regions)
    ra_ohm_cm: float = 100.0
    cm_uf_cm2: float = 1.0
    celsius: float = 6.3
    v_init_mv: float = -65.0
    dt_ms: float = 0.025
    d_lambda: float = 0.1
    frequency_hz: float = 100.0
    stimuli: tuple[IClamp, ...] = (IClamp(),)
    recordings: tuple[Target, ...] = (Target(),)
    rate_tables: bool = True

    def __post_init__(self) -> None:
        regions = {
            _region("CellModel.regions", key): _all_of(f"CellModel.regions[{key!r}]", Mechanism, v)
            for key, v in dict(self.regions).items()
        }
        object.__setattr__(self, "regions", regions)
        for name, kind in (("stimuli", IClamp), ("recordings", Target)):
            value = _all_of(f"CellModel.{name}", kind, getattr(self, name))
            object.__setattr__(self, name, value)
        for name in ("ra_ohm_cm", "cm_uf_cm2", "dt_ms", "d_lambda", "frequency_hz"):
            if _number(f"CellModel.{name}", getattr(self, name)) <= 0:
                raise ProtocolError(f"CellModel.{name} must be > 0, not {getattr(self, name):g}")
        _number("CellModel.celsius", self.celsius)
        _number("CellModel.v_init_mv", self.v_init_mv)

    @classmethod
    def default_for(cls, morphology: Morphology, **changes: Any) -> CellModel:
        """Return the default model: HH in soma and axon, weak HH in dendrites; HH everywhere if untyped."""
        present = {region_of(section.swc_type) for section in morphology.sections}
        if not present & {"soma", "axon"}:
            changes = {"regions": {ALL: (HH,)}} | changes
        return cls(**changes)

    def mechanisms_of(self, swc_type: int) -> tuple[Mechanism, ...]:
        """Return what is inserted in sections of an SWC type."""
        return self.regions.get(region_of(swc_type), ()) + self.regions.get(ALL, ())

    # ------------------------------------------------------------------------------------- JSON

    def to_json(self) -> str:
        """Return this model as JSON text."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, data: str | Mapping[str, Any]) -> CellModel:
        """Return the model in JSON text, or in the mapping that it stands for; gaps are defaults.

        Raises
        ------
        ProtocolError
            Naming the entry that is unknown or wrong.
        """
        if isinstance(data, str):
            try:
                data = json.loads(data)
            except json.JSONDecodeError as error:
                raise ProtocolError(f"The cell model is not JSON: {error}.") from error
        values = _known_entries(cls, data)
        if "regions" in values:
            regions = _entries("CellModel.regions", values["regions"])
            values["regions"] = {
                key: _many(Mechanism, f"regions[{key!r}]", v) for key, v in regions.items()
            }
        if "stimuli" in values:
            values["stimuli"] = tuple(
                _with_target(each) for each in _rows("stimuli", values["stimuli"])
            )
        if "recordings" in values:
            values["recordings"] = _many(Target, "recordings", values["recordings"])
        return cls(**values)

    # ---------------------------------------------------------------------- on a certain morphology

    def segment_counts(
        self, morphology: Morphology
    ) -> tuple[NDArray[np.int64], tuple[Finding, ...]]:
        """Return nseg of every section by the d_lambda rule, and what had to be said about it.

        A cell that would have more than `MAX_SEGMENTS` (its file is in nm, as a rule) gets a
        coarser rule, with a finding.
        """
        asked = self._counts(morphology, 1.0)
        counts, coarser = np.minimum(asked, _MAX_NSEG), 1.0
        for _ in range(8):
            if counts.sum() <= max(MAX_SEGMENTS, len(counts)):
                break
            coarser *= 1.1 * float(counts.sum()) / MAX_SEGMENTS
            counts = np.minimum(self._counts(morphology, coarser), _MAX_NSEG)
        if (counts >= asked).all():
            return counts, ()
        message = (
            f"The d_lambda rule asks for {grouped(asked.sum())} segments, more than can be simulated live; "
            f"the cell has {grouped(counts.sum())}. Is the file in nm?"
        )
        return counts, (Finding("warning", "segments.too-many", message),)

    def _counts(self, morphology: Morphology, coarser: float) -> NDArray[np.int64]:
        return segment_counts(
            morphology,
            ra_ohm_cm=self.ra_ohm_cm,
            cm_uf_cm2=self.cm_uf_cm2,
            frequency_hz=self.frequency_hz,
            d_lambda=self.d_lambda * coarser,
        )

    def section_of(self, target: Target, morphology: Morphology) -> int:
        """Return the index of the section that `target` means on `morphology`."""
        of_region = [
            i
            for i, section in enumerate(morphology.sections)
            if target.region in (ALL, region_of(section.swc_type))
        ]
        if not morphology.sections:
            raise SimulatorError(f"{morphology.name} has no sections to put an electrode in.")
        return of_region[min(target.section, len(of_region) - 1)] if of_region else 0

    def segment_of(
        self, target: Target, morphology: Morphology, geometry: MorphologyGeometry
    ) -> int:
        """Return the index of the segment that `target` means."""
        of_section = np.flatnonzero(geometry.section_index == self.section_of(target, morphology))
        n = len(of_section)
        return int(of_section[min(n - 1, int(target.x * n))])

    def amplitude_na(
        self, clamp: IClamp, morphology: Morphology, geometry: MorphologyGeometry
    ) -> float:
        """Return a clamp's amplitude, nA, rounded to two digits where it comes from the rule."""
        if clamp.amp_na is not None:
            return clamp.amp_na
        electrode = self.segment_of(clamp.target, morphology, geometry)
        from backends.input_load import input_conductance

        load_us = input_conductance(geometry, self, electrode)
        return float(f"{load_us * clamp.drive_mv:.2g}")


def _with_target(data: object) -> IClamp:
    entries = _known_entries(IClamp, data)
    if "target" in entries:
        entries["target"] = _one(Target, entries["target"])
    return IClamp(**entries)
