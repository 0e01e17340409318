"""Several views in the middle of the window, with real mouse events."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QSplitter, QSplitterHandle, QTabWidget
from pytestqt.qtbot import QtBot

from app.window.controller import Controller
from app.window.settings import Settings
from app.window.views.area import Arranged
from app.window.views.saved import MOST, SavedArrangements
from backends.layout import LayoutSpec, Split
from backends.messages import LayoutReplace, ScenePatch, TraceAdded
from tests.support import every_view

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
SCRIPT = f"{Path(every_view.__file__)}:EveryView"


@pytest.fixture
def probe(qtbot: QtBot, open_somascope: OpenSomascope) -> Controller:
    """The window with every kind of view."""
    controller = open_somascope(SCRIPT, wait=False)
    wait_for_views(qtbot, controller)
    return controller


def wait_for_views(qtbot: QtBot, controller: Controller) -> None:
    qtbot.waitUntil(lambda: len(controller.model.traces) == 3, timeout=LONG_MS)
    qtbot.waitUntil(lambda: controller.views.widget_of("graph") is not None, timeout=LONG_MS)
    cells = [controller.views.widget_of(id_) for id_ in ("cell", "gates")]
    qtbot.waitUntil(lambda: all(cell.frames_painted for cell in cells), timeout=LONG_MS)


def middle_splitter(controller: Controller) -> QSplitter:
    splitter = controller.views.area.findChild(QSplitter)
    assert splitter is not None
    return splitter


def drag_handle(qtbot: QtBot, splitter: QSplitter, by: int) -> None:
    handle: QSplitterHandle = splitter.handle(1)
    place = handle.rect().center()
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=place)
    for step in (by // 2, by):
        qtbot.mouseMove(handle, place + QPoint(step, 0))
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=place + QPoint(by, 0))


@pytest.mark.slow
def test_a_click_in_the_second_cell_selects_and_marks_in_both_and_shows_its_value(
    qtbot: QtBot, probe: Controller
) -> None:
    gates = probe.views.widget_of("gates")
    segment = 12
    place = gates.project(segment).toPoint()
    qtbot.mouseMove(gates, place)
    qtbot.waitUntil(lambda: probe.model.hovered == segment, timeout=LONG_MS)
    assert probe.model.focused_view == "gates"
    assert probe.model.value_of(segment) == pytest.approx(12 / 23, abs=1e-6)
    assert probe.views.active_viewport() is gates
    qtbot.mouseClick(gates, Qt.MouseButton.LeftButton, pos=place)
    assert probe.model.selected == segment
    for viewport in probe.views.viewports():
        assert segment in [marked for marked, _ in viewport.scene._marks]


@pytest.mark.slow
def test_cameras_move_together_only_when_they_are_linked(qtbot: QtBot, probe: Controller) -> None:
    first, second = probe.views.viewports()
    front = second.scene.navigation.axes()[2]
    first.turn(50, 0)
    assert np.allclose(second.scene.navigation.axes()[2], front)
    probe.window.command_actions["link_cameras"].trigger()
    first.turn(10, 20)
    assert np.allclose(second.scene.navigation.axes()[2], first.scene.navigation.axes()[2])
    probe.window.command_actions["link_cameras"].trigger()
    second.turn(90, 0)
    assert not np.allclose(second.scene.navigation.axes()[2], first.scene.navigation.axes()[2])


def test_the_sizes_and_tabs_of_a_user_are_kept_until_reset(
    qtbot: QtBot, probe: Controller, tmp_path: Path, open_somascope: OpenSomascope
) -> None:
    splitter = middle_splitter(probe)
    first = probe.views.area.arranged().shares[""]
    drag_handle(qtbot, splitter, -60)
    tabs = probe.views.area.findChild(QTabWidget)
    bar = tabs.tabBar()
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(1).center())
    wanted = probe.views.area.arranged()
    assert wanted.shares[""] != first
    assert 1 in wanted.tabs.values()
    probe.views.save()
    other = open_somascope(SCRIPT, wait=False)
    wait_for_views(qtbot, other)
    again = other.views.area.arranged()
    assert again.tabs == wanted.tabs
    assert again.shares[""] == pytest.approx(wanted.shares[""], abs=0.03)
    other.window.command_actions["reset_layout"].trigger()
    assert set(other.views.area.arranged().tabs.values()) == {0}
    assert other.views.area.arranged().shares[""] == pytest.approx(first, abs=0.03)


@pytest.mark.slow
def test_another_layout_has_sizes_of_its_own_and_the_first_ones_come_back(
    qtbot: QtBot, probe: Controller
) -> None:
    drag_handle(qtbot, middle_splitter(probe), -60)
    wanted = probe.views.area.arranged().shares[""]
    panels = probe.model.scene.layout.panels
    for root in (Split(("cell", "gates")), every_view.layout().root):
        probe.model.apply([LayoutReplace(LayoutSpec(panels, root))])
    assert probe.views.area.arranged().shares[""] == pytest.approx(wanted, abs=0.03)


@pytest.mark.slow
def test_the_dock_of_traces_opens_with_the_first_trace_that_no_plot_shows(
    qtbot: QtBot, probe: Controller
) -> None:
    dock, scene = probe.window.docks["traces"], probe.model.scene
    assert not dock.isVisible()
    named = {"volts": {"series": ("soma(0.5)",)}}
    probe.model.apply([ScenePatch(view_updates=named)])
    assert not dock.isVisible()
    segment_id = scene.geometry.segment_ids[5]
    probe.model.apply([TraceAdded(segment_id, segment_id, [0.0, 1.0], [-70.0, -60.0], unit="mV")])
    assert dock.isVisible()
    assert probe.commands.traces.trace_ids() == (segment_id,)
    assert probe.views.widget_of("volts").trace_ids() == ("soma(0.5)",)
    assert {column.label for column in probe.commands.trace_columns()} >= {segment_id, "near"}


@pytest.mark.slow
def test_a_view_that_joins_a_plain_scene_moves_the_cell_with_its_camera(
    qtbot: QtBot, open_somascope: OpenSomascope
) -> None:
    controller = open_somascope("ball_and_stick")
    viewport, model = controller.commands.viewport, controller.model
    viewport.turn(50, 10)
    eye = viewport.scene.navigation.axes()[2]
    (soma,) = model.traces
    controller.commands.traces.toolbar.windowChosen.emit(500.0)
    controller.commands.traces.set_auto_range(True)
    view = every_view.views()[7]
    field = next(each for each in every_view.fields() if each.id == view.field_id)
    panels = (*model.scene.layout.panels, every_view.panel_of(view))
    changes = {"views": (*model.scene.views, view), "fields": (*model.scene.fields, field)}
    model.apply([ScenePatch({**changes, "layout": LayoutSpec(panels)})])
    qtbot.waitUntil(lambda: controller.views.widget_of("bars") is not None, timeout=LONG_MS)
    assert controller.views.widget_of("morphology") is viewport
    assert np.allclose(viewport.scene.navigation.axes()[2], eye)
    plot = controller.views.widget_of("trace")
    assert plot.trace_ids() == (soma,)
    assert (plot.window_ms, plot.is_auto_range) == (500.0, True)
    docks = controller.window.docks
    assert not docks["traces"].isVisible()
    qtbot.waitUntil(lambda: docks["controls"].width() < 400, timeout=LONG_MS)


def test_saved_arrangements_do_not_grow_without_bound_and_survive_nonsense(tmp_path: Path) -> None:
    settings = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    saved = SavedArrangements(settings)
    for i in range(MOST + 5):
        saved.write(f"title {i}", "a", Arranged({"": [1.0, 2.0]}, {}))
    assert saved.read("title 0", "a") is None
    assert saved.read(f"title {MOST + 4}", "a") == Arranged({"": [1.0, 2.0]}, {})
    assert len(settings.view_arrangements) < 100 * MOST
    for text in ("", "[", "[1]", '{"x": 3}'):
        settings.view_arrangements = text
        assert saved.read("title 9", "a") is None
    settings.view_arrangements = ""
    saved.write("t", "a", Arranged({"": [float("nan")]}, {}))
    assert saved.read("t", "a") is None


@pytest.mark.slow
def test_a_saved_picture_shows_all_views(
    qtbot: QtBot, probe: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "all.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    probe.window.command_actions["snapshot"].trigger()
    image = QImage(str(path))
    assert image.width() == round(probe.views.area.width() * probe.window.devicePixelRatioF())
    assert image.height() > 500
