"""One compiled program that takes any number of steps of a Jaxley module. Importing this imports JAX.

Theory. XLA compiles a program for the *shapes* of its arguments. Whatever a user changes on a running
model is therefore an argument of fixed shape: parameters and states are arrays; stimuli are a window of
the next steps, with spare slots; the segments sampled are a padded list of indices; the variable read is
the number of a branch of one `switch`; and the counts of samples and of steps between them are the
bounds of two nested loops. Only new shapes (more slots than there are spare ones) compile anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxley.integrate import build_init_and_step_fn
from jaxley.utils.cell_utils import query_channel_states_and_params
from numpy.typing import NDArray

from backends.jaxley.compartments import direct_couplings
from backends.jaxley.simulator import solves_on_gpu
from backends.jaxley.tables import Arrays, Tables

WINDOW_STEPS = 1024
_SAMPLE_BYTES = 1 << 20  # a larger buffer in the loop makes XLA's CPU code slower


@dataclass(frozen=True)
class Shape:
    """What a program is compiled for.

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
        """Return the shape with as many rows as are fast."""
        rows = max(4, min(WINDOW_STEPS, _SAMPLE_BYTES // (4 * max(1, width))))
        return cls(tuple(sorted(slots.items())), width, rows)


class Outcome:
    """What a call of a program gave; see `Program.__call__`."""

    __slots__ = ("frame", "samples", "sound", "state")

    def __init__(self, state: Arrays, samples: Any, frame: Any, sound: Any) -> None:
        self.state, self.samples, self.frame, self.sound = state, samples, frame, sound


class Preparation:
    """The compiled function from tables to parameters and steady states."""

    def __init__(self, module: Any, dtype: type[np.floating[Any]]) -> None:
        self._module = module
        self.tables = Tables(module, dtype)
        self._dtype = dtype
        nodes, edges = self.tables.nodes(), self.tables.edges()
        traced = jax.jit(self._prepare).lower(nodes, edges, dtype(0.0), dtype(0.025))
        self._compiled = traced.compile()

    def __call__(self, v_init: float, dt: float) -> tuple[Arrays, Arrays]:
        """Return states at `v_init` (mV), and parameters, from what the module's tables hold now."""
        nodes, edges = self.tables.nodes(), self.tables.edges()
        number = self._dtype
        states, params = self._compiled(nodes, edges, number(v_init), number(dt))
        return states, params

    def _prepare(self, nodes: Arrays, edges: Arrays, v_init: Any, dt: Any) -> tuple[Arrays, Arrays]:
        module = self._module
        inner = np.zeros(module._n_nodes, bool)
        inner[module.nodes.index.to_numpy()] = True
        nodes = {**nodes, "v": jnp.where(inner, v_init, nodes["v"])}
        with _standing_in(module, nodes, edges):
            params = direct_couplings(module, module.get_all_parameters([]))
            states = {"v": nodes["v"]}
            for channel in (*module.channels, *module.pumps):
                states |= {name: nodes[name] for name in channel.channel_states}
            states |= {name: edges[name] for name in module.synapse_state_names}
            states = self._steady(states, params, dt)
            states = module.append_channel_currents_to_states(states, params, dt)
        return states, params

    def _steady(self, states: Arrays, params: Arrays, dt: Any) -> Arrays:
        """Return `states` with every channel where it comes to rest, as `init_states` of Jaxley does."""
        states = dict(states)
        table = self._module.nodes
        for channel in (*self._module.channels, *self._module.pumps):
            where = table.index[table[channel._name].astype(bool)].to_numpy()
            own = query_channel_states_and_params(states, list(channel.channel_states), where)
            known = query_channel_states_and_params(params, list(channel.channel_params), where)
            rest = channel.init_state(own, states["v"][where], known, dt)
            for name, value in rest.items():
                states[name] = states[name].at[where].set(value)
        return states


@contextmanager
def _standing_in(module: Any, nodes: Arrays, edges: Arrays) -> Iterator[None]:
    """Let the module read these arrays while it is traced, and leave no tracer behind in it."""
    kept = {name: module.__dict__.get(name) for name in ("jaxnodes", "jaxedges")}
    module.jaxnodes, module.jaxedges = nodes, edges
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                module.__dict__.pop(name, None)
            else:
                setattr(module, name, value)


class Program:
    """The compiled loop.

    Parameters
    ----------
    module : jx.Module
    readable : sequence of str
        Node states that can be read, in the order of the switch; after them comes `extra`.
    shape : Shape
    states, params : dict
        As `Preparation` returns them; only their shapes matter.
    """

    def __init__(
        self, module: Any, readable: tuple[str, ...], shape: Shape, states: Arrays, params: Arrays
    ) -> None:
        self.shape = shape
        self._readable = readable
        solver = "jaxley.dhs.gpu" if solves_on_gpu() else "jaxley.dhs.cpu"
        _, self._step = build_init_and_step_fn(module, voltage_solver=solver)
        self._shown = np.asarray(module.nodes.index.to_numpy(), np.int32)
        number = np.asarray(states["v"]).dtype.type
        self._number = number
        whole = np.zeros(module._n_nodes, number)
        arguments = (
            states,
            params,
            {name: np.zeros(n, np.int32) for name, n in shape.slots},
            {name: np.zeros((WINDOW_STEPS, n), number) for name, n in shape.slots},
            np.int32(0),
            np.int32(0),
            np.zeros(shape.width, np.int32),
            np.int32(0),
            whole,
            number(0.025),
        )
        self._compiled = jax.jit(self._run).lower(*arguments).compile()

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
    ) -> Outcome:
        """Take `rows` times `every` steps of `dt` ms, with a sample after each `every`.

        Parameters
        ----------
        places, windows : dict of ndarray, shapes (n_slots,) and (WINDOW_STEPS, n_slots)
            Where each external input acts, and its value at each of the steps.
        watched : ndarray, shape (width,), int32
            The nodes sampled.
        which : int
            The variable read, as an index into `readable`; ``len(readable)`` is `extra`.
        extra : ndarray, shape (n_nodes,)

        Returns
        -------
        Outcome
            state; samples (rows, width) float32; frame (n_segments,); sound: whether every voltage
            is a number.
        """
        found = self._compiled(
            states,
            params,
            places,
            windows,
            np.int32(rows),
            np.int32(every),
            watched,
            np.int32(which),
            extra,
            self._number(dt),
        )
        return Outcome(*found)

    def _run(
        self,
        states: Arrays,
        params: Arrays,
        places: Arrays,
        windows: Arrays,
        rows: Any,
        every: Any,
        watched: Any,
        which: Any,
        extra: Any,
        dt: Any,
    ) -> tuple[Arrays, Any, Any, Any]:
        def step(i: Any, now: Arrays) -> Arrays:
            inputs = {
                name: jax.lax.dynamic_index_in_dim(window, i, keepdims=False)
                for name, window in windows.items()
            }
            after: Arrays = self._step(dict(now), params, inputs, places, delta_t=dt)
            return after

        def pick(now: Arrays) -> Any:
            choices = [lambda now, name=name: now[name] for name in self._readable]
            return jax.lax.switch(which, [*choices, lambda _: extra], now)

        def row(r: Any, carry: tuple[Arrays, Any]) -> tuple[Arrays, Any]:
            now, samples = carry
            now = jax.lax.fori_loop(r * every, (r + 1) * every, step, now)
            return now, samples.at[r].set(pick(now)[watched].astype(jnp.float32))

        samples = jnp.zeros((self.shape.rows, self.shape.width), jnp.float32)
        now, samples = jax.lax.fori_loop(0, rows, row, (states, samples))
        sound = jnp.isfinite(now["v"][self._shown]).all()
        return now, samples, pick(now)[self._shown], sound
