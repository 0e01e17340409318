"""The bundled cells among the hits of the library: found by the same rules, shown for what they are."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from archive_ui_driver import CTRL, ArchiveDriver, QuickOptions
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QDrag, QGuiApplication
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.archive.cell.presenter import LOADING
from app.archive.drag_data import ids_of
from app.archive.records.bundled import (
    NO_CITATION,
    NO_DOWNLOAD,
    Search,
    bundled_facts,
    bundled_measured_facts,
    bundled_measurement,
    bundled_neuron,
    bundled_neurons,
    is_bundled,
    merged,
    of_archive,
    readiness_of,
)
from app.archive.results.model import PAGE_SIZE
from app.archive.search.query_state import QueryState
from app.archive.search.sources import LIBRARY
from backends.morphology.swc_types import SwcType
from neuromorpho.library.library import FACET_FIELDS, Library
from neuromorpho.records.models import NeuroMorphoNeuron
from resources import bundled
from tests.neuromorpho.server import Server
from tests.support.library_cells import cell, cells, measured

if TYPE_CHECKING:
    from app.window.controller import Controller

PYRAMIDAL, STELLATE, BALL = -1, -2, -3
N_RECORDS = 250
TIP = Qt.ItemDataRole.ToolTipRole


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A library of made cells, some of them with morphometry."""
    with Library(tmp_path / "library.sqlite") as made:
        records = list(cells(N_RECORDS))
        some = {each["neuron_id"]: measured(each["neuron_id"]) for each in records[:50]}
        made.add(records, measurements=some)
        yield made


def ids(search: Search) -> list[int]:
    """Return the ids of what a search means."""
    return [each.neuron_id for each in search.hits()]


def test_every_bundled_cell_is_a_record_with_a_negative_id() -> None:
    neurons = bundled_neurons()
    assert [each.source for each in neurons] == [each.name for each in bundled()]
    assert [each.neuron_name for each in neurons] == [each.title for each in bundled()]
    assert [each.neuron_id for each in neurons] == [-1, -2, -3]
    assert all(is_bundled(each.neuron_id) and each.path.is_file() for each in neurons)
    assert all("NMO" not in each.label for each in neurons)
    assert of_archive([3, -1, 5]) == [3, 5]
    assert bundled_neuron(7) is None


def test_they_have_no_properties_of_a_tissue() -> None:
    for neuron in bundled_neurons():
        assert neuron.species is None
        assert not neuron.brain_region
        for key in ("species", "stain", "physical_Integrity", "attributes", "reference_pmid"):
            assert neuron.get(key) is None
        assert not neuron.png_url


def test_their_parts_are_those_in_the_files() -> None:
    for neuron in bundled_neurons():
        rows = np.loadtxt(neuron.path)
        types = set(rows[:, 1].astype(int).tolist())
        parts = str(neuron.get("domain"))
        assert ("No Axon" not in parts) == (SwcType.AXON in types)
        assert {SwcType.BASAL_DENDRITE, SwcType.APICAL_DENDRITE} & types
        assert "Dendrites, Soma" in parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [PYRAMIDAL, STELLATE, BALL]),
        ("pyr", [PYRAMIDAL]),
        ("PYRamidal cell", [PYRAMIDAL]),
        ("ramidal", []),
        ("synthetic axon", [PYRAMIDAL, STELLATE]),
        ("interneuron", [STELLATE]),
        ("somascope ball", [BALL]),
        ("mouse", []),
        ("NMO_00001", []),
    ],
)
def test_every_word_must_begin_a_word_of_them(text: str, expected: list[int]) -> None:
    assert ids(Search(text)) == expected


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"archive": ("Somascope",)}, [PYRAMIDAL, STELLATE, BALL]),
        ({"archive": ("somascope",)}, [PYRAMIDAL, STELLATE, BALL]),
        ({"cell_type": ("pyramidal", "stellate")}, [PYRAMIDAL, STELLATE]),
        ({"cell_type_1": ("principal cell",)}, [PYRAMIDAL]),
        ({"cell_type": ("pyramid",)}, []),
        ({"archive": ("Somascope",), "cell_type": ("stellate",)}, [STELLATE]),
        ({"neuron_name": ("ball AND stick",)}, [BALL]),
        ({"neuron_id": ("1",)}, []),
        ({"species": ("mouse",)}, []),
    ],
)
def test_values_match_completely(criteria: dict[str, tuple[str, ...]], expected: list[int]) -> None:
    assert ids(Search(criteria=criteria)) == expected


