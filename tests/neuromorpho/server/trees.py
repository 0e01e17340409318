"""Small random trees, their SWC text, and what L-Measure would tell of them.

Theory. A tree is grown once for each of a few shapes and multiplied by a factor that differs from cell
to cell, so lengths grow with the factor, surfaces with its square, volumes with its cube, and 300,000
cells cost no more than sixty. The measures are those of NeuroMorpho.Org: length is the sum of L,
surface of 2πrL and volume of πr²L with r the radius of a piece's distal sample, soma excluded; a branch
runs from a stem or a bifurcation to the next bifurcation or tip.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from tests.neuromorpho.server.vocabulary import NEURITES, PROCESSES, WITH_AXON

SHAPES_PER_KIND = 16
SOMA = 1
_POWERS = {
    **dict.fromkeys(
        ("width", "height", "depth", "diameter", "eucDistance", "pathDistance", "length"), 1
    ),
    "surface": 2,
    "soma_Surface": 2,
    "volume": 3,
}

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Sample:
    """One row of an SWC file: type, position and radius in µm, and its parent's number (-1: none)."""

    number: int
    type: int
    at: Vector
    radius: float
    parent: int


@dataclass(frozen=True)
class Tree:
    """The samples of a tree; each stands after its parent."""

    samples: tuple[Sample, ...]

    @cached_property
    def of(self) -> dict[int, Sample]:
        """Samples by number."""
        return {sample.number: sample for sample in self.samples}

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """Numbers of each sample's children, the soma's own samples left out."""
        found: dict[int, list[int]] = {sample.number: [] for sample in self.samples}
        for sample in self.samples:
            if sample.parent in found and sample.type != SOMA:
                found[sample.parent].append(sample.number)
        return found

    @cached_property
    def root(self) -> Sample:
        """The first sample without a parent."""
        return next(sample for sample in self.samples if sample.parent not in self.of)

    @cached_property
    def path(self) -> dict[int, float]:
        """Way from the root to each sample, in µm."""
        found: dict[int, float] = {}
        for sample in self.samples:
            parent = self.of.get(sample.parent)
            way = found[parent.number] + _distance(sample.at, parent.at) if parent else 0.0
            found[sample.number] = 0.0 if sample.type == SOMA else way
        return found


def grow(kind: int, seed: int) -> Tree:
    """Return a tree of 60 to 400 samples: dendrites, with an axon, of glia, or without a soma."""
    chance = random.Random(f"{kind}/{seed}")
    samples = [] if kind == NEURITES else _soma(chance.uniform(3.0, 9.0))
    if kind == NEURITES:
        samples.append(Sample(1, 6, (0.0, 0.0, 0.0), 0.5, -1))
    stems = chance.randint(4, 7) if kind == PROCESSES else chance.randint(2, 5)
    for stem in range(stems):
        type_ = {PROCESSES: 7, NEURITES: 6}.get(kind, 4 if stem == 0 else 3)
        if kind == WITH_AXON and stem == stems - 1:
            type_ = 2
        _grow_branch(samples, 1, type_, _direction(chance), chance, depth=0)
    return Tree(tuple(samples))


def _soma(radius: float) -> list[Sample]:
    """Return the archive's soma of three samples."""
    return [
        Sample(1, SOMA, (0.0, 0.0, 0.0), radius, -1),
        Sample(2, SOMA, (0.0, -radius, 0.0), radius, 1),
        Sample(3, SOMA, (0.0, radius, 0.0), radius, 1),
    ]


def _grow_branch(
    samples: list[Sample],
    parent: int,
    type_: int,
    heading: Vector,
    chance: random.Random,
    depth: int,
) -> None:
    """Add a branch and, perhaps, the two that follow it."""
    at = samples[parent - 1].at
    if samples[parent - 1].type == SOMA:
        at = _moved(at, heading, samples[parent - 1].radius)
    radius = max(0.15, 1.2 * 0.72**depth)
    for _ in range(chance.randint(4, 8)):
        heading = _unit(tuple(h + chance.gauss(0.0, 0.25) for h in heading))  # type: ignore[arg-type]
        at = _moved(at, heading, chance.uniform(2.0, 6.0))
        samples.append(Sample(len(samples) + 1, type_, at, radius, parent))
        parent = len(samples)
        radius = max(0.15, radius * 0.97)
    if depth < 4 and chance.random() < 0.9 - 0.15 * depth:
        for _ in range(2):
            turned = _unit(tuple(h + chance.gauss(0.0, 0.6) for h in heading))  # type: ignore[arg-type]
            _grow_branch(samples, parent, type_, turned, chance, depth + 1)


@lru_cache(maxsize=256)
def shape(kind: int, index: int) -> Tree:
    """Return one of the trees that every made cell is a multiple of."""
    return grow(kind, index)


@lru_cache(maxsize=256)
def measures_of_shape(kind: int, index: int) -> dict[str, float]:
    """Return what is measured on such a tree."""
    return measures(shape(kind, index))


def scaled_measures(found: dict[str, float], factor: float) -> dict[str, float]:
    """Return the measures of a tree that is `factor` times as large, to six digits as the archive."""
    return {key: _six(value * factor ** _POWERS.get(key, 0)) for key, value in found.items()}


def swc_text(tree: Tree, factor: float, header: Sequence[str]) -> str:
    """Return the SWC file of a tree `factor` times as large."""
    lines = [f"# {line}" for line in header]
    for s in tree.samples:
        x, y, z = (factor * value for value in s.at)
        lines.append(
            f"{s.number} {s.type} {x:.4f} {y:.4f} {z:.4f} {factor * s.radius:.5f} {s.parent}"
        )
    return "\n".join(lines) + "\n"


