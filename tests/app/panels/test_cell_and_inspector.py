"""The Cell and Inspector panels show what they are given and emit what was pressed."""

from __future__ import annotations

import math
from dataclasses import replace

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.palette import DARK, LIGHT, Rgb, Theme
from app.panels.audit import summary_of
from app.panels.cell import CellPanel
from app.panels.inspector import InspectorPanel, SegmentFacts, with_unit
from app.ui.style import stylesheet
from backends.scene import DisplayVariable, Finding

LEFT = Qt.MouseButton.LeftButton
APIC = SegmentFacts(
    "apic[12](0.625)", "apical dendrite", 18.2, 1.24, 70.9, 412.7, value=-61.234, unit="mV"
)
FINDINGS = (
    Finding("info", "soma.three-point", "The soma is three points."),
    Finding("repair", "radius.not-positive", "The radius was 0; 0.31 µm was taken.", 817),
)


def shown_texts(widget: QWidget) -> list[str]:
    """Return every visible text, with no-break spaces as spaces."""
    QApplication.processEvents()
    return [
        each.text().replace("\u00a0", " ")
        for each in widget.findChildren(QLabel)
        if each.isVisible()
    ]


def inspector(qtbot: QtBot) -> InspectorPanel:
    panel = InspectorPanel()
    qtbot.addWidget(panel)
    panel.show()
    return panel


def cell_panel(qtbot: QtBot) -> CellPanel:
    panel = CellPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 500)
    panel.show()
    return panel


def test_an_empty_inspector_shows_what_to_do(qtbot: QtBot) -> None:
    panel = inspector(qtbot)
    assert any("Point at a segment" in text for text in shown_texts(panel))
    panel.set_segment(APIC)
    panel.set_segment(None)
    assert any("Point at a segment" in text for text in shown_texts(panel))


def test_a_segment_is_shown_with_units(qtbot: QtBot) -> None:
    panel = inspector(qtbot)
    panel.set_segment(APIC)
    assert {
        "apic[12](0.625)",
        "apical dendrite",
        "18.20 µm",
        "1.24 µm",
        "70.9 µm²",
        "412.7 µm",
        "−61.23 mV",
    } <= set(shown_texts(panel))


def test_the_inspectors_buttons_record_and_copy_the_segment_shown(qtbot: QtBot) -> None:
    panel = inspector(qtbot)
    panel.set_segment(APIC)
    with qtbot.waitSignal(panel.captureRequested) as emitted:
        qtbot.mouseClick(panel.trace_button, LEFT)
    assert emitted.args == ["apic[12](0.625)"]
    qtbot.mouseClick(panel.copy_id, LEFT)
    assert QGuiApplication.clipboard().text() == "apic[12](0.625)"


def test_the_inspector_removes_the_trace_of_a_segment_that_has_one(qtbot: QtBot) -> None:
    panel = inspector(qtbot)
    panel.set_segment(replace(APIC, is_traced=True))
    assert panel.trace_button.text() == "Remove trace"
    with qtbot.waitSignal(panel.removeRequested) as emitted:
        qtbot.mouseClick(panel.trace_button, LEFT)
    assert emitted.args == ["apic[12](0.625)"]
    panel.set_segment(APIC)
    assert panel.trace_button.text() == "Add trace"


def test_numbers_are_read_with_their_units() -> None:
    assert with_unit(-61.234, "mV") == "−61.23 mV"
    assert with_unit(0.00012, "S/cm²") == "0.00012 S/cm²"
    assert with_unit(math.nan, "mV") == "—"
    assert with_unit(0.5, "") == "0.50"


def test_the_cell_panel_shows_title_backend_and_facts(qtbot: QtBot) -> None:
    panel = cell_panel(qtbot)
    panel.set_title("Pyramidal cell", "NEURON")
    panel.set_facts({"Segments": "732", "Area": "18 205 µm²"})
    assert "18 205 µm²" not in shown_texts(panel)
    assert "732 segments" in shown_texts(panel)
    with qtbot.waitSignal(panel.factsToggled) as emitted:
        qtbot.mouseClick(panel.fold.button, LEFT)
    assert emitted.args == [True]
    texts = shown_texts(panel)
    assert {"Pyramidal cell", "NEURON", "Segments", "732", "18 205 µm²"} <= set(texts)
    panel.set_facts({"Sections": "1", "Segments": "5"})
    assert "1 section, 5 segments" in shown_texts(panel)
    assert "Area" not in shown_texts(panel)


