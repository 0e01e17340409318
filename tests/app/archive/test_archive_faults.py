"""Every fault that the loopback server knows, met at every place of the dock, in the real window.

What is checked each time: the user is told, where they look, what failed and what helps; the window goes
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
from archive_ui_driver import HastyOptions, Heart, Walk, incomplete_files
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from app.archive.search.controller import NOTHING
from app.archive.search.facet_panel import LOADING as LOADING_VALUES
from neuromorpho.bibliography.citations import references_of
from tests.neuromorpho.server import KINDS, Fault, Server

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
HELP = r"try again|library|mirror|report it|look at|Make room"


@dataclass(frozen=True)
class Trouble:
    """A fault, and what the user reads of it.

    Attributes
    ----------
    of_data, of_file : str
        Pattern of what is said where the API, or a file, is asked; "" where it comes through all the same.
    """

    kind: str
    value: str = ""
    of_data: str = ""
    of_file: str = ""

    def put(self, server: Server, path: str, query: str = "") -> Fault:
        """Let it happen at a place."""
        return server.faults.add(self.kind, self.value, path=path, query=query)

    def __str__(self) -> str:
        return f"{self.kind} {self.value}".strip()


TROUBLES = (
    Trouble("unavailable", "", r"is down \(status 503\)", r"is down \(status 503\)"),
    Trouble("too_many", "0", r"refused .* \(status 429\)", r"refused .* \(status 429\)"),
    Trouble("failing", "500", r"is down \(status 500\)", r"is down \(status 500\)"),
    Trouble("error_inside", "500", r"is down \(500 inside", r"is down \(500 inside"),
    Trouble("notice", "", "Service Interruption Notice", "Service Interruption Notice"),
    Trouble("html_file", "", "Service Interruption Notice", "Service Interruption Notice"),
    Trouble("empty", "", "no whole JSON .it is empty", "is empty; nothing of it was kept"),
    Trouble("truncated", "", "no whole JSON", "ends in the middle of a line"),
    Trouble("null_embedded", "", "holds none of"),
    Trouble("no_embedded", "", "holds none of"),
    Trouble("wrong_types", "", "malformed|many"),
    Trouble("duplicates"),
    Trouble("latin1", "", "no whole JSON"),
    Trouble("missing", "", "has no", "has no"),
    Trouble("bomb", "66", "sends more than 67 MB", "without one line of seven numbers"),
    Trouble("redirect", "foreign", "example.org, which is not", "example.org, which is not"),
    Trouble("redirect", "here"),
    Trouble("short", "", "cut short or damaged", "cut short or damaged"),
    Trouble("reset", "", "cut short or damaged", "cut short or damaged"),
    Trouble("drop", "", "does not answer", "does not answer"),
    Trouble("slow", "0.2"),
    Trouble("delay", "0.2"),
    Trouble("endless", "0", "sends more than 67 MB"),
    Trouble("stall", "", "does not answer"),
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
def walk(
    qtbot: QtBot, open_somascope: OpenSomascope, archive_server: Server, cache: Path
) -> Iterator[Walk]:
    """The window with the dock in front, wide, its loop watched from beginning to end."""
    options = HastyOptions(archive_server.url, cache)
    walk = Walk(qtbot, open_somascope(archive=options, wait=False))
    walk.go_to_search()
    walk.widen()
    with Heart() as heart:
        yield walk
    heart.check()
    walk.until(lambda: not incomplete_files(cache), "a cache without anything half-written")


class Told:
    """What was said of each trouble, held against what should be; all of it is told at the end."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def check(self, trouble: Trouble, said: str, pattern: str, *, has_button: bool) -> None:
        """Hold a sentence to what it must say."""
        if not pattern and said:
            self.problems.append(f"{trouble}: nothing was to be said, but: {said}")
        elif pattern and not re.search(pattern, said):
            self.problems.append(f"{trouble}: {pattern!r} is not in: {said!r}")
        elif pattern and not (
            said.endswith(".") and (has_button or re.search(HELP, said, re.IGNORECASE))
        ):
            self.problems.append(f"{trouble}: no step to take in: {said!r}")
        if "--" in said or "Traceback" in said:
            self.problems.append(f"{trouble}: no words for a user: {said!r}")

    def __enter__(self) -> Told:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if kind is None:
            assert not self.problems, "\n" + "\n".join(self.problems)


def test_every_kind_of_fault_is_tried() -> None:
    assert {each.kind for each in TROUBLES} == set(KINDS)


