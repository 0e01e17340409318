"""Cells of a CSV that a spreadsheet does not run: as OWASP advises, a ``'`` before a text that looks like a formula.

A spreadsheet runs a cell such as ``=1+1``, and ``=HYPERLINK(…)`` too, whoever wrote it into a record or named a
trace so. All CSV tables of this program are written with `safe_cell`, and `original_cell` gives back the text.
"""

from __future__ import annotations

import re

_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def safe_cell(text: str) -> str:
    """Return a text as a cell: with a ``'`` before it if it begins like a formula, also after other ``'``."""
    return f"'{text}" if _FORMULA.match(text) else text


def original_cell(cell: str) -> str:
    """Return the text of which `safe_cell` made a cell."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
