"""`ConnectionLine`: the state of the connection in one line, with buttons for what helps."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QSizePolicy, QWidget

from app.archive.connection.status import Connection
from app.ui.buttons import compact_button
from app.ui.layouts import fill
from app.ui.plain import plain_tip
from app.ui.sentence_label import SentenceLabel
from app.ui.severity import SeverityMark

_MARKS = {
    "unknown": "info",
    "online": "good",
    "slow": "warning",
    "down": "error",
    "offline": "warning",
}
_LIBRARY_TEXT = "Searching this disk; the network is not used"


class ConnectionLine(QWidget):
    """The line; `mirrorChosen` and `offlineChosen` say whether the mirror is used, or no network."""

    checkRequested = Signal()
    mirrorChosen = Signal(bool)
    offlineChosen = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection = Connection()
        self._is_local = False
        self.mark = SeverityMark("info")
        self.sentence = SentenceLabel("quiet")
        self.sentence.setAccessibleName("Connection to NeuroMorpho.Org")
        self.sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.library = compact_button(
            "Search the library", "Search what is on this disk, without the network"
        )
        self.mirror = compact_button("Use the mirror", "Use the archive's mirror from now on")
        self.server = compact_button("Leave the mirror", "Use NeuroMorpho.Org itself from now on")
        self.check = compact_button("Try again", "Check whether the server responds again")
        self.online = compact_button("Go online", "Use NeuroMorpho.Org again")
        self.more = compact_button(
            "⋯", "More about the connection", name="More about the connection"
        )
        self.more.setObjectName("flat")
        self.menu = QMenu(self)
        self.offline_action = self.menu.addAction("Work offline")
        self.offline_action.setCheckable(True)
        self.check_action = self.menu.addAction("Check the connection")
        self.mirror_action = self.menu.addAction("Use the mirror")
        self.server_action = self.menu.addAction("Leave the mirror")
        self._lay_out()
        self._connect()
        self.set_connection(Connection())

    def _lay_out(self) -> None:
        self._buttons = QWidget()
        buttons = (self.library, self.mirror, self.server, self.check, self.online)
        fill(QHBoxLayout(self._buttons), *buttons, 1, spacing=4)
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
        self.online.clicked.connect(lambda: self.offlineChosen.emit(False))
        self.more.clicked.connect(self._open_menu)
        self.offline_action.triggered.connect(self.offlineChosen)
        for signal in (self.check.clicked, self.check_action.triggered):
            signal.connect(self.checkRequested)
        for signal in (self.mirror.clicked, self.mirror_action.triggered):
            signal.connect(lambda: self.mirrorChosen.emit(True))
        for signal in (self.server.clicked, self.server_action.triggered):
            signal.connect(lambda: self.mirrorChosen.emit(False))

    def set_connection(self, connection: Connection) -> None:
        """Show the state of the connection."""
        self._connection = connection
        self._show()

    def set_local(self, is_local: bool) -> None:
        """Show whether only this disk is searched."""
        self._is_local = is_local
        self._show()

    def _show(self) -> None:
        connection, is_local = self._connection, self._is_local
        state, is_mirror, is_chosen = connection.state, connection.is_mirror, connection.is_chosen
        sentence, since = connection.sentence, connection.since
        if is_local and state in {"unknown", "online"}:
            sentence = _LIBRARY_TEXT
        self.mark.set_severity(_MARKS[state])
        self.sentence.setText(sentence)
        tip = f"{sentence} (since {since:%H:%M:%S})" if since else sentence
        self.sentence.setToolTip(plain_tip(tip))
        is_away = state in {"down", "offline"}
        has_trouble = is_away or state == "slow"
        self.library.setVisible(has_trouble and not is_local)
        can_switch = state in {"down", "slow"} and not is_local
        self.mirror.setVisible(can_switch and not is_mirror)
        self.server.setVisible(can_switch and is_mirror)
        self.check.setVisible(is_away and not is_chosen and not is_local)
        self.online.setVisible(is_chosen)
        self._buttons.setVisible(has_trouble and (is_chosen or not is_local))
        self.offline_action.setChecked(is_chosen)
        self.check_action.setEnabled(not is_chosen)
        self.mirror_action.setVisible(not is_mirror)
        self.server_action.setVisible(is_mirror)

    def _open_menu(self) -> None:
        self.menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))
