"""Where the panels of a scene's views stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from app.window.views.tree import plan_of, shown_tree, unplaced_views
from backends.field import Field
from backends.layout import LayoutNode, LayoutSpec, PanelSpec, Split, Tabs
from backends.scene import Scene
from backends.views import BarViewSpec, MorphologyViewSpec, TracePlotViewSpec, ViewSpec
from tests.app.viewport.cells import forest

CELL = MorphologyViewSpec("cell", "morphology", "v")
OTHER_CELL = MorphologyViewSpec("other", "morphology", "v")
PLOT = TracePlotViewSpec("plot", "v")
OTHER_PLOT = TracePlotViewSpec("more", "v", series=("a",))
BARS = BarViewSpec("bars", "v")


def scene_of(
    *views: ViewSpec, panels: Sequence[PanelSpec] = (), root: LayoutNode | None = None
) -> Scene:
    field = Field("v", np.zeros(3), ("segment",))
    return Scene(
        geometries=(forest(3),),
        fields=(field,),
        views=views,
        layout=LayoutSpec(tuple(panels), root),
    )


def panel(view: ViewSpec, *, visible: bool = True) -> PanelSpec:
    return PanelSpec(view.id, view.KIND, "", view_id=view.id, visible=visible)


def test_a_cell_with_one_plot_fills_the_middle_and_the_plot_is_in_its_dock() -> None:
    for scene in (scene_of(CELL, PLOT), scene_of(CELL, PLOT, panels=[panel(CELL), panel(PLOT)])):
        plan = plan_of(scene)
        assert (plan.is_plain, plan.dock_view, plan.is_dock_asked_for) == (True, "plot", True)


@pytest.mark.parametrize(
    "panels", [[panel(CELL)], [panel(CELL), panel(PLOT, visible=False)]], ids=["none", "hidden"]
)
def test_the_dock_of_a_plot_without_panel_opens_with_its_first_trace(
    panels: list[PanelSpec],
) -> None:
    assert not plan_of(scene_of(CELL, PLOT, panels=panels)).is_dock_asked_for


def test_a_layout_that_names_the_only_cell_puts_it_where_it_says() -> None:
    scene = scene_of(CELL, PLOT, panels=[panel(CELL), panel(PLOT)], root=Split(("plot", "cell")))
    assert not plan_of(scene).is_plain
    assert shown_tree(scene) == Split(("plot", "cell"))


def test_views_without_a_layout_stand_in_a_grid_with_cells_on_the_left() -> None:
    assert shown_tree(scene_of(PLOT)) == "plot"
    assert shown_tree(scene_of(CELL, OTHER_CELL)) == Split(("cell", "other"))
    mixed = shown_tree(scene_of(PLOT, CELL, BARS))
    assert mixed == Split(("cell", Split(("plot", "bars"), "column")), "row", (3.0, 2.0))


def test_what_the_root_does_not_name_stands_below_and_what_is_hidden_nowhere() -> None:
    panels = [panel(CELL), panel(PLOT), panel(BARS), panel(OTHER_PLOT, visible=False)]
    controls = PanelSpec("c", "controls", "Controls")
    root = Split(("more", Tabs(("cell", "c")), "plot"), "row", (1, 2, 3))
    scene = scene_of(CELL, PLOT, BARS, OTHER_PLOT, panels=[*panels, controls], root=root)
    below = Split((Split(("cell", "plot"), "row", (2, 3)), "bars"), "column", (2.0, 1.0))
    assert shown_tree(scene) == below


def test_two_panels_may_show_one_view() -> None:
    again = PanelSpec("again", "bar", "", view_id="bars")
    plan = plan_of(scene_of(BARS, panels=[panel(BARS), again]))
    assert [place.key for place in plan.places] == ["bars", "bars #2"]


def test_a_plot_without_panel_is_in_the_dock_and_other_views_without_one_are_named() -> None:
    scene = scene_of(CELL, PLOT, BARS, OTHER_CELL, panels=[panel(CELL), panel(OTHER_CELL)])
    assert plan_of(scene).dock_view == "plot"
    assert unplaced_views(scene) == ["bars"]


def test_a_scene_without_views_has_the_empty_page_unless_its_layout_has_panels() -> None:
    assert plan_of(scene_of()).tree == ""
    assert plan_of(scene_of(panels=[PanelSpec("c", "controls", "C")])).tree is None
