"""The detail of a cell: header, pages, links; driven by mouse and keyboard as a person does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel
from pytestqt.qtbot import QtBot

from app.archive.cell.detail_pages import ValueLabel
from app.archive.cell.detail_panel import NOT_MEASURED, PAGES, DetailPanel
from app.archive.cell.preview import read_preview
from app.palette import LIGHT
from app.ui.style import stylesheet
from app.ui.text import with_break_opportunities
from neuromorpho.library.results import LibraryFile
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron

RECORD: dict[str, Any] = {
    "neuron_id": 1,
    "neuron_name": "cnic_001",
    "archive": "Wearne_Hof",
    "species": "monkey",
    "note": 'An older version is <a href=" dableFiles/previous/cnic_001.CNG.swc ">here</a>.',
    "brain_region": ["neocortex", "prefrontal", "layer 3"],
    "cell_type": ["Local projecting", "pyramidal"],
    "domain": "Dendrites, Soma, No Axon",
    "attributes": "Diameter, 3D, Angles",
    "physical_Integrity": "Dendrites Moderate",
    "reference_pmid": ["12204204"],
    "reference_doi": ["10.1016/S0306-4522(02)00305-6"],
    "stain": "Not reported",
}


def neuron(**changes: Any) -> NeuroMorphoNeuron:
    """Return a cell with some of its record changed."""
    return NeuroMorphoNeuron.from_payload(RECORD | changes)


@pytest.fixture
def panel(qtbot: QtBot) -> DetailPanel:
    """A panel on the screen with nothing to show."""
    widget = DetailPanel()
    qtbot.addWidget(widget)
    widget.resize(320, 640)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def value(panel: DetailPanel, label: str) -> ValueLabel:
    """Return the label that shows a value of the record."""
    found = [
        each
        for each in panel.record.findChildren(ValueLabel)
        if each.accessibleName().startswith(f"{label}: ")
    ]
    assert len(found) == 1
    return found[0]


def visible_text(panel: DetailPanel) -> str:
    return "\n".join(each.text() for each in panel.findChildren(QLabel) if each.isVisible())


def test_without_a_cell_the_panel_shows_a_hint(panel: DetailPanel) -> None:
    assert "Choose a cell in the results" in visible_text(panel)
    assert panel.neuron_id is None
    panel.set_neuron(neuron())
    panel.set_neuron(None)
    assert "Choose a cell in the results" in visible_text(panel)


def test_the_header_names_the_cell_and_shows_whether_it_is_ready(panel: DetailPanel) -> None:
    panel.set_neuron(neuron())
    assert panel.title.text() == "cnic_001"
    assert panel.subtitle.text() == "NMO_00001 · Wearne_Hof · monkey"
    assert panel.verdict.text() == "Ready to simulate"
    assert panel.mark.severity == "good"
    panel.set_neuron(neuron(attributes="No Diameter, 3D, Angles"))
    assert (panel.verdict.text(), panel.mark.severity) == ("Not ready to simulate", "error")
    assert "diameters were not measured" in panel.reason.text()


def test_a_measurement_that_comes_later_may_change_the_judgement(panel: DetailPanel) -> None:
    panel.set_neuron(neuron())
    panel.set_measurement(
        NeuroMorphoMeasurement.from_payload({"neuron_id": 1, "length": 0.0, "soma_Surface": 8.0})
    )
    assert panel.verdict.text() == "Not ready to simulate"
    panel.set_neuron(neuron(neuron_id=2))
    assert panel.verdict.text() == "Ready to simulate"


def test_the_buttons_emit_the_id_of_the_cell_shown(qtbot: QtBot, panel: DetailPanel) -> None:
    panel.set_neuron(neuron())
    for button, signal in (
        (panel.load, panel.loadRequested),
        (panel.queue, panel.queueRequested),
    ):
        with qtbot.waitSignal(signal) as emitted:
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert emitted.args == [1]
    panel.set_loading(True)
    assert not panel.load.isEnabled()


def test_only_its_button_requests_the_preview(qtbot: QtBot, panel: DetailPanel) -> None:
    requested: list[bool] = []
    panel.preview.requested.connect(lambda: requested.append(True))
    panel.set_neuron(neuron())
    with qtbot.waitSignal(panel.pageShown) as emitted:
        qtbot.mouseClick(
            panel.tabs.tabBar(),
            Qt.MouseButton.LeftButton,
            pos=panel.tabs.tabBar().tabRect(2).center(),
        )
    assert emitted.args == ["preview"]
    panel.set_neuron(neuron(neuron_id=2))
    assert requested == []
    qtbot.mouseClick(panel.preview.show_button, Qt.MouseButton.LeftButton)
    assert requested == [True]


def test_all_pages_are_reached_by_the_keyboard(qtbot: QtBot, panel: DetailPanel) -> None:
    panel.set_neuron(neuron())
    panel.tabs.tabBar().setFocus()
    seen = [panel.page]
    for _ in range(4):
        qtbot.keyClick(panel.tabs.tabBar(), Qt.Key.Key_Right)
        seen.append(panel.page)
    assert seen == ["record", "morphometry", "preview", "files", "cite"]


def test_all_five_pages_are_in_sight_in_a_narrow_dock(qtbot: QtBot, panel: DetailPanel) -> None:
    panel.setStyleSheet(stylesheet(LIGHT))
    panel.set_neuron(neuron())
    bar = panel.tabs.tabBar()
    qtbot.waitUntil(lambda: bar.width() > 0)
    assert bar.tabRect(4).right() <= panel.width()
    assert panel.minimumSizeHint().width() <= 320


class Browser(QObject):
    """Records the addresses that would be opened in the browser."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toString())


