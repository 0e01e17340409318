"""An author's further views, their fields, their layout and their traces, without a simulator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import closing, of_kind, settle, trace_of

from backends.errors import ProtocolError, SomascopeError
from backends.field import Field
from backends.layout import LayoutSpec, PanelSpec, Split, Tabs
from backends.messages import FieldReplace, PanelPatch, RemoveTrace, Reset, RunFor, ScenePatch
from backends.mock.session import MockSession
from backends.scene import MorphologyViewSpec, Scene, TracePlotViewSpec
from backends.views import BarViewSpec, ImageViewSpec, TableViewSpec

BARS = BarViewSpec("bars", "bars", title="Bars")
BARS_FIELD = Field("bars", np.zeros(2), ("name",), {"name": ("a", "b")})


class Author(MockSession):
    """A mock session whose hooks return what a test gives."""

    def __init__(self, **hooks: Any) -> None:
        super().__init__()
        self.given = hooks

    def view_specs(self) -> Any:
        """Return the views of the test."""
        return self.given.get("view_specs", ())

    def extra_fields(self) -> Any:
        """Return the fields of the test."""
        return self.given.get("extra_fields", ())

    def layout(self) -> Any:
        """Return the layout of the test."""
        return self.given.get("layout")

    @property
    def traces(self) -> Any:
        """Return the traces of the test."""
        return self.given.get("traces", {})


def scene_of(**hooks: Any) -> Scene:
    session = Author(**hooks)
    with closing(session):
        return session.initialize()


def test_without_hooks_the_scene_is_the_default_one() -> None:
    scene = scene_of()
    assert [view.id for view in scene.views] == ["morphology", "trace"]
    assert [panel.id for panel in scene.layout.panels] == ["morphology", "traces", "controls"]
    assert scene.layout.root is None


@pytest.mark.parametrize("given", [[BARS], (BARS,), {"bars": BARS}])
def test_a_further_view_has_its_field_and_a_panel(given: Any) -> None:
    scene = scene_of(view_specs=given, extra_fields=[BARS_FIELD])
    assert scene.views[-1] == BARS
    assert scene.field_by_id("bars") == BARS_FIELD
    panel = scene.layout.panel("bars")
    assert panel == PanelSpec("bars", "bar", "Bars", view_id="bars")


def test_the_plot_that_everyone_has_gets_a_panel_only_where_something_names_it() -> None:
    hooks = {"view_specs": [BARS], "extra_fields": [BARS_FIELD]}
    shown = {panel.view_id for panel in scene_of(**hooks).layout.panels}
    assert shown == {"morphology", "bars", None}
    for named in ("trace", "traces"):
        scene = scene_of(**hooks, layout=Split((named, "bars")))
        assert scene.layout.root == Split(("traces", "bars"))
        assert {panel.view_id for panel in scene.layout.panels} >= {"trace", "morphology"}
    own = TracePlotViewSpec("trace", "trace", title="Mine")
    scene = scene_of(view_specs=[own])
    assert scene.trace_view == own
    assert scene.layout.panel("traces") is not None


def test_a_layout_of_ids_of_views_makes_their_panels() -> None:
    views = [BARS, TracePlotViewSpec("controls", "trace", title="Plot")]
    root = Split(("morphology", Tabs(("bars", "controls view"))), "column", (2, 1))
    scene = scene_of(view_specs=views, extra_fields=[BARS_FIELD], layout=root)
    assert scene.layout.root == root
    assert scene.layout.panel("controls view").view_id == "controls"
    assert scene.layout.panel("controls").kind == "controls"
    assert scene_of(layout="morphology").layout.panel("traces") is None


def test_a_whole_layout_stands_and_views_without_a_panel_get_one() -> None:
    panels = (PanelSpec("cell", "morphology", "Cell", view_id="morphology"),)
    given = LayoutSpec(panels, "cell")
    scene = scene_of(view_specs=[BARS], extra_fields=[BARS_FIELD], layout=given)
    assert [panel.id for panel in scene.layout.panels] == ["cell", "controls", "bars"]
    assert scene.layout.root == "cell"


@pytest.mark.parametrize(
    ("hook", "value", "code", "word"),
    [
        ("view_specs", None, "hook-returned", "return missing"),
        ("view_specs", 3, "hook-returned", "BarViewSpec"),
        ("view_specs", "bars", "hook-returned", "BarViewSpec"),
        ("view_specs", [3], "bad-type", "View"),
        ("view_specs", {"other": BARS}, "id-mismatch", "other"),
        ("view_specs", [BARS, BARS], "repeated-id", "bars"),
        ("view_specs", [BARS], "unknown-field", "display, trace"),
        ("view_specs", [MorphologyViewSpec("a", "morphology", "i_pass")], "unknown-field", "i_pas"),
        ("view_specs", [MorphologyViewSpec("a", "b", "display")], "unknown-geometry", "'b'"),
        ("extra_fields", None, "hook-returned", "Field"),
        ("extra_fields", [np.zeros(3)], "bad-type", "Field"),
        ("extra_fields", [Field("display", np.zeros(2), ("x",))], "repeated-id", "display"),
        ("layout", 3, "hook-returned", "LayoutSpec"),
        ("layout", ["morphology", "trace"], "hook-returned", "Split"),
        ("layout", "nowhere", "unknown-panel", "nowhere"),
        ("layout", Split(("morphology", "morphology")), "repeated-id", "morphology"),
        ("layout", LayoutSpec((PanelSpec("a", "bar", "A", view_id="morphology"),)), "unknown-kind", "'a'"),
        ("layout", LayoutSpec((PanelSpec("a", "bar", "A", view_id="b"),)), "unknown-view", "'b'"),
        ("traces", 3, "hook-returned", "mapping"),
        ("traces", {"a": 3}, "hook-returned", "lambda"),
        ("traces", {1: lambda s: "soma[0](0.5)"}, "hook-returned", "1"),
        ("traces", {"a": lambda s: None}, "hook-returned", "'a'"),
        ("traces", {"a": lambda s: 3}, "hook-returned", "segment id"),
        ("traces", {"a": lambda s: s.nothing}, "hook-returned", "nothing"),
        ("traces", {"a": lambda s: ("soma[0](0.5)", 3)}, "hook-returned", "unit"),
        ("traces", {"a": lambda s: "dend(0.5)"}, "hook-returned", "dend(0.5)"),
        ("traces", {"a": lambda s: ("soma[0](0.5)", "m_hh")}, "hook-returned", "i_pas"),
    ],
)  # fmt: skip
def test_a_wrong_value_of_a_hook_is_one_sentence_with_the_line(
    hook: str, value: Any, code: str, word: str
) -> None:
    session = Author(**{hook: value})
    with closing(session), pytest.raises(ProtocolError) as caught:
        session.initialize()
    assert caught.value.code == code
    assert word in caught.value.message
    assert caught.value.message.count(f"Author.{hook}") == 1
    if hook != "traces":
        assert "test_further_views.py, line" in caught.value.message


def test_what_a_hook_raises_ends_the_building_with_the_authors_line() -> None:
    class Failing(MockSession):
        """A session with a mistake."""

        traces = {"a": lambda session: 1 / 0}  # noqa: RUF012 (as an author writes it)

    session = Failing()
    with closing(session), pytest.raises(SomascopeError, match="ZeroDivisionError") as caught:
        session.initialize()
    assert "test_further_views.py, line" in caught.value.message


def test_a_view_of_a_display_variable_gets_its_frames_beside_the_first() -> None:
    session = Author(view_specs=[MorphologyViewSpec("leak", "morphology", "i_pas")])
    with closing(session):
        scene = session.initialize()
        view = scene.views[-1]
        assert (view.label, view.unit, view.color_limits) == ("Leak current", "nA", (-0.1, 0.1))
        assert scene.field_by_id("i_pas").values.shape == (21,)
        session.read_updates()
        session.handle(RunFor(20.0))
        frames = of_kind(FieldReplace, settle(session))
        assert {frame.field_id for frame in frames} == {"display", "i_pas"}
        expected = session.stepper.read_variable("i_pas")
        assert np.allclose([f for f in frames if f.field_id == "i_pas"][-1].values, expected)
        session.handle(Reset())
        assert {f.field_id for f in of_kind(FieldReplace, settle(session))} == {"display", "i_pas"}


def test_a_variable_is_read_only_while_a_visible_panel_shows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Author(view_specs=[MorphologyViewSpec("leak", "morphology", "i_pas")])
    with closing(session):
        session.initialize()
        session.emit(PanelPatch("leak", visible=False))
        read: list[str] = []
        original = session.stepper.read_variable

        def note(name: str) -> Any:
            read.append(name)
            return original(name)

        monkeypatch.setattr(session.stepper, "read_variable", note)
        session.handle(RunFor(5.0))
        settle(session)
        assert "i_pas" not in read
        session.emit(PanelPatch("leak", visible=True))
        session.handle(RunFor(5.0))
        settle(session)
        assert "i_pas" in read


def test_a_frame_that_a_hook_sends_replaces_that_of_the_variable() -> None:
    class Own(Author):
        """Sends its own values."""

        def after_batch(self) -> None:
            """Send ones."""
            self.emit(FieldReplace("i_pas", np.ones(21)))

    session = Own(view_specs=[MorphologyViewSpec("leak", "morphology", "i_pas")])
    with closing(session):
        session.initialize()
        session.read_updates()
        session.handle(RunFor(1.0))
        frames = [f for f in of_kind(FieldReplace, settle(session)) if f.field_id == "i_pas"]
        assert frames
        assert all((frame.values == 1).all() for frame in frames)


def test_a_named_trace_is_there_from_the_start_and_ends_when_removed() -> None:
    soma = "soma[0](0.5)"
    traces = {"soma": lambda s: soma, "leak": lambda s: (soma, "i_pas", "pA")}
    session = Author(traces=traces)
    with closing(session):
        session.initialize()
        session.handle(RunFor(2.0))
        received = settle(session)
        added = {u.trace_id: u for u in received if type(u).__name__ == "TraceAdded"}
        assert added["soma"].segment_id == added["leak"].segment_id == soma
        assert (added["soma"].unit, added["leak"].unit) == ("mV", "pA")
        for name in traces:
            times, _ = trace_of(name, received)
            assert times[-1] == pytest.approx(2.0)
        session.handle(RemoveTrace("leak"))
        session.handle(RunFor(2.0))
        received = settle(session)
        assert len(trace_of("leak", received)[0]) == 0
        assert trace_of("soma", received)[0][-1] == pytest.approx(4.0)


def test_an_attribute_of_that_name_is_the_authors_unless_it_has_functions() -> None:
    session = Author()
    vars(session)["traces"] = [1, 2]
    with closing(session):
        session.initialize()


@pytest.mark.parametrize(
    ("update", "code"),
    [
        (ScenePatch(view_updates={"no": {"title": "x"}}), "unknown-view"),
        (ScenePatch(view_updates={"trace": {"color": "x"}}), "unknown-attribute"),
        (PanelPatch("no", title="x"), "unknown-panel"),
    ],
)
def test_a_change_of_what_the_scene_lacks_is_refused_where_it_is_emitted(
    update: Any, code: str
) -> None:
    session = Author()
    with closing(session):
        session.initialize()
        session.read_updates()
        with pytest.raises(ProtocolError) as caught:
            session.emit(update)
        assert caught.value.code == code
        assert session.read_updates() == []


def test_an_emitted_change_is_in_the_scene_of_the_session() -> None:
    image = ImageViewSpec("image", "grid")
    table = TableViewSpec("table", "grid")
    grid = Field("grid", np.zeros((2, 3)), ("y", "x"))
    session = Author(view_specs=[image, table], extra_fields=[grid])
    with closing(session):
        session.initialize()
        session.emit(PanelPatch("image", title="Field"))
        session.emit(ScenePatch(view_updates={"image": {"color_map": "diverging"}}))
        assert session.scene.layout.panel("image").title == "Field"
        assert session.scene.views[2].color_map == "diverging"
