"""Finds which channel, pump or synapse cannot be compiled, and why. Importing this imports JAX.

JAX and Jaxley raise errors from deep inside, where no mechanism has a name. So after a failed
compilation each mechanism is evaluated alone, with placeholders of the right shapes, and what it
returns is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from backends.errors import first_line
from backends.jaxley.simulator import hint_of, place_of_hook, user_code_location

_OF_COMPARTMENT = ("radius", "length", "axial_resistivity", "capacitance")


class CompileFailure(NamedTuple):
    """What is wrong with a mechanism, as part of a sentence, and where in its author's file."""

    reason: str
    place: str


class _Probe(NamedTuple):
    """A method to call, and what it must return: the named states, or a current (None)."""

    mechanism: Any
    method: str
    arguments: tuple[Any, ...]
    states: tuple[str, ...] | None
    like: Any
    exact: bool = False


def find_failing_mechanism(module: Any, dtype: type[np.floating[Any]]) -> CompileFailure | None:
    """Return the first mechanism of a module that does not return what Jaxley needs, or None."""
    for probe in (*_channel_probes(module, dtype), *_synapse_probes(module, dtype)):
        name = f"{probe.mechanism._name}.{probe.method}"
        method: Callable[..., Any] = getattr(probe.mechanism, probe.method)
        try:
            reason = _wrong_result(jax.eval_shape(method, *probe.arguments), probe)
            place = place_of_hook(method)
        except Exception as error:  # the author's equations may raise anything
            reason = f"raised {type(error).__name__}: {first_line(error)}{hint_of(error)}"
            place = user_code_location(error) or place_of_hook(method)
        if reason:
            return CompileFailure(f"{name} {reason}", place)
    return None


def _channel_probes(module: Any, dtype: type[np.floating[Any]]) -> Iterator[_Probe]:
    placeholder: Any = jax.ShapeDtypeStruct
    mechanisms = (*module.channels, *module.pumps)
    known = tuple(name for each in mechanisms for name in each.channel_states)
    for each in mechanisms:
        one = placeholder((int(module.nodes[each._name].sum()),), dtype)
        dt = placeholder((), dtype)
        own = dict.fromkeys(each.channel_states, one)
        all_ = own | dict.fromkeys(module.membrane_current_names, one)
        params = dict.fromkeys(each.channel_params, one)
        more = params | dict.fromkeys(_OF_COMPARTMENT, one)
        yield _Probe(each, "init_state", (own, one, params, dt), known, one)
        yield _Probe(each, "update_states", (all_, dt, one, more), known, one)
        yield _Probe(each, "compute_current", (all_, one, more), None, one)


def _synapse_probes(module: Any, dtype: type[np.floating[Any]]) -> Iterator[_Probe]:
    placeholder: Any = jax.ShapeDtypeStruct
    for i, each in enumerate(module.synapses):
        n = int((module.edges["type_ind"] == i).sum())
        one, dt = placeholder((n,), dtype), placeholder((), dtype)
        states = dict.fromkeys(each.synapse_states, one)
        params = dict.fromkeys(each.synapse_params, one)
        known = tuple(states)
        yield _Probe(each, "update_states", (states, dt, one, one, params), known, one, True)
        yield _Probe(each, "compute_current", (states, one, one, params), None, one)


def _wrong_result(found: Any, probe: _Probe) -> str:
    """Return what is wrong with what a method returned; "" if nothing is."""
    if probe.states is None:
        return _wrong_value("its current", found, probe)
    if not isinstance(found, Mapping):
        return f"returned {_kind(found)}: return a dict of its new states"
    for name, value in found.items():
        if name not in probe.states:
            known = ", ".join(probe.states) or "none"
            return f"returned a state {name!r}, which is not declared; declared are {known}"
        wrong = _wrong_value(name, value, probe)
        if wrong:
            return wrong
    return ""


def _wrong_value(name: str, value: Any, probe: _Probe) -> str:
    if not hasattr(value, "shape"):
        return f"returned {_kind(value)} for {name}: return an array like v"
    wanted = probe.like
    shapes = (wanted.shape,) if probe.exact else (wanted.shape, (), (1,))
    if value.shape not in shapes:
        return f"returned {name} of shape {value.shape}: return an array like v, {wanted.shape}"
    if probe.exact and value.dtype != jnp.dtype(wanted.dtype):
        return f"returned {name} as {value.dtype}: return {jnp.dtype(wanted.dtype)}, as it is given"
    return ""


def _kind(value: Any) -> str:
    return "None (is a return missing?)" if value is None else f"a {type(value).__name__}"
