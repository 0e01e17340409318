"""All results of a search are added to the queue page by page, after a question and until a stop."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest
from archive_bench import SearchBench
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.archive.connection.service import ArchiveService
from app.archive.downloads import add_all as module
from app.archive.downloads.add_all import (
    ALL_HERE,
    MAX_CELLS,
    NOTHING_FOUND,
    AddAll,
    command,
    duration_text,
    estimate,
)
from app.archive.downloads.add_all_card import ADDING, CONFIRMING, ENDED
from app.archive.downloads.downloads import Downloads
from app.archive.search.query_state import QueryState
from app.archive.search.sources import LIBRARY
from neuromorpho.cli.main import main as neuromorpho
from tests.neuromorpho.server import Server

MOUSE = QueryState().with_value("species", "mouse")


class QueueBench(SearchBench):
    """The same with a queue of downloads."""

    def __init__(self, qtbot: QtBot, service: ArchiveService) -> None:
        super().__init__(qtbot, service)
        self.downloads = Downloads(service, self.dock)
        self.add_all = AddAll(service, self.model, self.downloads, self.dock.add_all, self.dock)
        self.card = self.dock.add_all

    @property
    def ids(self) -> list[int]:
        """The ids in the queue, as shown last."""
        return [each.neuron_id for each in self.downloads.rows]


@pytest.fixture
def bench(qtbot: QtBot, service: ArchiveService) -> Iterator[QueueBench]:
    made = QueueBench(qtbot, service)
    yield made
    assert made.downloads.close()


def ids_of(server: Server, species: str) -> list[int]:
    records = (server.holdings.record(each) for each in server.holdings.ids)
    return [each["neuron_id"] for each in records if each["species"] == species]


def n_selected(server: Server) -> int:
    """Return how many pages of the length that the queue uses were requested."""
    requests = (each for each in server.requests if each.path.startswith("/api/neuron/select"))
    return sum(each.query["size"] == [str(module.PAGE)] for each in requests)


def small_pages(monkeypatch: pytest.MonkeyPatch, size: int = 10) -> None:
    monkeypatch.setattr(module, "PAGE", size)


def requests_but_pictures(server: Server) -> int:
    """Return how many requests there were; the pictures of results come when they come."""
    return sum("/images/" not in each.path for each in server.requests)


def test_size_and_time_are_shown_before_any_request(
    bench: QueueBench, archive_server: Server
) -> None:
    bench.search(MOUSE)
    n_hits = bench.controller.model.results.total()
    n_asked = requests_but_pictures(archive_server)
    bench.add_all.confirm()
    card = bench.card
    assert card.state == CONFIRMING
    assert card.question.text() == f"Download all {n_hits} cells?"
    assert card.about.text() == estimate(n_hits)
    assert card.yes.text() == f"Download {n_hits} cells"
    assert card.yes.hasFocus()
    assert requests_but_pictures(archive_server) == n_asked
    QTest.keyClick(card.no, Qt.Key.Key_Return)
    assert not card.isVisible()
    bench.rest()
    assert bench.ids == []
    assert requests_but_pictures(archive_server) == n_asked


def test_every_result_is_added_once_in_the_order_of_the_search(
    bench: QueueBench, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch)
    wanted = sorted(ids_of(archive_server, "mouse"), reverse=True)
    assert len(wanted) > 20
    bench.search(QueryState(criteria=MOUSE.criteria, sort="neuron_id,desc"))
    archive_server.faults.add("slow", 1, path="*.swc")
    bench.add_all.confirm()
    QTest.keyClick(bench.card.yes, Qt.Key.Key_Return)
    assert bench.card.state == ADDING
    assert bench.card.question.text() == f"Filling the queue: 0 of {len(wanted)} cells"
    bench.until(lambda: bench.card.state == ENDED)
    bench.until(lambda: bench.ids == wanted)
    assert bench.card.question.text() == f"{len(wanted)} cells added to the queue."
    assert not bench.card.yes.isVisible()
    assert n_selected(archive_server) == -(-len(wanted) // 10)


def test_typed_words_without_a_search_do_not_change_what_is_added_or_scrolled_to(
    bench: QueueBench, archive_server: Server
) -> None:
    bench.search(QueryState())
    n_hits = bench.controller.model.results.total()
    assert n_hits > 100
    archive_server.reset()
    archive_server.faults.add("stall", 60, path="/api/neuron/select*", query="size=1")
    bench.controller.edit(QueryState("mouse"))
    bench.dock.results.table.scrollToBottom()
    bench.until(lambda: bench.controller.model.results.neuron_at(n_hits - 1) is not None)
    requests = [
        each for each in archive_server.requests if each.path.startswith("/api/neuron/select")
    ]
    pages = [each.query["q"] for each in requests if each.query["size"] == ["100"]]
    assert pages == [["*:*"]]
    bench.add_all.confirm()
    assert bench.card.question.text() == f"Download all {n_hits} cells?"
    bench.card.yes.click()
    bench.until(lambda: len(bench.ids) == n_hits)


@pytest.mark.slow
def test_the_downloads_start_with_the_first_page_and_the_window_stays_responsive(
    bench: QueueBench, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch)
    bench.search(MOUSE)
    archive_server.faults.add("stall", 60, path="/api/neuron/select*", query="page=1")
    bench.add_all.confirm()
    bench.card.yes.click()
    bench.until(lambda: [each.state for each in bench.downloads.rows].count("done") == 10)
    assert bench.card.state == ADDING
    assert (bench.card.bar.value(), bench.card.bar.maximum()) == (
        10,
        bench.controller.model.results.total(),
    )
    bench.search(QueryState().with_value("species", "rat"))  # another search leaves it alone
    assert bench.card.state == ADDING
    assert bench.add_all.cancel()


def test_after_a_stop_the_added_cells_stay_and_adding_can_continue(
    bench: QueueBench, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch)
    wanted = ids_of(archive_server, "mouse")
    bench.search(MOUSE)
    fault = archive_server.faults.add("stall", 60, path="/api/neuron/select*", query="page=2")
    bench.add_all.confirm()
    bench.card.yes.click()
    bench.until(lambda: fault.hits == 1)
    assert bench.add_all.cancel()
    assert bench.card.state == ENDED
    assert bench.card.question.text().startswith("Stopped: 20 of ")
    assert bench.card.yes.text() == "Continue"
    archive_server.faults.clear()
    bench.card.yes.click()
    bench.until(lambda: bench.card.state == ENDED and not bench.card.yes.isVisible())
    bench.until(lambda: bench.ids == wanted)
    assert bench.add_all.cancel()
    assert not bench.card.isVisible()
    assert not bench.add_all.cancel()


def test_an_outage_stops_it_with_a_sentence_and_a_button_to_continue(
    bench: QueueBench, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch)
    bench.search(MOUSE)
    archive_server.faults.add("unavailable", path="/api/neuron/select*", query="page=1")
    bench.add_all.confirm()
    bench.card.yes.click()
    bench.until(lambda: bench.card.state == ENDED)
    assert bench.card.question.text().startswith("Stopped: 10 of ")
    assert "is down" in bench.card.about.text()
    assert bench.card.yes.text() == "Continue"


def test_pausing_the_downloads_stops_it_and_they_stay_paused(
    bench: QueueBench, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch)
    bench.search(MOUSE)
    archive_server.faults.add("stall", 60, path="/api/neuron/select*", query="page=1")
    bench.add_all.confirm()
    bench.card.yes.click()
    bench.until(lambda: bench.ids)
    bench.downloads.pause()
    bench.add_all.pause()
    assert bench.card.about.text() == "The downloads were paused."
    bench.rest()
    assert not bench.downloads.is_going


@pytest.mark.slow
def test_from_the_library_only_cells_that_are_not_on_disk_are_added(
    bench: QueueBench, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch)
    here = ids_of(archive_server, "mouse")[:3]

    def stock(client: object) -> None:
        list(client.search_all("*:*"))  # type: ignore[attr-defined]
        for each in here:
            client.download(each, mode="standard")  # type: ignore[attr-defined]

    bench.service.request("stock", stock, lambda _: None)
    bench.rest()
    bench.choose_library()
    bench.search(MOUSE)
    n_hits = bench.controller.model.n_archive_hits
    bench.add_all.confirm()
    bench.until(lambda: bench.card.state == CONFIRMING)
    assert (
        bench.card.question.text() == f"Download the {n_hits - 3} cells that are not on this disk?"
    )
    bench.card.yes.click()
    bench.until(lambda: bench.card.state == ENDED)
    wanted = [each for each in ids_of(archive_server, "mouse") if each not in here]
    bench.until(lambda: bench.ids == wanted)
    assert n_selected(archive_server) == 0


def test_from_a_large_library_at_most_the_maximum_is_added(
    bench: QueueBench, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch)
    monkeypatch.setattr(module, "MAX_CELLS", 15)
    bench.service.request("stock", lambda client: list(client.search_all("*:*")), lambda _: None)
    bench.rest()
    bench.choose_library()
    bench.search(MOUSE)
    pages: list[int] = []
    plain = LIBRARY.page_to_download
    monkeypatch.setattr(
        LIBRARY,
        "page_to_download",
        lambda library, state, page, size: (pages.append(page), plain(library, state, page, size))[
            1
        ],
    )
    bench.add_all.confirm()
    bench.until(lambda: bench.card.state == CONFIRMING)
    bench.card.yes.click()
    bench.until(lambda: bench.card.state == ENDED)
    bench.until(lambda: bench.ids == ids_of(archive_server, "mouse")[:15])
    assert pages == [0, 1]


def test_with_every_file_on_disk_or_no_result_there_is_no_button_to_confirm(
    bench: QueueBench, archive_server: Server
) -> None:
    bench.add_all.confirm()
    assert bench.card.question.text() == NOTHING_FOUND
    assert not bench.card.yes.isVisible()
    assert bench.card.no.hasFocus()
    one = ids_of(archive_server, "mouse")[0]
    bench.service.request(
        "stock", lambda client: client.download(one, mode="standard"), lambda _: None
    )
    bench.rest()
    bench.choose_library()
    assert not bench.card.isVisible(), "the question was about another search"
    bench.search(MOUSE)
    bench.add_all.confirm()
    bench.until(lambda: bench.card.state == CONFIRMING)
    assert bench.card.question.text() == (ALL_HERE.format("1 cell"))
    assert archive_server.count("*.swc") == 1


def test_above_the_maximum_the_command_line_is_shown_and_no_more_are_added(
    bench: QueueBench, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pages(monkeypatch)
    monkeypatch.setattr(module, "MAX_CELLS", 15)
    bench.search(MOUSE)
    n_hits = bench.controller.model.results.total()
    bench.add_all.confirm()
    assert bench.card.question.text() == "Download the first 15 cells?"
    assert f"For all {n_hits} cells" in bench.card.about.text()
    bench.card.yes.click()
    bench.until(lambda: bench.card.state == ENDED)
    bench.until(lambda: bench.ids == ids_of(archive_server, "mouse")[:15])


def test_the_shown_command_finds_the_same_cells(
    archive_server: Server, capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    state = QueryState("NMO_00005 ", (("domain", ("Dendrites, Soma, No Axon",)),))
    program, group, *arguments = shlex.split(command(state))
    assert (program, group) == ("somascope", "neuromorpho")
    options = ["--base-url", archive_server.url, "--cache-dir", str(tmp_path), *arguments]
    options[options.index("cells")] = f"{tmp_path}/cells"
    neuromorpho([*options, "--dry-run"])
    printed = capsys.readouterr().out
    assert archive_server.requests[0].query["q"] == [state.to_query().to_q()]
    assert printed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "about 1 s"),
        (48, "about 48 s"),
        (600, "about 10 min"),
        (5400, "about 2 h"),
        (100_000, "about 28 h"),
        (200_000, "about 2 days"),
    ],
)
def test_times_are_rounded(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_an_estimate_has_files_bytes_and_time_at_five_requests_per_second() -> None:
    for n_cells, parts in {
        1: ("1 file,", "about 60 kB", "about 1 s", "5 requests"),
        12_345: ("12,345 files,", "about 740 MB", "about 82 min", "5 requests"),
    }.items():
        assert [part for part in parts if part not in estimate(n_cells)] == []
    assert "about 600 MB" in estimate(MAX_CELLS)


def test_cells_that_do_not_reach_the_queue_are_not_counted_and_continue_adds_them(
    bench: QueueBench, archive_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.search(MOUSE)
    wanted = ids_of(archive_server, "mouse")
    path = bench.downloads._queue_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"this is no database" * 1000)
    bench.add_all.confirm()
    bench.card.yes.click()
    bench.until(lambda: bench.card.yes.text() == "Continue")
    assert bench.card.question.text().startswith("Stopped: 0 of ")
    assert "is damaged" in bench.card.about.text()
    path.unlink()
    bench.card.yes.click()
    bench.until(lambda: bench.ids == wanted)
    assert bench.card.question.text().startswith(f"{len(wanted)} cells added")
