"""Replay: a depolarization that was computed before travels along a cell, frame by frame.

A `ReplaySession` needs a scene, the field that the frames belong to, and the frames. Here they are computed
when the file is opened: at time t each segment is depolarized as much as its distance from the wave front
says. What you have recorded yourself goes the same way, and `somascope file.npz` opens it without a class.
Press Space; click the cell to see what was recorded there.
"""

import numpy as np

from backends import ReplaySession
from backends.morphology import build_geometry, segment_counts
from backends.replay.scenes import morphology_scene
from backends.swc import read_swc
from resources import path_of

SPEED, WIDTH = 30.0, 60.0  # µm/ms, µm
TIMES = np.arange(0, 40, 0.1)  # ms


class TravellingWave(ReplaySession):
    def __init__(self):
        cell = read_swc(path_of("pyramidal"))
        geometry = build_geometry(cell, segment_counts(cell))
        behind = SPEED * TIMES[:, None] - geometry.path_distance
        frames = -70 + 90 * np.exp(-((behind / WIDTH) ** 2))  # mV
        scene = morphology_scene(
            geometry, frames[0], unit="mV", label="", limits=(-80, 40), title="Travelling wave"
        )
        super().__init__(
            scene=scene, field_id="display", frames=frames, times=TIMES, interval_live=False
        )
