"""The geometry of Jaxley's compartments: unbroken branches, with the table's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends.errors import SimulatorError
from backends.jaxley import JaxleySceneBuilder
from backends.jaxley.catalog import display_variables
from backends.live.default_scene import facts_of
from backends.morphology.swc_types import SwcType
from backends.scene import MorphologyGeometry

pd = pytest.importorskip("pandas")
build = JaxleySceneBuilder.build_morphology_geometry


def table(*cells: list[int], length: float = 10.0, radius: float = 1.0, **columns: Any) -> Any:
    """Return a table of cells whose branches have so many compartments."""
    branches = [n for cell in cells for n in cell]
    cell_of = [i for i, cell in enumerate(cells) for n in cell for _ in range(n)]
    n = sum(branches)
    return pd.DataFrame(
        {
            "global_comp_index": np.arange(n),
            "global_branch_index": np.repeat(np.arange(len(branches)), branches),
            "global_cell_index": cell_of,
            "length": np.full(n, length),
            "radius": np.full(n, radius),
            **columns,
        }
    )


def ends(geometry: MorphologyGeometry, segment: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last point of a segment's frusta."""
    mine = geometry.frusta[geometry.frustum_segment == segment]
    return geometry.points[mine[0, 0]], geometry.points[mine[-1, 1]]


def largest_gap(geometry: MorphologyGeometry) -> float:
    """Return the widest gap between neighbouring segments of a branch, µm."""
    gaps = [0.0]
    for i in range(1, geometry.n_segments):
        if geometry.section_index[i] == geometry.section_index[i - 1]:
            before, after = ends(geometry, i - 1)[1], ends(geometry, i)[0]
            gaps.append(float(np.linalg.norm(after - before)))
    return max(gaps)


def test_a_table_alone_is_enough_and_is_laid_out() -> None:
    geometry = build(table([1, 5]), parents=[-1, 0])
    assert geometry.segment_ids == (
        "branch[0](0.5)",
        *(f"branch[1]({x:g})" for x in (0.1, 0.3, 0.5, 0.7, 0.9)),
    )
    assert geometry.laid_out_sections == ("branch[0]", "branch[1]")
    assert geometry.parent_segment.tolist() == [-1, 0, 1, 2, 3, 4]
    assert largest_gap(geometry) == 0.0


def test_without_parents_each_branch_is_a_root() -> None:
    assert build(table([2, 2])).parent_segment.tolist() == [-1, 0, -1, 2]


def test_lengths_diameters_and_areas_are_the_tables_own() -> None:
    nodes = table([3], radius=2.0)
    nodes["length"] = [5.0, 10.0, 20.0]
    nodes["area"] = [100.0, np.nan, 300.0]
    geometry = build(nodes)
    assert geometry.length.tolist() == [5.0, 10.0, 20.0]
    assert geometry.diameter.tolist() == [4.0, 4.0, 4.0]
    assert geometry.area == pytest.approx([100.0, 2 * np.pi * 2.0 * 10.0, 300.0])


def test_a_branch_is_drawn_through_its_centres_without_gaps() -> None:
    x = np.array([5.0, 15.0, 25.0, 35.0])
    nodes = table([4], x=x, y=np.zeros(4), z=np.zeros(4))
    nodes["radius"] = [1.0, 3.0, 1.0, 2.0]
    geometry = build(nodes)
    assert largest_gap(geometry) < 1e-5
    assert ends(geometry, 0)[0] == pytest.approx([0.0, 0.0, 0.0])
    assert ends(geometry, 3)[1] == pytest.approx([40.0, 0.0, 0.0])
    assert not geometry.laid_out_sections


def test_a_child_begins_where_its_parent_ends() -> None:
    nodes = table([2, 2], x=[5, 15, 20, 20], y=[0, 0, 5, 15], z=[0, 0, 0, 0])
    geometry = build(nodes, parents=[-1, 0])
    assert ends(geometry, 2)[0] == pytest.approx(ends(geometry, 1)[1])


def test_a_tracing_is_followed_point_by_point() -> None:
    tracing = np.array([[0, 0, 0, 2.0], [10, 0, 0, 1.5], [10, 10, 0, 1.0], [10, 20, 0, 0.5]])
    nodes = table([3])
    nodes["radius"] = [1.75, 1.25, 0.75]
    geometry = build(nodes, xyzr=[tracing])
    assert largest_gap(geometry) < 1e-5
    for point in tracing[:, :3]:
        assert np.abs(geometry.points - point).sum(axis=1).min() < 1e-5
    assert geometry.radii.max() == pytest.approx(2.0)


