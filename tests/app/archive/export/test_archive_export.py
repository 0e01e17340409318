"""Cells are written to files, completely or not at all; the sheets for exports and citations."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from archive_library import WITH_FILES, LibraryDriver
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.archive.connection.service import LONG, ArchiveService
from app.archive.export import export_sheet, writers
from app.archive.export.cite_sheet import CiteSheet
from app.archive.export.export_sheet import ExportSheet
from app.archive.export.writers import FORMATS, ExportResult, Format, Selection, export, target_path
from app.archive.records.bundled import bundled_neurons
from app.archive.search.query_state import QueryState
from app.archive.search.sources import ARCHIVE
from neuromorpho.bibliography.citations import TERMS_URL
from neuromorpho.bulk.tables import read_json
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.errors import NeuroMorphoCancelled, NeuroMorphoError, NeuroMorphoStorageError
from neuromorpho.http.rate_limiter import RateLimiter
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server
from tests.support.library_cells import cells

MakeService = Callable[..., ArchiveService]
KIND = {each.key: each for each in FORMATS}
N_CELLS = 40
THE_THREE = ("NeuroMorpho.Org (RRID:SCR_002145)", "10.1096/fba.2024-00048")


@pytest.fixture
def client(archive_server: Server, folder: Path) -> Iterator[NeuroMorphoClient]:
    """A client of that folder."""
    with NeuroMorphoClient(
        base_url=archive_server.url,
        cache_dir=folder,
        retries=1,
        timeout=3,
        limiter=RateLimiter(None),
    ) as made:
        yield made


@pytest.fixture
def driver(
    qtbot: QtBot,
    folder: Path,
    make_service: MakeService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[LibraryDriver]:
    """A person who looks at the library, and whose documents are a folder of the test's own."""
    (tmp_path / "documents").mkdir()
    monkeypatch.setattr(export_sheet, "default_folder", lambda: tmp_path / "documents")
    made = LibraryDriver(qtbot, make_service(cache_dir=folder))
    made.go_to_library()
    yield made
    made.close()


def silent(_sentence: str, _share: float | None) -> None:
    """Hear nothing."""


def known(client: NeuroMorphoClient, *ids: int) -> list[NeuroMorphoNeuron]:
    """Return cells of the library."""
    assert client.library is not None
    found = client.library.records(ids)
    assert len(found) == len(ids)
    return found


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return a CSV's rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---------------------------------------------------------------------------------------- files


