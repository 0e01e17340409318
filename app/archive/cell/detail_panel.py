"""`DetailPanel`: one cell of the archive, before and after its file is downloaded."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.archive.cell.detail_pages import CitePage, FactsPage, FilesPage
from app.archive.cell.preview import Preview
from app.archive.records.bundled import (
    BundledNeuron,
    bundled_facts,
    bundled_measured_facts,
    is_bundled,
    readiness_of,
)
from app.archive.records.facts import measured_facts, record_facts
from app.archive.records.plain_text import single_line
from app.palette import Theme
from app.ui.layouts import fill
from app.ui.plain import plain_tip
from app.ui.rows import empty_hint
from app.ui.sentence_label import SentenceLabel
from app.ui.severity import SeverityMark
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron

EMPTY = "Choose a cell in the results to see its details."
NOT_MEASURED = "No morphometry of this cell has been loaded."
PAGES = ("record", "morphometry", "preview", "files", "cite")
_LEVELS = {
    "ready": ("good", "Ready to simulate"),
    "caution": ("warning", "Simulate with caution"),
    "not": ("error", "Not ready to simulate"),
}
_LONGEST_NAME = 160


class DetailPanel(QWidget):
    """One cell: header, record, morphometry, preview, files, citation.

    Signals
    -------
    loadRequested(int), queueRequested(int)
        The user wants to load the cell, to have its files fetched later; by its id.
    pageShown(str)
        A page came to the front by the user, or its tab was clicked once more: one of `PAGES`.
    """

    loadRequested = Signal(int)
    queueRequested = Signal(int)
    pageShown = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.neuron: NeuroMorphoNeuron | None = None
        self._measurement: NeuroMorphoMeasurement | None = None
        self.title, self.subtitle = SentenceLabel("title"), SentenceLabel("quiet")
        self.mark = SeverityMark("good")
        self.verdict, self.reason = SentenceLabel(), SentenceLabel("quiet")
        self.load, self.queue = QPushButton("Load"), QPushButton("Add to queue")
        self.record = FactsPage("Record of the cell")
        self.morphometry = FactsPage("Morphometry of the cell", NOT_MEASURED)
        self.preview = Preview()
        self.files = FilesPage()
        self.cite = CitePage()
        self.tabs = QTabWidget()
        cell = QWidget()
        fill(QVBoxLayout(cell), self._header(), (self._tabs(), 1))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty_hint(EMPTY))
        self._stack.addWidget(cell)
        self._connect()

    def _header(self) -> QVBoxLayout:
        for label in (self.title, self.subtitle, self.verdict, self.reason):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.load.setObjectName("primary")
        self.load.setToolTip("Open this cell with the simulator in use (Enter in the results)")
        self.queue.setToolTip("Download its files, after those in the queue")
        words = fill(QVBoxLayout(), self.verdict, self.reason, margins=(0, 2, 0, 0), spacing=2)
        verdict = fill(QHBoxLayout(), self.mark, (words, 1), spacing=8)
        verdict.setAlignment(self.mark, Qt.AlignmentFlag.AlignTop)
        names = fill(QVBoxLayout(), self.title, self.subtitle)
        buttons = fill(QHBoxLayout(), self.load, self.queue, 1, spacing=8)
        parts = (names, verdict, buttons)
        return fill(QVBoxLayout(), *parts, margins=(12, 12, 12, 8), spacing=8)

    def _tabs(self) -> QTabWidget:
        pages = (self.record, self.morphometry, self.preview, self.files, self.cite)
        for page, name in zip(pages, PAGES, strict=True):
            self.tabs.addTab(page, name.capitalize())
        self.tabs.setDocumentMode(True)
        bar = self.tabs.tabBar()
        bar.setExpanding(False)
        bar.setUsesScrollButtons(True)
        bar.setDrawBase(False)
        bar.setStyleSheet("QTabBar::tab { padding: 6px 7px; }")  # all five fit a narrow dock
        bar.setAccessibleName("Pages of the cell")
        return self.tabs

    def _connect(self) -> None:
        self.load.clicked.connect(lambda: self._emit_id(self.loadRequested))
        self.queue.clicked.connect(lambda: self._emit_id(self.queueRequested))
        self.tabs.currentChanged.connect(lambda index: self.pageShown.emit(PAGES[index]))
        self.tabs.tabBarClicked.connect(self._click_tab)

    def _click_tab(self, index: int) -> None:
        """Emit `pageShown` for a click on the current page; `currentChanged` does so for the others."""
        if index == self.tabs.currentIndex():
            self.pageShown.emit(PAGES[index])

    def _emit_id(self, signal: SignalInstance) -> None:
        if self.neuron is not None:
            signal.emit(self.neuron.neuron_id)

    def set_neuron(self, neuron: NeuroMorphoNeuron | None) -> None:
        """Show a cell; what is set later (morphometry, preview …) starts empty. None: a hint."""
        self.neuron = neuron
        self.set_measurement(None)
        self.preview.set_geometry(None)
        self._stack.setCurrentIndex(0 if neuron is None else 1)
        if neuron is None:
            return
        self.files.set_files(neuron)
        self.title.setText(single_line(neuron.neuron_name, _LONGEST_NAME))
        self.title.setToolTip(f"<qt>{escape(single_line(neuron.neuron_name, 1000))}</qt>")
        about = [neuron.label, *(single_line(v) for v in (neuron.archive, neuron.species) if v)]
        self.subtitle.setText(" · ".join(about))
        self.load.setAccessibleName(f"Load {neuron.label}")
        self.queue.setAccessibleName(f"Add {neuron.label} to the queue")
        is_ours = isinstance(neuron, BundledNeuron)
        self.queue.setVisible(not is_ours)  # there is nothing to fetch
        self.record.set_groups(bundled_facts(neuron) if is_ours else record_facts(neuron))

    def set_measurement(
        self, measurement: NeuroMorphoMeasurement | None, sentence: str = ""
    ) -> None:
        """Show morphometry, or a sentence: that it is loading, or why there is none."""
        self._measurement = measurement
        if measurement is None:
            self.morphometry.show_sentence(sentence or NOT_MEASURED)
        else:
            is_ours = is_bundled(measurement.neuron_id)
            facts = bundled_measured_facts if is_ours else measured_facts
            self.morphometry.set_groups(facts(measurement))
        self._judge()

    def set_loading(self, is_loading: bool) -> None:
        """Show whether this cell is being loaded, so that it is not requested twice."""
        self.load.setEnabled(not is_loading)
        self.load.setText("Loading…" if is_loading else "Load")

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme for what no style sheet reaches."""
        for part in (self.mark, self.record, self.morphometry, self.preview):
            part.set_theme(theme)

    @property
    def neuron_id(self) -> int | None:
        """The id of the cell shown."""
        return None if self.neuron is None else self.neuron.neuron_id

    @property
    def page(self) -> str:
        """Which of `PAGES` is in front."""
        return PAGES[self.tabs.currentIndex()]

    def _judge(self) -> None:
        if self.neuron is None:
            return
        found = readiness_of(self.neuron, self._measurement)
        severity, words = _LEVELS[found.level]
        self.mark.set_severity(severity)
        self.mark.setAccessibleName(words)
        self.mark.setToolTip(plain_tip(words))
        self.verdict.setText(words)
        self.reason.setText(found.reason)
