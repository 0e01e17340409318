"""`RunBar`: the toolbar with run buttons, state lamp, clock, simulator, Tstop and speed."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QToolBar,
    QToolButton,
    QWidget,
)

from app.palette import DARK, Rgb, Theme
from app.ui.buttons import KeyedButton
from app.ui.icons import SIZE, icon
from app.ui.inputs import ComboBox
from app.ui.number_field import NumberField
from app.ui.plain import PlainLabel, plain_tip
from backends.phase import Phase

SPEEDS: tuple[tuple[str, float | None], ...] = (
    ("Full speed", None),
    ("200 ms per s", 200.0),
    ("50 ms per s", 50.0),
    ("20 ms per s", 20.0),
    ("5 ms per s", 5.0),
    ("1 ms per s", 1.0),
)
DEFAULT_SPEED = 20.0
SIMULATORS = ("neuron", "jaxley")
ICONED = ("init", "init_run", "run", "step", "continue_for")
BUSY = (Phase.STARTING, Phase.BUILDING, Phase.COMPILING)


class StateLamp(QWidget):
    """A dot and a word; while a model is built, also the elapsed seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._phase = Phase.STARTING
        self._theme = DARK
        self._since = time.monotonic()
        self._timer = QTimer(self, interval=250)
        self._timer.timeout.connect(self.update)
        self._timer.start()
        self.setAccessibleName("State of the simulation")

    def set_phase(self, phase: Phase, message: str = "") -> None:
        """Show a phase; `message` becomes the tooltip."""
        if phase is not self._phase:
            self._phase = phase
            self._since = time.monotonic()
        if phase in BUSY:
            self._timer.start()
        else:
            self._timer.stop()
        self.setToolTip(plain_tip(message or self.text))
        self.setAccessibleDescription(self.text)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.update()

    @property
    def text(self) -> str:
        """The word, with elapsed seconds while building or compiling."""
        if self._phase not in BUSY:
            return str(self._phase)
        return f"{self._phase}… {time.monotonic() - self._since:.0f} s"

    def sizeHint(self) -> QSize:
        """Return a size for the longest text."""
        return QSize(self.fontMetrics().horizontalAdvance("Compiling… 99 s") + 26, 24)

    minimumSizeHint = sizeHint

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the dot and the word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() // 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*self._color()))
        painter.drawEllipse(6, middle - 5, 10, 10)
        painter.setPen(QColor(*self._theme.text))
        area = self.rect().adjusted(22, 0, 0, 0)
        painter.drawText(
            area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text
        )

    def _color(self) -> Rgb:
        theme = self._theme
        if self._phase is Phase.RUNNING:
            return theme.good
        if self._phase is Phase.FAILED:
            return theme.bad
        return theme.warn if self._phase in BUSY else theme.text_quiet


