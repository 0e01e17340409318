"""Programs that generate the bundled cells: a pyramidal cell, a stellate interneuron, a ball and stick."""

from __future__ import annotations

import math
from dataclasses import replace

from resources.growth import Drawing, GrowthParameters, GrowthTip, Vector, mixed, unit

SOMA, AXON, BASAL, APICAL = 1, 2, 3, 4
UP: Vector = (0.0, 1.0, 0.0)
DOWN: Vector = (0.0, -1.0, 0.0)

# Height above the middle (µm) and radius (µm) of a soma that narrows into the apical trunk.
_PEAR = ((-10.5, 2.2), (-9, 5.2), (-6, 8.0), (-2, 9.2), (2, 8.8), (6, 7.0), (10, 5.0), (14, 3.6))


def _outwards(here: Vector) -> Vector:
    return unit(here)


def pyramidal(seed: int = 1) -> str:
    """Return a layer-5 pyramidal cell, about 1 mm from axon to pia, as SWC text."""
    drawing = Drawing(seed)
    points = []
    parent = -1
    for height, radius in _PEAR:
        parent = drawing.add(SOMA, (0.0, height, 0.0), radius, parent)
        points.append(parent)
    _pyramidal_axon(drawing, points[0])
    _basal_trees(drawing, points[2])
    _apical_tree(drawing, points[-1])
    return drawing.swc("Layer 5 pyramidal cell")


def _pyramidal_axon(drawing: Drawing, base: int) -> None:
    initial = GrowthParameters(AXON, step=3.0, wander=0.03, lean=0.05, flatness=0.5)
    tip = GrowthTip(base, DOWN, 1.3)
    tip = drawing.grow(initial, tip, 12, lambda _: DOWN, end_radius=0.75)
    tip = drawing.grow(initial, tip, 30, lambda _: DOWN, end_radius=0.5)
    trunk = replace(initial, step=6.0, wander=0.1, lean=0.05)
    twig = GrowthParameters(AXON, step=6.0, wander=0.16, lean=0.02, taper=0.0006, thinnest=0.18)
    for reach in (50, 40, 45, 50):
        tip = drawing.grow(trunk, tip, reach, lambda _: DOWN, end_radius=tip.radius * 0.94)
        side = drawing.sideways(tip.direction, 0.6)
        collateral = GrowthTip(tip.point, mixed((1, side), (0.35, tip.direction)), 0.26)
        drift = mixed((1, side), (0.3, UP if drawing.random.random() < 0.5 else DOWN))
        lengths = ((50, 90), (50, 100), (70, 150))
        drawing.grow_tree(twig, collateral, lambda _, to=drift: to, lengths, (1.0, 0.45))
    drawing.grow(trunk, tip, 50, lambda _: DOWN, end_radius=0.25)


def _basal_trees(drawing: Drawing, soma: int) -> None:
    parameters = GrowthParameters(
        BASAL, step=4.0, wander=0.12, lean=0.035, taper=0.0022, thinnest=0.3
    )
    n_stems = 6
    for stem in range(n_stems):
        turn = 2 * math.pi * (stem + drawing.random.uniform(-0.2, 0.2)) / n_stems
        dip = math.radians(drawing.random.uniform(8, 55))
        heading = (
            math.cos(turn) * math.cos(dip),
            -math.sin(dip),
            0.7 * math.sin(turn) * math.cos(dip),
        )
        heading = unit(heading)
        start = (7.2 * heading[0], -4.5 + 4.5 * heading[1], 7.2 * heading[2])
        tip = drawing.add_branch(parameters, soma, start, heading, drawing.random.uniform(1.1, 1.5))
        lengths = ((10, 22), (22, 45), (30, 60), (40, 70), (75, 130))
        drawing.grow_tree(parameters, tip, _outwards, lengths, (1.0, 1.0, 0.8, 0.3))


