"""A comparison shown in its window."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.compare.presenter import ComparePresenter
from app.compare.result import Result
from app.compare.window import CompareWindow
from app.palette import DARK
from backends.comparison.result import Comparison

LONG_MS = 30_000
Show = Callable[[Comparison], tuple[ComparePresenter, CompareWindow]]


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Show]:
    """Return a function that shows a comparison in a window, which has the focus, once it is drawn."""
    shown: list[CompareWindow] = []

    def show_(comparison: Comparison) -> tuple[ComparePresenter, CompareWindow]:
        window = CompareWindow(DARK)
        shown.append(window)
        presenter = ComparePresenter(window, DARK)
        window.show()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=LONG_MS)
        presenter.show_result(Result.of(comparison), {})
        views = window.views.views.values()
        qtbot.waitUntil(lambda: all(view.frames_painted for view in views), timeout=LONG_MS)
        window.centralWidget().setFocus()
        return presenter, window

    yield show_
    for window in shown:
        window.close()
        window.deleteLater()
