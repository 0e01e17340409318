"""The results' model: which pages it asks for, what it keeps, and what it says of a row."""

from __future__ import annotations

import json
from html import escape

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.archive.records.plain_text import NOTHING, plain_value
from app.archive.results.columns import COLUMNS, measure_text
from app.archive.results.model import PAGE_SIZE, ResultsModel
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server.made import encoded

N_MANY = 300_000
INDEX_OF = {column.key: index for index, column in enumerate(COLUMNS)}


def made_neuron(row: int) -> NeuroMorphoNeuron:
    return NeuroMorphoNeuron.from_payload(json.loads(encoded(row, row + 1)))


def made_page(page: int, size: int = PAGE_SIZE) -> list[NeuroMorphoNeuron]:
    return [made_neuron(row) for row in range(page * size, (page + 1) * size)]


def wanted_pages(model: ResultsModel) -> list[int]:
    """Return the pages that a model requests from now on; nothing answers."""
    pages: list[int] = []
    model.pageWanted.connect(pages.append)
    return pages


def text_at(model: ResultsModel, row: int, key: str, role: Qt.ItemDataRole) -> str:
    return str(model.index(row, INDEX_OF[key]).data(role))


def shown_at(model: ResultsModel, row: int, key: str) -> str:
    return text_at(model, row, key, Qt.ItemDataRole.DisplayRole)


def test_every_row_says_whether_its_file_is_on_this_disk(qtbot: QtBot) -> None:
    model = ResultsModel()
    first, second = made_page(0)[:2]
    model.start_over(150, made_page(0), {first.neuron_id})
    assert [shown_at(model, row, "file") for row in (0, 1)] == ["here", NOTHING]
    name = text_at(model, 1, "name", Qt.ItemDataRole.AccessibleTextRole)
    assert "not on this disk" in name
    model.set_file(second.neuron_id)
    model.set_page(1, made_page(1)[:50], {made_neuron(101).neuron_id})
    assert [shown_at(model, row, "file") for row in (0, 1, 100, 101)] == [
        "here", "here", NOTHING, "here",
    ]  # fmt: skip
    model.set_file(first.neuron_id, False)
    assert shown_at(model, 0, "file") == NOTHING
    model.set_on_disk(())
    assert shown_at(model, 101, "file") == NOTHING


def test_qt_finds_no_fault_with_the_model_while_hits_come_and_go(qtbot: QtBot) -> None:
    model = ResultsModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_total(250)
    model.set_page(0, made_page(0))
    model.set_total(120)
    model.set_page(1, made_page(1)[:20])
    model.fail_page(0, "The server is down.")
    model.set_total(400)
    assert (model.rowCount(), model.columnCount()) == (400, len(COLUMNS))
    model.start_over(700, made_page(2))
    assert (model.rowCount(), model.neuron_at(0)) == (700, made_neuron(200))
    model.start_over()
    assert model.rowCount() == 0


def test_only_the_pages_of_the_rows_in_view_are_requested(qtbot: QtBot) -> None:
    model = ResultsModel()
    pages = wanted_pages(model)
    model.set_total(N_MANY)
    model.set_visible(140_040, 140_060)
    qtbot.waitUntil(lambda: bool(pages))
    assert pages == [1400]


def test_the_next_page_is_requested_shortly_before_it_comes_into_view(qtbot: QtBot) -> None:
    model = ResultsModel()
    pages = wanted_pages(model)
    model.set_total(N_MANY)
    model.set_visible(60, 80)
    qtbot.waitUntil(lambda: bool(pages))
    assert pages == [0, 1]


def test_pages_that_are_scrolled_past_are_not_requested(qtbot: QtBot) -> None:
    model = ResultsModel()
    pages = wanted_pages(model)
    model.set_total(N_MANY)
    for first in range(0, 200_040, 40):
        model.set_visible(first, first + 20)
    qtbot.waitUntil(lambda: bool(pages))
    assert pages == [2000, 1999]


def test_a_page_that_is_loaded_or_loading_is_not_requested_again(qtbot: QtBot) -> None:
    model = ResultsModel()
    pages = wanted_pages(model)
    model.set_total(N_MANY)
    model.set_page(0, made_page(0))
    model.set_visible(30, 50)
    model.set_visible(540, 560)
    qtbot.waitUntil(lambda: pages == [5])
    model.set_visible(545, 565)
    model.set_visible(30, 50)
    model.set_visible(740, 760)
    qtbot.waitUntil(lambda: len(pages) > 1)
    assert pages == [5, 7]


