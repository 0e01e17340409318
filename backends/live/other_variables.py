"""`OtherVariables`: samples of what the cell is coloured by, where that is not the variable of the traces.

A trace keeps the variable that it was made with. The first variable, usually the voltage, is sampled by the
stepper itself into the session's `TraceHistory`, whatever is shown. Another one has a history of its own from
the moment when the cell is coloured by it, for as long as it is shown or has a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from backends.live.history import HistoryCaptureMode, TraceHistory
from backends.live.stepper import Stepper


class OtherVariables:
    """The histories of variables other than the first.

    Parameters
    ----------
    make_history : callable
        Returns an empty history for all segments.

    Attributes
    ----------
    shown : str
        The one that the cell is coloured by, "" for the first variable.
    """

    def __init__(self, make_history: Callable[[], TraceHistory]) -> None:
        self._make_history = make_history
        self._histories: dict[str, TraceHistory] = {}
        self.shown = ""

    def show(self, name: str, stepper: Stepper) -> None:
        """Keep a history of a variable ("" for the first) from now on, and drop those without a trace."""
        self.shown = name
        if name:
            self.begin(name, stepper)
        self._drop_unused()

    def begin(self, name: str, stepper: Stepper) -> TraceHistory:
        """Return the history of a variable; a new one begins with the present values."""
        if name not in self._histories:
            history = self._histories[name] = self._make_history()
            self._sample(name, history, stepper)
        return self._histories[name]

    def history_of(self, name: str) -> TraceHistory:
        """Return the history of a variable that is shown or has a trace; KeyError for another."""
        return self._histories[name]

    def captured(self) -> Iterator[tuple[str, TraceHistory]]:
        """Return the variables that have a trace, with their histories."""
        return iter([each for each in self._histories.items() if each[1].captured])

    @property
    def is_active(self) -> bool:
        """Whether any of them is to be sampled."""
        return any(history.is_active for history in self._histories.values())

    @property
    def sampled(self) -> dict[str, Sequence[int] | None]:
        """The segments to be sampled of each variable; None is all of them."""
        histories = self._histories.items()
        return {name: history.watched for name, history in histories if history.is_active}

    def store(self, times: NDArray[np.float64], values: Sequence[NDArray[np.float32]]) -> None:
        """Store samples of the `sampled` variables: times (n,) in ms, values (n, n_segments) of each."""
        for name, rows in zip(self.sampled, values, strict=True):
            self._histories[name].store(times, rows)

    def sample(self, stepper: Stepper) -> None:
        """Store the present values of every variable."""
        for name, history in self._histories.items():
            self._sample(name, history, stepper)

    @staticmethod
    def _sample(name: str, history: TraceHistory, stepper: Stepper) -> None:
        if not history.is_active:
            return
        values = stepper.read_variable(name)
        times, room = history.reserve(1)
        times[0] = stepper.t
        is_full = history.mode is HistoryCaptureMode.FULL
        room[0] = values if is_full else values[np.asarray(history.captured, np.intp)]
        history.commit(1)

    def release(self, name: str, segment: int) -> bool:
        """Stop the trace of a variable at a segment; return whether there was one."""
        history = self._histories.get(name)
        if history is None or segment not in history.captured:
            return False
        history.release(segment)
        self._drop_unused()
        return True

    def clear(self) -> None:
        """Remove every sample; the traces stay chosen."""
        for history in self._histories.values():
            history.clear()

    def drain(self) -> None:
        """Forget which samples are new."""
        for history in self._histories.values():
            history.drain()

    def _drop_unused(self) -> None:
        self._histories = {
            name: history
            for name, history in self._histories.items()
            if name == self.shown or history.captured
        }
