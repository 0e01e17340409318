"""The facets, driven by keys and clicks: opened, searched, chosen, and never asked for unbidden."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from app.archive.search.facet_field import LOAD_FAILED, LOADING
from app.archive.search.facet_panel import FacetPanel
from app.archive.search.query_state import FIELDS
from app.palette import LIGHT

LEFT = Qt.MouseButton.LeftButton
SPECIES = {
    "mouse": 90_000,
    "human": 15_676,
    "dragonfly ": 1,
    "Steller's Sculpin": 2,
    "capuchin monkey": 3,
    "monkey": 3791,
    "<b>bold</b>": 1,
}
DOMAINS = {"Dendrites, Soma, No Axon": 83_255, "Dendrites, Soma, Axon": 22_491}


@pytest.fixture
def panel(qtbot: QtBot) -> FacetPanel:
    panel = FacetPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 700)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow, timeout=5000)
    return panel


def head(panel: FacetPanel, field: str) -> QTreeWidgetItem:
    item = panel.tree.topLevelItem(FIELDS.index(field))
    assert item is not None
    return item


def rows(panel: FacetPanel, field: str) -> list[tuple[str, str]]:
    item = head(panel, field)
    children = (item.child(row) for row in range(item.childCount()))
    return [(each.text(0), each.text(1)) for each in children]


def row(panel: FacetPanel, field: str, text: str) -> QTreeWidgetItem:
    item = head(panel, field)
    return next(item.child(at) for at in range(item.childCount()) if item.child(at).text(0) == text)


def click(panel: FacetPanel, item: QTreeWidgetItem) -> None:
    area = panel.tree.visualItemRect(item)
    QTest.mouseClick(panel.tree.viewport(), LEFT, pos=area.center())


def record_signals(panel: FacetPanel) -> list[object]:
    emitted: list[object] = []
    panel.valueToggled.connect(lambda *args: emitted.append(args))
    panel.fieldOpened.connect(emitted.append)
    return emitted


def test_a_field_is_requested_when_it_is_opened_and_not_before(panel: FacetPanel) -> None:
    emitted = record_signals(panel)
    QApplication.processEvents()
    assert emitted == []
    click(panel, head(panel, "species"))
    assert emitted == ["species"]
    assert rows(panel, "species") == [(LOADING, "")]
    panel.set_counts("species", SPECIES)
    assert rows(panel, "species")[:3] == [
        ("mouse", "90,000"),
        ("human", "15,676"),
        ("monkey", "3,791"),
    ]
    assert ("dragonfly␣", "1") in rows(panel, "species")
    assert emitted == ["species"]


def test_a_value_is_chosen_by_a_click_anywhere_on_its_row(panel: FacetPanel) -> None:
    emitted = record_signals(panel)
    panel.set_counts("species", SPECIES)
    click(panel, head(panel, "species"))
    click(panel, row(panel, "species", "dragonfly␣"))
    click(panel, row(panel, "species", "human"))
    click(panel, row(panel, "species", "human"))
    assert emitted[1:] == [
        ("species", "dragonfly ", True),
        ("species", "human", True),
        ("species", "human", False),
    ]
    assert head(panel, "species").text(0) == "Species · 1 chosen"


def test_a_value_is_chosen_once_by_a_click_on_its_box(panel: FacetPanel) -> None:
    panel.set_counts("species", SPECIES)
    click(panel, head(panel, "species"))
    emitted = record_signals(panel)
    item = row(panel, "species", "human")
    area = panel.tree.visualItemRect(item)
    place = area.center()
    place.setX(area.left() + 9)
    QTest.mouseClick(panel.tree.viewport(), LEFT, pos=place)
    assert emitted == [("species", "human", True)]
    assert item.checkState(0) is Qt.CheckState.Checked


def test_all_of_it_can_be_done_with_keys(panel: FacetPanel) -> None:
    panel.set_counts("domain", DOMAINS)
    emitted = record_signals(panel)
    panel.tree.setFocus()
    panel.tree.setCurrentItem(head(panel, "domain"))
    QTest.keyClick(panel.tree, Qt.Key.Key_Return)
    QTest.keyClick(panel.tree, Qt.Key.Key_Down)
    QTest.keyClick(panel.tree, Qt.Key.Key_Return)
    assert emitted == ["domain", ("domain", "Dendrites, Soma, No Axon", True)]
    QTest.keyClick(panel.tree, Qt.Key.Key_Left)
    QTest.keyClick(panel.tree, Qt.Key.Key_Left)
    assert not head(panel, "domain").isExpanded()


def test_typing_finds_values_in_all_known_fields_and_return_goes_to_the_first(
    panel: FacetPanel,
) -> None:
    panel.set_counts("species", SPECIES)
    panel.set_counts("domain", DOMAINS)
    emitted = record_signals(panel)
    panel.line.setFocus()
    QTest.keyClicks(panel.line, "MON")
    assert rows(panel, "species") == [("monkey", "3,791"), ("capuchin monkey", "3")]
    assert head(panel, "domain").isHidden()
    assert "Searched in 2 of 17 fields" in panel.note.text()
    assert panel.note.isVisible()
    QTest.keyClick(panel.line, Qt.Key.Key_Return)
    assert panel.tree.hasFocus()
    QTest.keyClick(panel.tree, Qt.Key.Key_Return)
    assert emitted == [("species", "monkey", True)]
    panel.line.setFocus()
    QTest.keyClick(panel.line, Qt.Key.Key_Escape)
    assert panel.line.text() == ""
    assert not head(panel, "domain").isHidden()
    assert not head(panel, "species").isExpanded()


def test_a_field_is_found_by_its_name(panel: FacetPanel) -> None:
    panel.line.setText("integr")
    shown = [name for name in FIELDS if not head(panel, name).isHidden()]
    assert shown == ["Physical_Integrity"]


def test_thousands_of_values_are_listed_in_part_and_found_by_typing(panel: FacetPanel) -> None:
    panel.set_counts("archive", {f"Lab {number:04d}": 5000 - number for number in range(3000)})
    click(panel, head(panel, "archive"))
    assert len(rows(panel, "archive")) == 201
    assert rows(panel, "archive")[-1][0] == "2,800 more; type above to find them"
    panel.line.setText("2999")
    assert rows(panel, "archive") == [("Lab 2999", "2,001")]


def test_chosen_values_are_shown_wherever_they_rank(panel: FacetPanel) -> None:
    panel.set_counts("archive", {f"Lab {number:04d}": 5000 - number for number in range(3000)})
    panel.set_chosen((("archive", ("Lab 2999", "unheard of")),))
    click(panel, head(panel, "archive"))
    assert rows(panel, "archive")[:2] == [("Lab 2999", "2,001"), ("unheard of", "—")]
    assert head(panel, "archive").text(0) == "Archive · 2 chosen"
    panel.set_chosen(())
    assert head(panel, "archive").text(0) == "Archive"


def test_a_state_is_shown_without_being_emitted(panel: FacetPanel) -> None:
    panel.set_counts("species", SPECIES)
    click(panel, head(panel, "species"))
    emitted = record_signals(panel)
    panel.set_chosen((("species", ("human",)),))
    assert row(panel, "species", "human").checkState(0) is Qt.CheckState.Checked
    panel.set_chosen(())
    assert row(panel, "species", "human").checkState(0) is Qt.CheckState.Unchecked
    assert emitted == []


def test_a_failure_is_a_sentence_below_and_pressing_its_row_retries(panel: FacetPanel) -> None:
    click(panel, head(panel, "species"))
    panel.set_counts("species", None, "NeuroMorpho.Org does not answer.")
    assert panel.failure.text() == "NeuroMorpho.Org does not answer."
    assert panel.failure.isVisible()
    emitted = record_signals(panel)
    click(panel, row(panel, "species", LOAD_FAILED))
    assert emitted == ["species"]
    panel.set_counts("species", SPECIES)
    assert not panel.failure.isVisible()


def test_fresh_counts_leave_the_keyboard_on_its_value(panel: FacetPanel) -> None:
    panel.set_counts("species", SPECIES)
    click(panel, head(panel, "species"))
    panel.tree.setCurrentItem(row(panel, "species", "human"))
    panel.set_counts("species", {"human": 5, "cat": 9})
    assert panel.tree.currentItem() is row(panel, "species", "human")
    assert rows(panel, "species") == [("cat", "9"), ("human", "5")]


def test_rows_have_accessible_texts_and_hostile_values_stay_text(panel: FacetPanel) -> None:
    panel.set_theme(LIGHT)
    panel.set_counts("species", SPECIES)
    click(panel, head(panel, "species"))
    role = Qt.ItemDataRole.AccessibleTextRole
    assert row(panel, "species", "dragonfly␣").data(0, role) == (
        "dragonfly (with a space at its end), 1 cell"
    )
    assert head(panel, "species").data(0, role) == "Species, 7 values, 0 chosen"
    assert "&lt;b&gt;" in row(panel, "species", "<b>bold</b>").toolTip(0)
    assert panel.tree.accessibleName()
    assert panel.line.accessibleName()


def test_fresh_counts_leave_what_is_in_view_in_view(panel: FacetPanel) -> None:
    counts = {f"Lab {number:04d}": 5000 - number for number in range(150)}
    panel.set_counts("archive", counts)
    click(panel, head(panel, "archive"))
    QApplication.processEvents()
    scroll = panel.tree.verticalScrollBar()
    scroll.setValue(scroll.maximum())
    before = scroll.value()
    assert before > 0
    panel.set_counts("archive", {name: n_cells - 1 for name, n_cells in counts.items()})
    QApplication.processEvents()
    assert scroll.value() == before
