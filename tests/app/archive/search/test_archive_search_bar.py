"""The search bar, driven by keys and clicks: words become values, conditions are dropped, queries edited."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

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


class BarWindow(QWidget):
    """A window that keeps the state as the presenter does."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = SearchBar(self)
        self.bar.set_known_values("species", {"human": 15676, "dragonfly ": 1, "mouse": 9})
        self.bar.set_known_values("cell_type_2", {"Purkinje": 420, "pyramidal": 9000})
        self.state = QueryState()
        self.searched: list[str] = []
        self.bar.edited.connect(self.show_state)
        self.bar.searchRequested.connect(self.show_state)
        self.bar.sourceChanged.connect(self.bar.set_source)
        self.bar.submitted.connect(lambda: self.searched.append(self.bar.line.text()))

    def show_state(self, state: QueryState) -> None:
        self.state = state
        self.bar.set_state(state)


@pytest.fixture
def window(qtbot: QtBot) -> BarWindow:
    window = BarWindow()
    qtbot.addWidget(window)
    window.resize(320, 500)
    window.bar.resize(320, 500)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    window.bar.focus_line()
    return window


def listed(window: BarWindow) -> list[str]:
    shown = window.bar.line.list
    return [shown.item(row).text() for row in range(shown.count())] if shown.isVisible() else []


def chip_names(window: BarWindow) -> list[str]:
    names = [each.accessibleName() for each in window.bar.chips.buttons]
    assert names[-1:] == (["Clear all"] if names else [])
    return names[:-1]


def test_a_human_purkinje_cell_is_typed_and_taken_with_return(window: BarWindow) -> None:
    QTest.keyClicks(window.bar.line, "human Purkinje cell")
    assert listed(window)[0] == "species: human + cell type: Purkinje"
    QTest.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert window.state == HUMAN.with_value("cell_type", "Purkinje")
    assert window.bar.line.text() == ""
    assert listed(window) == []
    assert window.bar.line.hasFocus()
    assert chip_names(window) == ["Remove species: human", "Remove cell type: Purkinje"]


def test_incomplete_words_get_suggestions_and_arrows_move_in_them_while_typing_continues(
    window: BarWindow,
) -> None:
    QTest.keyClicks(window.bar.line, "pu")
    assert listed(window) == ["cell type: Purkinje · 420 cells"]
    QTest.keyClicks(window.bar.line, "r")
    assert window.bar.line.list.currentRow() == -1
    QTest.keyClick(window.bar.line, Qt.Key.Key_Down)
    assert "cell type: Purkinje" in window.bar.line.accessibleDescription()
    QTest.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert window.state.criteria == (("cell_type", ("Purkinje",)),)
    assert window.searched == []


def test_escape_closes_the_list_and_return_then_searches_the_words(window: BarWindow) -> None:
    QTest.keyClicks(window.bar.line, "human")
    QTest.keyClick(window.bar.line, Qt.Key.Key_Escape)
    assert listed(window) == []
    window.bar.set_known_values("stain", {"human": 1})
    assert listed(window) == []
    QTest.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert window.searched == ["human"]
    assert window.state.text == "human"


def test_a_suggestion_is_taken_with_the_mouse(window: BarWindow) -> None:
    QTest.keyClicks(window.bar.line, "drago")
    assert listed(window) == ["species: dragonfly␣ · 1 cell"]
    shown = window.bar.line.list
    QTest.mouseClick(shown.viewport(), LEFT, pos=shown.visualItemRect(shown.item(0)).center())
    assert window.state.criteria == (("species", ("dragonfly ",)),)


def test_the_library_takes_words_as_they_are_unless_a_row_is_marked(window: BarWindow) -> None:
    sources: list[SearchSource] = []
    window.bar.sourceChanged.connect(sources.append)
    QTest.mouseClick(window.bar.sources[LIBRARY], LEFT)
    QTest.mouseClick(window.bar.sources[LIBRARY], LEFT)
    assert sources == [LIBRARY]
    window.bar.focus_line()
    QTest.keyClicks(window.bar.line, "human")
    QTest.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert window.searched == ["human"]


