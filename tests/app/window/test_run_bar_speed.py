"""The speed in the run bar of a session that has its own."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.window.main_window import MainWindow
from app.window.run_bar import SPEEDS
from app.window.settings import Settings


def test_a_session_with_its_own_speed_leaves_the_chosen_one_for_the_next(qtbot: QtBot) -> None:
    window = MainWindow(Settings())
    qtbot.addWidget(window)
    bar = window.run_bar
    bar.speed.setCurrentIndex(2)
    for has_own_speed in (True, True, False):
        bar.set_has_own_speed(has_own_speed)
        assert bar.speed.isEnabled() is not has_own_speed
        assert bar.speed.shown_text() == ("Own speed" if has_own_speed else SPEEDS[2][0])
        assert bar.chosen_speed == SPEEDS[2][1]


def test_a_scenes_tstop_is_shown_until_the_user_or_the_next_scene_sets_another(
    qtbot: QtBot,
) -> None:
    window = MainWindow(Settings())
    qtbot.addWidget(window)
    bar = window.run_bar
    assert bar.suggest_tstop(30.0)
    assert bar.chosen_tstop == 30.0
    bar.tstop_ms.setValue(12.0)
    bar.tstop_ms.editingFinished.emit()
    assert not bar.suggest_tstop(30.0)
    assert bar.chosen_tstop == 12.0
    assert bar.suggest_tstop(50.0)
    assert bar.suggest_tstop(None)
    assert bar.chosen_tstop == 12.0
