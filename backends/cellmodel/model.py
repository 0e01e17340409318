"""`CellModel`: the biophysics and the experiment of a loaded cell, as data that both simulators read.

A model refers to *regions*, which are the names of SWC types, so one model fits any cell. The default
stimulus is a rule and not a number, since a current that fires a small cell leaves a large one at
rest: the amplitude is a depolarisation (mV) times the input conductance at the electrode, which is
that of the complete tree at 100 Hz, about the speed of a spike's onset (`input_conductance`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.cellmodel.checks import (
    ALL,
    REGIONS,
    checked_entries,
    checked_items,
    checked_list,
    checked_number,
    checked_region,
    known_entries,
    parse_list,
    region_of,
)
from backends.cellmodel.mechanisms import HH, PASSIVE, WEAK_HH, Mechanism
from backends.cellmodel.stimuli import IClamp, Target, parse_clamp
from backends.errors import ProtocolError, SimulatorError
from backends.morphology.morphology import Morphology, segment_counts
from backends.scene import Finding, MorphologyGeometry
from backends.text import grouped

FloatArray = NDArray[np.float64]

MAX_SEGMENTS = 100_000
_MAX_NSEG = 9_999  # NEURON fails above about 32 000 per section


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
        By region; mechanisms under ``"all"`` are inserted everywhere in addition.
    ra_ohm_cm, cm_uf_cm2 : float
        Axial resistivity, Ω cm; membrane capacitance, µF/cm².
    celsius : float
        °C.
    v_init_mv, dt_ms : float
    d_lambda, frequency_hz : float
        A segment is at most `d_lambda` AC length constants long at `frequency_hz`.
    stimuli : tuple of IClamp
    recordings : tuple of Target
        The segments whose traces are shown from the start.
    rate_tables : bool
        Whether NEURON may read HH rates from its table (its default; faster by a third, spikes
        come about 0.05 % early) instead of computing them.
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
            checked_region("CellModel.regions", key): checked_items(
                f"CellModel.regions[{key!r}]", Mechanism, v
            )
            for key, v in dict(self.regions).items()
        }
        object.__setattr__(self, "regions", regions)
        for name, kind in (("stimuli", IClamp), ("recordings", Target)):
            value = checked_items(f"CellModel.{name}", kind, getattr(self, name))
            object.__setattr__(self, name, value)
        for name in ("ra_ohm_cm", "cm_uf_cm2", "dt_ms", "d_lambda", "frequency_hz"):
            if checked_number(f"CellModel.{name}", getattr(self, name)) <= 0:
                raise ProtocolError(
                    f"CellModel.{name} must be > 0, not {getattr(self, name):g}", code="bad-number"
                )
        checked_number("CellModel.celsius", self.celsius)
        checked_number("CellModel.v_init_mv", self.v_init_mv)

    @classmethod
    def default_for(cls, morphology: Morphology, **changes: Any) -> CellModel:
        """Return the default model: HH in soma and axon, weak HH in dendrites; HH everywhere if untyped."""
        present = {region_of(section.swc_type) for section in morphology.sections}
        if not present & {"soma", "axon"}:
            changes = {"regions": {ALL: (HH,)}} | changes
        return cls(**changes)

    @classmethod
    def passive(cls) -> CellModel:
        """Return a model with nothing but a leak."""
        return cls(regions={ALL: (PASSIVE,)})

    def mechanisms_of(self, swc_type: int) -> tuple[Mechanism, ...]:
        """Return what is inserted in sections of an SWC type."""
        return self.regions.get(region_of(swc_type), ()) + self.regions.get(ALL, ())

    # ------------------------------------------------------------------------------------- JSON

    def to_json(self) -> str:
        """Return this model as JSON text."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, data: str | Mapping[str, Any]) -> CellModel:
        """Return the model in JSON text, or in its mapping; missing entries get their defaults.

        Raises
        ------
        ProtocolError
            Naming the entry that is unknown or wrong.
        """
        if isinstance(data, str):
            try:
                data = json.loads(data)
            except json.JSONDecodeError as error:
                raise ProtocolError(
                    f"The cell model is not JSON: {error}.", code="bad-json"
                ) from error
        values = known_entries(cls, data)
        if "regions" in values:
            regions = checked_entries("CellModel.regions", values["regions"])
            values["regions"] = {
                key: parse_list(Mechanism, f"regions[{key!r}]", v) for key, v in regions.items()
            }
        if "stimuli" in values:
            values["stimuli"] = tuple(
                parse_clamp(each) for each in checked_list("stimuli", values["stimuli"])
            )
        if "recordings" in values:
            values["recordings"] = parse_list(Target, "recordings", values["recordings"])
        return cls(**values)

    # ---------------------------------------------------------------------------- on a morphology

    def segment_counts(
        self, morphology: Morphology
    ) -> tuple[NDArray[np.int64], tuple[Finding, ...]]:
        """Return nseg of every section by the d_lambda rule, and a finding if it was limited.

        A cell that would have more than `MAX_SEGMENTS` (its file is usually in nm) gets fewer.
        """
        wanted = self._counts(morphology, 1.0)
        counts, coarser = np.minimum(wanted, _MAX_NSEG), 1.0
        for _ in range(8):
            if counts.sum() <= max(MAX_SEGMENTS, len(counts)):
                break
            coarser *= 1.1 * float(counts.sum()) / MAX_SEGMENTS
            counts = np.minimum(self._counts(morphology, coarser), _MAX_NSEG)
        if (counts >= wanted).all():
            return counts, ()
        message = (
            f"The d_lambda rule gives {grouped(wanted.sum())} segments, more than can be simulated live; "
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
        """Return the index of the section that `target` refers to on `morphology`."""
        of_region = [
            i
            for i, section in enumerate(morphology.sections)
            if target.region in (ALL, region_of(section.swc_type))
        ]
        if not morphology.sections:
            raise SimulatorError(
                f"{morphology.name} has no sections to put an electrode in.", code="no-sections"
            )
        return of_region[min(target.section, len(of_region) - 1)] if of_region else 0

    def segment_of(
        self, target: Target, morphology: Morphology, geometry: MorphologyGeometry
    ) -> int:
        """Return the index of the segment that `target` refers to."""
        of_section = np.flatnonzero(geometry.section_index == self.section_of(target, morphology))
        n = len(of_section)
        return int(of_section[min(n - 1, int(target.x * n))])
