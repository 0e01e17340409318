"""`CompareWindow`: setters in, signals out; it knows no session and runs no simulation."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QCloseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.compare.commands import NEEDS_RESULT, SHOWN, build_actions
from app.compare.numbers import NumbersPanel
from app.compare.plots import ComparePlots
from app.compare.segment_field import SegmentField
from app.compare.segments import SegmentTable
from app.compare.time_bar import TimeBar
from app.compare.views import LinkedViews
from app.palette import Theme
from app.ui.banner import Banner
from app.ui.busy_bar import BusyBar
from app.ui.inputs import ComboBox
from app.ui.labels import ReadOut
from app.ui.number_field import NumberField
from app.ui.plain import PlainLabel, plain_tip
from app.ui.rows import empty_hint
from app.ui.style import stylesheet

SHORTEST_MS, LONGEST_MS = 0.1, 100_000.0
ENTIRE_RUN, THIS_TIME = "Entire run", "This time"
NO_CELL = "Open a cell in the main window to compare the simulators on it."


class CompareWindow(QMainWindow):
    """Both simulators' voltages, their difference and the numbers.

    Signals
    -------
    startRequested(float)
        Run both simulators for so many ms.
    cancelRequested()
    colorSpanChosen(bool)
        Whether the colours of ΔV span only the time shown.
    closing()

    Attributes
    ----------
    commands : dict of str to QAction
    """

    startRequested = Signal(float)
    cancelRequested = Signal()
    colorSpanChosen = Signal(bool)
    closing = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("compareWindow")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        self.resize(1440, 900)
        self.commands = build_actions(self)
        self.banner, self.busy_bar = Banner(), BusyBar()
        self.views, self.plots = LinkedViews(), ComparePlots()
        self.time_bar = TimeBar(self.commands["play"])
        self.numbers, self.segments = NumbersPanel(), SegmentTable()
        self.segment_field = SegmentField()
        self.read_out = ReadOut()
        self._cell, self._jaxley, self._is_busy = "", "", False
        self._start_tip = self.commands["start"].toolTip()
        self._build_header()
        self._build_body()
        self._wire()
        self.set_cell("")
        self.set_names("NEURON", "Jaxley")
        self.set_busy(False)
        self.set_filled(False)
        self.set_theme(theme)

    # -------------------------------------------------------------------------------- building

    def _build_header(self) -> None:
        self.duration = NumberField(unit="ms", low=SHORTEST_MS, high=LONGEST_MS, least_px=104)
        self.duration.setAccessibleName("Duration of the runs")
        self.duration.setToolTip("Simulated time of each run; Return starts")
        self.start_button = self._button("start", primary=True)
        self.color_span = ComboBox()
        self.color_span.setAccessibleName("Colour range of the difference")
        self.color_span.setToolTip(
            "Range of the ΔV colours: the entire run, or only the time shown"
        )
        self.color_span.addItems([ENTIRE_RUN, THIS_TIME])
        self._header = QFrame()
        row = QHBoxLayout(self._header)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(_quiet_label("Run both for"))
        row.addWidget(self.duration)
        row.addWidget(self.start_button)
        row.addStretch(1)
        row.addWidget(_quiet_label("Show"))
        row.addLayout(self._shown_buttons())
        row.addWidget(_quiet_label("ΔV colours"))
        row.addWidget(self.color_span)
        for id_ in ("reset_view", "copy", "export"):
            row.addWidget(self._button(id_))

    def _shown_buttons(self) -> QHBoxLayout:
        group = QActionGroup(self)
        row = QHBoxLayout()
        row.setSpacing(0)
        for i, id_ in enumerate(SHOWN):
            group.addAction(self.commands[id_])
            button = self._button(id_)
            last = len(SHOWN) - 1
            button.setProperty("segment", "first" if i == 0 else "last" if i == last else "middle")
            row.addWidget(button)
        return row

    def _button(self, id_: str, *, primary: bool = False) -> QToolButton:
        button = QToolButton()
        self.commands[id_].setIconText(self.commands[id_].text())  # Qt's default drops the "…"
        button.setDefaultAction(self.commands[id_])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        if primary:
            button.setObjectName("primary")
        return button

    def _build_body(self) -> None:
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.views, 1)
        column.addWidget(self.time_bar)
        self._left = _split(Qt.Orientation.Vertical, upper, self.plots, [480, 330])
        self._right = _split(
            Qt.Orientation.Vertical, self.numbers, self._build_chosen(), [600, 210]
        )
        self._right.setMinimumWidth(400)  # or names of segments would not fit
        self._result = _split(Qt.Orientation.Horizontal, self._left, self._right, [1030, 410])
        self._result.setStretchFactor(0, 1)
        self._hint = empty_hint("")
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self._hint)
        self._pages.addWidget(self._result)
        central = QWidget()
        outer = QVBoxLayout(central)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        for widget in (self._header, _line(), self.banner, self.busy_bar):
            outer.addWidget(widget)
        outer.addWidget(pages, 1)
        central.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCentralWidget(central)
        self.statusBar().setSizeGripEnabled(False)
        self.read_out.setObjectName("readOut")
        self.statusBar().addWidget(self.read_out, 1)

    def _build_chosen(self) -> QWidget:
        self._table_heading = PlainLabel()
        self._table_heading.setObjectName("group")
        self._table_heading.setContentsMargins(6, 6, 6, 2)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(6, 0, 6, 4)
        column.setSpacing(2)
        column.addWidget(self._table_heading)
        column.addWidget(self.segments, 1)
        column.addWidget(self.segment_field)
        return page

    def _wire(self) -> None:
        commands = self.commands
        self.duration.entered.connect(commands["start"].trigger)
        commands["start"].triggered.connect(self._start)
        commands["cancel"].triggered.connect(self.cancelRequested)
        commands["close"].triggered.connect(self.close)
        self.busy_bar.cancelRequested.connect(self.cancelRequested)
        self.banner.retryRequested.connect(self._start)
        self.color_span.currentTextChanged.connect(
            lambda text: self.colorSpanChosen.emit(text == THIS_TIME)
        )
        bar = self.time_bar
        commands["play"].triggered.connect(lambda: bar.toggle())
        for id_, step in (("back", -1), ("forward", 1), ("back_far", -10), ("forward_far", 10)):
            commands[id_].triggered.connect(lambda _=False, by=step: bar.step(by))
            commands[id_].setAutoRepeat(True)
        commands["first"].triggered.connect(lambda: bar.set_sample(0))
        commands["last"].triggered.connect(lambda: bar.set_sample(bar.slider.maximum()))
        commands["reset_view"].triggered.connect(lambda: self.views.reset_view())
        for id_, shown in SHOWN.items():
            commands[id_].triggered.connect(lambda _=False, only=shown: self.views.show_only(only))
        bar.playingChanged.connect(self.views.set_moving)

    # -------------------------------------------------------------------------------- setters

    def set_cell(self, title: str, jaxley: str = "Jaxley") -> None:
        """Set the cell of the next comparison ("" for none), and the name of Jaxley there."""
        self._cell, self._jaxley = title, jaxley
        self._show_start()

    def set_names(self, left: str, right: str) -> None:
        """Set the names of the sides."""
        for id_, name in (("show_left", left), ("show_right", right)):
            self.commands[id_].setText(name)
            self.commands[id_].setIconText(name)
        self.segments.set_names(left, right)

    def set_filled(self, filled: bool) -> None:
        """Show the result's page, or the hint."""
        self._pages.setCurrentIndex(1 if filled else 0)
        for id_ in NEEDS_RESULT:
            self.commands[id_].setEnabled(filled)
        self.color_span.setEnabled(filled)

    def set_busy(self, busy: bool) -> None:
        """Show whether a comparison is running."""
        self._is_busy = busy
        self.commands["cancel"].setEnabled(busy)
        self.duration.setEnabled(not busy)
        if not busy:
            self.busy_bar.finish()
        self._show_start()

    def _show_start(self) -> None:
        """Show what can be started, or why not, or what is running."""
        start, cell = self.commands["start"], self._cell
        start.setEnabled(bool(cell) and not self._is_busy)
        start.setToolTip(plain_tip(self._start_tip if cell else NO_CELL))
        both = f"on NEURON and on {self._jaxley}"
        if self._is_busy:
            self._hint.setText(f"“{cell}” is being simulated {both}.")
        elif cell:
            what = "with the stimulus as it is set now"
            self._hint.setText(f"Press Compare to simulate “{cell}” {both}, {what}.")
        else:
            self._hint.setText(NO_CELL)

    def set_table_time(self, time_ms: float) -> None:
        """Show the time of the table's values."""
        self._table_heading.setText(f"At {time_ms:.2f} ms, mV")

    def set_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self.setStyleSheet(stylesheet(theme))
        for part in (self.views, self.plots, self.time_bar, self.segment_field):
            part.set_theme(theme)

    def focus_segment_field(self) -> None:
        """Focus the input line for a segment, with its text selected."""
        self.segment_field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.segment_field.selectAll()

    def focus_duration(self) -> None:
        """Focus the duration, with its text selected."""
        self.duration.setFocus(Qt.FocusReason.OtherFocusReason)
        self.duration.selectAll()

    def sizeHint(self) -> QSize:
        """Return a size that fits three views."""
        return QSize(1440, 900)

    # --------------------------------------------------------------------------------- events

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the running comparison, and release the views."""
        self.hide()
        self.time_bar.stop()
        self.closing.emit()
        self.views.close_views()
        event.accept()

    def _start(self) -> None:
        if self.commands["start"].isEnabled() and self.duration.commit():
            self.centralWidget().setFocus(Qt.FocusReason.OtherFocusReason)
            self.startRequested.emit(self.duration.value())


def _quiet_label(text: str) -> QLabel:
    label = PlainLabel(text)
    label.setObjectName("quiet")
    return label


def _line() -> QFrame:
    line = QFrame()
    line.setObjectName("hairline")
    line.setFixedHeight(1)
    return line


def _split(
    orientation: Qt.Orientation, first: QWidget, second: QWidget, sizes: list[int]
) -> QSplitter:
    split = QSplitter(orientation)
    split.setChildrenCollapsible(False)
    split.addWidget(first)
    split.addWidget(second)
    split.setSizes(sizes)
    return split