def test_cancelled_pages_are_requested_again_while_they_are_in_view(qtbot: QtBot) -> None:
    model = ResultsModel()
    pages = wanted_pages(model)
    model.set_total(N_MANY)
    model.set_visible(540, 560)
    qtbot.waitUntil(lambda: pages == [5])
    model.forget_requests()
    qtbot.waitUntil(lambda: pages == [5, 5])


def test_another_search_replaces_the_last_one_with_nothing_between(
    qtbot: QtBot,
) -> None:
    model = ResultsModel()
    pages = wanted_pages(model)
    model.set_total(300)
    model.set_page(2, made_page(2))
    totals: list[int] = []
    model.totalChanged.connect(totals.append)
    model.start_over(250, made_page(7))
    assert totals == [250]
    assert model.neuron_at(0) == made_neuron(700)
    assert model.neuron_at(200) is None
    model.set_visible(95, 110)
    qtbot.waitUntil(lambda: bool(pages))
    assert pages == [1]


def test_only_the_pages_last_used_are_stored(qtbot: QtBot) -> None:
    model = ResultsModel()
    model.set_total(N_MANY)
    page = made_page(0)
    for number in range(1000):
        model.set_page(number, page)
    assert len(model.loaded_rows()) < 6000
    assert model.neuron_at(99_900) is not None
    assert model.neuron_at(0) is None


def test_a_page_in_view_is_never_given_up(qtbot: QtBot) -> None:
    model = ResultsModel()
    model.set_total(N_MANY)
    model.set_visible(0, 20)
    page = made_page(0)
    for number in range(200):
        model.set_page(number, page)
    assert model.neuron_at(5) is not None


def test_a_failed_page_shows_why_in_its_rows_and_is_requested_again_by_retry(
    qtbot: QtBot,
) -> None:
    model = ResultsModel()
    pages = wanted_pages(model)
    model.set_total(N_MANY)
    model.set_visible(30, 50)
    qtbot.waitUntil(lambda: pages == [0])
    with qtbot.waitSignal(model.pageFailed, check_params_cb=bool):
        model.fail_page(0, "NeuroMorpho.Org does not answer.")
    assert text_at(model, 3, "name", Qt.ItemDataRole.AccessibleTextRole).startswith(
        "NeuroMorpho.Org"
    )
    with qtbot.waitSignal(model.pageFailed, check_params_cb=lambda text: text == ""):
        model.retry()
    assert pages == [0, 0]
    model.set_page(0, made_page(0))
    assert model.failure_at(3) == ""


def test_rows_that_the_server_left_out_differ_from_loading_rows(qtbot: QtBot) -> None:
    model = ResultsModel()
    model.set_total(200)
    model.set_page(0, made_page(0)[:90])
    assert "left this row out" in model.failure_at(95)
    assert model.failure_word(95) == "No valid record"
    assert model.failure_at(150) == model.failure_word(150) == ""
    model.fail_page(1, "NeuroMorpho.Org does not answer.")
    assert model.failure_word(150) == "Not loaded"


def test_the_loaded_rows_stay_when_the_total_changes(qtbot: QtBot) -> None:
    model = ResultsModel()
    model.set_total(200)
    model.set_page(0, made_page(0))
    model.set_total(250)
    assert model.neuron_at(7) == made_neuron(7)
    model.set_page(2, made_page(2)[:50])
    model.set_total(150)
    assert model.neuron_at(7) == made_neuron(7)
    assert model.neuron_at(210) is None
    assert model.rowCount() == 150


def test_headers_name_their_units_and_numbers_stand_on_the_right(qtbot: QtBot) -> None:
    model = ResultsModel()
    model.set_total(1)
    titles = [model.headerData(i, Qt.Orientation.Horizontal) for i in range(len(COLUMNS))]
    assert {"Length [µm]", "Surface [µm²]", "Volume [µm³]", "Stems", "Species"} <= set(titles)
    for key, side in (
        ("length", Qt.AlignmentFlag.AlignRight),
        ("name", Qt.AlignmentFlag.AlignLeft),
    ):
        alignment = model.headerData(
            INDEX_OF[key], Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole
        )
        assert Qt.AlignmentFlag(alignment) & side


def test_every_spelling_of_missing_is_one_dash(qtbot: QtBot) -> None:
    record = {"neuron_id": 1, "neuron_name": "a", "gender": "Not reported", "stain": ""}
    record |= {"age_classification": "Not Applicable", "brain_region": ["Not reported"]}
    model = ResultsModel()
    model.set_total(1)
    model.set_page(0, [NeuroMorphoNeuron.from_payload(record)])
    for key in ("sex", "stain", "age", "species", "region", "type", "length"):
        assert shown_at(model, 0, key) == NOTHING


