"""What all simulators share: names of groups, halves of gap junctions, the fact, and changes at run time."""

from __future__ import annotations

from typing import Any

import pytest
from driving import closing, of_kind

from backends.connections import Connections
from backends.live.views.connections import (
    each_junction_once,
    fact_text,
    kind_of,
    labels_by_reversal,
)
from backends.messages import Error, Reset, ScenePatch
from backends.mock.session import MockSession


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ExpSyn", "synapse"),
        ("GABA", "synapse"),
        ("Selection", "synapse"),
        ("ElecStim", "synapse"),
        ("HalfGap", "gap junction"),
        ("coupled vgap", "gap junction"),
        ("gap junction", "gap junction"),
        ("ElectricalSynapse", "gap junction"),
    ],
)
def test_a_name_says_whether_it_is_a_gap_junction(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_a_class_with_several_reversal_potentials_is_several_groups() -> None:
    classes = ["ExpSyn", "ExpSyn", "Exp2Syn", "Many", "Many", "Many", "Many", "Many", "Odd", "Odd"]
    reversals = [0.0, -80.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 0.0, None]
    labels = labels_by_reversal(classes, reversals)
    assert labels[:3] == ["ExpSyn, e = 0 mV", "ExpSyn, e = −80 mV", "Exp2Syn"]
    assert labels[3:] == ["Many"] * 5 + ["Odd"] * 2


def test_two_halves_are_one_junction() -> None:
    assert each_junction_once([(0, 1), (1, 0)]) == [(0, 1)]
    assert each_junction_once([(1, 0), (0, 1), (1, 0)]) == [(1, 0)] * 2
    assert each_junction_once([(3, 2), (2, 2)]) == [(3, 2), (2, 2)]


def test_the_fact_counts_what_is_drawn_and_what_is_not() -> None:
    one = Connections("a", "g", [0] * 1200, [1] * 1200, label="ExpSyn")
    two = Connections("b", "g", [0], [1], label="GABA")
    gaps = Connections("c", "g", [0], [1], "gap junction", "gap junction")
    assert fact_text([], {}) == ""
    assert fact_text([one, gaps], {}) == "1 200 synapses (ExpSyn), 1 gap junction"
    assert fact_text([one, two], {"inputs": 3}) == (
        "1 201 synapses (1 200 ExpSyn; 1 GABA); not drawn: 3 inputs"
    )
    assert fact_text([], {"transfers": 0}) == "not drawn: transfers"


def _session(returned: Any) -> Any:
    session: Any = MockSession()
    session.extra_connections = lambda: returned
    return session


def test_pairs_become_connections_of_the_scene() -> None:
    session = _session({"GABA": [(0, 1), (2, 1, 0.5), (1, 0, 0.25, 2.0)], "gap junction": [[3, 2]]})
    with closing(session):
        scene = session.initialize()
    synapses, gaps = scene.connections
    assert (synapses.name, synapses.kind) == ("GABA", "synapse")
    assert (synapses.source.tolist(), synapses.target.tolist()) == ([0, 2, 1], [1, 1, 0])
    assert synapses.weights[1:].tolist() == [0.5, 0.25]
    assert synapses.delays[2] == 2.0
    assert (gaps.kind, gaps.n) == ("gap junction", 1)
    assert scene.facts["Connections"] == "3 synapses (GABA), 1 gap junction"


def test_a_scene_without_any_has_no_fact() -> None:
    session = _session({})
    with closing(session):
        scene = session.initialize()
    assert scene.connections == ()
    assert "Connections" not in scene.facts


def test_places_may_be_ids_and_groups_of_one_name_get_numbers() -> None:
    session = _session({})
    with closing(session):
        geometry = session.initialize().geometry
    own = Connections("GABA", geometry.id, [0], [1], weights=[2.0], weight_unit="nS")
    first, second = geometry.segment_ids[:2]
    session = MockSession()
    session.extra_connections = lambda: [own, own]
    with closing(session):
        assert [each.id for each in session.initialize().connections] == ["GABA", "GABA 2"]
    session = _session({"A": [(second, first)]})
    with closing(session):
        (found,) = session.initialize().connections
        assert (found.source.tolist(), found.target.tolist()) == ([1], [0])


def test_a_change_is_sent_at_the_next_reset_and_nothing_where_nothing_changed() -> None:
    session = _session({"GABA": [(0, 1)]})
    with closing(session):
        session.initialize()
        session.read_updates()
        session.handle(Reset())
        assert of_kind(ScenePatch, session.read_updates()) == []
        session.extra_connections = lambda: {"GABA": [(0, 1), (1, 2)]}
        session.handle(Reset())
        (patch,) = of_kind(ScenePatch, session.read_updates())
        assert patch.changes["connections"][0].target.tolist() == [1, 2]
        assert patch.changes["facts"]["Connections"] == "2 synapses (GABA)"
        assert session.scene.connections is patch.changes["connections"]


def test_a_hook_that_fails_at_a_reset_is_reported_and_leaves_the_lines() -> None:
    session = _session({"GABA": [(0, 1)]})
    with closing(session):
        session.initialize()
        session.read_updates()

        def fails() -> Any:
            raise ValueError("no such cell")

        for hook, word in ((fails, "no such cell"), (lambda: {"GABA": [(0, 99999)]}, "99999")):
            session.extra_connections = hook
            session.handle(Reset())
            updates = session.read_updates()
            (error,) = of_kind(Error, updates)
            assert (error.code, error.fatal) == ("hook-failed", False)
            assert "extra_connections" in error.message
            assert word in error.message
            assert of_kind(ScenePatch, updates) == []
        assert session.scene.connections[0].n == 1


def test_a_view_draws_them_from_the_start_where_the_hook_says_so() -> None:
    for is_drawn in (False, True):
        session: Any = MockSession()
        session.morphology_connections = lambda is_drawn=is_drawn: is_drawn
        with closing(session):
            assert session.initialize().morphology_view.connections is is_drawn
