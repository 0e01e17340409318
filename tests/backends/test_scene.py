"""Fields, geometry, controls and scenes are checked at birth; errors name the field and the shapes."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from ramp import line_geometry

from backends.controls import (
    ActionSpec,
    BoolValueSpec,
    ChoiceValueSpec,
    ControlSpec,
    ScalarValueSpec,
    TextValueSpec,
)
from backends.errors import ProtocolError, RequestError
from backends.field import Field
from backends.scene import (
    SEGMENT_COLUMNS,
    LayoutSpec,
    MorphologyGeometry,
    MorphologyViewSpec,
    PanelSpec,
    Scene,
    TracePlotViewSpec,
)

N = 5
DISPLAY = Field("v", np.zeros(N), ("segment",), unit="mV")


@pytest.fixture
def geometry() -> MorphologyGeometry:
    """Return a cable of five segments."""
    return line_geometry(N)


@given(
    values=hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)),
    dims=st.lists(st.sampled_from(["segment", "time", "trial"]), unique=True, max_size=3),
)
def test_a_field_has_one_axis_a_dimension_or_reports_both(
    values: np.ndarray, dims: list[str]
) -> None:
    if values.ndim == len(dims):
        assert Field("v", values, tuple(dims)).dims == tuple(dims)
        return
    with pytest.raises(ProtocolError, match="Field 'v': values with dims") as caught:
        Field("v", values, tuple(dims))
    assert str(values.shape) in caught.value.message
    assert str(tuple(dims)) in caught.value.message


def test_coordinates_belong_to_a_dimension_and_have_its_length() -> None:
    with pytest.raises(
        ProtocolError, match=r"Field 'v': coords name 'time', not one of \('segment'"
    ):
        Field("v", np.zeros(3), ("segment",), {"time": [0, 1, 2]})
    with pytest.raises(ProtocolError, match="Field 'v': 2 coords along 'segment', values have 3"):
        Field("v", np.zeros(3), ("segment",), {"segment": ["a", "b"]})


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ProtocolError, match=r"Field 'v': values with dims .* is not an array"):
        Field("v", [[1, 2], [3]], ("a", "b"))  # type: ignore[arg-type]


@pytest.mark.parametrize("column", SEGMENT_COLUMNS)
def test_each_segment_column_has_one_entry_a_segment(
    geometry: MorphologyGeometry, column: str
) -> None:
    with pytest.raises(
        ProtocolError, match=rf"MorphologyGeometry\.{column} must have shape \(5\), not \(4,\)"
    ):
        replace(geometry, **{column: getattr(geometry, column)[:-1]})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"points": np.zeros((6, 2))}, r"points must have shape \(n, 3\), not \(6, 2\)"),
        ({"radii": np.ones(5)}, "5 radii for 6 points"),
        ({"frusta": np.zeros(5, int)}, r"frusta must have shape \(n, 2\), not \(5,\)"),
        (
            {"frustum_segment": np.zeros(4, int)},
            r"frustum_segment has shape \(4,\), frusta \(5, 2\)",
        ),
        ({"frusta": np.full((5, 2), 6)}, r"frusta points outside 0 … 5"),
        ({"frustum_segment": np.full(5, -1)}, r"frustum_segment points outside 0 … 4"),
        ({"section_index": np.full(5, 1)}, r"section_index points outside 0 … 0"),
        ({"cell_index": np.full(5, 1)}, r"cell_index points outside 0 … 0"),
        ({"radii": np.full(6, np.nan)}, "points and radii must be finite"),
        ({"points": np.full((6, 3), np.inf)}, "points and radii must be finite"),
        ({"segment_ids": ("a", "b", "c", "d", "a")}, "segment_ids has repeated ids"),
        ({"id": ""}, r"MorphologyGeometry\.id must be a non-empty string"),
    ],
)
def test_a_wrong_geometry_reports_what_is_wrong(
    geometry: MorphologyGeometry, change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        replace(geometry, **change)


def test_a_geometry_finds_its_segments_and_their_middles(geometry: MorphologyGeometry) -> None:
    assert geometry.n_segments == geometry.n_frusta == N
    assert [geometry.index_of(id_) for id_ in geometry.segment_ids] == list(range(N))
    assert geometry.segment_ids[2] in geometry
    assert "axon[0](0.5)" not in geometry
    assert [geometry.middle(i)[0] for i in range(N)] == [5, 15, 25, 35, 45]
    with pytest.raises(KeyError):
        geometry.index_of("axon[0](0.5)")


@given(cuts=st.lists(st.floats(0.01, 50.0), min_size=1, max_size=8))
def test_the_middle_of_a_segment_is_halfway_along_its_frusta(cuts: list[float]) -> None:
    along = np.concatenate([[0.0], np.cumsum(cuts)])
    one = line_geometry(1)
    n = len(cuts)
    geometry = replace(
        one,
        points=np.column_stack([along, 0 * along, 0 * along]),
        radii=np.ones(n + 1),
        frusta=np.column_stack([np.arange(n), np.arange(1, n + 1)]),
        frustum_segment=np.zeros(n),
    )
    assert geometry.middle(0)[0] == pytest.approx(along[-1] / 2, rel=1e-4)


def test_arrays_are_contiguous_and_of_the_declared_kind(geometry: MorphologyGeometry) -> None:
    assert geometry.points.dtype == np.float32
    assert geometry.frusta.dtype == np.int32
    assert geometry.points.flags.c_contiguous
    again = pickle.loads(pickle.dumps(geometry))
    assert again.index_of(geometry.segment_ids[3]) == 3


def _scene(geometry: MorphologyGeometry, **changes: Any) -> Scene:
    whole: dict[str, Any] = {
        "geometries": (geometry,),
        "fields": (DISPLAY,),
        "views": (
            MorphologyViewSpec("cell", "morphology", "v"),
            TracePlotViewSpec("traces", "v"),
        ),
    }
    return Scene(**(whole | changes))


def test_a_scene_gives_its_parts_by_name(geometry: MorphologyGeometry) -> None:
    scene = _scene(geometry)
    assert scene.geometry is geometry
    assert scene.morphology_view == scene.views[0]
    assert scene.trace_view == scene.views[1]
    assert scene.field_by_id("v") is DISPLAY
    with pytest.raises(KeyError):
        scene.field_by_id("ina")
    assert (Scene().geometry, Scene().morphology_view, Scene().trace_view) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"geometries": ()},
            "view 'cell' shows geometry 'morphology', which the scene does not have",
        ),
        ({"fields": ()}, "view 'cell' shows field 'v', which the scene does not have"),
        ({"fields": (DISPLAY, DISPLAY)}, "field id 'v' is used twice"),
        (
            {"controls": (ControlSpec("a", "A", BoolValueSpec()),) * 2},
            "control id 'a' is used twice",
        ),
        ({"actions": (ActionSpec("a", "A"),) * 2}, "action id 'a' is used twice"),
        ({"views": (TracePlotViewSpec("a", "v"),) * 2}, "view id 'a' is used twice"),
    ],
)
def test_a_scene_whose_parts_do_not_fit_reports_which(
    geometry: MorphologyGeometry, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        _scene(geometry, **changes)


def test_a_layout_has_each_panel_once_and_finds_them_by_kind() -> None:
    cell, knobs = PanelSpec("a", "morphology", "A"), PanelSpec("b", "controls", "B")
    assert LayoutSpec((cell, knobs)).of_kind("controls") == (knobs,)
    with pytest.raises(ProtocolError, match="panel id 'a' is used twice"):
        LayoutSpec((cell, cell))


def test_colour_limits_rise_and_norms_are_known() -> None:
    with pytest.raises(
        ProtocolError, match=r"view 'cell': color_limits \(1, 1\) are not in rising"
    ):
        MorphologyViewSpec("cell", "m", "v", color_limits=(1, 1))
    with pytest.raises(ProtocolError, match="view 'cell': color_norm 'log' is not known"):
        MorphologyViewSpec("cell", "m", "v", color_norm="log")


@given(value=st.floats(), low=st.floats(-100, 0), high=st.floats(1, 100))
def test_a_number_is_taken_exactly_within_its_bounds(value: float, low: float, high: float) -> None:
    spec = ScalarValueSpec(0.5, low, high, unit="nA")
    if low <= value <= high:
        assert spec.accept(value) == value
        return
    with pytest.raises(RequestError) as caught:
        spec.accept(value)
    updates = caught.value.message
    assert "is not a number" in updates or f"{low} … {high} nA" in updates


@pytest.mark.parametrize(
    ("spec", "bad", "sentence"),
    [
        (ScalarValueSpec(1, 0, 3, integer=True), 1.5, "Knob: 1.5 is not a whole number."),
        (ScalarValueSpec(1.0, min=0.0), -1, "Knob: -1 is outside 0.0 … ∞."),
        (ScalarValueSpec(1.0), True, "Knob: True is not a number."),
        (ScalarValueSpec(1.0), "1", "Knob: '1' is not a number."),
        (ChoiceValueSpec("a", ("a", "b")), "c", "Knob: 'c' is not one of a, b."),
        (BoolValueSpec(), 1, "Knob: 1 is neither on nor off."),
        (TextValueSpec(max_length=2), "abc", "Knob: the text must have at most 2 characters."),
    ],
)
def test_a_control_refuses_by_its_label(spec: Any, bad: Any, sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        ControlSpec("knob", "Knob", spec).accept(bad)
    assert caught.value.message == sentence


@pytest.mark.parametrize(
    "make",
    [
        lambda: ScalarValueSpec(1.0, 2.0, 1.0),
        lambda: ScalarValueSpec(1.0, 0.0, 2.0, log=True),
        lambda: ControlSpec("a", "A", 3.0),  # type: ignore[arg-type]
        lambda: ControlSpec("", "A", BoolValueSpec()),
        lambda: ActionSpec("a", ""),
    ],
)
def test_specs_that_cannot_be_are_refused_at_birth(make: Any) -> None:
    with pytest.raises(ProtocolError):
        make()


def test_a_default_outside_its_own_bounds_is_refused_at_birth() -> None:
    with pytest.raises(RequestError, match="5 is outside 0 … 1"):
        ScalarValueSpec(5, 0, 1)


def test_every_field_of_a_geometry_is_checked_above(geometry: MorphologyGeometry) -> None:
    arrays = {f.name for f in fields(geometry) if isinstance(getattr(geometry, f.name), np.ndarray)}
    assert arrays == set(SEGMENT_COLUMNS) | {"points", "radii", "frusta", "frustum_segment"}
