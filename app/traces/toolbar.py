"""`TraceToolbar`: the row above the plot: title, window length, range, back to live, export, clear."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QToolButton, QWidget

from app.ui.fitting_row import FittingRow
from app.ui.layouts import fill
from app.ui.plain import PlainLabel, plain_tip

WINDOWS: tuple[tuple[str, float | None], ...] = (
    ("100 ms", 100.0),
    ("500 ms", 500.0),
    ("1 s", 1000.0),
    ("All", None),
)


class TraceToolbar(FittingRow):
    """Buttons for how traces are shown; in a narrow plot they are in the menu *More*.

    Signals
    -------
    windowChosen(object)
        Window length in ms, None for everything.
    autoToggled(bool)
        Whether the value range follows the traces.
    liveRequested(), exportRequested(), clearRequested()
    """

    windowChosen = Signal(object)
    autoToggled = Signal(bool)
    liveRequested = Signal()
    exportRequested = Signal()
    clearRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = PlainLabel()
        self._title.setObjectName("quiet")
        self._windows = QButtonGroup(self)
        self._windows.setExclusive(True)
        self.live = _button("Live ▸", "Follow the present time again (or double-click the plot)")
        self.live.setObjectName("primary")
        self.live.hide()
        self.auto = _button("Auto range", "Fit the range to the traces; off: the fixed range")
        self.auto.setCheckable(True)
        self.export = _button("Export…", "Write the traces as CSV or NPZ")
        self.clear = _button("Clear", "Remove every trace")
        self._lengths = QWidget()
        fill(QHBoxLayout(self._lengths), *self._window_buttons())
        self._menu = QMenu(self)
        self._menu_lengths = QActionGroup(self)
        self._menu_actions = self._fill_menu()
        self.more = _button("More ▾", "Window length, range, export, clear")
        self.more.setObjectName("more")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu)
        buttons = (self.live, self._lengths, self.auto, self.export, self.clear, self.more)
        fill(self.row, self._title, 1, *buttons, margins=(8, 4, 8, 4), spacing=8)
        self._wire()
        self.show_level(0)

    n_levels = 3

    def show_level(self, level: int) -> None:
        """Move range, export and clear into the menu first, then the window lengths too."""
        for widget in (self.auto, self.export, self.clear):
            widget.setVisible(level == 0)
        self._lengths.setVisible(level < 2)
        self.more.setVisible(level > 0)
        for action in self._menu_lengths.actions():
            action.setVisible(level == 2)

    def measure(self) -> None:
        """Measure with the button that leads back to live, which comes and goes."""
        is_hidden = self.live.isHidden()
        self.live.show()
        super().measure()
        self.live.setHidden(is_hidden)

    def _fill_menu(self) -> dict[str, QAction]:
        for text, ms in WINDOWS:
            action = self._menu.addAction("Everything" if ms is None else f"Last {text}")
            action.setCheckable(True)
            action.setData(ms)
            self._menu_lengths.addAction(action)
        self._menu_lengths.triggered.connect(lambda chosen: self.windowChosen.emit(chosen.data()))
        self._menu_lengths.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        self._menu.addSeparator()
        auto = self._menu.addAction("Auto range")
        auto.setCheckable(True)
        auto.triggered.connect(self.autoToggled)
        export = self._menu.addAction("Export…")
        export.triggered.connect(lambda: self.exportRequested.emit())
        clear = self._menu.addAction("Clear")
        clear.triggered.connect(lambda: self.clearRequested.emit())
        return {"auto": auto, "export": export, "clear": clear}

    def _window_buttons(self) -> list[QToolButton]:
        buttons = []
        last = len(WINDOWS) - 1
        for i, (text, _) in enumerate(WINDOWS):
            tip = "Show all recorded samples" if i == last else f"Show the last {text}"
            button = _button(text, tip)
            button.setCheckable(True)
            button.setProperty("segment", "first" if i == 0 else "last" if i == last else "middle")
            self._windows.addButton(button, i)
            buttons.append(button)
        return buttons

    def _wire(self) -> None:
        self._windows.idClicked.connect(lambda i: self.windowChosen.emit(WINDOWS[i][1]))
        self.auto.clicked.connect(self.autoToggled)
        self.live.clicked.connect(self.liveRequested)
        self.export.clicked.connect(self.exportRequested)
        self.clear.clicked.connect(self.clearRequested)

    def window_button(self, ms: float | None) -> QToolButton | None:
        """Return the button of a window length, None if there is no such button."""
        at = next((i for i, (_, length) in enumerate(WINDOWS) if length == ms), -1)
        button = self._windows.button(at)
        return button if isinstance(button, QToolButton) else None

    def set_title(self, title: str) -> None:
        """Show what is plotted."""
        if title != self._title.text():
            self._title.setText(title)
            self.measure()

    def set_window(self, ms: float | None) -> None:
        """Check the button of the window length; none for a length that has no button."""
        self._windows.setExclusive(False)
        for i, (_, length) in enumerate(WINDOWS):
            self._windows.button(i).setChecked(length == ms)
        self._windows.setExclusive(True)
        for action in self._menu_lengths.actions():
            action.setChecked(action.data() == ms)

    def set_auto(self, auto: bool) -> None:
        """Show whether the range is automatic."""
        self.auto.setChecked(auto)
        self._menu_actions["auto"].setChecked(auto)

    def set_filled(self, filled: bool) -> None:
        """Enable the buttons that need a trace."""
        for each in (self.export, self.clear, *map(self._menu_actions.get, ("export", "clear"))):
            each.setEnabled(filled)


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(plain_tip(tip))
    button.setProperty("compact", True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
