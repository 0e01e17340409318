"""`InspectorPanel`: properties of one segment."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from app.ui.labels import IdLabel
from app.ui.number_text import value_text
from app.ui.plain import PlainLabel, plain_tip
from app.ui.rows import FactRows, empty_hint

EMPTY = "Point at a segment to see its properties. Click to select it."
_ADD_TIP = "Plot this segment over time (T)"
_REMOVE_TIP = "Remove this segment's trace"


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """One segment.

    Attributes
    ----------
    segment_id : str
        ``"apic[12](0.625)"``.
    type_word : str
        ``"apical dendrite"``.
    length, diameter, path_distance : float
        µm: of the segment, of the segment, from the root segment along the tree.
    area : float
        µm².
    value : float
        Current display value, in `unit`; NaN shows a dash.
    is_traced : bool
        Whether it has a trace.
    cannot_trace : str
        Why it can have none, "" where it can.
    """

    segment_id: str
    type_word: str
    length: float
    diameter: float
    area: float
    path_distance: float
    value: float = math.nan
    unit: str = ""
    is_traced: bool = False
    cannot_trace: str = ""


class InspectorPanel(QWidget):
    """The hovered or selected segment.

    Signals
    -------
    captureRequested(str), removeRequested(str)
        The user wants to add or remove the trace of a segment, by its id.
    filledChanged(bool)
        Whether there is a segment to show.
    """

    captureRequested = Signal(str)
    removeRequested = Signal(str)
    filledChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts: SegmentFacts | None = None
        self._name = IdLabel()
        self._name.setObjectName("title")
        self._name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._type = PlainLabel()
        self._type.setObjectName("quiet")
        self._rows = FactRows()
        self.trace_button = QPushButton()
        self.copy_id = QPushButton("Copy id")
        self.copy_id.setToolTip("Copy the segment's name to the clipboard")
        self.trace_button.clicked.connect(self._request_trace)
        self.copy_id.clicked.connect(self._copy)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty_hint(EMPTY))
        self._stack.addWidget(self._page())

    def _page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        head = QVBoxLayout()
        head.setSpacing(0)
        head.addWidget(self._name)
        head.addWidget(self._type)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.trace_button)
        buttons.addWidget(self.copy_id)
        buttons.addStretch(1)
        column.addLayout(head)
        column.addWidget(self._rows)
        column.addLayout(buttons)
        column.addStretch(1)
        return page

    def set_segment(self, facts: SegmentFacts | None) -> None:
        """Show a segment; None shows a hint."""
        if facts == self._facts:
            return
        is_other = (facts is None) != (self._facts is None)
        self._facts = facts
        self._stack.setCurrentIndex(0 if facts is None else 1)
        if is_other:
            self.filledChanged.emit(facts is not None)
        if facts is None:
            return
        self._name.set_id(facts.segment_id)
        self._type.setText(facts.type_word)
        self.trace_button.setText("Remove trace" if facts.is_traced else "Add trace")
        tip = _REMOVE_TIP if facts.is_traced else _ADD_TIP
        self.trace_button.setEnabled(not facts.cannot_trace)
        self.trace_button.setToolTip(plain_tip(facts.cannot_trace or tip))
        self._rows.set_rows(
            {
                "Value": value_text(facts.value, facts.unit),
                "Path distance": with_unit(facts.path_distance, "µm", 1),
                "Length": with_unit(facts.length, "µm"),
                "Diameter": with_unit(facts.diameter, "µm"),
                "Area": with_unit(facts.area, "µm²", 1),
            }
        )

    @property
    def facts(self) -> SegmentFacts | None:
        """The segment shown."""
        return self._facts

    def _request_trace(self) -> None:
        if self._facts is not None:
            request = self.removeRequested if self._facts.is_traced else self.captureRequested
            request.emit(self._facts.segment_id)

    def _copy(self) -> None:
        if self._facts is not None:
            QGuiApplication.clipboard().setText(self._facts.segment_id)


def with_unit(value: float, unit: str, digits: int = 2) -> str:
    """Return ``"−64.97 mV"``; "—" for NaN, and four significant digits for small values."""
    if not math.isfinite(value):
        return "—"
    small = value != 0 and abs(value) < 10.0 ** (1 - digits)
    text = f"{value:.4g}" if small else f"{value:.{digits}f}"
    return f"{text.replace('-', '−')} {unit}".strip()
