"""What fields are drawn on: cylinders in space, or a grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from backends import scene
from backends.errors import ProtocolError
from backends.field import checked_array

Floats = NDArray[np.floating[Any]]
"""Stored as float32."""


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """What a field is drawn on."""

    id: str


@dataclass(frozen=True, slots=True, eq=False)
class MorphologyGeometry(Geometry):
    """Cylinders: one an entity, which has one value.

    Attributes
    ----------
    positions : ndarray, shape (n, 3)
        Middles, µm.
    orientations : ndarray, shape (n, 3, 3)
        Rotations; the third column is the direction of the axis.
    radii, lengths : ndarray, shape (n,)
        µm.
    entity_ids, section_names : tuple of str, length n
    xlocs : ndarray, shape (n,)
        Where along its section each middle is, 0 … 1.
    colors : ndarray, shape (n, 4), or None
        RGBA, 0 … 1; Somascope colours cells by a field instead.
    labels : tuple of str, length n
        What the user reads; by default the ids.
    """

    kind: ClassVar[str] = "morphology"

    positions: Floats
    orientations: Floats
    radii: Floats
    lengths: Floats
    entity_ids: tuple[str, ...]
    section_names: tuple[str, ...]
    xlocs: Floats
    colors: Floats | None = None
    labels: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.entity_ids)
        shapes: dict[str, tuple[int, ...]] = {
            "positions": (n, 3),
            "orientations": (n, 3, 3),
            "radii": (n,),
            "lengths": (n,),
            "xlocs": (n,),
        }
        if self.colors is not None:
            shapes["colors"] = (n, 4)
        for name, shape in shapes.items():
            where = f"MorphologyGeometry {self.id!r}: {name}"
            array = checked_array(where, getattr(self, name), shape=shape, dtype=np.float32)
            object.__setattr__(self, name, array)
        for name in ("entity_ids", "section_names", "labels"):
            object.__setattr__(self, name, tuple(map(str, getattr(self, name))))
        object.__setattr__(self, "labels", self.labels or self.entity_ids)
        for name in ("section_names", "labels"):
            if len(getattr(self, name)) != n:
                raise ProtocolError(
                    f"MorphologyGeometry {self.id!r}: {len(getattr(self, name))} {name} for {n} entities",
                    code="bad-shape",
                )
        object.__setattr__(self, "metadata", dict(self.metadata))

    def entity_index(self, entity_id: str) -> int:
        """Return the index of an entity; KeyError if there is none of that id."""
        if entity_id not in self.entity_ids:
            raise KeyError(entity_id)
        return self.entity_ids.index(entity_id)

    def label_for(self, entity_id: str) -> str:
        """Return what the user reads of an entity; KeyError if there is none of that id."""
        return self.labels[self.entity_index(entity_id)]

    def entity_info(self, entity_id: str) -> dict[str, Any]:
        """Return index, entity_id, section_name, xloc and label; KeyError if there is none of that id."""
        index = self.entity_index(str(entity_id))
        return {
            "index": index,
            "entity_id": self.entity_ids[index],
            "section_name": self.section_names[index],
            "xloc": float(self.xlocs[index]),
            "label": self.labels[index],
        }

    def translated(self) -> scene.MorphologyGeometry:
        """Return the window's drawing: a frustum of constant radius for each entity."""
        from backends.neuron.scene import swc_type_of  # with NEURON's whole package

        n = len(self.entity_ids)
        half = self.orientations[:, :, 2] * self.lengths[:, None] / 2
        points = np.stack([self.positions - half, self.positions + half], axis=1).reshape(-1, 3)
        sections = tuple(dict.fromkeys(self.section_names))
        index = {name: i for i, name in enumerate(sections)}
        lengths = self.lengths.astype(float)
        return scene.MorphologyGeometry(
            points=points.astype(np.float32),
            radii=np.repeat(self.radii, 2),
            frusta=np.arange(2 * n, dtype=np.int32).reshape(n, 2),
            frustum_segment=np.arange(n, dtype=np.int32),
            segment_ids=self.entity_ids,
            section_names=sections,
            section_index=np.array([index[name] for name in self.section_names], np.int32),
            x=self.xlocs.astype(float),
            swc_type=np.array([swc_type_of(name) for name in self.section_names], np.int32),
            cell_index=np.zeros(n, np.int32),
            parent_segment=np.full(n, -1, np.int32),
            path_distance=np.full(n, np.nan),
            length=lengths,
            area=2 * np.pi * self.radii.astype(float) * lengths,
            diameter=2 * self.radii.astype(float),
            id=self.id,
        )


@dataclass(frozen=True, slots=True, eq=False)
class GridGeometry(Geometry):
    """The two axes of a 2-D field.

    Attributes
    ----------
    dims : (str, str)
        Rows, columns.
    coords : dict of str to ndarray, shape (n,)
    """

    kind: ClassVar[str] = "grid"

    dims: tuple[str, str]
    coords: Mapping[str, NDArray[Any]]
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dims = tuple(self.dims)
        coords = {str(dim): np.asarray(each) for dim, each in self.coords.items()}
        if (
            len(dims) != 2
            or set(coords) != set(dims)
            or any(each.ndim != 1 for each in coords.values())
        ):
            raise ProtocolError(
                f"GridGeometry {self.id!r}: two dims, each with its coordinates, are needed, not {dims} "
                f"with coordinates of {', '.join(coords) or 'none'}",
                code="bad-shape",
            )
        object.__setattr__(self, "dims", dims)
        object.__setattr__(self, "coords", coords)
        object.__setattr__(self, "metadata", dict(self.metadata))
