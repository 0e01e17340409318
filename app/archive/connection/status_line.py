"""`ConnectionLine`: how NeuroMorpho.Org answers, in a line, with what helps when it does not."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QMenu, QSizePolicy, QWidget

from app.archive.connection.status import Connection
from app.archive.search_source import ARCHIVE, LIBRARY
from app.palette import Theme
from app.ui.buttons import KeyedButton
from app.ui.severity import SeverityMark

_MARKS = {
    "unknown": "info",
    "online": "good",
    "slow": "warning",
    "down": "error",
    "offline": "warning",
}
_HERE = "Searching this disk: the network is not asked"


class ConnectionLine(QWidget):
    """Setters in, signals out.

    Signals
    -------
    mirrorRequested, serverRequested, libraryRequested, checkRequested
        Ask the mirror; ask the archive's own server again; search what is on this disk; see whether
        the server answers by now.
    offlineChosen(bool)
        Ask nothing of the network, or ask again.
    """

    mirrorRequested = Signal()
    serverRequested = Signal()
    libraryRequested = Signal()
    checkRequested = Signal()
    offlineChosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection = Connection()
        self._source = ARCHIVE
        self._is_by_choice = False
        self.mark = SeverityMark("info")
        self.sentence = QLabel(wordWrap=True)
        self.sentence.setObjectName("quiet")
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setAccessibleName("Connection to NeuroMorpho.Org")
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.library = _button("Search the library", "Search what is on this disk; no network")
        self.mirror = _button("Use the mirror", "Ask the archive's mirror from now on")
        self.server = _button("Leave the mirror", "Ask NeuroMorpho.Org itself from now on")
        self.check = _button("Try again", "See whether the server answers by now")
        self.online = _button("Go online", "Ask NeuroMorpho.Org again")
        self.more = _button("⋯", "More about the connection")
        self.more.setObjectName("flat")
        self.menu = QMenu(self)
        self.offline_action = self.menu.addAction("Work offline")
        self.offline_action.setCheckable(True)
        self.check_action = self.menu.addAction("See whether it answers")
        self.mirror_action = self.menu.addAction("Use the mirror")
        self.server_action = self.menu.addAction("Leave the mirror")
        self._lay_out()
        self._connect()
        self.set_connection(Connection())

    def _lay_out(self) -> None:
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for button in (self.library, self.mirror, self.server, self.check, self.online):
            row.addWidget(button)
        row.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(8, 0, 8, 4)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.mark, 0, 0)
        grid.addWidget(self.sentence, 0, 1)
        grid.addWidget(self.more, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._buttons, 1, 1, 1, 2)

    def _connect(self) -> None:
        self.library.clicked.connect(self.libraryRequested)
        self.mirror.clicked.connect(self.mirrorRequested)
        self.server.clicked.connect(self.serverRequested)
        self.check.clicked.connect(self.checkRequested)
        self.online.clicked.connect(lambda: self.offlineChosen.emit(False))
        self.more.clicked.connect(self._open_menu)
        self.offline_action.triggered.connect(self.offlineChosen)
        self.check_action.triggered.connect(self.checkRequested)
        self.mirror_action.triggered.connect(self.mirrorRequested)
        self.server_action.triggered.connect(self.serverRequested)

    # ----------------------------------------------------------------------------------- setters

    def set_connection(self, connection: Connection, *, by_choice: bool = False) -> None:
        """Show a state; `by_choice`, that the user chose to be offline."""
        self._connection, self._is_by_choice = connection, by_choice
        self._show()

    def set_source(self, source: str) -> None:
        """Show where is searched: `ARCHIVE` or `LIBRARY`."""
        self._source = source
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.mark.set_theme(theme)

    # ------------------------------------------------------------------------------------ inside

    def _show(self) -> None:
        state, is_here = self._connection.state, self._source == LIBRARY
        said = self._connection.sentence
        if is_here and state in {"unknown", "online"}:
            said = _HERE
        since = self._connection.since
        told = f"{said} (since {since:%H:%M:%S})" if since else said
        self.mark.set_severity(_MARKS[state])
        self.sentence.setText(said)
        self.sentence.setToolTip(f"<qt>{told}</qt>")
        is_away = state in {"down", "offline"}
        self.library.setVisible(not is_here and state in {"down", "offline", "slow"})
        is_mirror = self._connection.is_mirror
        self.mirror.setVisible(not is_here and not is_mirror and state in {"down", "slow"})
        self.server.setVisible(not is_here and is_mirror and state in {"down", "slow"})
        self.check.setVisible(is_away and not self._is_by_choice and not is_here)
        self.online.setVisible(self._is_by_choice)
        self._buttons.setVisible(
            (is_away or state == "slow") and not (is_here and not self._is_by_choice)
        )
        self.offline_action.setChecked(self._is_by_choice)
        self.check_action.setEnabled(not self._is_by_choice)
        self.mirror_action.setVisible(not is_mirror)
        self.server_action.setVisible(is_mirror)

    def _open_menu(self) -> None:
        self.menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))


def _button(text: str, tip: str) -> KeyedButton:
    button = KeyedButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip if len(text) < 2 else text)
    button.setProperty("compact", True)
    return button
