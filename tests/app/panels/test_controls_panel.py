"""The Controls panel, by mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from app.model import Model
from app.palette import DARK
from app.panels.cell import CellPanel
from app.panels.controls import ControlsPanel
from app.panels.inspector import InspectorPanel
from app.panels.rows.scalar import NumberBox
from app.presenters.panels import PanelsPresenter
from app.ui.style import stylesheet
from backends.controls import (
    ActionSpec,
    BoolValueSpec,
    ChoiceValueSpec,
    ControlSpec,
    ScalarValueSpec,
    TextValueSpec,
)
from backends.live.default_scene import build_scene
from backends.messages import SceneReady

LEFT = Qt.MouseButton.LeftButton
CONTROLS = (
    ControlSpec("amp", "Amplitude", ScalarValueSpec(0.5, 0.0, 2.0, "nA"), "Stimulus"),
    ControlSpec("g", "gNa", ScalarValueSpec(0.12, 1e-4, 1.0, "S/cm²", log=True), "Channels"),
    ControlSpec("n", "Synapses", ScalarValueSpec(10, 0, 100, integer=True), "Channels"),
    ControlSpec("free", "Offset", ScalarValueSpec(-65.0, unit="mV")),
    ControlSpec("kind", "Kind", ChoiceValueSpec("step", ("step", "ramp")), "Stimulus"),
    ControlSpec("block", "Block K", BoolValueSpec(False)),
    ControlSpec("note", "Comment", TextValueSpec("", "what you try")),
)
ACTIONS = (ActionSpec("pulse", "Pulse now", shortcuts=("W",), note="One pulse of 1 nA"),)


@pytest.fixture
def panel(qtbot: QtBot) -> ControlsPanel:
    """A shown panel with one control of each kind."""
    panel = ControlsPanel()
    qtbot.addWidget(panel)
    panel.set_specs(CONTROLS, ACTIONS)
    panel.resize(300, 700)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def emitted(panel: ControlsPanel) -> list[tuple[str, object]]:
    """Everything that the panel emits, in order."""
    emitted: list[tuple[str, object]] = []
    panel.controlChanged.connect(lambda id_, value: emitted.append((id_, value)))
    return emitted


def settle(panel: ControlsPanel, qtbot: QtBot) -> None:
    """Wait until the panel has emitted everything."""
    qtbot.waitUntil(lambda: not panel._timer.isActive())


def slider(panel: ControlsPanel, control_id: str) -> QSlider:
    """Return the slider of a scalar control."""
    return panel.row(control_id).slider


def test_an_empty_panel_shows_why(qtbot: QtBot) -> None:
    panel = ControlsPanel()
    qtbot.addWidget(panel)
    panel.show()
    hints = [each for each in panel.findChildren(QLabel) if each.isVisible()]
    assert "appear here" in hints[0].text()


def test_dragging_a_slider_emits_fewer_values_than_it_takes_and_always_the_last(
    panel: ControlsPanel, emitted: list[tuple[str, object]], qtbot: QtBot
) -> None:
    groove = slider(panel, "amp")
    steps = 120
    handle = QPoint(groove.width() // 4, groove.height() // 2)
    moved: list[int] = []
    groove.valueChanged.connect(moved.append)
    QTest.mousePress(groove, LEFT, Qt.KeyboardModifier.NoModifier, handle)
    for i in range(steps):
        QTest.mouseMove(groove, handle + QPoint(i, 0))
    QTest.mouseRelease(groove, LEFT, Qt.KeyboardModifier.NoModifier, handle + QPoint(steps, 0))
    settle(panel, qtbot)
    assert len(moved) > 10
    assert 0 < len(emitted) < len(moved)
    row = panel.row("amp")
    assert emitted[-1] == ("amp", row.value_at(groove.value()))
    assert row.editor.value() == pytest.approx(emitted[-1][1])


def test_typing_a_number_moves_the_slider_and_emits_it_once(
    panel: ControlsPanel, emitted: list[tuple[str, object]], qtbot: QtBot
) -> None:
    box = panel.row("amp").editor
    assert box.text() == "0.5 nA"
    box.selectAll()
    qtbot.keyClicks(box, "1.25")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    settle(panel, qtbot)
    assert emitted == [("amp", 1.25)]
    assert slider(panel, "amp").value() / slider(panel, "amp").maximum() == pytest.approx(1.25 / 2)


def test_a_log_slider_runs_along_the_logarithm(panel: ControlsPanel) -> None:
    row = panel.row("g")
    steps = slider(panel, "g").maximum()
    assert row.value_at(0) == pytest.approx(1e-4)
    assert row.value_at(steps) == pytest.approx(1.0)
    assert row.value_at(steps // 2) == pytest.approx(1e-2, rel=1e-3)
    assert row.position_of(row.value_at(steps // 3)) == steps // 3


def test_a_whole_number_stays_one(
    panel: ControlsPanel, emitted: list[tuple[str, object]], qtbot: QtBot
) -> None:
    groove = slider(panel, "n")
    groove.setFocus()
    qtbot.keyClick(groove, Qt.Key.Key_Right)
    settle(panel, qtbot)
    assert emitted == [("n", 11)]
    assert isinstance(emitted[0][1], int)


def test_a_number_without_bounds_has_no_slider(panel: ControlsPanel) -> None:
    assert slider(panel, "free") is None
    assert panel.row("free").editor.text().endswith("65 mV")


def test_every_emitted_value_is_one_that_its_spec_accepts(panel: ControlsPanel) -> None:
    for spec in CONTROLS[:3]:
        row = panel.row(spec.id)
        for position in range(row.slider.maximum() + 1):
            spec.accept(row.value_at(position))


def test_choice_switch_and_text_emit_what_was_chosen(
    panel: ControlsPanel, emitted: list[tuple[str, object]], qtbot: QtBot
) -> None:
    qtbot.keyClick(panel.row("kind").editor, Qt.Key.Key_Down)
    qtbot.mouseClick(panel.row("block").editor, LEFT, pos=QPoint(8, 12))
    line = panel.row("note").editor
    qtbot.keyClicks(line, "more Na")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    settle(panel, qtbot)
    assert emitted == [("kind", "ramp"), ("block", True), ("note", "more Na")]


def test_reset_returns_to_the_default_and_emits_it(
    panel: ControlsPanel, emitted: list[tuple[str, object]], qtbot: QtBot
) -> None:
    reset = panel.row("amp").reset
    assert not reset.isEnabled()
    panel.set_values({"amp": 1.5})
    assert reset.isEnabled()
    qtbot.mouseClick(reset, LEFT)
    settle(panel, qtbot)
    assert emitted == [("amp", 0.5)]
    assert panel.row("amp").editor.value() == 0.5
    assert not reset.isEnabled()


def test_setting_values_emits_nothing(
    panel: ControlsPanel, emitted: list[tuple[str, object]], qtbot: QtBot
) -> None:
    values = {"amp": 1.0, "g": 0.5, "n": 3, "kind": "ramp", "block": True, "note": "x", "who": 1}
    panel.set_values(values)
    settle(panel, qtbot)
    assert emitted == []
    assert panel.row("amp").editor.value() == 1.0
    assert panel.row("kind").editor.currentText() == "ramp"
    assert panel.row("block").editor.isChecked()


def test_a_refused_value_gets_its_sentence_until_the_next_edit(
    panel: ControlsPanel, qtbot: QtBot
) -> None:
    panel.set_error("amp", "Amplitude: 9 is outside 0 … 2 nA.")
    row = panel.row("amp")
    assert row.error.isVisible()
    assert row.editor.property("refused") is True
    qtbot.keyClick(row.editor, Qt.Key.Key_Up)
    assert not row.error.isVisible()
    assert row.editor.property("refused") is False
    settle(panel, qtbot)


def test_an_action_is_a_button_with_its_key_in_the_tooltip(
    panel: ControlsPanel, qtbot: QtBot
) -> None:
    button = panel.button("pulse")
    assert button.toolTip() == "One pulse of 1 nA (W)"
    with qtbot.waitSignal(panel.actionInvoked) as invoked:
        qtbot.mouseClick(button, LEFT)
    assert invoked.args == ["pulse"]


def test_the_same_specs_keep_the_form(panel: ControlsPanel) -> None:
    row = panel.row("amp")
    panel.set_specs(list(CONTROLS), list(ACTIONS))
    assert panel.row("amp") is row


def test_every_editor_has_a_name_for_those_who_listen(panel: ControlsPanel) -> None:
    assert all(panel.row(spec.id).editor.accessibleName() == spec.label for spec in CONTROLS)


def test_a_duration_without_end_reads_as_infinite_and_takes_a_number(qtbot: QtBot) -> None:
    panel = ControlsPanel()
    qtbot.addWidget(panel)
    spec = ControlSpec("dur", "Duration", ScalarValueSpec(1e9, 0.0, None, "ms"))
    panel.set_specs([spec], [])
    panel.show()
    box = panel.row("dur").findChild(NumberBox)
    assert box.text() == "∞"
    assert box.value() == 1e9
    with qtbot.waitSignal(panel.controlChanged) as emitted:
        box.setFocus()
        box.selectAll()
        qtbot.keyClicks(box, "250")
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert emitted.args == ["dur", 250.0]
    with qtbot.waitSignal(panel.controlChanged) as emitted:
        box.setValue(1e9)
    assert emitted.args == ["dur", 1e9]
    box.clearFocus()
    assert (box.text(), box.value()) == ("∞", 1e9)


LONG = (
    ControlSpec(
        "long", "Maximal conductance of the persistent sodium current",
        ScalarValueSpec(0.001126, 0.0, 1.0, "S/cm²"), "Channels of the distal apical dendrites",
    ),
    ControlSpec("word", "gbar_NaTa_t_apical_dendrites_scale", ScalarValueSpec(1e-6, unit="S/cm²")),
    ControlSpec("many", "Digits", ScalarValueSpec(0.000123456, 0.0, 1.0, "S/cm²")),
    ControlSpec("flag", "Block every potassium channel of the model", BoolValueSpec(True)),
    ControlSpec(
        "which", "Protocol",
        ChoiceValueSpec("a", ("a", "ramp from −100 to +40 mV in 500 ms")),
    ),
)  # fmt: skip
LONG_ACTIONS = (
    ActionSpec("a", "Pulse"),
    ActionSpec("b", "Apply the complete stimulus protocol of the paper, with its pauses"),
    ActionSpec("c", "Stop"),
)


@pytest.mark.parametrize("width", [250, 280, 340])
def test_no_label_pushes_a_value_or_a_button_out_of_the_panel(qtbot: QtBot, width: int) -> None:
    panel = ControlsPanel()
    panel.setStyleSheet(stylesheet(DARK))
    qtbot.addWidget(panel)
    panel.set_specs(LONG, LONG_ACTIONS)
    panel.resize(width, 700)
    panel.show()
    qtbot.waitExposed(panel)
    assert panel.width() == width
    page = panel.button("a").parentWidget()
    assert page.width() <= width
    for spec in LONG:
        row = panel.row(spec.id)
        for part in (row.editor, row.reset):
            right = part.mapTo(panel, part.rect().topRight()).x()
            assert right < width, (spec.id, part)
        label = row.label
        qtbot.waitUntil(lambda it=label: it.height() >= it.heightForWidth(it.width()))
    for id_ in ("long", "word", "many"):
        field = panel.row(id_).editor
        text = field.lineEdit()
        assert text.fontMetrics().horizontalAdvance(text.text()) < text.width(), id_
    assert "0.000123456" in panel.row("many").editor.text()
    for spec in LONG_ACTIONS:
        button = panel.button(spec.id)
        assert button.mapTo(panel, button.rect().topRight()).x() < width


def test_a_panel_that_would_cut_a_control_is_not_made_narrower(qtbot: QtBot) -> None:
    panel = ControlsPanel()
    panel.setStyleSheet(stylesheet(DARK))
    qtbot.addWidget(panel)
    panel.set_specs(LONG, LONG_ACTIONS)
    panel.resize(60, 300)  # also low, so that it scrolls
    panel.show()
    qtbot.waitExposed(panel)
    for spec in LONG:
        reset = panel.row(spec.id).reset
        assert reset.mapTo(panel, reset.rect().topRight()).x() < panel.width(), spec.id


def test_the_ends_of_a_slider_are_numbers(panel: ControlsPanel) -> None:
    def ends(control_id: str) -> list[str]:
        labels = [w for w in panel.row(control_id).findChildren(QLabel) if w.isVisible()]
        return [each.text() for each in labels if each.objectName() == "quiet"]

    assert ends("amp") == ["0", "2"]
    assert ends("g") == ["0.0001", "1"]
    assert ends("free") == []


def test_a_click_on_the_label_of_a_switch_switches_it(
    panel: ControlsPanel, emitted: list[tuple[str, object]], qtbot: QtBot
) -> None:
    qtbot.mouseClick(panel.row("block").label, LEFT)
    settle(panel, qtbot)
    assert emitted == [("block", True)]


@pytest.mark.parametrize("control_id", ["amp", "g", "n", "free", "kind"])
def test_the_wheel_over_what_has_no_focus_changes_nothing(
    panel: ControlsPanel, emitted: list[tuple[str, object]], qtbot: QtBot, control_id: str
) -> None:
    row = panel.row(control_id)
    for widget in (row.editor, row.slider if hasattr(row, "slider") else None):
        if widget is None:
            continue
        middle = QPointF(widget.rect().center())
        for notch in (120, -120):
            event = QWheelEvent(
                middle, widget.mapToGlobal(middle), QPoint(), QPoint(0, notch),
                Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(widget, event)
    settle(panel, qtbot)
    assert emitted == []


def test_a_refused_number_says_why_below_the_control(
    panel: ControlsPanel, emitted: list[tuple[str, object]], qtbot: QtBot
) -> None:
    row = panel.row("amp")
    row.editor.selectAll()
    qtbot.keyClicks(row.editor, "600")
    qtbot.keyClick(row.editor, Qt.Key.Key_Return)
    settle(panel, qtbot)
    assert row.error.isVisible()
    assert "0 to 2 nA" in row.error.text()
    assert emitted == []
    assert row.editor.value() == 0.5
    row.editor.selectAll()
    qtbot.keyClicks(row.editor, "600 pA")
    qtbot.keyClick(row.editor, Qt.Key.Key_Return)
    settle(panel, qtbot)
    assert not row.error.isVisible()
    assert emitted == [("amp", 0.6)]


def shown_order(panel: ControlsPanel, ids: list[str]) -> list[str]:
    """Return the ids of those controls that are shown, from top to bottom."""
    shown = [id_ for id_ in ids if id_ in panel._rows]
    return sorted(shown, key=lambda id_: panel.row(id_).mapTo(panel, QPoint()).y())


@pytest.mark.parametrize(
    ("order", "shown"),
    [
        (None, ["free", "block", "note", "amp", "kind", "g", "n"]),
        (("n", "amp", "block", "g"), ["n", "amp", "block", "g"]),
        (("kind", "free"), ["kind", "free"]),
    ],
)
def test_the_order_and_choice_of_an_author_are_shown(
    qtbot: QtBot, order: tuple[str, ...] | None, shown: list[str]
) -> None:
    actions = (*ACTIONS, ActionSpec("wash", "Wash out"), ActionSpec("kick", "Kick"))
    scene = build_scene(
        geometry=None, display_values=(), trace_values=(), trace_segment_ids=(), trace_times=(),
        controls=CONTROLS, actions=actions, control_ids=order,
        action_ids=None if order is None else ("kick", "pulse"),
    )  # fmt: skip
    model, panel = Model(), ControlsPanel()
    cell, inspector = CellPanel(), InspectorPanel()
    for widget in (panel, cell, inspector):
        qtbot.addWidget(widget)
    PanelsPresenter(model, cell, panel, inspector)
    panel.resize(300, 900)
    panel.show()
    model.apply([SceneReady(scene)])
    qtbot.waitExposed(panel)
    assert shown_order(panel, [spec.id for spec in CONTROLS]) == shown
    buttons = [w.text() for w in panel.findChildren(QPushButton) if w.isVisible()]
    assert buttons == (
        ["Pulse now", "Wash out", "Kick"] if order is None else ["Kick", "Pulse now"]
    )
