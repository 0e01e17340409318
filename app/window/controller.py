"""`Controller`: connects the widgets, the model and the session of a window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.archive.connection.options import ArchiveOptions
from app.model import Model
from app.notices import Notice, Notices
from app.session.handover import ExperimentHandover
from app.session.opener import Opener
from app.session.owner import SessionOwner
from app.session.simulator import Simulator
from app.window.archive_parts import ArchiveParts
from app.window.commands import WindowCommands
from app.window.dialogs.model_check import ModelCheck
from app.window.dock_arranger import DockArranger
from app.window.main_window import MainWindow
from app.window.panel_steps import PanelSteps
from app.window.reloading import Reloading
from app.window.simulator_choice import SimulatorChoice
from app.window.status import StatusPresenter
from app.window.usable_commands import show_usable
from backends.messages import (
    CaptureTrace,
    Error,
    KeyPressed,
    Phase,
    SessionCommand,
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
    from app.presenters.traces import TracesPresenter
    from app.traces.plot import TracePlot
    from app.viewport.widget import Viewport
    from app.window.views.scene_views import SceneViews
    from backends.isolated.process import ChildProcess

HINT_AFTER_MS = 3000
FIRST_HINT = "Press Space. Click the cell to record there."


class Controller(QObject):
    """Connects one window with one model and one session at a time.

    Parameters
    ----------
    in_process : bool
        Run sessions in this process, for debugging; otherwise each has its own process.
    backend, precision : str or None
        Simulator named on the command line; None is the one used last.
    archive : ArchiveOptions
        Server and folders for NeuroMorpho.Org.
    first_child : ChildProcess or None
        For the first session; owned from now on.

    Signals
    -------
    panelsCreated
        Viewport, panels and plot are there.
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
        first_child: ChildProcess | None = None,
    ) -> None:
        super().__init__(window)
        self.window = window
        self.model = model
        self.notices = notices
        self.owner = SessionOwner(self)
        settings = window.settings
        simulator = Simulator.from_settings(
            backend or settings.backend, precision or settings.precision
        )
        self.opener = Opener(
            self.owner,
            notices,
            in_process=in_process,
            simulator=simulator,
            parent=self,
            first_child=first_child,
        )
        self.handover = ExperimentHandover(model, self.owner, self.opener, notices, self)
        self.arranger = DockArranger(window)
        self._is_new = True  # the next scene is the first of a session
        self.choice = SimulatorChoice(window, model, self.opener)
        self.commands = WindowCommands(window, model, notices, self.owner, self.opener, self.choice)
        self.model_check = ModelCheck(window, self.opener)
        self.archive_parts = ArchiveParts(
            window, self.opener, notices, self.commands, archive or ArchiveOptions()
        )
        self.views: SceneViews | None = None
        self.reloading = Reloading(window, model, self.opener, self.owner, notices)
        self.commands.reloadChoiceChanged.connect(self.reloading.keep_choice)
        self._pending_trace_updates: list[Any] = []
        self._silence = ""  # the sentence that the session does not answer, while it is shown
        StatusPresenter(model, window, self.commands.interaction.selection)
        self._connect_notices()
        self._connect_sessions()
        self._connect_model()
        self._connect_window()
        self._show_phase()

    def post(self, command: SessionCommand) -> None:
        """Send a command to the open session."""
        self.owner.post(command)

    @property
    def archive(self) -> ArchiveService:
        """The service that sends requests to NeuroMorpho.Org, created on first use."""
        return self.archive_parts.service

    @property
    def archive_loader(self) -> ArchiveLoader:
        """The loader of NeuroMorpho.Org's cells, created on first use."""
        return self.archive_parts.loader

    @property
    def archive_dock(self) -> ArchivePresenter:
        """The presenter of the NeuroMorpho dock, created on first use."""
        return self.archive_parts.presenter

    # ------------------------------------------------------------------------ connections

    def _connect_notices(self) -> None:
        # Through a signal, because a notice may come from any thread.
        self.notices.listen(self.noticePosted.emit)
        self.noticePosted.connect(self._show_notice)
        self.window.banner.retryRequested.connect(self.opener.retry)
        self.window.banner.endRequested.connect(self.owner.end_simulator)

    def _connect_sessions(self) -> None:
        self.owner.updatesArrived.connect(self.model.apply)
        self.owner.updatesArrived.connect(self._apply_handover)  # after the model has applied them
        self.owner.startupArrived.connect(lambda startup: self.model.apply([startup]))
        self.owner.loadEnded.connect(self.model.drop_startup_scene)
        self.opener.progressed.connect(self._show_progress)
        self.opener.progressed.connect(
            self.commands.interaction.selection.leave
        )  # Esc stops it now
        self.opener.opened.connect(self._on_session_opened)
        self.opener.ended.connect(self.window.busy_bar.finish)
        self.opener.ended.connect(self._show_phase)
        self.window.busy_bar.cancelRequested.connect(self.opener.cancel)

    def _connect_model(self) -> None:
        model = self.model
        model.sceneChanged.connect(self._show_layout)
        model.layoutChanged.connect(self._show_layout)
        model.phaseChanged.connect(self._show_phase)
        model.traceSet.connect(self._buffer_trace_update)
        model.samplesArrived.connect(self._buffer_trace_update)
        model.errorReported.connect(self._show_error)
        model.answeringChanged.connect(self._show_silence)

    def _connect_window(self) -> None:
        window = self.window
        window.fileDropped.connect(self.opener.open_text)
        window.recentChosen.connect(self.opener.open_text)
        window.closing.connect(self.close)
        window.keyUnused.connect(lambda key: self.post(KeyPressed(key)))
        window.run_bar.speedChosen.connect(lambda speed: self.post(SetSpeed(speed)))
        window.run_bar.tstopChosen.connect(lambda tstop: self.post(SetStopTime(tstop)))
        for id_, handler in self.commands.handlers().items():
            window.command_actions[id_].triggered.connect(_ignore_checked(handler))

    def add_viewport(self, viewport: Viewport) -> None:
        """Connect the viewport and show the current scene in it."""
        from app.window.view_connections import ViewConnections
        from app.window.views.scene_views import SceneViews

        self.commands.viewport = viewport
        self.views = self.commands.views = SceneViews(self.window, self.model, viewport)
        self._connections = ViewConnections(self.window, self.model, self.commands)
        self._connections.connect(self.views)
        self.window.set_central_view(self.views.area)

    def _keep_folds(self, controls: ControlsPanel) -> None:
        """Fold the groups that the user has folded in this model, also at another start."""
        settings, model = self.window.settings, self.model
        controls.groupFolded.connect(
            lambda group, folded: settings.keep_folded(model.scene.title, group, folded)
        )

        def show() -> None:
            controls.set_folded(settings.folded_groups(model.scene.title))

        model.sceneChanged.connect(show)
        show()

    def add_panels(
        self, cell: CellPanel, controls: ControlsPanel, inspector: InspectorPanel
    ) -> None:
        """Connect the side panels and show the current state in them."""
        from app.presenters.panels import PanelsPresenter

        self.commands.controls = controls
        PanelsPresenter(self.model, cell, controls, inspector)
        cell.set_bundled(_bundled_cells())
        cell.fold.set_open(self.window.settings.shows_facts)
        cell.factsToggled.connect(self.window.settings.keep_facts_shown)
        cell.set_theme(self.window.theme)
        self.window.themeChanged.connect(cell.set_theme)
        self.opener.opened.connect(partial(_show_source, cell))
        _show_source(cell, self.opener.source)
        cell.cellChosen.connect(self.opener.open_text)
        cell.membraneChosen.connect(partial(self.commands.read_again, "membrane"))
        cell.audit.readingChosen.connect(self.commands.read_again)
        for kept in (self.commands.rebuildRefused, self.opener.ended):
            kept.connect(lambda: _show_source(cell, self.opener.source))
        cell.variableChosen.connect(lambda name: self.post(SetDisplayVariable(name)))
        interaction = self.commands.interaction
        controls.controlChanged.connect(interaction.set_control)
        controls.actionInvoked.connect(self.commands.invoke_action)
        selection = interaction.selection
        selection.changed.connect(
            lambda: controls.set_armed("" if selection.spec is None else selection.spec.id)
        )
        self._keep_folds(controls)
        inspector.captureRequested.connect(lambda id_: self.post(CaptureTrace(id_)))
        inspector.removeRequested.connect(self.commands.remove_trace_of)
        inspector.filledChanged.connect(self.arranger.show_inspector)
        self.model.selectionChanged.connect(
            lambda: self.arranger.show_picked(self.model.selected >= 0)
        )
        for dock, panel in (("cell", cell), ("controls", controls), ("inspector", inspector)):
            self.window.set_dock_widget(dock, panel)

    def add_traces(self, plot: TracePlot, traces: TracesPresenter) -> None:
        """Connect the plot of the dock, and let the other views be made."""
        self.model.traceSet.disconnect(self._buffer_trace_update)
        self.model.samplesArrived.disconnect(self._buffer_trace_update)
        self._pending_trace_updates = []
        self.commands.traces, self.commands.trace_columns = plot, traces.columns
        self.window.themeChanged.connect(traces.set_theme)
        self.window.set_dock_widget("traces", plot)
        if self.views is not None:
            self._connections.connect_plot(plot)
            self.views.add_traces(traces, plot)

    # ------------------------------------------------------------------- creating panels

    def create_panels(self) -> None:
        """Create the viewport; the panels and the plot follow, after the first frame of a cell that is there."""
        from app.viewport.factory import make_viewport

        viewport = make_viewport()
        self.add_viewport(viewport)
        PanelSteps(self.model, (self._create_side_panels, self._create_trace_plot), self).start(
            viewport
        )

    def _create_side_panels(self) -> None:
        from app.panels.cell import CellPanel
        from app.panels.controls import ControlsPanel
        from app.panels.inspector import InspectorPanel

        self.add_panels(CellPanel(), ControlsPanel(), InspectorPanel())

    def _create_trace_plot(self) -> None:
        from app.presenters.traces import TracesPresenter
        from app.traces.plot import TracePlot

        earlier = self._pending_trace_updates
        traces = TracesPresenter(self.model, self.window.theme, earlier, self)
        self.add_traces(TracePlot(store=traces.store), traces)
        QTimer.singleShot(HINT_AFTER_MS, self, self._show_first_hint)
        self.archive_parts.fill_dock_if_visible()
        self.panelsCreated.emit()

    def _show_first_hint(self) -> None:
        can_run = self.model.has_scene and not self.model.scene.cannot_run
        if can_run and self.model.phase is Phase.READY:
            self.window.statusBar().showMessage(FIRST_HINT, 10_000)

    def close(self) -> bool:
        """End every session and release the viewport; return whether all have ended."""
        self.opener.close()
        are_files_read = self.model_check.close()
        self.reloading.close()
        ended = self.owner.close() and are_files_read
        ended = self.archive_parts.close() and ended
        if self.views is not None:
            self.views.close()
            self.commands.viewport = self.views = self.commands.views = None
        return ended

    # ---------------------------------------------------------------------------- showing

    def _on_session_opened(self, source: Any) -> None:
        """Clear the model before the updates of a new session arrive."""
        self.handover.capture(source)
        self._is_new = not self.opener.keep_experiment
        self.model.clear()
        if self.views is not None:
            self.views.begin_session()
        self.model.is_rebuilt = self.opener.keep_experiment
        self.window.statusBar().clearMessage()
        self.post(SetSpeed(self.window.run_bar.chosen_speed))
        if self.window.run_bar.chosen_tstop is not None:
            self.post(SetStopTime(self.window.run_bar.chosen_tstop))
        if (recent := self.opener.recent) is not None:
            self.window.add_recent(recent)

    def _apply_handover(self) -> None:
        if self.handover.apply():
            self._show_audit_notice()

    def _show_audit_notice(self) -> None:
        """Raise the Cell panel if the file needed repair or has a warning."""
        count = sum(finding.severity != "info" for finding in self.model.scene.findings)
        if count:
            dock = self.window.docks["cell"]
            if self.window.docks["archive"].visibleRegion().isEmpty():  # not while searching
                dock.show()
                dock.raise_()
            notes = "1 note" if count == 1 else f"{count} notes"
            self._post_notice(
                "info", f"{self.model.scene.title}: {notes} about this file in the Cell panel"
            )

    def _show_layout(self) -> None:
        """Show the views and panels of the scene, and the dock of controls if its layout has any."""
        layout, geometry = self.model.scene.layout, self.model.scene.geometry
        if self._is_new and geometry is not None:
            self._is_new = False
            self.arranger.open_cell(geometry)
        if self.window.run_bar.suggest_speed(self.model.scene.speed_ms_per_s):
            self.post(SetSpeed(self.window.run_bar.chosen_speed))
        if self.window.run_bar.suggest_tstop(self.model.scene.tstop_ms):
            self.post(SetStopTime(self.window.run_bar.chosen_tstop))
        if self.views is not None:
            self.views.show()
            if self.model.scene.views:
                self.arranger.set_has_plot(self.views.plan.is_dock_asked_for)
        if layout.panels:
            self.window.docks["controls"].setVisible(bool(layout.of_kind("controls")))
        controls = [panel.title for panel in layout.panels if panel.kind == "controls"]
        self.window.set_dock_title("controls", controls[0] if len(controls) == 1 else None)
        plots = [panel.id for panel in layout.panels if panel.kind == "traces"]
        is_in_dock = len(plots) == 1 and self.views is not None and self.views.plan.is_plain
        title = self.model.panel_titles.get(plots[0]) if is_in_dock else None
        self.window.set_dock_title("traces", title)

    def _show_progress(self, text: str, phase: Phase | None, progress: float | None) -> None:
        self.window.banner.hide()
        self.window.busy_bar.show_progress(text, progress)
        self.window.command_actions["cancel"].setEnabled(True)
        if self.owner.is_loading:  # during a download the old session continues
            self.window.run_bar.lamp.set_phase(phase or Phase.STARTING, text)

    def _show_phase(self) -> None:
        phase, actions = self.model.phase, self.window.command_actions
        if not self.owner.is_loading:  # otherwise the lamp shows the loading
            is_empty = self.opener.has_tried and not self.opener.is_opening
            is_empty = is_empty and not self.model.has_scene and phase is Phase.STARTING
            silence = self.model.not_answering
            shown = Phase.NONE if is_empty else Phase.NOT_ANSWERING if silence else phase
            self.window.run_bar.lamp.set_phase(shown, silence or self.model.status.message)
        usable = self.model.has_scene and not self.model.is_failed and not self.model.is_starting
        reason = self.model.scene.cannot_run if self.model.has_scene else ""
        show_usable(actions, usable=usable, cannot_run=reason)
        self.window.run_bar.set_has_own_speed(
            self.model.has_scene and self.model.scene.has_own_speed
        )
        actions["reload"].setEnabled(self.opener.source is not None)
        actions["cancel"].setEnabled(self.opener.is_opening)
        self.window.run_bar.set_running(phase is Phase.RUNNING)

    def _show_error(self, error: Error) -> None:
        controls = self.commands.controls
        is_seen = controls is not None and controls.shows(error.subject)
        if is_seen and not error.details:
            return  # shown below the control
        geometry = self.model.geometry
        if geometry is not None and error.segment_id in geometry:
            self.model.select(
                geometry.index_of(error.segment_id)
            )  # so that it is marked and inspected
        retry = "Restart" if error.fatal else ""
        if error.fatal:
            self.opener.clear_failed()
        self.notices.post(Notice("error", error.message, error.details, retry))

    def _show_silence(self) -> None:
        """Say that the session's process is stopped; take it back when it goes on."""
        self.window.banner.withdraw(self._silence)
        self._silence = self.model.not_answering
        self._show_phase()
        if self._silence:
            self.notices.post(Notice("warning", self._silence, retry="Restart", end="End"))

    def _post_notice(self, severity: str, message: str) -> None:
        self.notices.post(Notice(severity, message))

    def _show_notice(self, notice: Notice) -> None:
        self.window.set_message_count(len(self.notices.items))
        if notice.is_burst:
            self.window.banner.update_count(notice)
        elif notice.severity == "info" and not notice.retry:
            self.window.statusBar().showMessage(notice.message, 8000)
        else:
            self.window.banner.show_notice(notice)

    def _buffer_trace_update(self, arrived: Any) -> None:
        self._pending_trace_updates.append(arrived)


def _show_source(cell: CellPanel, source: Any) -> None:
    """Show in the Cell panel which cell is open and which membrane it got."""
    cell.set_cell(_bundled_name(source))
    is_morphology = source is not None and source.is_cell and source.model_json is None
    cell.set_membrane(source.membrane if is_morphology else None)


def _bundled_name(source: Any) -> str | None:
    if source is None:
        return None
    return {"bundled": source.path, "demo": DEMO}.get(source.kind)


def _bundled_cells() -> list[tuple[str, str, str]]:
    from resources import bundled

    cells = [(cell.name, cell.title, cell.note) for cell in bundled()]
    if find_spec("neuron") is not None:
        cells.append(
            (DEMO, "NEURON's demo cell", "The pyramidal cell that is part of NEURON's package.")
        )
    return cells


def _ignore_checked(handler: Callable[[], object]) -> Callable[[bool], None]:
    """Return a slot for `triggered(bool)` that calls `handler` without arguments."""

    def slot(_checked: bool = False) -> None:
        handler()

    return slot
