"""What a picture without a window shows: range, marks, scale, and the flat drawing's content."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.headless.flat_picture import draw_flat, round_length
from app.headless.picture import draw_by_opengl, limits_of, picture_request_of
from app.palette import trace_color
from backends.messages import FieldReplace
from backends.scene import MorphologyViewSpec
from tests.support.ramp import Ramp, line_geometry
from tests.support.wired_network import N, WiredNetwork, WiredTwice, wired_geometry, wiring

VALUES = np.array([-3.0, np.nan, 7.0])


@pytest.mark.parametrize(
    ("unit", "own", "norm", "limits"),
    [
        ("mV", None, "auto", (-80.0, 40.0)),
        ("mV", (-70.0, -50.0), "auto", (-70.0, -50.0)),
        ("mM", None, "auto", (-3.0, 7.0)),
        ("nA", None, "symmetric", (-7.0, 7.0)),
    ],
)
def test_the_colour_range_is_the_views_own_else_fixed_for_voltage_else_from_the_values(
    unit: str, own: tuple[float, float] | None, norm: str, limits: tuple[float, float]
) -> None:
    view = MorphologyViewSpec("cell", "g", "f", unit, color_limits=own, color_norm=norm)
    assert limits_of(view, VALUES) == limits


def test_recorded_segments_are_marked_in_the_colours_of_their_traces() -> None:
    scene = Ramp(n_segments=5).initialize()
    frame = FieldReplace("display", np.arange(5.0), 12.5)
    request = picture_request_of(scene, frame, ["soma[0](0.9)", "soma[0](0.1)"])
    assert request.marks == ((4, trace_color(0)), (0, trace_color(1)))
    assert "t = 12.5 ms" in request.title


@pytest.mark.parametrize(
    ("most", "length"), [(0.7, 0.5), (1.0, 1.0), (49.0, 20.0), (50.0, 50.0), (340.0, 200.0)]
)
def test_a_scale_bar_has_a_round_length(most: float, length: float) -> None:
    assert round_length(most) == length


def test_the_flat_drawing_has_each_segment_at_its_place_in_its_colour(tmp_path: Path) -> None:
    path = tmp_path / "flat.png"
    geometry = line_geometry(2)  # along x: the left half low, the right half high
    draw_flat(
        path, geometry, np.array([0.0, 1.0]),
        limits=(0.0, 1.0), color_map="grey", label="value", title="two",
    )  # fmt: skip
    with Image.open(path) as image:
        grey = np.asarray(image.convert("L"), float)
    middle = grey[:, : int(grey.shape[1] * 0.87)].max(axis=1).argmax()
    row = grey[middle, : int(grey.shape[1] * 0.87)]
    drawn = np.flatnonzero(row > row[0] + 20)
    left, right = np.quantile(drawn, [0.2, 0.8]).astype(int)
    assert row[right] > row[left] + 60


def test_connections_are_drawn_where_the_view_says_so() -> None:
    assert picture_request_of(WiredNetwork().initialize(), None).connections == ()
    drawn = picture_request_of(WiredTwice().initialize(), None).connections
    assert [each.id for each in drawn] == ["ampa", "gaba", "gaps"]


def greens(path: Path) -> int:
    """Return how many pixels have the hue of the first group of synapses."""
    with Image.open(path) as image:
        here = np.asarray(image.convert("RGB"), int)
    return int((here[:, :, 1] - here[:, :, 0] > 20).sum())


def test_a_picture_without_a_window_has_the_lines(tmp_path: Path) -> None:
    for name, session in (("bare", WiredNetwork()), ("lines", WiredTwice())):
        draw_by_opengl(picture_request_of(session.initialize(), None), tmp_path / f"{name}.png")
    assert greens(tmp_path / "lines.png") > greens(tmp_path / "bare.png") + 200


def test_the_flat_drawing_has_the_lines_and_their_legend(tmp_path: Path) -> None:
    for name, connections in (("bare", ()), ("lines", wiring())):
        draw_flat(
            tmp_path / f"{name}.png", wired_geometry(), np.zeros(N),
            limits=(0.0, 1.0), color_map="grey", label="v", title="net", connections=connections,
        )  # fmt: skip
    assert greens(tmp_path / "lines.png") > greens(tmp_path / "bare.png") + 200
