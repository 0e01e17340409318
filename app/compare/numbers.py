"""`NumbersPanel`: the numbers of a comparison, the largest differences first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui.plain import PlainLabel
from app.ui.rows import FactRows, with_no_break_spaces

_KEY_PX = 176


@dataclass(frozen=True, slots=True)
class DifferenceLocation:
    """A difference, and the segment and time where it occurs.

    Attributes
    ----------
    title, number : str
        ``"Max |ΔV|"``, ``"0.42 mV"``.
    where : str
        ``"soma[0](0.5) at 12.3 ms"``, "" for none.
    segment, sample : int
        -1 for none.
    """

    title: str
    number: str
    where: str = ""
    segment: int = -1
    sample: int = -1


class DifferenceCard(QFrame):
    """A difference, and a button that goes to its segment and time; a double click does the same.

    Signals
    -------
    showRequested(int, int)
        Segment and sample.
    """

    showRequested = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._location = DifferenceLocation("", "")
        self._title, self._number, self._where = PlainLabel(), PlainLabel(), PlainLabel()
        self._title.setObjectName("quiet")
        self._title.setWordWrap(True)
        self._number.setObjectName("figure")
        self._where.setObjectName("quiet")
        self._where.setWordWrap(True)
        self.show_button = QPushButton("Show")
        self.show_button.setToolTip("Go to this time and add the traces of this segment")
        self.show_button.clicked.connect(self._request_show)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        for label in (self._title, self._number, self._where):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            texts.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.addLayout(texts, 1)
        row.addWidget(self.show_button, 0, Qt.AlignmentFlag.AlignVCenter)

    def set_location(self, location: DifferenceLocation) -> None:
        """Show a number."""
        self._location = location
        self._title.setText(location.title)
        self._number.setText(with_no_break_spaces(location.number))
        self._where.setText(with_no_break_spaces(location.where))
        self._where.setVisible(bool(location.where))
        self.show_button.setVisible(location.segment >= 0)
        self.show_button.setAccessibleName(f"Show {location.title}: {location.where}")

    @property
    def text(self) -> str:
        """What is shown, for tests and screen readers."""
        location = self._location
        return " ".join(part for part in (location.title, location.number, location.where) if part)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        self._request_show()
        event.accept()

    def _request_show(self) -> None:
        if self._location.segment >= 0:
            self.showRequested.emit(self._location.segment, self._location.sample)


class NumbersPanel(QWidget):
    """Two cards, then rows of numbers under headings.

    Signals
    -------
    locationRequested(int, int)
        Show a segment at a sample.
    """

    locationRequested = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.worst, self.worst_outside_upstrokes = DifferenceCard(), DifferenceCard()
        self._column = QVBoxLayout()
        self._column.setContentsMargins(12, 12, 12, 12)
        self._column.setSpacing(8)
        self._rows: dict[str, FactRows] = {}
        for card in (self.worst, self.worst_outside_upstrokes):
            card.showRequested.connect(self.locationRequested)
            self._column.addWidget(card)
        page = QWidget()
        self._column.addStretch(1)
        page.setLayout(self._column)
        area = QScrollArea()
        area.setAccessibleName("Numbers")
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def set_locations(
        self, worst: DifferenceLocation, worst_outside_upstrokes: DifferenceLocation
    ) -> None:
        """Show the largest difference, of all samples and outside upstrokes."""
        self.worst.set_location(worst)
        self.worst_outside_upstrokes.set_location(worst_outside_upstrokes)

    def set_groups(self, groups: Mapping[str, Mapping[str, str]]) -> None:
        """Show numbers under headings."""
        for heading, rows in groups.items():
            if heading not in self._rows:
                self._add_group(heading)
            self._rows[heading].set_rows(rows)

    def texts(self) -> dict[str, dict[str, str]]:
        """Return the numbers shown."""
        return {heading: rows.texts() for heading, rows in self._rows.items()}

    def _add_group(self, heading: str) -> None:
        label = PlainLabel(heading)
        label.setObjectName("group")
        label.setContentsMargins(0, 8, 0, 0)
        rows = FactRows()
        rows.layout().setColumnMinimumWidth(0, _KEY_PX)  # so that the values are aligned
        self._rows[heading] = rows
        at = self._column.count() - 1
        self._column.insertWidget(at, label)
        self._column.insertWidget(at + 1, rows)
