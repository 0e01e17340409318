"""`ExamplesDialog`: the examples with their pictures and pages, from which one is opened or copied."""

from __future__ import annotations

import shutil
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.layouts import fill, fitting
from app.ui.plain import PlainLabel
from resources.example_models import Example, examples

_ICON = QSize(128, 80)
_PICTURE = QSize(400, 250)
_SIZE = QSize(900, 560)


class ExamplesDialog(QDialog):
    """Lists the examples; Enter or a double click opens the selected one.

    Signals
    -------
    chosen(str)
        The path of the example to open.
    copied(str)
        The path that a copy was written to.
    copyFailed(str, OSError)
        The path of a copy that could not be written, and why.
    """

    chosen = Signal(str)
    copied = Signal(str)
    copyFailed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("examples")
        self.setWindowTitle("Examples")
        self._examples = examples()
        self.list = self._make_list()
        self._picture = PlainLabel()
        self._picture.setFixedSize(_PICTURE)
        self._picture.setAccessibleName("Picture of the example")
        self._title = PlainLabel(wordWrap=True)
        self._title.setObjectName("title")
        self._page = QPlainTextEdit(readOnly=True)
        self._page.setAccessibleName("What the example shows")
        self.open_button = QPushButton("Open", default=True)
        self.open_button.setObjectName("primary")
        self.copy_button = QPushButton("Save a copy…")
        self.copy_button.setToolTip("Write the file somewhere else, to change it")
        self.copy_button.setAutoDefault(False)
        close_button = QPushButton("Close", autoDefault=False)
        buttons = fill(
            QHBoxLayout(), 1, self.copy_button, close_button, self.open_button, spacing=8
        )
        right = fill(
            QVBoxLayout(), self._picture, self._title, (self._page, 1), buttons, spacing=12
        )
        fill(QHBoxLayout(self), (self.list, 1), right, margins=(16, 16, 16, 16), spacing=16)
        self.resize(_SIZE if parent is None else fitting(_SIZE, parent.screen()))
        self.list.currentRowChanged.connect(self._show)
        self.list.itemActivated.connect(lambda _: self._open())
        self.open_button.clicked.connect(self._open)
        self.copy_button.clicked.connect(self._copy)
        close_button.clicked.connect(self.close)
        self.list.setCurrentRow(0)

    @property
    def current(self) -> Example:
        """The selected example."""
        return self._examples[max(0, self.list.currentRow())]

    def _make_list(self) -> QListWidget:
        found = QListWidget()
        found.setAccessibleName("Examples")
        found.setIconSize(_ICON)
        found.setWordWrap(True)
        found.setUniformItemSizes(True)
        found.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for each in self._examples:
            item = QListWidgetItem(_icon(each), f"{each.title}\n{each.summary}")
            item.setSizeHint(QSize(0, _ICON.height() + 16))
            found.addItem(item)
        return found

    def _show(self, row: int) -> None:
        example = self._examples[max(0, row)]
        keep = Qt.AspectRatioMode.KeepAspectRatio
        smooth = Qt.TransformationMode.SmoothTransformation
        ratio = self.devicePixelRatioF()
        picture = QPixmap(str(example.picture)).scaled(_PICTURE * ratio, keep, smooth)
        picture.setDevicePixelRatio(ratio)
        self._picture.setPixmap(picture)
        self._title.setText(example.title)
        self._page.setPlainText(example.page)

    def _open(self) -> None:
        self.chosen.emit(str(self.current.path))
        self.close()

    def _copy(self) -> None:
        example = self.current
        path, _ = QFileDialog.getSaveFileName(
            self, "Save a copy", example.path.name, "Python file (*.py)"
        )
        if not path:
            return
        target = Path(path) if path.endswith(".py") else Path(f"{path}.py")
        try:
            shutil.copyfile(example.path, target)
        except OSError as error:
            self.copyFailed.emit(str(target), error)
        else:
            self.copied.emit(str(target))


def _icon(example: Example) -> QIcon:
    """Return an example's picture, which a selection does not tint."""
    picture = QPixmap(str(example.picture))
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)
    return icon
