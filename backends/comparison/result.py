"""`Comparison`: one experiment on two simulators, its differences and its summary.

`backends.comparison.run.compare` returns it, `somascope compare` prints it and the comparison window
shows it. The numbers are computed in `backends.comparison.metrics`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from backends.batch.run import StimulusFacts
from backends.comparison import metrics
from backends.comparison.metrics import (
    SPIKE_THRESHOLD_MV,
    UPSTROKE_MARGIN_MS,
    FloatArray,
    MaxDifference,
    Spikes,
)
from backends.errors import ProtocolError
from backends.field import checked_array
from backends.morphology.swc_types import type_word
from backends.scene import MorphologyGeometry
from backends.text import grouped

ROUNDING_MV = 1e-5
"""The difference that two voltages may have only because they are stored as float32."""
_ROUNDING_MS = 1e-4
_SAME_AREA = 1e-6  # relative: below the precision of float32 coordinates


@dataclass(frozen=True, slots=True)
class SideFacts:
    """One side of a comparison, with the simulator's own numbers.

    Attributes
    ----------
    backend : str
        ``"NEURON"``, ``"Jaxley"``.
    simulator : str
        Version and precision: ``"NEURON 9.0.1, float64"``.
    segments : mapping of int to int
        Segments (compartments) by SWC type.
    areas_um2 : mapping of int to float
        Membrane area that the simulator uses, by SWC type, µm².
    build_s, run_s : float
        Wall time from the start of the process to the built (compiled) model, and of the steps, s. Both
        sides ran at the same time.
    """

    backend: str
    simulator: str
    segments: Mapping[int, int]
    areas_um2: Mapping[int, float]
    build_s: float
    run_s: float

    @property
    def n_segments(self) -> int:
        """All segments."""
        return sum(self.segments.values())

    @property
    def area_um2(self) -> float:
        """The complete membrane, µm²."""
        return sum(self.areas_um2.values())


@dataclass(frozen=True, eq=False)
class Comparison:
    """The voltages of one cell in one experiment on two simulators.

    Attributes
    ----------
    title : str
        The cell's.
    geometry : MorphologyGeometry
        The same for both sides.
    times : ndarray, shape (n,)
        ms, from 0 on, equally spaced.
    left, right : ndarray, shape (n, n_segments), float32
        mV.
    sides : (SideFacts, SideFacts)
        Of the left and the right side.
    duration_ms, dt_ms, sample_ms : float
        What was simulated, the step, and the interval between samples.
    stimuli : tuple of StimulusFacts
    settings : mapping of str to str
        What was set for the comparison, and anything else that a reader should know, in order:
        ``{"NEURON's HH rate table": "off"}``.
    default_segments : tuple of str
        Ids to overlay first: the recorded ones or the soma, then the most distant tip.
    left_name, right_name : str
    """

    title: str
    geometry: MorphologyGeometry
    times: FloatArray
    left: NDArray[np.float32]
    right: NDArray[np.float32]
    sides: tuple[SideFacts, SideFacts]
    duration_ms: float
    dt_ms: float
    sample_ms: float
    stimuli: tuple[StimulusFacts, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    default_segments: tuple[str, ...] = ()
    left_name: str = "NEURON"
    right_name: str = "Jaxley"

    def __post_init__(self) -> None:
        times = checked_array("Comparison.times", self.times, shape=(None,), dtype=np.float64)
        shape = (len(times), self.geometry.n_segments)
        if not all(shape):
            raise ProtocolError(
                f"Comparison: {shape[0]} samples of {shape[1]} segments cannot be compared",
                code="no-samples",
            )
        object.__setattr__(self, "times", times)
        for name in ("left", "right"):
            where = f"Comparison.{name}"
            values = checked_array(where, getattr(self, name), shape=shape, dtype=np.float32)
            object.__setattr__(self, name, values)

    # -------------------------------------------------------------------------------- the numbers

    def difference(self) -> NDArray[np.float32]:
        """Return left minus right, mV, shape (n, n_segments)."""
        difference: NDArray[np.float32] = self.left - self.right
        return difference

    def worst(self) -> MaxDifference:
        """Return where the sides are furthest apart: segment, sample, left minus right in mV."""
        return self._worst

    def worst_away_from_upstrokes(self) -> MaxDifference:
        """Return the same without samples near an upstroke (`UPSTROKE_MARGIN_MS`) in their segment."""
        return self._worst_away

    def max_by_segment(self) -> FloatArray:
        """Return the largest |left - right| of each segment, mV, shape (n_segments,)."""
        return metrics.max_by_segment(self.left, self.right)

    def rms_by_segment(self) -> FloatArray:
        """Return the root mean square over time of each segment's difference, mV, (n_segments,)."""
        return self._rms_by_segment

    @cached_property
    def _worst(self) -> MaxDifference:
        return metrics.worst(self.left, self.right)

    @cached_property
    def _worst_away(self) -> MaxDifference:
        return metrics.worst_away_from_upstrokes(self.times, self.left, self.right)

    @cached_property
    def _rms_by_segment(self) -> FloatArray:
        return metrics.rms_by_segment(self.left, self.right)

    def rms(self) -> float:
        """Return the root mean square of all differences, mV; every segment counts the same."""
        return float(np.sqrt(np.mean(self.rms_by_segment() ** 2)))

    def spikes(self, segment: int, threshold_mv: float = SPIKE_THRESHOLD_MV) -> Spikes:
        """Return the upstrokes of a segment on either side, ms."""
        return Spikes(
            metrics.upstrokes(self.times, self.left[:, segment], threshold_mv),
            metrics.upstrokes(self.times, self.right[:, segment], threshold_mv),
        )

    # ---------------------------------------------------------------------------------- as text

    def summary(self) -> dict[str, str]:
        """Return the results as label to text with units, the most interesting first."""
        return {
            label: text for rows in self.summary_groups().values() for label, text in rows.items()
        }

    def summary_groups(self) -> dict[str, dict[str, str]]:
        """Return the same under headings."""
        return {
            "Experiment": self._experiment_rows(),
            "Agreement": self._agreement_rows(),
            "Membrane": self._membrane_rows(),
            "Wall time": self._wall_rows(),
        }

    def _experiment_rows(self) -> dict[str, str]:
        rows = {
            "Cell": f"{self.title}, {_count(self.geometry.n_segments, 'segment')}",
            "Simulated": f"{self.duration_ms:g} ms, dt {self.dt_ms:g} ms, "
            f"a sample every {self.sample_ms:g} ms",
        }
        for i, stimulus in enumerate(self.stimuli, 1):
            rows["Stimulus" if len(self.stimuli) == 1 else f"Stimulus {i}"] = stimulus.text
        for name, side in zip((self.left_name, self.right_name), self.sides, strict=True):
            rows[name] = side.simulator
        return rows | dict(self.settings)

    def _agreement_rows(self) -> dict[str, str]:
        away = self.worst_away_from_upstrokes()
        rows = {
            "Max |ΔV|": self._described(self.worst()),
            f"Max |ΔV| beyond {UPSTROKE_MARGIN_MS:g} ms of upstrokes": "no sample is left"
            if math.isnan(away.value)
            else self._described(away),
            "Rms ΔV": f"{_size(self.rms())} mV",
        }
        for segment_id in self.default_segments:
            spikes = self.spikes(self.geometry.index_of(segment_id))
            rows[f"Spikes in {segment_id}"] = self._described_spikes(spikes)
        return rows

    def _described(self, worst: MaxDifference) -> str:
        if abs(worst.value) < ROUNDING_MV:
            return f"{_size(worst.value)} mV everywhere"
        where = self.geometry.segment_ids[worst.segment]
        return f"{_size(worst.value)} mV in {where} at {self.times[worst.sample]:g} ms"

    def _described_spikes(self, spikes: Spikes) -> str:
        n_left, n_right = len(spikes.left), len(spikes.right)
        if not n_left and not n_right:
            return "none on either side"
        counts = str(n_left)
        if n_left != n_right:
            counts = f"{n_left} on {self.left_name}, {n_right} on {self.right_name}"
        if not len(spikes.pairs):
            return counts
        most = abs(spikes.largest_difference)
        apart = (
            f"{most:.2g} ms at most" if most >= _ROUNDING_MS else f"less than {_ROUNDING_MS:g} ms"
        )
        return f"{counts}; times differ by {apart}"

    def _membrane_rows(self) -> dict[str, str]:
        left, right = self.sides
        rows: dict[str, str] = {}
        for type_ in sorted({*left.segments, *right.segments}):
            texts = [_membrane(side, type_) for side in self.sides]
            areas = [side.areas_um2.get(type_, 0.0) for side in self.sides]
            counts = [side.segments.get(type_, 0) for side in self.sides]
            same = counts[0] == counts[1] and math.isclose(*areas, rel_tol=_SAME_AREA)
            text = f"{texts[0]}, the same on both"
            if not same:
                text = f"{texts[0]} on {self.left_name}, {texts[1]} on {self.right_name}"
            rows[f"Membrane, {type_word(type_)}"] = text
        return rows

    def _wall_rows(self) -> dict[str, str]:
        names = (self.left_name, self.right_name)
        return {
            f"Wall time, {name}": f"{side.build_s:.2f} s to build, {side.run_s:.2f} s to run"
            for name, side in zip(names, self.sides, strict=True)
        }

    def to_json(self) -> str:
        """Return the experiment and the numbers as JSON text; differences in mV, times in ms."""
        worst, away = self.worst(), self.worst_away_from_upstrokes()
        document = {
            "title": self.title,
            "duration_ms": self.duration_ms,
            "dt_ms": self.dt_ms,
            "sample_ms": self.sample_ms,
            "stimuli": [asdict(each) for each in self.stimuli],
            "settings": dict(self.settings),
            "left": self.left_name,
            "right": self.right_name,
            "sides": [_side_entries(side) for side in self.sides],
            "max_abs_difference": self._entries(worst),
            "max_abs_difference_away_from_upstrokes": self._entries(away)
            | {"margin_ms": UPSTROKE_MARGIN_MS, "threshold_mv": SPIKE_THRESHOLD_MV},
            "rms_difference_mv": self.rms(),
            "spikes": {
                id_: _spike_entries(self.spikes(self.geometry.index_of(id_)))
                for id_ in self.default_segments
            },
            "max_abs_difference_mv_by_segment": dict(
                zip(self.geometry.segment_ids, self.max_by_segment().tolist(), strict=True)
            ),
        }
        return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)

    def _entries(self, worst: MaxDifference) -> dict[str, object]:
        if math.isnan(worst.value):
            return {"value_mv": None, "segment": None, "time_ms": None}
        return {
            "value_mv": worst.value,
            "segment": self.geometry.segment_ids[worst.segment],
            "time_ms": float(self.times[worst.sample]),
        }


