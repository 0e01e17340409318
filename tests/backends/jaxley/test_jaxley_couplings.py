"""How Jaxley's compartments are coupled, compared with NEURON's same sections: `ri`, `area`, `L`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from small_trees import ball, every_step, opened, section, typed_cell

from backends.cellmodel.mechanisms import Mechanism
from backends.cellmodel.model import CellModel
from backends.cellmodel.stimuli import IClamp, Target
from backends.errors import MorphologyError
from backends.jaxley import JaxleyCellSession
from backends.jaxley.simulator import load_jaxley
from backends.jaxley.tree_cell import build_cell
from backends.morphology.morphology import Morphology, Section, build_geometry
from backends.neuron import NeuronCellSession
from backends.swc.reader import read_swc
from resources import path_of

pytest.importorskip("jaxley")
pytest.importorskip("neuron")

RA, CM = 137.0, 0.9
MEMBRANE = CellModel(
    regions={"all": (Mechanism("pas", {"g": 1e-4, "e": -65.0}),)},
    ra_ohm_cm=RA,
    cm_uf_cm2=CM,
    stimuli=(IClamp(Target("all", 0.5, 1), 0.0, 1e9, 0.05),),
)
DENDRITE = 3


@dataclass(frozen=True)
class Graph:
    """Axial resistances, MΩ.

    Attributes
    ----------
    between : dict of frozenset of two ints to float
        Of two segments that are joined without a node between them.
    at_nodes : dict of frozenset of ints to dict of int to float
        By the segments that meet in a node without membrane: from there to each of them.
    """

    between: dict[frozenset[int], float]
    at_nodes: dict[frozenset[int], dict[int, float]]

    @classmethod
    def of(cls, between: dict[frozenset[int], float], nodes: list[dict[int, float]]) -> Graph:
        """Return a graph without the nodes that join nothing."""
        return cls(between, {frozenset(node): node for node in nodes if len(node) > 1})


def of_neuron(sections: list[Any]) -> Graph:
    """Return the graph by `ri` and `trueparentseg`; the first section is the root."""
    first: dict[str, int] = {}
    count = 0
    for each in sections:
        first[each.name()] = count
        count += each.nseg
    between: dict[frozenset[int], float] = {}
    ends: dict[tuple[str, float], dict[int, float]] = defaultdict(dict)
    for each in sections:
        here, name = first[each.name()], each.name()
        segments = list(each)
        for k in range(1, each.nseg):
            between[frozenset((here + k - 1, here + k))] = segments[k].ri()
        ends[name, 1.0][here + each.nseg - 1] = each(1).ri()
        above = each.trueparentseg()
        if above is None:  # the root, and sections attached to its 0 end
            ends[sections[0].name(), 0.0][here] = segments[0].ri()
        elif above.x in (0, 1):
            ends[above.sec.name(), above.x][here] = segments[0].ri()
        else:
            of_parent = first[above.sec.name()] + int(above.x * above.sec.nseg)
            between[frozenset((of_parent, here))] = segments[0].ri()
    return Graph.of(between, list(ends.values()))


def of_jaxley(cell: Any) -> Graph:
    """Return the graph in the coefficients that a step of Jaxley solves with."""
    import jax

    cell.to_jax()
    computed = jax.jit(lambda: cell.get_all_parameters([])["axial_conductances"]["v"])
    rate = np.asarray(computed())  # 1/ms, of the sink
    capacitance = cell.nodes["area"].to_numpy() * cell.nodes["capacitance"].to_numpy()  # 1e-8 µF
    edges, n = cell._comp_edges, len(cell.nodes)
    between: dict[frozenset[int], list[float]] = defaultdict(list)
    nodes: dict[int, dict[int, float]] = defaultdict(dict)
    for source, sink, value in zip(edges["source"], edges["sink"], rate, strict=True):
        if sink < n:
            resistance = 1e5 / (value * capacitance[sink])  # 1/(1e-8 mS) in MΩ
            if source < n:
                between[frozenset((source, sink))].append(resistance)
            else:
                nodes[source][sink] = resistance
    for pair, both in between.items():
        assert len(both) == 2, pair
        assert both[0] == pytest.approx(both[1], rel=1e-12), "the two directions differ"
    for source, sink, value in zip(edges["source"], edges["sink"], rate, strict=True):
        if sink >= n:  # in a node, currents are shared in proportion to conductances
            mine = nodes[sink]
            total = sum(1 / each for each in mine.values())
            into = rate[edges["sink"].to_numpy() == sink].sum()
            assert value / into == pytest.approx(1 / mine[source] / total, rel=1e-9)
    return Graph.of({pair: both[0] for pair, both in between.items()}, list(nodes.values()))


def twig(i: int, parent: int, parent_x: float, length: float = 90.0) -> Section:
    """Return a tapering dendrite that can be attached anywhere; only its own points matter."""
    angle = 2.4 * i
    x, y = length * np.cos(angle), length * np.sin(angle)
    points = [(0, 0, 7.0 * i), (x / 3, y / 3, 7.0 * i + 3), (x, y, 7.0 * i)]
    radii = [0.9 + 0.05 * i, 0.7, 0.5]
    return section(f"dend[{i}]", DENDRITE, points, radii, parent, parent_x)


def tree(*places: tuple[int, float]) -> Morphology:
    """Return a dendrite, and others that are attached at (parent, x)."""
    hanging = [twig(i, parent, x, 60.0 + 25 * i) for i, (parent, x) in enumerate(places, 1)]
    return Morphology("tree", (twig(0, -1, 1.0, 150.0), *hanging))


def random_tree() -> Morphology:
    """Return 25 dendrites attached anywhere."""
    random = np.random.default_rng(1)
    return tree(*((int(random.integers(i)), random.choice((0.0, 0.5, 1.0))) for i in range(1, 25)))


TREES: dict[str, Callable[[], Morphology]] = {
    "one section": lambda: tree(),
    "a child at 1": lambda: tree((0, 1.0)),
    "two children at 1": lambda: tree((0, 1.0), (0, 1.0)),
    "a child at 0 of the root": lambda: tree((0, 0.0)),
    "two children at 0 of the root": lambda: tree((0, 0.0), (0, 0.0)),
    "a child at 0 of a child": lambda: tree((0, 1.0), (1, 0.0)),
    "a child at 0 of a child at 0.5": lambda: tree((0, 0.5), (1, 0.0), (2, 0.0)),
    "a child at 0.5": lambda: tree((0, 0.5)),
    "three children at 0.5": lambda: tree((0, 0.5), (0, 0.5), (0, 0.5)),
    "children everywhere": lambda: tree((0, 0.0), (0, 0.5), (0, 1.0), (1, 0.5), (2, 1.0), (3, 0.0)),
    "25 sections anywhere": random_tree,
    "a soma with axon and dendrites": typed_cell,
    "a soma alone": ball,
    "the bundled pyramidal cell": lambda: read_swc(path_of("pyramidal")),
}


def jaxley_cell(morphology: Morphology) -> Any:
    """Return the cell that a Jaxley session builds."""
    load_jaxley("float64")
    counts, _ = MEMBRANE.segment_counts(morphology)
    geometry = build_geometry(morphology, counts.tolist())
    return build_cell(morphology, geometry, counts, ra_ohm_cm=RA, cm_uf_cm2=CM, v_init=-65.0)


def same(found: dict[int, float], expected: dict[int, float]) -> None:
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=1e-6), key


@pytest.mark.slow
@pytest.mark.parametrize("made", TREES.values(), ids=TREES)
def test_every_axial_resistance_length_and_area_is_neurons(made: Callable[[], Morphology]) -> None:
    morphology = made()
    cell = jaxley_cell(morphology)
    found = of_jaxley(cell)
    with opened(NeuronCellSession(morphology, MEMBRANE)) as session:
        assert isinstance(session, NeuronCellSession)
        expected = of_neuron(session.sections)
        segments = [segment for each in session.sections for segment in each]
        area = [segment.area() for segment in segments]
        length = [segment.sec.L / segment.sec.nseg for segment in segments]
        del segments
    same(found.between, expected.between)  # type: ignore[arg-type]
    assert found.at_nodes.keys() == expected.at_nodes.keys()
    for key, node in expected.at_nodes.items():
        same(found.at_nodes[key], node)
    np.testing.assert_allclose(cell.nodes["area"], area, rtol=1e-6)
    np.testing.assert_allclose(cell.nodes["length"], length, rtol=1e-6)


@pytest.mark.parametrize("name", ["children everywhere", "25 sections anywhere"])
def test_current_spreads_through_such_a_tree_as_it_does_on_neuron(name: str) -> None:
    found = []
    for kind in (NeuronCellSession, JaxleyCellSession):
        with opened(kind(TREES[name](), MEMBRANE)) as session:
            found.append(every_step(session, 5.0))
    assert np.ptp(found[0], axis=0).min() > 0.05, "no current reaches some segments"
    assert np.abs(found[0] - found[1]).max() < 1e-6


@pytest.mark.parametrize("length_um", [1e-2, 1e-4])
def test_a_very_short_section_between_two_others_has_no_effect(length_um: float) -> None:
    short = section("dend[1]", DENDRITE, [(0, 0, 0), (length_um, 0, 0)], [0.8, 0.8], 0, 1.0)
    morphology = Morphology("short", (twig(0, -1, 1.0), short, twig(2, 1, 1.0), twig(3, 0, 0.5)))
    found = []
    for kind in (NeuronCellSession, JaxleyCellSession):
        with opened(kind(morphology, MEMBRANE)) as session:
            found.append(every_step(session, 5.0))
    assert found[0][-1].min() > -64
    assert np.abs(found[0] - found[1]).max() < 1e-6


def test_a_section_without_length_is_named() -> None:
    none = section("dend[1]", DENDRITE, [(0, 0, 0), (0, 0, 0)], [0.8, 0.8], 0, 1.0)
    with pytest.raises(MorphologyError, match=r"^dend\[1\] .* no length"):
        jaxley_cell(Morphology("none", (twig(0, -1, 1.0), none)))