class RunBar(QToolBar):
    """The toolbar.

    Signals
    -------
    speedChosen(object)
        Simulated ms per second of real time, None for as fast as possible.
    tstopChosen(object)
        ms, None for no stop time.
    """

    speedChosen = Signal(object)
    tstopChosen = Signal(object)

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Simulation", parent)
        self.setObjectName("toolbar-run")
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(SIZE, SIZE))
        self._is_running = False
        self._actions = {id_: actions[id_] for id_ in ICONED}
        self._theme = DARK
        self.lamp = StateLamp()
        self.speed = self._make_speed()
        self._clock = self._make_clock()
        self._add_run_buttons(actions)
        self.addSeparator()
        self.addWidget(self._simulator_buttons(actions))
        self.addSeparator()
        self._add_times(actions["continue_for"])
        self.addWidget(self.speed)
        self.set_time(0.0)

    def set_theme(self, theme: Theme) -> None:
        """Draw icons and lamp in the colours of a theme."""
        self._theme = theme
        self.lamp.set_theme(theme)
        for id_, action in self._actions.items():
            if id_ != "run":
                action.setIcon(icon(id_, theme.text, theme.border))
        self.set_running(self._is_running)

    def set_running(self, running: bool) -> None:
        """Show Run or Pause on the run button."""
        self._is_running = running
        # Text on the accent colour has the surface colour.
        color = self._theme.surface
        name = "pause" if running else "run"
        self._actions["run"].setIcon(icon(name, color, self._theme.border))
        self._actions["run"].setText("Pause" if running else "Run")

    def set_time(self, time_ms: float) -> None:
        """Show simulated time, ms."""
        self._clock.setText(f"t = {time_ms:.3f} ms")

    @property
    def chosen_speed(self) -> float | None:
        """Simulated ms per second of real time, None for as fast as possible."""
        speed: float | None = self.speed.currentData()
        return speed

    @property
    def chosen_tstop(self) -> float | None:
        """Stop time, ms; None for none."""
        return self.tstop_ms.value() or None

    def _add_run_buttons(self, actions: dict[str, QAction]) -> None:
        """Add the buttons, lamp and clock; first, since a narrow window hides the end of a toolbar."""
        for id_ in ("init", "init_run", "run", "step"):
            self.addAction(actions[id_])
        self.run_button = self.widgetForAction(actions["run"])
        self.run_button.setObjectName("runButton")
        self.run_button.setMinimumWidth(80)
        self.addWidget(self.lamp)
        self.addWidget(self._clock)

    def _add_times(self, continue_for: QAction) -> None:
        """Add the fields for `Continue for` and Tstop."""
        self.continue_button = QToolButton()
        self.continue_button.setDefaultAction(continue_for)
        self.continue_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.addWidget(self.continue_button)
        self.continue_ms = self._spin(5.0, 0.001, 1e6, "Continue for", "Time to run, ms")
        self.addWidget(self.continue_ms)
        self._add_label("Tstop")
        tip = "Stop time: pause when it is reached; 0 or ∞ means never"
        self.tstop_ms = self._spin(0.0, 0.0, 1e9, "Tstop", tip, infinite=0.0)
        self.tstop_ms.editingFinished.connect(self._choose_tstop)
        self.addWidget(self.tstop_ms)

    def _make_speed(self) -> QComboBox:
        speed = ComboBox()
        speed.setAccessibleName("Speed")
        speed.setToolTip("Speed: simulated time per second of real time")
        for text, value in SPEEDS:
            speed.addItem(text, value)
        speed.setCurrentIndex([value for _, value in SPEEDS].index(DEFAULT_SPEED))
        speed.activated.connect(lambda i: self.speedChosen.emit(speed.itemData(i)))
        return speed

    def _make_clock(self) -> QLabel:
        clock = PlainLabel()
        clock.setObjectName("clock")
        clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        clock.setMinimumWidth(self.fontMetrics().horizontalAdvance("t = 00000.000 ms") + 16)
        clock.setAccessibleName("Simulated time")
        return clock

    def _simulator_buttons(self, actions: dict[str, QAction]) -> QWidget:
        """Return one button for each simulator, joined side by side."""
        pair = QWidget()
        pair.setAccessibleName("Simulator")
        row = QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for id_, place in zip(SIMULATORS, ("first", "last"), strict=True):
            button = KeyedButton()
            button.setObjectName(f"simulator-{id_}")
            button.setProperty("segment", place)
            button.setDefaultAction(actions[id_])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setAccessibleName(f"Simulator: {actions[id_].text()}")
            row.addWidget(button)
        return pair

    def _choose_tstop(self) -> None:
        self.tstopChosen.emit(self.chosen_tstop)

    def _add_label(self, text: str) -> None:
        label = PlainLabel(text)
        label.setObjectName("quiet")
        label.setContentsMargins(8, 0, 4, 0)
        self.addWidget(label)

    @staticmethod
    def _spin(
        value: float, low: float, high: float, name: str, tip: str, infinite: float | None = None
    ) -> NumberField:
        spin = NumberField(unit="ms", low=low, high=high, infinite=infinite)
        spin.setValue(value)
        spin.setAccessibleName(name)
        spin.setToolTip(plain_tip(tip))
        return spin
