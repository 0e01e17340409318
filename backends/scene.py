"""What the window is to show: geometry, fields, views, controls, and how they are laid out.

A cell is drawn from *frusta* (truncated cones between two neighbouring 3-D points) but
speaks in *segments* (the numerical pieces, one value each). Points are inserted where a segment
border cuts a frustum, so every frustum belongs to exactly one segment and `frustum_segment` is the
only link between what is drawn and what is simulated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from backends.connections import Connections as Connections
from backends.controls import ActionSpec, ControlSpec
from backends.errors import ProtocolError
from backends.field import Field, checked_array, checked_name
from backends.layout import LayoutSpec as LayoutSpec, PanelSpec as PanelSpec, check_unique
from backends.views import (
    MorphologyViewSpec as MorphologyViewSpec,
    TracePlotViewSpec as TracePlotViewSpec,
    ViewSpec as ViewSpec,
)

SEGMENT_COLUMNS: Mapping[str, Any] = {
    "section_index": np.int32,
    "x": np.float64,
    "swc_type": np.int32,
    "cell_index": np.int32,
    "parent_segment": np.int32,
    "path_distance": np.float64,
    "length": np.float64,
    "area": np.float64,
    "diameter": np.float64,
}


@dataclass(frozen=True, eq=False)
class MorphologyGeometry:
    """One or many cells as frusta that belong to segments.

    Attributes
    ----------
    points : ndarray, shape (n_points, 3), float32
        µm. Neighbouring frusta of a section share their point.
    radii : ndarray, shape (n_points,), float32
        µm, radii and not diameters.
    frusta : ndarray, shape (n_frusta, 2), int32
        Indices into `points`: proximal end, distal end.
    frustum_segment : ndarray, shape (n_frusta,), int32
        The segment that each frustum belongs to.
    segment_ids : tuple of str, length n_segments
        NEURON's own spelling: ``"apic[12](0.625)"``, with the cell's name before it in a network.
    section_names : tuple of str, length n_sections
    section_index, x, swc_type, cell_index, parent_segment : ndarray, shape (n_segments,)
        The segment's section, normalised position of its middle, SWC type, cell, and the segment
        that it is attached to (-1 at a root).
    path_distance, length, area, diameter : ndarray, shape (n_segments,)
        µm from the middle of the root segment to the middle of the segment along the tree; µm; µm²; µm.
    cell_names : tuple of str
    laid_out_sections : tuple of str
        Sections whose shape was invented because they have no 3-D points.
    id : str
    """

    points: NDArray[np.float32]
    radii: NDArray[np.float32]
    frusta: NDArray[np.int32]
    frustum_segment: NDArray[np.int32]
    segment_ids: tuple[str, ...]
    section_names: tuple[str, ...]
    section_index: NDArray[np.int32]
    x: NDArray[np.float64]
    swc_type: NDArray[np.int32]
    cell_index: NDArray[np.int32]
    parent_segment: NDArray[np.int32]
    path_distance: NDArray[np.float64]
    length: NDArray[np.float64]
    area: NDArray[np.float64]
    diameter: NDArray[np.float64]
    cell_names: tuple[str, ...] = ("cell",)
    laid_out_sections: tuple[str, ...] = ()
    id: str = "morphology"
    _index: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        checked_name("MorphologyGeometry.id", self.id)
        for name in ("segment_ids", "section_names", "cell_names", "laid_out_sections"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        n_segments = len(self.segment_ids)
        shapes: dict[str, tuple[tuple[int | None, ...], Any]] = {
            "points": ((None, 3), np.float32),
            "radii": ((None,), np.float32),
            "frusta": ((None, 2), np.int32),
            "frustum_segment": ((None,), np.int32),
        } | {name: ((n_segments,), dtype) for name, dtype in SEGMENT_COLUMNS.items()}
        for name, (shape, dtype) in shapes.items():
            where = f"MorphologyGeometry.{name}"
            array = checked_array(where, getattr(self, name), shape=shape, dtype=dtype)
            object.__setattr__(self, name, np.ascontiguousarray(array))
        self._check_links(n_segments)
        object.__setattr__(self, "_index", {id_: i for i, id_ in enumerate(self.segment_ids)})
        if len(self._index) != n_segments:
            raise ProtocolError(
                "MorphologyGeometry.segment_ids has repeated ids", code="repeated-id"
            )

    def _check_links(self, n_segments: int) -> None:
        if len(self.radii) != len(self.points):
            raise ProtocolError(
                f"MorphologyGeometry: {len(self.radii)} radii for {len(self.points)} points",
                code="bad-shape",
            )
        if len(self.frustum_segment) != len(self.frusta):
            raise ProtocolError(
                f"MorphologyGeometry: frustum_segment has shape {self.frustum_segment.shape}, "
                f"frusta {self.frusta.shape}",
                code="bad-shape",
            )
        for name, limit in (
            ("frusta", len(self.points)),
            ("frustum_segment", n_segments),
            ("section_index", len(self.section_names)),
            ("cell_index", len(self.cell_names)),
        ):
            values = getattr(self, name)
            if values.size and (values.min() < 0 or values.max() >= limit):
                raise ProtocolError(
                    f"MorphologyGeometry.{name} points outside 0 … {limit - 1}", code="bad-index"
                )
        if not (np.isfinite(self.points).all() and np.isfinite(self.radii).all()):
            raise ProtocolError(
                "MorphologyGeometry: points and radii must be finite", code="not-finite"
            )

    @property
    def n_segments(self) -> int:
        """Number of segments: the length of every display frame."""
        return len(self.segment_ids)

    @property
    def n_frusta(self) -> int:
        """Number of frusta drawn."""
        return len(self.frusta)

    def index_of(self, segment_id: str) -> int:
        """Return the index of `segment_id`; KeyError if there is no such segment."""
        return self._index[segment_id]

    def __contains__(self, segment_id: object) -> bool:
        return segment_id in self._index

    def middle(self, segment: int) -> NDArray[np.float32]:
        """Return the middle of a segment in space, µm, shape (3,): halfway along its frusta."""
        ends = self.points[self.frusta[self.frustum_segment == segment]]
        lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        if not lengths.size:
            raise KeyError(segment)
        along = lengths.cumsum()
        i = int(np.searchsorted(along, along[-1] / 2))
        share = 0.5 if lengths[i] == 0 else 1 - (along[i] - along[-1] / 2) / lengths[i]
        middle: NDArray[np.float32] = ends[i, 0] + np.float32(share) * (ends[i, 1] - ends[i, 0])
        return middle


@dataclass(frozen=True, slots=True)
class DisplayVariable:
    """A range variable that the cell can be coloured by.

    Attributes
    ----------
    limits : (float, float)
        Colour range in `unit` when it is chosen.
    """

    name: str
    label: str
    unit: str
    limits: tuple[float, float]


VOLTAGE = DisplayVariable("v", "Membrane potential", "mV", (-80.0, 40.0))
"""What every cell can be coloured by, on either simulator."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the audit of a morphology.

    Attributes
    ----------
    severity : {"info", "warning", "repair", "error"}
    code : str
        ``"radius.not-positive"``.
    message : str
        One sentence with what was found and what was done.
    line : int or None
        Line of the file, from 1.
    """

    severity: Literal["info", "warning", "repair", "error"]
    code: str
    message: str
    line: int | None = None


_PARTS = {
    "geometries": "geometry",
    "fields": "field",
    "views": "view",
    "controls": "control",
    "actions": "action",
    "connections": "connections",
}
"""The parts of a scene that have ids, and what an error calls one."""

UNTITLED = "Somascope"
"""The title of a scene whose author has given none."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the window needs to show a session.

    Attributes
    ----------
    title : str
        Window title and card on the viewport.
    connections : tuple of Connections
        Synapses and gap junctions between segments, one for each group that a user would tell apart.
    backend : str
        ``"NEURON"``, ``"Jaxley"`` or what the author calls it.
    dt_ms : float or None
        Step of the simulation, ms.
    display_variables : tuple of DisplayVariable
        What `SetDisplayVariable` accepts; the first is shown at start.
    findings : tuple of Finding
        The morphology's audit.
    facts : mapping of str to str
        Short facts for the Cell panel, in order: ``{"Segments": "732", "Area": "18 205 µm²"}``.
    cannot_run : str
        Why there is nothing to run, as a sentence; "" where the session has a clock.
    speed_ms_per_s : float or None
        Simulated ms per second with which the window begins, until the user chooses another; None for the
        user's last choice.
    tstop_ms : float or None
        The Tstop with which the window begins, ms, and to which a model sets it by itself; None for the user's last choice.
    has_own_speed : bool
        Whether the session itself decides how fast it runs; it then ignores `SetSpeed`, and the window offers none.
    """

    title: str = UNTITLED
    geometries: tuple[MorphologyGeometry, ...] = ()
    fields: tuple[Field, ...] = ()
    views: tuple[ViewSpec, ...] = ()
    controls: tuple[ControlSpec, ...] = ()
    actions: tuple[ActionSpec, ...] = ()
    layout: LayoutSpec = field(default_factory=LayoutSpec)
    backend: str = ""
    dt_ms: float | None = None
    display_variables: tuple[DisplayVariable, ...] = ()
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    cannot_run: str = ""
    speed_ms_per_s: float | None = None
    tstop_ms: float | None = None
    has_own_speed: bool = False
    connections: tuple[Connections, ...] = ()

    def __post_init__(self) -> None:
        for name, what in _PARTS.items():
            items: Sequence[Any] = tuple(getattr(self, name))
            object.__setattr__(self, name, items)
            check_unique(what, [item.id for item in items])
        object.__setattr__(self, "findings", tuple(self.findings))
        object.__setattr__(self, "display_variables", tuple(self.display_variables))
        known = {each.id for each in self.geometries}
        for view in self.views:
            if isinstance(view, MorphologyViewSpec) and view.geometry_id not in known:
                raise ProtocolError(
                    f"Scene: view {view.id!r} shows geometry {view.geometry_id!r}, "
                    f"which the scene does not have",
                    code="unknown-geometry",
                )
            for field_id in view.field_ids:
                if field_id not in {each.id for each in self.fields}:
                    raise ProtocolError(
                        f"Scene: view {view.id!r} shows field {field_id!r}, "
                        f"which the scene does not have",
                        code="unknown-field",
                    )
        self._check_connections()
        self._check_panels()

    def _check_connections(self) -> None:
        n_segments = {each.id: each.n_segments for each in self.geometries}
        for each in self.connections:
            if each.geometry_id not in n_segments:
                raise ProtocolError(
                    f"Scene: connections {each.id!r} are of geometry {each.geometry_id!r}, "
                    f"which the scene does not have",
                    code="unknown-geometry",
                )
            each.check_segments(n_segments[each.geometry_id])

    def _check_panels(self) -> None:
        kinds = {view.id: view.KIND for view in self.views}
        for panel in self.layout.panels:
            if panel.kind == "controls":
                continue
            if panel.view_id not in kinds:
                raise ProtocolError(
                    f"Scene: panel {panel.id!r} shows the view {panel.view_id!r}; there are "
                    f"{', '.join(kinds) or 'none'}",
                    code="unknown-view",
                )
            if kinds[panel.view_id] != panel.kind:
                raise ProtocolError(
                    f"Scene: panel {panel.id!r} is of kind {panel.kind!r}, its view "
                    f"{panel.view_id!r} of kind {kinds[panel.view_id]!r}",
                    code="unknown-kind",
                )

    @property
    def geometry(self) -> MorphologyGeometry | None:
        """The first geometry, or None for a session with no morphology."""
        return self.geometries[0] if self.geometries else None

    @property
    def morphology_view(self) -> MorphologyViewSpec | None:
        """The first morphology view, if there is one."""
        return next((v for v in self.views if isinstance(v, MorphologyViewSpec)), None)

    @property
    def trace_view(self) -> TracePlotViewSpec | None:
        """The first trace plot, if there is one."""
        return next((v for v in self.views if isinstance(v, TracePlotViewSpec)), None)

    def field_by_id(self, field_id: str) -> Field:
        """Return a field; KeyError if the scene has none of that id."""
        return {each.id: each for each in self.fields}[field_id]
