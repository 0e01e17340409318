"""Cells of the archive in File > Open recent: by title and id, opened again from the cache with no request."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from archive_ui_driver import ArchiveDriver, QuickOptions, name_of
from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.archive.connection.options import ArchiveOptions
from app.session.recent import Recent
from app.window.settings import Settings
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.http.rate_limiter import RateLimiter
from tests.neuromorpho.server import Server

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from app.window.controller import Controller

OpenSomascope = Callable[..., "Controller"]
CELL, OTHER = 3, 5


@pytest.fixture
def options(archive_server: Server, tmp_path: Path) -> ArchiveOptions:
    """The server, and a cache with the files of two cells."""
    options = QuickOptions(archive_server.url, tmp_path / "cache")
    with NeuroMorphoClient(
        base_url=options.base_url, cache_dir=options.cache_dir, limiter=RateLimiter(None)
    ) as client:
        for each in (CELL, OTHER):
            client.download(each, mode="standard")
    archive_server.reset()
    return options


def recent_actions(controller: Controller) -> list[QAction]:
    """Return the rows of File > Open recent."""
    menu = next(
        each for each in controller.window.findChildren(QMenu) if each.title() == "Open recent"
    )
    return menu.actions()


def load(driver: ArchiveDriver, server: Server, neuron_id: int) -> str:
    """Load a cell and wait for it; return its name."""
    driver.controller.archive_loader.load(neuron_id)
    name = name_of(server, neuron_id)
    driver.until(lambda: driver.is_shown(name))
    return name


def test_a_cell_of_the_archive_is_opened_again_by_its_title_with_no_request(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    driver = ArchiveDriver(qtbot, open_somascope("ball_and_stick", archive=options))
    assert recent_actions(driver.controller) == []
    first = load(driver, archive_server, CELL)
    second = load(driver, archive_server, OTHER)
    texts = [each.text() for each in recent_actions(driver.controller)]
    assert texts == [f"{second} · NMO_00005", f"{first} · NMO_00003"]

    recent_actions(driver.controller)[1].trigger()
    driver.until(lambda: driver.is_shown(first))
    texts = [each.text() for each in recent_actions(driver.controller)]
    assert texts == [f"{first} · NMO_00003", f"{second} · NMO_00005"]
    assert archive_server.requests == []

    again = driver.controller.opener.source
    assert again is not None
    driver.controller.opener.restart()
    assert driver.controller.opener.is_opening
    driver.until(lambda: driver.is_shown(first))
    assert driver.controller.opener.source == again
    assert archive_server.requests == []
    assert not driver.controller.window.banner.message


def test_a_cell_whose_file_was_removed_is_fetched_again_at_a_restart_and_from_the_list(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    driver = ArchiveDriver(qtbot, open_somascope("ball_and_stick", archive=options))
    name = load(driver, archive_server, CELL)
    folder = (options.cache_dir or Path()) / str(CELL)
    shutil.rmtree(folder)
    driver.controller.window.command_actions["reload"].trigger()
    driver.until(lambda: archive_server.count("*.swc") == 1 and driver.is_shown(name))
    shutil.rmtree(folder)
    recent_actions(driver.controller)[0].trigger()
    driver.until(lambda: archive_server.count("*.swc") == 2 and driver.is_shown(name))
    assert not driver.controller.window.banner.message


def test_a_cell_that_cannot_be_fetched_again_is_one_sentence_and_stays_in_the_list(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions, archive_server: Server
) -> None:
    driver = ArchiveDriver(qtbot, open_somascope("ball_and_stick", archive=options))
    load(driver, archive_server, CELL)
    other = load(driver, archive_server, OTHER)
    shutil.rmtree((options.cache_dir or Path()) / str(CELL))
    archive_server.stop()
    recent_actions(driver.controller)[1].trigger()
    driver.until(lambda: driver.controller.window.banner.message)
    assert "NMO_00003 could not be loaded" in driver.controller.window.banner.message
    assert driver.controller.model.scene.title == other
    assert len(recent_actions(driver.controller)) == 2


def test_a_cell_named_on_the_command_line_is_in_the_list_of_the_next_window(
    qtbot: QtBot,
    open_somascope: OpenSomascope,
    options: ArchiveOptions,
    archive_server: Server,
    tmp_path: Path,
) -> None:
    open_somascope("NMO_3", archive=options)
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    assert Settings(store).recent == [Recent("NMO_00003", name_of(archive_server, CELL))]


# ----------------------------------------------------------------------------------- what is saved


def test_files_and_cells_are_in_one_list_without_missing_ones(tmp_path: Path) -> None:
    settings = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    path = tmp_path / "NMO_7 a.swc"
    path.write_text("1 1 0 0 0 8 -1\n")
    gone = tmp_path / "gone.swc"
    gone.write_text("")
    for each in (
        Recent.file(str(gone)),
        Recent("NMO_00001", "cnic_001"),
        Recent.file(str(path)),
        Recent("NMO_00001", "cnic_001, renamed"),
    ):
        settings.add_recent(each)
    gone.unlink()
    assert settings.recent == [Recent("NMO_00001", "cnic_001, renamed"), Recent(str(path))]
    for number in range(20):
        settings.add_recent(Recent(f"NMO_{number:05d}"))
    assert [each.text for each in settings.recent] == [f"NMO_{n:05d}" for n in range(19, 11, -1)]


def test_a_list_saved_by_an_older_version_is_read(tmp_path: Path) -> None:
    store = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    path = tmp_path / "a & b.swc"
    path.write_text("1 1 0 0 0 8 -1\n")
    store.setValue("recent", [str(path), str(tmp_path / "gone.swc")])
    assert Settings(store).recent == [Recent(str(path))]
    store.setValue("recent", str(path))
    assert Settings(store).recent == [Recent(str(path))]


@pytest.mark.parametrize("name", ["cnic_001", "", "a b", "x & y · NMO_9", "é", "NMO_00002"])
def test_any_name_is_saved_unchanged(name: str) -> None:
    recent = Recent("NMO_00123", name)
    assert Recent.from_setting(recent.as_setting) == recent


def test_a_malicious_name_is_shown_as_plain_text(
    qtbot: QtBot, open_somascope: OpenSomascope, options: ArchiveOptions
) -> None:
    metadata = (options.cache_dir or Path()) / str(CELL) / "metadata.json"
    content = json.loads(metadata.read_text(encoding="utf-8"))
    content["neuron_name"] = "&File\t\u202e<b>" + 100 * "x"
    metadata.write_text(json.dumps(content), encoding="utf-8")
    driver = ArchiveDriver(qtbot, open_somascope("ball_and_stick", archive=options))
    driver.controller.archive_loader.load(CELL)
    driver.until(lambda: recent_actions(driver.controller))
    shown = recent_actions(driver.controller)[0].text()
    assert shown.startswith("&&File <b>xxx")
    assert shown.endswith("… · NMO_00003")
    assert len(shown) < 80
    assert shown.isprintable()
