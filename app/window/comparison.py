"""`Comparer`: opens the comparison window on the main window's cell, and runs its comparisons.

The runs have their own thread and processes; the session in the main window continues undisturbed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.compare.presenter import ComparePresenter
from app.compare.result import Result
from app.compare.window import CompareWindow
from app.model import Model
from app.notices import Notice, Notices
from app.palette import Theme
from app.session.experiment import Experiment
from app.session.opener import Opener
from app.session.simulator import Simulator, has_choice
from app.tasks.runner import Task, TaskFailure, TaskRunner
from app.window.main_window import MainWindow
from backends.comparison.result import Comparison
from backends.comparison.run import compare
from backends.sources.source import SessionSource

DEFAULT_MS = 30.0
LANE = "comparison"

Compare = Callable[..., Comparison]


class Comparer(QObject):
    """Owns at most one comparison window and at most one running comparison.

    Parameters
    ----------
    run : callable
        Runs a comparison: `backends.comparison.run.compare`, or a function of the same signature.

    Attributes
    ----------
    window : CompareWindow or None
        The open one.
    presenter : ComparePresenter or None
    """

    def __init__(
        self,
        main: MainWindow,
        model: Model,
        opener: Opener,
        notices: Notices,
        run: Compare = compare,
    ) -> None:
        super().__init__(main)
        self.window: CompareWindow | None = None
        self.presenter: ComparePresenter | None = None
        self._main, self._model, self._opener, self._notices = main, model, opener, notices
        self._run = run
        # Two threads, since a cancelled comparison may take a while to end.
        self._tasks = TaskRunner("comparison", {LANE: 2}, self)
        self._experiment = Experiment()  # of the comparison that runs, or ran last
        main.closing.connect(self.close)
        main.themeChanged.connect(self._set_theme)
        opener.opened.connect(self._show_cell)

    @property
    def is_running(self) -> bool:
        """Whether a comparison is running."""
        return self._tasks.is_busy()

    def open(self) -> None:
        """Show the window, and ask for the duration."""
        source = self._opener.source
        if source is None or not has_choice(source):
            reason = "a script is written for one simulator" if source else "no cell is open"
            sentence = f"Cannot compare: {reason}. Open an SWC file or a bundled cell first."
            self._notices.post(Notice("warning", sentence))
            return
        if self.window is None:
            self._make_window()
        assert self.window is not None
        self._show_cell(source)
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        self.window.focus_duration()

    def start(self, duration_ms: float) -> None:
        """Run the main window's current experiment on both simulators."""
        source, window = self._opener.source, self.window
        if source is None or window is None or self.is_running:
            return
        experiment = Experiment.of(self._model)
        work = _ComparisonTask(self._run, source, duration_ms, dict(experiment.controls))
        self._experiment = experiment
        window.banner.hide()
        window.set_busy(True)
        window.busy_bar.show_progress(f"Starting both simulators on {source.title}", None)
        self._tasks.start(
            "comparison",
            work,
            self._show,
            self._show_failure,
            cancelled=self._finish,
            progress=self._show_progress,
            lane=LANE,
        )

    def cancel(self) -> None:
        """Stop the running comparison; a result that is shown stays."""
        if self._tasks.cancel():
            self._finish()

    def close(self) -> bool:
        """Close the window and stop every comparison; return whether all have stopped."""
        if self.window is not None:
            self.window.close()
        return self._tasks.close()

    # ------------------------------------------------------------------------------------ parts

    def _make_window(self) -> None:
        self.window = window = CompareWindow(self._main.theme)
        self.presenter = ComparePresenter(window, self._main.theme)
        window.duration.setValue(self._main.run_bar.chosen_tstop or DEFAULT_MS)
        window.startRequested.connect(self.start)
        window.cancelRequested.connect(self.cancel)
        window.closing.connect(self._forget_window)

    def _forget_window(self) -> None:
        self.cancel()
        window, self.window, self.presenter = self.window, None, None
        if window is not None:
            window.deleteLater()

    def _show_cell(self, source: SessionSource) -> None:
        window = self.window
        if window is None:
            return
        jaxley = Simulator.of(source).named("jaxley")
        window.set_cell(source.title if has_choice(source) else "", jaxley)
        if self.presenter is not None and self.presenter.result is None:
            window.setWindowTitle(f"{source.title}: NEURON − Jaxley — Somascope")

    def _set_theme(self, theme: Theme) -> None:
        if self.presenter is not None:
            self.presenter.set_theme(theme)

    def _show_progress(self, sentence: str, share: float | None) -> None:
        if self.window is not None:
            self.window.busy_bar.show_progress(sentence, share)

    def _show(self, result: Result) -> None:
        self._finish()
        if self.presenter is not None:
            self.presenter.show_result(result, self._experiment.traces)
            QApplication.alert(self.window)

    def _show_failure(self, failure: TaskFailure) -> None:
        self._finish()
        if self.window is not None:
            notice = Notice("error", failure.message, failure.details, retry="Retry")
            self.window.banner.show_notice(notice)
            self._notices.post(notice)

    def _finish(self) -> None:
        if self.window is not None:
            self.window.set_busy(False)


class _ComparisonTask:
    """The function that a comparison's thread runs."""

    def __init__(
        self, run: Compare, source: SessionSource, duration_ms: float, controls: dict[str, Any]
    ) -> None:
        self._run, self._source = run, source
        self._duration_ms, self._controls = duration_ms, controls

    def __call__(self, task: Task) -> Result:
        comparison = self._run(
            self._source,
            self._duration_ms,
            precision=self._source.precision,
            controls=self._controls,
            on_progress=lambda sentence, share: task.report(sentence, share or None),
            cancelled=task.is_cancelled,
        )
        task.report("Computing the differences", None)
        return Result.of(comparison)
