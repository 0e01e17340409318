"""`ModelCheck`: what happens between naming a model and running it: unpacking, the question, the choice of a script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from app.session.opener import Opener
from app.tasks.runner import Progress, Task, TaskFailure, TaskRunner
from app.window.main_window import MainWindow
from backends.opened.archive import place_of_model
from backends.opened.description import ModelDescription, describe_model
from backends.opened.programs import digest_of_programs
from backends.sources.source import SessionSource

_LANE = "files"
_CHANNEL = "look"


@dataclass(frozen=True, slots=True)
class _Found:
    """What a thread has read of a model."""

    model: ModelDescription
    digest: str


class ModelCheck(QObject):
    """Completes the source of a model, as the opener's `Fetcher`: nothing of the model runs before it is done.

    The files are read in a thread; the questions are windows that do not block the simulation on the screen.
    """

    def __init__(self, window: MainWindow, opener: Opener) -> None:
        super().__init__(window)
        self._window, self._opener = window, opener
        self._runner: TaskRunner | None = None
        self._dialog: QDialog | None = None
        opener.find_model_check = lambda: self

    def fetch(
        self,
        source: SessionSource,
        report: Progress,
        done: Callable[[SessionSource], None],
        failed: Callable[[str, str], None],
    ) -> None:
        """Look at a model, and ask what must be decided; see `app.session.opener.Fetcher`."""
        if self._runner is None:
            self._runner = TaskRunner("models", {_LANE: 1}, self)

        def fail(failure: TaskFailure) -> None:
            failed(failure.message, failure.details)

        self._runner.start(
            _CHANNEL,
            partial(_look, Path(source.path)),
            lambda found: self._ask(source, found, done),
            fail,
            progress=report,
            lane=_LANE,
        )

    def cancel(self) -> None:
        """Stop looking, and take a question back."""
        if self._runner is not None:
            self._runner.cancel(_CHANNEL)
        dialog, self._dialog = self._dialog, None
        if dialog is not None:
            dialog.close()

    def close(self) -> bool:
        """End the thread; return whether it has ended."""
        self.cancel()
        return self._runner is None or self._runner.close()

    def _ask(
        self, source: SessionSource, found: _Found, done: Callable[[SessionSource], None]
    ) -> None:
        """Ask whether the model may run, unless that is known."""
        settings = self._window.settings

        def agree() -> None:
            settings.keep_agreed(found.digest)
            self._choose(source, found.model, done)

        if self._opener.is_agreed or settings.is_agreed(found.digest):
            agree()
            return
        from app.window.dialogs.models import program_question

        path = Path(source.path)
        self._open(
            program_question(self._window, path.name, str(path), is_remembered=bool(found.digest)),
            agree,
        )

    def _choose(
        self, source: SessionSource, model: ModelDescription, done: Callable[[SessionSource], None]
    ) -> None:
        """Let the user choose among several scripts."""

        def take(name: str) -> None:
            done(replace(source, entry=name))

        if known := source.entry or model.default:
            take(known)
            return
        from app.window.dialogs.models import EntryChooser

        chooser = EntryChooser(
            source.title,
            [(each.name, each.summary) for each in model.entries],
            model.readme,
            self._window,
        )
        self._open(chooser, lambda: take(model.entries[chooser.row].name))

    def _open(self, dialog: QDialog, accepted: Callable[[], object]) -> None:
        """Show a question; refusing it stops the opening."""
        self._dialog = dialog

        def end(then: Callable[[], object]) -> None:
            if self._dialog is dialog:  # else the question was taken back
                self._dialog = None
                then()

        dialog.accepted.connect(lambda: end(accepted))
        dialog.rejected.connect(lambda: end(self._opener.cancel))
        dialog.open()


def _look(path: Path, task: Task) -> _Found:
    """Read what must be known of a model before it is opened; in a thread."""
    shown = -1

    def report(share: float) -> None:
        nonlocal shown
        if (percent := round(100 * share)) != shown:
            shown = percent
            task.report(f"Unpacking {path.name}…", share)

    place = place_of_model(path, report=report, is_cancelled=task.is_cancelled)
    return _Found(describe_model(place), digest_of_programs(place))
