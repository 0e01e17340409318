"""A session with every kind of view, which sends an update when a control named `send` gets the update's name."""

from __future__ import annotations

import time
from typing import ClassVar

import numpy as np

from backends.controls import ControlSpec, ScalarValueSpec, TextValueSpec
from backends.field import Field
from backends.layout import LayoutSpec, PanelSpec, Split, Tabs
from backends.messages import (
    Error,
    EventsAppend,
    FieldAppend,
    FieldReplace,
    LayoutReplace,
    PanelPatch,
    RunStatus,
    ScenePatch,
    SceneReady,
    SessionCommand,
    SessionUpdate,
    SetControl,
    StatePatch,
    Status,
    TraceAdded,
    TraceRemoved,
)
from backends.phase import Phase
from backends.scene import MorphologyGeometry, Scene
from backends.session import BufferedSession
from backends.views import (
    BarViewSpec,
    GridSlice,
    ImageViewSpec,
    LinePlotViewSpec,
    MorphologyViewSpec,
    RasterViewSpec,
    StateBinding,
    StateGraphViewSpec,
    SurfaceViewSpec,
    TableViewSpec,
    TracePlotViewSpec,
    ViewSpec,
)

N = 24
"""Segments of the cell."""
STATES = ("closed", "open", "blocked")
RAMP = np.linspace(-80.0, 40.0, N, dtype=np.float32)
GRID = np.sin(np.linspace(0, 3, 12))[:, None] * np.cos(np.linspace(0, 5, 16))[None, :]
X = np.linspace(0, 5, 16)
TIMES = np.linspace(0.1, 50.0, 500)
SINE = np.sin(TIMES / 5)


def cell(id_: str = "cell", bend: float = 40.0) -> MorphologyGeometry:
    """Return a soma of one segment with a curved dendrite of N - 1, µm."""
    along = np.linspace(0, 1, N + 1)
    points = np.stack([200 * along, bend * np.sin(6 * along), 0 * along], axis=1)
    radii = np.where(np.arange(N + 1) < 2, 8.0, 2.0)
    order = np.arange(N)
    return MorphologyGeometry(
        points=points,
        radii=radii,
        frusta=np.stack([order, order + 1], axis=1),
        frustum_segment=order,
        segment_ids=("soma(0.5)", *(f"dend({(i + 0.5) / (N - 1):.4g})" for i in range(N - 1))),
        section_names=("soma", "dend"),
        section_index=(order > 0).astype(int),
        x=np.concatenate([[0.5], (np.arange(N - 1) + 0.5) / (N - 1)]),
        swc_type=np.where(order > 0, 3, 1),
        cell_index=np.zeros(N),
        parent_segment=order - 1,
        path_distance=8.0 * order,
        length=np.full(N, 8.0),
        area=np.full(N, 100.0),
        diameter=np.full(N, 4.0),
        id=id_,
    )


def fields() -> tuple[Field, ...]:
    """Return the fields, with values in all that a view shows at once."""
    grid = {"y": np.linspace(0, 3, 12), "x": X}
    return (
        Field("v", RAMP, ("segment",), unit="mV"),
        Field("gate", np.linspace(0, 1, N), ("segment",)),
        Field("trace", np.empty((0, 0)), ("trace", "time"), unit="mV"),
        Field("calcium", np.empty((0, 0)), ("trace", "time"), unit="mM"),
        Field("profile", GRID[:2], ("series", "x"), {"series": ("a", "b"), "x": X}),
        Field("grid", GRID, ("y", "x"), grid, "mM"),
        Field("rates", np.array([3.0, 5.0, 1.0]), ("name",), {"name": ("ca1", "ca3", "dg")}),
        Field("spikes", np.zeros(3), ("row",), {"row": ("e1", "e2", "i1")}),
        Field("numbers", np.eye(2), ("row", "column"), {"row": ("p", "q"), "column": ("u", "w")}),
        Field("states", np.array([0.7, 0.2, 0.1]), ("state",), {"state": STATES}),
        Field("fluxes", np.array([0.4, -0.1]), ("edge",), {"edge": ("co", "ob")}),
    )


def views() -> tuple[ViewSpec, ...]:
    """Return one view of each kind, and a second cell and a second plot."""
    return (
        MorphologyViewSpec("cell", "cell", "v", "mV"),
        MorphologyViewSpec(
            "gates", "cell", "gate", "1", "m", "viridis", (0.0, 1.0), title="Sodium gates"
        ),
        TracePlotViewSpec("volts", "trace", "Voltage", "V", "mV", window_ms=100.0),
        TracePlotViewSpec(
            "calcium",
            "calcium",
            "Calcium",
            "Ca",
            "mM",
            y_limits=(-2.0, 2.0),
            series=StateBinding("which"),
            window_ms=StateBinding("window"),
        ),
        LinePlotViewSpec("profile", "profile", "Profile", "x", "µm", "u", "mM"),
        ImageViewSpec("image", "grid", "Image", "mM", slice=GridSlice("y", StateBinding("at"))),
        SurfaceViewSpec("surface", "grid", "Surface", "mM"),
        BarViewSpec("bars", "rates", "Rates", "Rate", "Hz"),
        RasterViewSpec("raster", "spikes", "Spikes", window_ms=50.0),
        TableViewSpec("table", "numbers", "Numbers", {"u": "mV"}),
        StateGraphViewSpec(
            "graph",
            "states",
            tuple((name, x, 0.5) for name, x in zip(STATES, (0.1, 0.5, 0.9), strict=True)),
            (("closed", "open", "co"), ("open", "blocked", "ob")),
            "fluxes",
            "Channel",
        ),
    )


