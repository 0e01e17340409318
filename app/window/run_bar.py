"""`RunBar`: the toolbar with run buttons, state lamp, clock, simulator, Tstop and speed."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.palette import DARK, Theme
from app.ui.buttons import KeyedButton
from app.ui.fitting_row import FittingRow
from app.ui.icons import SIZE, icon
from app.ui.inputs import ComboBox
from app.ui.layouts import fill
from app.ui.number_field import NumberField
from app.ui.plain import PlainLabel, plain_tip
from app.window.state_lamp import StateLamp

SPEEDS: tuple[tuple[str, float | None], ...] = (
    ("Full speed", None),
    ("200 ms per s", 200.0),
    ("50 ms per s", 50.0),
    ("20 ms per s", 20.0),
    ("5 ms per s", 5.0),
    ("1 ms per s", 1.0),
)
DEFAULT_SPEED = 20.0
SPEED_TIP = "Speed: simulated time per second of real time"
OWN_SPEED_TIP = "The script decides how fast this session runs"
SIMULATORS = ("neuron", "jaxley")
ICONED = ("init", "init_run", "run", "step", "continue_for")


class LabelledField(QWidget):
    """A field of the toolbar: beside its label there, and in the menu *More*."""

    def __init__(self, label: str, field: QWidget, *, needs_label: bool) -> None:
        super().__init__()
        self._label = PlainLabel(label)
        self._label.setObjectName("quiet")
        self._needs_label = needs_label
        fill(QHBoxLayout(self), (self._label, 1), field, margins=(4, 0, 0, 0), spacing=8)

    def set_in_menu(self, in_menu: bool) -> None:
        """Show the label where the field's neighbour does not say what it is."""
        self._label.setVisible(in_menu or self._needs_label)


