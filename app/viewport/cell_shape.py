"""`CellShape`: what all views of one cell draw: its cross-sections, meshes and the search for picks. No OpenGL."""

from __future__ import annotations

import weakref
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData

from app.viewport.picking import Picker
from app.viewport.tubes import find_cross_sections, line_mesh, sides_for, sides_of_thick, tube_mesh
from app.viewport.vtkdata import poly_data
from backends.scene import MorphologyGeometry

_N_THICK = 96
_N_THIN_BINS = 3
_MOST_BLUNT = 4_000  # frusta
_N_FEW, _COARSE_SIDES = 500, 8
_KNOWN: weakref.WeakKeyDictionary[MorphologyGeometry, weakref.ref[CellShape]] = (
    weakref.WeakKeyDictionary()
)


def shape_of(geometry: MorphologyGeometry) -> CellShape:
    """Return the shape of a geometry with at least one frustum; views that draw it at the same time share it."""
    known = _KNOWN.get(geometry)
    shape = None if known is None else known()
    if shape is None:
        shape = CellShape(geometry)
        _KNOWN[geometry] = weakref.ref(shape)
    return shape


class CellShape:
    """A cell in bins of similar thickness, as tubes and as lines; meshes are made when they are first drawn.

    Attributes
    ----------
    joints : CrossSections
    widths : list of float
        Mean diameter of the frusta of each bin, µm.
    """

    def __init__(self, geometry: MorphologyGeometry) -> None:
        self.joints = joints = find_cross_sections(geometry)
        radii = np.maximum(joints.radius[joints.proximal], joints.radius[joints.distal])
        self._bins = bins_of(radii, blunt_frusta(geometry, radii))
        self._n_frusta = len(radii)
        self.widths = [float(2 * np.mean(radii[each])) for each in self._bins]

    @cached_property
    def tubes(self) -> list[vtkPolyData]:
        """All frusta as tubes, one mesh a bin, thick ones first."""
        n = self._n_frusta
        sides = [sides_of_thick(len(self._bins[0]))] + [sides_for(n)] * (len(self._bins) - 1)
        return [
            poly_data(tube_mesh(self.joints, each, count))
            for each, count in zip(self._bins, sides, strict=True)
        ]

    @cached_property
    def lines(self) -> list[vtkPolyData]:
        """All frusta but those of the first bin as lines, one mesh a bin."""
        return [poly_data(line_mesh(self.joints, each)) for each in self._bins[1:]]

    @cached_property
    def coarse(self) -> vtkPolyData | None:
        """The frusta of the first bin as tubes of few sides, where there are many, as in a network; else None."""
        if len(self._bins[0]) <= _N_FEW:
            return None
        return poly_data(tube_mesh(self.joints, self._bins[0], _COARSE_SIDES))

    @cached_property
    def picker(self) -> Picker:
        """The search for the segment under the pointer."""
        return Picker(self.joints)


def bins_of(
    radii: NDArray[np.float32], blunt: NDArray[np.bool_] | None = None
) -> list[NDArray[np.intp]]:
    """Return the indices of the frusta in bins from thick to thin, ascending in each bin.

    The first bin has the few thickest frusta, usually the soma, and those that `blunt` (n,) marks; the others
    have equal numbers. With less than 2,000 frusta there are only two bins.
    """
    n = len(radii)
    order = np.argsort(-radii, kind="stable")
    is_first = np.zeros(n, bool) if blunt is None else blunt.copy()
    is_first[order[: min(_N_THICK, max(1, n // 8))]] = True
    thick, rest = order[is_first[order]], order[~is_first[order]]
    parts = np.array_split(rest, _N_THIN_BINS if n >= 2000 else 1)
    return [np.sort(part) for part in (thick, *parts) if len(part)]


def blunt_frusta(geometry: MorphologyGeometry, radii: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which frusta are of sections at least half as wide as long, such as somas: a line would be a bar.

    Of many such sections only the widest, as far as they are cheap to draw.
    """
    n = len(geometry.section_names)
    section = geometry.section_index[geometry.frustum_segment]
    width = np.zeros(n)
    np.maximum.at(width, section, 2 * radii)
    length = np.bincount(geometry.section_index, geometry.length, n)
    widest = np.argsort(-width, kind="stable")
    widest = widest[width[widest] >= length[widest] / 2]
    counts = np.bincount(section, minlength=n)[widest]
    chosen = np.zeros(n, bool)
    chosen[widest[np.cumsum(counts) <= _MOST_BLUNT]] = True
    return chosen[section]
