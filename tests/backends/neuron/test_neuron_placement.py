"""Sections with points are drawn where NEURON's define_shape would put them, and the model stays as it is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from backends.neuron import NeuronSceneBuilder

h = pytest.importorskip("neuron").h


@pytest.fixture(autouse=True)
def _no_sections_left() -> Iterator[None]:
    yield
    for section in list(h.allsec()):
        h.delete_section(sec=section)


def points(section: Any) -> list[tuple[float, float, float]]:
    n = section.n3d()
    return [(section.x3d(i), section.y3d(i), section.z3d(i)) for i in range(n)]


def random_cell(seed: int) -> list[Any]:
    """Return sections whose points have gaps to their parents, some with a logical connection."""
    rng = random.Random(seed)
    sections: list[Any] = []
    for i in range(12):
        section = h.Section(name=f"s{i}")
        for _ in range(rng.randint(2, 6)):
            section.pt3dadd(*(rng.uniform(-80, 80) for _ in range(3)), rng.uniform(0.5, 4))
        if sections:
            section.connect(rng.choice(sections)(rng.choice([0, 0.3, 0.5, 1])), 0)
            if rng.random() < 0.3:
                h.pt3dstyle(1, *(rng.uniform(-80, 80) for _ in range(3)), sec=section)
        sections.append(section)
    return sections


@pytest.mark.parametrize("seed", range(8))
def test_every_section_is_where_define_shape_puts_it(seed: int) -> None:
    sections = random_cell(seed)
    before = [points(each) for each in sections]
    drawn = NeuronSceneBuilder.build_morphology_geometry(sections)
    assert [points(each) for each in sections] == before
    h.define_shape()
    after = NeuronSceneBuilder.build_morphology_geometry(sections)
    np.testing.assert_allclose(drawn.points, after.points, atol=2e-3)


def test_children_follow_a_soma_that_alone_was_moved() -> None:
    soma, dend, tip = (h.Section(name=name) for name in ("soma", "dend", "tip"))
    for section, ys in ((soma, (0, 20)), (dend, (20, 120)), (tip, (120, 180))):
        for y in ys:
            section.pt3dadd(0, y, 0, 5)
    dend.connect(soma(1))
    tip.connect(dend(1))
    for i, y in enumerate((0, 20)):
        soma.pt3dchange(i, 300, y, 0, 5)
    drawn = NeuronSceneBuilder.build_morphology_geometry([soma, dend, tip])
    assert drawn.points[:, 0].min() > 290
