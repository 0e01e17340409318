"""From a Jaxley module to compiled programs. Importing this imports JAX and Jaxley."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxley.integrate import build_init_and_step_fn
from jaxley.utils.cell_utils import query_channel_states_and_params
from numpy.typing import NDArray

from backends.errors import RequestError
from backends.jaxley.compartments import correct_direct_couplings
from backends.jaxley.compiled.program import Program, Shape
from backends.jaxley.compiled.tables import Arrays, Structure, Tables, rows_with, with_voltage
from backends.jaxley.simulator import solves_on_gpu


class TracedModel:
    """A Jaxley module with the programs compiled for it; see `program.ProgramModel`.

    Parameters
    ----------
    module : jx.Module
    dtype : type
        numpy's float64 or float32.
    on_compile : callable
        Called with a sentence before anything is compiled.

    Attributes
    ----------
    programs : dict of Shape to Program
    preparation : compiled function or None
    """

    def __init__(
        self,
        module: Any,
        dtype: type[np.floating[Any]],
        on_compile: Callable[[str], None],
    ) -> None:
        self.module = module
        self.dtype = dtype
        self.read_structure()
        self.readable: tuple[str, ...] = ("v",)
        self.programs: dict[Shape, Program] = {}
        self.preparation: Any = None
        self.tables = Tables(module, dtype)
        self._structure: Structure = ()
        self._on_compile = on_compile
        self._example: tuple[Arrays, Arrays] = ({}, {})

    def read_structure(self) -> None:
        """Read how many compartments the module has; an author may change it until it is compiled."""
        self.index = np.asarray(self.module.nodes.index.to_numpy(), np.int32)
        self.n_nodes = int(self.module._n_nodes)

    def rows_with(self, name: str) -> NDArray[np.bool_] | None:
        """Return which segments have a variable, (n_segments,); None if there is no such."""
        return rows_with(self.module, name)

    def close(self) -> None:
        """Release the module and its programs."""
        self.programs.clear()
        self.preparation, self.module = None, None
        self._example = ({}, {})

    # ------------------------------------------------------------------------ states and parameters

    def prepare(self, v_init: float | None, dt: float) -> tuple[Arrays, Arrays]:
        """Return states and parameters from the present tables; see `program.ProgramModel.prepare`."""
        dtype, nodes, edges = self.dtype, self.tables.nodes(), self.tables.edges()
        structure = self.tables.structure()
        if self.preparation is not None and structure != self._structure:
            raise RequestError(
                "Compartments, channels or synapses were added to the compiled model, or removed: "
                "do that in build_cells, build_network or setup_model, and change only values later.",
                code="structure-changed",
            )
        if v_init is None:
            is_set = self.tables.states_set(nodes)
        else:
            is_set = dict.fromkeys(self.tables.state_names(), np.zeros(self.n_nodes, bool))
            nodes = with_voltage(nodes, self.index, v_init)
        if self.preparation is None:
            self._structure = structure
            self._on_compile("Compiling the model's equations for Jaxley")
            traced = jax.jit(self._prepare).lower(nodes, edges, is_set, dtype(0.025))
            self.preparation = traced.compile()
        states, params = self.preparation(nodes, edges, is_set, dtype(dt))
        names = [name for name, value in states.items() if np.shape(value) == (self.n_nodes,)]
        self.readable = ("v", *sorted(set(names) - {"v"}))
        self._example = states, params
        return states, params

    def _prepare(
        self, nodes: Arrays, edges: Arrays, is_set: Arrays, dt: Any
    ) -> tuple[Arrays, Arrays]:
        module = self.module
        with _tables_replaced(module, nodes, edges):
            params = correct_direct_couplings(module, module.get_all_parameters([]))
            states = {"v": nodes["v"]}
            for channel in (*module.channels, *module.pumps):
                states |= {name: nodes[name] for name in channel.channel_states}
            states |= {name: edges[name] for name in module.synapse_state_names}
            at_rest = self._states_at_rest(states, params, dt)
            own = {
                name: jnp.where(where, nodes[name], at_rest[name]) for name, where in is_set.items()
            }
            states = at_rest | own
            states = module.append_channel_currents_to_states(states, params, dt)
        return states, params

    def _states_at_rest(self, states: Arrays, params: Arrays, dt: Any) -> Arrays:
        """Return `states` with every channel at rest, as Jaxley's `init_states` does."""
        states = dict(states)
        table = self.module.nodes
        for channel in (*self.module.channels, *self.module.pumps):
            where = table.index[table[channel._name].astype(bool)].to_numpy()
            own = query_channel_states_and_params(states, list(channel.channel_states), where)
            known = query_channel_states_and_params(params, list(channel.channel_params), where)
            rest = channel.init_state(own, states["v"][where], known, dt)
            for name, value in rest.items():
                states[name] = states[name].at[where].set(value)
        return states

    # -------------------------------------------------------------------------------------- steps

    def program(self, shape: Shape) -> Program:
        """Return the program for a shape, compiled if needed."""
        known = self.programs.get(shape)
        if known is not None:
            return known
        self._on_compile("Compiling the steps for Jaxley")
        solver = "jaxley.dhs.gpu" if solves_on_gpu() else "jaxley.dhs.cpu"
        _, step = build_init_and_step_fn(self.module, voltage_solver=solver)
        loop = _Loop(step, self.readable, self.index, shape)
        arguments = Program.example(shape, self.n_nodes, *self._example)
        compiled = jax.jit(loop.run).lower(*arguments).compile()
        program = self.programs[shape] = Program(shape, compiled, self.dtype)
        return program


class _Loop:
    """The function that is compiled; see `program.Program.__call__` for its arguments."""

    def __init__(
        self,
        step: Callable[..., Any],
        readable: tuple[str, ...],
        shown: NDArray[np.int32],
        shape: Shape,
    ) -> None:
        self._step, self._readable, self._shown, self._shape = step, readable, shown, shape

    def run(
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

        samples = jnp.zeros((self._shape.rows, self._shape.width), jnp.float32)
        now, samples = jax.lax.fori_loop(0, rows, row, (states, samples))
        is_finite = jnp.isfinite(now["v"][self._shown]).all()
        return now, samples, pick(now)[self._shown], is_finite


@contextmanager
def _tables_replaced(module: Any, nodes: Arrays, edges: Arrays) -> Iterator[None]:
    """Let the module read these arrays while it is traced; leave no tracer in it."""
    before = {name: module.__dict__.get(name) for name in ("jaxnodes", "jaxedges")}
    module.jaxnodes, module.jaxedges = nodes, edges
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                module.__dict__.pop(name, None)
            else:
                setattr(module, name, value)
