"""`TraceToolbar`: the row above the plot: title, window length, range, back to live, export, clear."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from app.ui.plain import PlainLabel, plain_tip

WINDOWS: tuple[tuple[str, float | None], ...] = (
    ("100 ms", 100.0),
    ("500 ms", 500.0),
    ("1 s", 1000.0),
    ("All", None),
)


class TraceToolbar(QWidget):
    """Buttons for how traces are shown.

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
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self._title)
        row.addStretch(1)
        row.addWidget(self.live)
        row.addLayout(self._window_buttons())
        for button in (self.auto, self.export, self.clear):
            row.addWidget(button)
        self._wire()

    def _window_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        last = len(WINDOWS) - 1
        for i, (text, _) in enumerate(WINDOWS):
            tip = "Show all recorded samples" if i == last else f"Show the last {text}"
            button = _button(text, tip)
            button.setCheckable(True)
            button.setProperty("segment", "first" if i == 0 else "last" if i == last else "middle")
            self._windows.addButton(button, i)
            row.addWidget(button)
        return row

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
        self._title.setText(title)

    def set_window(self, ms: float | None) -> None:
        """Check the button of the window length; none for a length that has no button."""
        self._windows.setExclusive(False)
        for i, (_, length) in enumerate(WINDOWS):
            self._windows.button(i).setChecked(length == ms)
        self._windows.setExclusive(True)

    def set_auto(self, auto: bool) -> None:
        """Show whether the range is automatic."""
        self.auto.setChecked(auto)

    def set_filled(self, filled: bool) -> None:
        """Enable the buttons that need a trace."""
        for button in (self.export, self.clear):
            button.setEnabled(filled)


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(plain_tip(tip))
    button.setProperty("compact", True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