def default_segments(geometry: MorphologyGeometry, recorded: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids to overlay first: those recorded, or the soma (the root), and the furthest tip."""
    first = recorded
    if not first:
        somas = np.flatnonzero(geometry.swc_type == 1)
        first = (geometry.segment_ids[int(somas[len(somas) // 2]) if len(somas) else 0],)
    tip = geometry.segment_ids[int(geometry.path_distance.argmax())]
    return tuple(dict.fromkeys((*first, tip)))


def _membrane(side: SideFacts, type_: int) -> str:
    segments, area = side.segments.get(type_, 0), side.areas_um2.get(type_, 0.0)
    return f"{_count(segments, 'segment')}, {grouped(round(area, 1))} µm²"


def _count(n: int, noun: str) -> str:
    return f"{grouped(n)} {noun}{'' if n == 1 else 's'}"


def _size(difference_mv: float) -> str:
    """Return the size of a difference as text; "less than …" below the rounding of float32."""
    size = abs(difference_mv)
    return f"{size:.3g}" if size >= ROUNDING_MV else f"less than {ROUNDING_MV:.5f}"


def _side_entries(side: SideFacts) -> dict[str, object]:
    return {
        "backend": side.backend,
        "simulator": side.simulator,
        "build_s": side.build_s,
        "run_s": side.run_s,
        "membrane": {
            type_word(type_): {"segments": n, "area_um2": side.areas_um2[type_]}
            for type_, n in side.segments.items()
        },
    }


def _spike_entries(spikes: Spikes) -> dict[str, object]:
    return {
        "left_ms": spikes.left.tolist(),
        "right_ms": spikes.right.tolist(),
        "differences_ms": spikes.differences.tolist(),
        "unpaired": list(spikes.unpaired),
    }
