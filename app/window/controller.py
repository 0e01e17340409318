"""`Controller`: every wire of the window, one line each, and the few verbs that need more than one."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.archive.connection.options import ArchiveOptions
from app.model import Model
from app.notices import Notice, Notices
from app.presenters.captions import read_out, simulator_name
from app.session.handover import ExperimentHandover
from app.session.opener import Opener
from app.session.owner import SessionOwner
from app.session.simulator import Simulator
from app.window.commands import WindowCommands
from app.window.main_window import MainWindow
from app.window.paint_order import alternate_painting, defer_frame_for
from app.window.simulator_choice import SimulatorChoice
from backends.messages import (
    CaptureTrace,
    Error,
    InvokeAction,
    KeyPressed,
    Phase,
    RemoveTrace,
    SessionCommand,
    SetControl,
    SetDisplayVariable,
    SetSpeed,
    SetStopTime,
)
from backends.sources.naming import DEMO

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService
    from app.archive.loading.loader import ArchiveLoader
    from app.archive.presenter import ArchivePresenter
    from app.panels.cell import CellPanel
    from app.panels.controls import ControlsPanel
    from app.panels.inspector import InspectorPanel
    from app.traces.plot import TracePlot
    from app.viewport.widget import Viewport

HINT_AFTER_MS = 3000
ARCHIVE_PX = 420  # the dock of the archive, once it is asked for
FIRST_HINT = "Press Space. Click the cell to record there."
READ_OUT_EVERY_MS = 100
NEEDS_SESSION = ("run", "step", "init", "init_run", "continue_for", "record_here", "reload")


class Controller(QObject):
    """Connects one window with one model and one session at a time.

    Parameters
    ----------
    in_process : bool
        Run sessions in this process, for debugging; else each has a process of its own.
    backend, precision : str or None
        Simulator asked for on the command line; None is what was chosen last.
    archive : ArchiveOptions
        How NeuroMorpho.Org is asked.
    """

    noticePosted = Signal(object)
    panelsCreated = Signal()

    def __init__(
        self,
        window: MainWindow,
        model: Model,
        notices: Notices,
        *,
        in_process: bool = False,
        backend: str | None = None,
        precision: str | None = None,
        archive: ArchiveOptions | None = None,
    ) -> None:
        super().__init__(window)
        self.window = window
        self.model = model
        self.notices = notices
        self.owner = SessionOwner(self)
        settings = window.settings
        simulator = Simulator.remembered(
            backend or settings.backend, precision or settings.precision
        )
        self.opener = Opener(
            self.owner, notices, in_process=in_process, simulator=simulator, parent=self
        )
        self._archive_options = archive or ArchiveOptions()
        self._service: ArchiveService | None = None
        self._loader: ArchiveLoader | None = None
        self._dock: ArchivePresenter | None = None
        self.opener.find_fetcher = lambda: self.archive_loader
        self.handover = ExperimentHandover(model, self.owner, self.opener, notices, self)
        self.choice = SimulatorChoice(window, model, self.opener)
        self.commands = WindowCommands(window, model, notices, self.owner, self.opener, self.choice)
        self._pending_trace_updates: list[Any] = []
        self._read_out_later = QTimer(self, singleShot=True, interval=READ_OUT_EVERY_MS)
        self._wire_notices()
        self._wire_sessions()
        self._wire_model()
        self._wire_window()
        self._show_phase()

    def post(self, command: SessionCommand) -> None:
        """Hand a command to the session on the screen."""
        self.owner.post(command)

    @property
    def archive(self) -> ArchiveService:
        """What asks NeuroMorpho.Org, made when it is first used; it asks nothing by itself."""
        if self._service is None:
            self._service = self._archive_options.service(self)
        return self._service

    @property
    def archive_loader(self) -> ArchiveLoader:
        """What loads cells of NeuroMorpho.Org into the window."""
        if self._loader is None:
            from app.archive.loading.loader import ArchiveLoader

            self._loader = ArchiveLoader(self.archive, self.opener, self.notices)
        return self._loader

    @property
    def archive_dock(self) -> ArchivePresenter:
        """What fills the NeuroMorpho dock, made when that is first seen; it asks nothing by itself."""
        if self._dock is None:
            from app.archive.presenter import ArchivePresenter

            made = ArchivePresenter(
                self.archive, self.archive_loader, self.opener, self.notices, self
            )
            self._dock = made
            made.set_theme(self.window.theme)
            self.window.themeChanged.connect(made.set_theme)
            made.leaving.connect(self.window.centralWidget().setFocus)
            if self.commands.viewport is not None:
                results = made.dock.results
                for changed in (
                    results.table.verticalScrollBar().valueChanged,
                    results.grid.verticalScrollBar().valueChanged,
                    made.searching.model.dataChanged,
                    made.thumbnails.ready,
                ):
                    defer_frame_for(self.commands.viewport, changed)
            self.window.set_dock_widget("archive", made.dock)
        return self._dock

    # ------------------------------------------------------------------------------ wires

    def _wire_notices(self) -> None:
        # Through a signal, because a notice may come from any thread.
        self.notices.listen(self.noticePosted.emit)
        self.noticePosted.connect(self._show_notice)
        self.window.banner.retryRequested.connect(self.opener.retry)

    def _wire_sessions(self) -> None:
        self.owner.updatesArrived.connect(self.model.apply)
        self.owner.updatesArrived.connect(self._apply_handover)  # after the model has taken them in
        self.opener.progressed.connect(self._show_progress)
        self.opener.opened.connect(self._on_session_opened)
        self.opener.ended.connect(self.window.busy_bar.finish)
        self.opener.ended.connect(self._show_phase)
        self.window.busy_bar.cancelRequested.connect(self.opener.cancel)

    def _wire_model(self) -> None:
        model = self.model
        model.sceneChanged.connect(self._show_scene)
        model.layoutChanged.connect(self._show_layout)
        model.runStatusChanged.connect(self._show_run_status)
        model.phaseChanged.connect(self._show_phase)
        model.traceSet.connect(self._buffer_trace_update)
        model.samplesArrived.connect(self._buffer_trace_update)
        model.hoverChanged.connect(self._show_read_out)
        model.valuesChanged.connect(self._show_read_out_soon)
        model.selectionChanged.connect(self._show_read_out)
        model.errorReported.connect(self._show_error)
        self._read_out_later.timeout.connect(self._show_read_out)

    def _wire_window(self) -> None:
        window = self.window
        window.fileDropped.connect(self.opener.open_text)
        window.neuronDropped.connect(lambda neuron_id: self.archive_loader.load(neuron_id))
        window.recentChosen.connect(self.opener.open_text)
        window.closing.connect(self.close)
        window.keyUnused.connect(lambda key: self.post(KeyPressed(key)))
        window.run_bar.speedChosen.connect(lambda speed: self.post(SetSpeed(speed)))
        window.run_bar.tstopChosen.connect(lambda tstop: self.post(SetStopTime(tstop)))
        window.docks["archive"].visibilityChanged.connect(self._fill_archive)
        self.commands.archiveRequested.connect(self.search_archive)
        for id_, do in self.commands.handlers().items():
            window.command_actions[id_].triggered.connect(_ignore_checked(do))

    def attach_viewport(self, viewport: Viewport) -> None:
        """Wire the viewport and show what there is."""
        from app.presenters.viewport import ViewportPresenter

        self.commands.viewport = viewport
        presenter = ViewportPresenter(self.model, viewport, self.window.theme)
        self.window.themeChanged.connect(presenter.set_theme)
        viewport.segmentClicked.connect(self.commands.click_segment)
        viewport.segmentMenuRequested.connect(self.commands.open_segment_menu)
        viewport.backgroundClicked.connect(lambda: self.model.select(-1))
        viewport.detailChanged.connect(self.window.detail.setText)
        self.window.set_central_view(viewport)
        self.commands.show_decorations()

    def attach_panels(
        self, cell: CellPanel, controls: ControlsPanel, inspector: InspectorPanel
    ) -> None:
        """Wire the side panels and show what there is."""
        from app.presenters.panels import PanelsPresenter

        self.commands.controls = controls
        PanelsPresenter(self.model, cell, controls, inspector)
        cell.set_bundled(_bundled_cells())
        cell.set_theme(self.window.theme)
        self.window.themeChanged.connect(cell.set_theme)
        self.opener.opened.connect(lambda source: cell.set_cell(_bundled_name(source)))
        cell.set_cell(_bundled_name(self.opener.source))
        cell.cellChosen.connect(self.opener.open_text)
        cell.variableChosen.connect(lambda name: self.post(SetDisplayVariable(name)))
        controls.controlChanged.connect(lambda id_, value: self.post(SetControl(id_, value)))
        controls.actionInvoked.connect(lambda id_: self.post(InvokeAction(id_)))
        inspector.captureRequested.connect(lambda id_: self.post(CaptureTrace(id_)))
        inspector.removeRequested.connect(lambda id_: self.post(RemoveTrace(id_)))
        for dock, panel in (("cell", cell), ("controls", controls), ("inspector", inspector)):
            self.window.set_dock_widget(dock, panel)

    def attach_traces(self, plot: TracePlot) -> None:
        """Wire the trace plot and show what there is."""
        from app.presenters.traces import TracesPresenter

        self.model.traceSet.disconnect(self._buffer_trace_update)
        self.model.samplesArrived.disconnect(self._buffer_trace_update)
        self.commands.traces = plot
        presenter = TracesPresenter(
            self.model, plot, self.window.theme, self._pending_trace_updates
        )
        self._pending_trace_updates = []
        self.window.themeChanged.connect(presenter.set_theme)
        plot.traceRemoveRequested.connect(lambda id_: self.post(RemoveTrace(id_)))
        plot.traceHighlighted.connect(self.commands.set_highlighted)
        plot.traceVisibilityChanged.connect(self.model.show_trace)
        plot.exportRequested.connect(self.commands.export_traces)
        plot.clearRequested.connect(self.commands.remove_all_traces)
        if self.commands.viewport is not None:
            alternate_painting(self.commands.viewport, plot)
        self.window.set_dock_widget("traces", plot)

    # ------------------------------------------------------------------------- furnishing

    def create_panels(self) -> None:
        """Make the viewport, then, a turn of the event loop each, the panels and the plot."""
        from app.viewport.factory import make_viewport

        self.attach_viewport(make_viewport())
        QTimer.singleShot(0, self, self._create_side_panels)

    def _create_side_panels(self) -> None:
        from app.panels.cell import CellPanel
        from app.panels.controls import ControlsPanel
        from app.panels.inspector import InspectorPanel

        self.attach_panels(CellPanel(), ControlsPanel(), InspectorPanel())
        QTimer.singleShot(0, self, self._create_trace_plot)

    def _create_trace_plot(self) -> None:
        from app.traces.plot import TracePlot

        self.attach_traces(TracePlot())
        QTimer.singleShot(HINT_AFTER_MS, self, self._show_first_hint)
        self._fill_archive()
        self.panelsCreated.emit()

    def _show_first_hint(self) -> None:
        if self.model.has_scene and self.model.phase is Phase.READY:
            self.window.statusBar().showMessage(FIRST_HINT, 10_000)

    def search_archive(self, part: str = "search") -> None:
        """Bring the NeuroMorpho dock forward, and go to a part of it: by default to its search line."""
        dock, is_new = self.window.docks["archive"], self._dock is None
        archive = self.archive_dock
        dock.show()
        dock.raise_()
        if is_new and dock.width() < ARCHIVE_PX and self.window.width() >= 2 * ARCHIVE_PX:
            self.window.resizeDocks([dock], [ARCHIVE_PX], Qt.Orientation.Horizontal)
        dock.activateWindow()
        archive.go_to(part)

    def _fill_archive(self) -> None:
        """Fill the NeuroMorpho dock once it is seen; before the rest is furnished nothing is."""
        is_seen = not self.window.docks["archive"].visibleRegion().isEmpty()
        if is_seen and self.commands.traces is not None:
            _ = self.archive_dock

    def close(self) -> bool:
        """End every session and release the viewport; return whether all ended."""
        ended = self.owner.close()
        if self._dock is not None:
            ended = self._dock.close() and ended
        if self._service is not None:
            ended = self._service.close() and ended
        if self.commands.viewport is not None:
            self.commands.viewport.close_view()
            self.commands.viewport = None
        return ended

    # ---------------------------------------------------------------------------- showing

    def _on_session_opened(self, source: Any) -> None:
        """Empty the model for the session whose updates are about to arrive."""
        self.handover.capture(source)
        self.model.clear()
        self.window.statusBar().clearMessage()
        self.post(SetSpeed(self.window.run_bar.chosen_speed))
        if self.window.run_bar.chosen_tstop is not None:
            self.post(SetStopTime(self.window.run_bar.chosen_tstop))
        if (recent := self.opener.recent) is not None:
            self.window.add_recent(recent)

    def _apply_handover(self) -> None:
        if self.handover.apply():
            self._show_audit_notice()

    def _show_scene(self) -> None:
        scene = self.model.scene
        self.window.setWindowTitle(f"{scene.title} — Somascope")
        step = "" if scene.dt_ms is None else f"dt {scene.dt_ms:g} ms"
        simulator = simulator_name(scene)
        self.window.backend.setText("  ·  ".join(part for part in (simulator, step) if part))
        self._show_layout()

    def _show_audit_notice(self) -> None:
        """Bring the Cell panel forward when the file needed repair or has something odd."""
        count = sum(finding.severity != "info" for finding in self.model.scene.findings)
        if count:
            dock = self.window.docks["cell"]
            if self.window.docks["archive"].visibleRegion().isEmpty():  # else they look for cells
                dock.show()
                dock.raise_()
            notes = "1 note" if count == 1 else f"{count} notes"
            self._post_notice(
                "info", f"{self.model.scene.title}: {notes} on this file in the Cell panel"
            )

    def _show_layout(self) -> None:
        """Show the panels that the session lays out; all of them where it lays out none."""
        layout = self.model.scene.layout
        if not layout.panels:
            return
        self.window.docks["traces"].setVisible(bool(layout.of_kind("traces")))
        self.window.docks["controls"].setVisible(bool(layout.of_kind("controls")))
        self.window.show_central_view(bool(layout.of_kind("morphology")))

    def _show_progress(self, text: str, phase: Phase | None, progress: float | None) -> None:
        self.window.banner.hide()
        self.window.busy_bar.show_progress(text, progress)
        self.window.command_actions["cancel"].setEnabled(True)
        if self.owner.is_loading:  # while a file is fetched the present session goes on
            self.window.run_bar.lamp.set_phase(phase or Phase.STARTING, text)

    def _show_phase(self) -> None:
        phase, actions = self.model.phase, self.window.command_actions
        if not self.owner.is_loading:  # else the lamp tells of that
            self.window.run_bar.lamp.set_phase(phase, self.model.status.message)
        usable = self.model.has_scene and not self.model.is_failed
        for id_ in NEEDS_SESSION:
            actions[id_].setEnabled(usable)
        actions["reload"].setEnabled(self.opener.source is not None)
        actions["cancel"].setEnabled(self.opener.is_opening)
        self.window.run_bar.set_running(phase is Phase.RUNNING)

    def _show_run_status(self) -> None:
        status = self.model.run_status
        self.window.run_bar.set_time(status.time_ms)
        rate = status.rate_ms_per_s
        self.window.rate.setText(f"{rate:.3g} ms per s" if status.running and rate == rate else "")

    def _show_read_out_soon(self) -> None:
        if not self._read_out_later.isActive():
            self._read_out_later.start()

    def _show_read_out(self) -> None:
        model = self.model
        segment = model.hovered if model.hovered >= 0 else model.selected
        self.window.read_out.setText(read_out(model, segment))

    def _show_error(self, error: Error) -> None:
        if error.subject:
            return  # the control itself shows it
        geometry = self.model.geometry
        if geometry is not None and error.segment_id in geometry:
            self.model.select(geometry.index_of(error.segment_id))  # it is marked, and inspected
        retry = "Restart" if error.fatal else ""
        if error.fatal:
            self.opener.forget_failed()
        self.notices.post(Notice("error", error.message, error.details, retry))

    def _post_notice(self, severity: str, message: str) -> None:
        self.notices.post(Notice(severity, message))

    def _show_notice(self, notice: Notice) -> None:
        self.window.set_message_count(len(self.notices.items))
        if notice.severity == "info":
            self.window.statusBar().showMessage(notice.message, 8000)
        else:
            self.window.banner.show_notice(notice)

    def _buffer_trace_update(self, arrived: Any) -> None:
        self._pending_trace_updates.append(arrived)


def _bundled_name(source: Any) -> str | None:
    if source is None:
        return None
    return {"bundled": source.path, "demo": DEMO}.get(source.kind)


def _bundled_cells() -> list[tuple[str, str, str]]:
    from resources import bundled

    cells = [(cell.name, cell.title, cell.note) for cell in bundled()]
    if find_spec("neuron") is not None:
        cells.append((DEMO, "NEURON's demo cell", "The pyramidal cell in NEURON's own wheel."))
    return cells


def _ignore_checked(do: Callable[[], object]) -> Callable[[bool], None]:
    """Return a slot for `triggered(bool)` that calls `do` with nothing."""

    def slot(_checked: bool = False) -> None:
        do()

    return slot
