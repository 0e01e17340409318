"""The small windows: command palette, shortcuts, messages, about. None of them blocks the simulation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.actions import COMMANDS, MENUS, full_name
from app.notices import Notice, log_path
from app.presenters.session_actions import MENU
from app.ui.layouts import fitting
from app.ui.plain import PlainLabel
from backends.morphology.segment_names import near_segments
from backends.scene import MorphologyGeometry

_MOST_LISTED = 200

_GESTURES = (
    ("Click", "Record the segment"),
    ("Drag", "Rotate"),
    ("Shift-drag, middle drag", "Pan"),
    ("Wheel", "Zoom to the pointer"),
    ("Double-click", "Rotate about this point"),
    ("Right-click", "Open the segment's menu"),
)


class _Finder(QDialog):
    """A line to type in, and a list of what matches: Up and Down move in it, Enter takes the selected row."""

    def __init__(self, hint: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("commandPalette")
        self.field = QLineEdit(placeholderText=hint)
        self.field.setAccessibleName(name)
        self.results = QListWidget()
        self.results.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.field)
        column.addWidget(self.results)
        self.resize(460, 340)
        self.field.textChanged.connect(self._refresh)
        self.field.installEventFilter(self)
        self.results.itemClicked.connect(self._run)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list with Up and Down; take the selected row with Enter."""
        if watched is self.field and isinstance(event, QKeyEvent):
            if event.type() != QEvent.Type.KeyPress:
                return False
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                row = self.results.currentRow() + step
                self.results.setCurrentRow(max(0, min(self.results.count() - 1, row)))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self.results.currentItem())
                return True
        return False

    def open_over(self, window: QWidget) -> None:
        """Open near the top of a window."""
        middle = window.geometry().center()
        self.move(middle.x() - self.width() // 2, window.geometry().top() + 90)
        self.show()
        self.field.setFocus()

    def _refresh(self, text: str) -> None:
        raise NotImplementedError

    def _run(self, item: QListWidgetItem | None) -> None:
        raise NotImplementedError


class SegmentPrompt(_Finder):
    """Finds a segment by parts of its id.

    Signals
    -------
    chosen(str)
        Its id.
    """

    chosen = Signal(str)

    def __init__(self, geometry: MorphologyGeometry, parent: QWidget | None = None) -> None:
        super().__init__("Name of a segment: dend[3](0.5)", "Segment to record", parent)
        self._geometry = geometry
        self._refresh("")

    def _refresh(self, text: str) -> None:
        words = text.lower().split()
        found = (
            each
            for each in self._geometry.segment_ids
            if all(word in each.lower() for word in words)
        )
        ids = list(islice(found, _MOST_LISTED)) or near_segments(self._geometry, text.strip())
        exact = [each for each in ids if each.lower() == text.strip().lower()]
        self.results.clear()
        self.results.addItems(exact + [each for each in ids if each not in exact])
        self.results.setCurrentRow(0)

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.close()
            self.chosen.emit(item.text())


class CommandPalette(_Finder):
    """Finds a command by part of its name and runs it."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__("Type a command…", "Command", parent)
        self._actions = [action for action in actions if action.text()]
        self._refresh("")

    def _refresh(self, text: str) -> None:
        words = text.lower().split()
        self.results.clear()
        for action in self._actions:
            name = full_name(action)
            if not all(word in name.lower() for word in words):
                continue
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QListWidgetItem(f"{name}    {keys}" if keys else name)
            item.setData(Qt.ItemDataRole.UserRole, action)
            if not action.isEnabled():
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.results.addItem(item)
        if not self.results.count():
            nothing = QListWidgetItem("No command matches")
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.results.addItem(nothing)
        self.results.setCurrentRow(0)

    def _run(self, item: QListWidgetItem | None) -> None:
        action: QAction | None = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if action is None or not action.isEnabled():
            return
        self.close()
        # After the popup is gone, so that what the action opens keeps the focus.
        QTimer.singleShot(0, action.trigger)


def shortcut_sheet(parent: QWidget, of_session: Iterable[QAction] = ()) -> QDialog:
    """Return a window that lists every key and mouse gesture; `of_session` are the open session's actions."""
    own = [
        (" &nbsp;or&nbsp; ".join(escape(each.toString()) for each in action.shortcuts()), action)
        for action in of_session
    ]
    rows = [(keys, action.text().replace("&&", "&")) for keys, action in own if keys]
    groups = [_shortcut_group(MENU, rows)] if rows else []
    for menu in MENUS:
        commands = [c for c in COMMANDS if c.menu.partition("/")[0] == menu and c.keys]
        rows = [(c.keys.replace(" ", " &nbsp;or&nbsp; "), c.text.rstrip("…")) for c in commands]
        groups.append(_shortcut_group(menu, rows))
    return _sheet(parent, "Shortcuts", "".join(groups) + _shortcut_group("Mouse", _GESTURES))


def _shortcut_group(title: str, rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><td style='padding-right:24px'><b>{keys}</b></td><td>{escape(text)}</td></tr>"
        for keys, text in rows
    )
    return f"<h3>{title}</h3><table>{cells}</table>"


def about_sheet(parent: QWidget, versions: Sequence[tuple[str, str]]) -> QDialog:
    """Return a window with the versions of Somascope and of the packages it uses."""
    rows = "".join(
        f"<tr><td style='padding-right:24px'>{escape(name)}</td><td>{escape(version)}</td></tr>"
        for name, version in versions
    )
    text = (
        "<h2>Somascope</h2><p>Live simulations of reconstructed neurons, with NEURON and Jaxley.</p>"
        f"<table>{rows}</table>"
    )
    return _sheet(parent, "About Somascope", text)


def rebuild_question(parent: QWidget, question: str, label: str, time_ms: float) -> QMessageBox:
    """Return a question whether the running model may be built again; it is accepted by the button `label`."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Somascope")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question)
    box.setInformativeText(
        f"Its {time_ms:,.1f} ms of history are removed. Chosen traces and controls stay."
    )
    restart = box.addButton(label, QMessageBox.ButtonRole.AcceptRole)
    keep = box.addButton("Keep it", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    restart.setAutoDefault(False)
    return box


def messages_sheet(parent: QWidget, notices: Sequence[Notice]) -> QDialog:
    """Return a window with all messages since the start and the path of the log file."""
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Messages")
    text = "\n\n".join(
        f"{notice.severity.upper()}: {notice.text}\n{notice.details}".strip() for notice in notices
    )
    body = QPlainTextEdit(text or "No messages.", readOnly=True)
    where = PlainLabel(f"Log file: {log_path()}")
    where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    column = QVBoxLayout(dialog)
    column.addWidget(body)
    column.addWidget(where)
    dialog.resize(720, 420)
    return dialog


def _sheet(parent: QWidget, title: str, html: str) -> QDialog:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    label = QLabel(html, textFormat=Qt.TextFormat.RichText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setContentsMargins(24, 16, 24, 24)
    scroll = QScrollArea()
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setWidgetResizable(True)
    scroll.setWidget(label)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(scroll)
    bar = scroll.verticalScrollBar().sizeHint().width()
    dialog.resize(fitting(label.sizeHint() + QSize(bar, 2), parent.screen()))
    return dialog
