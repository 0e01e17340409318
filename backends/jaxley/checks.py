"""What an author's hooks gave a `JaxleySession`: whether it is what they were asked for. No JAX until called."""

from __future__ import annotations

from typing import Any

from backends.errors import RequestError, SimulatorError
from backends.live.hook_checks import shown as shown


def is_module(value: Any) -> bool:
    """Whether `value` is a Jaxley module: a cell, a network, a view."""
    from jaxley.modules.base import Module

    return isinstance(value, Module)


def is_network(value: Any) -> bool:
    """Whether `value` is a network of Jaxley."""
    import jaxley as jx

    return isinstance(value, jx.Network)


def check_module(where: str, value: Any) -> None:
    """Raise SimulatorError if `value`, which the hook `where` returned, is not a whole module."""
    if is_module(value) and value.base is not value:
        raise SimulatorError(
            f"{where} returned a view, which is a part of a cell: return the cell or network itself.",
            code="hook-returned",
        )
    if not is_module(value):
        raise SimulatorError(
            f"{where} must return Jaxley modules (jx.Cell, jx.Network), not "
            f"{type(value).__name__} ({shown(value)}).",
            code="hook-returned",
        )


def check_place(place: Any, network: Any) -> None:
    """Raise RequestError if `place` is none, or none of the `network`, where that is known."""
    if not is_module(place):
        raise RequestError(
            f"inject: {shown(place)} is no place; say where, as network.branch(0).loc(0.5).",
            code="bad-place",
        )
    if network is not None and place.base is not network:
        raise RequestError(
            "inject: the place is in a cell by itself, not in the network that is simulated; "
            "begin with the network, as network.cell(1).branch(0).loc(0.5).",
            code="bad-place",
        )
