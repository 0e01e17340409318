"""What a search can be narrowed by, as the dock tells it: counts of this search, numbers that occur, ranges."""

from __future__ import annotations

import pytest
from archive_bench import SearchBench
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.archive.connection.service import ArchiveService
from app.archive.search.facet_field import LOADING
from app.archive.search.filters import COUNTING, N_COUNTED, THIS_SEARCH
from app.archive.search.query_state import QueryState
from app.archive.search.sources import ARCHIVE, LIBRARY
from tests.neuromorpho.server import Server

MOUSE = QueryState().with_value("species", "mouse")
RAT = QueryState().with_value("species", "rat")
FIELD = "archive"


@pytest.fixture
def bench(qtbot: QtBot, service: ArchiveService) -> SearchBench:
    return SearchBench(qtbot, service)


def open_filter(bench: SearchBench, field: str = FIELD) -> None:
    """Open the filter and a field in it, and wait for its values."""
    bench.dock.filter_button.setChecked(True)
    bench.field(field).setExpanded(True)
    bench.until(lambda: bench.rows(field)[0][0] != LOADING)


def counted(server: Server) -> list[str]:
    """Return the queries of which only the count was asked."""
    requested = (each for each in server.requests if each.path.startswith("/api/neuron/select"))
    return [each.query["q"][0] for each in requested if each.query["size"] == ["1"]]


def truth(server: Server, species: str, archive: str) -> int:
    records = (server.holdings.record(each) for each in server.holdings.ids)
    return sum(each["species"] == species and each["archive"] == archive for each in records)


def test_the_first_values_of_an_open_field_are_counted_in_the_search_that_was_answered(
    bench: SearchBench, archive_server: Server
) -> None:
    open_filter(bench)
    assert bench.rows(FIELD)[0][0] == ARCHIVE.counts_note
    whole = dict(bench.rows(FIELD)[1:])
    assert len(whole) > N_COUNTED
    bench.search(MOUSE)
    assert bench.rows(FIELD)[0][0] == COUNTING
    bench.until(lambda: bench.rows(FIELD)[0][0] == THIS_SEARCH)
    rows = bench.rows(FIELD)[1:]
    for value, count in rows[:N_COUNTED]:
        assert count == str(truth(archive_server, "mouse", value)), value
    for value, count in rows[N_COUNTED:]:
        assert count == f"({whole[value]})", value
    assert [value for value, _ in rows] == list(whole), "rows do not jump"
    assert len(counted(archive_server)) == N_COUNTED
    spoken = bench.field(FIELD).child(1).data(0, Qt.ItemDataRole.AccessibleTextRole)
    assert "in this search" in spoken
    assert "in the entire archive" in spoken


def test_the_values_of_a_field_are_counted_as_if_none_of_it_were_chosen(
    bench: SearchBench, archive_server: Server
) -> None:
    open_filter(bench)
    chosen = bench.rows(FIELD)[3][0]
    bench.search(MOUSE.with_value(FIELD, chosen))
    bench.until(lambda: bench.rows(FIELD)[0][0] == THIS_SEARCH)
    counts = dict(bench.rows(FIELD)[1:])
    assert counts[chosen] == str(truth(archive_server, "mouse", chosen))
    others = [value for value, count in counts.items() if not count.startswith("(")]
    assert len(others) == N_COUNTED
    for value in others:
        assert counts[value] == str(truth(archive_server, "mouse", value)), value


def test_cached_counts_are_not_requested_again(bench: SearchBench, archive_server: Server) -> None:
    open_filter(bench)
    bench.search(MOUSE)
    bench.rest()
    first = bench.rows(FIELD)
    bench.search(RAT)
    bench.rest()
    assert bench.rows(FIELD) != first
    n_requested = len(counted(archive_server))
    bench.search(MOUSE)
    bench.rest()
    assert bench.rows(FIELD) == first
    assert len(counted(archive_server)) == n_requested


def test_without_another_condition_the_archives_own_counts_stand(
    bench: SearchBench, archive_server: Server
) -> None:
    open_filter(bench, "species")
    bench.search(MOUSE)
    bench.rest()
    assert bench.rows("species")[0][0] == ARCHIVE.counts_note
    assert counted(archive_server) == []


def test_only_fields_that_are_looked_at_are_counted(
    bench: SearchBench, archive_server: Server
) -> None:
    open_filter(bench)
    bench.dock.filter_button.setChecked(False)
    bench.search(MOUSE)
    bench.rest()
    assert counted(archive_server) == []
    bench.dock.filter_button.setChecked(True)
    bench.until(lambda: bench.rows(FIELD)[0][0] == THIS_SEARCH)
    assert len(counted(archive_server)) == N_COUNTED
    bench.field("stain").setExpanded(True)
    bench.until(lambda: bench.rows("stain")[0][0] == THIS_SEARCH)


