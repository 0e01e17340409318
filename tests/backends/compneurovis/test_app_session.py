"""Scripts written for CompNeuroVis: their scenes, updates and commands in the window's protocol."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backends import messages as ours
from backends.compneurovis.builders import build_replay_app, build_surface_app, grid_field
from backends.compneurovis.specs.controls import (
    ActionSpec,
    ChoiceValueSpec,
    ControlPresentationSpec,
    ControlSpec,
    ScalarValueSpec,
)
from backends.compneurovis.specs.fields import Field
from backends.compneurovis.specs.geometry import MorphologyGeometry
from backends.compneurovis.specs.messages import (
    Error,
    FieldAppend,
    FieldReplace,
    LayoutReplace,
    PanelPatch,
    ScenePatch,
    SceneReady,
    StatePatch,
    Status,
)
from backends.compneurovis.specs.scene import AppSpec, DiagnosticsSpec, LayoutSpec, PanelSpec, Scene
from backends.compneurovis.specs.session import BufferedSession
from backends.compneurovis.specs.views import (
    GridSliceOperatorSpec,
    LinePlotViewSpec,
    MorphologyViewSpec,
    StateGraphViewSpec,
    SurfaceViewSpec,
)
from backends.compneurovis.translation.adapter import AppSession, session_class_of
from backends.errors import ProtocolError, RequestError
from backends.layout import Split
from backends.views import GridSlice, StateBinding

IDS = ("a@0.5", "b@0.5", "c@0.5")


def opened(app: AppSpec) -> tuple[AppSession, Any]:
    """Return the session of an app and its scene."""
    session = session_class_of(app, "App", "tests")()
    return session, session.initialize()


def only(updates: list[Any], kind: type) -> list[Any]:
    return [each for each in updates if isinstance(each, kind)]


class Gates(BufferedSession):
    """Three entities with two gates each: a field of dims (segment, gate, time)."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[Any] = []
        self.n = 0

    def initialize(self) -> Scene:
        cell = MorphologyGeometry(
            "cell",
            positions=np.zeros((3, 3)),
            orientations=np.repeat(np.eye(3)[None], 3, axis=0),
            radii=np.ones(3),
            lengths=np.full(3, 10.0),
            entity_ids=IDS,
            section_names=("a", "b", "c"),
            xlocs=np.full(3, 0.5),
            labels=("A", "B", "C"),
        )
        v = Field("v", [1.0, 2.0, 3.0], ("segment",), {"segment": np.array(IDS[::-1])}, "mV")
        coords = {"segment": np.array(IDS), "gate": np.array(["m", "h"]), "time": np.array([0.0])}
        gates = Field("gates", np.zeros((3, 2, 1)), ("segment", "gate", "time"), coords)
        plot = LinePlotViewSpec(
            "gates_plot",
            "Gates",
            "gates",
            x_dim="time",
            series_dim="gate",
            selectors={"segment": StateBinding("selected_entity_id")},
            series_colors={"m": (255, 140, 0), "h": "k"},
            x_unit="s",
            y_min=0.0,
            y_max=1.0,
            rolling_window=2.0,
        )
        kick = ActionSpec("kick", "Kick", {"where": StateBinding("selected_entity_id")})
        self.emit(StatePatch({"selected_entity_id": IDS[0]}))
        return Scene(
            fields={"v": v, "gates": gates},
            geometries={"cell": cell},
            views={
                "cell_view": MorphologyViewSpec("cell_view", "Cell", "cell", "v"),
                "gates_plot": plot,
            },
            controls={
                "g": ControlSpec(
                    "g", "Conductance", ScalarValueSpec(1, 0, 2), send_to_session=True
                ),
                "shade": ControlSpec("shade", "Shade", ScalarValueSpec(1, 0, 2)),
            },
            actions={"kick": kick, "reset": ActionSpec("reset", "Reset", shortcuts=("Space", "X"))},
            layout=LayoutSpec(
                "Gates",
                (
                    PanelSpec("cell_view-panel", "view_3d", ("cell_view",), camera_azimuth=28.0),
                    PanelSpec("gates_plot-panel", "line_plot", ("gates_plot",)),
                    PanelSpec("controls-panel", "controls"),
                ),
            ),
        )

    def advance(self) -> None:
        self.n += 1
        values = np.full((3, 2, 1), 0.1 * self.n) + np.arange(6).reshape(3, 2, 1)
        self.emit(FieldAppend("gates", "time", values, np.array([0.001 * self.n]), max_length=5))
        self.emit(FieldReplace("v", np.array([10.0, 20.0, 30.0]) * self.n))

    def handle(self, command: Any) -> None:
        self.commands.append(command)
        if isinstance(command, ours.SetControl) and command.value == 2:
            raise ValueError("too much")
        if isinstance(command, ours.Reset):
            self.n = 0
            zero = {"segment": np.array(IDS), "gate": np.array(["m", "h"]), "time": np.array([0.0])}
            self.emit(FieldReplace("gates", np.zeros((3, 2, 1)), zero))

    def idle_sleep(self) -> float:
        return 0.0


