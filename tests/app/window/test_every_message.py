"""Every update and every kind of view of the protocol is seen in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from app.views.missing import MissingView
from app.window.controller import Controller
from backends import messages
from backends.layout import VIEW_KINDS
from backends.messages import NotAnswering, SessionUpdate, SetControl
from tests.support import every_view

OpenSomascope = Callable[..., Controller]
LONG_MS = 20_000
SCRIPT = Path(every_view.__file__)
SLOW = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(SCRIPT.parent)!r})
from every_view import EveryView

class Slow(EveryView):
    def initialize(self):
        while not Path(__file__).with_name("go").exists():
            time.sleep(0.01)
        return super().initialize()
"""


@pytest.fixture
def probe(qtbot: QtBot, open_somascope: OpenSomascope) -> Controller:
    """The window with every kind of view, each with something to show."""
    controller = open_somascope(f"{SCRIPT}:EveryView", wait=False)
    qtbot.waitUntil(lambda: controller.model.scene.title == "Every view", timeout=LONG_MS)
    qtbot.waitUntil(lambda: len(controller.model.traces) == 3, timeout=LONG_MS)
    return controller


def send(controller: Controller, name: str) -> None:
    """Let the session send what `every_view.UPDATES` has under a name."""
    assert name in every_view.UPDATES
    controller.post(SetControl("send", name))


def widget_of(controller: Controller, view_id: str) -> QWidget:
    """Return the widget of a view, in front of its tabs."""
    widget = controller.views.widget_of(view_id)
    assert widget is not None
    child, parent = widget, widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QTabWidget):
            index = next(i for i in range(parent.count()) if parent.widget(i).isAncestorOf(child))
            parent.setCurrentIndex(index)
        parent = parent.parentWidget()
    return widget


