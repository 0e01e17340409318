"""Sessions that no live engine runs: recorded frames, values that stand still, and a script for CompNeuroVis."""

from __future__ import annotations

from typing import Any

import numpy as np

from backends.compneurovis.specs import messages as theirs
from backends.compneurovis.specs.controls import ActionSpec, ControlSpec, ScalarValueSpec
from backends.compneurovis.specs.fields import Field
from backends.compneurovis.specs.geometry import MorphologyGeometry
from backends.compneurovis.specs.scene import AppSpec, LayoutSpec, PanelSpec, Scene
from backends.compneurovis.specs.session import BufferedSession
from backends.compneurovis.specs.views import LinePlotViewSpec, MorphologyViewSpec
from backends.compneurovis.translation.adapter import session_class_of
from backends.mock.scene import build_geometry
from backends.replay import ReplaySession, StaticSession
from backends.replay.scenes import morphology_scene

TIMES = np.arange(2001) * 0.1  # ms


class Recorded(ReplaySession):
    """200 ms of frames: each segment rises at a rate of its own."""

    def __init__(self) -> None:
        geometry = build_geometry(5)
        frames = np.outer(TIMES, np.arange(1, geometry.n_segments + 1))
        scene = morphology_scene(
            geometry, frames[0], unit="mV", label="", limits=(0, 100), title="Recorded"
        )
        super().__init__(
            scene=scene, field_id="display", frames=frames, times=TIMES, interval_live=False
        )


class Still(StaticSession):
    """A cell coloured by distance."""

    def __init__(self) -> None:
        super().__init__(build_geometry(5), {"distance": lambda cell: cell.path_distance})


IDS = ("a@0.5", "b@0.5", "c@0.5")


class ThreeDecay(BufferedSession):
    """A session as CompNeuroVis has them: three segments that decay, and a plot of the one that is selected."""

    def __init__(self) -> None:
        super().__init__()
        self.rate, self.t = 0.1, 0.0
        self.values = np.array([10.0, 20.0, 30.0])

    def initialize(self) -> Scene:
        cell = MorphologyGeometry(
            "cell",
            positions=np.array([[0.0, 0, 0], [20, 0, 0], [40, 0, 0]]),
            orientations=np.repeat(np.eye(3)[None], 3, axis=0),
            radii=np.ones(3),
            lengths=np.full(3, 10.0),
            entity_ids=IDS,
            section_names=("a", "b", "c"),
            xlocs=np.full(3, 0.5),
            labels=("A", "B", "C"),
        )
        segments = {"segment": np.array(IDS)}
        past = Field(
            "past", self.values[:, None], ("segment", "time"), {**segments, "time": np.zeros(1)}
        )
        plot = LinePlotViewSpec("plot", "Values", "past", x_dim="time", series_dim="segment")
        return Scene(
            fields={"v": Field("v", self.values, ("segment",), segments, "mV"), "past": past},
            geometries={"cell": cell},
            views={"cell_view": MorphologyViewSpec("cell_view", "Cell", "cell", "v"), "plot": plot},
            controls={
                "rate": ControlSpec(
                    "rate", "Rate", ScalarValueSpec(0.1, 0, 1), send_to_session=True
                )
            },
            actions={"silence": ActionSpec("silence", "Silence")},
            layout=LayoutSpec(
                "Three decay",
                (
                    PanelSpec("cell-panel", "view_3d", ("cell_view",)),
                    PanelSpec("plot-panel", "line_plot", ("plot",)),
                    PanelSpec("controls-panel", "controls"),
                ),
            ),
        )

    def advance(self) -> None:
        self.t += 1.0
        self.values = self.values * (1 - self.rate)
        self.emit(theirs.FieldReplace("v", self.values))
        self.emit(theirs.FieldAppend("past", "time", self.values[:, None], np.array([self.t])))

    def handle(self, command: Any) -> None:
        match command:
            case theirs.SetControl("rate", value):
                self.rate = value
            case theirs.InvokeAction("silence"):
                self.rate = 0.0
            case theirs.Reset():
                self.t, self.values = 0.0, np.array([10.0, 20.0, 30.0])
                coords = {"segment": np.array(IDS), "time": np.zeros(1)}
                self.emit(theirs.FieldReplace("v", self.values))
                self.emit(theirs.FieldReplace("past", self.values[:, None], coords))

    def idle_sleep(self) -> float:
        return 0.0


App = session_class_of(AppSpec(session=ThreeDecay, title="Three decay"), "App", __name__)
StillApp = session_class_of(AppSpec(scene=ThreeDecay().initialize()), "StillApp", __name__)
