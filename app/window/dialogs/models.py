"""What is asked before a model folder is opened: whether its code may run, and which of its scripts shall."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.layouts import fill, fitting
from app.ui.plain import PlainLabel, plain_tip

CONSENT = "This model is a program; opening it runs its code with your rights."
_ONCE = "You are asked again when its program files change."
_EACH_TIME = "It has too many files to be remembered, so you are asked each time."
_SIZE = QSize(860, 520)
_LIST_PX = 260
_ROW_PADDING_PX = 12


def program_question(parent: QWidget, name: str, place: str, *, is_remembered: bool) -> QMessageBox:
    """Return the question whether a model's code may run; it is accepted by *Open*.

    Parameters
    ----------
    name, place : str
        What the folder or file is called, and its path.
    is_remembered : bool
        Whether the answer holds until the model changes.
    """
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setObjectName("programQuestion")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(f"Open {name}")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"Open {name}?\n\n{CONSENT}")
    box.setInformativeText(f"{place}\n\n{_ONCE if is_remembered else _EACH_TIME}")
    open_button = box.addButton("Open", QMessageBox.ButtonRole.AcceptRole)
    cancel_button = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(cancel_button)
    box.setEscapeButton(cancel_button)
    open_button.setAutoDefault(False)
    return box


class EntryChooser(QDialog):
    """Lists the scripts that a model can be opened with, beside its readme; a double click opens one.

    Parameters
    ----------
    title : str
        What the model is called.
    entries : sequence of (str, str)
        Of each script: its name, and one line on it, "" for none.
    readme : str
        The text of its readme, "" where there is none.
    """

    def __init__(
        self,
        title: str,
        entries: Sequence[tuple[str, str]],
        readme: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("entryChooser")
        self.setWindowTitle(f"Open {title}")
        self.list = self._make_list(entries)
        heading = PlainLabel("Which script shall be opened?", wordWrap=True)
        heading.setObjectName("title")
        self.page = QPlainTextEdit(readme, readOnly=True)
        self.page.setPlaceholderText("This folder has no readme.")
        self.page.setAccessibleName("Readme of the model")
        self.open_button = QPushButton("Open", default=True)
        self.open_button.setObjectName("primary")
        cancel_button = QPushButton("Cancel", autoDefault=False)
        left = fill(QVBoxLayout(), _caption("Scripts"), (self.list, 1), spacing=8)
        right = fill(QVBoxLayout(), _caption("Readme"), (self.page, 1), spacing=8)
        panes = fill(QHBoxLayout(), left, (right, 1), spacing=16)
        buttons = fill(QHBoxLayout(), 1, cancel_button, self.open_button, spacing=8)
        fill(QVBoxLayout(self), heading, (panes, 1), buttons, margins=(16, 16, 16, 16), spacing=16)
        self.resize(_SIZE if parent is None else fitting(_SIZE, parent.screen()))
        self.list.itemActivated.connect(lambda _: self.accept())
        self.open_button.clicked.connect(self.accept)
        cancel_button.clicked.connect(self.reject)
        self.list.setCurrentRow(0)
        self.list.setFocus()

    @property
    def row(self) -> int:
        """The number of the selected script."""
        return max(0, self.list.currentRow())

    def _make_list(self, entries: Sequence[tuple[str, str]]) -> QListWidget:
        found = QListWidget()
        found.setObjectName("choices")
        found.setAccessibleName("Scripts of the model")
        found.setFixedWidth(_LIST_PX)
        found.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        found.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        line = found.fontMetrics().lineSpacing()
        for name, words in entries:
            text = f"{name}\n{words}" if words else name
            item = QListWidgetItem(text)
            item.setSizeHint(QSize(0, line * len(text.splitlines()) + _ROW_PADDING_PX))
            item.setToolTip(plain_tip(text))
            found.addItem(item)
        return found


def _caption(text: str) -> PlainLabel:
    found = PlainLabel(text)
    found.setObjectName("group")
    return found
