"""Adding segments in the comparison window with the keyboard only."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from two_runs import two_runs

from app.compare.presenter import ComparePresenter
from app.compare.views import ViewChoice
from app.compare.window import CompareWindow
from app.palette import DARK
from backends.comparison.result import Comparison

ShownWindow = tuple[ComparePresenter, CompareWindow]
LONG_MS = 30_000


def press(qtbot: QtBot, key: Qt.Key) -> None:
    """Press a key in the widget with the focus."""
    qtbot.keyClick(QApplication.focusWidget(), key)


def type_(qtbot: QtBot, text: str) -> None:
    """Type a text in the widget with the focus."""
    qtbot.keyClicks(QApplication.focusWidget(), text)


def free_segments(presenter: ComparePresenter) -> list[str]:
    """Return the ids of the segments that are not overlaid yet."""
    assert presenter.result is not None
    return [id_ for id_ in presenter.result.geometry.segment_ids if id_ not in presenter.chosen]


def test_t_focuses_the_segment_field_and_return_adds_the_segment(
    qtbot: QtBot, show: Callable[[Comparison], ShownWindow]
) -> None:
    presenter, window = show(two_runs())
    before, wanted = dict(presenter.chosen), free_segments(presenter)[0]
    press(qtbot, Qt.Key.Key_T)
    assert QApplication.focusWidget() is window.segment_field
    type_(qtbot, wanted)
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: wanted in presenter.chosen, timeout=LONG_MS)
    assert list(presenter.chosen) == [*before, wanted]
    assert [row[0] for row in window.segments.texts()] == list(presenter.chosen)
    assert window.segment_field.text() == ""
    assert QApplication.focusWidget() is window.segment_field, "the next one can be typed"
    press(qtbot, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is window.centralWidget()


def test_a_part_of_the_id_and_the_arrow_key_choose_from_the_list(
    qtbot: QtBot, show: Callable[[Comparison], ShownWindow]
) -> None:
    presenter, window = show(two_runs())
    wanted = free_segments(presenter)[-1]
    press(qtbot, Qt.Key.Key_T)
    type_(qtbot, wanted[1:].upper())
    popup = window.segment_field.completer().popup()
    assert popup.styleSheet(), "the list is a window of its own: it must be dressed by itself"
    qtbot.waitUntil(popup.isVisible, timeout=LONG_MS)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: wanted in presenter.chosen, timeout=LONG_MS)
    qtbot.waitUntil(lambda: window.segment_field.text() == "", timeout=LONG_MS)


def test_an_unknown_segment_is_named_with_similar_ones(
    qtbot: QtBot, show: Callable[[Comparison], ShownWindow]
) -> None:
    presenter, window = show(two_runs())
    before = dict(presenter.chosen)
    press(qtbot, Qt.Key.Key_T)
    type_(qtbot, "soma[0](0.55)")
    press(qtbot, Qt.Key.Key_Return)
    assert "soma[0](0.55)" in window.banner.message
    assert ": soma[0](0.5)" in window.banner.message
    assert window.segment_field.text() == "soma[0](0.55)", "what was typed can be corrected"
    assert presenter.chosen == before
    press(qtbot, Qt.Key.Key_Backspace)
    press(qtbot, Qt.Key.Key_Backspace)
    type_(qtbot, ")")
    press(qtbot, Qt.Key.Key_Return)
    assert window.banner.message == ""


def test_t_adds_the_segment_under_the_pointer_as_in_the_main_window(
    qtbot: QtBot, show: Callable[[Comparison], ShownWindow]
) -> None:
    presenter, window = show(two_runs())
    view = window.views.views[ViewChoice.LEFT]
    ids = view.scene.geometry.segment_ids
    spots = {id_: view.project(i).toPoint() for i, id_ in enumerate(ids)}
    wanted = next(
        id_
        for id_ in free_segments(presenter)
        if view.pick(spots[id_].toPointF()) == ids.index(id_)
    )
    qtbot.mouseMove(view, spots[wanted] + QPoint(0, 1))
    qtbot.mouseMove(view, spots[wanted])
    qtbot.waitUntil(lambda: wanted in window.read_out.text(), timeout=LONG_MS)
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert wanted in presenter.chosen
    assert QApplication.focusWidget() is window.centralWidget()


def test_without_a_result_no_segment_can_be_added(qtbot: QtBot) -> None:
    window = CompareWindow(DARK)
    try:
        assert not window.commands["overlay"].isEnabled()
        assert "T" in window.commands["overlay"].toolTip()
    finally:
        window.close()
        window.deleteLater()