def test_a_value_that_a_record_spells_so_is_not_matched_in_another_case() -> None:
    requested = {"cell_type": ("Pyramidal",)}
    assert ids(Search(criteria=requested)) == [PYRAMIDAL]
    assert (
        ids(Search(criteria=requested, is_spelled=lambda name, value: value == "Pyramidal")) == []
    )


def test_numbers_are_computed_from_the_files() -> None:
    ball = bundled_measurement(BALL)
    assert ball.length == pytest.approx(400, rel=1e-6)
    assert ball.soma_surface == pytest.approx(4 * math.pi * 10**2, rel=1e-6)
    assert ball.surface == pytest.approx(4 * math.pi * 10**2 + 2 * math.pi * 400, rel=1e-6)
    assert (ball.n_stems, ball.n_bifs, ball.n_branch) == (1, 0, 1)
    assert ball.euclidean_distance == pytest.approx(410, rel=1e-6)
    for neuron in bundled_neurons():
        found = bundled_measurement(neuron.neuron_id)
        assert found.n_branch == _n_stretches(neuron.path)
        assert found.width is None


def _n_stretches(path: Path) -> int:
    """Return how many unbranched stretches an SWC's neurites have, counted from its rows alone."""
    rows = np.loadtxt(path)
    own_type = {int(row[0]): int(row[1]) for row in rows}
    children: dict[int, list[int]] = {}
    for row in rows:
        children.setdefault(int(row[6]), []).append(int(row[0]))
    return sum(
        own_type[parent] == SwcType.SOMA or len(ends) > 1
        for parent, ends in children.items()
        if parent > 0
        for end in ends
        if own_type[end] != SwcType.SOMA
    )


def test_a_range_leaves_out_what_lies_outside_and_whose_number_is_unknown() -> None:
    assert ids(Search(ranges={"length": (None, 400.0)})) == [BALL]
    assert ids(Search(ranges={"length": (400.0, 400.0)})) == [BALL]
    assert ids(Search(ranges={"length": (401.0, None)})) == [PYRAMIDAL, STELLATE]
    assert ids(Search(ranges={"soma_Surface": (None, None)})) == [PYRAMIDAL, STELLATE, BALL]
    assert ids(Search(ranges={"fractal_dim": (None, None)})) == []


def test_they_stand_before_the_librarys_hits_on_every_page(library: Library) -> None:
    state = QueryState(sort="neuron_id,desc")
    pages = [LIBRARY.page(library, state, number) for number in range(3)]
    found = [each.neuron_id for page in pages for each in page.items]
    own = [each.neuron_id for each in library.search(sort="neuron_id,desc", limit=None).items]
    assert found == [PYRAMIDAL, STELLATE, BALL, *own]
    assert [len(page.items) for page in pages] == [PAGE_SIZE, PAGE_SIZE, len(own) + 3 - 200]
    assert {(page.total, page.n_bundled) for page in pages} == {(len(own) + 3, 3)}


def test_totals_and_facets_count_them_too(library: Library) -> None:
    state = QueryState(criteria=(("archive", ("Somascope",)),))
    found = LIBRARY.page(library, state, 0, ("archive", "cell_type", "species"), size=0)
    own = library.search(facets=("archive",)).facets["archive"].counts
    assert (found.total, found.items) == (3, ())
    assert found.facets["archive"] == {**own, "Somascope": 3}, "its own criterion left aside"
    assert set(found.facets["cell_type"]) == {
        "principal cell",
        "pyramidal",
        "interneuron",
        "stellate",
    }
    assert found.facets["species"] == {}
    stellate = QueryState().with_value("cell_type", "stellate")
    chosen = LIBRARY.page(library, stellate, 0, ("cell_type",))
    everywhere = library.search(facets=("cell_type",)).facets["cell_type"].counts
    counts = chosen.facets["cell_type"]
    assert counts["pyramidal"] == everywhere.get("pyramidal", 0) + 1, "what could be chosen besides"
    alone = QueryState().with_value("cell_type", "pyramidal")
    theirs = library.search(criteria={"cell_type": "pyramidal"}, limit=0).total
    assert LIBRARY.page(library, alone, 0).total == theirs + 1