def test_a_field_and_its_value_can_be_typed_among_the_words(window: BarWindow) -> None:
    QTest.keyClicks(window.bar.line, 'layer species:"C. elegans" sex:Female')
    QTest.keyClick(window.bar.line, Qt.Key.Key_Escape)
    QTest.keyClick(window.bar.line, Qt.Key.Key_Return)
    assert window.state == QueryState(
        "layer", (("species", ("C. elegans",)), ("gender", ("Female",)))
    )


def test_chips_show_every_value_and_go_by_click_and_by_key(window: BarWindow) -> None:
    window.show_state(SNARES)
    assert [each.text() for each in window.bar.chips.buttons] == [
        "species: human  ✕",
        "species: dragonfly␣  ✕",
        "integrity: Dendrites && Axon Complete  ✕",
        "Clear all",
    ]
    assert chip_names(window)[1] == "Remove species: dragonfly (with a space at its end)"
    QTest.mouseClick(window.bar.chips.buttons[1], LEFT)
    assert window.state == SNARES.without("species", "dragonfly ")
    window.bar.chips.buttons[0].setFocus()
    QTest.keyClick(window.bar.chips.buttons[0], Qt.Key.Key_Delete)
    assert window.bar.chips.buttons[0].hasFocus()
    QTest.keyClick(window.bar.chips.buttons[0], Qt.Key.Key_Return)
    assert window.state == QueryState()
    assert window.bar.line.hasFocus()


def test_a_second_search_replaces_the_values_of_the_first_and_keeps_what_was_chosen_elsewhere(
    window: BarWindow,
) -> None:
    female = QueryState().with_value("gender", "Female")
    window.show_state(female)
    line = window.bar.line
    QTest.keyClicks(line, "human purkinje cell")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert chip_names(window)[1:] == ["Remove species: human", "Remove cell type: Purkinje"]
    QTest.keyClicks(line, "m")
    assert window.state == female.with_text("m")
    assert chip_names(window) == ["Remove sex: Female"]
    QTest.keyClicks(line, "ouse layer")
    QTest.keyClick(line, Qt.Key.Key_Return)
    mouse = female.with_value("species", "mouse")
    assert window.state == mouse.with_text("layer")
    QTest.keyClicks(line, "s")
    assert window.state == mouse.with_text("layers"), "what is left of the words is still typed on"
    window.bar.focus_line()
    QTest.keyClicks(line, "human")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert window.state == female.with_value("species", "human")


def test_one_button_clears_conditions_and_words(window: BarWindow) -> None:
    window.show_state(replace(SNARES.with_text("layer"), sort="neuron_name,asc"))
    QTest.mouseClick(window.bar.chips.buttons[-1], LEFT)
    assert window.state == QueryState(sort="neuron_name,asc")
    assert window.bar.line.text() == ""
    assert not window.bar.chips.isVisible()
    assert window.bar.chips.buttons == []


def test_the_chip_before_the_last_button_goes_without_giving_it_the_keyboard(
    window: BarWindow,
) -> None:
    window.show_state(HUMAN.with_value("gender", "Female"))
    window.bar.chips.buttons[1].setFocus()
    QTest.keyClick(window.bar.chips.buttons[1], Qt.Key.Key_Delete)
    assert window.bar.chips.buttons[0].hasFocus()
    assert window.state == HUMAN


@pytest.mark.parametrize(
    ("state", "meant", "searched"),
    [
        (QueryState("mouze"), "species: mouse", QueryState().with_value("species", "mouse")),
        (
            QueryState("pyram*"),
            "cell type: pyramidal",
            QueryState().with_value("cell_type", "pyramidal"),
        ),
        (HUMAN.without("species").with_value("species", "Human"), "species: human", HUMAN),
        (
            QueryState("hunam Purkinie"),
            "species: human + cell type: Purkinje",
            HUMAN.with_value("cell_type", "Purkinje"),
        ),
    ],
)
def test_a_search_without_hits_offers_what_was_meant(
    window: BarWindow, state: QueryState, meant: str, searched: QueryState
) -> None:
    window.show_state(state)
    window.bar.set_no_hits(state.clauses())
    first = window.bar.no_hits.meant.buttons[0]
    assert first.accessibleName() == f"Did you mean {meant}?"
    QTest.mouseClick(first, LEFT)
    assert window.state == searched


