"""`Reloading`: what happens when the file of an open script changes: a question in the banner, or a reload."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.model import Model
from app.notices import Notice, Notices
from app.session.opener import Opener
from app.session.owner import SessionOwner
from app.session.script_watch import ScriptWatch
from app.window.main_window import MainWindow
from backends.messages import SetRunning
from backends.sources.source import SessionSource

RELOAD = "Reload"


class Reloading(QObject):
    """Builds a script again after it was saved: at once where the menu says so, else when the user agrees.

    The window keeps its docks, the camera and the traces, as after *Restart*; a model that was running runs
    again. A file with a mistake costs nothing: the model on the screen goes on as it was.
    """

    def __init__(
        self,
        window: MainWindow,
        model: Model,
        opener: Opener,
        owner: SessionOwner,
        notices: Notices,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._model = model
        self._opener = opener
        self._owner = owner
        self._notices = notices
        self._question = ""  # the sentence in the banner
        self._resumes = False  # whether what is being built shall run, or the present model again
        self.watch = ScriptWatch(self)
        self.watch.changed.connect(self._on_changed)
        self._action = window.command_actions["reload_on_save"]
        self._action.setChecked(window.settings.reloads_on_save)
        opener.opened.connect(self._on_opened)
        opener.ended.connect(self._on_ended)
        window.banner.retryRequested.connect(self._on_retry)

    def keep_choice(self) -> None:
        """Remember whether a script is reloaded without a question; reload one that is waiting for it."""
        self._window.settings.reloads_on_save = self._action.isChecked()
        if self._action.isChecked() and self._window.banner.message == self._question != "":
            self._window.banner.withdraw(self._question)
            self._reload()

    def close(self) -> None:
        """Watch no file any more."""
        self.watch.close()

    def _on_opened(self, source: SessionSource) -> None:
        self._window.banner.withdraw(self._question)
        self._question = ""
        self.watch.watch(source.path if source.kind == "script" else None)
        if self._resumes:
            self._resumes = False
            # After the updates of the new session, which come with this signal.
            QTimer.singleShot(0, self, lambda: self._owner.post(SetRunning(True)))

    def _on_changed(self, path: str) -> None:
        if self._action.isChecked():
            self._reload()
            return
        if self._opener.source is not None:
            self._opener.clear_failed()  # so that the button means this file
        self._question = f"{Path(path).name} has changed."
        self._notices.post(Notice("info", self._question, retry=RELOAD))

    def _on_retry(self) -> None:
        """Note, before the opener builds the script again, whether the model was running."""
        if self._question:
            self._question = ""
            self._resumes = self._model.run_status.running

    def _reload(self) -> None:
        self._resumes = self._resumes or self._model.run_status.running
        self._opener.restart()

    def _on_ended(self) -> None:
        """Let the model on the screen go on if the file could not be built; wait for its correction."""
        pending = self._opener.target_source
        is_nothing_shown = self._opener.source is None
        if is_nothing_shown and pending is not None and pending.kind == "script":
            self.watch.watch(pending.path)
        if self._resumes and not self._opener.is_opening:
            self._resumes = False
            self._owner.post(SetRunning(True))