@pytest.fixture
def gates() -> Any:
    session, scene = opened(AppSpec(session=Gates, title="Gates of three"))
    return SimpleNamespace(session=session, scene=scene, first=session.read_updates())


def author_of(session: AppSession) -> Any:
    return session._author


def test_a_plot_over_time_shows_the_curves_of_the_selected_entity(gates: Any) -> None:
    added = only(gates.first, ours.TraceAdded)
    assert [(each.label, each.color) for each in added] == [("m", "#ff8c00"), ("h", "")]
    plot = gates.scene.trace_view
    assert (plot.y_limits, plot.window_ms, plot.title) == ((0.0, 1.0), 2000.0, "Gates")
    gates.session.advance()
    (samples,) = only(gates.session.read_updates(), ours.FieldAppend)
    assert samples.rows == tuple(each.trace_id for each in added)
    np.testing.assert_allclose(samples.coord_values, [1.0])  # s there, ms here
    np.testing.assert_allclose(samples.values, [[0.1], [1.1]])


def test_a_click_selects_other_curves_and_brings_their_past(gates: Any) -> None:
    for _ in range(7):
        gates.session.advance()
    gates.session.read_updates()
    gates.session.handle(ours.EntityClicked(IDS[2]))
    updates = gates.session.read_updates()
    assert len(only(updates, ours.TraceRemoved)) == 2
    added = only(updates, ours.TraceAdded)
    assert [each.label for each in added] == ["m", "h"]
    assert len(added[0].times) == 5  # max_length
    np.testing.assert_allclose(added[0].values[-1], 4.7)
    assert author_of(gates.session).commands == [ours.EntityClicked(IDS[2])]


def test_the_values_of_a_cell_are_in_the_order_of_its_drawing(gates: Any) -> None:
    field = gates.scene.field_by_id(gates.scene.morphology_view.field_id)
    assert field.values.tolist() == [3.0, 2.0, 1.0]
    gates.session.advance()
    (frame,) = only(gates.session.read_updates(), ours.FieldReplace)
    assert (frame.field_id, frame.values.tolist()) == (field.id, [30.0, 20.0, 10.0])


def test_a_cell_is_seen_from_where_its_panel_says(gates: Any) -> None:
    assert gates.scene.morphology_view.direction == (28.0, 30.0)


def test_a_session_runs_from_the_start_and_the_run_bar_stops_it(gates: Any) -> None:
    session = gates.session
    assert session.is_live()
    session.handle(ours.SetRunning(False))
    assert not session.is_live()
    assert session.idle_sleep() is None
    session.handle(ours.StepOnce(2))
    while session.is_live():
        session.advance()
    status = only(session.read_updates(), ours.RunStatus)[-1]
    assert (status.running, status.steps, status.time_ms) == (False, 2, 2.0)
    session.handle(ours.RunFor(3.0))
    while session.is_live():
        session.advance()
    status = only(session.read_updates(), ours.RunStatus)[-1]
    assert (status.finished, status.time_ms) == (True, 5.0)


