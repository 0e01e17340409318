"""No cell of a table is run by a spreadsheet, and each text comes back."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from neuromorpho.records.csv_cells import original_cell, safe_cell

STARTS = "=+-@\t\r\n＝＋－＠"


@given(st.text(st.sampled_from(f"'a1{STARTS}")) | st.text())
def test_no_cell_begins_like_a_formula_and_each_text_comes_back(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(tuple(STARTS))
    assert original_cell(cell) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("-70 mV", "'-70 mV"),
        ("'=1+1", "''=1+1"),
        ("'quoted'", "'quoted'"),
        ("5'-GCaMP", "5'-GCaMP"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_only_what_begins_like_a_formula_is_changed(text: str, cell: str) -> None:
    assert safe_cell(text) == cell