def test_each_condition_counts_them_where_it_is_dropped(library: Library) -> None:
    state = QueryState(text="synthetic", criteria=(("species", ("mouse",)),))
    n_mice = library.search(criteria={"species": "mouse"}, limit=0).total
    assert LIBRARY.page(library, state, 0).total == 0
    left = [LIBRARY.count(library, each.state_without) for each in state.clauses()]
    assert left == [n_mice, 3]


def test_a_spelling_that_only_the_library_has_is_its_own(library: Library) -> None:
    library.add([cell(9001) | {"cell_type": ["Stellate"]}])
    found = LIBRARY.page(library, QueryState().with_value("cell_type", "Stellate"), 0)
    assert [each.neuron_id for each in found.items] == [9001]
    found = LIBRARY.page(library, QueryState().with_value("cell_type", "STELLATE"), 0)
    assert {STELLATE, 9001} <= {each.neuron_id for each in found.items}


@pytest.mark.parametrize("name", sorted(FACET_FIELDS))
def test_any_field_of_the_library_can_be_searched_in_them(library: Library, name: str) -> None:
    found = LIBRARY.page(library, QueryState(), 0, (name,), size=0)
    own = library.search(limit=0, facets=(name,)).facets[name]
    more = Search().counts(name)
    assert sum(found.facets[name].values()) == own.total + sum(more.values())
    for value in more:
        hits = Search(criteria={name: (value,)}).hits()
        assert len(hits) == more[value], f"{name} {value}: what is counted is found"


def test_merged_counts_are_ranked() -> None:
    assert list(merged({"a": 5, "b": 2}, {"c": 3, "b": 9}).items()) == [
        ("b", 11),
        ("a", 5),
        ("c", 3),
    ]


def test_morphometry_of_a_page_with_both_is_read_and_computed(library: Library) -> None:
    found = LIBRARY.measurements(library, [BALL, 1, 999_999])
    assert found[BALL].length == pytest.approx(400)
    assert set(found) <= {BALL, 1}


def test_their_facts_have_no_dash_and_no_address() -> None:
    for neuron in bundled_neurons():
        facts = [each for group in bundled_facts(neuron) for each in group.facts]
        assert all(fact.is_known for fact in facts)
        assert not [part for fact in facts for part in fact.parts if part.url]
        words = " ".join(fact.value for fact in facts)
        assert neuron.source in words
        assert "synthetic" in words.casefold()
    measured = bundled_measured_facts(bundled_measurement(BALL))
    shown = {fact.label: (fact.value, fact.unit) for group in measured for fact in group.facts}
    assert shown["Total length"] == ("400", "µm")
    assert shown["Stems"] == ("1", "")


def test_they_are_ready_and_no_other_cell_is_judged_so() -> None:
    mark = readiness_of(bundled_neurons()[0])
    assert mark.level == "ready"
    assert "Synthetic" in mark.reason
    assert readiness_of(NeuroMorphoNeuron(5, "x")).level != "ready"


# ---------------------------------------------------------------------------------- in the window


