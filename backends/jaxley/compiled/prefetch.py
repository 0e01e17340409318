"""The next steps, begun before they are asked for: the model steps on while the last ones are told. No JAX.

Theory. A call of the compiled program returns at once and computes in a thread of XLA's. Between two
batches that thread would wait for Python: the history is filled, a frame and the traces are sent. In a
steady run the next call is known beforehand, since nothing in it is anybody's choice but its length; so
it is begun early, and its outcome taken if the call that is then asked for is the same in every argument.
If it is not (a slider was moved, the run ended), it is dropped: states are values, nothing was changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.jaxley.compiled.program import BatchOutcome, Program
from backends.jaxley.compiled.tables import Arrays

_PAUSE_AFTER_A_MISS = 8


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a program, not made yet; see `Program.__call__` for what it is given."""

    program: Program
    states: Arrays
    params: Arrays
    places: Arrays
    windows: Arrays
    rows: int
    every: int
    watched: NDArray[np.int32]
    which: int
    extra: Any
    dt: float

    def run(self) -> BatchOutcome:
        """Make it; what it returns is still being computed."""
        return self.program(
            self.states,
            self.params,
            self.places,
            self.windows,
            self.rows,
            self.every,
            self.watched,
            self.which,
            self.extra,
            self.dt,
        )

    def is_same(self, other: Call) -> bool:
        """Return whether another call would have the same outcome to the last bit."""
        return (
            self.program is other.program
            and (self.rows, self.every, self.which) == (other.rows, other.every, other.which)
            and self.dt == other.dt
            and self.watched is other.watched
            and self.extra is other.extra
            and _same_objects(self.states, other.states)
            and _same_objects(self.params, other.params)
            and _same_values(self.places, other.places)
            and _same_values(self.windows, other.windows)
        )


class Prefetcher:
    """Holds at most one call that was made early, with its outcome."""

    def __init__(self) -> None:
        self._begun: tuple[Call, BatchOutcome] | None = None
        self._size = 0, 0
        self._pause = 0

    def outcome(self, call: Call) -> BatchOutcome:
        """Return the outcome of a call: that of the one begun, if it is the same."""
        begun, self._begun = self._begun, None
        if begun is None:
            return call.run()
        if begun[0].is_same(call):
            return begun[1]
        self._pause = _PAUSE_AFTER_A_MISS
        return call.run()

    def is_repeating(self, rows: int, every: int) -> bool:
        """Return whether the call after this one, of so many rows, is likely to be as long."""
        is_steady = self._size == (rows, every) and not self._pause
        self._size = rows, every
        self._pause = max(0, self._pause - 1)
        return is_steady

    def begin(self, call: Call) -> None:
        """Make a call that nobody asked for yet."""
        self._begun = call, call.run()

    def drop(self) -> None:
        """Drop what was begun."""
        self._begun = None


def _same_objects(some: Arrays, others: Arrays) -> bool:
    return some.keys() == others.keys() and all(some[name] is others[name] for name in some)


def _same_values(some: Arrays, others: Arrays) -> bool:
    return some.keys() == others.keys() and all(
        np.array_equal(some[name], others[name]) for name in some
    )
