"""`Stepper`: what a simulator must be able to do to be driven live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from backends.live.nonfinite import NonFiniteValue as NonFiniteValue

FloatArray = NDArray[np.float64]
Together = tuple[FloatArray, list[NDArray[np.float32]]]
"""Times (n,) in ms, and values (n, n_segments) of each variable."""


class Stepper(Protocol):
    """A simulator with a built model, as `LiveSession` drives it.

    Attributes
    ----------
    dt : float
        Step, ms; the session sets it before each batch.
    """

    dt: float

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which segments have the variable shown, shape (n_segments,)."""

    @property
    def t(self) -> float:
        """Simulated time, ms."""

    def reset(self, v_init: float | None) -> None:
        """Go back to t = 0 with the present parameters, at `v_init` (mV); None: as the model itself has set it."""

    def step(self, n: int) -> None:
        """Take exactly `n` steps of dt."""

    def sample(self, every: int, times: FloatArray, values: NDArray[np.float32]) -> int:
        """Fill each row of `times` (n,) ms and `values` (n, n_watched) after `every` steps each.

        Returns
        -------
        int
            The rows filled; fewer than n where a non-finite value ended the run.
        """

    def sample_together(
        self, every: int, n: int, variables: Mapping[str, Sequence[int] | None], *, watched: bool
    ) -> Together | None:
        """Take `n` samples of several variables, `every` steps apart.

        Parameters
        ----------
        variables : mapping of str to sequence of int or None
            The segments of each; None is all of them.
        watched : bool
            Whether what `sample` reads comes first.

        Returns
        -------
        Together or None
            None, and no step taken, where variables must be read between two calls of `sample`.
        """

    def watch(self, segments: Sequence[int] | None) -> None:
        """Choose the segments that `sample` reads; None is all of them."""

    def trace(self, variable: str) -> None:
        """Let `sample` read another range variable; NaN where a segment lacks it."""

    def show(self, variable: str) -> None:
        """Let `read` and `fault` read another range variable; NaN where a segment lacks it."""

    def read_variable(self, variable: str) -> FloatArray:
        """Return the values of any range variable now, shape (n_segments,); NaN where a segment lacks it."""

    def read(self) -> FloatArray:
        """Return the display values now, shape (n_segments,); valid until the next call."""

    def fault(self, frame: NDArray[np.floating[Any]]) -> NonFiniteValue | None:
        """Return the first value that is not finite in the model or in `frame` (n_segments,), or None."""

    def close(self) -> None:
        """Release the model."""
