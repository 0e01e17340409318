"""The real window, opened as a user opens it, and closed without leftovers."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

if TYPE_CHECKING:
    from app.archive.connection.options import ArchiveOptions
    from app.window.controller import Controller

SCENE_MS = 20_000

OpenSomascope = Callable[..., "Controller"]


@pytest.fixture
def open_somascope(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenSomascope]:
    """Return a function that opens the window on a source and waits for its cell."""
    from app.window.launch import open_window
    from app.window.settings import Settings

    opened: list[Controller] = []
    # `open_window` sets the process-wide hooks; a test must give them back.
    monkeypatch.setattr("sys.excepthook", sys.excepthook)
    monkeypatch.setattr("threading.excepthook", threading.excepthook)

    def open_(
        source: str | None = "ball_and_stick",
        *,
        wait: bool = True,
        in_process: bool = False,
        backend: str | None = None,
        archive: ArchiveOptions | None = None,
    ) -> Controller:
        store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
        controller = open_window(
            source,
            backend=backend,
            in_process=in_process,
            settings=Settings(store),
            archive=archive,
        )
        opened.append(controller)
        # Without a window manager nothing else gives a window the keyboard.
        controller.window.activateWindow()
        qtbot.waitUntil(controller.window.isActiveWindow, timeout=SCENE_MS)
        qtbot.waitUntil(lambda: controller.commands.traces is not None, timeout=SCENE_MS)
        if wait:
            qtbot.waitUntil(lambda: controller.model.has_scene, timeout=SCENE_MS)
            qtbot.waitUntil(lambda: bool(controller.model.traces), timeout=SCENE_MS)
        return controller

    yield open_
    for controller in opened:
        controller.window.close()
        assert controller.close(), "a session did not end"
        controller.window.deleteLater()
