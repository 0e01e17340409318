"""`ArchiveParts`: the window's NeuroMorpho.Org service, loader and dock, created when first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from app.archive.connection.options import ArchiveOptions
from app.notices import Notices
from app.session.opener import Opener
from app.window.commands import WindowCommands
from app.window.main_window import MainWindow
from app.window.views.paint_order import defer_frame_for

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService
    from app.archive.loading.loader import ArchiveLoader
    from app.archive.presenter import ArchivePresenter
    from app.viewport.widget import Viewport

MIN_DOCK_PX = 420  # width of the dock after the user asked for it


class ArchiveParts(QObject):
    """Creates what the archive needs on first use, so that a launch imports nothing of it.

    Creating any part sends no request.
    """

    def __init__(
        self,
        window: MainWindow,
        opener: Opener,
        notices: Notices,
        commands: WindowCommands,
        options: ArchiveOptions,
    ) -> None:
        super().__init__(window)
        self._window, self._opener, self._notices = window, opener, notices
        self._commands = commands
        self._options = options
        self._service: ArchiveService | None = None
        self._loader: ArchiveLoader | None = None
        self._presenter: ArchivePresenter | None = None
        opener.find_fetcher = lambda: self.loader
        window.neuronDropped.connect(lambda neuron_id: self.loader.load(neuron_id))
        window.docks["archive"].visibilityChanged.connect(self.fill_dock_if_visible)
        commands.archiveRequested.connect(self.open_dock)

    @property
    def is_used(self) -> bool:
        """Whether any part has been created."""
        return self._service is not None

    @property
    def service(self) -> ArchiveService:
        """Sends the requests to NeuroMorpho.Org, in threads."""
        if self._service is None:
            self._service = self._options.service(self)
        return self._service

    @property
    def loader(self) -> ArchiveLoader:
        """Downloads cells and opens them in the window."""
        if self._loader is None:
            from app.archive.loading.loader import ArchiveLoader

            self._loader = ArchiveLoader(self.service, self._opener, self._notices)
        return self._loader

    @property
    def presenter(self) -> ArchivePresenter:
        """Presenter of the NeuroMorpho dock; the dock is filled when this is first read."""
        if self._presenter is None:
            from app.archive.presenter import ArchivePresenter

            self._presenter = presenter = ArchivePresenter(
                self.service, self.loader, self._opener, self._notices, self
            )
            presenter.dock.set_theme(self._window.theme)
            self._window.themeChanged.connect(presenter.dock.set_theme)
            presenter.leaving.connect(self._window.centralWidget().setFocus)
            if self._commands.viewport is not None:
                _paint_results_before_frames(presenter, self._commands.viewport)
            self._window.set_dock_widget("archive", presenter.dock)
        return self._presenter

    def open_dock(self, pane: str = "search") -> None:
        """Show the NeuroMorpho dock and move the focus to one of its panes."""
        window, is_new = self._window, self._presenter is None
        dock, presenter = window.docks["archive"], self.presenter
        dock.show()
        dock.raise_()
        if is_new and dock.width() < MIN_DOCK_PX and window.width() >= 2 * MIN_DOCK_PX:
            window.resizeDocks([dock], [MIN_DOCK_PX], Qt.Orientation.Horizontal)
        dock.activateWindow()
        presenter.go_to(pane)

    def fill_dock_if_visible(self) -> None:
        """Fill the NeuroMorpho dock if it is visible; not before the other panels are created."""
        is_visible = not self._window.docks["archive"].visibleRegion().isEmpty()
        if is_visible and self._commands.traces is not None:
            _ = self.presenter

    def close(self) -> bool:
        """End all threads; return whether all have ended."""
        ended = self._presenter is None or self._presenter.close()
        return (self._service is None or self._service.close()) and ended


def _paint_results_before_frames(presenter: ArchivePresenter, viewport: Viewport) -> None:
    """Delay viewport frames while the list of results scrolls or changes."""
    results = presenter.dock.results
    for changed in (
        results.table.verticalScrollBar().valueChanged,
        results.grid.verticalScrollBar().valueChanged,
        presenter.search.model.results.dataChanged,
        presenter.thumbnails.ready,
    ):
        defer_frame_for(viewport, changed)