def test_a_tracing_without_radii_takes_them_from_the_table() -> None:
    tracing = np.array([[0, 0, 0, np.nan], [30, 0, 0, np.nan]])
    nodes = table([3])
    nodes["radius"] = [1.0, 2.0, 3.0]
    geometry = build(nodes, xyzr=[tracing])
    assert largest_gap(geometry) < 1e-5
    assert geometry.radii.min() == pytest.approx(1.0)
    assert geometry.radii.max() == pytest.approx(3.0)


BENT = np.array([[0, 0, 0, 1.0], [10, 0, 0, 1.0], [10, 20, 0, 1.0]])
ON = np.array([[10, 20, 0, 1.0], [10, 40, 0, 1.0]])


@pytest.mark.parametrize("factor", [1.0, 1.005, 0.98, 1.3, 4.0])
def test_a_resized_tracing_keeps_its_shape_and_its_children(factor: float) -> None:
    nodes = table([3, 2])
    nodes.loc[:2, "length"] = 10 * factor
    geometry = build(nodes, xyzr=[BENT, ON], parents=[-1, 0])
    assert not geometry.laid_out_sections
    tip = ends(geometry, 2)[1]
    assert tip == pytest.approx([10 * factor, 20 * factor, 0], rel=0.011)
    assert ends(geometry, 3)[0] == pytest.approx(tip, abs=1e-4)
    assert ends(geometry, 4)[1] == pytest.approx(tip + np.array([0, 20, 0]), abs=1e-4)


@pytest.mark.parametrize("ncomp", [1, 2, 7])
def test_a_tracing_is_drawn_whatever_the_number_of_compartments(ncomp: int) -> None:
    geometry = build(table([ncomp], length=30 / ncomp), xyzr=[BENT])
    assert not geometry.laid_out_sections
    for point in BENT[:, :3]:
        assert np.abs(geometry.points - point).sum(axis=1).min() < 1e-5


def test_radii_that_were_set_after_the_tracing_are_drawn() -> None:
    nodes = table([3])
    nodes["radius"] = [1.0, 5.0, 1.0]
    geometry = build(nodes, xyzr=[BENT])
    drawn = [geometry.radii[geometry.frusta[geometry.frustum_segment == i]].max() for i in range(3)]
    assert drawn[1] == pytest.approx(5.0, rel=0.3)
    assert geometry.diameter.tolist() == [2, 10, 2]


def test_a_soma_of_one_point_is_drawn_around_it_and_dendrites_begin_at_its_surface() -> None:
    soma = np.array([[50, 0, 0, 10.0], [50, 0, 0, 10.0]])  # as Jaxley reads it
    left, right = (
        np.array([[50 + 10 * side, 0, 0, 1.0], [50 + 30 * side, 0, 0, 1.0]]) for side in (-1, 1)
    )
    nodes = table([1, 2, 2])
    nodes.loc[0, ["length", "radius"]] = [20.0, 10.0]
    nodes["soma"] = [True, False, False, False, False]
    geometry = build(nodes, xyzr=[soma, left, right], parents=[-1, 0, 0])
    assert not geometry.laid_out_sections
    assert geometry.middle(0) == pytest.approx([50, 0, 0])
    assert ends(geometry, 1)[0] == pytest.approx([40, 0, 0])
    assert ends(geometry, 3)[0] == pytest.approx([60, 0, 0])


UNKNOWN = np.full((2, 4), np.nan)


def test_a_branch_without_points_is_between_those_that_have_some() -> None:
    far = ON + np.array([0, 50, 0, 0])
    geometry = build(table([3, 2, 2]), xyzr=[BENT, UNKNOWN, far], parents=[-1, 0, 1])
    assert geometry.laid_out_sections == ("branch[1]",)
    assert ends(geometry, 3)[0] == pytest.approx(ends(geometry, 2)[1])
    assert ends(geometry, 4)[1] == pytest.approx(far[0, :3])


