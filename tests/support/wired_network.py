"""Sessions with a network of small cells, connected by two classes of synapses and by gap junctions; no simulator."""

from __future__ import annotations

import numpy as np

from backends.connections import Connections
from backends.controls import BoolValueSpec, ControlSpec
from backends.field import Field
from backends.layout import LayoutSpec, PanelSpec, Split
from backends.messages import SessionCommand, SetControl, StatePatch
from backends.scene import MorphologyGeometry, Scene
from backends.session import BufferedSession
from backends.views import MorphologyViewSpec, StateBinding

CELLS, PER_CELL = 12, 3
"""Cells, and segments of each: a soma and two of its dendrite."""
N = CELLS * PER_CELL
GAP = 100.0  # µm


def wired_geometry(n_cells: int = CELLS, *, nudge: float = 0.0) -> MorphologyGeometry:
    """Return cells in a row that is bent, each 60 µm long; `nudge` moves them, µm."""
    n = n_cells * PER_CELL
    cell = np.arange(n_cells)
    at = np.stack([GAP * cell, 30.0 * np.sin(cell), 10.0 * np.cos(cell)], axis=1) + nudge
    along = np.array([(0, 0, 0), (20, 0, 0), (40, 0, 0), (60, 5, 0)], float)
    points = (at[:, None] + along).reshape(-1, 3)
    first = (4 * cell[:, None] + np.arange(3)).reshape(-1)
    order = np.arange(n)
    part = order % PER_CELL
    names = [f"Cell[{i}]" for i in range(n_cells)]
    suffix = ("soma(0.5)", "dend(0.25)", "dend(0.75)")
    sections = [f"{name}.{s}" for name in names for s in ("soma", "dend")]
    return MorphologyGeometry(
        points=points,
        radii=np.tile([8.0, 8.0, 2.0, 2.0], n_cells),
        frusta=np.stack([first, first + 1], axis=1),
        frustum_segment=order,
        segment_ids=tuple(f"{name}.{s}" for name in names for s in suffix),
        section_names=tuple(sections),
        section_index=2 * (order // PER_CELL) + (part > 0),
        x=np.tile([0.5, 0.25, 0.75], n_cells),
        swc_type=np.where(part > 0, 3, 1),
        cell_index=order // PER_CELL,
        parent_segment=np.where(part > 0, order - 1, -1),
        path_distance=20.0 * part,
        length=np.full(n, 20.0),
        area=np.full(n, 100.0),
        diameter=np.where(part > 0, 4.0, 16.0),
        cell_names=tuple(names),
    )


def wiring(n_cells: int = CELLS) -> tuple[Connections, ...]:
    """Return synapses from each soma to the next cell's dendrite and to the one after it, and gap junctions."""
    cell = np.arange(n_cells)
    soma, tip = PER_CELL * cell, PER_CELL * cell + 2
    some = soma[: n_cells // 2]
    return (
        Connections("ampa", "morphology", soma, np.roll(tip, -1), label="AMPA"),
        Connections("gaba", "morphology", some, np.roll(tip, -2)[: len(some)], label="GABA"),
        Connections("gaps", "morphology", soma[:-2], soma[2:], "gap junction"),
    )


def many_connections(n: int, n_segments: int = N, seed: int = 0) -> Connections:
    """Return `n` connections between random segments."""
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, n_segments, (2, n))
    return Connections("many", "morphology", *ends, label="Many")


class WiredNetwork(BufferedSession):
    """One view of a network, which draws no connections at first."""

    n_cells = CELLS
    nudge = 0.0

    def initialize(self) -> Scene:
        """Return the scene."""
        n = PER_CELL * self.n_cells
        values = np.linspace(-80, 20, n, dtype=np.float32)
        return Scene(
            title=type(self).__name__,
            geometries=(wired_geometry(self.n_cells, nudge=self.nudge),),
            fields=(Field("v", values, ("segment",), unit="mV"),),
            views=(MorphologyViewSpec("cells", "morphology", "v", "mV"),),
            connections=wiring(self.n_cells),
            backend="None",
        )

    def handle(self, command: SessionCommand) -> None:
        """Take over the value of a control."""
        if isinstance(command, SetControl):
            self.emit(StatePatch({command.control_id: command.value}))

    def advance(self) -> None:
        """Do nothing."""

    def is_live(self) -> bool:
        """Whether there is anything to advance."""
        return False

    def idle_sleep(self) -> None:
        """Wait for commands."""


class WiredTwice(WiredNetwork):
    """Two views of a network; the first draws connections from the start, the second as a control says."""

    def initialize(self) -> Scene:
        """Return the scene."""
        scene = super().initialize()
        views = (
            MorphologyViewSpec("cells", "morphology", "v", "mV", title="Left", connections=True),
            MorphologyViewSpec(
                "again", "morphology", "v", "mV", title="Right", connections=StateBinding("wires")
            ),
        )
        panels = [PanelSpec(v.id, "morphology", v.title, view_id=v.id) for v in views]
        return Scene(
            title=scene.title,
            geometries=scene.geometries,
            fields=scene.fields,
            views=views,
            controls=(ControlSpec("wires", "Wires", BoolValueSpec(False)),),
            layout=LayoutSpec(tuple(panels), Split(("cells", "again"), "row")),
            connections=scene.connections,
            backend="None",
        )
