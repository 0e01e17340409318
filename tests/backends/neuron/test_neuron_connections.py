"""Connections that NEURON knows: NetCons, POINTERs to a voltage, and what it cannot tell, counted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import closing, of_kind

from backends.controls import ActionSpec
from backends.messages import InvokeAction, Reset, ScenePatch

pytest.importorskip("neuron")

from spiking_network import RingCell

from backends.neuron import NeuronSession
from backends.neuron.connections import NeuronConnections

ROOT = Path(__file__).resolve().parents[3]
NRNIVMODL = shutil.which("nrnivmodl") or shutil.which(
    "nrnivmodl", path=str(Path(sys.executable).parent)
)


class Three(NeuronSession):
    """Three cells: the first excites the others and itself, the second inhibits the third."""

    def build_sections(self) -> list[Any]:
        """Return all sections but those of the fourth cell."""
        from neuron import h

        self.cells = [RingCell(i) for i in range(4)]
        first, second, third, hidden = self.cells
        self.inhibition = h.ExpSyn(third.soma(0.5))
        self.inhibition.e = -80
        self.slow = h.Exp2Syn(second.dend(1))
        self.artificial, self.detector = h.IntFire1(), h.NetStim()
        self.netcons = [
            self.connect(first.soma(0.5), second.synapse, 0.02, 1.5),
            self.connect(first.soma(0.5), third.synapse, 0.03, 2.5),
            self.connect(first.dend(1), first.synapse, 0.04, 1.0),
            self.connect(second.soma(0), self.inhibition, 0.05, 1.0),
            self.connect(third.soma(0.5), self.slow, 0.06, 1.0),
            self.connect(first.soma(0.5), None, 0.0, 1.0),
            self.connect(first.soma(0.5), self.artificial, 1.0, 1.0),
            self.connect(first.soma(0.5), hidden.synapse, 1.0, 1.0),
            h.NetCon(self.detector, second.synapse),
            h.NetCon(self.detector, self.artificial),
            h.NetCon(self.detector, hidden.synapse),
            h.NetCon(first.soma(0.5)._ref_m_hh, second.synapse, sec=first.soma),
        ]
        return [section for cell in self.cells[:3] for section in (cell.soma, cell.dend)]

    def connect(self, place: Any, synapse: Any, weight: float, delay: float) -> Any:
        """Return a NetCon from the voltage of a place."""
        from neuron import h

        netcon = h.NetCon(place._ref_v, synapse, sec=place.sec)
        netcon.delay = delay
        if synapse is not None:
            netcon.weight[0] = weight
        return netcon

    def action_specs(self) -> list[ActionSpec]:
        """Return a button that connects, and one that disconnects."""
        return [ActionSpec("more", "Connect"), ActionSpec("fewer", "Disconnect")]

    def apply_action(self, action_id: str, payload: Any) -> bool:
        """Connect the third cell to the first, or forget the last connection."""
        if action_id == "more":
            ends = self.cells[2].soma(0.5), self.cells[0].synapse
            self.netcons.append(self.connect(*ends, 0.01, 1.0))
        else:
            self.netcons.pop()
        return True

    def shutdown(self) -> None:
        """Release the connections before the cells."""
        self.netcons = []
        super().shutdown()


def test_netcons_are_grouped_by_class_and_reversal_with_weights_and_delays() -> None:
    with closing(session := Three()):
        scene = session.initialize()
        ids = scene.geometry.segment_ids
    found = {each.label: each for each in scene.connections}
    assert list(found) == ["ExpSyn, e = 0 mV", "ExpSyn, e = −80 mV", "Exp2Syn"]
    excitation, inhibition, slow = found.values()
    assert [
        (ids[a], ids[b]) for a, b in zip(excitation.source, excitation.target, strict=True)
    ] == [
        ("cell0.soma(0.5)", "cell1.dend(0.5)"),
        ("cell0.soma(0.5)", "cell2.dend(0.5)"),
        ("cell0.dend(0.833333)", "cell0.dend(0.5)"),
    ]
    np.testing.assert_allclose(excitation.weights, [0.02, 0.03, 0.04])
    np.testing.assert_allclose(excitation.delays, [1.5, 2.5, 1.0])
    assert (excitation.kind, excitation.weight_unit) == ("synapse", "µS")
    assert ids[inhibition.source[0]] == "cell1.soma(0.5)"
    assert ids[slow.target[0]] == "cell1.dend(0.833333)"


def test_what_is_not_drawn_is_counted() -> None:
    with closing(session := Three()):
        fact = session.initialize().facts["Connections"]
    drawn, _, rest = fact.partition("; not drawn: ")
    assert drawn.startswith("5 synapses (")
    assert set(rest.split(", ")) == {
        "1 input from artificial cells",
        "1 output to artificial cells",
        "1 NetCon between artificial cells",
        "1 NetCon from or to sections that are not shown",
        "1 NetCon from something else than a voltage",
    }


def test_a_netcon_that_is_made_or_removed_by_a_button_changes_the_lines_at_once() -> None:
    with closing(session := Three()):
        session.initialize()
        session.read_updates()
        for action, n in (("more", 4), ("fewer", 3)):
            session.handle(InvokeAction(action))
            (patch,) = of_kind(ScenePatch, session.read_updates())
            assert patch.changes["connections"][0].n == n
            assert patch.changes["facts"]["Connections"].startswith(f"{n + 2} synapses")


def test_a_weight_that_a_script_changes_is_there_after_the_next_reset() -> None:
    with closing(session := Three()):
        session.initialize()
        session.netcons[0].weight[0] = 0.5
        session.read_updates()
        session.handle(Reset())
        (patch,) = of_kind(ScenePatch, session.read_updates())
        assert patch.changes["connections"][0].weights[0] == 0.5


def test_segments_and_sections_name_the_places_of_gap_junctions() -> None:
    class Joined(Three):
        def extra_connections(self) -> Any:
            first, second, *_ = self.cells
            return {
                "gap junction": [(first.soma, second.soma(0.5)), (first.dend(0), "cell2.dend(0.5)")]
            }

    with closing(session := Joined()):
        scene = session.initialize()
        ids = scene.geometry.segment_ids
    gaps = scene.connections[-1]
    assert gaps.kind == "gap junction"
    assert [ids[i] for i in gaps.source] == ["cell0.soma(0.5)", "cell0.dend(0.166667)"]
    assert [ids[i] for i in gaps.target] == ["cell1.soma(0.5)", "cell2.dend(0.5)"]
    assert "2 gap junctions" in scene.facts["Connections"]


def test_a_transfer_of_parallel_context_is_told_although_neuron_does_not_list_it() -> None:
    from neuron import h

    class Transferred(Three):
        def setup_model(self, sections: Any) -> None:
            self.context = h.ParallelContext()
            self.clamp = h.IClamp(self.cells[1].soma(0.5))
            source = self.cells[0].soma
            self.context.source_var(source(0.5)._ref_v, 1, sec=source)
            self.context.target_var(self.clamp, self.clamp._ref_amp, 1)
            self.context.setup_transfer()

    try:
        with closing(session := Transferred()):
            assert "target_var" in session.initialize().facts["Connections"]
    finally:
        h.ParallelContext().gid_clear()
    with closing(session := Three()):
        assert "target_var" not in session.initialize().facts["Connections"]


def test_netcons_of_global_identifiers_lead_to_the_cell_that_has_the_number() -> None:
    from neuron import h

    class Numbered(Three):
        def setup_model(self, sections: Any) -> None:
            self.context = h.ParallelContext()
            first, second, *_ = self.cells
            self.context.set_gid2node(7, self.context.id())
            self.context.cell(7, self.connect(first.soma(0.5), None, 0.0, 1.0))
            self.netcons.append(self.context.gid_connect(7, second.synapse))

    try:
        with closing(session := Numbered()):
            found = session.initialize().connections[0]
            ids = session.geometry.segment_ids
            assert (ids[found.source[-1]], ids[found.target[-1]]) == (
                "cell0.soma(0.5)",
                "cell1.dend(0.5)",
            )
    finally:
        h.ParallelContext().gid_clear()


def test_a_model_opens_although_neuron_refuses_to_list_its_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(self: Any) -> Any:
        raise RuntimeError("hocobj_call error: hoc_execerror: no such mechanism")

    monkeypatch.setattr(NeuronConnections, "find", refuses)
    with closing(session := Three()):
        scene = session.initialize()
    assert scene.connections == ()
    assert "no such mechanism" in scene.facts["Connections"]


def test_ten_thousand_netcons_are_all_found_at_their_places() -> None:
    class Many(Three):
        def build_sections(self) -> Any:
            sections = super().build_sections()
            self.places = [segment for section in sections for segment in section]
            n = len(self.places)
            self.ends = np.random.default_rng(1).integers(0, n, (10_000, 2))
            from neuron import h

            self.synapses = [h.Exp2Syn(each) for each in self.places]
            self.netcons = [
                self.connect(self.places[a], self.synapses[b], i, 1.0)
                for i, (a, b) in enumerate(self.ends)
            ]
            return sections

    with closing(session := Many()):
        (found,) = session.initialize().connections
        np.testing.assert_array_equal(np.stack([found.source, found.target], 1), session.ends)
        np.testing.assert_array_equal(found.weights, np.arange(10_000))
        session.places = session.synapses = []


GAP = """NEURON { POINT_PROCESS Gap POINTER vgap RANGE r, i NONSPECIFIC_CURRENT i }
PARAMETER { r = 1e10 (megohm) }
ASSIGNED { v (millivolt) vgap (millivolt) i (nanoamp) }
BREAKPOINT { i = (v - vgap)/r }
"""
GRADED = """NEURON { POINT_PROCESS Graded POINTER vpre RANGE g, i NONSPECIFIC_CURRENT i }
PARAMETER { g = 0 }
ASSIGNED { v (millivolt) vpre (millivolt) i (nanoamp) }
BREAKPOINT { i = g * v / (1 + exp(-vpre)) }
"""
DENSITY = """NEURON { SUFFIX coupled POINTER vgap RANGE g, i NONSPECIFIC_CURRENT i }
PARAMETER { g = 0 }
ASSIGNED { v (millivolt) vgap (millivolt) i (milliamp/cm2) }
BREAKPOINT { i = g*(v - vgap) }
"""
DETECTOR = """NEURON { POINT_PROCESS Detector RANGE thr }
PARAMETER { thr = 0 }
ASSIGNED { v (millivolt) }
INITIAL { net_send(0, 1) }
NET_RECEIVE(w (nanosiemens)) {
  if (flag == 1) { WATCH (v > thr) 2 } else if (flag == 2) { net_event(t) }
}
"""
POINTERS = """
import json
from neuron import h
from backends.neuron import NeuronSession


