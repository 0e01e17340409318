"""Numbers by magnitude, and ids that shorten before them."""

from __future__ import annotations

import math

import pytest
from pytestqt.qtbot import QtBot

from app.ui.labels import IdLabel, ReadOut
from app.ui.number_text import fitted_id, short_id, value_text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-64.971, "mV", "−64.97 mV"),
        (0.0, "mV", "0.00 mV"),
        (-0.0, "mV", "0.00 mV"),
        (0.00123, "mV", "0.00123 mV"),
        (1.126e-6, "S/cm²", "1.126e−06 S/cm²"),
        (0.12, "S/cm²", "0.12 S/cm²"),
        (0.05293, "", "0.05293"),
        (123456.7, "1/s", "123457 1/s"),
        (math.nan, "mV", "—"),
        (math.inf, "mV", "—"),
    ],
)
def test_the_digits_follow_the_magnitude(value: float, unit: str, text: str) -> None:
    assert value_text(value, unit) == text


def test_an_id_keeps_the_digits_that_tell_it_apart() -> None:
    assert short_id("apic[94](0.928571)") == "apic[94](0.93)"
    assert short_id("apic[94](0.5)") == "apic[94](0.5)"
    assert short_id("apic[94](0.928571).m_hh") == "apic[94](0.93).m_hh"
    assert short_id("note") == "note"
    near = ("apic[94](0.928571)", "apic[94](0.931429)", "apic[9](0.928571)")
    assert short_id(near[0], near) == "apic[94](0.929)"
    assert short_id(near[1], near) == "apic[94](0.931)"


def test_an_id_loses_its_x_first_and_then_its_beginning() -> None:
    full = "Pyramidal[0].apic[94](0.928571)"
    assert fitted_id(full, lambda text: len(text) <= 40) == full
    assert fitted_id(full, lambda text: len(text) <= 28) == "Pyramidal[0].apic[94](0.93)"
    assert fitted_id(full, lambda text: len(text) <= 15) == "…apic[94](0.93)"


def test_the_status_bar_drops_words_before_it_shortens_an_id_and_never_the_value(
    qtbot: QtBot,
) -> None:
    label = ReadOut()
    qtbot.addWidget(label)
    parts = ("apic[94](0.928571)", "1.126e−06 S/cm²", "apical dendrite", "1093 µm from the soma")
    label.set_parts(parts)
    label.show()
    texts = []
    for width in (700, 330, 230, 210, 150):
        label.resize(width, 24)
        texts.append(label.text())
        assert parts[1] in label.text()
        assert label.fontMetrics().horizontalAdvance(label.text()) <= width
        assert label.toolTip().startswith(parts[0])
    assert texts[0] == "   ".join(parts)
    assert any("apic[94](0.93)   1.126e−06" in text for text in texts)


def test_a_title_shortens_its_id_and_has_it_complete_in_the_tip(qtbot: QtBot) -> None:
    label = IdLabel()
    qtbot.addWidget(label)
    label.show()
    label.resize(400, 24)
    label.set_id("apic[94](0.928571)")
    assert label.text() == "apic[94](0.928571)"
    label.resize(label.fontMetrics().horizontalAdvance("apic[94](0.93)") + 2, 24)
    assert (label.text(), label.toolTip()) == ("apic[94](0.93)", "apic[94](0.928571)")
