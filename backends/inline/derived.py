"""`Derived`: values computed from recorded ones, a batch of new samples at a time."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from backends.errors import ProtocolError

FloatArray = NDArray[np.float64]


class Derived:
    """One function of an author's over recorded samples; see `InlineView.derive`.

    Attributes
    ----------
    names : tuple of str
        The traces that it gives: one.
    """

    def __init__(
        self,
        title: str,
        function: Callable[..., Any],
        rows: tuple[str, ...],
        name: str,
        unit: str | None,
        window_ms: float | None,
    ) -> None:
        if not callable(function):
            raise ProtocolError(
                f"{title}: derive needs a function, not {function!r}", code="bad-callback"
            )
        if not rows:
            raise ProtocolError(f"{title}: over= names no trace", code="no-traces")
        if window_ms is not None and not window_ms > 0:
            raise ProtocolError(
                f"{title}: window must be > 0 ms, not {window_ms!r}", code="bad-number"
            )
        self.title, self.name, self.unit = title, name, unit
        self.names = (name,)
        self.rows = rows
        self._function = function
        self._window_ms = window_ms
        self._takes_times = "t" in _parameters(function)
        self._kept: tuple[FloatArray, FloatArray] = (np.empty(0), np.empty((len(rows), 0)))

    def restart(self) -> None:
        """Forget the samples before t = 0."""
        self._kept = (np.empty(0), np.empty((len(self.rows), 0)))

    def feed(
        self, times: FloatArray, values: Mapping[str, FloatArray], interval_ms: float
    ) -> tuple[FloatArray, FloatArray]:
        """Return the new samples: times (n,) ms, values (n,).

        Parameters
        ----------
        times : ndarray, shape (n,)
            ms, of the new samples.
        values : mapping of str to ndarray, shape (n,)
        interval_ms : float
            Between two samples.

        Raises
        ------
        ProtocolError
            ``bad-shape``: the function returned something else.
        """
        block = np.array([values[name] for name in self.rows])
        if self._window_ms is not None:
            times, block = self._windows(times, block, max(1, round(self._window_ms / interval_ms)))
        if not len(times):
            return np.empty(0), np.empty(0)
        arguments = {"t": times} if self._takes_times else {}
        found = self._function(*block, **arguments)
        result = np.asarray(found, np.float64)
        if result.shape != times.shape:
            raise ProtocolError(
                f"{self.title}: the function returned an array of shape {result.shape} for {len(times)} "
                f"new samples; return one value for each, shape {times.shape}",
                code="bad-shape",
            )
        return times, result

    def _windows(
        self, times: FloatArray, block: FloatArray, width: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return times (n,) and windows (rows, n, width) that end at each new sample and are full."""
        kept_times, kept = self._kept
        times, block = np.concatenate([kept_times, times]), np.concatenate([kept, block], axis=1)
        n_kept = min(width - 1, len(times))
        self._kept = times[len(times) - n_kept :], block[:, len(times) - n_kept :]
        if len(times) < width:
            return np.empty(0), block[:, :0]
        return times[width - 1 :], sliding_window_view(block, width, axis=1)


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()


class PendingSamples:
    """Samples of several traces that come one trace at a time, until there are some of each.

    Parameters
    ----------
    names : sequence of str
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._samples = {name: (np.empty(0), np.empty(0)) for name in names}

    def begin(self, name: str, times: FloatArray, values: FloatArray) -> None:
        """Replace the samples of a trace; another name is ignored."""
        if name in self._samples:
            self._samples[name] = times, values

    def add(self, name: str, times: FloatArray, values: FloatArray) -> None:
        """Add new samples of a trace; another name is ignored."""
        if name in self._samples:
            before = self._samples[name]
            self._samples[name] = (
                np.concatenate([before[0], times]),
                np.concatenate([before[1], values]),
            )

    def take(self) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return and remove what there is of all traces: times (n,) ms, and values (n,) by name."""
        n = min((len(times) for times, _ in self._samples.values()), default=0)
        taken = {name: values[:n] for name, (_, values) in self._samples.items()}
        times = next((times[:n] for times, _ in self._samples.values()), np.empty(0))
        self._samples = {name: (t[n:], v[n:]) for name, (t, v) in self._samples.items()}
        return times, taken
