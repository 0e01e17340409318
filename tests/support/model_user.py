"""A user who opens NEURON models in the real window and answers what it asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from app.window.dialogs.models import EntryChooser

if TYPE_CHECKING:
    from app.window.controller import Controller

LONG_MS = 30_000
LEFT = Qt.MouseButton.LeftButton


def drop(controller: Controller, path: Path) -> None:
    """Drag something onto the window and drop it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    rest = Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(200, 200), *rest)
    QApplication.sendEvent(controller.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(controller.window, QDropEvent(QPointF(200, 200), *rest))


class ModelUser:
    """Answers what the window asks."""

    def __init__(self, qtbot: QtBot, controller: Controller) -> None:
        self.qtbot, self.controller = qtbot, controller

    def question(self) -> QMessageBox:
        """Return the question whether the model may run, when it is there."""
        return self._dialog(QMessageBox)

    def chooser(self) -> EntryChooser:
        """Return the choice of a script, when it is there."""
        return self._dialog(EntryChooser)

    def press(self, dialog: QMessageBox | EntryChooser, text: str) -> None:
        """Click a button."""
        buttons = dialog.findChildren(QPushButton)
        QTest.mouseClick(next(each for each in buttons if each.text() == text), LEFT)

    def see(self, title: str) -> None:
        """Wait until a model is on the screen, and nothing is wrong or asked."""
        controller = self.controller
        self.qtbot.waitUntil(lambda: not controller.opener.is_opening, timeout=LONG_MS)
        assert not controller.window.banner.isVisible(), controller.window.banner.message
        source = controller.opener.source
        assert source is not None
        assert source.title == title
        self.qtbot.waitUntil(lambda: controller.model.has_scene, timeout=LONG_MS)
        assert not self.controller.window.findChildren(QMessageBox)

    def _dialog(self, kind: type) -> QMessageBox | EntryChooser:
        def shown() -> list[QMessageBox | EntryChooser]:
            return [each for each in self.controller.window.findChildren(kind) if each.isVisible()]

        self.qtbot.waitUntil(lambda: bool(shown()), timeout=LONG_MS)
        return shown()[0]
