"""Views, layouts, and updates that change a part of a scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends.controls import ControlSpec, ScalarValueSpec
from backends.errors import ProtocolError
from backends.field import Field
from backends.layout import LayoutSpec, PanelSpec, Split, Tabs, panel_ids
from backends.messages import LayoutReplace, PanelPatch, ScenePatch
from backends.scene import Scene
from backends.scene_changes import changed_scene
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
    View,
    resolved,
)


def scene() -> Scene:
    """Return a scene of two views of one field, and a control."""
    return Scene(
        fields=(Field("rates", np.arange(3.0), ("name",)),),
        views=(BarViewSpec("bars", "rates"), TableViewSpec("numbers", "rates")),
        controls=(ControlSpec("amp", "Amplitude", ScalarValueSpec(0.5)),),
        layout=LayoutSpec(
            (
                PanelSpec("left", "bar", "Rates", "bars"),
                PanelSpec("right", "table", "Numbers", "numbers"),
            ),
            Split(("left", "right")),
        ),
    )


IMPOSSIBLE: list[tuple[Any, str]] = [
    (lambda: MorphologyViewSpec("v", "g", "f", direction=(0.0, 90.0)), "bad-range"),
    (lambda: MorphologyViewSpec("v", "g", "f", direction=(0.0, float("nan"))), "bad-number"),
    (lambda: TracePlotViewSpec("p", "f", y_limits=(1, 0)), "bad-range"),
    (lambda: TracePlotViewSpec("p", "f", window_ms=0), "bad-number"),
    (lambda: ImageViewSpec("p", "f", color_norm="loud"), "unknown-norm"),
    (lambda: SurfaceViewSpec("p", "f", shading="dim"), "unknown-option"),
    (lambda: StateGraphViewSpec("p", "f", (("C", 0, 0),), (("C", "O", "e"),)), "unknown-state"),
    (lambda: StateBinding(""), "bad-name"),
    (lambda: PanelSpec("p", "hologram", "P", "v"), "unknown-kind"),
    (lambda: LayoutSpec((PanelSpec("a", "bar", "A", "v"),), Split(("a", "b"))), "unknown-panel"),
    (lambda: LayoutSpec((PanelSpec("a", "bar", "A", "v"),), Tabs(("a", "a"))), "repeated-id"),
    (lambda: Split(("a", "b"), shares=(1,)), "bad-shape"),
    (lambda: Split(("a",), "diagonal"), "unknown-option"),  # type: ignore[arg-type]
    (lambda: Scene(layout=LayoutSpec((PanelSpec("a", "bar", "A", "v"),))), "unknown-view"),
]


@pytest.mark.parametrize(("make", "code"), IMPOSSIBLE)
def test_what_cannot_be_shown_is_refused_when_it_is_made(make: Any, code: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        make()
    assert caught.value.code == code


def test_a_panel_has_the_kind_of_its_view() -> None:
    fields, views = (Field("f", np.zeros(2), ("name",)),), (BarViewSpec("bars", "f"),)
    with pytest.raises(ProtocolError) as caught:
        Scene(
            fields=fields,
            views=views,
            layout=LayoutSpec((PanelSpec("a", "table", "A", "bars"),)),
        )
    assert caught.value.code == "unknown-kind"


def test_a_layout_names_its_panels_in_order() -> None:
    root = Split(("a", Tabs(("b", Split(("c", "d"), "column")))))
    assert list(panel_ids(root)) == ["a", "b", "c", "d"]
    assert list(panel_ids(None)) == []


def test_every_kind_of_view_has_a_kind_of_panel() -> None:
    from backends.layout import VIEW_KINDS

    assert {kind.KIND for kind in View.__subclasses__()} == set(VIEW_KINDS)


def test_a_bound_attribute_has_the_value_of_the_state_or_its_default() -> None:
    view = TracePlotViewSpec("p", "f", y_limits=StateBinding("range"), series=StateBinding("cell"))
    assert view.bound_keys() == {"range", "cell"}
    assert resolved(view, {"range": (0, 1)}).y_limits == (0, 1)
    assert resolved(view, {}).y_limits is None
    assert resolved(view, {"cell": "soma(0.5)"}).series == ("soma(0.5)",)
    with pytest.raises(ProtocolError):
        resolved(view, {"range": (1, 0)})


def test_a_slice_follows_the_state_too() -> None:
    view = LinePlotViewSpec("p", "f", slice=GridSlice(StateBinding("dim"), StateBinding("at")))
    assert view.bound_keys() == {"dim", "at"}
    assert resolved(view, {"dim": "y", "at": 0.25}).slice == GridSlice("y", 0.25)
    plain = RasterViewSpec("r", "f")
    assert resolved(plain, {"dim": "y"}) is plain


def test_a_patch_changes_attributes_of_views_and_controls() -> None:
    patch = ScenePatch(
        {"title": "New"},
        view_updates={"bars": {"y_limits": (0, 5)}},
        control_updates={"amp": {"label": "Current"}},
    )
    after = changed_scene(scene(), patch)
    assert after.title == "New"
    assert after.views[0] == BarViewSpec("bars", "rates", y_limits=(0, 5))
    assert after.views[1] == scene().views[1]
    assert after.controls[0].label == "Current"


@pytest.mark.parametrize(
    ("update", "code"),
    [
        (ScenePatch(view_updates={"lines": {"title": "x"}}), "unknown-view"),
        (ScenePatch(view_updates={"bars": {"smell": "x"}}), "unknown-attribute"),
        (ScenePatch(view_updates={"bars": {"id": "x"}}), "unknown-attribute"),
        (ScenePatch(control_updates={"gain": {"label": "x"}}), "unknown-control"),
        (PanelPatch("middle", title="x"), "unknown-panel"),
        (LayoutReplace(LayoutSpec((PanelSpec("a", "bar", "A", "lines"),))), "unknown-view"),
    ],
)
def test_a_change_of_what_is_not_there_reports_what_there_is(update: Any, code: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        changed_scene(scene(), update)
    assert caught.value.code == code


def test_a_panel_gets_a_title_another_view_or_is_hidden() -> None:
    after = changed_scene(scene(), PanelPatch("left", title="Hz", visible=False)).layout
    assert after.panel("left") == PanelSpec("left", "bar", "Hz", "bars", visible=False)
    assert after.of_kind("bar") == ()
    assert after.root == scene().layout.root


def test_a_layout_is_replaced() -> None:
    layout = LayoutSpec((PanelSpec("only", "bar", "Rates", "bars"),))
    assert changed_scene(scene(), LayoutReplace(layout)).layout == layout