def test_a_name_that_means_harm_stays_one_line_of_plain_characters() -> None:
    assert plain_value("a\x00b\n<b>c</b>\u202etxt") == "a b <b>c</b> txt"


def test_numbers_are_grouped_and_no_number_is_a_dash() -> None:
    assert measure_text(4911.5) == "4\u00a0912"
    assert measure_text(6) == "6"
    assert measure_text("834.0") == "834"
    assert measure_text(0.543665) == "0.5437"
    assert (
        measure_text(float("nan"))
        == measure_text("1e400")
        == measure_text(None)
        == measure_text("many")
        == NOTHING
    )


def test_morphometry_fills_its_columns_and_updates_the_readiness_mark(qtbot: QtBot) -> None:
    model = ResultsModel()
    model.set_total(100)
    model.set_page(0, made_page(0))
    neuron = made_neuron(4)
    before = model.readiness_of(neuron)
    assert before.level in {"ready", "caution", "not"}
    assert shown_at(model, 4, "length") == NOTHING
    with qtbot.waitSignal(model.dataChanged):
        model.set_measurements({5: NeuroMorphoMeasurement(5, length=4911.5, n_stems=6)})
    assert shown_at(model, 4, "length") == "4\u00a0912"
    assert shown_at(model, 4, "n_stems") == "6"
    from neuromorpho.records.readiness import readiness

    assert model.readiness_of(neuron) == readiness(neuron, model.measurement_of(5))


def test_the_readiness_mark_has_its_word_and_reason_in_the_tooltip(qtbot: QtBot) -> None:
    model = ResultsModel()
    model.set_total(100)
    model.set_page(0, made_page(0))
    for row in range(30):
        reason = model.readiness_of(made_neuron(row)).reason
        word = shown_at(model, row, "readiness")
        assert word in {"Ready", "With caution", "Not ready"}
        assert text_at(model, row, "readiness", Qt.ItemDataRole.AccessibleTextRole) == (
            f"{word}: {reason}"
        )
        tip = text_at(model, row, "readiness", Qt.ItemDataRole.ToolTipRole)
        assert tip == f"<qt>{word}: {escape(reason)}</qt>"


def test_markup_in_a_record_is_shown_in_the_tooltip_as_it_is_written(qtbot: QtBot) -> None:
    model = ResultsModel()
    model.set_total(1)
    model.set_page(0, [NeuroMorphoNeuron(1, "<img src='file:///x'>")])
    tip = text_at(model, 0, "name", Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("<qt>&lt;img src=&#x27;file:///x&#x27;&gt;, NMO_00001<br>")


def test_morphometry_is_requested_once_for_the_rows_in_view_and_only_while_it_is_shown(
    qtbot: QtBot,
) -> None:
    model = ResultsModel()
    wanted: list[list[int]] = []
    model.measurementsWanted.connect(wanted.append)
    model.set_total(100)
    model.set_visible(0, 9)
    model.set_page(0, made_page(0))
    assert wanted == []
    model.set_wants_measurements(True)
    model.set_visible(5, 14)
    qtbot.waitUntil(lambda: len(wanted) == 2)
    assert wanted == [list(range(1, 11)), list(range(11, 16))]


def test_sorting_is_requested_from_the_server_and_reversed_the_second_time(qtbot: QtBot) -> None:
    model = ResultsModel()
    sorts: list[tuple[str, bool]] = []
    model.sortRequested.connect(lambda field, up: sorts.append((field, up)))
    model.request_sort(INDEX_OF["species"])
    model.sort_order = "species", True
    model.request_sort(INDEX_OF["species"])
    model.request_sort(INDEX_OF["region"])  # a list, by which the archive cannot sort
    assert sorts == [("species", True), ("species", False)]
    assert model.sort_column() == INDEX_OF["species"]
    model.sortable = frozenset({"length"})
    assert model.sort_field(INDEX_OF["length"]) == "length"
    assert model.sort_field(INDEX_OF["species"]) == ""


def test_loading_rows_show_so_and_cannot_be_dragged(qtbot: QtBot) -> None:
    model = ResultsModel()
    model.set_total(200)
    model.set_page(0, made_page(0))
    assert text_at(model, 150, "name", Qt.ItemDataRole.AccessibleTextRole) == "Loading…"
    assert not model.flags(model.index(150, 0)) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.flags(model.index(50, 0)) & Qt.ItemFlag.ItemIsDragEnabled
    assert model.rowCount(model.index(50, 0)) == 0
    assert model.rowCount(QModelIndex()) == 200
