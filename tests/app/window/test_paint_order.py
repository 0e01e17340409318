"""Frames and traces of one window take turns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QScrollBar, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.traces.plot import TracePlot
from app.viewport.factory import make_viewport
from app.viewport.widget import Viewport
from app.window.views.paint_order import PaintTurns, alternate_painting, defer_frame_for
from tests.app.viewport.cells import forest

N = 300
LONGER_THAN_A_DRAWING_WAITS_MS = 400.0


class Shown:
    """A window with a viewport and a plot that take turns, at rest."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.viewport: Viewport = make_viewport(backend="blit")
        self.plot = TracePlot()
        column = QVBoxLayout(self.window)
        column.addWidget(self.viewport)
        column.addWidget(self.plot)
        self.viewport.set_geometry(forest(N))
        self.plot.set_trace("a", "a", (255, 0, 0), [0.0], [0.0])
        self.order: list[str] = []
        self.plot.drawing.connect(lambda: self.order.append("traces"))
        self.viewport.framePainted.connect(self._note_frame)
        alternate_painting(self.viewport, self.plot)
        self.time_ms = 0.0
        qtbot.addWidget(self.window)
        self.window.resize(700, 600)
        self.window.show()
        qtbot.waitExposed(self.window)
        timers = (self.viewport._frame_timer, self.viewport._settle_timer, self.plot._timer)
        qtbot.waitUntil(
            lambda: "traces" in self.order and not any(each.isActive() for each in timers)
        )
        self.order.clear()

    def _note_frame(self, _: object) -> None:
        if (
            not self.viewport._frame_timer.isActive()
        ):  # else the window was uncovered before the frame is due
            self.order.append("frame")

    def change_values(self) -> None:
        """Give the viewport new values."""
        self.viewport.set_values(np.full(N, -20.0, np.float32), self.time_ms)

    def change_traces(self) -> None:
        """Give the plot new samples."""
        self.time_ms += 1.0
        self.plot.append(["a"], [self.time_ms], [[1.0]])


@pytest.fixture
def shown(qtbot: QtBot) -> Iterator[Shown]:
    """The window; its viewport is closed at the end."""
    made = Shown(qtbot)
    yield made
    made.viewport.close_view()


def test_traces_wait_for_the_frame_that_is_due(qtbot: QtBot, shown: Shown) -> None:
    shown.viewport.defer_frames(LONGER_THAN_A_DRAWING_WAITS_MS)
    shown.change_values()
    shown.change_traces()
    qtbot.waitUntil(lambda: "traces" in shown.order)
    assert shown.order[0] == "frame"


def test_the_next_frame_waits_until_the_traces_are_painted(qtbot: QtBot, shown: Shown) -> None:
    left: list[int] = []

    def change() -> None:
        shown.change_values()
        left.append(shown.viewport._frame_timer.remainingTime())

    shown.plot.drawing.connect(change)
    shown.change_traces()
    qtbot.waitUntil(lambda: "frame" in shown.order)
    assert shown.order[0] == "traces"
    assert left[0] >= 5


def test_a_frame_that_is_about_to_come_is_deferred_too(qtbot: QtBot, shown: Shown) -> None:
    shown.change_values()
    shown.viewport.defer_frames(50.0)
    assert shown.viewport._frame_timer.remainingTime() >= 45
    qtbot.waitUntil(lambda: shown.order == ["frame"])


def test_traces_are_drawn_where_no_frame_comes(qtbot: QtBot, shown: Shown) -> None:
    shown.change_traces()
    qtbot.waitUntil(lambda: shown.order == ["traces"])
    shown.viewport.hide()
    shown.change_values()
    shown.change_traces()
    qtbot.waitUntil(lambda: shown.order.count("traces") == 2)


def test_traces_that_waited_while_hidden_are_drawn_when_shown(qtbot: QtBot, shown: Shown) -> None:
    shown.viewport.defer_frames(LONGER_THAN_A_DRAWING_WAITS_MS)
    shown.change_values()
    shown.change_traces()
    qtbot.waitUntil(lambda: shown.plot._is_due)
    shown.plot.hide()
    qtbot.waitUntil(lambda: "frame" in shown.order)
    assert "traces" not in shown.order
    shown.plot.show()
    qtbot.waitUntil(lambda: "traces" in shown.order)


def test_a_frame_waits_while_what_is_scrolled_is_painted(qtbot: QtBot, shown: Shown) -> None:
    bar = QScrollBar()
    qtbot.addWidget(bar)
    defer_frame_for(shown.viewport, bar.valueChanged)
    bar.setValue(7)
    shown.change_values()
    assert shown.viewport._frame_timer.remainingTime() >= 5
    qtbot.waitUntil(lambda: "frame" in shown.order)


def test_two_cells_are_not_painted_in_one_go(qtbot: QtBot, shown: Shown) -> None:
    second = make_viewport(backend="blit")
    second.set_geometry(forest(N))
    shown.window.layout().addWidget(second)
    turns = PaintTurns(shown.window)
    turns.add_viewport(shown.viewport)
    turns.add_viewport(second)
    qtbot.waitUntil(lambda: second.frames_painted > 0)
    left: list[int] = []
    shown.viewport.framePending.connect(lambda: left.append(second._frame_timer.remainingTime()))
    shown.change_values()
    second.set_values(np.full(N, -20.0, np.float32), 1.0)
    painted = second.frames_painted
    qtbot.waitUntil(lambda: second.frames_painted > painted)
    assert left[0] >= 5
    turns.remove_viewport(second)
    second.close_view()


def test_each_of_four_cells_gets_its_frames(qtbot: QtBot, shown: Shown) -> None:
    others = [make_viewport(backend="blit") for _ in range(3)]
    turns = PaintTurns(shown.window)
    for each in (shown.viewport, *others):
        each.set_geometry(forest(N))
        turns.add_viewport(each)
    for each in others:
        shown.window.layout().addWidget(each)
    every = (shown.viewport, *others)
    begun = [each.frames_painted for each in every]

    def have_all_frames() -> bool:
        shown.time_ms += 1.0
        for each in every:
            each.set_values(np.full(N, -20.0, np.float32), shown.time_ms)
        return all(each.frames_painted > n + 5 for each, n in zip(every, begun, strict=True))

    qtbot.waitUntil(have_all_frames, timeout=20_000)
    for each in others:
        turns.remove_viewport(each)
        each.close_view()


class NeverPainted(QObject):
    """Stands for a viewport without room, whose frame is due for ever."""

    framePending = Signal()
    framePainted = Signal(float)
    is_frame_due = True

    def defer_frames(self, _delay_ms: float) -> None:
        """Do nothing."""


def test_traces_do_not_wait_for_ever_for_a_frame(
    qtbot: QtBot, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.window.views.paint_order.LONGEST_TO_FRAME_MS", 20)
    alternate_painting(NeverPainted(shown.window), shown.plot)  # type: ignore[arg-type]
    shown.change_traces()
    qtbot.waitUntil(lambda: "traces" in shown.order)


def test_a_plot_that_waited_before_it_had_turns_is_drawn(qtbot: QtBot, shown: Shown) -> None:
    shown.plot.may_draw = lambda: False
    shown.change_traces()
    qtbot.waitUntil(lambda: shown.plot.is_due)
    alternate_painting(shown.viewport, shown.plot)
    qtbot.waitUntil(lambda: "traces" in shown.order)