def test_init_sends_a_reset_and_the_traces_begin_again(gates: Any) -> None:
    gates.session.advance()
    gates.session.read_updates()
    gates.session.handle(ours.Reset())
    updates = gates.session.read_updates()
    assert all(each.times.tolist() == [0.0] for each in only(updates, ours.TraceAdded))
    assert only(updates, ours.RunStatus)[-1].time_ms == 0.0
    gates.session.handle(ours.InvokeAction("reset"))
    assert author_of(gates.session).commands == [ours.Reset(), ours.Reset()]


def test_only_controls_that_are_sent_reach_the_session(gates: Any) -> None:
    gates.session.handle(ours.SetControl("shade", 0.5))
    gates.session.handle(ours.SetControl("g", 1.5))
    assert author_of(gates.session).commands == [ours.SetControl("g", 1.5)]
    assert gates.session.state["shade"] == 0.5
    with pytest.raises(RequestError) as refused:
        gates.session.handle(ours.SetControl("g", 9))
    assert refused.value.code == "out-of-range"


def test_a_control_whose_value_the_session_refuses_goes_back(gates: Any) -> None:
    gates.session.read_updates()
    with pytest.raises(ValueError, match="too much"):
        gates.session.handle(ours.SetControl("g", 2))
    (patch,) = only(gates.session.read_updates(), ours.StatePatch)
    assert patch.values["g"] == 1


def test_an_action_has_the_present_values_of_what_its_payload_is_bound_to(gates: Any) -> None:
    gates.session.handle(ours.EntityClicked(IDS[1]))
    gates.session.handle(ours.InvokeAction("kick"))
    assert author_of(gates.session).commands[-1] == ours.InvokeAction("kick", {"where": IDS[1]})


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (ours.SetControl("no", 1), "unknown-control"),
        (ours.InvokeAction("no"), "unknown-action"),
        (ours.EntityClicked("no"), "unknown-segment"),
        (ours.RemoveTrace("gates_plot: a@0.5, m"), "trace-stays"),
        (ours.SetDisplayVariable("v"), "unknown-command"),
    ],
)
def test_what_cannot_be_done_is_refused(gates: Any, command: Any, code: str) -> None:
    with pytest.raises(RequestError) as refused:
        gates.session.handle(command)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("update", "code"),
    [
        (FieldReplace("no", [1.0]), "unknown-field"),
        (FieldReplace("v", [1.0]), "bad-shape"),
        (FieldAppend("gates", "time", np.zeros((1, 1)), [1.0]), "bad-shape"),
        (ScenePatch({"no": {"title": "x"}}), "unknown-view"),
        (ScenePatch({"cell_view": {"no": 1}}), "unknown-attribute"),
        (PanelPatch("no", title="x"), "unknown-panel"),
        ("a text", "bad-type"),
    ],
)
def test_a_wrong_update_is_an_error_of_the_author(gates: Any, update: Any, code: str) -> None:
    author_of(gates.session).emit(update)
    with pytest.raises(ProtocolError) as error:
        gates.session.advance()
    assert error.value.code == code


