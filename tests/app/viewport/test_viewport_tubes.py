"""The surface of frusta, as numbers; no OpenGL."""

from __future__ import annotations

import numpy as np
import pytest

from app.viewport.tubes import Mesh, find_cross_sections, line_mesh, tube_mesh
from tests.app.viewport.cells import ball, cell, forest


def all_tubes(geometry, sides=12) -> Mesh:
    return tube_mesh(find_cross_sections(geometry), np.arange(geometry.n_frusta), sides)


def rings(mesh: Mesh, sides: int) -> np.ndarray:
    """Return ring vertices, shape (n_frusta, 2, sides, 3): proximal and distal ring of each."""
    strips = mesh.strips.reshape(len(mesh.strips), sides + 1, 2)[:, :sides]
    return np.stack([mesh.points[strips[:, :, 1]], mesh.points[strips[:, :, 0]]], axis=1)


def triangles(mesh: Mesh) -> np.ndarray:
    """Return all triangles, wound as OpenGL draws them, shape (n, 3)."""
    strips = mesh.strips
    pairs = [
        strips[:, [i, i + 1, i + 2] if i % 2 == 0 else [i + 1, i, i + 2]]
        for i in range(strips.shape[1] - 2)
    ]
    return np.concatenate([*pairs, mesh.triangles])


def test_rings_have_the_true_radius_around_the_true_axis():
    geometry = cell(([(0, 0, 0), (10, 0, 0), (25, 0, 0)], [3, 2, 1], 3, -1))
    ends = rings(all_tubes(geometry), 12)
    distance = np.linalg.norm(ends[..., 1:], axis=-1)
    np.testing.assert_allclose(distance[0, 0], 3, rtol=1e-5)
    np.testing.assert_allclose(distance[0, 1], 2, rtol=1e-5)
    np.testing.assert_allclose(distance[1, 1], 1, rtol=1e-5)
    assert np.ptp(ends[0, 0, :, 0]) < 1e-5


def test_neighbours_share_their_ring_to_the_last_bit():
    geometry = forest(200)
    ends = rings(all_tubes(geometry, 8), 8)
    joined = np.flatnonzero(geometry.frusta[1:, 0] == geometry.frusta[:-1, 1])
    assert len(joined) > 150
    sharp = 0
    for i in joined:
        sharp += not np.array_equal(ends[i, 1], ends[i + 1, 0])
    assert sharp == (~find_cross_sections(geometry).chained).sum() - 8


def test_tubes_do_not_twist():
    turns = np.linspace(0, 6 * np.pi, 200)
    helix = np.stack([30 * np.cos(turns), 30 * np.sin(turns), 8 * turns], axis=1)
    ends = rings(all_tubes(cell((helix, np.full(200, 2.0), 3, -1))), 12)
    spokes = ends - ends.mean(axis=2, keepdims=True)
    spokes /= np.linalg.norm(spokes, axis=-1, keepdims=True)
    cos = (spokes[:, 0] * spokes[:, 1]).sum(axis=-1)
    assert cos.min() > np.cos(np.radians(8))


def test_a_mitred_bend_keeps_the_tube_as_wide_as_its_cable():
    geometry = cell(([(0, 0, 0), (20, 0, 0), (20, 20, 0)], [2, 2, 2], 3, -1))
    joints = find_cross_sections(geometry)
    joint = rings(all_tubes(geometry, 32), 32)[0, 1] - joints.at[joints.distal[0]]
    across = np.linalg.norm(joint, axis=1)
    assert across.max() == pytest.approx(2 * np.sqrt(2), rel=0.01)
    assert across.min() == pytest.approx(2, rel=0.01)


def test_normals_have_length_one_and_point_outwards():
    mesh = all_tubes(forest(100))
    length = np.linalg.norm(mesh.normals, axis=1)
    assert (length > 0.9).all()
    assert (length < 2.0).all()
    corners = mesh.points[triangles(mesh)]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal = mesh.normals[triangles(mesh)].mean(axis=1)
    big = np.linalg.norm(face, axis=1) > 1e-3
    assert ((face * normal).sum(axis=1)[big] > 0).mean() > 0.99


def test_a_soma_of_circles_has_the_normals_of_a_ball():
    mesh = all_tubes(cell(ball(10.0, 24)), 24)
    outward = mesh.points / np.linalg.norm(mesh.points, axis=1)[:, None]
    on_ball = np.abs(mesh.points[:, 1]) < 9.5
    normals = mesh.normals / np.linalg.norm(mesh.normals, axis=1)[:, None]
    assert (outward * normals).sum(axis=1)[on_ball].min() > 0.99


def test_every_free_end_is_closed():
    mesh = all_tubes(cell(([(0, 0, 0), (10, 0, 0)], [2, 1], 3, -1)))
    edges = np.concatenate([triangles(mesh)[:, [i, j]] for i, j in ((0, 1), (1, 2), (2, 0))])
    _, count = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    assert (count == 2).all()


def test_a_frustum_of_no_length_spoils_nothing():
    geometry = cell(([(0, 0, 0), (5, 0, 0), (5, 0, 0), (9, 0, 0)], [1, 1, 2, 2], 3, -1))
    mesh = all_tubes(geometry)
    assert np.isfinite(mesh.points).all()
    assert np.isfinite(mesh.normals).all()
    assert np.isfinite(mesh.along).all()


def test_each_vertex_knows_its_segment_and_how_far_along_it_is():
    geometry = cell(([(0, 0, 0), (10, 0, 0), (30, 0, 0)], [1, 1, 1], 3, -1))
    joints = find_cross_sections(geometry)
    assert joints.segment.tolist() == [0, 1]
    assert joints.before.tolist() == [0, 0]
    assert joints.after.tolist() == [1, 1]
    assert joints.t0.tolist() == [0, 0]
    assert joints.t1.tolist() == [1, 1]


def test_a_soma_keeps_its_own_colour_next_to_a_dendrite():
    dendrite = ([(0, 10, 0), (0, 40, 0)], [1, 1], 3, 0)
    joints = find_cross_sections(cell(ball(10.0, 2), dendrite))
    assert joints.after[1] == 1
    assert joints.before[2] == 1


def test_lines_run_along_the_axes():
    geometry = cell(([(0, 0, 0), (10, 0, 0), (30, 0, 0)], [1, 1, 1], 3, -1))
    mesh = line_mesh(find_cross_sections(geometry), np.arange(2))
    assert mesh.points[:, 0].tolist() == [-15, -5, -5, 15]
