"""Values that are not finite: which one was first, and the error that reports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.messages import Error


@dataclass(frozen=True)
class NonFiniteValue:
    """A value that is not finite.

    Attributes
    ----------
    t : float
        ms.
    segment : int
    variable : str
    exact : bool
        Whether it is the first one, at the very step; else it is the first that was noticed.
    cause : str
        Where it is known what made it so: ``"HH_gNa is nan there"``.
    singular_mv : float or None
        The voltage before the step, mV, where just this voltage made it so: the channel's equation is 0/0 there.
    """

    t: float
    segment: int
    variable: str
    exact: bool = False
    cause: str = ""
    singular_mv: float | None = None


def first_nonfinite(
    frame: NDArray[np.floating[Any]], present: NDArray[np.bool_], t: float, variable: str
) -> NonFiniteValue | None:
    """Return the first segment that has a variable and no finite value of it in `frame`, or None.

    Parameters
    ----------
    frame, present : ndarray, shape (n_segments,)
        Values at `t` (ms), and which segments have the variable.
    """
    if np.isfinite(frame.sum()):
        return None
    bad = np.flatnonzero(~np.isfinite(frame) & present)
    return NonFiniteValue(t, int(bad[0]), variable) if len(bad) else None


def mask_nonfinite(frame: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `frame` with NaN for what is infinite, which would be drawn as the end of the colour map."""
    return np.where(np.isfinite(frame), frame, np.float32(np.nan))


def nonfinite_error(fault: NonFiniteValue, segment_id: str, dt: float) -> Error:
    """Return the error of a non-finite value in a run at steps of `dt`, ms."""
    if fault.singular_mv is not None:
        return _singular_error(fault, fault.singular_mv, segment_id)
    cause = f" ({fault.cause})" if fault.cause else ""
    ending = (
        f"is no longer a number at t = {fault.t:g} ms{cause}; the run is paused. Make dt smaller than "
        f"{dt:g} ms or undo the last parameter, then Init."
        if fault.t > 0
        else f"is no number at t = 0 ms{cause}; correct the parameter that it comes from, then Init."
    )
    return Error(
        f"{fault.variable} in {segment_id} {ending}",
        "The usual causes: dt is too large for the fastest process; a parameter has a wrong "
        "sign or unit (a conductance below 0, a stimulus in pA given as nA); exp() overflows "
        "in a mechanism at extreme voltages.",
        code="not-finite",
        hint="reset",
        segment_id=segment_id,
    )


def _singular_error(fault: NonFiniteValue, voltage: float, segment_id: str) -> Error:
    return Error(
        f"{fault.variable} in {segment_id} is no number at t = {fault.t:g} ms: at exactly {voltage:g} mV its "
        f"equation is 0/0. Begin at, or clamp to, another voltage ({voltage - 0.001:g} mV), then Init; a "
        "smaller dt does not help.",
        "Rate equations such as a (V + 40) / (1 - exp(-(V + 40) / 10)) have a limit at V = -40 mV, but not a "
        "value. A channel of your own can return the limit there (jax.numpy.where on both branches). The "
        "cells that Somascope builds itself do.",
        code="singular-voltage",
        hint="reset",
        segment_id=segment_id,
    )
