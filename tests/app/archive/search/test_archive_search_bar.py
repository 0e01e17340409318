"""The search bar, driven by keys and clicks: words become values, conditions are dropped, queries edited."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.archive.search.query_parser import parse_query
from app.archive.search.query_state import QueryState
from app.archive.search.search_bar import SearchBar
from app.archive.search.sources import ARCHIVE, LIBRARY, SearchSource
from app.palette import DARK, LIGHT, Theme
from app.ui.style import stylesheet

LEFT = Qt.MouseButton.LeftButton
HUMAN = QueryState().with_value("species", "human")
SNARES = HUMAN.with_value("species", "dragonfly ").with_value(
    "Physical_Integrity", "Dendrites & Axon Complete"
)


class Desk(QWidget):
    """A window that keeps the state as the presenter does."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = SearchBar(self)
        self.bar.set_known_values("species", {"human": 15676, "dragonfly ": 1, "mouse": 9})
        self.bar.set_known_values("cell_type_2", {"Purkinje": 420, "pyramidal": 9000})
        self.state = QueryState()
        self.asked: list[str] = []
        self.bar.textEdited.connect(lambda text: self.show_state(self.state.with_text(text)))
        self.bar.suggestionTaken.connect(
            lambda suggestion: self.show_state(suggestion.applied(self.state))
        )
        self.bar.dropRequested.connect(self.show_state)
        self.bar.chipRemoved.connect(
            lambda name, value: self.show_state(self.state.without(name, value or None))
        )
        self.bar.queryTextEdited.connect(lambda text: self.show_state(parse_query(text)))
        self.bar.submitted.connect(lambda: self.asked.append(self.bar.line.text()))

    def show_state(self, state: QueryState) -> None:
        self.state = state
        self.bar.set_state(state)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    desk = Desk()
    qtbot.addWidget(desk)
    desk.resize(320, 500)
    desk.bar.resize(320, 500)
    desk.show()
    desk.activateWindow()
    qtbot.waitUntil(desk.isActiveWindow, timeout=5000)
    desk.bar.focus_line()
    return desk


def listed(desk: Desk) -> list[str]:
    shown = desk.bar.line.list
    return [shown.item(row).text() for row in range(shown.count())] if shown.isVisible() else []


def chip_names(desk: Desk) -> list[str]:
    return [each.accessibleName() for each in desk.bar.chips.buttons]


def test_a_human_purkinje_cell_is_typed_and_taken_with_return(desk: Desk) -> None:
    QTest.keyClicks(desk.bar.line, "human Purkinje cell")
    assert listed(desk)[0] == "species: human + cell type: Purkinje"
    QTest.keyClick(desk.bar.line, Qt.Key.Key_Return)
    assert desk.state == HUMAN.with_value("cell_type", "Purkinje")
    assert desk.bar.line.text() == ""
    assert listed(desk) == []
    assert desk.bar.line.hasFocus()
    assert chip_names(desk) == ["Drop species: human", "Drop cell type: Purkinje"]


def test_begun_words_are_offered_and_walked_with_arrows_while_typing_goes_on(desk: Desk) -> None:
    QTest.keyClicks(desk.bar.line, "pu")
    assert listed(desk) == ["cell type: Purkinje · 420 cells"]
    QTest.keyClicks(desk.bar.line, "r")
    assert desk.bar.line.list.currentRow() == -1
    QTest.keyClick(desk.bar.line, Qt.Key.Key_Down)
    assert "cell type: Purkinje" in desk.bar.line.accessibleDescription()
    QTest.keyClick(desk.bar.line, Qt.Key.Key_Return)
    assert desk.state.criteria == (("cell_type", ("Purkinje",)),)
    assert desk.asked == []


def test_escape_closes_the_list_and_return_then_searches_the_words(desk: Desk) -> None:
    QTest.keyClicks(desk.bar.line, "human")
    QTest.keyClick(desk.bar.line, Qt.Key.Key_Escape)
    assert listed(desk) == []
    desk.bar.set_known_values("stain", {"human": 1})
    assert listed(desk) == []
    QTest.keyClick(desk.bar.line, Qt.Key.Key_Return)
    assert desk.asked == ["human"]
    assert desk.state.text == "human"


def test_a_suggestion_is_taken_with_the_mouse(desk: Desk) -> None:
    QTest.keyClicks(desk.bar.line, "drago")
    assert listed(desk) == ["species: dragonfly␣ · 1 cell"]
    shown = desk.bar.line.list
    QTest.mouseClick(shown.viewport(), LEFT, pos=shown.visualItemRect(shown.item(0)).center())
    assert desk.state.criteria == (("species", ("dragonfly ",)),)