def picture_of(widget: QWidget) -> np.ndarray:
    """Return a widget as pixels, shape (height, width, 4)."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(image.height(), image.bytesPerLine() // 4, 4).copy()


def ink_of(widget: QWidget) -> int:
    """Return how many pixels differ from the most frequent colour."""
    pixels = picture_of(widget)[:, :, :3].reshape(-1, 3)
    _, counts = np.unique(pixels, axis=0, return_counts=True)
    return int(len(pixels) - counts.max())


def title_of(controller: Controller, panel_id: str) -> str:
    panel = controller.views.panel(panel_id)
    assert panel is not None
    assert panel.isVisible()
    return f"{panel.title.text()} | {panel.detail.text()}"


def test_there_is_a_view_of_every_kind_and_each_is_drawn(qtbot: QtBot, probe: Controller) -> None:
    assert {view.KIND for view in every_view.views()} == set(VIEW_KINDS)
    for view in every_view.views():
        widget = widget_of(probe, view.id)
        assert not isinstance(widget, MissingView)
        assert widget.isVisible()
        qtbot.waitUntil(lambda widget=widget: ink_of(widget) > 300, timeout=LONG_MS)
    assert not probe.window.docks["traces"].isVisible()
    assert not probe.notices.items


def test_there_is_a_test_of_every_update() -> None:
    tested = {name.removeprefix("test_").split("_")[0] for name in globals() if "test_" in name}
    kinds = [kind for kind in vars(messages).values() if isinstance(kind, type)]
    updates = {
        kind.__name__.lower()
        for kind in kinds
        if issubclass(kind, SessionUpdate) and kind is not SessionUpdate
    }
    assert updates <= tested


@pytest.mark.slow
def test_sceneready_replaces_all(qtbot: QtBot, probe: Controller) -> None:
    cell = probe.commands.viewport
    send(probe, "SceneReady")
    qtbot.waitUntil(lambda: probe.model.scene.title == "Another", timeout=LONG_MS)
    assert probe.window.windowTitle().startswith("Another")
    assert cell.isVisible()
    assert cell.scene.limits == (0.0, 1.0)
    assert probe.views.widget_of("graph") is None


@pytest.mark.slow
@pytest.mark.parametrize("in_process", [False, True])
def test_startupscene_is_shown_until_the_model_is_built(
    qtbot: QtBot, open_somascope: OpenSomascope, tmp_path: Path, in_process: bool
) -> None:
    script = tmp_path / "slow.py"
    script.write_text(SLOW)
    controller = open_somascope(f"{script}:Slow", wait=False, in_process=in_process)
    qtbot.waitUntil(lambda: controller.model.is_starting, timeout=LONG_MS)
    viewport = controller.commands.viewport
    assert viewport.scene.caption.startswith("Starting")
    qtbot.waitUntil(lambda: ink_of(viewport) > 300, timeout=LONG_MS)
    assert not controller.window.command_actions["run"].isEnabled()
    (tmp_path / "go").touch()
    qtbot.waitUntil(lambda: controller.model.scene.title == "Every view", timeout=LONG_MS)
    assert not controller.model.is_starting
    assert controller.views.widget_of("cell") is viewport


def test_fieldreplace_is_seen_in_every_view_of_the_field(qtbot: QtBot, probe: Controller) -> None:
    ids = ("gates", "profile", "image", "surface", "bars", "table", "graph")
    before = {}
    for id_ in ids:
        widget = widget_of(probe, id_)
        qtbot.waitUntil(lambda widget=widget: ink_of(widget) > 300, timeout=LONG_MS)
        before[id_] = picture_of(widget)
    send(probe, "FieldReplace")
    for id_ in ids:
        widget = widget_of(probe, id_)
        old = before[id_]
        qtbot.waitUntil(
            lambda widget=widget, old=old: not np.array_equal(picture_of(widget), old),
            timeout=LONG_MS,
        )


@pytest.mark.slow
def test_fieldappend_reaches_the_plots_of_its_field(qtbot: QtBot, probe: Controller) -> None:
    plot = widget_of(probe, "calcium")
    assert plot.trace_ids() == ("near",)
    send(probe, "FieldAppend")
    qtbot.waitUntil(lambda: plot.data("near")[0][-1] == 60.0, timeout=LONG_MS)
    send(probe, "FieldAppend of no plot")
    qtbot.waitUntil(lambda: "grid" in probe.window.banner.message, timeout=LONG_MS)


@pytest.mark.slow
def test_traceadded_is_in_the_plot_of_its_field(qtbot: QtBot, probe: Controller) -> None:
    send(probe, "TraceAdded")
    plot = widget_of(probe, "calcium")
    qtbot.waitUntil(lambda: plot.trace_ids() == ("near", "more"), timeout=LONG_MS)
    assert widget_of(probe, "volts").trace_ids() == ("soma(0.5)",)


@pytest.mark.slow
def test_traceremoved_is_gone_from_plot_and_cell(qtbot: QtBot, probe: Controller) -> None:
    assert all(viewport.scene._marks for viewport in probe.views.viewports())
    send(probe, "TraceRemoved")
    qtbot.waitUntil(lambda: widget_of(probe, "volts").trace_ids() == (), timeout=LONG_MS)
    assert not any(viewport.scene._marks for viewport in probe.views.viewports())


@pytest.mark.slow
def test_eventsappend_is_seen_in_the_raster(qtbot: QtBot, probe: Controller) -> None:
    raster = widget_of(probe, "raster")
    qtbot.waitUntil(lambda: ink_of(raster) > 300, timeout=LONG_MS)
    before = picture_of(raster)
    send(probe, "EventsAppend")
    qtbot.waitUntil(lambda: not np.array_equal(picture_of(raster), before), timeout=LONG_MS)


@pytest.mark.slow
def test_runstatus_is_seen_in_the_toolbar(qtbot: QtBot, probe: Controller) -> None:
    send(probe, "RunStatus")
    clock = probe.window.findChild(QLabel, "clock")
    qtbot.waitUntil(lambda: "123" in clock.text(), timeout=LONG_MS)


@pytest.mark.slow
def test_scenepatch_changes_scene_views_and_controls(qtbot: QtBot, probe: Controller) -> None:
    probe.views.widget_of("gates").turn(40, 10)
    eye = probe.views.widget_of("gates").scene.navigation.axes()[2]
    send(probe, "ScenePatch")
    qtbot.waitUntil(lambda: probe.window.windowTitle().startswith("Patched"), timeout=LONG_MS)
    gates = probe.views.widget_of("gates")
    assert gates.scene.limits == (0.0, 0.5)
    assert np.allclose(gates.scene.navigation.axes()[2], eye)
    assert "Gates now" in title_of(probe, "gates")
    plot = widget_of(probe, "volts")
    qtbot.waitUntil(lambda: plot.canvas.ranges()[1] == (-5.0, 5.0), timeout=LONG_MS)
    assert probe.commands.controls.row("at").spec.label == "Where"


@pytest.mark.slow
def test_statepatch_changes_controls_and_what_is_bound_to_them(
    qtbot: QtBot, probe: Controller
) -> None:
    plot = widget_of(probe, "calcium")
    assert plot.window_ms == 40.0
    image = widget_of(probe, "image")
    qtbot.waitUntil(lambda: ink_of(image) > 300, timeout=LONG_MS)
    before = picture_of(image)
    send(probe, "StatePatch")
    qtbot.waitUntil(lambda: plot.trace_ids() == ("near", "far"), timeout=LONG_MS)
    assert plot.window_ms == 20.0
    assert probe.model.control_values["window"] == 20.0
    qtbot.waitUntil(lambda: not np.array_equal(picture_of(image), before), timeout=LONG_MS)


@pytest.mark.slow
def test_panelpatch_changes_title_visibility_controls_and_view(
    qtbot: QtBot, probe: Controller
) -> None:
    send(probe, "PanelPatch")
    qtbot.waitUntil(
        lambda: (
            probe.views.panel("volts").title.text() == "Voltage"
            and probe.model.scene.layout.panel("volts").view_id == "calcium"
        ),
        timeout=LONG_MS,
    )
    assert title_of(probe, "gates").startswith("Renamed | Sodium gates")
    assert not probe.views.panel("graph").isVisible()
    assert probe.views.panel("volts").view_widget.trace_ids() == ("near",)
    with pytest.raises(KeyError):
        probe.commands.controls.row("window")
    assert probe.commands.controls.row("at").isVisible()


@pytest.mark.slow
def test_layoutreplace_moves_views_that_keep_camera_and_samples(
    qtbot: QtBot, probe: Controller
) -> None:
    kept = {id_: probe.views.widget_of(id_) for id_ in ("cell", "gates", "volts")}
    kept["gates"].turn(40, 10)
    eye = kept["gates"].scene.navigation.axes()[2]
    send(probe, "LayoutReplace")
    qtbot.waitUntil(lambda: probe.views.widget_of("graph") is None, timeout=LONG_MS)
    assert {id_: probe.views.widget_of(id_) for id_ in kept} == kept
    assert np.allclose(kept["gates"].scene.navigation.axes()[2], eye)
    assert len(kept["volts"].data("soma(0.5)")[0]) == 500
    lefts = [
        kept[id_].mapToGlobal(kept[id_].rect().topLeft()).x() for id_ in ("volts", "cell", "gates")
    ]
    assert lefts == sorted(lefts)
    assert len(set(lefts)) == 3
    assert not probe.notices.items


@pytest.mark.slow
def test_status_is_seen_in_the_status_bar(qtbot: QtBot, probe: Controller) -> None:
    send(probe, "Status")
    qtbot.waitUntil(lambda: probe.window.author_status.text() == "All is well", timeout=LONG_MS)


@pytest.mark.slow
def test_error_is_seen_in_the_banner(qtbot: QtBot, probe: Controller) -> None:
    send(probe, "Error")
    qtbot.waitUntil(lambda: probe.window.banner.message == "Something is wrong", timeout=LONG_MS)


@pytest.mark.slow
def test_notanswering_is_seen_in_the_banner_until_it_is_taken_back(probe: Controller) -> None:
    probe.model.apply([NotAnswering("It is stopped.")])
    assert probe.window.banner.message == "It is stopped."
    probe.model.apply([NotAnswering("")])
    assert not probe.window.banner.isVisible()
