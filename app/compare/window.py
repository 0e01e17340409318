"""`CompareWindow`: setters in, signals out; it knows no session and runs nothing."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QCloseEvent
from PySide6.QtWidgets import (
    QComboBox,
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

from app.compare.naming import SegmentField
from app.compare.numbers import NumbersPanel
from app.compare.plots import ComparePlots
from app.compare.segments import SegmentTable
from app.compare.time_bar import TimeBar
from app.compare.verbs import NEEDS_RESULT, SHOWN, build_verbs
from app.compare.views import LinkedViews
from app.palette import Theme
from app.ui.banner import Banner
from app.ui.busy_bar import BusyBar
from app.ui.number_field import NumberField
from app.ui.rows import empty_hint
from app.ui.style import stylesheet

LONGEST_MS = 100_000.0
WHOLE_RUN, THIS_MOMENT = "Whole run", "This moment"
NO_CELL = "Open a cell in the main window to compare the simulators on it."


class CompareWindow(QMainWindow):
    """Both simulators' voltages, their difference and the numbers.

    Signals
    -------
    startRequested(float)
        Run for so many ms.
    cancelRequested()
    reachChosen(bool)
        Whether the colours of ΔV are to span the present moment alone.
    closing()

    Attributes
    ----------
    verbs : dict of str to QAction
    """

    startRequested = Signal(float)
    cancelRequested = Signal()
    reachChosen = Signal(bool)
    closing = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("compareWindow")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        self.resize(1440, 900)
        self.verbs = build_verbs(self)
        self.banner, self.busy_bar = Banner(), BusyBar()
        self.views, self.plots = LinkedViews(), ComparePlots()
        self.time_bar = TimeBar(self.verbs["play"])
        self.numbers, self.segments = NumbersPanel(), SegmentTable()
        self.segment_field = SegmentField()
        self.read_out = QLabel()
        self._cell, self._jaxley, self._is_busy = "", "", False
        self._start_tip = self.verbs["start"].toolTip()
        self._build_head()
        self._build_body()
        self._wire()
        self.set_cell("")
        self.set_names("NEURON", "Jaxley")
        self.set_busy(False)
        self.set_filled(False)
        self.set_theme(theme)

    # -------------------------------------------------------------------------------- building

    def _build_head(self) -> None:
        self.duration = NumberField()
        self.duration.setDecimals(2)
        self.duration.setRange(0.1, LONGEST_MS)
        self.duration.setSuffix(" ms")
        self.duration.setFixedWidth(104)
        self.duration.setAccessibleName("Duration of the runs")
        self.duration.setToolTip("Simulated time on either side; Return begins")
        self.start_button = self._button("start", primary=True)
        self.reach = QComboBox()
        self.reach.setAccessibleName("Colour range of the difference")
        self.reach.setToolTip("What the colours of ΔV span: every moment alike, or the one shown")
        self.reach.addItems([WHOLE_RUN, THIS_MOMENT])
        self._head = QFrame()
        row = QHBoxLayout(self._head)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(_quiet("Run both for"))
        row.addWidget(self.duration)
        row.addWidget(self.start_button)
        row.addStretch(1)
        row.addWidget(_quiet("Show"))
        row.addLayout(self._shown_buttons())
        row.addWidget(_quiet("ΔV colours"))
        row.addWidget(self.reach)
        for id_ in ("reset_view", "copy", "export"):
            row.addWidget(self._button(id_))

    def _shown_buttons(self) -> QHBoxLayout:
        group = QActionGroup(self)
        row = QHBoxLayout()
        row.setSpacing(0)
        for i, id_ in enumerate(SHOWN):
            group.addAction(self.verbs[id_])
            button = self._button(id_)
            last = len(SHOWN) - 1
            button.setProperty("segment", "first" if i == 0 else "last" if i == last else "middle")
            row.addWidget(button)
        return row

    def _button(self, id_: str, *, primary: bool = False) -> QToolButton:
        button = QToolButton()
        self.verbs[id_].setIconText(self.verbs[id_].text())  # Qt's own lacks the "…"
        button.setDefaultAction(self.verbs[id_])
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
        self._right = _split(Qt.Orientation.Vertical, self.numbers, self._chosen(), [600, 210])
        self._right.setMinimumWidth(400)  # else names of segments do not fit
        self._result = _split(Qt.Orientation.Horizontal, self._left, self._right, [1030, 410])
        self._result.setStretchFactor(0, 1)
        self._hint = empty_hint("")
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self._hint)
        self._pages.addWidget(self._result)
        central = QWidget()
        whole = QVBoxLayout(central)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        for widget in (self._head, _line(), self.banner, self.busy_bar):
            whole.addWidget(widget)
        whole.addWidget(pages, 1)
        central.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCentralWidget(central)
        self.statusBar().setSizeGripEnabled(False)
        self.read_out.setObjectName("readOut")
        self.statusBar().addWidget(self.read_out, 1)

    def _chosen(self) -> QWidget:
        self._moment = QLabel()
        self._moment.setObjectName("group")
        self._moment.setContentsMargins(6, 6, 6, 2)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(6, 0, 6, 4)
        column.setSpacing(2)
        column.addWidget(self._moment)
        column.addWidget(self.segments, 1)
        column.addWidget(self.segment_field)
        return page

    def _wire(self) -> None:
        verbs = self.verbs
        self.duration.lineEdit().returnPressed.connect(verbs["start"].trigger)
        verbs["start"].triggered.connect(self._start)
        verbs["cancel"].triggered.connect(self.cancelRequested)
        verbs["close"].triggered.connect(self.close)
        self.busy_bar.cancelRequested.connect(self.cancelRequested)
        self.banner.retryRequested.connect(self._start)
        self.reach.currentTextChanged.connect(
            lambda text: self.reachChosen.emit(text == THIS_MOMENT)
        )
        bar = self.time_bar
        verbs["play"].triggered.connect(lambda: bar.toggle())
        for id_, step in (("back", -1), ("on", 1), ("back_far", -10), ("on_far", 10)):
            verbs[id_].triggered.connect(lambda _=False, by=step: bar.step(by))
            verbs[id_].setAutoRepeat(True)
        verbs["first"].triggered.connect(lambda: bar.set_sample(0))
        verbs["last"].triggered.connect(lambda: bar.set_sample(bar.slider.maximum()))
        verbs["reset_view"].triggered.connect(lambda: self.views.reset_view())
        for id_, shown in SHOWN.items():
            verbs[id_].triggered.connect(lambda _=False, only=shown: self.views.show_only(only))
        bar.playingChanged.connect(self.views.set_moving)

    # -------------------------------------------------------------------------------- setters

    def set_cell(self, title: str, jaxley: str = "Jaxley") -> None:
        """Say which cell the next comparison is of ("": of none), and what Jaxley is called there."""
        self._cell, self._jaxley = title, jaxley
        self._show_start()

    def set_names(self, left: str, right: str) -> None:
        """Name the sides wherever they are spoken of."""
        for id_, name in (("show_left", left), ("show_right", right)):
            self.verbs[id_].setText(name)
            self.verbs[id_].setIconText(name)
        self.segments.set_names(left, right)

    def set_filled(self, filled: bool) -> None:
        """Show the result's page, or what there will be."""
        self._pages.setCurrentIndex(1 if filled else 0)
        for id_ in NEEDS_RESULT:
            self.verbs[id_].setEnabled(filled)
        self.reach.setEnabled(filled)

    def set_busy(self, busy: bool) -> None:
        """Say whether a comparison is under way."""
        self._is_busy = busy
        self.verbs["cancel"].setEnabled(busy)
        self.duration.setEnabled(not busy)
        if not busy:
            self.busy_bar.finish()
        self._show_start()

    def _show_start(self) -> None:
        """Say what can be begun, or why nothing can, or what is under way."""
        start, cell = self.verbs["start"], self._cell
        start.setEnabled(bool(cell) and not self._is_busy)
        start.setToolTip(self._start_tip if cell else NO_CELL)
        both = f"on NEURON and on {self._jaxley}"
        if self._is_busy:
            self._hint.setText(f"“{cell}” is being simulated {both}.")
        elif cell:
            what = "with the stimulus as it is set now"
            self._hint.setText(f"Press Compare to simulate “{cell}” {both}, {what}.")
        else:
            self._hint.setText(NO_CELL)

    def set_moment(self, time_ms: float) -> None:
        """Say of which moment the table speaks."""
        self._moment.setText(f"At {time_ms:.2f} ms, mV")

    def set_theme(self, theme: Theme) -> None:
        """Dress the whole window."""
        self.setStyleSheet(stylesheet(theme))
        for part in (self.views, self.plots, self.time_bar, self.segment_field):
            part.set_theme(theme)

    def ask_segment(self) -> None:
        """Give the keyboard to the line in which a segment is named, ready to be typed over."""
        self.segment_field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.segment_field.selectAll()

    def ask_duration(self) -> None:
        """Give the keyboard to the duration, ready to be typed over."""
        self.duration.setFocus(Qt.FocusReason.OtherFocusReason)
        self.duration.selectAll()

    def sizeHint(self) -> QSize:
        """Return a size that holds three views."""
        return QSize(1440, 900)

    # --------------------------------------------------------------------------------- events

    def closeEvent(self, event: QCloseEvent) -> None:
        """End what is under way, and let go of the views."""
        self.hide()
        self.time_bar.stop()
        self.closing.emit()
        self.views.close_views()
        event.accept()

    def _start(self) -> None:
        if self.verbs["start"].isEnabled():
            self.duration.interpretText()
            self.centralWidget().setFocus(Qt.FocusReason.OtherFocusReason)
            self.startRequested.emit(self.duration.value())


def _quiet(text: str) -> QLabel:
    label = QLabel(text)
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