def _apical_tree(drawing: Drawing, top: int) -> None:
    trunk = GrowthParameters(APICAL, step=5.0, wander=0.035, lean=0.06, flatness=0.6)
    oblique = GrowthParameters(APICAL, step=4.5, wander=0.13, lean=0.02, taper=0.002, thinnest=0.28)
    tip = GrowthTip(top, UP, 3.0)
    reaches = (38, 24, 30, 26, 34, 28, 40, 36, 44, 58)
    side = drawing.sideways(UP, 0.6)
    for index, reach in enumerate(reaches):
        thinner = 2.9 - 1.55 * (index + 1) / len(reaches)
        tip = drawing.grow(trunk, tip, reach, lambda _: UP, end_radius=thinner)
        turned = drawing.sideways(UP, 0.6)
        side = mixed((-1, side), (0.55, turned))
        side = unit((side[0], 0.0, side[2]))
        branch = GrowthTip(
            tip.point, mixed((1, side), (0.4, UP)), drawing.random.uniform(0.7, 0.95)
        )
        drift = mixed((1, side), (0.45, UP))
        lengths = ((30, 65), (40, 70), (75, 140))
        drawing.grow_tree(oblique, branch, lambda _, to=drift: to, lengths, (0.85, 0.45))
    tip = drawing.grow(trunk, tip, 95, lambda _: UP, end_radius=1.15)
    _tuft(drawing, tip)


def _tuft(drawing: Drawing, tip: GrowthTip) -> None:
    parameters = GrowthParameters(APICAL, 4.5, 0.1, 0.022, 0.7, 0.0016, 0.3, (20.0, 34.0))
    fork = replace(parameters, angle=(24.0, 30.0))
    for limb in drawing.fork(fork, replace(tip, order=-1), 0.5):
        sign = 1.0 if limb.direction[0] > 0 else -1.0
        drift = mixed((1, UP), (0.45 * sign, (1.0, 0.0, 0.0)))
        lengths = ((35, 60), (35, 65), (40, 75), (50, 80), (80, 150))
        drawing.grow_tree(parameters, limb, lambda _, to=drift: to, lengths, (1.0, 1.0, 0.75, 0.35))


def stellate(seed: int = 3) -> str:
    """Return a stellate interneuron with a local axon, as SWC text."""
    drawing = Drawing(seed)
    radius = 6.5
    soma = drawing.add(SOMA, (0.0, 0.0, 0.0), radius, -1)
    parameters = GrowthParameters(
        BASAL, step=4.0, wander=0.17, lean=0.025, taper=0.0025, thinnest=0.25
    )
    n_stems = 6
    for stem in range(n_stems):
        turn = 2 * math.pi * (stem + drawing.random.uniform(-0.25, 0.25)) / n_stems
        heading = unit((math.cos(turn), math.sin(turn), drawing.random.uniform(-0.7, 0.7)))
        start = [0.95 * radius * part for part in heading]
        tip = drawing.add_branch(parameters, soma, start, heading, drawing.random.uniform(0.6, 0.9))
        lengths = ((12, 30), (25, 50), (30, 55), (45, 95))
        drawing.grow_tree(parameters, tip, _outwards, lengths, (1.0, 0.8, 0.4))
    axon = GrowthParameters(AXON, step=4.5, wander=0.22, lean=0.015, taper=0.0008, thinnest=0.15)
    heading = unit((0.35, -1.0, 0.2))
    start = [0.95 * radius * part for part in heading]
    tip = drawing.add_branch(axon, soma, start, heading, 0.6)
    tip = drawing.grow(replace(axon, wander=0.04), tip, 25, lambda _: heading, end_radius=0.35)
    lengths = ((25, 50), (40, 70), (40, 80), (50, 90), (60, 130))
    drawing.grow_tree(axon, tip, _outwards, lengths, (1.0, 1.0, 0.9, 0.6))
    return drawing.swc("Stellate interneuron")


def ball_and_stick() -> str:
    """Return a soma of 20 µm with one straight dendrite of 400 µm, as SWC text."""
    drawing = Drawing(0)
    soma = drawing.add(SOMA, (0.0, 0.0, 0.0), 10.0, -1)
    parent = soma
    for index in range(41):
        parent = drawing.add(BASAL, (0.0, 10.0 + 10.0 * index, 0.0), 1.0, parent)
    return drawing.swc("Ball and stick", ("soma 20 um, dendrite 400 um long and 2 um wide",))