class Coupled(NeuronSession):
    def build_sections(self):
        sections = [h.Section(name=name) for name in "abcd"]
        for section in sections:
            section.L = section.diam = 20
            section.nseg = 3
        a, b, c, d = self.all = sections
        self.kept = []
        for place, follows in (
            (b(0.5), a(0.5)), (a(0.5), b(0.5)), (c(0.5), b(0.5)), (c(0.5), c(0.5)), (a(0.1), d(0.5)),
        ):
            gap = h.Gap(place)
            gap._ref_vgap = follows._ref_v
            self.kept.append(gap)
        graded = h.Graded(a(0.1))
        h.setpointer(c(0.9)._ref_v, "vpre", graded)
        c.insert("coupled")
        c(0.5).coupled._ref_vgap = a(0.9)._ref_v
        c(0.1).coupled._ref_vgap = c(0.1)._ref_v
        c(0.9).coupled._ref_vgap = c(0.9)._ref_v
        detector = h.Detector(b(0.5))
        self.kept += [graded, detector, h.NetCon(detector, detector)]
        return sections[:3]


session = Coupled()
scene = session.initialize()
found = {each.label: [each.kind, each.source.tolist(), each.target.tolist(), each.weight_unit]
         for each in scene.connections}
print(json.dumps([found, scene.facts["Connections"]]))
session.shutdown()
"""


@pytest.mark.slow
@pytest.mark.skipif(
    NRNIVMODL is None or not (shutil.which("g++") or shutil.which("c++")),
    reason="nrnivmodl needs a C++ compiler",
)
def test_mechanisms_that_point_to_the_voltage_of_another_segment_are_drawn(tmp_path: Path) -> None:
    mods = {"gap": GAP, "graded": GRADED, "coupled": DENSITY, "detector": DETECTOR}
    for name, text in mods.items():
        (tmp_path / f"{name}.mod").write_text(text)
    subprocess.run(
        [str(NRNIVMODL), "."], cwd=tmp_path, capture_output=True, check=True, timeout=300
    )
    done = subprocess.run(
        [sys.executable, "-c", POINTERS],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    found, fact = json.loads(done.stdout.splitlines()[-1])
    assert found == {
        "Detector": ["synapse", [4], [4], "nanosiemens"],
        "Gap": ["gap junction", [1, 4], [4, 7], ""],
        "Graded": ["synapse", [8], [0], ""],
        "coupled": ["gap junction", [2], [7], ""],
    }
    assert "3 gap junctions" in fact
    assert "1 POINTER from or to sections that are not shown" in fact
