"""`JaxleySession` with CompNeuroVis's arguments, and what moves cells before they are joined to a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Unpack

import numpy as np
from numpy.typing import ArrayLike

from backends.compneurovis.live_hooks import RUNS_FROM_THE_START, PeerHooks
from backends.compneurovis.morphology_scene import MorphologySceneBuilder, entities_of
from backends.compneurovis.specs.geometry import MorphologyGeometry
from backends.jaxley.engine import JaxleyEngine
from backends.jaxley.scene import JaxleySceneBuilder as OurSceneBuilder
from backends.jaxley.session import JaxleySession as OurJaxleySession
from backends.live.engine import LiveEngine
from backends.live.options import SessionOptions, show_options
from backends.messages import Reset


class PeerJaxleyEngine(JaxleyEngine):
    """Runs a `JaxleySession` of CompNeuroVis: it starts by itself, with a trace of the first segment."""

    CLASS_OPTIONS: ClassVar[Mapping[str, Any]] = {
        **JaxleyEngine.CLASS_OPTIONS,
        **RUNS_FROM_THE_START,
    }

    def initial_traces(self) -> Sequence[str]:
        """Return the first segment."""
        return () if self.geometry is None else self.geometry.segment_ids[:1]


class JaxleySession(PeerHooks, OurJaxleySession):
    """Our `backends.jaxley.JaxleySession` for classes written for CompNeuroVis."""

    ENGINE: ClassVar[type[LiveEngine]] = PeerJaxleyEngine
    _live: PeerJaxleyEngine

    @show_options(OurJaxleySession.DEFAULTS)
    def __init__(self, **options: Unpack[SessionOptions]) -> None:
        super().__init__(**options)

    def cell_names(self, cells: Sequence[Any]) -> Sequence[str] | None:
        """Return ``cell.meta_name`` of each cell that has one."""
        return [str(getattr(each, "meta_name", f"cell_{i}")) for i, each in enumerate(cells)]

    def refresh_runtime_parameters(self, *, preserve_state: bool = True) -> None:
        """Let the running model have the parameters in the tables; without `preserve_state` from t = 0."""
        super().refresh_runtime_parameters()
        if not preserve_state:
            self.handle(Reset())


class JaxleySceneBuilder(MorphologySceneBuilder):
    """Makes scenes of CompNeuroVis's kind from Jaxley models."""

    @staticmethod
    def build_morphology_geometry(
        nodes: Any,
        *,
        xyzr: Sequence[Any] | None = None,
        cell_names: Sequence[str] | None = None,
    ) -> MorphologyGeometry:
        """Return a drawing with one entity for each compartment, from the table ``network.nodes``."""
        found = OurSceneBuilder.build_morphology_geometry(nodes, xyzr=xyzr, cell_names=cell_names)
        return entities_of(found)


def translate_cell_xyzr(cell: Any, offset: ArrayLike) -> None:
    """Move a cell that is not yet part of a network by `offset` (x, y, z), µm."""
    shift = np.append(np.asarray(offset, float), 0.0)
    shift = np.append(np.asarray(offset, float), 0.0)
    cell.xyzr = [np.asarray(each, float) + shift for each in cell.xyzr]
    points = getattr(cell.base, "_branchpoints", None)
    for table in (cell.base.nodes, *(() if points is None else (points,))):
        for name in (
            "x",
            "y",
            "z",
        ):  # pandas refuses float64 in the columns of a cell built from float32
            table[name] = table[name].astype(float)
    cell.compute_compartment_centers()


def translate_cells_xyzr(cells: Iterable[Any], offsets: Iterable[ArrayLike]) -> None:
    """Move each cell by its offset, µm."""
    for cell, offset in zip(cells, offsets, strict=True):
        translate_cell_xyzr(cell, offset)
