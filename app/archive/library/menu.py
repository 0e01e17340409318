"""The library's widgets: its button and menu, the report of a verification, the question before a removal.

Setters in, signals out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QMenu,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from app.archive.text import cells_text
from app.ui.buttons import KeyedButton

MEASURING = "Measuring what is on this disk…"
_TEXT_PX = 280


class LibraryButton(KeyedButton):
    """The library's menu.

    Signals
    -------
    opening
        The menu is about to open and needs its size and numbers.
    verifyRequested, exportRequested, removeRequested, clearRequested, folderRequested
        The user chose this row of the menu.
    """

    opening = Signal()
    verifyRequested = Signal()
    exportRequested = Signal()
    removeRequested = Signal()
    clearRequested = Signal()
    folderRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = "Disk space of the library; verify, export or remove its cells"
        self.setText("Manage ▾")
        self.setToolTip(tip)
        self.setAccessibleName("Manage the library")
        self.setAccessibleDescription(tip)
        self.setProperty("compact", True)
        self.menu_ = QMenu(self)
        self.menu_.setObjectName("libraryMenu")
        self.amount, self.place = QLabel(), QLabel()
        self.menu_.addAction(self._size_rows())
        self.menu_.addSeparator()
        self.verify = self._row("Verify…", self.verifyRequested.emit)
        self.export = self._row("", self.exportRequested.emit)
        self.menu_.addSeparator()
        self.remove = self._row("", self.removeRequested.emit)
        self.clear = self._row("Remove everything…", self.clearRequested.emit)
        self.menu_.addSeparator()
        self.folder = self._row("Open the folder", self.folderRequested.emit)
        self.clicked.connect(self.open)
        self.set_size("", "")
        self.set_numbers(0, 0)

    def open(self) -> None:
        """Open the menu below the button."""
        self.opening.emit()
        self.menu_.popup(self.mapToGlobal(QPoint(0, self.height())))

    def set_size(self, size: str, folder: str) -> None:
        """Show the library's size and folder; "" while they are being measured."""
        self.amount.setText(size or MEASURING)
        metrics = self.place.fontMetrics()
        shown = metrics.elidedText(f"at {folder}", Qt.TextElideMode.ElideMiddle, _TEXT_PX)
        self.place.setText(shown if folder else "")
        self.place.setToolTip(f"<qt>{escape(folder)}</qt>")
        if size:
            text = f"{size} at {folder}"
            self.setToolTip(f"<qt>{escape(text)}</qt>")
            self.setAccessibleDescription(text)

    def set_numbers(self, n_hits: int, n_chosen: int) -> None:
        """Show how many cells of the library the search finds, and how many of them are chosen."""
        self.export.setText(f"Export all hits: {cells_text(n_hits)}…")
        self.export.setEnabled(n_hits > 0)
        chosen = cells_text(n_chosen) if n_chosen else "the chosen cells"
        self.remove.setText(f"Remove {chosen} from this disk…")
        self.remove.setEnabled(n_chosen > 0)

    def _size_rows(self) -> QWidgetAction:
        """Return the two lines of size and folder; they have their height before these are known."""
        rows = QWidget()
        rows.setStyleSheet("background: transparent;")  # shows the menu's background
        column = QVBoxLayout(rows)
        column.setContentsMargins(12, 6, 12, 6)
        column.setSpacing(2)
        for label in (self.amount, self.place):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setMinimumWidth(_TEXT_PX)
            column.addWidget(label)
        self.amount.setWordWrap(True)
        self.amount.setAccessibleName("Size of the library")
        self.place.setObjectName("quiet")
        action = QWidgetAction(self.menu_)
        action.setDefaultWidget(rows)
        return action

    def _row(self, text: str, command: Callable[[], object]) -> QAction:
        action = self.menu_.addAction(text)
        action.triggered.connect(lambda _checked=False: command())
        return action


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A row of the report.

    Attributes
    ----------
    about : str
        The cell's id, or "Library".
    text : str
        One sentence.
    """

    about: str
    text: str


class ReportSheet(QDialog):
    """The report of a verification or a repair, and its progress before.

    Signals
    -------
    repairRequested
    stopped
        The sheet was closed, or Esc pressed, while work was running.
    """

    repairRequested = Signal()
    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("libraryReport")
        self.setWindowTitle("Verify the library")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(620, 360)
        self._is_working = False
        self.sentence = QLabel(wordWrap=True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("Progress")
        self.table = QTreeWidget()
        self.table.setHeaderLabels(["Cell", "What was found"])
        self.table.setRootIsDecorated(False)
        self.table.setAccessibleName("What is damaged or missing")
        header = self.table.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.note = QLabel(wordWrap=True)
        self.note.setObjectName("quiet")
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self._lay_out()

    def _lay_out(self) -> None:
        self.buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        self.repair: QPushButton = self.buttons.addButton("Repair", role.ActionRole)
        self.copy: QPushButton = self.buttons.addButton("Copy", role.ActionRole)
        self.close_button: QPushButton = self.buttons.addButton("Close", role.RejectRole)
        self.repair.setObjectName("primary")
        self.repair.clicked.connect(self.repairRequested)
        self.copy.clicked.connect(self._copy)
        self.buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(8)
        for part in (self.sentence, self.bar, self.table, self.note, self.buttons):
            column.addWidget(part)
        column.setStretchFactor(self.table, 1)

    # ----------------------------------------------------------------------------------- setters

    def show_work(self, sentence: str, share: float | None) -> None:
        """Show what is being done, and the share that is done (None for unknown)."""
        self._is_working = True
        self.sentence.setText(sentence)
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(0 if share is None else round(1000 * share))
        self.bar.show()
        self.table.hide()
        self.note.hide()
        self.repair.hide()
        self.copy.hide()
        self.close_button.setText("Stop")
        self.close_button.setFocus()

    def show_report(
        self,
        sentence: str,
        found: Sequence[ProblemRow],
        note: str = "",
        *,
        can_repair: bool = False,
    ) -> None:
        """Show what was found, or what was repaired; with the button Repair if `can_repair`."""
        self._is_working = False
        self.sentence.setText(sentence)
        self.bar.hide()
        self.table.clear()
        for each in found:
            row = QTreeWidgetItem(self.table, [each.about, each.text])
            row.setToolTip(1, f"<qt>{escape(each.text)}</qt>")
        if (first := self.table.topLevelItem(0)) is not None:
            self.table.setCurrentItem(first)
        self.table.setVisible(bool(found))
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.copy.setVisible(bool(found))
        self.repair.setVisible(can_repair)
        self.close_button.setText("Close")
        (self.repair if can_repair else self.close_button).setFocus()

    def done(self, result: int) -> None:
        """Stop the work with the sheet: Esc, Stop and the window's close button all come here."""
        if self._is_working:
            self._is_working = False
            self.stopped.emit()
        super().done(result)

    def _copy(self) -> None:
        rows = (self.table.topLevelItem(at) for at in range(self.table.topLevelItemCount()))
        text = "\n".join(f"{row.text(0)}\t{row.text(1)}" for row in rows if row is not None)
        QGuiApplication.clipboard().setText(text)


def confirm_removal(
    parent: QWidget, question: str, consequence: str, remove: Callable[[], object]
) -> QMessageBox:
    """Open the question before a removal; Esc and Return keep, only the button Remove removes."""
    box = QMessageBox(QMessageBox.Icon.Warning, "Remove from this disk", question, parent=parent)
    box.setObjectName("removeQuestion")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(consequence)
    remove_button = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
    keep = box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    remove_button.clicked.connect(lambda _checked=False: remove())
    box.finished.connect(box.deleteLater)
    box.open()
    return box