def test_a_table_has_a_row_for_each_cell_with_units_and_morphometry(
    client: NeuroMorphoClient, archive_server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "cells.csv"
    result = export(Selection.of(known(client, 2, 9, 1)), KIND["csv"], path, client, silent)
    rows = rows_of(path)
    assert [each["neuron_id"] for each in rows] == ["2", "9", "1"]
    assert "measured_length [µm]" in rows[0]
    record = archive_server.holdings.record(9)
    assert rows[1]["archive"] == record["archive"]
    assert float(rows[0]["measured_length [µm]"]) > 0
    assert rows[1]["measured_length [µm]"] == "", "nobody fetched it"
    assert (result.n_cells, result.n_damaged) == (3, 0)
    assert archive_server.requests == []


def test_records_as_json_lose_nothing(
    client: NeuroMorphoClient, archive_server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "cells.json"
    neurons = known(client, 1, 5)
    export(Selection.of(neurons), KIND["json"], path, client, silent)
    read = list(read_json(path))
    assert [neuron.payload for neuron, _ in read] == [each.payload for each in neurons]
    assert client.library is not None
    assert [measured for _, measured in read] == [client.library.measurement(1), None]


def test_the_provenance_names_every_file_with_its_address_date_size_and_hash(
    client: NeuroMorphoClient, archive_server: Server, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "manifest.json"
    export(Selection.of(known(client, 1, 7)), KIND["manifest"], path, client, silent)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["licence"]["terms_of_use"] == TERMS_URL
    assert "downloads" not in content, "an export is no download"
    (entry,) = content["exports"]
    assert (entry["neuron_ids"], entry["query"]) == ([1, 7], None)
    assert entry["host"] == archive_server.url
    first, second = content["neurons"]
    (file,) = first["files"]
    data = (folder / file["path"]).read_bytes()
    assert (file["size"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert file["url"].startswith(archive_server.url)
    assert file["fetched"]
    assert second["files"] == []
    assert archive_server.requests == []


@pytest.mark.parametrize(
    ("key", "start"), [("bibtex", "@"), ("ris", "TY  - "), ("text", "Data from NeuroMorpho.Org")]
)
def test_citations_are_all_three_kinds_that_the_terms_ask_for(
    client: NeuroMorphoClient, archive_server: Server, tmp_path: Path, key: str, start: str
) -> None:
    path = tmp_path / f"cited{KIND[key].suffix}"
    export(Selection.of(known(client, 1, 2)), KIND[key], path, client, silent)
    text = path.read_text(encoding="utf-8")
    assert text.startswith(start)
    for each in THE_THREE:
        assert each in text.replace(r"\_", "_")
    dois = archive_server.holdings.record(1)["reference_doi"]
    assert dois[0] in text.replace(r"\_", "_")
    assert archive_server.requests == []


def test_titles_are_requested_only_if_the_caller_wants_them(
    client: NeuroMorphoClient, archive_server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "cited.bib"
    selection = Selection.of(known(client, 1, 2, 3), fetch_titles=True)
    result = export(selection, KIND["bibtex"], path, client, silent)
    assert archive_server.count("literature") == len(archive_server.requests) > 0
    assert result.problem == ""
    assert path.read_text(encoding="utf-8").count("title = ") > 2


def test_a_server_that_is_down_costs_the_titles_only(
    client: NeuroMorphoClient, archive_server: Server, tmp_path: Path
) -> None:
    selection = Selection.of(known(client, 1, 2), fetch_titles=True)
    archive_server.stop()
    result = export(selection, KIND["text"], tmp_path / "cited.txt", client, silent)
    assert result.problem
    assert "lack titles" in result.text()
    assert THE_THREE[1] in result.path.read_text(encoding="utf-8")


def test_papers_beyond_the_maximum_are_reported(
    client: NeuroMorphoClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "MAX_CITED_CELLS", 2)
    selection = Selection.of(known(client, 1, 2, 3), fetch_titles=True)
    result = export(selection, KIND["ris"], tmp_path / "cited.ris", client, silent)
    assert "first 2 cells" in result.text()


def test_bundled_cells_are_in_no_file(client: NeuroMorphoClient, tmp_path: Path) -> None:
    mixed = [bundled_neurons()[0], *known(client, 4), bundled_neurons()[1]]
    selection = Selection.of(mixed)
    assert selection.n_cells == 1
    for kind in FORMATS:
        path = tmp_path / f"{kind.key}{kind.suffix}"
        assert export(selection, kind, path, client, silent).n_cells == 1
        assert "Somascope.swc" not in path.read_text(encoding="utf-8")


def test_all_results_are_written_page_by_page_in_order(
    client: NeuroMorphoClient, tmp_path: Path
) -> None:
    library = client.library
    assert library is not None
    library.clear()
    library.add(cells(3000))
    state = QueryState(criteria=(("species", ("mouse", "rat")),), sort="neuron_name,desc")
    expected = library.search(criteria={"species": ["mouse", "rat"]}, sort=state.sort, limit=None)
    assert expected.total > 2 * writers._BATCH, "else one page would do"
    path, words = tmp_path / "all.csv", []
    selection = Selection(expected.total, state=state)
    result = export(selection, KIND["csv"], path, client, lambda *word: words.append(word))
    assert [int(each["neuron_id"]) for each in rows_of(path)] == [
        each.neuron_id for each in expected.items
    ]
    assert result.n_cells == expected.total
    shares = [share for _, share in words]
    assert shares == sorted(shares)
    assert len(shares) >= 3
    manifest = tmp_path / "all.json"
    export(selection, KIND["manifest"], manifest, client, silent)
    (exported,) = json.loads(manifest.read_text(encoding="utf-8"))["exports"]
    assert exported["query"]["q"] == state.query_text()


def test_the_provenance_of_too_many_cells_is_refused_with_the_number(
    client: NeuroMorphoClient, tmp_path: Path
) -> None:
    selection = Selection(300_000)
    with pytest.raises(NeuroMorphoError, match="300,000"):
        export(selection, KIND["manifest"], tmp_path / "m.json", client, silent)
    assert list(tmp_path.glob("*m.json*")) == []


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.key)
def test_a_stop_leaves_the_old_file(
    client: NeuroMorphoClient, tmp_path: Path, kind: Format
) -> None:
    path = tmp_path / "out" / f"cells{kind.suffix}"
    path.parent.mkdir()
    path.write_text("of yesterday")

    def stop(_sentence: str, share: float | None) -> NoReturn:
        raise NeuroMorphoCancelled("enough")

    with pytest.raises(NeuroMorphoCancelled):
        export(Selection.of(known(client, 1, 2)), kind, path, client, stop)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_text() == "of yesterday"


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.key)
def test_a_full_disk_is_reported_and_leaves_the_old_file(
    client: NeuroMorphoClient, tmp_path: Path, kind: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out" / f"cells{kind.suffix}"
    path.parent.mkdir()
    path.write_text("of yesterday")
    monkeypatch.setattr(os, "fsync", _disk_is_full)
    with pytest.raises(NeuroMorphoStorageError, match="No space left"):
        export(Selection.of(known(client, 1, 2)), kind, path, client, silent)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_text() == "of yesterday"


def _disk_is_full(_handle: int) -> NoReturn:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_damaged_entries_are_left_out_and_counted(
    client: NeuroMorphoClient, folder: Path, tmp_path: Path
) -> None:
    with sqlite3.connect(folder / "library.sqlite") as connection:
        connection.execute("UPDATE records SET payload = x'00' WHERE neuron_id = 5")
        connection.execute("UPDATE measurements SET payload = x'00' WHERE neuron_id = 1")
    connection.close()
    path = tmp_path / "all.csv"
    result = export(Selection(N_CELLS), KIND["csv"], path, client, silent)
    ids = [each["neuron_id"] for each in rows_of(path)]
    assert len(ids) == N_CELLS - 1
    assert "5" not in ids
    assert "1" in ids
    assert result.n_damaged == 2
    assert "2 damaged entries" in result.text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cells", "cells.csv"),
        ("cells.tsv", "cells.tsv"),
        ("  deep/cells.csv ", "deep/cells.csv"),
        ("a.b/c", "a.b/c.csv"),
    ],
)
def test_a_typed_name_is_a_file_in_the_folder(tmp_path: Path, text: str, expected: str) -> None:
    assert target_path(text, KIND["csv"], tmp_path) == tmp_path / expected
    elsewhere = str(tmp_path / "x" / "y")
    assert target_path(elsewhere, KIND["ris"], Path("/nowhere")) == tmp_path / "x" / "y.ris"


@pytest.mark.parametrize("text", ["", "   ", "folder/", "a\x00b"])
def test_an_invalid_file_name_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="name"):
        target_path(text, KIND["csv"], tmp_path)
    with pytest.raises(ValueError, match="is a folder"):
        target_path(str(tmp_path), KIND["csv"], tmp_path)


# --------------------------------------------------------------------------------------- sheets


def open_sheet(driver: LibraryDriver, ids: list[int]) -> ExportSheet:
    """Ask for an export with the menu of the results."""
    driver.choose(ids)
    driver.dock.results.contextRequested.emit(ids, QPoint(60, 60))
    menu = driver.dock.findChild(QMenu, "archiveMenu")
    next(each for each in menu.actions() if each.text() == "Export…").trigger()
    menu.close()
    assert driver.exporter.sheet is not None
    return driver.exporter.sheet


def test_selected_cells_are_exported_with_the_keyboard_only(
    driver: LibraryDriver, archive_server: Server, tmp_path: Path
) -> None:
    sheet = open_sheet(driver, [1, 2, -1])
    assert sheet.windowTitle() == "Export 2 cells"
    assert "bundled cell" in sheet.note.text()
    assert sheet.focusWidget() is sheet.kind
    driver.qtbot.keyClick(sheet.kind, Qt.Key.Key_Down)
    assert sheet.chosen_kind is FORMATS[1]
    assert sheet.name.text() == str(tmp_path / "documents" / "neuromorpho-2-cells.json")
    sheet.name.setFocus()
    sheet.name.selectAll()
    driver.qtbot.keyClicks(sheet.name, "two")
    driver.qtbot.keyClick(sheet.name, Qt.Key.Key_Return)
    driver.wait_until(lambda: driver.exporter.sheet is None)
    written = tmp_path / "documents" / "two.json"
    assert [neuron.neuron_id for neuron, _ in read_json(written)] == [1, 2]
    assert driver.messages == [f"2 cells exported to {written}"]
    assert archive_server.requests == []


def test_all_results_are_exported_from_the_librarys_menu(
    driver: LibraryDriver, tmp_path: Path
) -> None:
    driver.maintenance.button.export.setEnabled(True)
    driver.maintenance.button.menu_.aboutToShow.emit()
    driver.maintenance.button.export.trigger()
    sheet = driver.exporter.sheet
    assert sheet is not None
    assert sheet.windowTitle() == f"Export {N_CELLS} cells"
    sheet.export_button.click()
    driver.wait_until(lambda: driver.exporter.sheet is None)
    written = tmp_path / "documents" / f"neuromorpho-{N_CELLS}-cells.csv"
    assert len(rows_of(written)) == N_CELLS


def test_an_existing_file_is_announced_and_replaced_only_after_that(
    driver: LibraryDriver, tmp_path: Path
) -> None:
    there = tmp_path / "documents" / "neuromorpho-1-cells.bib"
    there.write_text("of yesterday")
    sheet = open_sheet(driver, [3])
    assert sheet.export_button.text() == "Export"
    sheet.kind.setCurrentIndex([each.key for each in FORMATS].index("bibtex"))
    assert sheet.export_button.text() == "Replace"
    assert "already" in sheet.message.text()
    sheet.name.setText("")
    assert not sheet.export_button.isEnabled()
    sheet.name.setText(str(there))
    sheet.export_button.click()
    driver.wait_until(lambda: driver.exporter.sheet is None)
    assert THE_THREE[1] in there.read_text(encoding="utf-8")


def test_a_failing_disk_is_shown_in_the_banner_and_the_sheet_waits_for_another_name(
    driver: LibraryDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = open_sheet(driver, [1])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _disk_is_full)
        sheet.export_button.click()
        driver.wait_idle()
    assert driver.notices.items[-1].severity == "error"
    assert "No space left" in driver.messages[-1]
    assert sheet.isVisible()
    assert "No space left" in sheet.message.text()
    assert list((tmp_path / "documents").iterdir()) == []
    assert sheet.focusWidget() is sheet.name
    sheet.export_button.click()
    driver.wait_until(lambda: driver.exporter.sheet is None)
    assert len(rows_of(tmp_path / "documents" / "neuromorpho-1-cells.csv")) == 1


def test_esc_ends_an_export_and_leaves_nothing(
    driver: LibraryDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(_selection: Any, _kind: Any, path: Path, _client: Any, tell: Any) -> ExportResult:
        while True:
            tell("Writing 500 of 1,000 cells", 0.5)

    monkeypatch.setattr(export_sheet, "export", endless)
    sheet = open_sheet(driver, [1])
    sheet.export_button.click()
    driver.wait_until(lambda: sheet.bar.isVisible() and sheet.bar.value() == 500)
    assert "500 of 1,000" in sheet.message.text()
    assert not sheet.export_button.isEnabled()
    driver.qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not driver.service.is_busy(LONG)
    assert driver.exporter.sheet is None
    assert driver.messages == []
    assert driver.service.close(), "the thread goes on"


def test_only_bundled_cells_leave_nothing_to_export(driver: LibraryDriver) -> None:
    driver.menu.export([-1, -2])
    assert driver.exporter.sheet is None
    assert "bundled" in driver.messages[-1]


def test_whether_the_network_is_used_is_shown_before(
    driver: LibraryDriver, archive_server: Server, tmp_path: Path
) -> None:
    sheet = open_sheet(driver, [1])
    assert "network is not used" in sheet.note.text()
    sheet.close()
    driver.dock.search.sources[ARCHIVE].click()
    driver.search.search()
    driver.wait_until(lambda: driver.search.model.results.total())
    sheet = open_sheet(driver, [1])
    assert "titles of the papers" in sheet.note.text()
    sheet.close()
    driver.service.set_offline(True)
    sheet = open_sheet(driver, [1])
    assert "network is not used" in sheet.note.text()
    archive_server.reset()
    sheet.kind.setCurrentIndex([each.key for each in FORMATS].index("text"))
    sheet.export_button.click()
    driver.wait_until(lambda: driver.exporter.sheet is None)
    assert driver.messages == [
        f"1 cell exported to {tmp_path / 'documents' / 'neuromorpho-1-cells.txt'}"
    ]
    assert archive_server.requests == []


def test_every_field_of_the_sheet_has_a_name(driver: LibraryDriver) -> None:
    sheet = open_sheet(driver, [1])
    for each in (sheet.kind, sheet.name, sheet.browse, sheet.bar):
        assert each.accessibleName()
    sheet.close()


def test_citations_are_shown_as_text_bibtex_or_ris_and_copied(
    driver: LibraryDriver, archive_server: Server
) -> None:
    neurons = [driver.search.model.neuron(each) for each in (1, 2, -1)]
    driver.menu.cite([each for each in neurons if each is not None])
    sheet = driver.window.findChild(CiteSheet)
    assert sheet is not None
    assert sheet.windowTitle() == "How to cite 2 cells"
    starts = []
    for at in range(sheet.kind.count()):
        sheet.kind.setCurrentIndex(at)
        starts.append(sheet.text.toPlainText()[:3])
    assert starts[0] == "Dat"
    assert starts[1][0] == "@"
    assert starts[2] == "TY "
    sheet.copy.click()
    assert QGuiApplication.clipboard().text() == sheet.text.toPlainText()
    assert archive_server.requests == []
    sheet.close()


def test_in_the_archives_search_the_titles_of_the_papers_follow(
    driver: LibraryDriver, archive_server: Server
) -> None:
    neurons = [driver.search.model.neuron(each) for each in WITH_FILES]
    driver.dock.search.sources[ARCHIVE].click()
    driver.menu.cite([each for each in neurons if each is not None])
    sheet = driver.window.findChild(CiteSheet)
    assert sheet is not None
    assert "title not known" in sheet.text.toPlainText()
    driver.wait_until(lambda: "title not known" not in sheet.text.toPlainText())
    assert archive_server.count("literature") == len(archive_server.requests)
    sheet.close()