def test_esc_ends_the_counting_and_the_sentence_stays_true(
    bench: SearchBench, archive_server: Server
) -> None:
    open_filter(bench)
    archive_server.faults.add("stall", 60, path="/api/neuron/select*", query="size=1", after=2)
    bench.search(MOUSE)
    bench.until(lambda: len(counted(archive_server)) == 3)
    assert bench.rows(FIELD)[0][0] == COUNTING
    assert bench.controller.cancel()
    assert bench.rows(FIELD)[0][0] == THIS_SEARCH
    plain = [count for _, count in bench.rows(FIELD)[1:] if not count.startswith("(")]
    assert len(plain) == 2
    assert not bench.controller.cancel(), "nothing is left to cancel"
    assert len(counted(archive_server)) == 3


def test_a_failed_count_ends_the_counting(bench: SearchBench, archive_server: Server) -> None:
    open_filter(bench)
    archive_server.faults.add("unavailable", path="/api/neuron/select*", query="size=1", after=4)
    bench.search(MOUSE)
    bench.rest()
    assert bench.rows(FIELD)[0][0] == THIS_SEARCH
    plain = [count for _, count in bench.rows(FIELD)[1:] if not count.startswith("(")]
    assert len(plain) == 4


def test_counts_of_another_search_are_taken_back_as_soon_as_it_is_changed(
    bench: SearchBench,
) -> None:
    open_filter(bench)
    bench.search(MOUSE)
    bench.rest()
    bench.controller.edit(bench.controller.model.state.with_text("layer"))
    rows = bench.rows(FIELD)
    assert rows[0][0] == ARCHIVE.counts_note
    assert not any(count.startswith("(") for _, count in rows)


def test_another_search_ends_the_counting_of_the_one_before(
    bench: SearchBench, archive_server: Server
) -> None:
    open_filter(bench)
    fault = archive_server.faults.add(
        "stall", 60, path="/api/neuron/select*", query="size=1", after=2, times=1
    )
    bench.search(MOUSE)
    bench.until(lambda: fault.hits == 1)
    bench.search(RAT)
    bench.until(lambda: bench.rows(FIELD)[0][0] == THIS_SEARCH)
    assert sum("mouse" in each for each in counted(archive_server)) == 3
    for value, count in bench.rows(FIELD)[1 : 1 + N_COUNTED]:
        assert count == str(truth(archive_server, "rat", value)), value


# -------------------------------------------------------------------------------------------- ranges


def stock(bench: SearchBench) -> None:
    """Bring every cell's record, and every second one's morphometry, into the library."""

    def work(client: object) -> None:
        ids = [each.neuron_id for each in client.search_all("*:*")]  # type: ignore[attr-defined]
        client.get_measurements(ids[::2])  # type: ignore[attr-defined]

    bench.service.request("stock", work, lambda _: None)
    bench.rest()


def test_ranges_narrow_the_library_and_are_chips_that_drop_them(
    bench: SearchBench, archive_server: Server
) -> None:
    stock(bench)
    bench.choose_library()
    n_all = bench.controller.model.results.total()
    bench.dock.filter_button.setChecked(True)
    bench.dock.filters.buttons[1].click()
    row = bench.dock.ranges.rows["length"]
    bench.until(lambda: row.high.placeholderText() not in ("", "—"))
    measured = {
        each: archive_server.holdings.measures(each)["length"]
        for each in list(archive_server.holdings.ids)[::2]
        if archive_server.holdings.measures(each)
    }
    middle = sorted(measured.values())[len(measured) // 2]
    row.low.setFocus()
    QTest.keyClicks(row.low, f"{middle:.0f}")
    QTest.keyClick(row.low, Qt.Key.Key_Return)
    bench.until(lambda: bench.controller.model.results.total() < n_all)
    wanted = sum(length >= float(f"{middle:.0f}") for length in measured.values())
    assert bench.controller.model.n_archive_hits == wanted
    assert bench.dock.filters.buttons[1].text() == "Morphometry · 1"
    chip, _ = bench.dock.search.chips.buttons
    assert chip.accessibleName() == f"Remove length ≥ {middle:.0f} µm"
    chip.click()
    bench.until(lambda: bench.controller.model.results.total() == n_all)
    assert row.low.text() == ""


def test_what_occurs_is_of_the_library_and_the_bundled_cells(
    bench: SearchBench, archive_server: Server
) -> None:
    bench.choose_library()
    bench.dock.filter_button.setChecked(True)
    bench.dock.filters.buttons[1].click()
    rows = bench.dock.ranges.rows
    bench.rest()
    assert rows["length"].low.placeholderText() not in ("", "—")  # the bundled cells have lengths
    assert rows["max_weight"].low.placeholderText() == "—"
    assert archive_server.requests == []


def test_the_archive_takes_no_range_and_leads_to_the_library_with_the_search_as_it_is(
    bench: SearchBench, archive_server: Server
) -> None:
    stock(bench)
    bench.search(MOUSE)
    bench.dock.filter_button.setChecked(True)
    bench.dock.filters.buttons[1].click()
    assert not bench.dock.ranges.rows["length"].low.isEnabled()
    n_requested = len(archive_server.requests)
    bench.dock.ranges.library.click()
    bench.rest()
    assert bench.controller.model.source == LIBRARY
    assert bench.controller.model.state.criteria == MOUSE.criteria
    assert bench.dock.ranges.rows["length"].low.isEnabled()
    assert bench.dock.ranges.rows["length"].low.placeholderText() not in ("", "—")
    assert len(archive_server.requests) == n_requested
