"""Every hook of a live session with a wrong return value: one sentence that names the hook and the author's line."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import pytest
from driving import closing, of_kind, settle

from backends.connections import Connections
from backends.errors import RequestError, SomascopeError
from backends.field import Field
from backends.layout import LayoutSpec, PanelSpec
from backends.messages import (
    EntityClicked,
    Error,
    EventsAppend,
    FieldAppend,
    FieldReplace,
    InvokeAction,
    KeyPressed,
    LayoutReplace,
    PanelPatch,
    Reset,
    RunFor,
    RunStatus,
    ScenePatch,
    SessionCommand,
    SetControl,
    StatePatch,
    TraceAdded,
)
from backends.scene import MorphologyViewSpec, Scene, TracePlotViewSpec
from backends.scripts import user_code_location
from backends.views import BarViewSpec, RasterViewSpec


def missing(name: str) -> bool:
    return importlib.util.find_spec(name) is None


KINDS = [
    pytest.param(("backends.mock.session", "MockSession"), id="mock"),
    pytest.param(
        ("neuron_models", "TwoSections"),
        id="neuron",
        marks=pytest.mark.skipif(missing("neuron"), reason="NEURON is not installed"),
    ),
    pytest.param(
        ("jaxley_models", "TwoBranches"),
        id="jaxley",
        marks=[
            pytest.mark.skipif(missing("jaxley"), reason="Jaxley is not installed"),
            pytest.mark.slow,
        ],
    ),
]
BAD = object()
WRONG: list[tuple[str, Any]] = [
    ("view_specs", None),
    ("view_specs", [BAD]),
    ("view_specs", [MorphologyViewSpec("a", "morphology", "nothing")]),
    ("extra_fields", None),
    ("extra_fields", [BAD]),
    ("layout", BAD),
    ("layout", "nowhere"),
    ("spike_sources", None),
    ("spike_sources", [BAD]),
    ("spike_sources", ["nowhere(0.5)"]),
    ("extra_connections", None),
    ("extra_connections", "all"),
    ("extra_connections", [BAD]),
    ("extra_connections", {"gap junction": 3}),
    ("extra_connections", {"gap junction": [(0,)]}),
    ("extra_connections", {"gap junction": [(0, 1, "strong")]}),
    ("extra_connections", {"gap junction": [("nowhere(0.5)", 0)]}),
    ("extra_connections", {"gap junction": [(0, 10**6)]}),
    ("extra_connections", {"gap junction": [(BAD, 0)]}),
    ("extra_connections", {3: [(0, 1)]}),
    ("extra_connections", [Connections("gaps", "another", [0], [1])]),
    ("extra_connections", [Connections("gaps", "morphology", [0], [10**6])]),
    ("control_specs", None),
    ("control_specs", [BAD]),
    ("action_specs", 3),
    ("action_specs", {"a": BAD}),
    ("control_order", 3),
    ("control_order", ["nothing"]),
    ("action_order", 3),
    ("action_order", ["nothing"]),
    ("trace_view_updates", None),
    ("trace_view_updates", {"colour": "red"}),
    ("trace_view_updates", {"y_limits": (1, 0)}),
    ("display_field_id", None),
    ("display_field_id", ""),
    ("history_field_id", 3),
    ("display_unit", 3),
    ("history_unit", 3),
    ("trace_y_unit", 3),
    ("morphology_color_map", None),
    ("morphology_connections", 1),
    ("morphology_color_limits", (1, 0)),
    ("morphology_color_limits", 3),
    ("morphology_color_norm", "loud"),
    ("morphology_color_norm", None),
    ("trace_title", None),
    ("trace_y_label", 3),
    ("build_scene", None),
    ("build_scene", BAD),
]
EACH = [pytest.param(name, value, id=f"{name}-{i}") for i, (name, value) in enumerate(WRONG)]


def make(kind: tuple[str, str], **hooks: Callable[..., Any]) -> Any:
    """Return a session of a kind whose class has other hooks."""
    base = getattr(importlib.import_module(kind[0]), kind[1])
    return type("Mine", (base,), hooks)()


@pytest.mark.parametrize(("name", "value"), EACH)
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_return_value_is_named_with_its_hook(
    kind: tuple[str, str], name: str, value: Any
) -> None:
    session = make(kind, **{name: lambda self, **given: value})
    with closing(session), pytest.raises(SomascopeError) as caught:
        session.initialize()
    assert name in caught.value.message
    assert "test_hook_contract.py, line" in caught.value.message
    assert caught.value.message.endswith(".")
    assert caught.value.message.count("\n") == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_of_a_wrong_size_is_named_with_its_hook(kind: tuple[str, str]) -> None:
    session = make(kind, steps_per_update=lambda self: "many")
    with closing(session):
        session.initialize()
        session.read_updates()
        session.handle(RunFor(1.0))
        (error,) = of_kind(Error, settle(session))
        assert "steps_per_update" in error.message


@pytest.mark.parametrize("kind", KINDS)
def test_every_update_that_a_hook_emits_arrives_in_order(kind: tuple[str, str]) -> None:
    updates = [
        FieldReplace("bars", [1.0, 2.0]),
        FieldAppend("trace", ("mine",), [[1.0, 2.0]], [0.0, 0.1]),
        TraceAdded("mine", None, [0.0], [1.0]),
        EventsAppend("rows", [0], [0.5]),
        PanelPatch("bars", title="New"),
        ScenePatch(view_updates={"bars": {"y_limits": (0, 3)}}),
        LayoutReplace(
            LayoutSpec((PanelSpec("cell", "morphology", "Cell", view_id="morphology"),), "cell")
        ),
        StatePatch({"mine": 3}),
    ]

    def after_reset(self: Any) -> None:
        if self.scene is not None:
            for update in updates:
                self.emit(update)

    session = make(
        kind,
        view_specs=lambda self: [BarViewSpec("bars", "bars"), RasterViewSpec("raster", "rows")],
        extra_fields=lambda self: [
            Field("bars", [0.0, 0.0], ("name",)),
            Field("rows", [0], ("row",)),
        ],
        after_reset=after_reset,
    )
    with closing(session):
        session.initialize()
        session.read_updates()
        session.handle(Reset())
        received = settle(session)
        positions = [next(i for i, u in enumerate(received) if u is each) for each in updates]
        assert positions == sorted(positions)
        assert of_kind(Error, received) == []
        assert session.scene.layout.root == "cell"
        view = next(each for each in session.scene.views if each.id == "bars")
        assert view.y_limits == (0, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_plot_and_a_cell_of_the_authors_are_beside_the_default_ones(
    kind: tuple[str, str],
) -> None:
    session = make(
        kind,
        view_specs=lambda self: [
            TracePlotViewSpec("plot", "trace", series=("a",)),
            MorphologyViewSpec("cell", "morphology", "v"),
        ],
    )
    with closing(session):
        scene = session.initialize()
        assert [view.id for view in scene.views] == ["morphology", "trace", "plot", "cell"]
        session.read_updates()
        session.handle(RunFor(1.0))
        frames = {each.field_id: each.values for each in of_kind(FieldReplace, settle(session))}
        assert (frames["v"] == frames["display"]).all()


def fails(*given: Any, **named: Any) -> Any:
    raise ZeroDivisionError("by nothing")


@pytest.mark.parametrize("name", sorted({name for name, _ in WRONG}))
@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_raises_while_the_model_is_built_ends_the_building_in_the_author_s_line(
    kind: tuple[str, str], name: str
) -> None:
    session = make(kind, **{name: fails})
    with closing(session), pytest.raises((ZeroDivisionError, SomascopeError)) as caught:
        session.initialize()
    place = user_code_location(caught.value) or getattr(caught.value, "location", "")
    assert place.startswith("test_hook_contract.py, line")


WHILE_RUNNING = [
    "after_batch",
    "after_reset",
    "steps_per_update",
    "apply_control",
    "apply_action",
    "on_action",
    "on_key_press",
    "on_entity_clicked",
    "should_capture_trace_on_click",
]


def command_for(name: str, scene: Scene) -> SessionCommand:
    """Return what leads to a call of a hook."""
    assert scene.geometry is not None
    segment = scene.geometry.segment_ids[0]
    commands: dict[str, SessionCommand] = {
        "after_batch": RunFor(1.0),
        "after_reset": Reset(),
        "steps_per_update": RunFor(1.0),
        "apply_control": SetControl(scene.controls[0].id, scene.controls[0].default_value()),
        "apply_action": InvokeAction(scene.actions[0].id),
        "on_action": InvokeAction(scene.actions[0].id),
        "on_key_press": KeyPressed("W"),
    }
    return commands.get(name, EntityClicked(segment))


@pytest.mark.parametrize("name", WHILE_RUNNING)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_raises_at_any_time_is_told_with_its_line_and_the_session_goes_on(
    kind: tuple[str, str], name: str
) -> None:
    session = make(kind)
    with closing(session):
        scene = session.initialize()
        session.read_updates()
        setattr(session, name, fails)
        told = ""
        try:
            session.handle(command_for(name, scene))
        except RequestError as refused:
            told = refused.message
        received = settle(session)
        told += " ".join(error.message for error in of_kind(Error, received))
        assert "by nothing" in told
        assert "test_hook_contract.py, line" in told
        assert not any(error.fatal for error in of_kind(Error, received))
        delattr(session, name)
        session.handle(RunFor(1.0))
        assert of_kind(RunStatus, settle(session))[-1].finished
