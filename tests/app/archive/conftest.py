"""A NeuroMorpho.Org on loopback, and services that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archive_library import fill_folder
from archive_ui_driver import ArchiveDriver, Heart, QuickOptions
from pytestqt.qtbot import QtBot

from app.archive.connection.service import ArchiveService
from neuromorpho.http.rate_limiter import RateLimiter
from tests.neuromorpho.server import Server

MakeService = Callable[..., ArchiveService]
OpenArchive = Callable[..., ArchiveDriver]


@pytest.fixture(autouse=True)
def settings_of_the_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep saved searches in the test's own folder."""
    monkeypatch.setattr(
        "app.archive.search.saved_searches.default_path", lambda: tmp_path / "searches.json"
    )


@pytest.fixture
def open_archive(qtbot: QtBot, open_somascope: Callable[..., Any]) -> Iterator[OpenArchive]:
    """Return a function that opens the window with the dock in front; its event loop is checked."""
    hearts: list[Heart] = []

    def open_(options: QuickOptions, *, wait: bool = False, is_wide: bool = False) -> ArchiveDriver:
        driver = ArchiveDriver(qtbot, open_somascope(archive=options, wait=wait))
        driver.go_to_search()
        if is_wide:
            driver.widen()
        hearts.append(Heart().__enter__())
        return driver

    yield open_
    for heart in hearts:
        heart.__exit__(None, None, None)
        heart.check()


@pytest.fixture
def archive_server() -> Iterator[Server]:
    """A running server with 120 made cells, ids 1 to 129 with gaps."""
    with Server() as running:
        yield running


@pytest.fixture
def folder(archive_server: Server, tmp_path: Path) -> Path:
    """The cache folder of a library with 40 records and three files; later requests are counted."""
    made = tmp_path / "cache"
    fill_folder(archive_server.url, made)
    archive_server.reset()
    return made


@pytest.fixture
def make_service(qtbot: QtBot, archive_server: Server, tmp_path: Path) -> Iterator[MakeService]:
    """Return a function that makes services which ask the server without pause; closed after the test."""
    made: list[ArchiveService] = []

    def make(**options: Any) -> ArchiveService:
        usual: dict[str, Any] = {
            "base_url": archive_server.url,
            "cache_dir": tmp_path / "cache",
            "retries": 2,
            "backoff_base": 0.01,
            "limiter": RateLimiter(None),
        }
        made.append(ArchiveService(**(usual | options)))
        return made[-1]

    yield make
    for each in made:
        assert each.close(), "a thread of the service did not end"
        each.deleteLater()


@pytest.fixture
def service(make_service: MakeService) -> ArchiveService:
    """A service with a cache of its own."""
    return make_service()
