"""What can be done with the library as a whole: its button and menu, the sheet of its health, the questions.

Widgets only: setters in, signals out.
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
_TOLD_PX = 280


class LibraryButton(KeyedButton):
    """The library's menu.

    Signals
    -------
    opening
        The menu is about to be seen: its size and numbers are wanted.
    verifyRequested, exportRequested, removeRequested, clearRequested, folderRequested
        What the user chose.
    """

    opening = Signal()
    verifyRequested = Signal()
    exportRequested = Signal()
    removeRequested = Signal()
    clearRequested = Signal()
    folderRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = "What the library takes on this disk; verify, export, remove"
        self.setText("Manage ▾")
        self.setToolTip(tip)
        self.setAccessibleName("Manage the library")
        self.setAccessibleDescription(tip)
        self.setProperty("compact", True)
        self.menu_ = QMenu(self)
        self.menu_.setObjectName("libraryMenu")
        self.amount, self.place = QLabel(), QLabel()
        self.menu_.addAction(self._told())
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
        """Show what there is, and where; "" while that is being measured."""
        self.amount.setText(size or MEASURING)
        metrics = self.place.fontMetrics()
        shown = metrics.elidedText(f"at {folder}", Qt.TextElideMode.ElideMiddle, _TOLD_PX)
        self.place.setText(shown if folder else "")
        self.place.setToolTip(f"<qt>{escape(folder)}</qt>")
        if size:
            told = f"{size} at {folder}"
            self.setToolTip(f"<qt>{escape(told)}</qt>")
            self.setAccessibleDescription(told)

    def set_numbers(self, n_hits: int, n_chosen: int) -> None:
        """Show how many cells of the library the search finds, and how many of them are chosen."""
        self.export.setText(f"Export what is found: {cells_text(n_hits)}…")
        self.export.setEnabled(n_hits > 0)
        chosen = cells_text(n_chosen) if n_chosen else "the chosen cells"
        self.remove.setText(f"Remove {chosen} from this disk…")
        self.remove.setEnabled(n_chosen > 0)

    def _told(self) -> QWidgetAction:
        """Return the place for what is told: two lines, whether or not it is known yet."""
        place = QWidget()
        place.setStyleSheet("background: transparent;")  # the menu's own ground
        column = QVBoxLayout(place)
        column.setContentsMargins(12, 6, 12, 6)
        column.setSpacing(2)
        for label in (self.amount, self.place):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setMinimumWidth(_TOLD_PX)
            column.addWidget(label)
        self.amount.setWordWrap(True)
        self.amount.setAccessibleName("What the library takes")
        self.place.setObjectName("quiet")
        action = QWidgetAction(self.menu_)
        action.setDefaultWidget(place)
        return action

    def _row(self, text: str, do: Callable[[], object]) -> QAction:
        action = self.menu_.addAction(text)
        action.triggered.connect(lambda _checked=False: do())
        return action


@dataclass(frozen=True, slots=True)
class Damage:
    """A row of the report.

    Attributes
    ----------
    about : str
        The cell's id, or what it is that has none.
    text : str
        One sentence.
    """

    about: str
    text: str


class ReportSheet(QDialog):
    """The health of the library: how far the verification is, what it found, what was mended.

    Signals
    -------
    repairRequested
    stopped
        It was closed, or Esc pressed, while something ran.
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
        self.bar.setAccessibleName("How far it is")
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
        self.shut: QPushButton = self.buttons.addButton("Close", role.RejectRole)
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
        """Say what is being done, and how far it is."""
        self._is_working = True
        self.sentence.setText(sentence)
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(0 if share is None else round(1000 * share))
        self.bar.show()
        self.table.hide()
        self.note.hide()
        self.repair.hide()
        self.copy.hide()
        self.shut.setText("Stop")
        self.shut.setFocus()

    def show_report(
        self, sentence: str, found: Sequence[Damage], note: str = "", *, mendable: bool = False
    ) -> None:
        """Show what was found, or what was mended; `mendable`, that Repair is offered."""
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
        self.repair.setVisible(mendable)
        self.shut.setText("Close")
        (self.repair if mendable else self.shut).setFocus()

    def done(self, result: int) -> None:
        """End what runs with the sheet: Esc, Stop and the window's own button all come here."""
        if self._is_working:
            self._is_working = False
            self.stopped.emit()
        super().done(result)

    def _copy(self) -> None:
        rows = (self.table.topLevelItem(at) for at in range(self.table.topLevelItemCount()))
        text = "\n".join(f"{row.text(0)}\t{row.text(1)}" for row in rows if row is not None)
        QGuiApplication.clipboard().setText(text)


def ask_to_remove(
    parent: QWidget, question: str, consequence: str, do: Callable[[], object]
) -> QMessageBox:
    """Ask whether something is to be removed; Esc and Return do not, the button named so does."""
    box = QMessageBox(QMessageBox.Icon.Warning, "Remove from this disk", question, parent=parent)
    box.setObjectName("removeQuestion")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(consequence)
    remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
    keep = box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    remove.clicked.connect(lambda _checked=False: do())
    box.finished.connect(box.deleteLater)
    box.open()
    return box
