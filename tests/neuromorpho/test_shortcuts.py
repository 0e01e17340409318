"""The two calls of a script in a hurry: fetched once, then read without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from backends.swc.reader import read_swc
from neuromorpho import shortcuts
from neuromorpho.cache.cache import default_cache_dir
from neuromorpho.errors import NeuroMorphoNotFoundError
from neuromorpho.shortcuts import fetch_neuromorpho, load_neuromorpho
from tests.neuromorpho.server import Server
from tests.support.archive_client import client_of


def test_a_load_needs_a_reader(server: Server) -> None:
    with client_of(server) as client, pytest.raises(ValueError, match="read_swc"):
        load_neuromorpho(1, client=client)
    assert server.count() == 0


def test_a_cell_is_fetched_once_and_read_without_a_request_ever_after(
    server: Server, tmp_path: Path
) -> None:
    with client_of(server) as client:
        first = load_neuromorpho(1, cache_dir=tmp_path, client=client, reader=read_swc)
        assert server.count() == 3
        server.stop()
        again = load_neuromorpho(1, cache_dir=tmp_path, client=client, reader=read_swc)
    assert server.count() == 3
    assert len(again.sections) == len(first.sections) > 0


def test_the_clients_cache_is_used_where_no_folder_is_given(server: Server, tmp_path: Path) -> None:
    with client_of(server, cache_dir=tmp_path / "cache") as client:
        load_neuromorpho(1, client=client, reader=Path.read_bytes)
        record = fetch_neuromorpho(1, client=client, mode="both")
        assert record.folder == tmp_path / "cache" / "1"
        assert client.library is not None
        assert client.library.record(1) is not None


def test_a_reader_that_reports_is_heard_where_its_report_is_wanted(
    server: Server, tmp_path: Path
) -> None:
    def with_report(path: Path) -> tuple[str, str]:
        return path.name, "two somata"

    options: dict[str, Any] = {"cache_dir": tmp_path}
    with client_of(server) as client:
        options["client"] = client
        name = load_neuromorpho(1, reader=with_report, **options)
        assert name.endswith(".CNG.swc")
        both = load_neuromorpho(1, reader=with_report, return_report=True, **options)
        assert both == (name, "two somata")
        alone = load_neuromorpho(1, reader=lambda path: path.name, return_report=True, **options)
        assert alone == (name, None)


def test_the_readers_way_with_somata_is_passed_on(server: Server, tmp_path: Path) -> None:
    def reader(path: Path, mode: str = "neuromorpho") -> str:
        return mode

    with client_of(server, cache_dir=tmp_path) as client:
        assert load_neuromorpho(1, client=client, reader=reader) == "neuromorpho"
        assert load_neuromorpho(1, client=client, reader=reader, mode="raw") == "raw"


def test_a_cell_that_is_not_there_is_named(server: Server, tmp_path: Path) -> None:
    with client_of(server) as client, pytest.raises(NeuroMorphoNotFoundError, match="NMO_00013"):
        load_neuromorpho(13, cache_dir=tmp_path, client=client, reader=read_swc)
    assert list(tmp_path.iterdir()) == []


def test_without_a_client_one_is_made_and_closed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def client(**options: Any) -> Any:
        made.append(client_of(server, **options))
        return made[-1]

    monkeypatch.setattr(shortcuts, "NeuroMorphoClient", client)
    fetch_neuromorpho(1, tmp_path / "here")
    assert [each.name for each in (tmp_path / "here").iterdir()] == ["1"]
    load_neuromorpho(1, cache_dir=tmp_path / "cache", reader=Path.read_bytes)
    assert (tmp_path / "cache" / "library.sqlite").exists()
    load_neuromorpho(2, reader=Path.read_bytes)
    assert (default_cache_dir() / "2" / "metadata.json").exists()
    assert len(made) == 3