class RunRow(FittingRow):
    """What is in the toolbar; in a narrow window texts go first, then fields move into the menu *More*.

    Parameters
    ----------
    buttons : dict of str to QToolButton
        By the id of their command.
    fixed : sequence of QWidget
        Lamp, clock and simulators, after the run buttons.
    fields : sequence of LabelledField
        At the end; the last one moves into the menu first.
    """

    def __init__(
        self,
        buttons: dict[str, QToolButton],
        fixed: tuple[QWidget, ...],
        fields: tuple[LabelledField, ...],
    ) -> None:
        super().__init__()
        self._buttons, self._fields = buttons, fields
        self._n_shown = -1
        self.lamp = next(each for each in fixed if isinstance(each, StateLamp))
        self.more = KeyedButton()
        self.more.setObjectName("more")
        self.more.setText("More ▾")
        self.more.setToolTip("Further settings of the run: Continue for, Tstop, speed")
        self.more.clicked.connect(self._open_menu)
        self.menu = QFrame(self, Qt.WindowType.Popup)
        self.menu.setObjectName("popup")
        self._column = fill(QVBoxLayout(self.menu), margins=(12, 12, 12, 12), spacing=8)
        first = [buttons[id_] for id_ in ("init", "init_run", "run", "step")]
        fill(self.row, *first, *fixed, buttons["continue_for"], *fields, self.more, 1, spacing=4)
        self._at = self.row.indexOf(fields[0])
        self.show_level(0)

    n_levels = 7

    def show_level(self, level: int) -> None:
        """Hide texts at levels 1 and 2, move a field each at 3, 4 and 5, hide the lamp's word at 6."""
        with_text = {"run", *(("continue_for",) if level < 2 else ())}
        if level == 0:
            with_text |= set(self._buttons)
        for id_, button in self._buttons.items():
            button.setToolButtonStyle(
                Qt.ToolButtonStyle.ToolButtonTextBesideIcon
                if id_ in with_text
                else Qt.ToolButtonStyle.ToolButtonIconOnly
            )
        n_shown = len(self._fields) - min(max(level - 2, 0), len(self._fields))
        if n_shown != self._n_shown:
            self._n_shown = n_shown
            self._place_fields()
        self.lamp.set_word_shown(level < 6)

    def _place_fields(self) -> None:
        for i, field in enumerate(self._fields):
            in_menu = i >= self._n_shown
            for layout in (self.row, self._column):
                layout.removeWidget(field)
            if in_menu:
                self._column.addWidget(field)
            else:
                self.row.insertWidget(self._at + i, field)
            field.set_in_menu(in_menu)
            field.show()
        self.more.setVisible(self._n_shown < len(self._fields))
        self.menu.hide()

    def _open_menu(self) -> None:
        """Open the menu below its button, within the window."""
        self.menu.adjustSize()
        corner = self.more.mapToGlobal(QPoint(0, self.more.height()))
        most = self.window().mapToGlobal(QPoint(self.window().width(), 0)).x() - self.menu.width()
        self.menu.move(min(corner.x(), most), corner.y())
        self.menu.show()
        self._fields[self._n_shown].setFocus()


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
        self._is_running = False
        self._hidden_index = -1  # the speed chosen, while a session has its own
        self._actions = {id_: actions[id_] for id_ in ICONED}
        self._theme = DARK
        self.lamp = StateLamp()
        self._clock = self._make_clock()
        self.continue_ms = self._spin(5.0, 0.001, 1e6, "Continue for", "Time to run, ms")
        tip = "Stop time: pause when it is reached; 0 or ∞ means never"
        self.tstop_ms = self._spin(0.0, 0.0, 1e9, "Tstop", tip, infinite=0.0)
        self.tstop_ms.editingFinished.connect(self._choose_tstop)
        self._own_speed: float | None = DEFAULT_SPEED  # that the user has chosen
        self._suggested_speed: float | None = None
        self._own_tstop: float | None = None  # that the user has chosen
        self._suggested_tstop: float | None = None
        self.speed = self._make_speed()
        buttons = {id_: _button(action) for id_, action in self._actions.items()}
        self.run_button, self.continue_button = buttons["run"], buttons["continue_for"]
        self.run_button.setObjectName("runButton")
        self.run_button.setMinimumWidth(80)
        self.row = RunRow(
            buttons,
            (self.lamp, self._clock, self._simulator_buttons(actions)),
            (
                LabelledField("Continue for", self.continue_ms, needs_label=False),
                LabelledField("Tstop", self.tstop_ms, needs_label=True),
                LabelledField("Speed", self.speed, needs_label=False),
            ),
        )
        self.addWidget(self.row)
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
        speed: float | None = self.speed.itemData(self._speed_index())
        return speed

    def set_has_own_speed(self, has_own_speed: bool) -> None:
        """Show that a session decides on its speed itself, or offer the speed that was chosen before."""
        if has_own_speed is not self.speed.isEnabled():
            return
        index = self._speed_index()
        self._hidden_index = index if has_own_speed else -1
        self.speed.setCurrentIndex(-1 if has_own_speed else index)
        self.speed.setEnabled(not has_own_speed)
        self.speed.setToolTip(OWN_SPEED_TIP if has_own_speed else SPEED_TIP)

    def _speed_index(self) -> int:
        return self.speed.currentIndex() if self._hidden_index < 0 else self._hidden_index

    @property
    def chosen_tstop(self) -> float | None:
        """Stop time, ms; None for none."""
        return self.tstop_ms.value() or None

    def _make_speed(self) -> QComboBox:
        speed = ComboBox()
        speed.setAccessibleName("Speed")
        speed.setToolTip(SPEED_TIP)
        speed.setPlaceholderText("Own speed")
        for text, value in SPEEDS:
            speed.addItem(text, value)
        speed.setCurrentIndex([value for _, value in SPEEDS].index(DEFAULT_SPEED))
        speed.activated.connect(self._choose_speed)
        return speed

    def _choose_speed(self, index: int) -> None:
        self._own_speed = self.speed.itemData(index)
        self._suggested_speed = None
        self.speedChosen.emit(self._own_speed)

    def suggest_speed(self, ms_per_s: float | None) -> bool:
        """Choose the speed that suits a scene, once for each; None is the user's own last choice.

        Returns
        -------
        bool
            Whether the speed is another one now.
        """
        if ms_per_s == self._suggested_speed:
            return False
        self._suggested_speed = ms_per_s
        wanted, before = (self._own_speed if ms_per_s is None else ms_per_s), self.chosen_speed
        if self.speed.findData(wanted) < 0:
            self.speed.addItem(f"{wanted:g} ms per s", wanted)
        if self._hidden_index < 0:
            self.speed.setCurrentIndex(self.speed.findData(wanted))
        else:
            self._hidden_index = self.speed.findData(wanted)
        return self.chosen_speed != before

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
        row.setContentsMargins(8, 0, 8, 0)
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

    def suggest_tstop(self, tstop_ms: float | None) -> bool:
        """Show the Tstop of a scene, once for each; None is the user's own last choice.

        Returns
        -------
        bool
            Whether it is another one now.
        """
        if tstop_ms == self._suggested_tstop:
            return False
        self._suggested_tstop, before = tstop_ms, self.chosen_tstop
        wanted = self._own_tstop if tstop_ms is None else tstop_ms
        self.tstop_ms.setValue(wanted or 0.0)
        return self.chosen_tstop != before

    def _choose_tstop(self) -> None:
        self._own_tstop = self.chosen_tstop
        self.tstopChosen.emit(self.chosen_tstop)

    @staticmethod
    def _spin(
        value: float, low: float, high: float, name: str, tip: str, infinite: float | None = None
    ) -> NumberField:
        spin = NumberField(unit="ms", low=low, high=high, infinite=infinite)
        spin.setValue(value)
        spin.setAccessibleName(name)
        spin.setToolTip(plain_tip(tip))
        return spin


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(SIZE, SIZE))
    return button
