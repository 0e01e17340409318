"""What several panels use: `FactRows`, and the hint of an empty panel."""

from __future__ import annotations

import re
from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.ui.layouts import clear
from app.ui.plain import PlainLabel
from app.ui.sentence_label import SentenceLabel

NO_BREAK = "\u00a0"
_SPACE_IN_QUANTITY = re.compile(r"(?<=\d) (?=\d{3}\b|[µΩ°%]|[mnk]?[mVAS]\b)")


def with_no_break_spaces(text: str) -> str:
    """Return `text` with no-break spaces inside numbers and before their units."""
    return _SPACE_IN_QUANTITY.sub(NO_BREAK, text)


class FactRows(QWidget):
    """Aligned rows of a name and a value; the values can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plain")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._values: dict[str, QLabel] = {}

    def set_rows(self, rows: Mapping[str, str]) -> None:
        """Show names and values; the labels are reused while the names stay the same."""
        if list(rows) != list(self._values):
            self._rebuild(list(rows))
        for name, text in rows.items():
            shown = with_no_break_spaces(text)
            if self._values[name].text() != shown:
                self._values[name].setText(shown)

    def texts(self) -> dict[str, str]:
        """Return the rows shown."""
        return {name: label.text().replace(NO_BREAK, " ") for name, label in self._values.items()}

    def _rebuild(self, names: list[str]) -> None:
        clear(self._grid)
        self._values = {}
        for row, name in enumerate(names):
            key, value = PlainLabel(name), SentenceLabel()
            key.setObjectName("tableKey")
            self._grid.addWidget(key, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, row, 1)
            self._values[name] = value


def empty_hint(text: str) -> QLabel:
    """Return a label with the centred hint of an empty panel."""
    label = PlainLabel(text)
    label.setObjectName("emptyHint")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    return label