def test_the_library_takes_words_as_they_are_unless_a_row_is_marked(desk: Desk) -> None:
    sources: list[SearchSource] = []
    desk.bar.sourceChanged.connect(sources.append)
    QTest.mouseClick(desk.bar.sources[LIBRARY], LEFT)
    QTest.mouseClick(desk.bar.sources[LIBRARY], LEFT)
    assert sources == [LIBRARY]
    desk.bar.focus_line()
    QTest.keyClicks(desk.bar.line, "human")
    QTest.keyClick(desk.bar.line, Qt.Key.Key_Return)
    assert desk.asked == ["human"]


def test_a_field_and_its_value_can_be_typed_among_the_words(desk: Desk) -> None:
    QTest.keyClicks(desk.bar.line, 'layer species:"C. elegans" sex:Female')
    QTest.keyClick(desk.bar.line, Qt.Key.Key_Escape)
    QTest.keyClick(desk.bar.line, Qt.Key.Key_Return)
    assert desk.state == QueryState(
        "layer", (("species", ("C. elegans",)), ("gender", ("Female",)))
    )


def test_chips_show_every_value_and_go_by_click_and_by_key(desk: Desk) -> None:
    desk.show_state(SNARES)
    assert [each.text() for each in desk.bar.chips.buttons] == [
        "species: human  ✕",
        "species: dragonfly␣  ✕",
        "integrity: Dendrites && Axon Complete  ✕",
    ]
    assert chip_names(desk)[1] == "Drop species: dragonfly (with a blank at its end)"
    QTest.mouseClick(desk.bar.chips.buttons[1], LEFT)
    assert desk.state == SNARES.without("species", "dragonfly ")
    desk.bar.chips.buttons[0].setFocus()
    QTest.keyClick(desk.bar.chips.buttons[0], Qt.Key.Key_Delete)
    assert desk.bar.chips.buttons[0].hasFocus()
    QTest.keyClick(desk.bar.chips.buttons[0], Qt.Key.Key_Return)
    assert desk.state == QueryState()
    assert desk.bar.line.hasFocus()


def test_ranges_and_raw_clauses_are_chips_too(desk: Desk) -> None:
    state = QueryState(ranges=(("length", 100.0, None),), raw="neuron_name:CB*")
    desk.show_state(state)
    assert chip_names(desk) == ["Drop length ≥ 100 µm", "Drop the clause neuron_name:CB*"]
    assert "length ≥ 100 µm" in ARCHIVE.note(state)
    assert "neuron_name" not in ARCHIVE.note(state)
    assert "neuron_name:CB*" in LIBRARY.note(state)
    assert "length" not in LIBRARY.note(state)
    QTest.mouseClick(desk.bar.chips.buttons[1], LEFT)
    QTest.mouseClick(desk.bar.chips.buttons[0], LEFT)
    assert desk.state == QueryState()


def test_the_query_is_shown_edited_and_asked_with_return(desk: Desk) -> None:
    desk.show_state(HUMAN)
    assert not desk.bar.query.isVisible()
    QTest.mouseClick(desk.bar.query_button, LEFT)
    text = desk.bar.query.text
    assert text.toPlainText() == "species:human"
    text.setFocus()
    text.selectAll()
    QTest.keyClicks(text, 'species:"dragonfly " AND gender:Female')
    QTest.keyClick(text, Qt.Key.Key_Return)
    assert desk.state == QueryState(
        criteria=(("species", ("dragonfly ",)), ("gender", ("Female",)))
    )
    QTest.keyClicks(text, "x")
    desk.bar.set_state(desk.state)
    assert text.toPlainText().startswith("x") or text.toPlainText().endswith("x")
    QTest.keyClick(text, Qt.Key.Key_Escape)
    assert text.toPlainText() == desk.state.query_text()


def test_an_open_quote_is_told_and_not_asked(desk: Desk) -> None:
    QTest.mouseClick(desk.bar.query_button, LEFT)
    text = desk.bar.query.text
    text.setFocus()
    text.selectAll()
    QTest.keyClicks(text, 'species:"human')
    assert desk.bar.query.problem.isVisible()
    QTest.keyClick(text, Qt.Key.Key_Return)
    assert desk.state == QueryState()
    QTest.keyClicks(text, '"')
    assert not desk.bar.query.problem.isVisible()
    QTest.keyClick(text, Qt.Key.Key_Return)
    assert desk.state == HUMAN


