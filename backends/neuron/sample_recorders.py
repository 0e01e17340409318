"""`SampleRecorders`: samples of a few segments, recorded by NEURON itself at every step of a slice.

Reading after each display_dt costs some calls of Python a sample, which is more than a small cell's steps take.
`Vector.record` costs some nanoseconds a segment and step, so it is used where segments times steps are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.neuron.recorder import Recorder

FloatArray = NDArray[np.float64]
Groups = tuple[tuple[str, tuple[int, ...]], ...]
"""Variables, each with the segments that are sampled of it."""

_LARGEST_MODEL = 300  # segments: its steps take so long that nothing is gained
_MOST_VALUES = 200  # a sample: beyond, reading the segments once a sample costs less


class SampleRecorders:
    """The recorders of the watched segments.

    Attributes
    ----------
    are_started : bool
        Whether NEURON fills them.
    """

    def __init__(self, h: Any) -> None:
        self._h = h
        self._clock: Recorder | None = None
        self._recorders: list[Recorder | None] = []  # None where a segment lacks the variable
        self._of: Groups = ()
        self.are_started = False

    @staticmethod
    def is_worth(n_segments: int, n_watched: int, every: int) -> bool:
        """Whether recording at every step of a model of `n_segments` costs less than reading after each `every`."""
        return n_segments <= _LARGEST_MODEL and 0 < n_watched * every <= _MOST_VALUES

    def has(self, groups: Groups) -> bool:
        """Whether these segments of these variables are recorded."""
        return self._clock is not None and self._of == groups

    def record(self, groups: Groups, references: Sequence[Any]) -> None:
        """Record the references of all groups, None where there is none, in the place of those until now."""
        h = self._h
        self._of = groups
        self._clock = Recorder(h, h._ref_t)
        self._recorders = [None if each is None else Recorder(h, each) for each in references]
        self.are_started = False

    def note_started(self) -> None:
        """Note that NEURON has collected all recorders."""
        self.are_started = self._clock is not None

    def clear(self) -> None:
        """Drop the samples."""
        if self._clock is not None:
            for recorder in (self._clock, *self._recorders):
                if recorder is not None:
                    recorder.clear()

    def take(self, every: int, times: FloatArray, values: NDArray[np.float32]) -> int:
        """Fill rows with the samples after `every` steps each, a column a reference; return how many there are."""
        assert self._clock is not None
        size = self._clock.size
        rows = slice(every - 1, size, every)
        clock = self._clock.samples(size)[rows]
        n = min(len(times), len(clock))
        times[:n] = clock[:n]
        for column, recorder in enumerate(self._recorders):
            values[:n, column] = np.nan if recorder is None else recorder.samples(size)[rows][:n]
        self.clear()
        return n

    def drop(self) -> None:
        """Record nothing."""
        if self._clock is not None:
            self._clock, self._recorders, self._of = None, [], ()
            self.are_started = False
