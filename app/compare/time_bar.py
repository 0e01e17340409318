"""`TimeBar`: chooses the time that is shown: play, drag, step."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from app.palette import DARK, Theme
from app.ui.icons import SIZE, icon
from app.ui.inputs import ComboBox, Slider
from app.ui.plain import PlainLabel

SPEEDS_MS_PER_S = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 200.0)
DEFAULT_SPEED = 5.0
_FRAME_MS = 33


class _Slider(Slider):
    """A slider that jumps to where it is clicked."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderPosition(self.position_at(event.position().x()))
        super().mousePressEvent(event)

    def position_at(self, x: float) -> int:
        """Return the value at an x coordinate, px; the middle of the handle marks the value."""
        knob = 16
        share = (x - knob / 2) / max(1, self.width() - knob)
        return round(self.minimum() + min(max(share, 0.0), 1.0) * (self.maximum() - self.minimum()))


class TimeBar(QWidget):
    """The present sample of a run.

    Signals
    -------
    sampleChosen(int)
        By the user, or while playing.
    playingChanged(bool)

    Attributes
    ----------
    sample : int
    """

    sampleChosen = Signal(int)
    playingChanged = Signal(bool)

    def __init__(self, play: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sample = 0
        self.is_playing = False
        self._times = (0.0,)
        self._theme = DARK
        self._play = play
        self._start_ms = self._start_s = 0.0
        self._timer = QTimer(self, interval=_FRAME_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self.play_button = QToolButton()
        self.play_button.setObjectName("playButton")
        self.play_button.setDefaultAction(play)
        self.play_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.play_button.setIconSize(QSize(SIZE, SIZE))
        self.play_button.setMinimumWidth(88)
        self.slider = _Slider()
        self.slider.setAccessibleName("Time")
        self.slider.setToolTip("The time shown; ← and → move by one sample")
        self.slider.valueChanged.connect(self._on_slider)
        self._clock = PlainLabel()
        self._clock.setObjectName("clock")
        self._clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._clock.setMinimumWidth(self.fontMetrics().horizontalAdvance("t = 0000.000 ms") + 24)
        self.speed = ComboBox()
        self.speed.setAccessibleName("Playback speed")
        self.speed.setToolTip("Simulated time per second while playing")
        for speed in SPEEDS_MS_PER_S:
            self.speed.addItem(f"{speed:g} ms per s", speed)
        self.speed.setCurrentIndex(SPEEDS_MS_PER_S.index(DEFAULT_SPEED))
        self.speed.currentIndexChanged.connect(self._restart_clock)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.play_button)
        row.addWidget(self.slider, 1)
        row.addWidget(self._clock)
        row.addWidget(self.speed)
        self._show()

    def set_times(self, times: tuple[float, ...]) -> None:
        """Use these times (ms), starting at the first one."""
        self.stop()
        self._times = times
        self.slider.setRange(0, len(times) - 1)
        self.slider.setPageStep(max(1, len(times) // 20))
        self.set_sample(0)

    def set_sample(self, sample: int) -> None:
        """Go to a sample; emits `sampleChosen` if it is another one."""
        self.slider.setValue(min(max(sample, 0), len(self._times) - 1))

    def step(self, samples: int) -> None:
        """Stop playing and move by some samples, negative for back."""
        self.stop()
        self.set_sample(self.sample + samples)

    def set_theme(self, theme: Theme) -> None:
        """Draw the icon in the colours of a theme."""
        self._theme = theme
        self._show()

    def toggle(self) -> None:
        """Play, from the start if the end is shown; or stop."""
        if self.is_playing:
            self.stop()
        elif len(self._times) > 1:
            if self.sample == len(self._times) - 1:
                self.set_sample(0)
            self._set_playing(True)

    def stop(self) -> None:
        """Stop playing."""
        self._set_playing(False)

    def _set_playing(self, playing: bool) -> None:
        if playing == self.is_playing:
            return
        self.is_playing = playing
        if playing:
            self._restart_clock()
            self._timer.start()
        else:
            self._timer.stop()
        self._show()
        self.playingChanged.emit(playing)

    def _restart_clock(self) -> None:
        self._start_ms, self._start_s = self._times[self.sample], time.monotonic()

    def _tick(self) -> None:
        """Show the sample that is due now; a slow machine skips some."""
        now_ms = self._start_ms + (time.monotonic() - self._start_s) * self.speed.currentData()
        last = len(self._times) - 1
        step_ms = (self._times[-1] - self._times[0]) / last
        sample = min(last, int((now_ms - self._times[0]) / step_ms + 1e-9))
        self.set_sample(sample)
        if sample == last:
            self.stop()

    def _on_slider(self, sample: int) -> None:
        self.sample = sample
        self._show()
        if self.is_playing and self.slider.isSliderDown():
            self._restart_clock()
        self.sampleChosen.emit(sample)

    def _show(self) -> None:
        self._clock.setText(f"t = {self._times[self.sample]:.3f} ms")
        self._play.setText("Pause" if self.is_playing else "Play")
        name = "pause" if self.is_playing else "run"
        self._play.setIcon(icon(name, self._theme.text, self._theme.border))