def test_values_that_arrive_later_are_offered_too(qtbot: QtBot, window: BarWindow) -> None:
    state = QueryState("zebrafisch")
    window.show_state(state)
    window.bar.set_no_hits(state.clauses())
    assert not window.bar.no_hits.question.isVisible()
    window.bar.set_known_values("species", {"zebrafish": 4})
    qtbot.waitUntil(window.bar.no_hits.question.isVisible)
    assert window.bar.no_hits.meant.buttons[0].text() == "species: zebrafish"
    window.bar.set_no_hits(())
    assert window.bar.no_hits.meant.buttons == []


def test_ranges_and_raw_clauses_are_chips_too(window: BarWindow) -> None:
    state = QueryState(ranges=(("length", 100.0, None),), raw="neuron_name:CB*")
    window.show_state(state)
    assert chip_names(window) == ["Remove length ≥ 100 µm", "Remove the clause neuron_name:CB*"]
    assert "length ≥ 100 µm" in ARCHIVE.note(state)
    assert "neuron_name" not in ARCHIVE.note(state)
    assert "neuron_name:CB*" in LIBRARY.note(state)
    assert "length" not in LIBRARY.note(state)
    QTest.mouseClick(window.bar.chips.buttons[1], LEFT)
    QTest.mouseClick(window.bar.chips.buttons[0], LEFT)
    assert window.state == QueryState()


def test_the_query_is_shown_edited_and_searched_with_return(window: BarWindow) -> None:
    window.show_state(HUMAN)
    assert not window.bar.query.isVisible()
    QTest.mouseClick(window.bar.query_button, LEFT)
    text = window.bar.query.text
    assert text.toPlainText() == "species:human"
    text.setFocus()
    text.selectAll()
    QTest.keyClicks(text, 'species:"dragonfly " AND gender:Female')
    QTest.keyClick(text, Qt.Key.Key_Return)
    assert window.state == QueryState(
        criteria=(("species", ("dragonfly ",)), ("gender", ("Female",)))
    )
    QTest.keyClicks(text, "x")
    window.bar.set_state(window.state)
    assert text.toPlainText().startswith("x") or text.toPlainText().endswith("x")
    QTest.keyClick(text, Qt.Key.Key_Escape)
    assert text.toPlainText() == window.state.query_text()


def test_an_open_quote_is_reported_and_not_searched(window: BarWindow) -> None:
    QTest.mouseClick(window.bar.query_button, LEFT)
    text = window.bar.query.text
    text.setFocus()
    text.selectAll()
    QTest.keyClicks(text, 'species:"human')
    assert window.bar.query.problem.isVisible()
    QTest.keyClick(text, Qt.Key.Key_Return)
    assert window.state == QueryState()
    QTest.keyClicks(text, '"')
    assert not window.bar.query.problem.isVisible()
    QTest.keyClick(text, Qt.Key.Key_Return)
    assert window.state == HUMAN


def test_no_hits_names_the_condition_that_costs_the_most(window: BarWindow) -> None:
    state = HUMAN.with_value("cell_type", "Purkinje")
    first, second = state.clauses()
    window.show_state(state)
    window.bar.set_no_hits((first, second))
    assert "condition" in window.bar.no_hits.sentence.text()
    window.bar.set_no_hits((replace(first, n_hits=420), replace(second, n_hits=15676)))
    assert "without cell type: Purkinje there would be 15,676 cells" in (
        window.bar.no_hits.sentence.text()
    )
    shown = window.bar.no_hits.conditions.buttons
    assert [each.text() for each in shown] == [
        "Remove species: human (420)",
        "Remove cell type: Purkinje (15,676)",
    ]
    QTest.keyClick(shown[1], Qt.Key.Key_Return)
    assert window.state == HUMAN
    window.bar.set_no_hits(HUMAN.clauses())
    assert window.bar.no_hits.sentence.text() == "No cell matches species: human."
    window.bar.set_no_hits(())
    assert not window.bar.no_hits.isVisible()


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
def test_the_count_is_shown_in_words(
    window: BarWindow, n_cells: int | None, sentence: str, shown: str
) -> None:
    window.bar.set_count(n_cells, sentence)
    assert window.bar.count.text() == shown