def test_every_message_reaches_the_window(gates: Any) -> None:
    author = author_of(gates.session)
    gates.session.read_updates()
    author.emit(ScenePatch({"cell_view": {"color_map": "bwr", "title": "Voltage"}}))
    author.emit(PanelPatch("gates_plot-panel", title="Selected gates"))
    author.emit(Status("Half way", 1500))
    author.emit(Error("Not good"))
    author.emit(StatePatch({"g": 0.25}))
    gates.session.handle(ours.KeyPressed("W"))
    updates = gates.session.read_updates()
    (patch,) = only(updates, ours.ScenePatch)
    view = {each.id: each for each in patch.changes["views"]}["cell_view"]
    assert (view.color_map, view.title) == ("diverging", "Voltage")
    titles = [each.title for each in only(updates, ours.LayoutReplace)[-1].layout.panels]
    assert "Selected gates" in titles
    assert [(each.message, each.timeout_ms) for each in only(updates, ours.Status)] == [
        ("Half way", 1500)
    ]
    assert [each.message for each in only(updates, ours.Error)] == ["Not good"]
    assert only(updates, ours.StatePatch)[-1].values["g"] == 0.25


def test_another_layout_and_another_scene_are_translated(gates: Any) -> None:
    author = author_of(gates.session)
    panels = (
        PanelSpec("left", "view_3d", ("cell_view",)),
        PanelSpec("right", "line_plot", ("gates_plot",)),
    )
    author.emit(LayoutReplace(panels, (("left",), ("right",))))
    gates.session.advance()
    (layout,) = only(gates.session.read_updates(), ours.LayoutReplace)
    assert layout.layout.root == Split(("left", "right"), "column")
    author.emit(SceneReady(Gates().initialize()))
    gates.session.advance()
    updates = gates.session.read_updates()
    assert len(only(updates, ours.SceneReady)) == 1
    assert len(only(updates, ours.TraceAdded)) >= 2


def test_the_keys_of_the_window_stay_its_own(gates: Any) -> None:
    assert [each.shortcuts for each in gates.scene.actions] == [(), ("X",)]
    (found,) = [each for each in gates.scene.findings if each.code == "compneurovis.keys"]
    assert "Space (Reset)" in found.message


def surface_app() -> AppSpec:
    field, grid = grid_field(
        field_id="z", values=np.arange(6).reshape(2, 3), x_coords=[0, 1, 2], y_coords=[0, 1]
    )
    return build_surface_app(
        field=field,
        geometry=grid,
        title="Plane",
        surface_view=SurfaceViewSpec(
            "surface",
            field_id="z",
            geometry_id=grid.id,
            color_map="bwr",
            surface_color=StateBinding("paint"),
            tick_count=StateBinding("ticks"),
        ),
        line_views=(LinePlotViewSpec("line", operator_id="cut", y_label="z", y_min=0.0),),
        operators={
            "cut": GridSliceOperatorSpec(
                "cut", "z", grid.id, axis_state_key="axis", position_state_key="at"
            )
        },
        controls={
            "axis": ControlSpec("axis", "Axis", ChoiceValueSpec("x", ("x", "y"))),
            "at": ControlSpec("at", "At", ScalarValueSpec(0.0, 0.0, 1.0)),
            "paint": ControlSpec("paint", "Paint", ChoiceValueSpec("red", ("red", "blue"))),
            "ticks": ControlSpec(
                "ticks", "Ticks", ScalarValueSpec(5, 1, 9), ControlPresentationSpec("slider", 8)
            ),
        },
    )


def test_a_surface_without_a_session_follows_its_controls() -> None:
    session, scene = opened(surface_app())
    surface, line = scene.views
    cut = GridSlice(StateBinding("axis"), StateBinding("at"))
    assert (surface.slice, line.slice, line.field_id) == (cut, cut, surface.field_id)
    assert scene.cannot_run
    assert not session.is_live()
    session.read_updates()
    session.handle(ours.SetControl("paint", "blue"))
    (patch,) = session.read_updates()
    assert patch.values[surface.surface_color.key] == "blue"


