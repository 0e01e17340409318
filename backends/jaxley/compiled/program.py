"""A compiled program that takes any number of steps of a Jaxley model, and how it is called. No JAX.

XLA compiles a program for the *shapes* of its arguments. Everything that a user changes on a running
model is therefore an argument of fixed shape: parameters and states are arrays; stimuli are a window of
the next steps, with spare slots; the sampled segments are a padded list of indices; the variable to
read is the index of a branch of one `switch`; and the counts of samples and of steps between them are
the bounds of two nested loops. Only new shapes (more slots than there are spare ones) are compiled again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from backends.jaxley.compiled.tables import Arrays

WINDOW_STEPS = 1024
_SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True)
class Shape:
    """The shapes that a program is compiled for.

    Attributes
    ----------
    slots : tuple of (str, int)
        Each external input (``"i"``, nA; a state that is clamped) and how many places it has.
    width : int
        How many segments a sample has.
    rows : int
        The most samples that one call can take.
    """

    slots: tuple[tuple[str, int], ...]
    width: int
    rows: int

    @classmethod
    def for_width(cls, slots: Mapping[str, int], width: int) -> Shape:
        """Return the shape with as many rows as fit a mebibyte."""
        rows = max(4, min(WINDOW_STEPS, _SAMPLE_BYTES // (4 * max(1, width))))
        return cls(tuple(sorted(slots.items())), width, rows)


class BatchOutcome(NamedTuple):
    """The outcome of a call of a program.

    Attributes
    ----------
    state : dict of array
    samples : array, shape (rows, width), float32
    frame : array, shape (n_segments,)
    is_finite : array, shape (), bool
        Whether every voltage is finite.
    """

    state: Arrays
    samples: Any
    frame: Any
    is_finite: Any


class Program:
    """A compiled loop for one shape.

    Parameters
    ----------
    shape : Shape
    compiled : callable
        Takes the arguments of `example`, returns the fields of a `BatchOutcome`.
    dtype : type
        numpy's float64 or float32.
    """

    def __init__(
        self, shape: Shape, compiled: Callable[..., Any], dtype: type[np.floating[Any]]
    ) -> None:
        self.shape = shape
        self.compiled = compiled
        self._dtype = dtype

    @staticmethod
    def example(shape: Shape, n_nodes: int, states: Arrays, params: Arrays) -> tuple[Any, ...]:
        """Return arguments of the right shapes, for tracing."""
        dtype = np.asarray(states["v"]).dtype.type
        return (
            states,
            params,
            {name: np.zeros(n, np.int32) for name, n in shape.slots},
            {name: np.zeros((WINDOW_STEPS, n), dtype) for name, n in shape.slots},
            np.int32(0),
            np.int32(0),
            np.zeros(shape.width, np.int32),
            np.int32(0),
            np.zeros(n_nodes, dtype),
            dtype(0.025),
        )

    def __call__(
        self,
        states: Arrays,
        params: Arrays,
        places: Arrays,
        windows: Arrays,
        rows: int,
        every: int,
        watched: NDArray[np.int32],
        which: int,
        extra: Any,
        dt: float,
    ) -> BatchOutcome:
        """Take `rows` times `every` steps of `dt` ms, with a sample after each `every`.

        Parameters
        ----------
        places, windows : dict of ndarray, shapes (n_slots,) and (WINDOW_STEPS, n_slots)
            Where each external input acts, and its value at each of the steps.
        watched : ndarray, shape (width,), int32
            The nodes sampled.
        which : int
            The variable to read, as an index into `ProgramModel.readable`; its length means `extra`.
        extra : ndarray, shape (n_nodes,)
        """
        found = self.compiled(
            states,
            params,
            places,
            windows,
            np.int32(rows),
            np.int32(every),
            watched,
            np.int32(which),
            extra,
            self._dtype(dt),
        )
        return BatchOutcome(*found)


class ProgramModel(Protocol):
    """What a stepper needs of a model, traced from a Jaxley module or loaded from an earlier start.

    Attributes
    ----------
    index : ndarray, shape (n_segments,), int32
        The solver's node of each segment.
    n_nodes : int
        Segments and branchpoints.
    dtype : type
        numpy's float64 or float32.
    readable : tuple of str
        Node states, in the order of the switch; "v" is the first.
    """

    index: NDArray[np.int32]
    n_nodes: int
    dtype: type[np.floating[Any]]
    readable: tuple[str, ...]

    def rows_with(self, name: str) -> NDArray[np.bool_] | None:
        """Return which segments have a variable, (n_segments,); None if there is no such."""

    def prepare(self, v_init: float | None, dt: float) -> tuple[Arrays, Arrays]:
        """Return states and parameters from the present tables, at rest at `v_init` (mV).

        None: at the tables' own voltages; states that the author has set stand, the others are at rest.
        """

    def program(self, shape: Shape) -> Program:
        """Return the program for a shape, compiled if needed."""

    def close(self) -> None:
        """Release the module and its programs."""
