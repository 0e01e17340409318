"""`MainWindow`: menus, toolbar, empty docks and status bar; shown before anything heavy is imported."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.actions import build_actions
from app.archive.drag_data import NEURON_MIME, ids_of
from app.palette import THEMES, Theme
from app.session.recent import Recent
from app.ui.banner import Banner
from app.ui.busy_bar import BusyBar
from app.ui.labels import ReadOut
from app.ui.layouts import fitting
from app.ui.plain import PlainLabel, menu_text
from app.ui.style import stylesheet
from app.window.dock_title import DockTitle
from app.window.docks import build_docks, set_widget
from app.window.run_bar import RunBar
from app.window.settings import Settings

_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta)

_FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox, QTextEdit, QPlainTextEdit)


class MainWindow(QMainWindow):
    """Holds the widgets; `Controller` connects them.

    Signals
    -------
    fileDropped(str)
        The path of a file dropped anywhere on the window.
    neuronDropped(int)
        The id of an archive cell, dropped where no other widget accepts it.
    closing
        The window is about to close; sessions must end now.
    recentChosen(str)
        A path or the id of an archive cell, from the list of recent files.
    keyUnused(str)
        Portable name of a key that no action and no widget used.
    themeChanged(Theme)
    sizeChanged()
        The window has another size.
    separatorPressed(), separatorReleased()
        The user takes, and leaves, a border between docks.
    layoutReset()
        The docks must go where they were first.
    """

    sizeChanged = Signal()
    separatorPressed = Signal()
    separatorReleased = Signal()
    layoutReset = Signal()
    fileDropped = Signal(str)
    neuronDropped = Signal(int)
    closing = Signal()
    recentChosen = Signal(str)
    keyUnused = Signal(str)
    themeChanged = Signal(object)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("Somascope")
        self.resize(fitting(QSize(1360, 860), self.screen()))
        self.setAcceptDrops(True)
        self.settings = settings
        self.theme = THEMES.get(settings.theme, THEMES["dark"])
        self.command_actions = build_actions(self)
        self.run_bar = RunBar(self.command_actions, self)
        self.addToolBar(self.run_bar)
        self.docks = build_docks(self)
        self._add_dock_toggles()
        self._build_recent()
        self.banner = Banner()
        self.busy_bar = BusyBar()
        self._central_view = PlainLabel()
        self._central_view.setObjectName("stage")
        self._column = self._central_column()
        self.author_status = PlainLabel()
        self.read_out = ReadOut()
        self.rate = PlainLabel()
        self.backend = PlainLabel()
        self.detail = PlainLabel()
        self.messages = QToolButton(autoRaise=True, text="No messages")
        self._build_status_bar()
        self.set_theme(self.theme)
        self._first_state = self.saveState()
        self._restore_layout()

    def set_central_view(self, widget: QWidget) -> None:
        """Put the views in the middle of the window."""
        self._column.replaceWidget(self._central_view, widget)
        self._central_view.deleteLater()
        self._central_view = widget

    def set_dock_widget(self, dock_id: str, widget: QWidget) -> None:
        """Put a widget into a dock."""
        set_widget(self.docks[dock_id], widget)

    def set_dock_title(self, dock_id: str, title: str | None) -> None:
        """Give a dock the title that an author has chosen; None is its own one."""
        dock = self.docks[dock_id]
        bar = dock.titleBarWidget()
        if isinstance(bar, DockTitle):
            bar.set_title(title)

    def add_recent(self, recent: Recent) -> None:
        """Add an entry at the top of the recent files."""
        self.settings.add_recent(recent)
        self._fill_recent()

    def set_theme(self, theme: Theme) -> None:
        """Apply a theme to the window."""
        self.theme = theme
        self.settings.theme = theme.name
        self.setStyleSheet(stylesheet(theme))
        self.run_bar.set_theme(theme)
        self.command_actions["theme"].setChecked(theme.is_dark)
        for dock in self.docks.values():
            title = dock.titleBarWidget()
            if isinstance(title, DockTitle):
                title.set_theme(theme)
        self.themeChanged.emit(theme)

    def set_message_count(self, count: int) -> None:
        """Show how many messages there are since the start."""
        self.messages.setText(f"{count} message{'s' if count != 1 else ''}" if count else "")
        self.messages.setVisible(count > 0)

    def reset_layout(self) -> None:
        """Put docks and toolbar where they were first."""
        self.restoreState(self._first_state)
        self.settings.clear_window()
        self.layoutReset.emit()

    def room(self) -> tuple[int, int]:
        """Return width and height of what the docks and the cell share, px."""
        bars = (self.menuBar(), self.run_bar, self.statusBar())
        return self.width(), self.height() - sum(each.height() for each in bars if each.isVisible())

    def event(self, event: QEvent) -> bool:
        """Tell when a border between docks is pressed and released: Qt has no signal for that."""
        handled = super().event(event)
        if event.type() == QEvent.Type.MouseButtonPress:
            self.separatorPressed.emit()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self.separatorReleased.emit()
        return handled

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell that there is another size."""
        super().resizeEvent(event)
        self.sizeChanged.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome a file that can be opened, and a cell of the archive."""
        if _dropped_files(event):
            event.acceptProposedAction()
        elif event.mimeData().hasFormat(NEURON_MIME):
            _accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the first file that can be opened, or the first cell of the archive."""
        paths = _dropped_files(event)
        if paths:
            event.acceptProposedAction()
            self.fileDropped.emit(paths[0])
        elif ids := ids_of(event.mimeData()):
            _accept_copy(event)
            self.neuronDropped.emit(ids[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pass a key that nothing else used to the session, unless it was typed into a field."""
        combination = event.keyCombination()
        is_typed = isinstance(QApplication.focusWidget(), _FIELDS)
        if event.key() not in _MODIFIERS and not is_typed:
            self.keyUnused.emit(QKeySequence(combination).toString())
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save the layout and end the sessions."""
        self.settings.save_window(self.saveGeometry(), self.saveState())
        self.hide()  # a session may take a second to end
        self.closing.emit()
        event.accept()

    def _central_column(self) -> QVBoxLayout:
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.busy_bar)
        column.addWidget(self._central_view, 1)
        self.setCentralWidget(central)
        # Otherwise Qt gives the keyboard focus to the first field of the toolbar, which takes Space.
        central.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        central.setFocus()
        return column

    def _build_status_bar(self) -> None:
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        self.read_out.setObjectName("readOut")
        bar.addWidget(self.author_status)
        bar.addWidget(self.read_out, 1)
        for widget in (self.rate, self.backend, self.detail, self.messages):
            bar.addPermanentWidget(widget)
        self.messages.clicked.connect(self.command_actions["messages"].trigger)
        self.set_message_count(0)

    def _build_recent(self) -> None:
        menu = self.findChild(QMenu, "menu-file")
        self._recent = QMenu("Open recent", self)
        menu.insertMenu(self.command_actions["reload"], self._recent)
        self._fill_recent()

    def _fill_recent(self) -> None:
        self._recent.clear()
        for each in self.settings.recent:
            self._recent.addAction(
                menu_text(each.label), partial(self.recentChosen.emit, each.text)
            )
        self._recent.setEnabled(not self._recent.isEmpty())

    def _add_dock_toggles(self) -> None:
        menu = self.findChild(QMenu, "menu-view")
        menu.addSeparator()
        for dock in self.docks.values():
            menu.addAction(dock.toggleViewAction())

    def _restore_layout(self) -> None:
        geometry, state = self.settings.window_geometry, self.settings.window_state
        if geometry is not None:
            self.restoreGeometry(geometry)
        if state is not None:
            self.restoreState(state)


def _accept_copy(event: QDragEnterEvent | QDropEvent) -> None:
    """Accept a drag as a copy: after a move the source would delete its data."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _dropped_files(event: QDragEnterEvent | QDropEvent) -> list[str]:
    """Return the local files of a drag, those with a known suffix first.

    Files with other suffixes are tried too: their content decides.
    """
    from backends.sources.naming import OPENABLE_SUFFIXES  # not before the window is shown

    paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
    return sorted(paths, key=lambda path: Path(path).suffix.lower() not in OPENABLE_SUFFIXES)
