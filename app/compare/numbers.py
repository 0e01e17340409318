"""`NumbersPanel`: what there is to say of a comparison, the largest differences first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui.rows import FactRows, with_no_break_spaces

_KEY_PX = 176


@dataclass(frozen=True, slots=True)
class DifferenceLocation:
    """A number with the place where it is so.

    Attributes
    ----------
    title, number : str
        ``"Max |ΔV|"``, ``"0.42 mV"``.
    where : str
        ``"soma[0](0.5) at 12.3 ms"``, "" for no place to go to.
    segment, sample : int
        -1 for none.
    """

    title: str
    number: str
    where: str = ""
    segment: int = -1
    sample: int = -1


class DifferenceCard(QFrame):
    """A number, and a button that goes where it is so; a double click does the same.

    Signals
    -------
    asked(int, int)
        Segment and sample.
    """

    asked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._place = DifferenceLocation("", "")
        self._title, self._number, self._where = QLabel(), QLabel(), QLabel()
        self._title.setObjectName("quiet")
        self._title.setWordWrap(True)
        self._number.setObjectName("figure")
        self._where.setObjectName("quiet")
        self._where.setWordWrap(True)
        self.show_button = QPushButton("Show")
        self.show_button.setToolTip("Go to that moment, and overlay the traces of that segment")
        self.show_button.clicked.connect(self._ask)
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (self._title, self._number, self._where):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            words.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.addLayout(words, 1)
        row.addWidget(self.show_button, 0, Qt.AlignmentFlag.AlignVCenter)

    def set_place(self, place: DifferenceLocation) -> None:
        """Show a number."""
        self._place = place
        self._title.setText(place.title)
        self._number.setText(with_no_break_spaces(place.number))
        self._where.setText(with_no_break_spaces(place.where))
        self._where.setVisible(bool(place.where))
        self.show_button.setVisible(place.segment >= 0)
        self.show_button.setAccessibleName(f"Show {place.title}: {place.where}")

    @property
    def text(self) -> str:
        """What is shown, for tests and screen readers."""
        place = self._place
        return " ".join(part for part in (place.title, place.number, place.where) if part)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        self._ask()
        event.accept()

    def _ask(self) -> None:
        if self._place.segment >= 0:
            self.asked.emit(self._place.segment, self._place.sample)


class NumbersPanel(QWidget):
    """Two cards, then rows of facts under headings.

    Signals
    -------
    placeAsked(int, int)
        The user wants to see a segment at a sample.
    """

    placeAsked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.worst, self.worst_away = DifferenceCard(), DifferenceCard()
        self._column = QVBoxLayout()
        self._column.setContentsMargins(12, 12, 12, 12)
        self._column.setSpacing(8)
        self._rows: dict[str, FactRows] = {}
        for card in (self.worst, self.worst_away):
            card.asked.connect(self.placeAsked)
            self._column.addWidget(card)
        page = QWidget()
        self._column.addStretch(1)
        page.setLayout(self._column)
        area = QScrollArea()
        area.setAccessibleName("Numbers")
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def set_places(self, worst: DifferenceLocation, worst_away: DifferenceLocation) -> None:
        """Show where the sides are furthest apart, of all and away from upstrokes."""
        self.worst.set_place(worst)
        self.worst_away.set_place(worst_away)

    def set_groups(self, groups: Mapping[str, Mapping[str, str]]) -> None:
        """Show facts under headings."""
        for heading, rows in groups.items():
            if heading not in self._rows:
                self._add_group(heading)
            self._rows[heading].set_rows(rows)

    def texts(self) -> dict[str, dict[str, str]]:
        """Return the facts shown."""
        return {heading: rows.texts() for heading, rows in self._rows.items()}

    def _add_group(self, heading: str) -> None:
        label = QLabel(heading)
        label.setObjectName("group")
        label.setContentsMargins(0, 8, 0, 0)
        rows = FactRows()
        rows.layout().setColumnMinimumWidth(0, _KEY_PX)  # values stand below one another
        self._rows[heading] = rows
        at = self._column.count() - 1
        self._column.insertWidget(at, label)
        self._column.insertWidget(at + 1, rows)
