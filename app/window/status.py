"""What title bar, clock and status bar show of the model."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, QTimer

from app.model import Model
from app.presenters.captions import read_out, simulator_name
from app.presenters.selection_mode import SelectionMode
from app.ui.number_text import value_text
from app.ui.plain import plain_tip
from app.window.main_window import MainWindow
from backends.messages import Status
from backends.phase import Phase

READ_OUT_EVERY_MS = 100
RUN_PHASES = (Phase.READY, Phase.RUNNING, Phase.PAUSED, Phase.FINISHED)
MOST_CHARACTERS = 80
_LONGEST_MS = 2**31 - 1  # that Qt can count


class StatusPresenter(QObject):
    """Shows time, speed, simulator and the segment under the pointer."""

    def __init__(self, model: Model, window: MainWindow, selection: SelectionMode) -> None:
        super().__init__(window)
        self._model = model
        self._window = window
        self._selection = selection
        self._shown_text = ""
        self._timed: Status | None = None  # whose time the timer measures
        self._timeout = QTimer(self, singleShot=True)
        self._timeout.timeout.connect(model.clear_message)
        self._read_out_later = QTimer(self, singleShot=True, interval=READ_OUT_EVERY_MS)
        self._read_out_later.timeout.connect(self._show_read_out)
        model.sceneChanged.connect(self._show_scene)
        model.phaseChanged.connect(self._show_author_status)
        selection.changed.connect(self._show_sentence)
        model.runStatusChanged.connect(self._show_run_status)
        model.hoverChanged.connect(self._show_read_out)
        model.selectionChanged.connect(self._show_read_out)
        model.valuesChanged.connect(self._show_read_out_soon)

    def _show_scene(self) -> None:
        scene = self._model.scene
        title = scene.title.replace("[*]", "[*][*]")  # Qt's own mark, doubled to be shown
        self._window.setWindowTitle(f"{title} — Somascope")
        step = "" if scene.dt_ms is None else f"dt {scene.dt_ms:g} ms"
        simulator = simulator_name(scene)
        self._window.backend.setText("  ·  ".join(part for part in (simulator, step) if part))

    def _show_author_status(self) -> None:
        """Show the sentence of a session's `show_status`, for as long as it says."""
        timeout = self._model.status.timeout_ms
        if timeout is None:
            self._timeout.stop()
        elif self._model.status is not self._timed:
            self._timed = self._model.status
            self._timeout.start(min(math.ceil(timeout), _LONGEST_MS))
        self._show_sentence()

    def _show_sentence(self) -> None:
        """Show what an action waits for, else the session's sentence; while a model is built the lamp has that."""
        status, label = self._model.status, self._window.author_status
        own = status.message if status.phase in RUN_PHASES else ""
        text = self._selection.prompt or own
        if text == self._shown_text:
            return
        self._shown_text = text
        if text:
            self._window.statusBar().clearMessage()  # it would cover the sentence
        label.setText(text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…")
        label.setToolTip(plain_tip(text))

    def _show_run_status(self) -> None:
        status = self._model.run_status
        self._window.run_bar.set_time(status.time_ms)
        rate = status.rate_ms_per_s
        text = value_text(rate, "ms per s") if status.running and rate == rate else ""
        self._window.rate.setText(text)

    def _show_read_out_soon(self) -> None:
        if not self._read_out_later.isActive():
            self._read_out_later.start()

    def _show_read_out(self) -> None:
        model = self._model
        segment = model.hovered if model.hovered >= 0 else model.selected
        self._window.read_out.set_parts(read_out(model, segment))