def read_swc(text: str) -> Tree:
    """Return the tree of an SWC text; rows that are none are left out."""
    samples = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 7 or words[0].startswith("#"):
            continue
        number, type_, x, y, z, radius, parent = (float(word) for word in words[:7])
        samples.append(Sample(int(number), int(type_), (x, y, z), radius, int(parent)))
    return Tree(tuple(samples))


def measures(tree: Tree) -> dict[str, float]:
    """Return the archive's twenty-one measures of a tree, in its order and spelling."""
    branches = _branches(tree)
    forks = [n for n, c in tree.children.items() if len(c) >= 2 and tree.of[n].type != SOMA]
    if tree.root.type != SOMA and tree.root.number in forks:
        forks.remove(tree.root.number)
    contraction = _mean([_straightness(tree, branch) for branch in branches])
    pieces = [s for s in tree.samples if s.type != SOMA and s.parent in tree.of]
    lengths = [_distance(s.at, tree.of[s.parent].at) for s in pieces]
    tips = [s for s in pieces if not tree.children[s.number]]
    spans = [_span([s.at[axis] for s in tree.samples]) for axis in range(3)]
    far = max((_distance(s.at, tree.root.at) for s in pieces), default=0.0)
    found = {
        "bif_ampl_remote": _mean([_fork_angle(tree, fork, remote=True) for fork in forks]),
        "surface": sum(2 * math.pi * s.radius * L for s, L in zip(pieces, lengths, strict=True)),
        "volume": sum(math.pi * s.radius**2 * L for s, L in zip(pieces, lengths, strict=True)),
        "contraction": contraction,
        "fragmentation": float(len(tree.samples)),
        "partition_asymmetry": _mean([_asymmetry(tree, fork) for fork in forks]),
        "pk_classic": _mean([_rall_ratio(tree, fork) for fork in forks]),
        "bif_ampl_local": _mean([_fork_angle(tree, fork, remote=False) for fork in forks]),
        "fractal_Dim": 1.0 + 0.3 * (1.0 - contraction),
        "soma_Surface": 4 * math.pi * tree.root.radius**2 if tree.root.type == SOMA else 0.0,
        "n_stems": float(len(tree.children[tree.root.number])),
        "n_bifs": float(len(forks)),
        "n_branch": float(len(forks) + len(tips)),
        "width": spans[1],
        "height": spans[0],
        "depth": spans[2],
        "diameter": _mean([2 * s.radius for s in pieces]),
        "eucDistance": far,
        "pathDistance": max(tree.path.values(), default=0.0),
        "branch_Order": float(_deepest(tree, set(forks))),
        "length": sum(lengths),
    }
    return {key: _six(value) for key, value in found.items()}


def _branches(tree: Tree) -> list[list[int]]:
    """Return each branch as the numbers of its samples, that before its first included."""
    found = []
    starts = [
        (fork, child)
        for fork, children in tree.children.items()
        if len(children) >= 2 or fork == tree.root.number
        for child in children
    ]
    for before, first in starts:
        branch = [before, first]
        while len(after := tree.children[branch[-1]]) == 1:
            branch.append(after[0])
        found.append(branch)
    return found


def _straightness(tree: Tree, branch: list[int]) -> float:
    at = [tree.of[number].at for number in branch]
    way = sum(_distance(a, b) for a, b in pairwise(at))
    return _distance(at[0], at[-1]) / way if way else 1.0


def _asymmetry(tree: Tree, fork: int) -> float:
    one, other = sorted(_count_tips(tree, child) for child in tree.children[fork][:2])
    return (other - one) / (one + other - 2) if one + other > 2 else 0.0


def _count_tips(tree: Tree, start: int) -> int:
    waiting, tips = [start], 0
    while waiting:
        after = tree.children[waiting.pop()]
        waiting += after
        tips += not after
    return tips


def _rall_ratio(tree: Tree, fork: int) -> float:
    children = sum(tree.of[child].radius ** 1.5 for child in tree.children[fork][:2])
    return float(children / tree.of[fork].radius ** 1.5)


def _fork_angle(tree: Tree, fork: int, *, remote: bool) -> float:
    """Return the angle between a fork's two branches in degrees: at their beginning or their end."""
    at = tree.of[fork].at
    ends = []
    for child in tree.children[fork][:2]:
        while remote and len(after := tree.children[child]) == 1:
            child = after[0]
        ends.append(_unit(tuple(a - b for a, b in zip(tree.of[child].at, at, strict=True))))  # type: ignore[arg-type]
    cosine = sum(a * b for a, b in zip(*ends, strict=True))
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def _deepest(tree: Tree, forks: set[int]) -> int:
    order: dict[int, int] = {}
    for sample in tree.samples:
        order[sample.number] = order.get(sample.parent, 0) + (sample.parent in forks)
    return max(order.values(), default=0)


def _span(values: list[float]) -> float:
    """Return the width of the middle 95 %."""
    ordered = sorted(values)
    cut = round(0.025 * (len(ordered) - 1))
    return ordered[-1 - cut] - ordered[cut]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _six(value: float) -> float:
    return float(f"{value:.6g}")


def _distance(a: Vector, b: Vector) -> float:
    return math.dist(a, b)


def _moved(at: Vector, heading: Vector, by: float) -> Vector:
    return (at[0] + by * heading[0], at[1] + by * heading[1], at[2] + by * heading[2])


def _unit(v: Vector) -> Vector:
    size = math.hypot(*v) or 1.0
    return (v[0] / size, v[1] / size, v[2] / size)


def _direction(chance: random.Random) -> Vector:
    return _unit((chance.gauss(0.0, 1.0), chance.gauss(0.0, 1.0), chance.gauss(0.0, 0.4)))