def test_what_somascope_sets_itself_is_told_and_its_controls_are_left_out() -> None:
    app = surface_app()
    app.diagnostics = DiagnosticsSpec(perf_log_enabled=True)
    _, scene = opened(app)
    assert [each.id for each in scene.controls] == ["axis", "at", "paint"]
    texts = {each.code: each.message for each in scene.findings}
    assert "number of ticks" in texts["compneurovis.not-taken"]
    assert "log of times" in texts["compneurovis.not-taken"]
    assert "one end only" in texts["compneurovis.not-taken"]
    assert "Ticks" in texts["compneurovis.controls-left-out"]


def test_a_replay_begins_again_after_its_last_frame() -> None:
    app = surface_app()
    assert app.scene is not None
    app = build_replay_app(
        scene=app.scene, field_id="z", frames=[(np.full((2, 3), i), None) for i in range(3)]
    )
    session, scene = opened(app)
    assert "reset" in {each.id for each in scene.actions}
    session.read_updates()
    seen = []
    for _ in range(4):
        session.advance()
        seen += [each.values[0, 0] for each in only(session.read_updates(), ours.FieldReplace)]
    assert seen == [0, 1, 2, 0]


def test_states_and_curves_without_time_are_shown_with_their_present_values() -> None:
    states = Field("p", [0.2, 0.8], ("state",), {"state": np.array(["open", "closed"])})
    profile = Field(
        "profile", np.ones((2, 3)), ("kind", "x"), {"kind": np.array(["a", "b"]), "x": np.arange(3)}
    )
    scene = Scene(
        fields={"p": states, "profile": profile},
        geometries={},
        views={
            "graph": StateGraphViewSpec(
                "graph",
                node_field_id="p",
                node_positions=(("open", 0, 0), ("closed", 1, 1)),
                edges=(("open", "closed", "close"),),
            ),
            "curves": LinePlotViewSpec("curves", field_id="profile", x_dim="x", series_dim="kind"),
        },
    )
    _, ours_scene = opened(AppSpec(scene=scene))
    assert [each.KIND for each in ours_scene.views] == ["state_graph", "line"]
    curves = ours_scene.field_by_id(ours_scene.views[1].field_id)
    assert (curves.dims, curves.values.shape) == (("kind", "x"), (2, 3))


class Target:
    """Takes every click and one action."""

    def on_entity_clicked(self, entity_id: str, context: Any) -> bool:
        context.set_state("selected_entity_id", IDS[1])
        context.show_status(context.entity_info()["label"])
        return True

    def on_action(self, action_id: str, payload: Any, context: Any) -> bool:
        return action_id == "kick"


def test_the_interaction_target_is_asked_before_the_session() -> None:
    session, _ = opened(AppSpec(session=Gates, interaction_target=Target))
    session.handle(ours.EntityClicked(IDS[2]))
    session.handle(ours.InvokeAction("kick"))
    session.handle(ours.KeyPressed("W"))
    assert author_of(session).commands == [ours.KeyPressed("W")]
    assert [each.message for each in only(session.read_updates(), ours.Status)] == ["B"]


class Late(Gates):
    """Has no scene until its second step."""

    def initialize(self) -> Any:
        return None

    def advance(self) -> None:
        self.n += 1
        self.emit(StatePatch({"selected_entity_id": IDS[1]}))
        if self.n == 2:
            self.emit(SceneReady(Gates().initialize()))


def test_a_scene_may_come_later() -> None:
    session, scene = opened(AppSpec(session=Late))
    assert scene is None
    session.advance()
    session.advance()
    updates = session.read_updates()
    (ready,) = only(updates, ours.SceneReady)
    assert [each.id for each in ready.scene.views] == ["cell_view", "gates_plot"]
    assert {each.trace_id for each in only(updates, ours.TraceAdded)} == {
        f"gates_plot: {IDS[1]}, m",
        f"gates_plot: {IDS[1]}, h",
    }


def test_a_session_that_exists_already_is_no_source() -> None:
    from backends.compneurovis.app_view import AppView

    with pytest.raises(ProtocolError) as error:
        AppView(AppSpec(session=Gates()))
    assert error.value.code == "bad-source"