def test_being_busy_moves_nothing(window: BarWindow) -> None:
    QApplication.processEvents()
    before = window.bar.count.y()
    window.bar.busy.show()
    QApplication.processEvents()
    assert window.bar.busy.isVisible()
    assert window.bar.count.y() == before
    window.bar.busy.hide()
    assert not window.bar.busy.isVisible()


def test_saved_searches_are_chosen_removed_and_added_from_the_menu(window: BarWindow) -> None:
    emitted: list[str] = []
    window.bar.saveRequested.connect(lambda: emitted.append("save"))
    window.bar.savedChosen.connect(lambda name: emitted.append(f"choose {name}"))
    window.bar.savedRemoved.connect(lambda name: emitted.append(f"forget {name}"))
    window.bar.set_saved(("Cells & more",))
    QTest.keyClick(window.bar.saved_button, Qt.Key.Key_Return)
    assert window.bar.menu.isVisible()
    window.bar.menu.close()
    save, _, chosen, _, forget = window.bar.menu.actions()
    assert chosen.text() == "Cells && more"
    for action in (save, chosen, forget.menu().actions()[0]):
        action.trigger()
    assert emitted == ["save", "choose Cells & more", "forget Cells & more"]


def test_the_cursor_stays_where_it_is_if_the_text_stays(window: BarWindow) -> None:
    QTest.keyClicks(window.bar.line, "abcd")
    window.bar.line.setCursorPosition(2)
    window.bar.set_state(window.state.with_value("species", "human"))
    assert window.bar.line.cursorPosition() == 2


def test_everything_is_reached_with_tab_and_has_a_name(window: BarWindow) -> None:
    window.show_state(SNARES)
    window.bar.query_button.setChecked(True)
    window.bar.set_no_hits(SNARES.clauses())
    reached: list[QWidget] = []
    while (focused := QApplication.focusWidget()) is not None and focused not in reached:
        reached.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    wanted = [
        window.bar.line,
        window.bar.saved_button,
        window.bar.query_button,
        *window.bar.chips.buttons,
        window.bar.query.text,
        *window.bar.no_hits.conditions.buttons,
    ]
    assert [each for each in wanted if each not in reached] == []
    assert all(each.accessibleName() for each in reached)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("width", [300, 700])
def test_nothing_is_cut_off_at_any_width(window: BarWindow, theme: Theme, width: int) -> None:
    window.setStyleSheet(stylesheet(theme))
    window.resize(width, 700)
    window.bar.resize(width, 700)
    window.show_state(SNARES.with_text("layer 3"))
    window.bar.set_no_hits(SNARES.clauses())
    QApplication.processEvents()
    assert window.bar.minimumSizeHint().width() <= 300
    for kind in (QToolButton, QPushButton, QLabel):
        for each in window.bar.findChildren(kind):
            if each.isVisible():
                corner = each.mapTo(window.bar, each.rect().bottomRight())
                assert corner.x() < width, each.text()


def test_each_source_explains_how_it_matches(window: BarWindow) -> None:
    assert window.bar.sources[ARCHIVE].isChecked()
    assert "complete values" in window.bar.line.toolTip()
    assert "“purk”" in ARCHIVE.note(QueryState("purk"))
    window.bar.note.show_sentence(ARCHIVE.note(QueryState("purk")))
    assert window.bar.note.isVisible()
    window.bar.set_source(LIBRARY)
    assert window.bar.sources[LIBRARY].isChecked()
    assert "start a word" in window.bar.line.toolTip()
    window.bar.note.show_sentence(LIBRARY.note(QueryState("purk")))
    assert not window.bar.note.isVisible()
