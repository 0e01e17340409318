"""What a newcomer does in the first ten minutes, by mouse and keys; each number is checked where else it is shown."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from archive_ui_driver import ArchiveDriver, QuickOptions, name_of
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QFileDialog, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.archive.search.sources import LIBRARY
from app.panels.cell import CellPanel
from app.panels.controls import ControlsPanel
from app.panels.inspector import InspectorPanel
from app.traces.legend import LegendColumn
from app.ui.number_field import NumberField
from app.ui.number_text import value_text
from app.window.controller import Controller
from backends.messages import Phase, SetControl
from backends.sources.source import SessionSource
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter
from tests.neuromorpho.server import Server

pytest.importorskip("neuron")
pytest.importorskip("jaxley")
pytestmark = pytest.mark.slow

OpenSomascope = Callable[..., Controller]
LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LAPTOP = 1366, 768
LONG_MS = 60_000
STOP_MS = 20.0
AMP_NA = 0.6
CLOSE = 1e-3  # mV, or of a gate; the window's values are float32


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[tuple[Server, QuickOptions]]:
    """An archive that is known, with one cell's file on this disk, and is now out of reach."""
    with Server() as server:
        options = QuickOptions(server.url, tmp_path / "cache")
        with NeuroMorphoClient(
            base_url=server.url, cache_dir=options.cache_dir, limiter=RateLimiter(None)
        ) as client:
            list(client.search_all("*:*"))
            client.download(2, mode="standard")
        server.stop()
        yield server, options


class Newcomer(ArchiveDriver):
    """A person who has not read the documentation."""

    def look(self, step: str) -> None:
        """Look at the window: nothing is wrong in it, and there is a way on."""
        window, model = self.controller.window, self.controller.model
        self.until(lambda: not self.controller.opener.is_opening, step)
        assert not window.banner.isVisible(), f"{step}: {window.banner.message}"
        assert window.command_actions["run"].isEnabled(), step
        assert model.has_scene, step
        errors = [
            each.message for each in self.controller.notices.items if each.severity == "error"
        ]
        assert not errors, step
        least = window.width() // 6
        assert window.centralWidget().width() >= least, f"{step}: no room is left for the cell"

    def panel(self, kind: type[QWidget]) -> QWidget:
        """Return a panel of the window."""
        found = self.controller.window.findChild(kind)
        assert found is not None
        return found

    def type_into(self, field: NumberField, text: str) -> None:
        """Click a number, mark it, type another, press Return."""
        assert field.isVisible()
        assert not field.visibleRegion().isEmpty(), "the field is out of sight"
        self.click(field.lineEdit())
        self.key(Qt.Key.Key_A, CTRL)
        self.words(text)
        self.key(Qt.Key.Key_Return)

    def choose(self, box: QComboBox, row: int) -> None:
        """Open a list and choose one of its rows with the mouse."""
        self.click(box)
        view = box.view()
        self.until(view.isVisible, "the list opens")
        place = view.visualRect(box.model().index(row, box.modelColumn())).center()
        self.qtbot.mouseMove(view.viewport(), place)

        def is_chosen() -> bool:
            if (
                view.isVisible()
            ):  # Qt ignores a click that comes too soon after the one that opened the list
                self.qtbot.mouseClick(view.viewport(), LEFT, pos=place)
            return not view.isVisible()

        self.until(is_chosen, "the list closes")

    def hit_dendrite(self) -> int:
        """Return the farthest dendritic segment that the pointer can hit."""
        geometry, viewport = self.controller.model.geometry, self.controller.commands.viewport
        for segment in np.argsort(-geometry.path_distance):
            place = QPointF(viewport.project(int(segment)).toPoint())
            if geometry.swc_type[segment] in (3, 4) and viewport.pick(place) == segment:
                return int(segment)
        pytest.fail("no dendrite can be hit")

    def point_at(self, segment: int) -> None:
        """Move the pointer to a segment in the picture."""
        model, viewport = self.controller.model, self.controller.commands.viewport
        self.qtbot.mouseMove(viewport, viewport.project(segment).toPoint())
        self.until(lambda: model.hovered == segment, "the segment under the pointer")

    def click_segment(self, segment: int) -> str:
        """Click a segment in the picture; return its id once it is selected and recorded."""
        model, viewport = self.controller.model, self.controller.commands.viewport
        self.qtbot.mouseClick(viewport, LEFT, pos=viewport.project(segment).toPoint())
        segment_id = model.segment_id(segment)
        self.until(lambda: segment_id in model.traces, "a trace of what was clicked")
        self.until(lambda: model.selected == segment, "what was clicked is selected")
        return segment_id

    def run_from_start(self) -> None:
        """Press Init & Run; wait for the end."""
        model = self.controller.model
        action = self.controller.window.command_actions["init_run"]
        buttons = self.controller.window.run_bar.findChildren(QToolButton)
        self.click(next(each for each in buttons if each.defaultAction() is action))
        self.until(lambda: model.run_status.time_ms < STOP_MS / 2, "it begins again")
        self.until_end()

    def until_end(self) -> None:
        """Wait until the run has reached Tstop, and every place shows its last value."""
        model, plot = self.controller.model, self.controller.commands.traces
        self.until(
            lambda: not model.run_status.running and abs(model.run_status.time_ms - STOP_MS) < 1e-6,
            "the end of the run",
        )
        self.until(lambda: model.values_time_ms == model.run_status.time_ms, "the last frame")
        self.until(
            lambda: all(abs(plot.data(id_)[0][-1] - STOP_MS) < 1e-6 for id_ in plot.trace_ids()),
            "the last samples",
        )


