"""Fixtures of the archive's tests: a NeuroMorpho.Org on loopback, with nothing but made cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.neuromorpho.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server with 120 made cells, ids 1 to 129 with gaps."""
    with Server() as running:
        yield running


@pytest.fixture
def recorded_server(shared_data: Path) -> Iterator[Server]:
    """A running server with what was recorded of the real one; skips where that is absent."""
    folder = shared_data / "neuromorpho_json"
    if not folder.is_dir():
        pytest.skip(
            "the recorded answers (../shared/data/neuromorpho_json) are not on this machine"
        )
    with Server(data=folder) as running:
        yield running
