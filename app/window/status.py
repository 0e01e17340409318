"""What title bar, clock and status bar show of the model."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.model import Model
from app.presenters.captions import read_out, simulator_name
from app.ui.number_text import value_text
from app.ui.plain import plain_tip
from app.window.main_window import MainWindow
from backends.phase import Phase

READ_OUT_EVERY_MS = 100
RUN_PHASES = (Phase.READY, Phase.RUNNING, Phase.PAUSED, Phase.FINISHED)
MOST_CHARACTERS = 80


class StatusPresenter(QObject):
    """Shows time, speed, simulator and the segment under the pointer."""

    def __init__(self, model: Model, window: MainWindow) -> None:
        super().__init__(window)
        self._model = model
        self._window = window
        self._author_text = ""
        self._read_out_later = QTimer(self, singleShot=True, interval=READ_OUT_EVERY_MS)
        self._read_out_later.timeout.connect(self._show_read_out)
        model.sceneChanged.connect(self._show_scene)
        model.phaseChanged.connect(self._show_author_status)
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
        """Show the sentence of a session's `show_status`; while a model is built the lamp has it."""
        status, label = self._model.status, self._window.author_status
        text = status.message if status.phase in RUN_PHASES else ""
        if text == self._author_text:
            return
        self._author_text = text
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
