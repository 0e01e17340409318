"""What Jaxley knows of the connections of a network: its table of synapses."""

from __future__ import annotations

from typing import Any

import numpy as np

from backends.connections import Connections
from backends.live.views.connections import (
    Found,
    each_junction_once,
    ends_of,
    kind_of,
    known_numbers,
    labels_by_reversal,
)

_REVERSAL, _WEIGHT, _WEIGHT_UNIT = "e_syn", "gS", "µS"
"""Parameters of Jaxley's own synapses, and the unit of the conductance."""


def connections_of(network: Any, geometry_id: str) -> Found:
    """Return the synapses of a network, grouped by class and by reversal potential.

    A class with "gap", "elec" or "junction" in its name is of gap junctions; Jaxley itself has none. The weight is the
    conductance ``gS`` where the class has one.

    Parameters
    ----------
    network : jx.Network or jx.Cell
        Its compartments, in the order of every frame.
    """
    edges = network.edges
    if not len(edges):
        return Found()
    segments = {int(node): i for i, node in enumerate(network.nodes.index)}
    ends = [[segments[int(node)] for node in edges[name]] for name in ("pre_index", "post_index")]
    classes = [str(each) for each in edges["type"]]
    reversals = _column(edges, classes, _REVERSAL)
    known = [round(float(value), 6) if np.isfinite(value) else None for value in reversals]
    labels = np.array(labels_by_reversal(classes, known))
    weights = _column(edges, classes, _WEIGHT)
    groups = []
    for label in dict.fromkeys(labels.tolist()):
        own = np.flatnonzero(labels == label)
        kind = kind_of(classes[own[0]])
        pairs = [(ends[0][i], ends[1][i]) for i in own]
        has_weights = kind == "synapse" and not np.isnan(weights[own]).all()
        source, target = ends_of(pairs if kind == "synapse" else each_junction_once(pairs))
        groups.append(
            Connections(
                label, geometry_id, source, target, kind, label,
                known_numbers(weights[own]) if has_weights else None, _WEIGHT_UNIT if has_weights else "",
            )
        )  # fmt: skip
    return Found(tuple(groups))


def _column(edges: Any, classes: list[str], parameter: str) -> Any:
    """Return a parameter of each synapse, NaN where its class has none; shape (n,)."""
    values = np.full(len(classes), np.nan)
    for kind in dict.fromkeys(classes):
        name = f"{kind}_{parameter}"
        if name in edges:
            own = np.array([each == kind for each in classes])
            values[own] = edges[name].to_numpy(float)[own]
    return values
