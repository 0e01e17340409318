"""Every fault that the loopback server knows, met at every place of the dock, in the real window.

What is checked each time: where the user looks, a sentence names what failed and what helps; the window goes
on; nothing half-written stays; and once the server is well the same keys and clicks do what they should.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archive_ui_driver import ArchiveDriver, HastyOptions, Heart, incomplete_files
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from app.archive.search.controller import NOTHING
from app.archive.search.facet_field import LOADING as LOADING_VALUES
from neuromorpho.bibliography.citations import references_of
from tests.neuromorpho.server import KINDS, Fault, Server

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
HELP = r"try again|library|mirror|report this|look at|free some"


@dataclass(frozen=True)
class FaultCase:
    """A fault, and what the user reads about it.

    Attributes
    ----------
    of_data, of_file : str
        Pattern of the sentence for a request to the API, or for a file; "" if the request succeeds.
    """

    kind: str
    value: str = ""
    of_data: str = ""
    of_file: str = ""

    def add_to(self, server: Server, path: str, query: str = "") -> Fault:
        """Add the fault to a path of the server."""
        return server.faults.add(self.kind, self.value, path=path, query=query)

    def __str__(self) -> str:
        return f"{self.kind} {self.value}".strip()


FAULT_CASES = (
    FaultCase("unavailable", "", "is down", "is down"),
    FaultCase("too_many", "0", "fewer requests", "fewer requests"),
    FaultCase("failing", "500", "is down", "is down"),
    FaultCase("error_inside", "500", "is down", "is down"),
    FaultCase("notice", "", "Service Interruption Notice", "Service Interruption Notice"),
    FaultCase("html_file", "", "Service Interruption Notice", "Service Interruption Notice"),
    FaultCase("empty", "", "empty", "empty"),
    FaultCase("truncated", "", "JSON", "middle of a line"),
    FaultCase("null_embedded", "", "none|no results"),
    FaultCase("no_embedded", "", "none|no results"),
    FaultCase("wrong_types", "", "malformed|many"),
    FaultCase("duplicates"),
    FaultCase("latin1", "", "JSON"),
    FaultCase("missing", "", "has no", "has no"),
    FaultCase("bomb", "66", "67 MB", "seven numbers"),
    FaultCase("redirect", "foreign", "example.org", "example.org"),
    FaultCase("redirect", "here"),
    FaultCase("short", "", "cut short", "cut short"),
    FaultCase("reset", "", "cut short", "cut short"),
    FaultCase("drop", "", "not answer", "not answer"),
    FaultCase("slow", "0.2"),
    FaultCase("delay", "0.2"),
    FaultCase("endless", "0", "67 MB"),
    FaultCase("stall", "", "not answer"),
)
pytestmark = pytest.mark.slow
SILENT = {"stall", "endless"}  # what the user ends with Esc where it is a file
PAGES_ONLY = {"null_embedded", "no_embedded", "wrong_types"}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send requests soon after the last key."""
    monkeypatch.setattr("app.archive.search.controller.COUNT_AFTER_MS", 20)
    monkeypatch.setattr("app.archive.cell.presenter.REST_MS", 20)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The folder of what is fetched."""
    return tmp_path / "cache"


@pytest.fixture
def driver(
    qtbot: QtBot, open_somascope: OpenSomascope, archive_server: Server, cache: Path
) -> Iterator[ArchiveDriver]:
    """The window with the dock in front, wide, its loop watched from beginning to end."""
    options = HastyOptions(archive_server.url, cache)
    driver = ArchiveDriver(qtbot, open_somascope(archive=options, wait=False))
    driver.go_to_search()
    driver.widen()
    with Heart() as heart:
        yield driver
    heart.check()
    driver.until(lambda: not incomplete_files(cache), "a cache without anything half-written")


class SentenceChecks:
    """Checks the sentence of each case, and reports all problems at the end."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def check(self, case: FaultCase, sentence: str, pattern: str, *, has_button: bool) -> None:
        """Check that a sentence names the fault and the next step."""
        if not pattern and sentence:
            self.problems.append(f"{case}: nothing should be shown, but: {sentence}")
        elif pattern and not re.search(pattern, sentence):
            self.problems.append(f"{case}: {pattern!r} is not in: {sentence!r}")
        elif pattern and not (
            sentence.endswith(".") and (has_button or re.search(HELP, sentence, re.IGNORECASE))
        ):
            self.problems.append(f"{case}: no next step in: {sentence!r}")
        if "--" in sentence or "Traceback" in sentence:
            self.problems.append(f"{case}: no words for a user: {sentence!r}")

    def __enter__(self) -> SentenceChecks:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is None:
            assert not self.problems, "\n" + "\n".join(self.problems)