def test_choosing_a_cell_or_a_variable_emits_its_name_and_setting_emits_nothing(
    qtbot: QtBot,
) -> None:
    panel = cell_panel(qtbot)
    with qtbot.assertNotEmitted(panel.cellChosen), qtbot.assertNotEmitted(panel.variableChosen):
        panel.set_bundled([("pyramidal", "Pyramidal cell", "L5"), ("stick", "Ball and stick", "")])
        panel.set_variables(
            [
                DisplayVariable("v", "Voltage", "mV", (-80, 40)),
                DisplayVariable("m_hh", "m", "", (0, 1)),
            ]
        )
        panel.set_cell("pyramidal")
    with qtbot.waitSignal(panel.cellChosen) as emitted:
        qtbot.keyClick(panel.bundled, Qt.Key.Key_Down)
    assert emitted.args == ["stick"]
    with qtbot.waitSignal(panel.variableChosen) as emitted:
        qtbot.keyClick(panel.variables, Qt.Key.Key_Down)
    assert emitted.args == ["m_hh"]
    assert panel.variables.itemText(0) == "Voltage (mV)"


def test_one_variable_is_no_choice(qtbot: QtBot) -> None:
    panel = cell_panel(qtbot)
    panel.set_variables([DisplayVariable("v", "Voltage", "mV", (-80, 40))])
    assert not panel.variables.isVisible()


def test_the_audit_is_a_light_and_a_list_with_the_gravest_first(qtbot: QtBot) -> None:
    panel = cell_panel(qtbot)
    assert panel.audit.light.severity == "good"
    panel.set_findings(FINDINGS)
    assert panel.audit.light.severity == "repair"
    texts = shown_texts(panel)
    assert "1 repair, 1 note" in texts
    assert texts.index("Repaired, line 817") < texts.index("The soma is three points.")
    qtbot.mouseClick(panel.audit.copy_all, LEFT)
    assert QGuiApplication.clipboard().text() == (
        "Repaired, line 817: The radius was 0; 0.31 µm was taken.\nNote: The soma is three points."
    )
    panel.set_findings(())
    assert panel.audit.light.severity == "good"
    assert not panel.audit.copy_all.isVisible()


def test_a_thousand_findings_are_listed_in_part_and_copied_in_full(qtbot: QtBot) -> None:
    panel = cell_panel(qtbot)
    many = [Finding("warning", "x", f"Point {i} is odd.", i) for i in range(1, 1001)]
    panel.set_findings(many)
    assert any("900 more" in text for text in shown_texts(panel))
    assert panel.audit.text().count("\n") == 999
    assert summary_of(many) == "1000 warnings"


def test_the_audits_signs_take_the_colours_of_the_theme(qtbot: QtBot) -> None:
    panel = cell_panel(qtbot)
    for theme in (DARK, LIGHT, DARK):
        panel.setStyleSheet(stylesheet(theme))
        panel.set_theme(theme)
        assert nearest(panel, theme.good) < 40, theme.name


def nearest(panel: CellPanel, color: Rgb) -> float:
    """Return how far the audit light's closest pixel is from a colour."""
    image = panel.audit.light.grab().toImage()
    pixels = [
        QColor(image.pixel(x, y)).getRgb()[:3]
        for x in range(image.width())
        for y in range(image.height())
    ]
    return min(math.dist(pixel, color) for pixel in pixels)


def test_text_can_be_read_in_both_themes() -> None:
    for theme in (DARK, LIGHT):
        for ground in (theme.panel, theme.surface):
            for text in (theme.text, theme.text_quiet, theme.bad, theme.warn, theme.good):
                assert contrast(text, ground) >= 4.5, (theme.name, text, ground)


def test_a_style_sheet_leaves_no_colour_open() -> None:
    for theme in (DARK, LIGHT):
        assert "$" not in stylesheet(theme)
        assert _hex(theme, "accent") in stylesheet(theme)


def _hex(theme: Theme, name: str) -> str:
    return "#{:02x}{:02x}{:02x}".format(*getattr(theme, name))


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colours (WCAG 2.1, relative luminance)."""

    def luminance(color: Rgb) -> float:
        shares = [c / 255 for c in color]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_wheel_over_the_membrane_changes_nothing_without_the_focus(qtbot: QtBot) -> None:
    panel = cell_panel(qtbot)
    panel.set_membrane("hh")
    chosen: list[str] = []
    panel.membraneChosen.connect(chosen.append)
    middle = QPointF(panel.membranes.rect().center())
    wheel = QWheelEvent(
        middle, middle, QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(panel.membranes, wheel)
    assert (chosen, panel.membranes.currentText()) == ([], "HH (demo)")


def test_no_long_word_of_a_file_makes_the_cell_panel_wider(qtbot: QtBot) -> None:
    panel = cell_panel(qtbot)
    QApplication.processEvents()
    before = panel.minimumSizeHint().width()
    digest = "cdb5dd996656ce8c374e51c632201c305279d0de32a01c3526264fb498cc1bf3"
    panel.set_title(f"{digest}.CNG")
    panel.set_findings((Finding("info", "provenance", f"The file has SHA-256 {digest}."),))
    panel.set_facts({"File": f"/home/somebody/{digest}/{digest}.swc"})
    qtbot.waitUntil(lambda: f"The file has SHA-256 {digest}." in shown_texts(panel))
    for each in panel.findChildren(QWidget):
        each.updateGeometry()
    QApplication.processEvents()
    assert panel.minimumSizeHint().width() <= max(before, 300)
