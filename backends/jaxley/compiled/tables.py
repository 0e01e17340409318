"""The content of a Jaxley module's tables `nodes` and `edges`, as arrays. No JAX.

In Jaxley's tables NaN means "not here", and `set` ignores such rows: a parameter that was set to NaN by
mistake could never be set again. So where something is here, a NaN is stored in the table as ∞, which
`set` replaces, and is passed on as NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.errors import SimulatorError, first_line

Arrays = dict[str, Any]
Structure = tuple[Any, ...]

DERIVED = ("area", "volume", "resistive_load_out", "resistive_load_in")
"""What Jaxley derives from radius and length."""
_COMMON = ("radius", "length", "axial_resistivity", "capacitance", *DERIVED, "v")


def rows_with(module: Any, name: str) -> NDArray[np.bool_] | None:
    """Return which compartments have a state, current or parameter, (n,); None if there is no such."""
    nodes = module.nodes
    if name in _COMMON:
        return np.ones(len(nodes), bool)
    found: NDArray[np.bool_] | None = None
    for channel in (*module.channels, *module.pumps):
        if name in (*channel.channel_params, *channel.channel_states, channel.current_name):
            here = nodes[channel._name].to_numpy().astype(bool)
            found = here if found is None else found | here
    return found


def with_voltage(nodes: Arrays, index: NDArray[np.int32], v_init: float) -> Arrays:
    """Return `nodes` with every compartment at `v_init`, mV; the branchpoints stay as they are."""
    voltages = nodes["v"].copy()
    voltages[index] = v_init
    return {**nodes, "v": voltages}


class Tables:
    """A module's parameters and initial states as numpy arrays, read from its `nodes` and `edges`."""

    def __init__(self, module: Any, dtype: type[np.floating[Any]]) -> None:
        self._module, self._dtype = module, dtype
        self._was_nan: dict[str, NDArray[np.bool_]] = {}

    def nodes(self) -> Arrays:
        """Return one array (n_nodes,) for each column that a step reads; -1 at branchpoints."""
        module = self._module
        names = set(_COMMON) | {f"axial_diffusion_{each}" for each in module.diffusion_states}
        for channel in (*module.channels, *module.pumps):
            names |= {*channel.channel_params, *channel.channel_states}
        index = module.nodes.index.to_numpy()
        found: Arrays = {}
        for name in sorted(names):
            column = np.full(module._n_nodes, -1.0, self._dtype)
            column[index] = self._settable_column(module.nodes, name, rows_with(module, name))
            found[name] = column
        return found

    def state_names(self) -> tuple[str, ...]:
        """Return the names of the channels' states, sorted."""
        module = self._module
        found = {name for each in (*module.channels, *module.pumps) for name in each.channel_states}
        return tuple(sorted(found))

    def states_set(self, nodes: Arrays) -> dict[str, NDArray[np.bool_]]:
        """Return, for each state of a channel, where `nodes` has another value than the channel's own default."""
        module = self._module
        found = {name: np.zeros(module._n_nodes, bool) for name in self.state_names()}
        index = module.nodes.index.to_numpy()
        for channel in (*module.channels, *module.pumps):
            here = index[module.nodes[channel._name].to_numpy().astype(bool)]
            for name, default in channel.channel_states.items():
                found[name][here] = nodes[name][here] != self._dtype(default)
        return found

    def edges(self) -> Arrays:
        """Return one array (n_synapses of its kind,) for each synaptic parameter and state."""
        module = self._module
        found: Arrays = {}
        for i, synapse in enumerate(module.synapses):
            mine = module.edges["type_ind"].to_numpy() == i
            for name in (*synapse.synapse_params, *synapse.synapse_states):
                found[name] = self._settable_column(module.edges, name, mine)[mine]
        return found

    def _settable_column(
        self, table: Any, name: str, here: NDArray[np.bool_] | None
    ) -> NDArray[np.floating[Any]]:
        """Return a column, (n_rows,), after replacing each NaN that is `here` in the table, so that it can be set."""
        values = self._numbers(table, name)
        is_nan = np.isnan(values)
        fresh = is_nan & here if here is not None else np.zeros(len(values), bool)
        was_nan = self._was_nan.get(name, False) & np.isinf(values) | fresh
        if fresh.any():
            table.loc[fresh, name] = np.inf
        self._was_nan[name] = was_nan
        return np.where(was_nan, self._dtype(np.nan), values) if was_nan.any() else values

    def _numbers(self, table: Any, name: str) -> NDArray[np.floating[Any]]:
        try:
            found: NDArray[np.floating[Any]] = table[name].to_numpy(self._dtype)
        except (TypeError, ValueError) as error:
            raise SimulatorError(
                f"The column {name} of the model's tables is not all numbers ({first_line(error)}): "
                "set it to numbers.",
                code="bad-table",
            ) from error
        return found

    def structure(self) -> Structure:
        """Return the structure that a program is compiled for, to detect a change."""
        module = self._module
        nodes, edges = module.nodes, module.edges
        has = [each._name for each in (*module.channels, *module.pumps)]
        wires = ("pre_index", "post_index", "type_ind")
        return (
            (int(module._n_nodes), tuple(has), tuple(module.diffusion_states)),
            tuple(nodes[name].to_numpy(bool).tobytes() for name in has),
            tuple(edges[name].to_numpy().tobytes() for name in wires if name in edges),
        )
