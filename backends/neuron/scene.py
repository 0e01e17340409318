"""From NEURON's sections to a `MorphologyGeometry`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
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
    def build_morphology_geometry(
        sections: Sequence[Any], regions: Mapping[Any, int] | None = None
    ) -> MorphologyGeometry:
        """Return the drawing of `sections`, in their order; the model is not changed.

        `regions` has the SWC types of sections; the others have the type that their name suggests.

        A section with 3-D points is drawn where ``h.define_shape()`` would put it: it begins where it is
        connected, even if only its parent was moved. Sections without 3-D points are laid out and named in `laid_out_sections`.
        """
        names = StableNames(sections)
        polylines, laid_out = drawn_lines(sections, names, regions)
        return geometry_from_polylines(
            polylines,
            cell_names=tuple(names.cells) or ("cell",),
            laid_out_sections=laid_out,
        )


_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


class StableNames:
    """The names of sections and of the cells that own them: NEURON's own, where they are the same in every run.

    A cell whose name has a memory address, as of a Python class without ``__repr__``, is called by its class
    and its number among the cells of that class, in the order of the sections: ``BallAndStick[0]``. Different
    cells or sections of one name are numbered too.

    Parameters
    ----------
    sections : sequence of nrn.Section

    Attributes
    ----------
    sections : list of str
        The name of each section: ``"BallAndStick[0].soma"``.
    cells : list of str
    cell_index : list of int
        The cell of each section.
    """

    def __init__(self, sections: Sequence[Any]) -> None:
        owners: dict[object, str] = {}
        keys = []
        for section in sections:
            owner = section.cell()
            root = _root(section)
            own = str(root.name() if owner is None else owner)
            is_python = owner is not None and type(owner).__module__ != "hoc"
            key = root if owner is None else id(owner) if is_python else own
            if is_python and _ADDRESS.search(own):
                own = type(owner).__name__
                owners.setdefault(key, f"{own}\0")  # numbered, whether or not it is the only one
            owners.setdefault(key, own)
            keys.append(key)
        self.cells = _numbered(list(owners.values()))
        index = {key: i for i, key in enumerate(owners)}
        self.cell_index = [index[key] for key in keys]
        self.sections = _numbered(
            [
                _section_name(section, self.cells[i])
                for section, i in zip(sections, self.cell_index, strict=True)
            ]
        )


def drawn_lines(
    sections: Sequence[Any], names: StableNames, regions: Mapping[Any, int] | None = None
) -> tuple[list[Polyline], tuple[str, ...]]:
    """Return the lines along which sections are drawn, in their order, and the names of those laid out."""
    index = {section: i for i, section in enumerate(sections)}
    parts = [
        _drawn_section(
            section,
            _parent(section, index),
            name,
            (regions or {}).get(section, swc_type_of(name)),
            cell,
        )
        for section, name, cell in zip(sections, names.sections, names.cell_index, strict=True)
    ]
    anchors = {i: _anchor(section) for i, section in enumerate(sections) if section.n3d() > 1}
    return lay_out_sections(parts, anchors)


def _section_name(section: Any, cell: str) -> str:
    """Return NEURON's name of a section, with that of its cell in front where it has an owner."""
    name, owner = str(section.name()), section.cell()
    if owner is None:
        return name
    front = f"{owner}."
    return f"{cell}.{name[len(front) :] if name.startswith(front) else name.rsplit('.', 1)[-1]}"


def _numbered(names: Sequence[str]) -> list[str]:
    """Return names that all differ: those that occur more than once, or end in NUL, get their number."""
    total, count = Counter(names), Counter[str]()
    taken = {name for name in names if total[name] == 1 and not name.endswith("\0")}
    found = []
    for name in names:
        if name in taken:
            found.append(name)
            continue
        plain = name.removesuffix("\0")
        while (numbered := f"{plain}[{count[name]}]") in taken:
            count[name] += 1
        count[name] += 1
        found.append(numbered)
    return found


def _root(section: Any) -> Any:
    above = section.parentseg()
    while above is not None:
        section = above.sec
        above = section.parentseg()
    return section


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
    section: Any, parent: tuple[int, float], name: str, swc_type: int, cell_index: int
) -> Polyline | SectionWithoutPoints:
    xyz, radii = _points(section)
    if len(radii) < 2:
        return SectionWithoutPoints(
            name=name,
            swc_type=swc_type,
            parent=parent[0],
            parent_x=parent[1],
            length=float(section.L),
            segment_diameters=np.array([float(segment.diam) for segment in section]),
            cell_index=cell_index,
        )
    return Polyline(
        name=name,
        swc_type=swc_type,
        parent=parent[0],
        parent_x=parent[1],
        xyz=xyz,
        radii=radii,
        nseg=int(section.nseg),
        cell_index=cell_index,
    )
