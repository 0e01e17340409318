"""Checks of what an author's hooks return to a `JaxleySession`. No JAX until called."""

from __future__ import annotations

from typing import Any

from backends.errors import RequestError, SimulatorError
from backends.live.hook_checks import short_repr as short_repr


def is_module(value: Any) -> bool:
    """Whether `value` is a Jaxley module: a cell, a network, a view."""
    from jaxley.modules.base import Module

    return isinstance(value, Module)


def is_network(value: Any) -> bool:
    """Whether `value` is a network of Jaxley."""
    import jaxley as jx

    return isinstance(value, jx.Network)


def check_module(where: str, value: Any) -> None:
    """Raise SimulatorError if `value`, returned by the hook `where`, is not a module, or only a view."""
    if is_module(value) and value.base is not value:
        raise SimulatorError(
            f"{where} returned a view, which is a part of a cell: return the cell or network itself.",
            code="hook-returned",
        )
    if not is_module(value):
        raise SimulatorError(
            f"{where} must return Jaxley modules (jx.Cell, jx.Network), not "
            f"{type(value).__name__} ({short_repr(value)}).",
            code="hook-returned",
        )


def check_place(place: Any, network: Any, what: str = "inject: ") -> None:
    """Raise RequestError if `place` is not a view, or not one of `network`, if that is known.

    `what` is the beginning of the sentence.
    """
    if not is_module(place):
        raise RequestError(
            f"{what}{short_repr(place)} is not a place; give a view such as network.branch(0).loc(0.5).",
            code="bad-place",
        )
    if network is not None and place.base is not network:
        raise RequestError(
            f"{what}the place is in a separate cell, not in the network that is simulated; "
            "start from the network, as in network.cell(1).branch(0).loc(0.5).",
            code="bad-place",
        )
