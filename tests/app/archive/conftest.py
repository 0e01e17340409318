"""A NeuroMorpho.Org on loopback, and a service that asks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.archive.service import ArchiveService
from neuromorpho.limiter import RateLimiter
from tests.neuromorpho.server import Server


@pytest.fixture
def archive_server() -> Iterator[Server]:
    """A running server with 120 made cells, ids 1 to 129 with gaps."""
    with Server() as running:
        yield running


@pytest.fixture
def service(qtbot: QtBot, archive_server: Server, tmp_path: Path) -> Iterator[ArchiveService]:
    """A service that asks the server without pause, with a cache of its own, closed after the test."""
    made = ArchiveService(
        base_url=archive_server.url,
        cache_dir=tmp_path / "cache",
        retries=2,
        backoff_base=0.01,
        limiter=RateLimiter(None),
    )
    yield made
    assert made.close(), "a thread of the service did not end"
    made.deleteLater()