@pytest.fixture
def browser(qtbot: QtBot) -> Iterator[Browser]:
    made = Browser()
    QDesktopServices.setUrlHandler("https", made, "open")
    yield made
    QDesktopServices.unsetUrlHandler("https")


def test_a_clicked_link_is_opened(qtbot: QtBot, panel: DetailPanel, browser: Browser) -> None:
    panel.set_neuron(neuron())
    pubmed = value(panel, "PubMed")
    panel.record.scroll.ensureWidgetVisible(pubmed)
    qtbot.mouseClick(pubmed, Qt.MouseButton.LeftButton, pos=QPoint(8, pubmed.height() // 2))
    assert browser.opened == ["https://pubmed.ncbi.nlm.nih.gov/12204204/"]


def test_a_link_is_followed_by_the_keyboard_too(
    qtbot: QtBot, panel: DetailPanel, browser: Browser
) -> None:
    panel.set_neuron(neuron())
    note = value(panel, "Note")
    assert note.focusPolicy() & Qt.FocusPolicy.TabFocus
    note.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(note, Qt.Key.Key_Tab)
    qtbot.keyClick(note, Qt.Key.Key_Return)
    assert browser.opened == ["https://neuromorpho.org/dableFiles/previous/cnic_001.CNG.swc"]


def test_markup_in_a_record_is_shown_as_text(panel: DetailPanel) -> None:
    panel.set_neuron(
        neuron(stain='<img src="http://x.org/y.png"><b>bold</b>', neuron_name="<i>a</i>")
    )
    assert value(panel, "Stain").plain_text() == '<img src="http://x.org/y.png"><b>bold</b>'
    assert "<img" not in value(panel, "Stain").text()
    assert panel.title.textFormat() is Qt.TextFormat.PlainText


def test_labels_are_reused_from_cell_to_cell(panel: DetailPanel) -> None:
    panel.set_neuron(neuron())
    before = value(panel, "Stain")
    panel.set_neuron(neuron(neuron_id=2, stain="biocytin"))
    assert value(panel, "Stain") is before
    assert before.plain_text() == "biocytin"
    assert before.accessibleName() == "Stain: biocytin"


def test_what_is_missing_is_read_as_not_known(panel: DetailPanel) -> None:
    panel.set_neuron(neuron())
    assert value(panel, "Stain").plain_text() == "—"
    assert value(panel, "Stain").accessibleName() == "Stain: not known"


def test_a_name_of_300_characters_does_not_widen_the_dock(panel: DetailPanel) -> None:
    panel.set_neuron(neuron(neuron_name="x" * 300, stain="y" * 300, archive="z" * 300))
    assert panel.minimumSizeHint().width() <= 320
    assert panel.title.toolTip() == f"<qt>{'x' * 300}</qt>"
    assert value(panel, "Stain").plain_text() == "y" * 300


def test_short_words_are_not_broken_and_long_ones_break_after_joints() -> None:
    assert with_break_opportunities("lucifer yellow, 12 words") == "lucifer yellow, 12 words"
    long = "CB_CKp25_2w_F_Animal01_section_3"
    assert with_break_opportunities(long).replace("\u200b", "") == long
    assert max(map(len, with_break_opportunities("x" * 300).split("\u200b"))) == 22


def test_copied_text_is_that_of_the_record(qtbot: QtBot, panel: DetailPanel) -> None:
    name = "CB_CKp25_2w_F_Animal01_section_3"
    panel.set_neuron(neuron(stain=name))
    label = value(panel, "Stain")
    label.setSelection(0, len(with_break_opportunities(name)))
    qtbot.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == name


def test_pages_show_what_they_wait_for_and_are_emptied_for_another_cell(panel: DetailPanel) -> None:
    panel.set_neuron(neuron())
    assert panel.morphometry.sentence == NOT_MEASURED
    assert panel.files.topLevelItem(0).text(2) == "not downloaded"
    panel.set_measurement(NeuroMorphoMeasurement.from_payload({"neuron_id": 1, "length": 4911.5}))
    path = Path("cnic_001.CNG.swc")
    panel.files.set_files(neuron(), [LibraryFile("standard", path, 24_000, "")])
    lengths = [each.accessibleName() for each in panel.morphometry.findChildren(ValueLabel)]
    assert "Total length: 4\u00a0912 µm" in lengths
    assert panel.files.topLevelItem(0).text(1) == "24 kB"
    assert panel.files.topLevelItem(1).text(1) == "—"
    assert panel.morphometry.sentence == ""
    panel.set_neuron(neuron(neuron_id=2))
    assert panel.morphometry.sentence == NOT_MEASURED
    assert panel.files.topLevelItem(0).text(2) == "not downloaded"
    panel.set_measurement(None, "NeuroMorpho.Org is down.")
    assert panel.morphometry.sentence == "NeuroMorpho.Org is down."


def test_citations_are_copied_completely(qtbot: QtBot, panel: DetailPanel) -> None:
    panel.set_neuron(neuron())
    panel.cite.set_citation("One.\n\nTwo.")
    panel.tabs.setCurrentIndex(PAGES.index("cite"))
    qtbot.mouseClick(panel.cite.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "One.\n\nTwo."


def test_everything_that_can_be_pressed_or_read_has_a_name(panel: DetailPanel) -> None:
    panel.set_neuron(neuron())
    for button in panel.findChildren(QAbstractButton):
        if button.focusPolicy() & Qt.FocusPolicy.TabFocus:
            assert button.text() or button.accessibleName()
    assert panel.load.accessibleName() == "Load NMO_00001"
    for page in (panel.record.scroll, panel.morphometry.scroll, panel.files, panel.cite.text):
        assert page.accessibleName()
    assert all(each.accessibleName() for each in panel.record.findChildren(ValueLabel))


def test_leaving_the_preview_lets_go_of_its_viewport(
    qtbot: QtBot, panel: DetailPanel, tmp_path: Path
) -> None:
    path = tmp_path / "cell.swc"
    path.write_text("1 1 0 0 0 5 -1\n2 3 0 50 0 1 1\n3 3 0 90 0 1 2\n", encoding="utf-8")
    panel.set_neuron(neuron())
    panel.tabs.setCurrentIndex(PAGES.index("preview"))
    panel.preview.set_geometry(read_preview(path)[0], "The file needed no repair.")
    assert panel.preview.canvas.viewport is not None
    panel.tabs.setCurrentIndex(PAGES.index("record"))
    assert panel.preview.canvas.viewport is None
    panel.tabs.setCurrentIndex(PAGES.index("preview"))
    assert panel.preview.canvas.viewport is not None
    panel.set_neuron(neuron(neuron_id=2))
    assert panel.preview.canvas.viewport is None
