"""Connections that Jaxley knows: the edges of a network, with their conductances."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import closing, of_kind

pytest.importorskip("jaxley")

from jaxley_models import Chain, TwoBranches

from backends.messages import Reset, ScenePatch, SetControl


def test_synapses_of_one_class_are_one_group_with_their_conductances() -> None:
    with closing(session := Chain()):
        scene = session.initialize()
        (found,) = scene.connections
        ids = scene.geometry.segment_ids
        assert (found.label, found.kind, found.weight_unit) == (
            "IonotropicSynapse",
            "synapse",
            "µS",
        )
        assert [scene.geometry.cell_index[i] for i in found.source] == [0, 1]
        assert [scene.geometry.cell_index[i] for i in found.target] == [1, 2]
        assert [ids[i].partition(".")[0] for i in found.source] == ["first", "second"]
        np.testing.assert_allclose(found.weights, Chain.WEIGHT.value_spec.default)
        assert found.delays is None
        assert scene.facts["Connections"] == "2 synapses (IonotropicSynapse)"
        session.handle(SetControl("weight", 0.0005))
        session.read_updates()
        session.handle(Reset())
        (patch,) = of_kind(ScenePatch, session.read_updates())
        np.testing.assert_allclose(patch.changes["connections"][0].weights, 0.0005)


def test_a_cell_has_none() -> None:
    with closing(session := TwoBranches()):
        scene = session.initialize()
    assert scene.connections == ()
    assert "Connections" not in scene.facts


class Mixed(Chain):
    """The chain with inhibition, a class without a conductance, and gap junctions of the author's."""

    def build_network(self, cells: Any) -> Any:
        """Connect the cells in both directions."""
        from jaxley.connect import connect
        from jaxley.synapses import IonotropicSynapse, TanhRateSynapse
        from jaxley.synapses.synapse import Synapse

        class Electrical(Synapse):  # type: ignore[misc]
            """A half of a gap junction."""

            def __init__(self) -> None:
                super().__init__()
                self.synapse_params = {"Electrical_g": 1e-4}
                self.synapse_states: dict[str, float] = {}

            def update_states(self, states: Any, dt: Any, pre: Any, post: Any, params: Any) -> Any:
                """Return no states."""
                return {}

            def compute_current(self, states: Any, pre: Any, post: Any, params: Any) -> Any:
                """Return the current through it, nA."""
                return params["Electrical_g"] * (post - pre)

        network = super().build_network(cells)
        somata = [network.cell(i).branch(0).comp(0) for i in range(3)]
        connect(somata[2], somata[0], IonotropicSynapse())
        network.select(edges=2).set("IonotropicSynapse_e_syn", -80.0)
        connect(somata[0], somata[2], TanhRateSynapse())
        connect(somata[0], somata[1], Electrical())
        connect(somata[1], somata[0], Electrical())
        return network

    def extra_connections(self) -> Any:
        """Return one more, by its compartments and by its cells."""
        first, second = (self.network.cell(i) for i in (0, 1))
        return {"diffusion": [(first.branch(0).comp(0), second)]}


@pytest.mark.slow
def test_classes_reversal_potentials_and_gap_junctions_are_told_apart() -> None:
    with closing(session := Mixed()):
        found = {each.label: each for each in session.initialize().connections}
        assert {label: (each.kind, each.n) for label, each in found.items()} == {
            "IonotropicSynapse, e = 0 mV": ("synapse", 2),
            "IonotropicSynapse, e = −80 mV": ("synapse", 1),
            "TanhRateSynapse": ("synapse", 1),
            "Electrical": ("gap junction", 1),
            "diffusion": ("synapse", 1),
        }
        assert found["TanhRateSynapse"].weights is not None
        assert found["Electrical"].weights is None
