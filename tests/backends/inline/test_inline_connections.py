"""`view.connections` and `view.morphology(connections=True)`, on NEURON, on Jaxley, and without a simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.errors import ProtocolError, SourceError
from backends.messages import Error, InvokeAction, Reset, ScenePatch
from backends.views import StateBinding
from tests.support.inline_scripts import BALL_AND_STICK, opened

TWO = f"""{BALL_AND_STICK}
other = h.Section(name="other")
other.L = other.diam = 20
synapse = h.ExpSyn(other(0.5))
netcon = h.NetCon(soma(0.5)._ref_v, synapse, sec=soma)
view = ss.neuron()
"""
STATIC = """
import numpy as np
import somascope as ss
from resources import path_of

view = ss.static(path_of("ball_and_stick"))
view.morphology(lambda: np.arange(view.geometry.n_segments))
"""


def test_netcons_and_pairs_of_ones_own_are_drawn_where_the_view_says_so(tmp_path: Path) -> None:
    text = f"""{TWO}
view.morphology("v", connections=True)
pairs = [(soma, other), (dend(1), other(0.5))]
view.connections(pairs, label="by hand", kind="gap junction", weights=[1, 2], weight_unit="nS")
"""
    with opened(tmp_path, text) as model:
        assert model.views["morphology"].connections is True
        synapses, gaps = model.scene.connections
        ids = model.scene.geometry.segment_ids
        assert (synapses.label, synapses.n) == ("ExpSyn", 1)
        assert (gaps.kind, gaps.weight_unit, gaps.weights.tolist()) == (
            "gap junction",
            "nS",
            [1, 2],
        )
        assert [ids[i] for i in gaps.source] == ["soma(0.5)", "dend(0.9)"]
        assert "2 gap junctions (by hand)" in model.scene.facts["Connections"]


def test_a_control_switches_them(tmp_path: Path) -> None:
    text = f"""{TWO}
lines = view.check("Lines", value=True)
view.morphology("v", connections=lines)
"""
    with opened(tmp_path, text) as model:
        bound = model.views["morphology"].connections
        assert isinstance(bound, StateBinding)
        assert bound.key in {each.id for each in model.scene.controls}


def test_pairs_that_are_added_while_it_runs_are_there_after_init(tmp_path: Path) -> None:
    text = f"""{TWO}
view.morphology("v")
pairs = []
view.connections(pairs, label="growing")
view.button("Grow", lambda: pairs.append((soma, other)))
"""
    with opened(tmp_path, text) as model:
        assert model.scene.connections[1].n == 0
        assert not any(isinstance(each, ScenePatch) for each in model.send(InvokeAction("grow")))
        (patch,) = [each for each in model.send(Reset()) if isinstance(each, ScenePatch)]
        assert patch.changes["connections"][1].n == 1
        assert model.of(Error) == []


def test_without_a_view_of_the_cell_nothing_is_asked(tmp_path: Path) -> None:
    with opened(tmp_path, f"{TWO}\nview.trace(soma(0.5)._ref_v)\n") as model:
        assert model.scene.connections == ()
        assert "Connections" not in model.scene.facts


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("view.connections([(soma, other)], kind='electric')", "unknown-kind"),
        ("view.morphology('v', connections='yes')", "bad-type"),
    ],
)
def test_a_wrong_argument_is_refused_where_it_stands(tmp_path: Path, call: str, code: str) -> None:
    with pytest.raises(SourceError) as caught, opened(tmp_path, f"{TWO}\n{call}\n"):
        pass
    assert isinstance(caught.value.__cause__, ProtocolError)
    assert caught.value.__cause__.code == code


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ("[(soma, 3.5)]", "bad-place"),
        ("[(soma, 99)]", "bad-index"),
        ("[(soma, 'nowhere(0.5)')]", "unknown-segment"),
        ("[(soma,)]", "bad-shape"),
        ("soma", "bad-shape"),
        ("5", "bad-shape"),
        ("[(soma, other)], weights=[1, 2]", "bad-shape"),
        ("[(soma, other)], label=3", "bad-type"),
        ("[(soma, gone)]", "bad-place"),
    ],
)
def test_wrong_pairs_are_told_with_the_line_of_the_call(
    tmp_path: Path, pairs: str, code: str
) -> None:
    text = f"""{TWO}
gone = h.Section(name="gone")
h.delete_section(sec=gone)
view.morphology("v")
view.connections({pairs})
"""
    with pytest.raises(ProtocolError) as caught, opened(tmp_path, text):
        pass
    assert caught.value.code == code
    assert caught.value.message.startswith("connections: ")
    assert "my_model.py, line" in caught.value.message


def test_a_cell_without_a_simulator_takes_indices_and_ids(tmp_path: Path) -> None:
    text = f"""{STATIC}
import itertools
view.connections(itertools.combinations(range(3), 2), label="all to all")
view.connections(np.array([[0, 1], [1, 2]]), kind="gap junction", delays=None)
view.connections([(view.geometry.segment_ids[0], 4)], label="by id")
"""
    with opened(tmp_path, text) as model:
        first, second, third = model.scene.connections
        assert (first.n, second.n, second.kind) == (3, 2, "gap junction")
        assert (third.source.tolist(), third.target.tolist()) == ([0], [4])


@pytest.mark.slow
def test_a_ring_on_jaxley_takes_compartments(tmp_path: Path) -> None:
    pytest.importorskip("jaxley")
    text = """
import jaxley as jx
import somascope as ss
from jaxley.channels import HH
from jaxley.connect import connect
from jaxley.synapses import IonotropicSynapse

cell = jx.Cell([jx.Branch(ncomp=2)], parents=[-1])
net = jx.Network([cell] * 3)
net.insert(HH())
for i in range(3):
    connect(net.cell(i).branch(0).comp(0), net.cell((i + 1) % 3).branch(0).comp(1), IonotropicSynapse())
view = ss.jaxley(net, dt=0.025)
view.morphology("v", connections=True)
view.connections([(net.cell(0).branch(0).comp(0), net.cell(2))], kind="gap junction")
"""
    with opened(tmp_path, text) as model:
        ring, gaps = model.scene.connections
        assert (ring.source.tolist(), ring.target.tolist()) == ([0, 2, 4], [3, 5, 1])
        assert (gaps.source.tolist(), gaps.target.tolist()) == ([0], [4])
        model.send(Reset())
        assert model.of(Error) == []
