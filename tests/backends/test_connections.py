"""Connections are checked when they are made, and a scene's against its geometries."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from ramp import line_geometry

from backends.connections import Connections
from backends.errors import ProtocolError
from backends.scene import MorphologyViewSpec, Scene
from backends.views import StateBinding

GEOMETRY = line_geometry(5)


def _connections(**changes: Any) -> Connections:
    given: dict[str, Any] = {
        "id": "ExpSyn",
        "geometry_id": GEOMETRY.id,
        "source": [0, 4, 4],
        "target": [1, 2, 4],
    }
    return Connections(**given | changes)


def test_numbers_become_arrays_of_the_stated_types() -> None:
    made = _connections(weights=[1, 2, np.nan], delays=(1, 1, 0))
    assert (made.n, made.name, made.kind) == (3, "synapse", "synapse")
    assert made.source.dtype == made.target.dtype == np.int32
    assert made.weights is not None
    assert made.weights.dtype == np.float64
    assert made.delays is not None
    assert made.delays.tolist() == [1, 1, 0]


def test_none_at_all_is_allowed() -> None:
    assert _connections(source=[], target=[], label="AMPA").n == 0


def test_they_survive_the_way_between_two_processes() -> None:
    scene = Scene(geometries=(GEOMETRY,), connections=(_connections(label="E"),))
    again = pickle.loads(pickle.dumps(scene)).connections[0]
    assert again.name == "E"
    assert again.source.tolist() == [0, 4, 4]


@pytest.mark.parametrize(
    ("changes", "code", "keyword"),
    [
        ({"id": ""}, "bad-name", "id"),
        ({"geometry_id": None}, "bad-name", "geometry_id"),
        ({"source": [0, -1, 2]}, "bad-index", "source"),
        ({"target": [0, 2**40, 2]}, "bad-index", "target"),
        ({"target": [0, 1]}, "bad-shape", "target"),
        ({"source": [[0, 1, 2]]}, "bad-shape", "source"),
        ({"source": [0.5, 1.0, 2.0]}, "bad-array", "source"),
        ({"source": ["a", "b", "c"]}, "bad-array", "source"),
        ({"source": 3}, "bad-shape", "source"),
        ({"kind": "electrical"}, "unknown-kind", "gap junction"),
        ({"label": 3}, "bad-type", "label"),
        ({"weight_unit": None}, "bad-type", "weight_unit"),
        ({"weights": [1.0]}, "bad-shape", "weights"),
        ({"delays": [1.0, np.inf, 1.0]}, "not-finite", "delays"),
        ({"delays": "soon"}, "bad-array", "delays"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changes: dict[str, Any], code: str, keyword: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        _connections(**changes)
    assert refused.value.code == code
    assert keyword in refused.value.message


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source": [0, 5, 0]}, "bad-index"),
        ({"target": [0, 5, 0]}, "bad-index"),
        ({"geometry_id": "other"}, "unknown-geometry"),
    ],
)
def test_a_scene_has_the_segments_of_its_connections(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        Scene(geometries=(GEOMETRY,), connections=(_connections(**changes),))
    assert refused.value.code == code
    assert "ExpSyn" in refused.value.message


def test_a_scene_has_one_group_of_an_id() -> None:
    with pytest.raises(ProtocolError) as refused:
        Scene(geometries=(GEOMETRY,), connections=(_connections(), _connections()))
    assert refused.value.code == "repeated-id"


def test_a_view_draws_them_where_it_is_told_to() -> None:
    bound = MorphologyViewSpec("cell", GEOMETRY.id, "v", connections=StateBinding("lines"))
    assert bound.bound_keys() == {"lines"}
    assert MorphologyViewSpec("cell", GEOMETRY.id, "v").connections is False
    with pytest.raises(ProtocolError) as refused:
        MorphologyViewSpec("cell", GEOMETRY.id, "v", connections="yes")  # type: ignore[arg-type]
    assert refused.value.code == "bad-type"
