"""Typical mistakes in a script: each raises one sentence that has what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from neuromorpho import (
    FolderTemplate,
    NeuroMorphoClient,
    NeuroMorphoQuery,
    NeuroMorphoQueryError,
    NeuroMorphoStorageError,
    RateLimiter,
    search_and_download,
)
from tests.neuromorpho.server import Server
from tests.support.archive_client import client_of

Call = Callable[[Any], object]


@pytest.fixture
def client(server: Server, tmp_path: Path) -> Iterator[Any]:
    """A client of the loopback server, of no type, so that it can be given anything."""
    with client_of(server, cache_dir=tmp_path / "cache") as client:
        yield client


def a_client(*arguments: Any, **options: Any) -> NeuroMorphoClient:
    return NeuroMorphoClient(*arguments, limiter=options.pop("limiter", None), **options)


@pytest.mark.parametrize(
    ("make", "keyword"),
    [
        (lambda: a_client("cells"), "cache_dir="),
        (lambda: a_client(timeout=0), "timeout"),
        (lambda: a_client(timeout=-1.0), "timeout"),
        (lambda: a_client(timeout=None), "timeout"),
        (lambda: a_client(timeout="30"), "timeout"),
        (lambda: a_client(timeout=float("nan")), "timeout"),
        (lambda: a_client(retries=0), "retries"),
        (lambda: a_client(retries="3"), "retries"),
        (lambda: a_client(backoff_base=-1), "backoff_base"),
        (lambda: a_client(limiter=5), "RateLimiter(5)"),
        (lambda: a_client(base_url="https://neuromorpho.org/api/neuron/select"), "root"),
    ],
)
def test_a_client_cannot_be_made_of_nonsense(make: Callable[[], object], keyword: str) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(keyword)) as error:
        make()
    assert str(error.value).endswith(".")


@pytest.mark.parametrize(
    ("call", "keyword"),
    [
        (lambda c: c.search("*:*", size="20"), "'20'"),
        (lambda c: c.search("*:*", size=None), "None"),
        (lambda c: c.search("*:*", page=1.5), "1.5"),
        (lambda c: c.search("*:*", sort=None), "neuron_id,asc"),
        (lambda c: c.search("*:*", sort="upload_date desc"), "neuron_id,asc"),
        (lambda c: c.search("*:*", sort="upload_date,descending"), "neuron_id,asc"),
        (lambda c: c.search("*:*", sort=("upload_date", "desc")), "neuron_id,asc"),
        (lambda c: list(c.search_all("*:*", sort="a b")), "neuron_id,asc"),
        (lambda c: c.search({"species": "mouse"}), "query"),
        (lambda c: c.get_neuron_by_name(1), "name"),
        (lambda c: c.get_urls(1), "get_neuron"),
        (lambda c: c.file_plan("NMO_00001"), "get_neuron"),
        (lambda c: NeuroMorphoQuery(fields="domain"), "(name, values)"),  # type: ignore[arg-type]
        (lambda c: NeuroMorphoQuery(fields=[("domain",)]), "(name, values)"),  # type: ignore[arg-type]
        (lambda c: NeuroMorphoQuery(fields=[1]), "(name, values)"),  # type: ignore[arg-type]
        (lambda c: NeuroMorphoQuery.of(None), "mapping"),  # type: ignore[arg-type]
        (lambda c: NeuroMorphoQuery.of("species"), "mapping"),  # type: ignore[arg-type]
        (lambda c: FolderTemplate.parse(["species", "archive"]), "species,brain_region"),  # type: ignore[arg-type]
        (lambda c: c.library.search(ranges={"length": 5}), "lowest and highest"),
        (lambda c: c.library.search(ranges={"length": ("a", "b")}), "lowest and highest"),
        (lambda c: c.library.search(ranges={"length": (1, 2, 3)}), "lowest and highest"),
        (lambda c: c.library.search(NeuroMorphoQuery(species="mouse")), "criteria"),
        (lambda c: c.library.search(criteria="mouse"), "criteria"),
        (lambda c: c.library.search(criteria=NeuroMorphoQuery(species="mouse")), "criteria"),
    ],
)  # fmt: skip
def test_an_invalid_query_is_refused_without_a_request(
    client: Any, server: Server, call: Call, keyword: str
) -> None:
    with pytest.raises(NeuroMorphoQueryError, match=re.escape(keyword)) as error:
        call(client)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)
    assert server.count() == 0


@pytest.mark.parametrize("cells", [1, "1", "123", "NMO_00001", None, {1: 2}, NeuroMorphoQuery()])
@pytest.mark.parametrize("name", ["get_measurements", "download_many"])
def test_one_cell_or_a_text_is_refused_as_a_list_of_cells(
    client: Any, server: Server, tmp_path: Path, name: str, cells: object
) -> None:
    folder = [tmp_path / "out"] if name == "download_many" else []
    with pytest.raises(NeuroMorphoQueryError, match="list of cells"):
        getattr(client, name)(cells, *folder)
    assert server.count() == 0
    assert not (tmp_path / "out").exists()


def test_a_page_is_no_list_of_cells_but_has_one(client: Any, tmp_path: Path) -> None:
    page = client.search("*:*", size=2)
    with pytest.raises(NeuroMorphoQueryError, match="items"):
        client.download_many(page, tmp_path / "out")
    assert len(client.download_many(page.items, tmp_path / "out").completed) == 2


@pytest.mark.parametrize(
    ("options", "keyword"),
    [
        ({"mode": "swc"}, "Unknown mode 'swc'"),
        ({"group_by": ["species", "archive"]}, "species,brain_region"),
        ({"group_by": "{specie}"}, "field"),
        ({"max_concurrent": "many"}, "max_concurrent"),
    ],
)
def test_a_download_of_many_that_cannot_be_leaves_nothing(
    client: Any, server: Server, tmp_path: Path, options: dict[str, Any], keyword: str
) -> None:
    for download in (
        lambda: client.download_many([1], tmp_path / "out", **options),
        lambda: client.search_and_download("*:*", tmp_path / "out", **options),
    ):
        with pytest.raises(ValueError, match=re.escape(keyword)):
            download()
    assert server.count() == 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("query", ["mice.yaml", "queries/mice.JSON"])
def test_the_name_of_a_query_file_is_not_used_as_a_query(
    client: Any, server: Server, tmp_path: Path, query: str
) -> None:
    with pytest.raises(NeuroMorphoQueryError, match="Path"):
        client.search_and_download(query, tmp_path / "out")
    with pytest.raises(NeuroMorphoQueryError, match="query"):
        search_and_download(None, tmp_path / "out", client=client)  # type: ignore[arg-type]
    assert server.count() == 0
    assert not (tmp_path / "out").exists()


def test_one_facet_may_be_given_as_its_name(client: Any) -> None:
    client.search("*:*", size=20)
    assert client.library.search(facets="species").facets.keys() == {"species"}


def test_a_folder_that_is_a_file_is_refused(client: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(NeuroMorphoStorageError, match="file"):
        client.download(1, tmp_path / "file")


def test_a_pace_is_a_number() -> None:
    with pytest.raises(ValueError, match="'5'"):
        RateLimiter("5")  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers(client: Any) -> None:
    numpy = pytest.importorskip("numpy")
    page = client.search("*:*", size=numpy.int64(3), page=numpy.int32(1))
    assert len(page.items) == 3
    ids = numpy.array([each.neuron_id for each in page.items])
    assert list(client.get_measurements(ids)) == ids.tolist()
    low = numpy.float32(1.0)
    assert client.library.search(ranges={"length": (low, None)}).total <= 3
