"""Inputs of a Jaxley model: current steps, stimuli and clamps, as windows of steps. No JAX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backends.jaxley.compiled.program import WINDOW_STEPS

FloatArray = NDArray[np.float64]


@dataclass
class CurrentStep:
    """A current step at one compartment; changes take effect in the running model.

    Attributes
    ----------
    node : int
        Index of the compartment in the module's solver.
    delay, dur : float
        ms.
    amp : float
        nA.
    """

    node: int
    delay: float
    dur: float
    amp: float


@dataclass(frozen=True)
class SampledInput:
    """An external input as Jaxley stores it: a value for each step since the last reset.

    Attributes
    ----------
    nodes : ndarray, shape (n,), int
    values : ndarray, shape (n, n_steps)
        nA for ``"i"``, else the unit of the clamped state.
    """

    nodes: NDArray[np.int64]
    values: FloatArray


class StepClock:
    """NEURON's clock: the sum of all half steps since t = 0, with its rounding.

    NEURON compares the edges of a current with the middle of each step on this clock, so an edge that is
    at a middle is on one side or the other by the rounding of the sum.
    """

    _MOST = 8  # times that are remembered, so that a window need not be summed from t = 0

    def __init__(self) -> None:
        self._times = {0: 0.0}

    def reset(self) -> None:
        """Go back to t = 0."""
        self._times = {0: 0.0}

    def end_dt(self, n_done: int, dt: float) -> None:
        """Note that `n_done` steps are taken and the later ones have another dt than `dt` (ms)."""
        self.middles(n_done, dt, 0)
        self._times = {n_done: self._times[n_done]}

    def middles(self, n_done: int, dt: float, n: int) -> FloatArray:
        """Return the times in the middle of the `n` steps of `dt` after the first `n_done` ones, ms."""
        known = max(each for each in self._times if each <= n_done)
        halves = np.full(2 * (n_done - known + n) + 1, dt / 2)
        halves[0] = self._times[known]
        times: FloatArray = np.add.accumulate(halves)
        begin = 2 * (n_done - known)
        self._times[n_done] = float(times[begin])
        while len(self._times) > self._MOST:
            del self._times[sorted(self._times)[1]]
        return times[begin + 1 :: 2]


class Inputs:
    """All inputs of the model, as windows of the next steps.

    Attributes
    ----------
    steps : list of CurrentStep
    sampled : dict of str to SampledInput
        By the state that it acts on; ``"i"`` is an injected current.
    clock : StepClock
    """

    def __init__(self, beyond: int) -> None:
        self.steps: list[CurrentStep] = []
        self.sampled: dict[str, SampledInput] = {}
        self.clock = StepClock()
        self._beyond = beyond

    def slots_in_use(self) -> dict[str, int]:
        """Return the number of slots that each input needs."""
        counts = {name: len(each.nodes) for name, each in self.sampled.items()}
        return counts | {"i": counts.get("i", 0) + len(self.steps)}

    def places(self, slots: Sequence[tuple[str, int]]) -> dict[str, NDArray[np.int32]]:
        """Return the node of each slot; spare ones point where nothing happens."""
        found: dict[str, NDArray[np.int32]] = {}
        for name, n in slots:
            place = np.full(n, 0 if name == "i" else self._beyond, np.int32)
            known = self.sampled.get(name)
            nodes = [] if known is None else known.nodes.tolist()
            nodes += [each.node for each in self.steps] if name == "i" else []
            place[: len(nodes)] = nodes
            found[name] = place
        return found

    def windows(
        self, slots: Sequence[tuple[str, int]], n_done: int, dt: float, n: int
    ) -> dict[str, FloatArray]:
        """Return the values of each slot at the next `n` steps, (WINDOW_STEPS, n_slots).

        A current step is on in a step whose middle lies within it, as in NEURON.
        """
        found: dict[str, FloatArray] = {}
        for name, width in slots:
            window = np.zeros((WINDOW_STEPS, width))
            used = 0
            known = self.sampled.get(name)
            if known is not None:
                used = len(known.nodes)
                window[:n, :used] = _columns(known.values, n_done, n, holds=name != "i")
            if name == "i" and self.steps:
                middles = self.clock.middles(n_done, dt, n)
                for column, each in enumerate(self.steps, used):
                    on = (middles >= each.delay) & (middles < each.delay + each.dur)
                    window[:n, column] = np.where(on, each.amp, 0.0)
            found[name] = window
        return found


def _columns(values: FloatArray, first: int, n: int, *, holds: bool) -> FloatArray:
    """Return columns first … first + n, transposed; past the end 0, or the last value if it holds."""
    part = np.zeros((n, len(values)))
    there = values[:, first : first + n].T
    part[: len(there)] = there
    if holds and values.shape[1] and len(there) < n:
        part[len(there) :] = values[:, -1]
    return part