@pytest.fixture
def driver(
    qtbot: QtBot,
    open_somascope: Callable[..., Controller],
    archive_server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ArchiveDriver:
    """The window with the library in front, and nothing on the disk."""
    monkeypatch.setattr(
        "app.archive.search.saved_searches.default_path", lambda: tmp_path / "searches.json"
    )
    options = QuickOptions(archive_server.url, tmp_path / "cache")
    made = ArchiveDriver(qtbot, open_somascope(archive=options))
    made.go_to_search()
    made.click(made.dock.search.sources[LIBRARY])
    made.until(lambda: made.total)
    return made


def test_with_nothing_on_disk_they_are_found_shown_and_loaded_without_a_request(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    assert driver.total == len(bundled_neurons())
    assert LIBRARY.empty_note in driver.dock.search.count.text()
    driver.dock.search.focus_line()
    driver.words("pyr")
    driver.until(lambda: driver.total == 1)
    assert LIBRARY.empty_note not in driver.dock.search.count.text()
    assert driver.choose_first() == PYRAMIDAL
    detail = driver.dock.detail
    model = driver.controller.archive_dock.search.model.results
    driver.until(lambda: model.measurement_of(PYRAMIDAL))
    assert (
        "NMO"
        not in f"{detail.title.text()} {detail.subtitle.text()} {model.data(model.index(0, 0), TIP)}"
    )
    assert not detail.queue.isVisibleTo(detail)
    assert detail.verdict.text() == "Ready to simulate"
    assert detail.cite.sentence == NO_CITATION
    driver.until(lambda: detail.files.topLevelItemCount() == 1)
    assert detail.files.topLevelItem(0).text(2) == "bundled"
    driver.widen()
    driver.show_page("preview")
    driver.until(lambda: detail.preview.canvas.viewport is not None)
    driver.dock.results.table.setFocus()
    driver.key(Qt.Key.Key_Return)
    driver.until(lambda: driver.is_shown("Layer 5 pyramidal cell"))
    source = driver.controller.opener.source
    assert source is not None
    assert (source.kind, source.path) == ("bundled", "pyramidal")
    driver.until(lambda: not driver.controller.archive.is_busy())
    assert archive_server.requests == []
    assert driver.controller.archive.connection.state == "unknown"


@pytest.mark.slow
def test_while_its_numbers_are_computed_they_are_loading(driver: ArchiveDriver) -> None:
    goes_on = threading.Event()
    service, cell = driver.controller.archive, driver.controller.archive_dock.cell
    bundled_measurement.cache_clear()
    service.query_library("hold", lambda _: goes_on.wait(8), lambda _: None)
    driver.choose_first()
    driver.until(lambda: not cell._measure_timer.isActive())
    assert driver.dock.detail.morphometry.sentence == LOADING
    goes_on.set()
    driver.until(lambda: not driver.dock.detail.morphometry.sentence)


def test_commands_that_need_the_archive_are_not_shown_for_them(
    driver: ArchiveDriver, archive_server: Server
) -> None:
    driver.choose_first()
    results = driver.dock.results
    results.contextRequested.emit([BALL], QPoint(80, 80))
    menu = driver.dock.findChild(QMenu, "archiveMenu")
    assert menu is not None
    rows = {each.text(): each for each in menu.actions() if each.text()}
    assert list(rows) == ["Load", "Copy name"]
    rows["Copy name"].trigger()
    assert QGuiApplication.clipboard().text() == "ball_and_stick"
    menu.close()
    results.table.setFocus()
    driver.key(Qt.Key.Key_Return, CTRL)
    assert driver.controller.notices.items[-1].message == NO_DOWNLOAD
    assert driver.controller.archive_dock.downloads.rows == []
    assert archive_server.requests == []


def test_a_dragged_one_is_its_file(driver: ArchiveDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    driver.choose_first()
    dragged: list[QMimeData] = []

    def take(drag: QDrag, *_: object) -> Qt.DropAction:
        dragged.append(drag.mimeData())
        return Qt.DropAction.IgnoreAction

    monkeypatch.setattr(QDrag, "exec", take)
    driver.dock.results.table.clearSelection()
    driver.dock.results.table.selectAll()
    driver.dock.results._start_drag()
    (data,) = dragged
    neuron = bundled_neuron(PYRAMIDAL)
    assert neuron is not None
    assert [each.toLocalFile() for each in data.urls()] == [str(neuron.path)]
    assert ids_of(data) == []
