"""`NeuronSpikes`: spikes of places of a model, recorded by NEURON's own NetCons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backends.errors import RequestError
from backends.live.hook_checks import short_repr
from backends.live.views.spikes import Events, SpikeSource

_NETCON = "NetCon"


def is_netcon(place: Any) -> bool:
    """Whether a place is a NetCon."""
    return type(place).__name__ == _NETCON or str(place).startswith(f"{_NETCON}[")


class NeuronSpikes:
    """One NetCon a source, which records into one pair of vectors.

    A source that the model itself records into a vector of its own is read from there.

    Parameters
    ----------
    h : HocObject
    sources : sequence of SpikeSource
    segments : mapping of int to nrn.Segment
        The segment of each source that is no NetCon, by its row.
    """

    def __init__(self, h: Any, sources: Sequence[SpikeSource], segments: Mapping[int, Any]) -> None:
        self._times, self._rows = h.Vector(), h.Vector()
        self._netcons: list[Any] = []
        self._own: dict[int, Any] = {}  # vectors of the model, by row
        self._read: dict[int, int] = {}
        self._again: list[
            tuple[int, int]
        ] = []  # a row whose source is that of a row before it, and this one
        for row, source in enumerate(sources):
            netcon = source.place
            if row in segments:
                segment = segments[row]
                netcon = h.NetCon(segment._ref_v, None, sec=segment.sec)
            self._set_threshold(netcon, source)
            own = netcon.get_recordvec()
            if own is None:
                netcon.record(self._times, self._rows, row)
            elif own == self._times:
                self._again.append((row, self._row_of(netcon)))
            else:
                self._own[row], self._read[row] = own, 0
            self._netcons.append(netcon)
        names = [str(vector) for vector in self._own.values()]
        if len(set(names)) < len(names):
            raise RequestError(
                "the model records the spikes of several of these places into one vector; give each its own, or "
                "leave the recording to spike_sources.",
                code="already-recorded",
            )

    def _row_of(self, netcon: Any) -> int:
        """Return the first row with the same source."""
        place = netcon.preseg() or netcon.pre()
        return next(
            row for row, each in enumerate(self._netcons) if (each.preseg() or each.pre()) == place
        )

    @staticmethod
    def _set_threshold(netcon: Any, source: SpikeSource) -> None:
        if source.threshold is None or netcon.threshold == source.threshold:
            return
        others = int(netcon.prelist().count()) - 1
        if others > 0:
            raise RequestError(
                f"{others} NetCons of the model from {netcon.preseg()} have the threshold {netcon.threshold:g} mV, "
                f"which {source.threshold:g} mV would change for them too; leave it out.",
                code="shared-threshold",
            )
        netcon.threshold = source.threshold

    def restart(self) -> None:
        """Do nothing but read from the start: NEURON empties the vectors when it initializes."""
        self._read = dict.fromkeys(self._read, 0)

    def drain(self) -> Events:
        """Return the spikes since the last call: rows (n,) and times (n,) in ms."""
        rows = [np.asarray(self._rows.as_numpy(), np.int32).copy()] if self._rows.size() else []
        times = [self._times.as_numpy().copy()] if self._rows.size() else []
        self._times.resize(0)
        self._rows.resize(0)
        for row, first in self._again if rows else ():
            found = times[0][rows[0] == first]
            times.append(found)
            rows.append(np.full(len(found), row, np.int32))
        for row, vector in self._own.items():
            n = int(vector.size())
            begin = min(self._read[row], n)  # the model may have emptied it
            if n > begin:
                times.append(vector.as_numpy()[begin:].copy())
                rows.append(np.full(n - begin, row, np.int32))
            self._read[row] = n
        if not rows:
            return np.zeros(0, np.int32), np.zeros(0)
        return np.concatenate(rows), np.concatenate(times)


def source_segment(place: Any) -> Any:
    """Return the segment of a section, a segment, or a NetCon's source; None for an artificial cell.

    Raises
    ------
    RequestError
        If it is none of these.
    """
    if is_netcon(place):
        return place.preseg()
    if hasattr(place, "allseg"):
        return place(0.5)
    if hasattr(place, "sec"):
        return place
    raise RequestError(
        f"{short_repr(place)} is no section, segment or NetCon of this model.", code="bad-place"
    )
