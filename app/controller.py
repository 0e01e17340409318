"""`Controller`: every wire of the window, one line each, and the few verbs that need more than one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu

from app import dialogs
from app.facts import read_out, versions
from app.main_window import MainWindow
from app.model import Model
from app.notices import Notice, Notices
from app.opening import Opener
from app.palette import DARK, LIGHT
from app.session_owner import SessionOwner
from backends.messages import (
    CaptureTrace,
    EntityClicked,
    Error,
    InvokeAction,
    KeyPressed,
    Phase,
    RemoveTrace,
    Reset,
    RunFor,
    SessionCommand,
    SetControl,
    SetDisplayVariable,
    SetRunning,
    SetSpeed,
    SetStopTime,
    StepOnce,
)

if TYPE_CHECKING:
    from app.panels.cell import CellPanel
    from app.panels.controls import ControlsPanel
    from app.panels.inspector import InspectorPanel
    from app.presenters.traces import TracesPresenter
    from app.presenters.viewport import ViewportPresenter
    from app.traces.plot import TracePlot
    from app.viewport.widget import Viewport

HINT_AFTER_MS = 3000
FIRST_HINT = "Press Space. Click the cell to record there."
READ_OUT_EVERY_MS = 100
NEEDS_SESSION = ("run", "step", "init", "init_run", "continue_for", "record_here", "reload")


class Controller(QObject):
    """Connects one window with one model and one session at a time.

    Parameters
    ----------
    in_process : bool
        Run sessions in this process, for debugging; else each has a process of its own.
    backend : str or None
        Simulator asked for on the command line.
    """

    noticePosted = Signal(object)
    furnished = Signal()

    def __init__(
        self,
        window: MainWindow,
        model: Model,
        notices: Notices,
        *,
        in_process: bool = False,
        backend: str | None = None,
    ) -> None:
        super().__init__(window)
        self.window = window
        self.model = model
        self.notices = notices
        self.owner = SessionOwner(self)
        self.opener = Opener(
            self.owner, notices, in_process=in_process, backend=backend, parent=self
        )
        self.viewport: Viewport | None = None
        self.traces: TracePlot | None = None
        self._viewport_presenter: ViewportPresenter | None = None
        self._traces_presenter: TracesPresenter | None = None
        self._highlighted: str | None = None
        self._before_the_plot: list[Any] = []
        self._read_out_later = QTimer(self, singleShot=True, interval=READ_OUT_EVERY_MS)
        self._wire_notices()
        self._wire_sessions()
        self._wire_model()
        self._wire_window()
        self._show_phase()

    def post(self, command: SessionCommand) -> None:
        """Hand a command to the session on the screen."""
        self.owner.post(command)

    # ------------------------------------------------------------------------------ wires

    def _wire_notices(self) -> None:
        # Through a signal, because a notice may come from any thread.
        self.notices.listen(self.noticePosted.emit)
        self.noticePosted.connect(self._show_notice)
        self.window.banner.retryRequested.connect(self.restart)

    def _wire_sessions(self) -> None:
        self.owner.updatesArrived.connect(self.model.apply)
        self.opener.progressed.connect(self._show_progress)
        self.opener.opened.connect(self._start_over)
        self.opener.ended.connect(self.window.busy_bar.finish)
        self.opener.ended.connect(self._show_phase)
        self.window.busy_bar.cancelRequested.connect(self.owner.cancel_load)

    def _wire_model(self) -> None:
        model = self.model
        model.sceneChanged.connect(self._show_scene)
        model.layoutChanged.connect(self._show_layout)
        model.runStatusChanged.connect(self._show_run_status)
        model.phaseChanged.connect(self._show_phase)
        model.traceSet.connect(self._keep_early)
        model.samplesArrived.connect(self._keep_early)
        model.hoverChanged.connect(self._show_read_out)
        model.valuesChanged.connect(self._show_read_out_soon)
        model.selectionChanged.connect(self._show_read_out)
        model.errorReported.connect(self._show_error)
        self._read_out_later.timeout.connect(self._show_read_out)

    def _wire_window(self) -> None:
        window = self.window
        window.fileDropped.connect(self.opener.open_text)
        window.recentChosen.connect(self.opener.open_text)
        window.closing.connect(self.close)
        window.keyUnused.connect(lambda key: self.post(KeyPressed(key)))
        window.run_bar.speedChosen.connect(lambda speed: self.post(SetSpeed(speed)))
        window.run_bar.tstopChosen.connect(lambda tstop: self.post(SetStopTime(tstop)))
        for id_, do in self._doings().items():
            window.verbs[id_].triggered.connect(_without_argument(do))

    def _doings(self) -> dict[str, Callable[[], object]]:
        window = self.window
        doings: dict[str, Callable[[], object]] = {
            "open": self.choose_file,
            "reload": self.restart,
            "cancel": self.owner.cancel_load,
            "export_traces": self.export_traces,
            "snapshot": self.save_picture,
            "quit": window.close,
            "run": self.toggle_running,
            "step": lambda: self.post(StepOnce()),
            "init": lambda: self.post(Reset()),
            "init_run": self.init_and_run,
            "continue_for": lambda: self.post(RunFor(window.run_bar.continue_ms.value())),
            "record_here": self.record_here,
            "remove_trace": self.remove_highlighted,
            "remove_all": self.remove_all_traces,
            "reset_view": self._on_viewport("reset_view"),
            "fit": self.fit_selection,
            "axes": self._show_decorations,
            "color_bar": self._show_decorations,
            "theme": self.switch_theme,
            "reset_layout": window.reset_layout,
            "palette": self.open_palette,
            "shortcuts": lambda: dialogs.shortcut_sheet(window).show(),
            "messages": lambda: dialogs.messages_sheet(window, self.notices.items).show(),
            "about": lambda: dialogs.about_sheet(window, versions()).show(),
        }
        for plane in ("xy", "xz", "yz"):
            doings[f"view_{plane}"] = self._on_viewport("view_axis", plane)
            doings[f"view_{plane}_back"] = self._on_viewport("view_axis", plane, opposite=True)
        return doings

    def attach_viewport(self, viewport: Viewport) -> None:
        """Wire the viewport and show what there is."""
        from app.presenters.viewport import ViewportPresenter

        self.viewport = viewport
        self._viewport_presenter = ViewportPresenter(self.model, viewport, self.window.theme)
        viewport.segmentClicked.connect(self.click_segment)
        viewport.segmentMenuRequested.connect(self.open_segment_menu)
        viewport.backgroundClicked.connect(lambda: self.model.select(-1))
        viewport.detailChanged.connect(self.window.detail.setText)
        self.window.put_stage(viewport)
        self._show_decorations()

    def attach_panels(
        self, cell: CellPanel, controls: ControlsPanel, inspector: InspectorPanel
    ) -> None:
        """Wire the side panels and show what there is."""
        from app.presenters.panels import PanelsPresenter

        PanelsPresenter(self.model, cell, controls, inspector)
        cell.set_bundled(_bundled_cells())
        cell.cellChosen.connect(self.opener.open_text)
        cell.variableChosen.connect(lambda name: self.post(SetDisplayVariable(name)))
        controls.controlChanged.connect(lambda id_, value: self.post(SetControl(id_, value)))
        controls.actionInvoked.connect(lambda id_: self.post(InvokeAction(id_)))
        inspector.captureRequested.connect(lambda id_: self.post(CaptureTrace(id_)))
        for dock, panel in (("cell", cell), ("controls", controls), ("inspector", inspector)):
            self.window.put_dock(dock, panel)

    def attach_traces(self, plot: TracePlot) -> None:
        """Wire the trace plot and show what there is."""
        from app.presenters.traces import TracesPresenter

        self.model.traceSet.disconnect(self._keep_early)
        self.model.samplesArrived.disconnect(self._keep_early)
        self.traces = plot
        self._traces_presenter = TracesPresenter(
            self.model, plot, self.window.theme, self._before_the_plot
        )
        self._before_the_plot = []
        plot.traceRemoveRequested.connect(lambda id_: self.post(RemoveTrace(id_)))
        plot.traceHighlighted.connect(self._remember_highlight)
        plot.exportRequested.connect(self.export_traces)
        plot.clearRequested.connect(self.remove_all_traces)
        self.window.put_dock("traces", plot)

    # ------------------------------------------------------------------------- furnishing

    def furnish(self) -> None:
        """Make the viewport, then, a turn of the event loop each, the panels and the plot."""
        from app.viewport.widget import make_viewport

        self.attach_viewport(make_viewport())
        QTimer.singleShot(0, self, self._furnish_panels)

    def _furnish_panels(self) -> None:
        from app.panels.cell import CellPanel
        from app.panels.controls import ControlsPanel
        from app.panels.inspector import InspectorPanel

        self.attach_panels(CellPanel(), ControlsPanel(), InspectorPanel())
        QTimer.singleShot(0, self, self._furnish_traces)

    def _furnish_traces(self) -> None:
        from app.traces.plot import TracePlot

        self.attach_traces(TracePlot())
        QTimer.singleShot(HINT_AFTER_MS, self, self._hint)
        self.furnished.emit()

    def _hint(self) -> None:
        if self.model.has_scene and self.model.phase is Phase.READY:
            self.window.statusBar().showMessage(FIRST_HINT, 10_000)

    # ------------------------------------------------------------------------------ verbs

    def toggle_running(self) -> None:
        """Run, or pause."""
        self.post(SetRunning(not self.model.run_status.running))

    def init_and_run(self) -> None:
        """Back to t = 0, then run."""
        self.post(Reset())
        self.post(SetRunning(True))

    def restart(self) -> None:
        """Build the same model again, with the same traces."""
        self.opener.reopen(tuple(self.model.traces))

    def choose_file(self) -> None:
        """Ask for a file, then open it."""
        path, _ = QFileDialog.getOpenFileName(
            self.window,
            "Open a morphology or a session",
            str(Path(self.opener.recent_path).parent) if self.opener.recent_path else "",
            "Morphologies and sessions (*.swc *.SWC *.py);;All files (*)",
        )
        if path:
            self.opener.open_text(path)

    def click_segment(self, segment: int) -> None:
        """Select a segment and let the session decide what a click does (by default: a trace)."""
        self.model.select(segment)
        segment_id = self.model.segment_id(segment)
        if segment_id:
            self.post(EntityClicked(segment_id))

    def record_here(self) -> None:
        """Trace the segment under the pointer, else the selected one, else the soma."""
        model = self.model
        segment = next((s for s in (model.hovered, model.selected) if s >= 0), model.root_segment())
        if segment >= 0:
            self.post(CaptureTrace(model.segment_id(segment)))

    def remove_highlighted(self) -> None:
        """Drop the highlighted trace, else that of the selected segment."""
        trace_id = self._highlighted or self.model.segment_id(self.model.selected)
        if trace_id in self.model.traces:
            self.post(RemoveTrace(trace_id))

    def remove_all_traces(self) -> None:
        """Drop every trace."""
        for trace_id in list(self.model.traces):
            self.post(RemoveTrace(trace_id))

    def fit_selection(self) -> None:
        """Centre the selected segment; without one, the whole cell."""
        if self.viewport is None:
            return
        if self.model.selected >= 0:
            self.viewport.focus_segment(self.model.selected)
        else:
            self.viewport.fit()

    def open_segment_menu(self, segment: int, place: QPoint) -> None:
        """Offer what can be done with a segment."""
        segment_id = self.model.segment_id(segment)
        menu = QMenu(self.window)
        menu.setObjectName("segmentMenu")
        if segment_id:
            menu.addSection(segment_id)
            if segment_id in self.model.traces:
                menu.addAction("Remove trace", lambda: self.post(RemoveTrace(segment_id)))
            else:
                menu.addAction("Add trace", lambda: self.post(CaptureTrace(segment_id)))
            menu.addAction("Select", lambda: self.model.select(segment))
            menu.addAction("Centre here", lambda: self._focus(segment))
            menu.addAction("Copy id", lambda: QGuiApplication.clipboard().setText(segment_id))
        else:
            for id_ in ("reset_view", "view_xy", "axes", "color_bar", "snapshot"):
                menu.addAction(self.window.verbs[id_])
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def switch_theme(self) -> None:
        """From dark to light and back."""
        theme = LIGHT if self.window.theme.is_dark else DARK
        self.window.set_theme(theme)
        for presenter in (self._viewport_presenter, self._traces_presenter):
            if presenter is not None:
                presenter.set_theme(theme)

    def open_palette(self) -> None:
        """Open the command palette over the viewport."""
        verbs = [a for id_, a in self.window.verbs.items() if id_ != "palette"]
        palette = dialogs.CommandPalette(verbs, self.window)
        middle = self.window.geometry().center()
        palette.move(middle.x() - palette.width() // 2, self.window.geometry().top() + 90)
        palette.show()
        palette.field.setFocus()

    def save_picture(self) -> None:
        """Ask where, then write the viewport as a PNG."""
        if self.viewport is None:
            return
        path, _ = QFileDialog.getSaveFileName(
            self.window, "Save picture", f"{self._stem()}.png", "PNG picture (*.png)"
        )
        if not path:
            return
        try:
            self.viewport.save_picture(path)
        except OSError as error:
            self._say("error", f"The picture could not be written: {error}.")
        else:
            self._say("info", f"Picture written to {path}")

    def export_traces(self) -> None:
        """Ask where, then write every trace as CSV or NPZ."""
        if self.traces is None or not self.model.traces:
            self._say("info", "There are no traces to export: click a segment first.")
            return
        path, _ = QFileDialog.getSaveFileName(
            self.window,
            "Export traces",
            f"{self._stem()}-traces.csv",
            "Table (*.csv);;NumPy archive (*.npz)",
        )
        if not path:
            return
        try:
            self.traces.write(path)
        except OSError as error:
            self._say("error", f"The traces could not be written: {error}.")
        else:
            self._say("info", f"{len(self.model.traces)} traces written to {path}")

    def close(self) -> bool:
        """End every session and release the viewport; return whether all ended."""
        ended = self.owner.close()
        if self.viewport is not None:
            self.viewport.release()
            self.viewport = None
        return ended

    # ---------------------------------------------------------------------------- showing

    def _start_over(self, source: Any) -> None:
        """Empty the model for the session whose updates are about to arrive."""
        self.model.clear()
        self.post(SetSpeed(self.window.run_bar.chosen_speed))
        if self.window.run_bar.chosen_tstop is not None:
            self.post(SetStopTime(self.window.run_bar.chosen_tstop))
        if self.opener.recent_path:
            self.window.add_recent(self.opener.recent_path)

    def _show_scene(self) -> None:
        scene = self.model.scene
        self.window.setWindowTitle(f"{scene.title} — Somascope")
        self.window.run_bar.set_facts(scene.backend, scene.dt_ms)
        self._show_layout()
        self._capture_first_traces()

    def _capture_first_traces(self) -> None:
        """Bring back the traces of a restarted session, else trace the soma."""
        geometry = self.model.geometry
        wanted = [t for t in self.opener.wanted_traces if geometry is not None and t in geometry]
        self.opener.wanted_traces = ()
        root = self.model.segment_id(self.model.root_segment())
        if not wanted and not self.model.traces and root:
            wanted = [root]
        for segment_id in wanted:
            self.post(CaptureTrace(segment_id))

    def _show_layout(self) -> None:
        """Show the panels that the session lays out; all of them where it lays out none."""
        layout = self.model.scene.layout
        if not layout.panels:
            return
        self.window.docks["traces"].setVisible(bool(layout.of_kind("traces")))
        self.window.docks["controls"].setVisible(bool(layout.of_kind("controls")))
        self.window.show_stage(bool(layout.of_kind("morphology")))

    def _show_progress(self, text: str, phase: Phase | None, progress: float | None) -> None:
        self.window.banner.hide()
        self.window.busy_bar.show_progress(text, progress)
        self.window.verbs["cancel"].setEnabled(True)
        self.window.run_bar.lamp.set_phase(phase or Phase.STARTING, text)

    def _show_phase(self) -> None:
        if self.owner.is_loading:
            return
        phase, verbs = self.model.phase, self.window.verbs
        self.window.run_bar.lamp.set_phase(phase, self.model.status.message)
        usable = self.model.has_scene and not self.model.is_failed
        for id_ in NEEDS_SESSION:
            verbs[id_].setEnabled(usable)
        verbs["reload"].setEnabled(self.opener.source is not None)
        verbs["cancel"].setEnabled(False)
        verbs["run"].setText("Pause" if phase is Phase.RUNNING else "Run")

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

    def _show_decorations(self) -> None:
        if self.viewport is not None:
            verbs = self.window.verbs
            axes = verbs["axes"].isChecked()
            self.viewport.set_decorations(
                color_bar=verbs["color_bar"].isChecked(), scale_bar=axes, axes=axes
            )

    def _show_error(self, error: Error) -> None:
        retry = "Restart" if error.fatal else ""
        self.notices.post(Notice("error", error.message, error.details, retry))

    def _show_notice(self, notice: Notice) -> None:
        self.window.set_message_count(len(self.notices.items))
        if notice.severity == "info":
            self.window.statusBar().showMessage(notice.message, 8000)
        else:
            self.window.banner.show_notice(notice)

    def _say(self, severity: str, message: str) -> None:
        self.notices.post(Notice(severity, message))

    def _keep_early(self, arrived: Any) -> None:
        self._before_the_plot.append(arrived)

    def _remember_highlight(self, trace_id: str) -> None:
        self._highlighted = trace_id or None
        info = self.model.traces.get(trace_id)
        if info is not None and info.segment >= 0:
            self.model.select(info.segment)

    def _focus(self, segment: int) -> None:
        if self.viewport is not None:
            self.viewport.focus_segment(segment)

    def _stem(self) -> str:
        title = self.model.scene.title or "somascope"
        return "".join(c if c.isalnum() or c in "-_." else "_" for c in title)

    def _on_viewport(self, method: str, *args: Any, **kwargs: Any) -> Callable[[], None]:
        def do() -> None:
            if self.viewport is not None:
                getattr(self.viewport, method)(*args, **kwargs)

        return do


def _without_argument(do: Callable[[], object]) -> Callable[[bool], None]:
    """Return a slot for `triggered(bool)` that calls `do` with nothing."""

    def slot(_checked: bool = False) -> None:
        do()

    return slot


def _bundled_cells() -> list[tuple[str, str, str]]:
    from resources import bundled

    return [(cell.name, cell.title, cell.note) for cell in bundled()]