@pytest.fixture
def newcomer(
    qtbot: QtBot, open_somascope: OpenSomascope, archive: tuple[Server, QuickOptions]
) -> Newcomer:
    """The window as it opens on a laptop."""
    controller = open_somascope(None, archive=archive[1])
    controller.window.resize(*LAPTOP)
    return Newcomer(qtbot, controller)


def bare_neuron(*segment_ids: str, tables: bool = True) -> dict[str, tuple[float, float]]:
    """Run the bundled cell with the typed current in plain NEURON; return V (mV) and m at the end, by segment.

    `tables` is whether NEURON reads the rates of hh from its table, as it does by default.
    """
    session = SessionSource.parse("pyramidal").create()
    session.initialize()
    session.handle(SetControl("stimulus_amp", AMP_NA))
    try:
        from neuron import h

        h.usetable_hh = int(tables)
        context = h.ParallelContext()
        h.finitialize(-65.0)
        context.psolve(STOP_MS)
        segments = {str(seg): seg for section in h.allsec() for seg in section}
        ends = {id_: (segments[id_].v, segments[id_].hh.m) for id_ in segment_ids}
        del segments
        h.usetable_hh = 1
    finally:
        session.shutdown()
    return ends


def exported(newcomer: Newcomer, path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Press the keys of Export traces, name a file, and return its rows."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    newcomer.controller.commands.viewport.setFocus()
    newcomer.key(Qt.Key.Key_E, CTRL | SHIFT)
    newcomer.until(path.exists, "the table")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def shown_numbers(
    newcomer: Newcomer, segment_id: str, trace_id: str, unit: str
) -> dict[str, float | str]:
    """Point at a segment; return its value as every place shows it."""
    controller = newcomer.controller
    inspector = newcomer.panel(InspectorPanel)
    plot = controller.commands.traces
    segment = controller.model.geometry.index_of(segment_id)
    newcomer.point_at(segment)
    value = controller.model.value_of(segment)
    newcomer.until(
        lambda: inspector.facts is not None and inspector.facts.segment_id == segment_id,
        "the inspector shows the segment",
    )
    newcomer.until(lambda: inspector.facts.value == value, "the inspector shows its value")
    legend = plot.legend.rows
    row, column = legend.index_of(trace_id), LegendColumn.VALUE
    newcomer.until(
        lambda: legend.data(legend.index(row, column)) == value_text(value, unit),
        "the legend's value",
    )
    return {
        "inspector": inspector._rows.texts()["Value"],
        "status": controller.window.read_out.text(),
        "model": value,
        "trace": float(plot.data(trace_id)[1][-1]),
    }


def test_the_first_ten_minutes_have_no_wrong_number_and_no_dead_end(
    newcomer: Newcomer,
    archive: tuple[Server, QuickOptions],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window, model = newcomer.controller.window, newcomer.controller.model
    newcomer.look("opened")
    (soma,) = model.traces

    # Run, with the button that is largest.
    newcomer.click(window.run_bar.run_button)
    newcomer.until(lambda: model.phase is Phase.RUNNING, "it runs")
    newcomer.until(lambda: model.run_status.time_ms > 2, "time passes")
    newcomer.look("running")
    newcomer.click(window.run_bar.run_button)
    newcomer.until(lambda: model.phase is Phase.PAUSED, "it pauses")

    dendrite = newcomer.click_segment(newcomer.hit_dendrite())
    newcomer.look("clicked a segment")

    row = newcomer.panel(ControlsPanel).row("stimulus_amp")
    newcomer.type_into(row.editor, "0,6")
    newcomer.until(lambda: model.control_values["stimulus_amp"] == AMP_NA, "0.6 nA is set")
    assert row.editor.text() == "0.6 nA"
    newcomer.type_into(window.run_bar.tstop_ms, f"{STOP_MS:g}")
    newcomer.run_from_start()
    newcomer.look("ran with 0.6 nA")
    authority = bare_neuron(soma, dendrite)
    for segment_id in (dendrite, soma):
        check_everywhere(newcomer, segment_id, segment_id, "mV", authority[segment_id][0])

    # Colour by m, and record it: T means the selected segment.
    variables = newcomer.panel(CellPanel).variables
    newcomer.choose(variables, variables.findData("m_hh"))
    newcomer.until(lambda: model.shown_variable == "m_hh", "coloured by m")
    viewport = newcomer.controller.commands.viewport
    newcomer.click(viewport, viewport.rect().bottomLeft() + QPoint(4, -4))
    gate = f"{soma}.m_hh"
    newcomer.key(Qt.Key.Key_T)
    newcomer.until(lambda: gate in model.traces, "a trace of m")
    newcomer.look("coloured by m")
    newcomer.run_from_start()
    newcomer.look("ran with m")
    check_everywhere(newcomer, soma, gate, "", authority[soma][1])
    np.testing.assert_allclose(
        newcomer.controller.commands.traces.data(soma)[1][-1], authority[soma][0], atol=CLOSE
    )

    check_comparison(newcomer, soma)
    check_exports(newcomer, tmp_path, monkeypatch)
    load_from_library(newcomer, archive[0])
    newcomer.run_from_start()
    newcomer.look("ran the loaded cell")


def check_everywhere(
    newcomer: Newcomer, segment_id: str, trace_id: str, unit: str, expected: float
) -> None:
    """Check that every place that shows a segment's value shows bare NEURON's."""
    shown = shown_numbers(newcomer, segment_id, trace_id, unit)
    assert shown["model"] == pytest.approx(expected, abs=CLOSE)
    assert shown["trace"] == pytest.approx(expected, abs=CLOSE)
    assert shown["inspector"] == value_text(float(shown["model"]), unit)
    assert str(shown["inspector"]) in str(shown["status"])


def check_comparison(newcomer: Newcomer, soma: str) -> None:
    """Compare NEURON and Jaxley; NEURON's voltage is that without its table of rates, and the window says so."""
    controller = newcomer.controller
    controller.commands.viewport.setFocus()
    newcomer.key(Qt.Key.Key_C, CTRL | SHIFT)
    comparer = controller.commands.comparer
    compared = comparer.window
    newcomer.until(lambda: compared.isActiveWindow(), "the comparison window")
    newcomer.until(compared.duration.lineEdit().hasFocus, "its duration has the keys")
    newcomer.words(f"{STOP_MS:g}")
    newcomer.key(Qt.Key.Key_Return)
    newcomer.until(lambda: comparer.is_running, "the comparison runs")
    newcomer.until(lambda: not comparer.is_running, "the comparison", LONG_MS)
    assert compared.banner.message == ""
    comparison = comparer.presenter.result.comparison
    assert [each.amp_na for each in comparison.stimuli] == [AMP_NA]
    at = comparer.presenter.result.geometry.index_of(soma)
    volts = bare_neuron(soma, tables=False)[soma][0]
    assert comparison.left[-1, at] == pytest.approx(volts, abs=CLOSE)
    experiment = compared.numbers.texts()["Experiment"]
    assert experiment["Stimulus"].startswith(f"{AMP_NA:g} nA")
    assert experiment["NEURON's HH rate table"] == "off"
    assert float(np.abs(comparison.left - comparison.right).max()) < 1e-4
    assert comparer.presenter.result.verdict in compared.numbers.worst.text
    newcomer.look("compared")
    compared.close()
    newcomer.until(lambda: comparer.window is None, "the comparison window is closed")
    controller.window.activateWindow()
    newcomer.until(controller.window.isActiveWindow, "back in the main window")


def check_exports(newcomer: Newcomer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Export traces and a picture; both have what the window shows."""
    plot, viewport = newcomer.controller.commands.traces, newcomer.controller.commands.viewport
    head, *rows = exported(newcomer, folder / "traces.csv", monkeypatch)
    columns = plot.columns()
    assert head == ["time_ms", *(each.header for each in columns)]
    assert float(rows[-1][0]) == pytest.approx(STOP_MS)
    for i, trace_id in enumerate(plot.trace_ids(), 1):
        times, values = plot.data(trace_id)
        present = [row for row in rows if row[i]]
        np.testing.assert_allclose([float(row[0]) for row in present], times, atol=1e-9)
        np.testing.assert_array_equal(np.array([row[i] for row in present], values.dtype), values)
    picture = folder / "cell.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(picture), ""))
    newcomer.key(Qt.Key.Key_S)
    newcomer.until(picture.exists, "the picture")
    image = QImage(str(picture))
    assert image.size() == viewport.size() * viewport.devicePixelRatioF()
    colors = {
        image.pixel(x, y) for x in range(0, image.width(), 4) for y in range(0, image.height(), 4)
    }
    assert len(colors) > 50, "the picture is empty"
    newcomer.look("exported")


def load_from_library(newcomer: Newcomer, server: Server) -> None:
    """Search the library while the archive is out of reach, and load the hit."""
    newcomer.key(Qt.Key.Key_F, CTRL)
    newcomer.until(newcomer.dock.search.line.hasFocus, "the search line")
    newcomer.click(newcomer.dock.search.sources[LIBRARY])
    newcomer.until(lambda: newcomer.total, "the library's cells")
    newcomer.dock.search.focus_line()
    newcomer.words("NMO_00002")
    newcomer.until(lambda: newcomer.total == 1, "one hit")
    newcomer.look("searched")
    assert newcomer.choose_first() == 2
    newcomer.key(Qt.Key.Key_Return)
    name = name_of(server, 2)
    newcomer.until(lambda: newcomer.is_shown(name), "the cell is loaded", LONG_MS)
    banner = newcomer.controller.window.banner
    newcomer.until(lambda: "not copied" in banner.message, "what became of the traces")
    assert "Amplitude 0.6 nA" in banner.message
    newcomer.click(banner.close_button)
    newcomer.look("loaded")
    assert name in newcomer.controller.window.windowTitle()
    model = newcomer.controller.model
    newcomer.until(lambda: model.control_values["stimulus_amp"] == AMP_NA, "the amplitude is kept")