def panel_of(view: ViewSpec) -> PanelSpec:
    """Return a panel with the id of its view."""
    return PanelSpec(view.id, view.KIND, str(view.title) or "Cell", view_id=view.id)


def layout() -> LayoutSpec:
    """Return a layout with rows, columns and tabs."""
    controls = (
        PanelSpec("sending", "controls", "Sending", control_ids=("send",)),
        PanelSpec("shown", "controls", "What is shown", control_ids=("which", "window", "at")),
    )
    root = Split(
        (
            Split(("cell", "gates"), "column"),
            Split(("volts", "calcium", "raster"), "column", (2, 2, 1)),
            Split(
                (
                    Tabs(("surface", "image")),
                    Tabs(("profile", "bars", "table")),
                    "graph",
                ),
                "column",
            ),
        ),
        "row",
        (3, 3, 2),
    )
    return LayoutSpec((*(panel_of(view) for view in views()), *controls), root)


def scene() -> Scene:
    """Return all of it."""
    return Scene(
        title="Every view",
        geometries=(cell(),),
        fields=fields(),
        views=views(),
        controls=(
            ControlSpec("send", "Send", TextValueSpec("")),
            ControlSpec("which", "Which", TextValueSpec("near")),
            ControlSpec("window", "Window", ScalarValueSpec(40.0, 1.0, 1000.0, "ms")),
            ControlSpec("at", "At", ScalarValueSpec(0.5, 0.0, 1.0)),
        ),
        layout=layout(),
        backend="None",
    )


def first_updates() -> list[SessionUpdate]:
    """Return samples and events, so that no view is empty."""
    return [
        TraceAdded("soma(0.5)", "soma(0.5)", TIMES, 40 * SINE - 20, "soma", "mV"),
        FieldAppend("calcium", ("near", "far"), np.stack([SINE, 2 * SINE]), TIMES),
        EventsAppend("spikes", np.arange(60) % 3, np.linspace(1, 49, 60)),
        RunStatus(50.0, running=False),
    ]


UPDATES: dict[str, list[SessionUpdate]] = {
    "SceneReady": [
        SceneReady(
            Scene(title="Another", geometries=(cell(),), fields=fields(), views=views()[1:3])
        )
    ],
    "FieldReplace": [
        FieldReplace("gate", np.zeros(N), 7.0),
        FieldReplace("profile", 2 * GRID[:2]),
        FieldReplace("grid", 3 * GRID),
        FieldReplace("rates", np.array([9.0, 8.0]), coords={"name": ("one", "two")}),
        FieldReplace("numbers", np.full((2, 2), 42.0)),
        FieldReplace("states", np.array([0.0, 0.0, 1.0])),
    ],
    "FieldAppend": [FieldAppend("calcium", ("near", "far"), np.ones((2, 1)), np.array([60.0]))],
    "FieldAppend of no plot": [FieldAppend("grid", ("a",), np.ones((1, 1)), np.array([1.0]))],
    "TraceAdded": [
        TraceAdded("more", None, TIMES, SINE, "More", "mM", field_id="calcium"),
        StatePatch({"which": ("near", "more")}),
    ],
    "TraceRemoved": [TraceRemoved("soma(0.5)")],
    "EventsAppend": [EventsAppend("spikes", [2, 2], [51.0, 52.0])],
    "RunStatus": [RunStatus(123.0, running=True)],
    "ScenePatch": [
        ScenePatch(
            {"title": "Patched"},
            {
                "gates": {"color_limits": (0.0, 0.5), "title": "Gates now"},
                "volts": {"y_limits": (-5.0, 5.0)},
            },
            {"at": {"label": "Where"}},
        )
    ],
    "StatePatch": [StatePatch({"which": ("near", "far"), "window": 20.0, "at": 0.9})],
    "PanelPatch": [
        PanelPatch("gates", title="Renamed"),
        PanelPatch("graph", visible=False),
        PanelPatch("shown", control_ids=("at",)),
        PanelPatch("volts", view_id="calcium"),
    ],
    "LayoutReplace": [
        LayoutReplace(
            LayoutSpec(tuple(map(panel_of, views()[:3])), Split(("volts", "cell", "gates")))
        )
    ],
    "Status": [Status(Phase.READY, "All is well")],
    "Error": [Error("Something is wrong", code="x")],
}
"""What is sent, by name."""


class EveryView(BufferedSession):
    """Sends what the control `send` names."""

    slow_s: ClassVar[float] = 0.0

    @classmethod
    def startup_scene(cls) -> Scene | None:
        """Return the cell alone."""
        return Scene(title="Starting", geometries=(cell(),), fields=fields()[:1], views=views()[:1])

    def initialize(self) -> Scene:
        """Return the scene, after `slow_s`."""
        time.sleep(self.slow_s)
        for update in first_updates():
            self.emit(update)
        return scene()

    def handle(self, command: SessionCommand) -> None:
        """Send the update that is asked for."""
        if isinstance(command, SetControl) and command.control_id == "send":
            for update in UPDATES[str(command.value)]:
                self.emit(update)
        elif isinstance(command, SetControl):
            self.emit(StatePatch({command.control_id: command.value}))

    def advance(self) -> None:
        """Do nothing."""

    def is_live(self) -> bool:
        """Whether there is anything to advance."""
        return False

    def idle_sleep(self) -> None:
        """Wait for commands."""