def test_no_hits_names_the_condition_that_costs_the_most(desk: Desk) -> None:
    state = HUMAN.with_value("cell_type", "Purkinje")
    first, second = state.clauses()
    desk.show_state(state)
    desk.bar.set_no_hits((first, second))
    assert desk.bar.no_hits.sentence.text() == "No cell matches all of this; drop a condition."
    desk.bar.set_no_hits((replace(first, n_hits=420), replace(second, n_hits=15676)))
    assert "without cell type: Purkinje there would be 15,676 cells" in (
        desk.bar.no_hits.sentence.text()
    )
    shown = desk.bar.no_hits.buttons
    assert [each.text() for each in shown] == [
        "Drop species: human (420)",
        "Drop cell type: Purkinje (15,676)",
    ]
    QTest.keyClick(shown[1], Qt.Key.Key_Return)
    assert desk.state == HUMAN
    desk.bar.set_no_hits(HUMAN.clauses())
    assert desk.bar.no_hits.sentence.text() == "No cell matches species: human."
    desk.bar.set_no_hits(())
    assert not desk.bar.no_hits.isVisible()


@pytest.mark.parametrize(
    ("n_cells", "sentence", "shown"),
    [
        (15676, "", "15,676 cells"),
        (1, "", "1 cell"),
        (0, "", "No cells"),
        (None, "Loading…", "Loading…"),
        (37, "on this disk", "37 cells · on this disk"),
        (None, "", ""),
    ],
)
def test_the_count_is_said_in_words(
    desk: Desk, n_cells: int | None, sentence: str, shown: str
) -> None:
    desk.bar.set_count(n_cells, sentence)
    assert desk.bar.count.text() == shown


def test_being_busy_moves_nothing(desk: Desk) -> None:
    QApplication.processEvents()
    before = desk.bar.count.y()
    desk.bar.set_busy(True)
    QApplication.processEvents()
    assert desk.bar.busy.isVisible()
    assert desk.bar.count.y() == before
    desk.bar.set_busy(False)
    assert not desk.bar.busy.isVisible()


def test_kept_searches_are_chosen_forgotten_and_added_from_the_menu(desk: Desk) -> None:
    said: list[str] = []
    desk.bar.saveRequested.connect(lambda: said.append("save"))
    desk.bar.savedChosen.connect(lambda name: said.append(f"choose {name}"))
    desk.bar.savedRemoved.connect(lambda name: said.append(f"forget {name}"))
    desk.bar.set_saved(("Cells & more",))
    QTest.keyClick(desk.bar.saved_button, Qt.Key.Key_Return)
    assert desk.bar.menu.isVisible()
    desk.bar.menu.close()
    save, _, chosen, _, forget = desk.bar.menu.actions()
    assert chosen.text() == "Cells && more"
    for action in (save, chosen, forget.menu().actions()[0]):
        action.trigger()
    assert said == ["save", "choose Cells & more", "forget Cells & more"]


def test_a_text_that_stays_keeps_the_cursor_where_it_is(desk: Desk) -> None:
    QTest.keyClicks(desk.bar.line, "abcd")
    desk.bar.line.setCursorPosition(2)
    desk.bar.set_state(desk.state.with_value("species", "human"))
    assert desk.bar.line.cursorPosition() == 2


def test_everything_is_reached_with_tab_and_has_a_name(desk: Desk) -> None:
    desk.show_state(SNARES)
    desk.bar.query_button.setChecked(True)
    desk.bar.set_no_hits(SNARES.clauses())
    reached: list[QWidget] = []
    while (focused := QApplication.focusWidget()) is not None and focused not in reached:
        reached.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    wanted = [
        desk.bar.line,
        desk.bar.saved_button,
        desk.bar.query_button,
        *desk.bar.chips.buttons,
        desk.bar.query.text,
        *desk.bar.no_hits.buttons,
    ]
    assert [each for each in wanted if each not in reached] == []
    assert all(each.accessibleName() for each in reached)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("width", [300, 700])
def test_nothing_is_cut_off_at_any_width(desk: Desk, theme: Theme, width: int) -> None:
    desk.setStyleSheet(stylesheet(theme))
    desk.resize(width, 700)
    desk.bar.resize(width, 700)
    desk.show_state(SNARES.with_text("layer 3"))
    desk.bar.set_no_hits(SNARES.clauses())
    QApplication.processEvents()
    assert desk.bar.minimumSizeHint().width() <= 300
    for kind in (QToolButton, QPushButton, QLabel):
        for each in desk.bar.findChildren(kind):
            if each.isVisible():
                corner = each.mapTo(desk.bar, each.rect().bottomRight())
                assert corner.x() < width, each.text()


def test_each_source_explains_how_it_matches(desk: Desk) -> None:
    assert desk.bar.sources[ARCHIVE].isChecked()
    assert "whole values" in desk.bar.line.toolTip()
    assert "“purk”" in ARCHIVE.note(QueryState("purk"))
    desk.bar.set_note(ARCHIVE.note(QueryState("purk")))
    assert desk.bar.note.isVisible()
    desk.bar.set_source(LIBRARY)
    assert desk.bar.sources[LIBRARY].isChecked()
    assert "begin a word" in desk.bar.line.toolTip()
    desk.bar.set_note(LIBRARY.note(QueryState("purk")))
    assert not desk.bar.note.isVisible()
