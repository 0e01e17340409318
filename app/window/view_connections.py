"""`ViewConnections`: connects the widgets of views with the commands of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model import Model
from app.presenters.viewport import ViewportPresenter
from app.window.commands import WindowCommands
from app.window.main_window import MainWindow
from app.window.views.contents import Content
from app.window.views.scene_views import SceneViews

if TYPE_CHECKING:
    from app.traces.plot import TracePlot


class ViewConnections:
    """Connects what `SceneViews` has and what it makes later."""

    def __init__(self, window: MainWindow, model: Model, commands: WindowCommands) -> None:
        self._window = window
        self._model = model
        self._commands = commands

    def connect(self, views: SceneViews) -> None:
        """Connect the widgets that are there, and each one as soon as it is made."""
        views.contents.made.connect(self._connect_content)
        for content in views.contents.all():
            self._connect_content(content)

    def _connect_content(self, content: Content) -> None:
        if isinstance(content.presenter, ViewportPresenter):
            self._connect_viewport(content, content.presenter)
        elif content.kind == "traces":
            self.connect_plot(content.widget)
        else:
            save = self._commands.saving.save_values
            content.widget.exportRequested.connect(lambda: save(content.view_id, content.widget))

    def _connect_viewport(self, content: Content, presenter: ViewportPresenter) -> None:
        """Connect a viewport; a segment is an index into the cell of its view, so that has to be the model's first."""
        viewport, focus, commands = content.widget, presenter.focus, self._commands
        viewport.segmentClicked.connect(lambda i: (focus(), commands.click_segment(i)))
        viewport.segmentMenuRequested.connect(
            lambda i, place: (focus(), commands.open_segment_menu(i, place))
        )
        viewport.backgroundClicked.connect(lambda: (focus(), self._model.select(-1)))
        viewport.cameraMoved.connect(lambda: commands.link_cameras(viewport))
        viewport.detailChanged.connect(self._window.detail.setText)
        commands.show_decorations()

    def connect_plot(self, plot: TracePlot) -> None:
        """Connect a trace plot."""
        commands = self._commands
        plot.traceRemoveRequested.connect(commands.remove_trace)
        plot.traceHighlighted.connect(commands.set_highlighted)
        plot.traceVisibilityChanged.connect(self._model.show_trace)
        plot.exportRequested.connect(commands.export_traces)
        plot.clearRequested.connect(lambda: commands.remove_traces(plot.trace_ids()))
        plot.set_keep_last_run(self._window.command_actions["keep_last"].isChecked())