def test_every_kind_of_fault_is_tested() -> None:
    assert {each.kind for each in FAULT_CASES} == set(KINDS)


def test_a_failed_page_is_explained_above_the_hits_and_try_again_loads_it(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    failure = driver.dock.results.failure
    with SentenceChecks() as checks:
        for case in FAULT_CASES:
            fault = case.add_to(archive_server, "/api/neuron/select*", "size=100")
            driver.go_to_search()
            driver.key(Qt.Key.Key_Return)
            driver.until(lambda fault=fault: fault.hits and not driver.is_busy("search/"), case)
            archive_server.faults.clear()
            sentence = failure.sentence.text() if failure.isVisible() else ""
            if case.kind == "missing":  # which is how some servers say that there is none
                assert driver.dock.results.hint.text() == NOTHING
                driver.key(Qt.Key.Key_Return)
            else:
                checks.check(case, sentence, case.of_data, has_button=failure.retry.isVisible())
            if sentence:
                assert driver.total == 0
                driver.click(failure.retry)
            driver.until(lambda: driver.total == len(archive_server.holdings.ids))
            assert not failure.isVisible()


def test_a_failed_count_is_explained_next_to_the_search_line_and_the_next_letter_loads_it(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    count = driver.dock.search.count
    with SentenceChecks() as checks:
        for case in FAULT_CASES:
            if case.kind in PAGES_ONLY:
                continue  # a count is not read from what they change
            fault = case.add_to(archive_server, "/api/neuron/select*", "size=1")
            driver.go_to_search()
            driver.words("mouse")
            driver.until(lambda fault=fault: fault.hits and not driver.is_busy("search/"), case)
            archive_server.faults.clear()
            pattern = case.of_data if case.kind != "missing" else ""
            sentence = "" if "cell" in count.text()[:12] else count.text()
            checks.check(case, sentence, pattern, has_button=False)
            driver.words(" ")
            driver.until(lambda: re.match(r"[\d,]+ cells · Return", count.text()), f"after {case}")
            assert driver.total == 0, "only the count was asked for"
            driver.go_to_search()
            driver.key(Qt.Key.Key_Delete)


def test_failed_values_are_explained_in_their_place_and_a_click_there_loads_them(
    driver: ArchiveDriver, archive_server: Server, cache: Path
) -> None:
    driver.click(driver.dock.filter_button)
    facets = driver.dock.facets
    species = facets.tree.topLevelItem(0)

    def click(item: QTreeWidgetItem) -> None:
        facets.tree.scrollToItem(item)
        driver.click(facets.tree.viewport(), facets.tree.visualItemRect(item).center())

    def row_text() -> str:
        has_values = species.childCount() and species.child(0).data(0, Qt.ItemDataRole.UserRole)
        return "" if has_values or not species.childCount() else species.child(0).text(0)

    with SentenceChecks() as checks:
        for case in FAULT_CASES:
            if case.kind in PAGES_ONLY:
                continue
            fault = case.add_to(archive_server, "/api/neuron/partition/species")
            click(species)
            driver.until(lambda fault=fault: fault.hits and not driver.is_busy("facets/"), case)
            archive_server.faults.clear()
            is_whole = species.text(1) != ""
            sentence = "" if is_whole else facets.failure.text()
            checks.check(case, sentence, case.of_data, has_button=True)
            if not is_whole:
                assert row_text() not in ("", LOADING_VALUES)
                click(species.child(0))
            driver.until(lambda: species.text(1) != "" and species.childCount() > 3)
            assert not facets.failure.isVisible()
            click(species)
            shutil.rmtree(cache / "facets")  # which would answer the next time
            facets.set_counts("species", None)


def test_failed_morphometry_is_explained_on_its_page_and_a_click_on_it_loads_it(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    fault_of_all = archive_server.faults.add("failing", "500", path="/api/morphometry/select")
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: driver.total and fault_of_all.hits and not driver.is_busy("measured/"))
    driver.choose_row(0)
    driver.show_page("morphometry")
    page = driver.dock.detail.morphometry
    with SentenceChecks() as checks:
        for row, case in enumerate(FAULT_CASES, start=1):
            if case.kind in PAGES_ONLY - {"wrong_types"}:
                continue
            fault = case.add_to(archive_server, "/api/morphometry/id/*")
            driver.choose_row(row)
            driver.until(lambda fault=fault: fault.hits and not driver.is_busy("cell/"), case)
            fault.times = 0
            sentence = page.sentence
            if case.kind == "missing":
                assert sentence == "The archive has no morphometry of this cell."
                continue
            checks.check(case, sentence, case.of_data, has_button=False)
            if sentence:
                driver.show_page("morphometry")
            driver.until(lambda: page.sentence == "", f"after {case}")


def test_failed_morphometry_of_rows_loads_once_the_rows_are_in_view_again(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    fault = archive_server.faults.add("failing", "500", path="/api/morphometry/select")
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: driver.total and fault.hits and not driver.is_busy("measured/"))
    model = driver.controller.archive_dock.search.model.results
    second = model.neuron_at(1)  # the first is looked up for its detail as well
    assert second is not None
    assert model.measurement_of(second.neuron_id) is None
    archive_server.faults.clear()
    driver.dock.results.table.setFocus()
    for key in (Qt.Key.Key_End, Qt.Key.Key_Home):
        driver.key(key)
        driver.qtbot.wait(1)  # a turn of the loop, in which the view tells what it shows
    driver.until(lambda: model.measurement_of(second.neuron_id) is not None)


def test_failed_papers_are_explained_with_the_citation_and_a_click_on_its_page_loads_them(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: driver.total)
    driver.choose_row(0)
    cite = driver.dock.detail.cite
    model = driver.controller.archive_dock.search.model.results
    published = [
        row for row in range(1, 100) if (each := model.neuron_at(row)) and [*references_of(each)]
    ]
    with SentenceChecks() as checks:
        for row, case in zip(published, FAULT_CASES, strict=False):
            if case.kind in PAGES_ONLY:
                continue
            driver.show_page("record")
            driver.choose_row(row)
            fault = case.add_to(archive_server, "/api/literature/*")
            driver.show_page("cite")
            driver.until(lambda fault=fault: fault.hits and not driver.is_busy("cell/"), case)
            archive_server.faults.clear()
            assert "10.1096/fba.2024-00048" in cite.text.toPlainText(), (
                "the rest is cited all the same"
            )
            if case.kind == "missing":
                continue
            sentence = cite.problem.text() if cite.problem.isVisible() else ""
            checks.check(case, sentence, case.of_data, has_button=False)
            if sentence:
                n_asked = archive_server.count("literature")
                driver.show_page("cite")
                driver.until(lambda n=n_asked: archive_server.count("literature") > n)
            driver.until(lambda: not driver.is_busy("cell/") and not cite.problem.isVisible())


def test_a_failed_picture_stays_a_placeholder_and_loads_with_the_next_search(
    driver: ArchiveDriver, archive_server: Server, cache: Path
) -> None:
    thumbnails = driver.controller.archive_dock.thumbnails
    comes_through = {"null_embedded", "no_embedded", "wrong_types", "duplicates", "slow", "delay"}
    for neuron_id, case in zip(sorted(archive_server.holdings.ids), FAULT_CASES, strict=False):
        if case.kind in SILENT:
            continue  # the reading of a file has patience; see the preview
        fault = case.add_to(archive_server, "/images/*")
        driver.go_to_search()
        driver.words(f"NMO_{neuron_id:05d}")
        driver.key(Qt.Key.Key_Return)
        driver.until(lambda fault=fault: fault.hits and not driver.is_busy("thumbnails/"), case)
        archive_server.faults.clear()
        neuron = driver.controller.archive_dock.search.model.neuron(neuron_id)
        assert neuron is not None
        is_here = thumbnails.pixmap(neuron) is not None
        assert is_here == (case.kind in comes_through or case.value == "here"), case
        assert thumbnails.has_none(neuron) == (case.kind == "missing"), case
        assert incomplete_files(cache) == []
        if case.kind != "missing":
            driver.key(Qt.Key.Key_Return)
            driver.until(lambda n=neuron: thumbnails.pixmap(n) is not None, f"after {case}")


def test_a_failed_file_is_explained_in_the_preview_and_its_button_loads_it(
    driver: ArchiveDriver, archive_server: Server, cache: Path
) -> None:
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: driver.total)
    driver.choose_row(0)
    driver.show_page("preview")
    preview = driver.dock.detail.preview
    with SentenceChecks() as checks:
        for row, case in enumerate(FAULT_CASES, start=1):
            driver.choose_row(row)
            fault = case.add_to(archive_server, "*.swc")
            driver.click(preview.show_button)
            driver.until(lambda fault=fault: fault.hits, case)
            if case.kind in SILENT:
                assert preview.hint.text().endswith("…")
                driver.key(Qt.Key.Key_Escape)
            driver.until(lambda: not driver.is_busy("cell/"))
            archive_server.faults.clear()
            is_shown = preview.canvas.viewport is not None
            sentence = "" if is_shown or case.kind in SILENT else preview.hint.text()
            checks.check(case, sentence, case.of_file, has_button=preview.show_button.isVisible())
            if not is_shown:
                driver.until(lambda: not incomplete_files(cache))
                driver.click(preview.show_button)
            driver.until(lambda: preview.canvas.viewport is not None, f"after {case}")
