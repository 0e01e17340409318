"""`MockStepper`: a passive unbranched cable with a current into its first segment, by backward Euler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.live.nonfinite import first_nonfinite
from backends.live.stepper import FloatArray, NonFiniteValue, Together
from backends.scene import VOLTAGE, DisplayVariable, MorphologyGeometry

VARIABLES = (
    VOLTAGE,
    DisplayVariable("i_pas", "Leak current", "nA", (-0.1, 0.1)),
)
REST_MV = -65.0
_CAPACITANCE = 1e-5  # nF/µm²: 1 µF/cm²
_LEAK = 1e-6  # µS/µm²: 1e-4 S/cm², so that the time constant is 10 ms
_RA = 1.0  # MΩ µm: 100 Ω cm


class MockStepper:
    """The model and its clock; the methods are those of `Stepper`, which documents them.

    With µm, mV, ms and nA, conductances are in µS and capacitances in nF, and no factor is left.

    Attributes
    ----------
    amp : float
        Current into the soma, nA.
    """

    def __init__(self, geometry: MorphologyGeometry) -> None:
        self.dt = 0.1
        self.amp = 0.0
        self.t = 0.0
        n = geometry.n_segments
        self.present = np.ones(n, bool)  # every segment has every variable
        area = np.asarray(geometry.area, np.float64)
        self._capacitance = _CAPACITANCE * area
        self._leak = _LEAK * area
        self._conductance = np.diag(self._leak) + _axial(geometry)
        self._v: FloatArray = np.full(n, REST_MV)
        self._shown = self._traced = "v"
        self._watched: Sequence[int] | slice = slice(None)
        self._matrix_dt = 0.0
        self._step_matrix: FloatArray = np.empty((0, 0))
        self._steps, self._t_start = 0, 0.0

    def reset(self, v_init: float | None) -> None:
        """Go back to t = 0 at `v_init`, mV; None: at rest."""
        self._v[:] = REST_MV if v_init is None else v_init
        self.t = self._t_start = 0.0
        self._steps = 0

    def step(self, n: int) -> None:
        """Take `n` steps."""
        if self._matrix_dt != self.dt:
            self._matrix_dt, self._t_start, self._steps = self.dt, self.t, 0
            matrix = np.diag(self._capacitance / self.dt) + self._conductance
            self._step_matrix = np.linalg.inv(matrix).astype(np.float64)
        current = self._leak * REST_MV
        current[0] += self.amp
        for _ in range(n):
            self._v = self._step_matrix @ (self._capacitance / self.dt * self._v + current)
        self._steps += n
        self.t = self._t_start + self._steps * self.dt  # counted: a sum of dt would drift

    def sample(self, every: int, times: FloatArray, values: NDArray[np.float32]) -> int:
        """Fill a row after each `every` steps (0: the present values); return how many."""
        for row in range(len(times)):
            self.step(every)
            times[row], values[row] = self.t, self.read_variable(self._traced)[self._watched]
        return len(times)

    def sample_together(
        self, every: int, n: int, variables: Mapping[str, Sequence[int] | None], *, watched: bool
    ) -> Together | None:
        """Return None: other variables are read between two samples."""
        return None

    def watch(self, segments: Sequence[int] | None) -> None:
        """Choose the segments that `sample` reads; None is all."""
        self._watched = slice(None) if segments is None else list(segments)

    def trace(self, variable: str) -> None:
        """Choose the variable that `sample` reads."""
        self._traced = variable

    def show(self, variable: str) -> None:
        """Choose the variable that `read` returns."""
        self._shown = variable

    def read(self) -> FloatArray:
        """Return the shown variable of every segment."""
        return self.read_variable(self._shown)

    def read_variable(self, variable: str) -> FloatArray:
        """Return a variable of every segment."""
        return self._v if variable == "v" else self._leak * (self._v - REST_MV)

    def fault(self, frame: NDArray[np.floating[Any]]) -> NonFiniteValue | None:
        """Return the first value that is not a number, or None."""
        return first_nonfinite(frame, self.present, self.t, self._shown)

    def close(self) -> None:
        """Nothing to release: a simulator would free its model here."""


def _axial(geometry: MorphologyGeometry) -> FloatArray:
    """Return the matrix of conductances (µS) between each segment and the one before it."""
    half = _RA * geometry.length / 2 / (np.pi * (geometry.diameter / 2) ** 2)  # MΩ to the middle
    matrix = np.zeros((geometry.n_segments, geometry.n_segments))
    for child, parent in enumerate(geometry.parent_segment):
        if parent >= 0:
            g = 1 / (half[child] + half[parent])
            matrix[[child, parent], [child, parent]] += g
            matrix[[child, parent], [parent, child]] -= g
    return matrix
