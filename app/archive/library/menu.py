"""The library's widgets: its button and menu, the report of a verification, the question before a removal.

Setters in, signals out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QHeaderView,
    QMenu,
    QMessageBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from app.archive.sheet import Sheet
from app.archive.text import cells_text
from app.ui.buttons import KeyedButton
from app.ui.layouts import fill
from app.ui.plain import plain_tip
from app.ui.sentence_label import SentenceLabel

MEASURING = "Measuring what is on this disk…"
_TEXT_PX = 280


class LibraryButton(KeyedButton):
    """The library's menu: `verify`, `export`, `remove`, `clear` and `folder` are its actions."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = "Disk space of the library; verify, export or remove its cells"
        self.setText("Manage ▾")
        self.setToolTip(plain_tip(tip))
        self.setAccessibleName("Manage the library")
        self.setAccessibleDescription(tip)
        self.setProperty("compact", True)
        self.menu_ = menu = QMenu(self)
        menu.setObjectName("libraryMenu")
        self.amount, self.place = SentenceLabel(), SentenceLabel("quiet")
        menu.addAction(self._size_rows())
        menu.addSeparator()
        self.verify, self.export = menu.addAction("Verify…"), menu.addAction("")
        menu.addSeparator()
        self.remove, self.clear = menu.addAction(""), menu.addAction("Remove everything…")
        menu.addSeparator()
        self.folder = menu.addAction("Open the folder")
        self.clicked.connect(self.open)
        self.set_size("", "")
        self.set_numbers(0, 0)

    def open(self) -> None:
        """Open the menu below the button."""
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
        self.place.setWordWrap(False)
        for label in (self.amount, self.place):
            label.setMinimumWidth(_TEXT_PX)
        self.amount.setAccessibleName("Size of the library")
        fill(QVBoxLayout(rows), self.amount, self.place, margins=(12, 6, 12, 6), spacing=2)
        action = QWidgetAction(self.menu_)
        action.setDefaultWidget(rows)
        return action


class ReportSheet(Sheet):
    """The report of a verification or a repair, and its progress before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("libraryReport", "Verify the library", 620, 360, parent)
        self.table = QTreeWidget(rootIsDecorated=False, accessibleName="What is damaged or missing")
        self.table.setHeaderLabels(["Cell", "What was found"])
        self.table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.note = SentenceLabel("quiet")
        self.repair = self.add_button("Repair")
        self.repair.setObjectName("primary")
        self.copy = self.add_button("Copy")
        self.copy.clicked.connect(self._copy)
        self.lay_out(self.message, self.bar, (self.table, 1), self.note)

    def set_working(self, is_working: bool) -> None:
        """Show no report while another is being made."""
        super().set_working(is_working)
        if is_working:
            for part in (self.table, self.note, self.repair, self.copy):
                part.hide()

    def show_report(
        self,
        sentence: str,
        found: Sequence[tuple[str, str]],
        note: str = "",
        *,
        can_repair: bool = False,
    ) -> None:
        """Show what was found, or what was repaired: cells ("Library" for no cell), each with a sentence."""
        self.set_working(False)
        self.show_message(sentence)
        self.table.clear()
        for about, text in found:
            row = QTreeWidgetItem(self.table, [about, text])
            row.setToolTip(1, f"<qt>{escape(text)}</qt>")
        if (first := self.table.topLevelItem(0)) is not None:
            self.table.setCurrentItem(first)
        self.table.setVisible(bool(found))
        self.note.show_sentence(note)
        self.copy.setVisible(bool(found))
        self.repair.setVisible(can_repair)
        (self.repair if can_repair else self.close_button).setFocus()

    def _copy(self) -> None:
        rows = map(self.table.topLevelItem, range(self.table.topLevelItemCount()))
        text = "\n".join(f"{row.text(0)}\t{row.text(1)}" for row in rows)
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