def test_roots_without_points_lead_to_what_is_traced() -> None:
    geometry = build(table([2, 2, 2]), xyzr=[UNKNOWN, UNKNOWN, ON], parents=[-1, 0, 1])
    assert geometry.laid_out_sections == ("branch[0]", "branch[1]")
    assert ends(geometry, 0)[0] == pytest.approx([10, -20, 0], abs=1e-4)
    assert ends(geometry, 3)[1] == pytest.approx(ON[0, :3], abs=1e-4)


def test_a_branch_without_points_goes_on_from_its_parents_end() -> None:
    geometry = build(table([3, 2]), xyzr=[BENT, UNKNOWN], parents=[-1, 0])
    assert ends(geometry, 3)[0] == pytest.approx(ends(geometry, 2)[1])
    assert facts_of(geometry)["Laid out"] == "1 of 2 sections: branch[1]"
    assert facts_of(build(table([3, 2]), parents=[-1, 0]))["Laid out"] == "all 2 sections"


def test_a_cell_without_points_does_not_cover_one_that_is_traced() -> None:
    beside = ON - np.array([10, 20, 0, 0])
    geometry = build(table([2], [2]), xyzr=[UNKNOWN, beside])
    laid_out = geometry.points[
        np.unique(geometry.frusta[np.isin(geometry.frustum_segment, [0, 1])])
    ]
    assert laid_out[:, 0].min() > 10


def test_cells_in_the_same_place_are_moved_apart_and_named() -> None:
    tracing = np.array([[0, 0, 0, 1.0], [30, 0, 0, 1.0]])
    geometry = build(table([3], [3]), xyzr=[tracing, tracing], cell_names=["a", "b"])
    assert geometry.cell_names == ("a", "b")
    assert geometry.segment_ids[3] == "b.branch[0](0.166667)"
    assert geometry.cell_index.tolist() == [0, 0, 0, 1, 1, 1]
    assert geometry.laid_out_sections == ("b.branch[0]",)
    assert ends(geometry, 3)[0][0] > ends(geometry, 2)[1][0]
    moved = tracing + np.array([0, 100, 0, 0])
    assert not build(table([3], [3]), xyzr=[tracing, moved]).laid_out_sections


def test_several_cells_without_names_are_numbered() -> None:
    geometry = build(table([1], [1, 2]))
    assert geometry.cell_names == ("cell[0]", "cell[1]")
    assert geometry.section_names == ("cell[0].branch[0]", "cell[1].branch[0]", "cell[1].branch[1]")


def test_groups_are_types_and_rows_may_come_in_any_order() -> None:
    nodes = table([1, 1, 1], soma=[True, False, False], apical=[False, True, False])
    geometry = build(nodes.iloc[::-1])
    assert geometry.swc_type.tolist() == [SwcType.SOMA, SwcType.APICAL_DENDRITE, 0]
    assert geometry.segment_ids[0] == "branch[0](0.5)"


@pytest.mark.parametrize(
    ("nodes", "arguments", "words"),
    [
        (table([1]).drop(columns="radius"), {}, "'radius'"),
        (table([1]).iloc[:0], {}, "empty"),
        (table([1], radius=0.0), {}, "Compartment 0 .*radius 0 µm"),
        (table([1], [1]), {"cell_names": ["a"]}, "cell_names has 1 "),
        (table([1], [1]), {"cell_names": ["a", "a"]}, "differ"),
        (table([1, 1]), {"xyzr": [np.zeros((2, 4))]}, "xyzr has 1 "),
        (table([1, 1]), {"parents": [-1]}, "parents has 1 "),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    nodes: Any, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(SimulatorError, match=words):
        build(nodes, **arguments)


def test_a_model_offers_voltage_states_currents_and_parameters_with_their_units() -> None:
    jx = pytest.importorskip("jaxley")
    from jaxley.channels import HH, Leak

    cell = jx.Cell()
    cell.insert(HH())
    cell.insert(Leak())
    found = {each.name: each for each in display_variables(cell)}
    assert next(iter(found)) == "v"
    assert (found["HH_m"].label, found["HH_m"].limits) == ("m (HH)", (0.0, 1.0))
    assert found["i_HH"].unit == "mA/cm²"
    assert found["HH_gNa"].unit == "S/cm²"
    assert found["Leak_eLeak"].unit == "mV"
    assert found["radius"].unit == "µm"
