"""`Recorder`: a reference that NEURON records at every step, and the memory that it fills."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_CAPACITY = 4096  # samples: those of most batches


class Recorder:
    """One `Vector.record`, whose samples are read without making an array of the vector each time.

    Parameters
    ----------
    h : HocObject
    reference : HocObject
        ``soma(0.5)._ref_v``.
    """

    def __init__(self, h: Any, reference: Any) -> None:
        self.reference = reference
        self.vector = h.Vector(_CAPACITY)
        self._memory: NDArray[np.float64] = self.vector.as_numpy()
        self._capacity = self.vector.buffer_size()
        self.vector.resize(0)
        self.vector.record(reference)

    @property
    def size(self) -> int:
        """How many samples there are."""
        return int(self.vector.size())

    def samples(self, n: int) -> NDArray[np.float64]:
        """Return the first `n` samples, which there must be: NEURON's own memory, valid until the next step."""
        if n > len(self._memory) or self.vector.buffer_size() != self._capacity:
            self._memory = self.vector.as_numpy()  # it has moved
            self._capacity = self.vector.buffer_size()
        return self._memory[:n]

    def append(self) -> None:
        """Add the present value, where NEURON does not."""
        self.vector.append(self.reference[0])

    def clear(self) -> None:
        """Drop the samples."""
        self.vector.resize(0)
