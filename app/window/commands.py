"""`WindowCommands`: what each command of the menus, the toolbar and the keyboard does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu

from app.model import Model
from app.notices import Notice, Notices
from app.palette import DARK, LIGHT
from app.presenters.captions import versions
from app.presenters.interaction import SessionInteraction
from app.presenters.session_actions import SessionActions
from app.session.opener import Opener
from app.session.owner import SessionOwner
from app.ui.number_field import commit_focused_number
from app.window.dialogs import windows as dialogs
from app.window.main_window import MainWindow
from app.window.network_commands import NetworkCommands
from app.window.simulator_choice import SimulatorChoice
from app.window.views.saving import FileSaving
from backends.messages import (
    CaptureTrace,
    RemoveTrace,
    Reset,
    RunFor,
    SetRunning,
    StepOnce,
)

if TYPE_CHECKING:
    from app.export.trace_column import TraceColumn
    from app.panels.controls import ControlsPanel
    from app.traces.plot import TracePlot
    from app.viewport.widget import Viewport
    from app.window.comparison import Comparer
    from app.window.views.scene_views import SceneViews


_IN_ARCHIVE = "archive_"
_READINGS = {
    ("membrane", "hh"): "with the HH (demo) membrane",
    ("membrane", "passive"): "with a passive membrane",
    ("trees", "all"): "with all trees",
    ("trees", "main"): "with the main tree only",
    ("units", "um"): "read as µm",
    ("units", "nm"): "read as nm",
    ("units", "8nm"): "read as 8 nm voxels",
}


class WindowCommands(QObject):
    """Runs the commands on one window's model, session and views.

    Attributes
    ----------
    viewport, traces, views, controls, comparer
        None until they are created; `viewport` is that of the first cell, `traces` the plot in the dock.
    trace_columns : callable
        Returns every trace, for export.
    interaction : SessionInteraction
        Controls, actions and clicks.
    session_actions : SessionActions
        The actions of the open session.
    network : NetworkCommands
        Hidden and arranged cells, and connections.

    Signals
    -------
    archiveRequested(str)
        The user wants a pane of the NeuroMorpho dock: see `ArchivePresenter.go_to`.
    rebuildRefused
        The user was asked whether a model may be built again, and keeps the one on the screen.
    reloadChoiceChanged
        *Reload when the file changes* was checked or unchecked.
    """

    archiveRequested = Signal(str)
    rebuildRefused = Signal()
    reloadChoiceChanged = Signal()

    def __init__(
        self,
        window: MainWindow,
        model: Model,
        notices: Notices,
        owner: SessionOwner,
        opener: Opener,
        choice: SimulatorChoice,
    ) -> None:
        super().__init__(window)
        self.window = window
        self.model = model
        self.viewport: Viewport | None = None
        self.views: SceneViews | None = None
        self.traces: TracePlot | None = None
        self.trace_columns: Callable[[], list[TraceColumn]] = list
        self.controls: ControlsPanel | None = None
        self.comparer: Comparer | None = None
        self.saving = FileSaving(window, model, notices)
        self._notices = notices
        self._opener = opener
        self._choice = choice
        self._highlighted: str | None = None
        self._send = owner.post
        self.interaction = SessionInteraction(window, model, owner.post)
        self.network = NetworkCommands(model, window.command_actions, self)
        self.session_actions = SessionActions(window, model, notices, self.invoke_action)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return the function of each command in `app.actions.COMMANDS`, by id."""
        return {
            **self._file_handlers(),
            **self._simulation_handlers(),
            **self._record_handlers(),
            **self._view_handlers(),
            **self.network.handlers(),
            **self._help_handlers(),
        }

    def _file_handlers(self) -> dict[str, Callable[[], object]]:
        handlers: dict[str, Callable[[], object]] = {
            "open": self.choose_file,
            "open_model": self.choose_model_folder,
            "examples": self.show_examples,
            "search_archive": lambda: self.archiveRequested.emit("search"),
            "reload": self.restart,
            "reload_on_save": self.reloadChoiceChanged.emit,
            "cancel": self._opener.cancel,
            "export_traces": self.export_traces,
            "snapshot": self.save_picture,
            "quit": self.window.close,
        }
        for id_ in filter(lambda each: each.startswith(_IN_ARCHIVE), self.window.command_actions):
            part = id_.removeprefix(_IN_ARCHIVE)
            handlers[id_] = partial(self.archiveRequested.emit, part)
        return handlers

    def _simulation_handlers(self) -> dict[str, Callable[[], object]]:
        return {
            "run": self.toggle_running,
            "step": self.step,
            "init": self.init,
            "init_run": self.init_and_run,
            "continue_for": self.continue_for,
            "neuron": lambda: self._choice.choose_simulator("neuron"),
            "jaxley": lambda: self._choice.choose_simulator("jaxley"),
            "float64": lambda: self._choice.choose_precision("float64"),
            "float32": lambda: self._choice.choose_precision("float32"),
            "compare": self.compare,
        }

    def _record_handlers(self) -> dict[str, Callable[[], object]]:
        return {
            "record_here": self.record_here,
            "remove_trace": self.remove_highlighted,
            "remove_all": self.remove_all_traces,
            "record_named": self.record_named,
            "keep_last": self.keep_last,
        }

    def _view_handlers(self) -> dict[str, Callable[[], object]]:
        handlers: dict[str, Callable[[], object]] = {
            "reset_view": self._on_viewport("reset_view"),
            "fit": self.fit_selection,
            "axes": self.show_decorations,
            "color_bar": self.show_decorations,
            "link_cameras": self.link_cameras,
            "theme": self.switch_theme,
            "reset_layout": self.window.reset_layout,
        }
        for plane in ("xy", "xz", "yz"):
            handlers[f"view_{plane}"] = self._on_viewport("view_axis", plane)
            handlers[f"view_{plane}_back"] = self._on_viewport("view_axis", plane, opposite=True)
        return handlers

    def _help_handlers(self) -> dict[str, Callable[[], object]]:
        window = self.window
        return {
            "palette": self.open_palette,
            "shortcuts": self.show_shortcuts,
            "messages": lambda: dialogs.messages_sheet(window, self._notices.items).show(),
            "about": lambda: dialogs.about_sheet(window, versions()).show(),
        }

    def restart(self) -> None:
        """Build the same model again; ask first if that removes the past of a healthy simulation."""
        question = f"Build {self.model.scene.title} again from its source?"
        self._rebuild(self._opener.restart, question, "Restart")

    def read_again(self, field: str, value: str) -> None:
        """Open the cell again with another reading or membrane; ask first as `restart` does."""
        source = self._opener.source
        if source is None or getattr(source, field) == value:
            return
        question = f"Open {self.model.scene.title} again, {_READINGS[field, value]}?"
        self._rebuild(lambda: self._opener.read_again(field, value), question, "Open again")

    def _rebuild(self, build: Callable[[], object], question: str, label: str) -> None:
        """Call `build`; ask first if a healthy simulation has a past, unless that was answered already."""
        time_ms = self.model.run_status.time_ms
        is_healthy = self.model.has_scene and not self.model.is_failed and time_ms > 0
        is_agreed = self._opener.is_opening and self._opener.keep_experiment
        if not is_healthy or is_agreed:
            build()
            return
        box = dialogs.rebuild_question(self.window, question, label, time_ms)
        box.accepted.connect(build)
        box.rejected.connect(self.rebuildRefused)
        box.open()

    def invoke_action(self, action_id: str) -> None:
        """Let the session do one of its actions."""
        self.interaction.invoke_action(action_id)

    def toggle_running(self) -> None:
        """Run or pause."""
        commit_focused_number()
        self._send(SetRunning(not self.model.run_status.running))

    def init_and_run(self) -> None:
        """Return to t = 0, then run."""
        self.init()
        self._send(SetRunning(True))

    def init(self) -> None:
        """Return to t = 0 with the present parameters."""
        commit_focused_number()
        self._send(Reset())

    def step(self) -> None:
        """Advance by one step."""
        commit_focused_number()
        self._send(StepOnce())

    def continue_for(self) -> None:
        """Run for the time in the toolbar, unless what is typed there was refused."""
        if commit_focused_number():
            self._send(RunFor(self.window.run_bar.continue_ms.value()))

    def compare(self) -> None:
        """Open the window that compares the simulators."""
        commit_focused_number()
        if self.comparer is None:
            from app.window.comparison import Comparer

            self.comparer = Comparer(self.window, self.model, self._opener, self._notices)
        self.comparer.open()

    def choose_file(self) -> None:
        """Ask for a file, then open it."""
        path, _ = QFileDialog.getOpenFileName(
            self.window,
            "Open a morphology, a model or a recording",
            self._recent_folder,
            "Morphologies, models, recordings (*.swc *.SWC *.py *.hoc *.ses *.zip *.npz *.h5 *.hdf5);;All files (*)",
        )
        if path:
            self._opener.open_text(path)

    def choose_model_folder(self) -> None:
        """Ask for the folder of a model, then open it."""
        path = QFileDialog.getExistingDirectory(
            self.window, "Open the folder of a NEURON model", self._recent_folder
        )
        if path:
            self._opener.open_text(path)

    @property
    def _recent_folder(self) -> str:
        """Where the present source lies, "" if it is none of the user's files."""
        return str(Path(self._opener.recent_path).parent) if self._opener.recent_path else ""

    def show_examples(self) -> None:
        """Show the examples, of which the user may open one."""
        from app.export.files import not_written
        from app.window.dialogs.examples import ExamplesDialog

        dialog = ExamplesDialog(self.window)
        dialog.chosen.connect(self._opener.open_text)
        dialog.copied.connect(
            lambda path: self._post_notice("info", f"The example is saved as {path}")
        )
        dialog.copyFailed.connect(
            lambda path, error: self._post_notice(
                "error", not_written("The example", Path(path), error)
            )
        )
        dialog.show()

    def click_segment(self, segment: int) -> None:
        """Select a segment and let the session decide what a click does (by default: a trace)."""
        self.interaction.click_segment(segment)

    def record_here(self) -> None:
        """Record the segment under the pointer, or the selected one, or the soma."""
        model = self.model
        segment = next((s for s in (model.hovered, model.selected) if s >= 0), model.root_segment())
        if segment >= 0:
            self._send(CaptureTrace(model.segment_id(segment)))

    def record_named(self) -> None:
        """Let the user name a segment to record."""
        geometry = self.model.geometry
        if geometry is not None:
            prompt = dialogs.SegmentPrompt(geometry, self.window)
            prompt.chosen.connect(lambda id_: self._send(CaptureTrace(id_)))
            prompt.open_over(self.window)

    def keep_last(self) -> None:
        """Show or hide the last run, as the menu entry is checked."""
        for plot in [] if self.views is None else self.views.plots():
            plot.set_keep_last_run(self.window.command_actions["keep_last"].isChecked())

    def remove_trace(self, trace_id: str) -> None:
        """Remove a trace; nothing where there is none of that id."""
        info = self.model.traces.get(trace_id)
        if info is not None:
            self._send(RemoveTrace(info.row))

    def remove_highlighted(self) -> None:
        """Remove the highlighted trace, or that of the selected segment."""
        self.remove_trace(self._highlighted or self.model.trace_of(self.model.selected))

    def remove_trace_of(self, segment_id: str) -> None:
        """Remove a segment's trace of the variable that the cell is coloured by."""
        geometry = self.model.geometry
        if geometry is not None and segment_id in geometry:
            self.remove_trace(self.model.trace_of(geometry.index_of(segment_id)))

    def remove_all_traces(self) -> None:
        """Remove every trace."""
        self.remove_traces(tuple(self.model.traces))

    def remove_traces(self, trace_ids: Sequence[str]) -> None:
        """Remove some traces."""
        for trace_id in trace_ids:
            self.remove_trace(trace_id)

    @property
    def active_viewport(self) -> Viewport | None:
        """The viewport of the cell that the pointer was on last, None until there is one."""
        return None if self.views is None else self.views.active_viewport()

    def link_cameras(self, leader: Viewport | None = None) -> None:
        """Show the same cell in other views as one viewport does, as long as the menu entry is checked."""
        leader = leader or self.active_viewport
        if leader is None or self.views is None or not self._are_cameras_linked:
            return
        for other in self.views.others_of_cell(leader):
            other.copy_camera(leader)

    @property
    def _are_cameras_linked(self) -> bool:
        return self.window.command_actions["link_cameras"].isChecked()

    def fit_selection(self) -> None:
        """Centre the selected segment; if none is selected, fit the cell in the view."""
        viewport = self.active_viewport
        if viewport is None:
            return
        if viewport.scene.is_drawn(self.model.selected):
            viewport.focus_segment(self.model.selected)
        else:
            viewport.fit()

    def open_segment_menu(self, segment: int, place: QPoint) -> None:
        """Open the context menu of a segment, or of the background (-1)."""
        segment_id = self.model.segment_id(segment)
        menu = QMenu(self.window)
        menu.setObjectName("segmentMenu")
        if segment_id:
            menu.addSection(segment_id)
            trace_id = self.model.trace_of(segment)
            if trace_id:
                menu.addAction("Remove trace", lambda: self.remove_trace(trace_id))
            elif not self.model.scene.cannot_run:
                menu.addAction("Add trace", lambda: self._send(CaptureTrace(segment_id)))
            menu.addAction("Select", lambda: self.model.select(segment))
            menu.addAction("Centre here", lambda: self._focus(segment))
            menu.addAction("Copy id", lambda: QGuiApplication.clipboard().setText(segment_id))
        else:
            for id_ in ("reset_view", "view_xy", "axes", "color_bar", "snapshot"):
                menu.addAction(self.window.command_actions[id_])
        self.network.add_to_menu(menu, segment)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def switch_theme(self) -> None:
        """Switch between the dark and the light theme."""
        self.window.set_theme(LIGHT if self.window.theme.is_dark else DARK)

    def open_palette(self) -> None:
        """Open the command palette over the viewport."""
        actions = [a for id_, a in self.window.command_actions.items() if id_ != "palette"]
        panels = [dock.toggleViewAction() for dock in self.window.docks.values()]
        palette = dialogs.CommandPalette(
            [*self.session_actions.actions, *actions, *panels], self.window
        )
        palette.open_over(self.window)

    def show_shortcuts(self) -> None:
        """Show all keys and mouse gestures."""
        dialogs.shortcut_sheet(self.window, self.session_actions.actions).show()

    def save_picture(self) -> None:
        """Ask for a file name, then write the cell, or all views where there are several, as a PNG."""
        views, viewport = self.views, self.active_viewport
        if views is None or viewport is None:
            return
        self.saving.save_picture(
            viewport.save_picture if views.plan.is_plain else views.save_picture
        )

    def export_traces(self) -> None:
        """Ask for a file name, then write every trace as CSV or NPZ."""
        if not self.model.traces:
            self._post_notice(
                "info", "There are no traces to export. Click a segment to record one."
            )
            return
        from app.export.traces import write_traces

        columns = self.trace_columns()
        what = f"The table of {len(columns)} trace{'' if len(columns) == 1 else 's'}"
        self.saving.save_table(
            "Export traces", "traces", what, lambda path: write_traces(path, columns)
        )

    def show_decorations(self) -> None:
        """Show or hide axes, scale bar and colour bar as their menu entries are checked."""
        actions = self.window.command_actions
        axes = actions["axes"].isChecked()
        for viewport in [] if self.views is None else self.views.viewports():
            viewport.set_decorations(
                color_bar=actions["color_bar"].isChecked(), scale_bar=axes, axes=axes
            )

    def set_highlighted(self, trace_id: str) -> None:
        """Make a trace the one that Del removes, and its segment the selected one."""
        self._highlighted = trace_id or None
        info = self.model.traces.get(trace_id)
        if info is not None and info.segment >= 0:
            self.model.select(info.segment)

    def _focus(self, segment: int) -> None:
        viewport = self.active_viewport
        if viewport is not None:
            viewport.focus_segment(segment)

    def _on_viewport(self, method: str, *args: Any, **kwargs: Any) -> Callable[[], None]:
        def call() -> None:
            viewport = self.active_viewport
            if viewport is not None:
                getattr(viewport, method)(*args, **kwargs)

        return call

    def _post_notice(self, severity: str, message: str) -> None:
        self._notices.post(Notice(severity, message))
