"""`NeuronSession` and `NeuronSceneBuilder` with CompNeuroVis's arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Unpack

import numpy as np

from backends.compneurovis.geometry import MorphologyGeometry
from backends.compneurovis.live_hooks import OPTIONS, PeerHooks
from backends.compneurovis.morphology_scene import MorphologySceneBuilder, along_z
from backends.live.engine import LiveEngine
from backends.live.options import DEFAULTS, SessionOptions, show_options
from backends.neuron.engine import NeuronEngine
from backends.neuron.session import NeuronSession as OurNeuronSession


class PeerNeuronEngine(NeuronEngine):
    """Runs a `NeuronSession` of CompNeuroVis: it starts by itself, with a trace of the first segment."""

    CLASS_OPTIONS: ClassVar[Mapping[str, Any]] = OPTIONS

    def initial_traces(self) -> Sequence[str]:
        """Return the first segment."""
        return () if self.geometry is None else self.geometry.segment_ids[:1]


class NeuronSession(PeerHooks, OurNeuronSession):
    """Our `backends.neuron.NeuronSession` for classes written for CompNeuroVis."""

    ENGINE: ClassVar[type[LiveEngine]] = PeerNeuronEngine
    _live: PeerNeuronEngine

    @show_options(DEFAULTS)
    def __init__(self, **options: Unpack[SessionOptions]) -> None:
        super().__init__(**options)


class NeuronSceneBuilder(MorphologySceneBuilder):
    """Makes scenes of CompNeuroVis's kind from NEURON models."""

    @staticmethod
    def build_morphology_geometry(sections: Sequence[Any]) -> MorphologyGeometry:
        """Return a drawing with one entity for each line between two 3-D points of a section.

        Sections without 3-D points get some; see `neuron_utils.generate_layout`.
        """
        from backends.compneurovis.neuron_utils import generate_layout

        if any(section.n3d() < 2 for section in sections):
            generate_layout(sections)
        rows: dict[str, list[Any]] = {
            name: [] for name in ("begin", "end", "radius", "x", "section")
        }
        for section in sections:
            n = int(section.n3d())
            xyz = np.array([[section.x3d(i), section.y3d(i), section.z3d(i)] for i in range(n)])
            diameters = np.array([section.diam3d(i) for i in range(n)])
            arc = np.array([section.arc3d(i) for i in range(n)])
            rows["begin"].extend(xyz[:-1])
            rows["end"].extend(xyz[1:])
            rows["radius"].extend((diameters[:-1] + diameters[1:]) / 4)
            rows["x"].extend((arc[:-1] + arc[1:]) / 2 / (arc[-1] or 1.0))
            rows["section"].extend([str(section.name())] * (n - 1))
        begin, end = np.array(rows["begin"]), np.array(rows["end"])
        ids = tuple(f"{name}@{x:.5f}" for name, x in zip(rows["section"], rows["x"], strict=True))
        return MorphologyGeometry(
            "morphology",
            positions=(begin + end) / 2,
            orientations=along_z(end - begin),
            radii=np.array(rows["radius"]),
            lengths=np.linalg.norm(end - begin, axis=1),
            entity_ids=ids,
            section_names=tuple(rows["section"]),
            xlocs=np.array(rows["x"]),
        )
