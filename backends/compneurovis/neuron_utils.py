"""Sections from SWC files, and places for sections without 3-D points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from backends.compneurovis.morphology_scene import along_z
from backends.compneurovis.specs.geometry import MorphologyGeometry
from backends.morphology.auto_layout import point_at
from backends.morphology.morphology import Section
from backends.neuron.scene import StableNames, drawn_lines
from backends.neuron.simulator import load_neuron
from backends.swc.reader import read_swc


def load_swc_neuron(path: str | Path) -> list[Any]:
    """Return the sections of an SWC file: of several trees, of that with the soma."""
    return _sections(read_swc(Path(path)).sections)


def load_swc_multi(path: str | Path, basename: str | None = None) -> dict[int, list[Any]]:
    """Return the sections of every tree in an SWC file, by the number of the tree.

    Parameters
    ----------
    basename : str or None
        In front of the names of sections: ``"AVAL_soma[0]"``.
    """
    sections = read_swc(Path(path), trees="all").sections
    made = _sections(sections, "" if basename is None else f"{basename}_")
    trees: dict[int, list[Any]] = {}
    root_of: list[int] = []
    for i, each in enumerate(sections):
        root_of.append(i if each.parent < 0 else root_of[each.parent])
        trees.setdefault(root_of[i], []).append(made[i])
    return dict(enumerate(trees.values()))


def _sections(sections: Sequence[Section], front: str = "") -> list[Any]:
    h = load_neuron()
    made: list[Any] = []
    for each in sections:
        section = h.Section(name=f"{front}{each.name}")
        x, y, z = (h.Vector(np.ascontiguousarray(axis)) for axis in each.xyz.T)
        h.pt3dadd(x, y, z, h.Vector(2 * each.radii), sec=section)
        if each.parent >= 0:
            section.connect(made[each.parent](each.parent_x), 0)
        made.append(section)
    return made


def generate_layout(
    sections: Sequence[Any],
    cell_connections: Sequence[tuple[Any, Any, float]] | None = None,
) -> None:
    """Give sections without 3-D points some: each cell becomes a plane drawing.

    Parameters
    ----------
    cell_connections : sequence of (section, section, float)
        The root of a cell, a section of another cell, and where on that (0 … 1) the first one is drawn.
    """
    h = load_neuron()
    sections = list(sections)
    bare = [each for each in sections if each.n3d() < 2]
    if not bare:
        return
    lines = dict(zip(sections, drawn_lines(sections, StableNames(sections))[0], strict=True))
    for root, place, x in cell_connections or ():
        shift = point_at(lines[place], x) - lines[root].xyz[0]
        for each in root.wholetree():
            if each in lines and each in bare:
                lines[each] = replace(lines[each], xyz=lines[each].xyz + shift)
    for each in bare:
        line = lines[each]
        x, y, z = (h.Vector(np.ascontiguousarray(axis)) for axis in line.xyz.T)
        h.pt3dclear(sec=each)
        h.pt3dadd(x, y, z, h.Vector(2 * line.radii), sec=each)


def geometry_of_sections(sections: Sequence[Any]) -> MorphologyGeometry:
    """Return a drawing with one entity for each line between two 3-D points of a section.

    Sections without 3-D points get some; see `generate_layout`.
    """
    generate_layout(sections)
    begins, ends, radii, xs, names = [], [], [], [], []
    for section in sections:
        n = int(section.n3d())
        xyz = np.array([[section.x3d(i), section.y3d(i), section.z3d(i)] for i in range(n)])
        diameters = np.array([section.diam3d(i) for i in range(n)])
        arc = np.array([section.arc3d(i) for i in range(n)])
        begins.append(xyz[:-1])
        ends.append(xyz[1:])
        radii.append((diameters[:-1] + diameters[1:]) / 4)
        xs.append((arc[:-1] + arc[1:]) / 2 / (arc[-1] or 1.0))
        names += [str(section.name())] * (n - 1)
    begin, end, x = np.concatenate(begins), np.concatenate(ends), np.concatenate(xs)
    return MorphologyGeometry(
        "morphology",
        positions=(begin + end) / 2,
        orientations=along_z(end - begin),
        radii=np.concatenate(radii),
        lengths=np.linalg.norm(end - begin, axis=1),
        entity_ids=tuple(f"{name}@{place:.5f}" for name, place in zip(names, x, strict=True)),
        section_names=tuple(names),
        xlocs=x,
    )


def define_shape_layout() -> None:
    """Let NEURON give sections without 3-D points some: ``h.define_shape()``."""
    load_neuron().define_shape()
