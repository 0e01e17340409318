"""What a window keeps of the cells that it no longer shows: nothing."""

from __future__ import annotations

import contextlib
import gc
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from pytestqt.exceptions import TimeoutError as QtTimeoutError
from pytestqt.qtbot import QtBot

from app.window.controller import Controller
from backends.messages import CaptureTrace, SetRunning, SetSpeed, SetStopTime
from tests.support.leaks import delete_pending_qt_objects

pytest.importorskip("neuron")

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
STOP_MS = 5.0
OF_A_CELL = (
    "MorphologyGeometry", "Scene", "SessionThread", "IsolatedSession", "ChildProcess",
    "FrameReader", "MorphologyActors", "HighlightOutline", "CrossSections", "Picker", "vtkActor", "vtkOpenGLActor",
    "vtkPolyData", "vtkOpenGLPolyDataMapper", "StoredTrace", "TraceBuffer", "PlotCurveItem",
    "PlotDataItem", "TraceCanvas", "Experiment", "SessionSource",
)  # fmt: skip


def use(qtbot: QtBot, controller: Controller) -> None:
    """Run a cell for some milliseconds, hover and click it, and record a channel's variable."""
    model, viewport = controller.model, controller.commands.viewport
    for command in (SetSpeed(None), SetStopTime(STOP_MS), SetRunning(True)):
        controller.post(command)
    qtbot.waitUntil(
        lambda: model.run_status.time_ms >= STOP_MS - 0.2 and not model.run_status.running,
        timeout=LONG_MS,
    )

    for _ in range(10):  # the cell may move under the pointer while docks get their sizes
        qtbot.mouseMove(viewport, QPoint(1, 1))
        qtbot.mouseMove(viewport, viewport.project(model.root_segment()).toPoint())
        with contextlib.suppress(QtTimeoutError):
            qtbot.waitUntil(lambda: model.hovered >= 0, timeout=2000)
            break
    place = viewport.project(model.root_segment()).toPoint()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: model.selected >= 0, timeout=LONG_MS)
    other = model.scene.display_variables[1].name
    n_traces = len(model.traces)
    controller.post(CaptureTrace(model.segment_id(model.selected), other))
    qtbot.waitUntil(lambda: len(model.traces) > n_traces, timeout=LONG_MS)
    qtbot.mouseMove(viewport, QPoint(1, 1))


def switch(qtbot: QtBot, controller: Controller, name: str) -> None:
    """Open another cell; return once it is drawn and the session before it has ended."""
    model = controller.model
    before = controller.opener.source
    controller.opener.open_text(name)
    qtbot.waitUntil(
        lambda: (
            controller.opener.source is not before
            and model.has_scene
            and bool(model.traces)
            and not controller.owner.is_ending
        ),
        timeout=LONG_MS,
    )
    controller.commands.viewport.grab_image()
    # The last event that was sent to the thread, and its end, belong to it.
    qtbot.waitUntil(lambda: not controller.opener.is_opening, timeout=LONG_MS)
    delete_pending_qt_objects()


def parts(controller: Controller) -> dict[str, Any]:
    """Return what belongs to the cell on the screen, by name."""
    scene = controller.commands.viewport.scene
    tube = scene._actors.actors[0]
    plot = controller.commands.traces
    return {
        "geometry": controller.model.geometry,
        "thread": controller.owner._present,
        "session": controller.owner._present._session,
        "values": scene._values,
        "cross-sections": scene.cross_sections,
        "picker": scene._shape.picker,
        "actors": scene._actors,
        "actor": tube,
        "mapper": tube.GetMapper(),
        "mesh": tube.GetMapper().GetInput(),
        **{f"samples of {each.trace_id}": each.buffer for each in plot._store},
        **{
            f"line of {id_} in {pane.unit}": item
            for pane in plot.panes
            for id_, item in pane.canvas._curves.items()
        },
    }


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect no cycles: what is dead then is dead at once."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.slow
def test_nothing_of_a_cell_is_left_once_another_one_is_shown(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("pyramidal")
    with no_collection():
        for name in ("stellate", "ball_and_stick"):
            use(qtbot, controller)
            left = {what: weakref.ref(part) for what, part in parts(controller).items()}
            assert len(left) > 12
            switch(qtbot, controller, name)

            def released(r: dict[str, object] = left) -> None:
                assert [what for what, ref in r.items() if ref()] == []  # type: ignore[operator]

            qtbot.waitUntil(released, timeout=LONG_MS)


# Qt itself keeps one more hidden separator each time that a dock area becomes empty.
QT_SEPARATOR = "qt_qmainwindow_extended_splitter"


def counted(controller: Controller) -> dict[str, int]:
    """Return how many objects of each type that belongs to a cell there are, and of the window's children."""
    delete_pending_qt_objects()
    gc.collect()
    types = Counter(type(each).__name__ for each in gc.get_objects())
    children = Counter(
        each.metaObject().className()
        for each in controller.window.findChildren(QObject)
        if each.objectName() != QT_SEPARATOR
    )
    return {name: types[name] for name in OF_A_CELL} | {f"Qt: {n}": k for n, k in children.items()}


@pytest.mark.slow
def test_six_switches_leave_no_more_objects_than_two(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path
) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from tests.support.neuron_models import TwoSections as Mine\n\n\n"
        'class Own(Mine):\n    """A model of an author."""\n'
    )
    controller = open_somascope("ball_and_stick")
    after: list[dict[str, int]] = []
    for _ in range(3):
        for name in (f"{own}:Own", "ball_and_stick"):
            use(qtbot, controller)
            switch(qtbot, controller, name)
        after.append(counted(controller))
    grown = {what: n for what, n in after[-1].items() if n > after[0].get(what, 0)}
    assert not grown


@pytest.mark.slow
def test_freed_memory_is_given_back_once_a_session_has_ended(
    qtbot: QtBot, open_somascope: OpenSomascope, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[bool] = []
    monkeypatch.setattr("app.session.owner.return_free_memory", lambda: given.append(True))
    controller = open_somascope()
    assert not given, "nothing has ended yet"
    switch(qtbot, controller, "stellate")
    qtbot.waitUntil(lambda: bool(given), timeout=LONG_MS)