def test_a_page_that_goes_wrong_is_told_above_the_hits_and_try_again_brings_it(
    walk: Walk, archive_server: Server
) -> None:
    failure = walk.dock.results.failure
    with Told() as told:
        for trouble in TROUBLES:
            fault = trouble.put(archive_server, "/api/neuron/select*", "size=100")
            walk.go_to_search()
            walk.key(Qt.Key.Key_Return)
            walk.until(lambda fault=fault: fault.hits and not walk.is_busy("search/"), trouble)
            archive_server.faults.clear()
            said = failure.sentence.text() if failure.isVisible() else ""
            if trouble.kind == "missing":  # which is how some servers say that there is none
                assert walk.dock.results.hint.text() == NOTHING
                walk.key(Qt.Key.Key_Return)
            else:
                told.check(trouble, said, trouble.of_data, has_button=failure.retry.isVisible())
            if said:
                assert walk.total == 0
                walk.click(failure.retry)
            walk.until(lambda: walk.total == len(archive_server.holdings.ids))
            assert not failure.isVisible()


def test_a_count_that_goes_wrong_is_told_beside_the_words_and_the_next_letter_brings_it(
    walk: Walk, archive_server: Server
) -> None:
    count = walk.dock.search.count
    with Told() as told:
        for trouble in TROUBLES:
            if trouble.kind in PAGES_ONLY:
                continue  # a count is not read from what they change
            fault = trouble.put(archive_server, "/api/neuron/select*", "size=1")
            walk.go_to_search()
            walk.words("mouse")
            walk.until(lambda fault=fault: fault.hits and not walk.is_busy("search/"), trouble)
            archive_server.faults.clear()
            pattern = trouble.of_data if trouble.kind != "missing" else ""
            said = "" if "cell" in count.text()[:12] else count.text()
            told.check(trouble, said, pattern, has_button=False)
            walk.words(" ")
            walk.until(lambda: re.match(r"[\d,]+ cells · Return", count.text()), f"after {trouble}")
            assert walk.total == 0, "only the count was asked for"
            walk.go_to_search()
            walk.key(Qt.Key.Key_Delete)


def test_values_that_go_wrong_are_told_in_their_place_and_a_click_there_brings_them(
    walk: Walk, archive_server: Server, cache: Path
) -> None:
    walk.click(walk.dock.filter_button)
    facets = walk.dock.facets
    species = facets.tree.topLevelItem(0)

    def click(item: QTreeWidgetItem) -> None:
        facets.tree.scrollToItem(item)
        walk.click(facets.tree.viewport(), facets.tree.visualItemRect(item).center())

    def told_row() -> str:
        has_values = species.childCount() and species.child(0).data(0, Qt.ItemDataRole.UserRole)
        return "" if has_values or not species.childCount() else species.child(0).text(0)

    with Told() as told:
        for trouble in TROUBLES:
            if trouble.kind in PAGES_ONLY:
                continue
            fault = trouble.put(archive_server, "/api/neuron/partition/species")
            click(species)
            walk.until(lambda fault=fault: fault.hits and not walk.is_busy("facets/"), trouble)
            archive_server.faults.clear()
            is_whole = species.text(1) != ""
            said = "" if is_whole else facets.failure.text()
            told.check(trouble, said, trouble.of_data, has_button=True)
            if not is_whole:
                assert told_row() not in ("", LOADING_VALUES)
                click(species.child(0))
            walk.until(lambda: species.text(1) != "" and species.childCount() > 3)
            assert not facets.failure.isVisible()
            click(species)
            shutil.rmtree(cache / "facets")  # which would answer the next time
            facets.set_counts("species", None)


def test_morphometry_that_goes_wrong_is_told_on_its_page_and_a_click_on_that_brings_it(
    walk: Walk, archive_server: Server
) -> None:
    trouble_with_all = archive_server.faults.add("failing", "500", path="/api/morphometry/select")
    walk.key(Qt.Key.Key_Return)
    walk.until(lambda: walk.total and trouble_with_all.hits and not walk.is_busy("measured/"))
    walk.choose_row(0)
    walk.show_page("morphometry")
    page = walk.dock.detail.morphometry
    with Told() as told:
        for row, trouble in enumerate(TROUBLES, start=1):
            if trouble.kind in PAGES_ONLY - {"wrong_types"}:
                continue
            fault = trouble.put(archive_server, "/api/morphometry/id/*")
            walk.choose_row(row)
            walk.until(lambda fault=fault: fault.hits and not walk.is_busy("cell/"), trouble)
            fault.times = 0
            said = page.sentence
            if trouble.kind == "missing":
                assert said == "The archive has no morphometry of this cell."
                continue
            told.check(trouble, said, trouble.of_data, has_button=False)
            if said:
                walk.show_page("morphometry")
            walk.until(lambda: page.sentence == "", f"after {trouble}")


