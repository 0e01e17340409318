"""Every widget that a control can be shown with, by mouse, wheel and keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.palette import DARK, LIGHT
from app.panels.controls import ControlSection, ControlsPanel
from app.ui.style import stylesheet
from backends.controls import (
    ActionSpec,
    BoolValueSpec,
    ChoiceValueSpec,
    ControlPresentationSpec as Shown,
    ControlSpec,
    ScalarValueSpec,
    TextValueSpec,
    XYValueSpec,
)

LEFT, NONE, SHIFT = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
AMP = ScalarValueSpec(0.5, 0.0, 2.0, "nA")
PLACE = XYValueSpec({"x": 100.0}, (0.0, 400.0), (-1.0, 1.0), "Distance", "Amplitude", "µm", "nA")
CONTROLS = (
    ControlSpec("slider", "Slider", AMP, presentation=Shown("slider", steps=4)),
    ControlSpec("log", "Log", ScalarValueSpec(0.1, 0.01, 1.0), presentation=Shown(scale="log")),
    ControlSpec("spin", "Spin", AMP, presentation=Shown("spin")),
    ControlSpec("knob", "Knob", AMP, presentation=Shown("knob", steps=20)),
    ControlSpec("whole", "Whole", ScalarValueSpec(3, 1, 6, value_type="int")),
    ControlSpec("combo", "Combo", ChoiceValueSpec("a", ("a", "b", "c"))),
    ControlSpec(
        "radio", "Radio", ChoiceValueSpec("a", ("a", "b", "c")), presentation=Shown("radio")
    ),
    ControlSpec("check", "Check", BoolValueSpec(), presentation=Shown("checkbox")),
    ControlSpec("text", "Text", TextValueSpec("first", max_length=None)),
    ControlSpec("pad", "Pad", PLACE, note="Where and how much"),
    ControlSpec("disc", "Disc", XYValueSpec(), presentation=Shown("pad", shape="circle")),
)
Emitted = list[tuple[str, Any]]


@pytest.fixture
def panel(qtbot: QtBot) -> ControlsPanel:
    """A shown panel with one control of each kind."""
    panel = ControlsPanel()
    panel.setStyleSheet(stylesheet(DARK))
    qtbot.addWidget(panel)
    panel.set_specs(CONTROLS, ())
    panel.resize(320, 1500)
    panel.show()
    qtbot.waitExposed(panel)
    panel.activateWindow()  # without a window manager nothing else gives it the keyboard
    qtbot.waitUntil(panel.isActiveWindow)
    qtbot.waitUntil(lambda: panel.row("disc").editor.width() > 100)
    return panel


@pytest.fixture
def last(panel: ControlsPanel, qtbot: QtBot) -> Callable[[], Any]:
    """Return a function that returns what the panel has emitted last, once it has emitted everything."""
    emitted: Emitted = []
    panel.controlChanged.connect(lambda id_, value: emitted.append((id_, value)))

    def read() -> Any:
        qtbot.waitUntil(lambda: not panel._timer.isActive())
        found = emitted[-1] if emitted else None
        emitted.clear()
        return found

    return read


def turn(widget: QWidget, notches: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Turn the wheel over a widget."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle, widget.mapToGlobal(middle), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def test_a_slider_has_the_steps_that_were_asked_for(panel: ControlsPanel, last: Any) -> None:
    slider = panel.row("slider").slider
    assert slider.maximum() == 4
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert last() == ("slider", 1.0)
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert last() == ("slider", 2.0)


def test_a_log_slider_has_its_mean_in_the_middle(panel: ControlsPanel, last: Any) -> None:
    row = panel.row("log")
    QTest.mouseClick(row.slider, LEFT, NONE, QPoint(row.slider.width() // 2, 11))
    row.slider.setFocus()
    QTest.keyClick(row.slider, Qt.Key.Key_Home)
    assert last() == ("log", 0.01)
    assert row.value_at(row.slider.maximum() // 2) == pytest.approx(0.1)


def test_a_spin_box_stands_alone(panel: ControlsPanel, last: Any) -> None:
    row = panel.row("spin")
    assert row.slider is None
    row.editor.setFocus()
    QTest.keyClick(row.editor, Qt.Key.Key_Up)
    assert last() == ("spin", pytest.approx(0.52))


def test_a_knob_turns_with_mouse_keys_and_wheel(panel: ControlsPanel, last: Any) -> None:
    row = panel.row("knob")
    knob = row.slider
    QTest.mousePress(knob, LEFT, NONE, QPoint(4, knob.height() // 2))
    QTest.mouseMove(knob, QPoint(knob.width() - 4, knob.height() // 2))
    QTest.mouseRelease(knob, LEFT, NONE, QPoint(knob.width() - 4, knob.height() // 2))
    id_, value = last()
    assert id_ == "knob"
    assert 1.0 < value < 2.0  # right of the middle
    assert row.editor.value() == value
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_Home)
    assert last() == ("knob", 0.0)
    turn(knob, 1)
    assert last()[1] > 0
    row.editor.selectAll()
    QTest.keyClicks(row.editor, "1.3")
    QTest.keyClick(row.editor, Qt.Key.Key_Return)
    assert last() == ("knob", 1.3)
    assert knob.value() == 13


def test_a_whole_number_is_one(panel: ControlsPanel, last: Any) -> None:
    slider = panel.row("whole").slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Left)
    found = last()
    assert found == ("whole", 2)
    assert isinstance(found[1], int)


def test_radio_buttons_are_clicked_and_moved_between(panel: ControlsPanel, last: Any) -> None:
    row = panel.row("radio")
    button = row.buttons["c"]
    QTest.mouseClick(button, LEFT, NONE, QPoint(8, button.height() // 2))
    assert last() == ("radio", "c")
    assert button.hasFocus()
    QTest.keyClick(button, Qt.Key.Key_Up)
    assert last() == ("radio", "b")
    panel.set_values({"radio": "a"})
    assert row.buttons["a"].isChecked()
    assert last() is None
    assert row.buttons["b"].accessibleName() == "Radio: b"


def test_a_list_a_check_box_and_a_text_are_used(panel: ControlsPanel, last: Any) -> None:
    QTest.keyClick(panel.row("combo").editor, Qt.Key.Key_Down)
    assert last() == ("combo", "b")
    QTest.mouseClick(panel.row("check").editor, LEFT, NONE, QPoint(8, 10))
    assert last() == ("check", True)
    line = panel.row("text").editor
    line.selectAll()
    QTest.keyClicks(line, "second")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert last() == ("text", "second")


def test_a_pad_follows_the_mouse(panel: ControlsPanel, last: Any) -> None:
    row = panel.row("pad")
    pad = row.editor
    area = pad.area()
    start, end = area.center().toPoint(), QPoint(int(area.right()) + 60, int(area.top()) - 60)
    QTest.mousePress(pad, LEFT, NONE, start)
    QTest.mouseMove(pad, (start + end) / 2)
    QTest.mouseMove(pad, end)
    QTest.mouseRelease(pad, LEFT, NONE, end)
    assert last() == ("pad", {"x": 400.0, "y": 1.0})  # beyond the edge it stays on it
    assert row.fields["x"].text() == "400 µm"
    assert row.fields["y"].text() == "1 nA"


def test_a_pad_moves_with_keys_and_wheel(panel: ControlsPanel, last: Any) -> None:
    pad = panel.row("pad").editor
    pad.setFocus()
    QTest.keyClick(pad, Qt.Key.Key_Right)
    assert last() == ("pad", {"x": 104.0, "y": 0.0})
    QTest.keyClick(pad, Qt.Key.Key_Down, SHIFT)
    assert last() == ("pad", {"x": 104.0, "y": pytest.approx(-0.2)})
    turn(pad, 1)
    assert last() == ("pad", {"x": 104.0, "y": pytest.approx(-0.18)})
    turn(pad, -1, SHIFT)
    assert last()[1]["x"] == 100.0
    pad.clearFocus()
    turn(pad, 1)
    assert last() is None


def test_the_numbers_of_a_pad_are_typed(panel: ControlsPanel, last: Any) -> None:
    row = panel.row("pad")
    field = row.fields["y"]
    field.selectAll()
    QTest.keyClicks(field, "-500 pA")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert last() == ("pad", {"x": 100.0, "y": -0.5})
    assert row.editor.value == {"x": 100.0, "y": -0.5}
    QTest.mouseClick(row.reset, LEFT)
    assert last() == ("pad", {"x": 100.0, "y": 0.0})


def test_a_round_pad_has_no_corners(panel: ControlsPanel, last: Any) -> None:
    row = panel.row("disc")
    pad = row.editor
    corner = pad.area().topRight().toPoint() + QPoint(-2, 2)
    QTest.mouseClick(pad, LEFT, NONE, corner)
    id_, value = last()
    assert id_ == "disc"
    assert value == row.spec.accept(value)
    assert value["x"] == pytest.approx(0.5 + 0.5**1.5, abs=0.01)
    row.fields["y"].selectAll()
    QTest.keyClicks(row.fields["y"], "1")
    QTest.keyClick(row.fields["y"], Qt.Key.Key_Return)
    assert "circle" in row.error.text()
    assert row.fields["y"].value() == pytest.approx(value["y"])
    assert last() is None


def test_an_answer_during_a_drag_is_shown_after_it(
    panel: ControlsPanel, last: Any, qtbot: QtBot
) -> None:
    row = panel.row("pad")
    pad = row.editor
    QTest.mousePress(pad, LEFT, NONE, pad.area().center().toPoint())
    held = pad.value
    last()
    panel.set_values({"pad": {"x": 0.0, "y": 0.0}})  # the model allows no other
    assert pad.value == held
    QTest.mouseRelease(pad, LEFT, NONE, pad.area().center().toPoint())
    qtbot.waitUntil(lambda: pad.value == {"x": 0.0, "y": 0.0})


@pytest.mark.parametrize(
    ("control_id", "sent", "typed"), [("spin", 1.5, "0.7"), ("text", "sent", " typed")]
)
def test_what_is_being_typed_is_not_replaced(
    panel: ControlsPanel, last: Any, qtbot: QtBot, control_id: str, sent: Any, typed: str
) -> None:
    row = panel.row(control_id)
    line = row.editor if control_id == "text" else row.editor.lineEdit()
    row.editor.setFocus()
    line.selectAll()
    QTest.keyClicks(row.editor, typed)
    panel.set_values({control_id: sent})
    assert line.text() == typed
    QTest.keyClick(row.editor, Qt.Key.Key_Return)
    assert last() == (control_id, 0.7 if control_id == "spin" else typed)
    panel.set_values({control_id: sent})  # the model has taken it back
    qtbot.waitUntil(lambda: line.text().startswith(str(sent)))


def test_what_has_arrived_is_shown_when_the_typing_is_discarded(
    panel: ControlsPanel, qtbot: QtBot
) -> None:
    field = panel.row("spin").editor
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "9")
    panel.set_values({"spin": 1.5})
    QTest.keyClick(field, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: field.value() == 1.5)


@pytest.mark.parametrize("control_id", [each.id for each in CONTROLS])
def test_what_a_control_is_can_be_read_and_heard(panel: ControlsPanel, control_id: str) -> None:
    row = panel.row(control_id)
    assert row.editor.accessibleName() == row.spec.label
    assert f"default {row.text_of(row.default)}" in row.label.toolTip()
    if control_id in ("slider", "spin", "knob"):
        assert "0 nA … 2 nA" in row.label.toolTip()
    if control_id == "pad":
        assert "Where and how much" in row.label.toolTip()
        assert "Distance 0 … 400 µm" in row.label.toolTip()
    assert row.reset.accessibleName() == f"Reset {row.spec.label}"


def test_everything_is_reset_at_once(panel: ControlsPanel, qtbot: QtBot) -> None:
    assert not panel.reset_all.isEnabled()
    panel.set_values({"spin": 1.5, "check": True, "disc": {"x": 0.2, "y": 0.5}})
    emitted: Emitted = []
    panel.controlChanged.connect(lambda id_, value: emitted.append((id_, value)))
    QTest.mouseClick(panel.reset_all, LEFT)
    qtbot.waitUntil(lambda: len(emitted) == 3)
    assert dict(emitted) == {"spin": 0.5, "check": False, "disc": {"x": 0.5, "y": 0.5}}
    assert not panel.reset_all.isEnabled()


def test_a_group_folds_with_mouse_and_keys(panel: ControlsPanel, qtbot: QtBot) -> None:
    grouped = [ControlSpec("a", "A", AMP, "Channels"), ControlSpec("b", "B", AMP, "Stimulus")]
    panel.set_specs(grouped, ())
    folded: list[tuple[str, bool]] = []
    panel.groupFolded.connect(lambda group, is_folded: folded.append((group, is_folded)))
    QTest.mouseClick(panel.fold("Channels").heading, LEFT)
    assert not panel.row("a").isVisible()
    assert panel.row("b").isVisible()
    QTest.keyClick(panel.fold("Channels").button, Qt.Key.Key_Return)
    assert panel.row("a").isVisible()
    assert folded == [("Channels", True), ("Channels", False)]
    panel.set_folded(["Stimulus"])
    assert not panel.row("b").isVisible()


def test_several_panels_are_headed_sections(panel: ControlsPanel, last: Any) -> None:
    amp = ControlSpec("amp", "Amplitude", AMP)
    kick = ActionSpec("kick", "Kick")
    panel.set_sections([ControlSection("One", (amp,)), ControlSection("Two", (amp,), (kick,))])
    titles = [each.text() for each in panel.findChildren(QWidget, "title")]
    assert titles == ["One", "Two"]
    first, second = panel._rows["amp"]
    first.editor.setValue(1.0)
    assert second.editor.value() == 1.0
    assert last() == ("amp", 1.0)


def test_a_changed_control_leaves_the_others_in_use(panel: ControlsPanel, last: Any) -> None:
    panel.set_values({"knob": 1.5})
    line = panel.row("text").editor
    line.setFocus()
    QTest.keyClicks(line, " and more")
    wider = tuple(
        replace(each, value_spec=replace(AMP, max=4.0)) if each.id == "slider" else each
        for each in CONTROLS
    )
    panel.set_specs(wider, ())
    assert panel.row("text").editor is line
    assert line.hasFocus()
    assert panel.row("knob").editor.value() == 1.5
    slider = panel.row("slider").slider
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert last() == ("slider", 4.0)


def test_a_refusal_unfolds_its_group(panel: ControlsPanel) -> None:
    panel.set_specs([ControlSpec("a", "A", AMP, "Channels")], ())
    panel.set_folded(["Channels"])
    assert not panel.shows("a")
    panel.set_error("a", "A: no.")
    assert panel.shows("a")
    assert panel.row("a").error.isVisible()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_knob_and_pad_are_drawn_in_the_colours_of_the_theme(
    panel: ControlsPanel, theme: Any, qtbot: QtBot
) -> None:
    panel.setStyleSheet(stylesheet(theme))
    for control_id in ("knob", "pad", "disc"):
        row = panel.row(control_id)
        widget = row.slider if control_id == "knob" else row.editor
        image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        colors = {
            image.pixelColor(x, y).getRgb()[:3]
            for x in range(image.width())
            for y in range(image.height())
        }
        assert theme.panel in colors, control_id
        assert theme.accent in colors, control_id
