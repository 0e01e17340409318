"""From NEURON's sections to a `MorphologyGeometry`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.live import default_scene
from backends.morphology.auto_layout import SectionWithoutPoints, lay_out_sections
from backends.morphology.geometry import geometry_from_polylines
from backends.morphology.polylines import Polyline
from backends.morphology.swc_types import SwcType
from backends.scene import MorphologyGeometry

_TYPE_OF_PREFIX = {
    "soma": SwcType.SOMA,
    "axon": SwcType.AXON,
    "ais": SwcType.AXON,
    "myelin": SwcType.AXON,
    "node": SwcType.AXON,
    "dend": SwcType.BASAL_DENDRITE,
    "basal": SwcType.BASAL_DENDRITE,
    "apic": SwcType.APICAL_DENDRITE,
    "tuft": SwcType.APICAL_DENDRITE,
}


class NeuronSceneBuilder:
    """Builds scenes of NEURON models; the same methods as `JaxleySceneBuilder`."""

    DISPLAY_FIELD_ID = default_scene.DISPLAY_FIELD_ID
    HISTORY_FIELD_ID = default_scene.HISTORY_FIELD_ID
    TRACE_FIELD_ID = default_scene.TRACE_FIELD_ID

    build_scene = staticmethod(default_scene.build_scene)

    @staticmethod
    def build_morphology_geometry(sections: Sequence[Any]) -> MorphologyGeometry:
        """Return the drawing of `sections`, in their order; the model is not changed.

        A section with 3-D points is drawn where ``h.define_shape()`` would put it: it begins where it is
        connected, even if only its parent was moved. Sections without 3-D points are laid out and named in `laid_out_sections`.
        """
        index = {section: i for i, section in enumerate(sections)}
        cells = _Cells()
        parts = [_drawn_section(section, _parent(section, index), cells) for section in sections]
        anchors = {i: _anchor(section) for i, section in enumerate(sections) if section.n3d() > 1}
        polylines, laid_out = lay_out_sections(parts, anchors)
        return geometry_from_polylines(
            polylines,
            cell_names=tuple(cells.names) or ("cell",),
            laid_out_sections=laid_out,
        )


class _Cells:
    """Which cell each section belongs to: its owner, else the root of its tree."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._known: dict[str, int] = {}

    def index_of(self, section: Any) -> int:
        """Return the cell's index, a new one for an owner or a root not seen yet."""
        owner = section.cell()
        name = str(owner) if owner is not None else _root_name(section)
        if name not in self._known:
            self._known[name] = len(self.names)
            self.names.append(name)
        return self._known[name]


def _root_name(section: Any) -> str:
    above = section.parentseg()
    while above is not None:
        section = above.sec
        above = section.parentseg()
    return str(section.name())


def swc_type_of(name: str) -> int:
    """Return the SWC type that a section's name suggests: ``"Cell[0].apic[3]"`` is apical."""
    word = re.sub(r"\[.*", "", name.rsplit(".", 1)[-1]).lower()
    for prefix, swc_type in _TYPE_OF_PREFIX.items():
        if word.startswith(prefix):
            return int(swc_type)
    return int(SwcType.UNDEFINED)


def _parent(section: Any, index: dict[Any, int]) -> tuple[int, float]:
    """Return the parent's index among the sections shown (-1: none) and the place on it."""
    segment = section.parentseg()
    if segment is None or segment.sec not in index:
        return -1, 0.0
    return index[segment.sec], float(segment.x)


def _points(section: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return 3-D points (n, 3) and radii (n,) in µm, from NEURON's 0 end; none if it has none."""
    n = int(section.n3d())
    readers = (section.x3d, section.y3d, section.z3d)
    xyz = np.array([[read(i) for read in readers] for i in range(n)], float).reshape(n, 3)
    radii = np.array([section.diam3d(i) for i in range(n)], float) / 2
    return xyz, radii


def _anchor(section: Any) -> NDArray[np.float64]:
    """Return the point that is at the parent, µm, shape (3,): the first, or that of ``h.pt3dstyle``."""
    from neuron import h

    if h.pt3dstyle(sec=section):
        place = [h.ref(0.0) for _ in range(3)]
        h.pt3dstyle(1, *place, sec=section)
        return np.array([float(each[0]) for each in place])
    return np.array([section.x3d(0), section.y3d(0), section.z3d(0)])


def _drawn_section(
    section: Any, parent: tuple[int, float], cells: _Cells
) -> Polyline | SectionWithoutPoints:
    name = str(section.name())
    xyz, radii = _points(section)
    if len(radii) < 2:
        return SectionWithoutPoints(
            name=name,
            swc_type=swc_type_of(name),
            parent=parent[0],
            parent_x=parent[1],
            length=float(section.L),
            segment_diameters=np.array([float(segment.diam) for segment in section]),
            cell_index=cells.index_of(section),
        )
    return Polyline(
        name=name,
        swc_type=swc_type_of(name),
        parent=parent[0],
        parent_x=parent[1],
        xyz=xyz,
        radii=radii,
        nseg=int(section.nseg),
        cell_index=cells.index_of(section),
    )