def test_morphometry_of_rows_that_went_wrong_comes_once_the_rows_are_scrolled_to_again(
    walk: Walk, archive_server: Server
) -> None:
    fault = archive_server.faults.add("failing", "500", path="/api/morphometry/select")
    walk.key(Qt.Key.Key_Return)
    walk.until(lambda: walk.total and fault.hits and not walk.is_busy("measured/"))
    model = walk.controller.archive_dock.search.model.results
    second = model.neuron_at(1)  # the first is looked up for its detail as well
    assert second is not None
    assert model.measurement_of(second.neuron_id) is None
    archive_server.faults.clear()
    walk.dock.results.table.setFocus()
    for key in (Qt.Key.Key_End, Qt.Key.Key_Home):
        walk.key(key)
        walk.qtbot.wait(1)  # a turn of the loop, in which the view tells what it shows
    walk.until(lambda: model.measurement_of(second.neuron_id) is not None)


def test_papers_that_cannot_be_had_are_told_with_the_citation_and_a_click_on_its_page_brings_them(
    walk: Walk, archive_server: Server
) -> None:
    walk.key(Qt.Key.Key_Return)
    walk.until(lambda: walk.total)
    walk.choose_row(0)
    cite = walk.dock.detail.cite
    model = walk.controller.archive_dock.search.model.results
    published = [
        row for row in range(1, 100) if (each := model.neuron_at(row)) and [*references_of(each)]
    ]
    with Told() as told:
        for row, trouble in zip(published, TROUBLES, strict=False):
            if trouble.kind in PAGES_ONLY:
                continue
            walk.show_page("record")
            walk.choose_row(row)
            fault = trouble.put(archive_server, "/api/literature/*")
            walk.show_page("cite")
            walk.until(lambda fault=fault: fault.hits and not walk.is_busy("cell/"), trouble)
            archive_server.faults.clear()
            assert "10.1096/fba.2024-00048" in cite.text.toPlainText(), (
                "the rest is cited all the same"
            )
            if trouble.kind == "missing":
                continue
            said = cite.problem.text() if cite.problem.isVisible() else ""
            told.check(trouble, said, trouble.of_data, has_button=False)
            if said:
                n_asked = archive_server.count("literature")
                walk.show_page("cite")
                walk.until(lambda n=n_asked: archive_server.count("literature") > n)
            walk.until(lambda: not walk.is_busy("cell/") and not cite.problem.isVisible())


def test_a_picture_that_goes_wrong_stays_a_placeholder_and_comes_with_the_next_search(
    walk: Walk, archive_server: Server, cache: Path
) -> None:
    thumbnails = walk.controller.archive_dock.thumbnails
    comes_through = {"null_embedded", "no_embedded", "wrong_types", "duplicates", "slow", "delay"}
    for neuron_id, trouble in zip(sorted(archive_server.holdings.ids), TROUBLES, strict=False):
        if trouble.kind in SILENT:
            continue  # the reading of a file has patience; see the preview
        fault = trouble.put(archive_server, "/images/*")
        walk.go_to_search()
        walk.words(f"NMO_{neuron_id:05d}")
        walk.key(Qt.Key.Key_Return)
        walk.until(lambda fault=fault: fault.hits and not walk.is_busy("thumbnails/"), trouble)
        archive_server.faults.clear()
        neuron = walk.controller.archive_dock.search.model.neuron(neuron_id)
        assert neuron is not None
        is_here = thumbnails.pixmap(neuron) is not None
        assert is_here == (trouble.kind in comes_through or trouble.value == "here"), trouble
        assert thumbnails.has_none(neuron) == (trouble.kind == "missing"), trouble
        assert incomplete_files(cache) == []
        if trouble.kind != "missing":
            walk.key(Qt.Key.Key_Return)
            walk.until(lambda n=neuron: thumbnails.pixmap(n) is not None, f"after {trouble}")


def test_a_file_that_goes_wrong_is_told_in_the_preview_and_its_button_brings_it(
    walk: Walk, archive_server: Server, cache: Path
) -> None:
    walk.key(Qt.Key.Key_Return)
    walk.until(lambda: walk.total)
    walk.choose_row(0)
    walk.show_page("preview")
    preview = walk.dock.detail.preview
    with Told() as told:
        for row, trouble in enumerate(TROUBLES, start=1):
            walk.choose_row(row)
            fault = trouble.put(archive_server, "*.swc")
            walk.click(preview.show_button)
            walk.until(lambda fault=fault: fault.hits, trouble)
            if trouble.kind in SILENT:
                assert preview.hint.text().endswith("…")
                walk.key(Qt.Key.Key_Escape)
            walk.until(lambda: not walk.is_busy("cell/"))
            archive_server.faults.clear()
            is_shown = preview.canvas.viewport is not None
            said = "" if is_shown or trouble.kind in SILENT else preview.hint.text()
            told.check(trouble, said, trouble.of_file, has_button=preview.show_button.isVisible())
            if not is_shown:
                walk.until(lambda: not incomplete_files(cache))
                walk.click(preview.show_button)
            walk.until(lambda: preview.canvas.viewport is not None, f"after {trouble}")
