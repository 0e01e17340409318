"""Each attribute of each view is seen: with another value of it, the picture is another one."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from backends.views import GridSlice
from tests.app.views.made_views import EDGES, GRID, VIEWS, picture, shown

OF_THE_PANEL = {"id", "title"}
SLICE = GridSlice("y", 0.3)
COLORS = {"color_map": "magma", "color_limits": (-3.0, 3.0), "color_norm": "symmetric"}
CHANGES: dict[str, dict[str, Any]] = {
    "line": {
        "x_label": "Distance", "x_unit": "µm", "y_label": "Calcium", "y_unit": "µM",
        "x_limits": (2.0, 4.0), "y_limits": (-5.0, 5.0), "slice": SLICE,
    },
    "image": {"unit": "µM", "label": "Calcium", "x_label": "Width", "y_label": "Height", "slice": SLICE} | COLORS,
    "surface": {
        "unit": "µM", "axis_labels": ("Width", "Height", "Calcium"), "color_by": "uniform",
        "surface_color": "tomato", "shading": "unlit", "alpha": 0.3, "show_axes": False, "slice": SLICE,
    } | COLORS,
    "bar": {"y_label": "Conductance", "y_unit": "mS/cm²", "y_limits": (-1.0, 1.0)},
    "raster": {"y_label": "Unit", "window_ms": 30.0},
    "table": {"units": {"n": "1"}},
    "state_graph": {
        "states": (("C", 0.0, 1.0), ("O", 0.5, 0.5), ("I", 1.0, 0.0)), "edges": EDGES[:1], "edge_field_id": "",
        "unit": "%", "edge_unit": "1/s", "color_map": "magma", "color_limits": (0.0, 0.8),
        "edge_color_map": "magma", "edge_limits": (-2.0, 2.0),
    },
}  # fmt: skip
NEEDS = {"surface_color": {"color_by": "uniform"}}
ONE_BY_ONE = [(kind, name) for kind, changes in CHANGES.items() for name in changes]


@pytest.mark.parametrize("kind", VIEWS)
def test_every_attribute_has_a_test(kind: str) -> None:
    names = {each.name for each in fields(VIEWS[kind][0])}
    assert names - OF_THE_PANEL - {"field_id"} == set(CHANGES[kind])


@pytest.mark.parametrize(("kind", "name"), ONE_BY_ONE)
def test_another_value_of_an_attribute_is_seen(qtbot: QtBot, kind: str, name: str) -> None:
    spec, of_view = VIEWS[kind]
    spec = replace(spec, **NEEDS.get(name, {}))
    of_view = (GRID,) if name == "slice" else of_view
    if (kind, name) == ("line", "slice"):  # without it, the rows of the grid are the curves
        assert CHANGES[kind][name].dim == GRID.dims[0]
    view = shown(qtbot, spec, of_view)
    before = picture(view)
    assert picture(view) == before
    view.set_spec(replace(spec, **{name: CHANGES[kind][name]}))
    assert picture(view) != before
    assert view.message == ""
    assert view.warning == ""


@pytest.mark.parametrize("kind", VIEWS)
def test_another_field_is_seen(qtbot: QtBot, kind: str) -> None:
    spec, of_view = VIEWS[kind]
    view = shown(qtbot, spec, of_view)
    before = picture(view)
    other = replace(of_view[0], id="other", values=np.asarray(of_view[0].values)[::-1] * 3 + 1)
    view.set_field(other)
    assert picture(view) == before
    view.set_spec(replace(spec, field_id="other"))
    assert picture(view) != before


def test_the_dimension_and_the_position_of_a_slice_are_seen(qtbot: QtBot) -> None:
    for kind in ("line", "image", "surface"):
        spec = replace(VIEWS[kind][0], slice=GridSlice("y", 0.3))
        view = shown(qtbot, spec, (GRID,))
        pictures = {picture(view)}
        for line in (GridSlice("y", 0.6), GridSlice("x", 0.3)):
            view.set_spec(replace(spec, slice=line))
            pictures.add(picture(view))
        assert len(pictures) == 3
