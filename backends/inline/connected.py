"""`ConnectionsFace`: connections of an author's own, beside those that the simulator knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backends.connections import KINDS, ConnectionKind
from backends.errors import ProtocolError
from backends.inline.labels import line_of_call
from backends.live.views.connections import ConnectedPlaces


class ConnectionsFace:
    """What an author calls to add connections; the cell's view draws them."""

    def __init__(self) -> None:
        self.connected: list[ConnectedPlaces] = []

    def connections(
        self,
        pairs: Any,
        *,
        label: str = "",
        kind: ConnectionKind = "synapse",
        weights: Any = None,
        weight_unit: str = "",
        delays: Any = None,
    ) -> None:
        """Add connections to those that NEURON or Jaxley tells: ``connections([(a(0.5), b(0.5))], kind="gap junction")``.

        NEURON tells its NetCons and the mechanisms with a POINTER to another segment's voltage, Jaxley the edges of the
        network; of a cell without a simulator nothing is known.

        Parameters
        ----------
        pairs : iterable of (source, target)
            Sections (their middle), segments, on Jaxley compartments, everywhere ids or indices of segments. The
            model is not changed. They are looked at again after each Init.
        label : str
            What the legend calls them.
        kind : {"synapse", "gap junction"}
            A gap junction has no direction.
        weights, delays : array, shape (n,), or None
            In `weight_unit` and ms.

        Raises
        ------
        ProtocolError
            ``unknown-kind``; the session raises those of wrong pairs, with the line of this call.
        """
        if kind not in KINDS:
            raise ProtocolError(
                f"connections: kind must be one of {', '.join(KINDS)}, not {kind!r}",
                code="unknown-kind",
            )
        pairs = list(pairs) if isinstance(pairs, Iterator) else pairs  # read more than once
        group = ConnectedPlaces(
            pairs, label, kind, weights, weight_unit, delays, line_of_call() or "connections"
        )
        self.connected.append(group)
