"""`JaxleyHooks`: what the author of a Jaxley model overrides, besides `SessionHooks`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from backends.live.hooks import SessionHooks
from backends.scene import MorphologyGeometry


class JaxleyHooks(SessionHooks):
    """The hooks that `JaxleySession` adds."""

    @abstractmethod
    def build_cells(self) -> Any:
        """Return the cell, or the list of cells, to simulate and show, with their channels."""

    def build_network(self, cells: Sequence[Any]) -> Any:
        """Return the module to simulate: the only cell, or a `jx.Network`; connect synapses here."""
        if len(cells) == 1:
            return cells[0]
        import jaxley as jx

        return jx.Network(list(cells))

    def setup_model(self, network: Any, cells: Sequence[Any]) -> object:
        """Set parameters, `inject` currents, `stimulate`, clamp; store the objects on self."""
        return None

    def cell_names(self, cells: Sequence[Any]) -> Sequence[str] | None:
        """Return what each cell is called in segment ids; None numbers them."""
        return None

    @abstractmethod
    def build_geometry(self, network: Any) -> MorphologyGeometry | None:
        """Return the drawing of the model's compartments, in their order; None shows no 3-D view."""
