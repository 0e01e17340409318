"""Numbers as people type them."""

from __future__ import annotations

import pytest

from app.ui.quantity import QuantityError, read_quantity, unit_factor


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("0,6", "nA", 0.6),
        ("0.6", "nA", 0.6),
        ("12,5", "ms", 12.5),
        (" −65 ", "mV", -65.0),
        ("+.5", "", 0.5),
        (",5", "", 0.5),
        ("5.", "", 5.0),
        ("0,125", "nA", 0.125),
        ("1.125", "nA", 1.125),
        ("1e-3", "S/cm²", 1e-3),
        ("1,5e−3", "S/cm²", 1.5e-3),
        ("600 pA", "nA", 0.6),
        ("600pA", "nA", 0.6),
        ("0,0006 µA", "nA", 0.6),
        ("0.0006 uA", "nA", 0.6),
        ("0.0006 \u03bcA", "nA", 0.6),
        ("1 s", "ms", 1000.0),
        ("2 min", "ms", 120_000.0),
        ("250 µs", "ms", 0.25),
        ("-0.065 V", "mV", -65.0),
        ("2 mm", "µm", 2000.0),
        ("500 nm", "um", 0.5),
        ("120 mS/cm²", "S/cm²", 0.12),
        ("120 mS/cm2", "S/cm2", 0.12),
        ("10 pS/um^2", "S/cm2", 0.001),
        ("1200 S/m2", "S/cm²", 0.12),
        ("0.1 kΩ·cm", "Ω cm", 100.0),
        ("0.1 kohm cm", "ohm cm", 100.0),
        ("1.5 Ω m", "Ω·cm", 150.0),
        ("2 kHz", "Hz", 2000.0),
        ("0.05 1/ms", "Hz", 50.0),
        ("0.05 /ms", "Hz", 50.0),
        ("0.2 G\u2126", "M\u03a9", 200.0),
        ("10 nS", "µS", 0.01),
        ("0.01 F/m²", "µF/cm²", 1.0),
        ("2 µM", "mM", 0.002),
        ("6.3 °C", "degC", 6.3),
        ("3 spikes", "spikes", 3.0),
        ("40 %", "%", 40.0),
    ],
)
def test_a_number_is_read_in_the_unit_of_its_field(text: str, unit: str, value: float) -> None:
    assert read_quantity(text, unit) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "unit", "keyword"),
    [
        ("", "nA", "not a number"),
        ("abc", "nA", "abc"),
        ("nan", "nA", "nan"),
        ("1e999", "nA", "too large"),
        ("1,200", "ms", "1200 or 1.2"),
        ("12,500", "ms", "12500 or 12.5"),
        ("1,234.5", "ms", "decimal mark"),
        ("1.234,5", "ms", "decimal mark"),
        ("1.234.567", "ms", "decimal mark"),
        ("1 200", "ms", "decimal mark"),
        ("1'200", "ms", "decimal mark"),
        ("1_200", "ms", "decimal mark"),
        ("1.2.3", "ms", "not a number"),
        ("3 4", "ms", "not a number"),
        ("5 pA", "ms", "pA"),
        ("5 mV", "nA", "mV"),
        ("5 MS", "ms", "MS"),
        ("5 S", "S/cm²", "S"),
        ("5 ms", "", "ms"),
        ("5 parsec", "µm", "parsec"),
        ("5 - 3", "ms", "not a number"),
        ("5/0", "", "5/0"),
    ],
)
def test_what_is_no_number_of_a_field_is_refused_by_name(
    text: str, unit: str, keyword: str
) -> None:
    with pytest.raises(QuantityError, match=keyword):
        read_quantity(text, unit)


def test_prefixes_of_one_letter_are_told_apart() -> None:
    assert unit_factor("mA", "A") == pytest.approx(1e-3)
    assert unit_factor("MΩ", "Ω") == pytest.approx(1e6)
    assert unit_factor("mM", "M") == pytest.approx(1e-3)
    assert unit_factor("ms", "mS") is None
