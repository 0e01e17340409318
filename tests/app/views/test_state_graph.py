"""State graphs: states have the colour of their occupancy, arrows width and colour of their flux."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.viewport.colors import color_table
from app.views.graph_layout import GraphLayout
from app.views.state_graph import circle_of
from backends.errors import ProtocolError
from backends.field import Field
from backends.views import StateGraphViewSpec
from tests.app.views.made_views import EDGES, FLUX, OCCUPANCY, STATES, VIEWS, shown

SPEC = VIEWS["state_graph"][0]


def made(qtbot: QtBot, spec: Any = SPEC, fields: Any = (OCCUPANCY, FLUX)) -> Any:
    return shown(qtbot, spec, fields, size=(640, 400))


def test_a_state_has_the_colour_of_its_occupancy(qtbot: QtBot) -> None:
    view = made(qtbot)
    picture = view.canvas.grab().toImage()
    for (name, _, _), value in zip(STATES, OCCUPANCY.values, strict=True):
        x, y = view.canvas.graph.center(name)
        seen = QColor(picture.pixel(round(x - view.canvas.graph.radius * 0.85), round(y)))
        wanted = color_table("scalar")[round(value * 511)]
        assert (seen.red(), seen.green(), seen.blue()) == tuple(wanted)
    assert view.bar.limits == (0, 1)


def test_an_arrow_is_as_wide_as_its_flux_is_large(qtbot: QtBot) -> None:
    view = made(qtbot)
    assert view.canvas.width_of("co") == 7.0
    assert 1.5 < view.canvas.width_of("oc") < 4
    assert view.edge_bar.limits == (-0.5, 0.5)
    assert view.canvas.edge_color("co") != view.canvas.edge_color("oc")
    view.set_spec(replace(SPEC, edge_limits=(0, 5)))
    view.draw_now()
    assert view.canvas.width_of("co") < 3


def test_the_arrows_of_a_reversible_pair_are_beside_each_other() -> None:
    graph = GraphLayout(STATES, EDGES)
    graph.fit(600, 400)
    there, back = graph.arrow(0), graph.arrow(1)
    assert there.start[0] < there.end[0]
    assert back.start[0] > back.end[0]
    assert abs(there.start[1] - back.start[1]) > 10
    assert graph.state_at(*graph.center("O")) == "O"
    middle = (there.start[0] + there.end[0]) / 2, there.start[1]
    assert graph.edge_at(*middle) == EDGES[0]


@pytest.mark.parametrize("size", [(160, 120), (640, 400), (1600, 300), (300, 900)])
def test_states_are_inside_and_apart_at_any_size(size: tuple[int, int]) -> None:
    graph = GraphLayout((*STATES, ("B", 0.5, 0.0)), EDGES)
    graph.fit(*size)
    centers = np.array([graph.center(name) for name in graph.names])
    assert (centers - graph.radius >= 0).all()
    assert (centers + graph.radius <= size).all()
    apart = np.linalg.norm(centers[:, None] - centers[None], axis=2)[~np.eye(4, dtype=bool)]
    assert apart.min() > 2 * graph.radius


def test_without_places_the_states_are_on_a_circle(qtbot: QtBot) -> None:
    view = made(qtbot, StateGraphViewSpec("v", "f"), (OCCUPANCY,))
    assert view.canvas.graph.names == ("C", "O", "I")
    assert circle_of(("a", "b"))[0] == ("a", 0.5, 1.0)
    assert not view.edge_bar.isVisible()


def test_the_value_under_the_pointer_is_read_out(qtbot: QtBot) -> None:
    view = made(qtbot, replace(SPEC, unit="%"))
    QTest.mouseMove(view.canvas, QPoint(1, 1))  # the pointer may be at the state already
    QTest.mouseMove(view.canvas, QPoint(*map(round, view.canvas.graph.center("O"))))
    qtbot.waitUntil(lambda: view.header.readout == "O:  0.2 %")
    arrow = view.canvas.graph.arrow(0)
    view.hover((QPointF(*arrow.start) + QPointF(*arrow.end)) / 2)
    assert view.header.readout == "C → O:  0.5 1/ms"


def test_a_state_without_a_value_is_named(qtbot: QtBot) -> None:
    some = Field("f", np.array([0.7, 0.3]), ("state",), {"state": ("C", "O")})
    view = made(qtbot, fields=(some, FLUX))
    assert view.message == ""
    assert "no value for I" in view.warning
    none = Field("f", np.array([0.7, 0.3]), ("state",), {"state": ("x", "y")})
    view.set_field(none)
    view.draw_now()
    assert view.problem_code == "unknown-state"
    assert "C, O, I" in view.message


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"edges": (("C", "C", "loop"),)}, "repeated-id"),
        ({"edges": (("C", "O", "a"), ("C", "O", "b"))}, "repeated-id"),
        ({"states": (*STATES, ("C", 0.0, 0.0))}, "repeated-id"),
        ({"states": (*STATES, ("far", 1.5, 0.0))}, "bad-number"),
        ({"edges": (("C", "none", "a"),)}, "unknown-state"),
    ],
)
def test_a_graph_that_cannot_be_drawn_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        replace(SPEC, **changes)
    assert refused.value.code == code
