"""Importing a harvest: every kind of file, truncated, cancelled, killed, and resumed."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neuromorpho.bulk.tables import write_csv, write_json
from neuromorpho.errors import NeuroMorphoAnswerError, NeuroMorphoCancelled
from neuromorpho.library import bulk_import
from neuromorpho.library.bulk_import import import_harvest
from neuromorpho.library.library import Library
from neuromorpho.library.repair import verify_library
from neuromorpho.records import parsing
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.support.library_cells import cell, cells, measured

ROOT = Path(__file__).resolve().parents[3]
RECORDS = list(cells(50))
NEURONS = [NeuroMorphoNeuron.from_payload(record) for record in RECORDS]
MEASURED = {i: NeuroMorphoMeasurement.from_payload(measured(i)) for i in range(1, 40)}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as library:
        yield library


def written(path: Path, text: str) -> Path:
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("h.jsonl", "\n".join(map(json.dumps, RECORDS))),
        ("h.jsonl.gz", "\n".join(map(json.dumps, RECORDS)) + "\n\n"),
        ("h.json", json.dumps(RECORDS)),
        ("h.json", "\ufeff" + json.dumps(RECORDS, indent=2)),
    ],
)
def test_json_of_any_kind_is_imported_completely(
    library: Library, tmp_path: Path, name: str, text: str
) -> None:
    path = written(tmp_path / name, text)
    assert import_harvest(library, path) == 50
    assert [neuron.payload for neuron in library.records(library.ids())] == RECORDS
    assert import_harvest(library, path) == 0  # all there already


def test_what_a_spreadsheet_would_run_is_read_back_as_it_was(
    library: Library, tmp_path: Path
) -> None:
    hostile = RECORDS[0] | {"note": "=1+1", "strain": "'@x", "brain_region": ["-1", "=2"]}
    path = write_csv([NeuroMorphoNeuron.from_payload(hostile)], tmp_path / "all.csv")
    assert import_harvest(library, path) == 1
    found = library.record(hostile["neuron_id"])
    assert found is not None
    assert found.brain_region == ("-1", "=2")
    assert (found.get("note"), found.get("strain")) == ("=1+1", "'@x")


def test_tables_are_read_back(library: Library, tmp_path: Path) -> None:
    import_harvest(library, write_json(NEURONS, tmp_path / "t.json", MEASURED))
    assert [neuron.payload for neuron in library.records(library.ids())] == RECORDS
    assert library.measurement(3) == MEASURED[3]
    library.clear()
    assert import_harvest(library, write_csv(NEURONS, tmp_path / "t.csv", MEASURED)) == 50
    neuron = library.record(3)
    assert neuron is not None
    assert neuron.brain_region == NEURONS[2].brain_region
    assert library.search(ranges={"length": (30, 30)}).items[0].neuron_id == 3


def test_a_harvest_longer_than_a_chunk_is_read_as_a_stream(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "h.json"
    path.write_text("[" + ",\n".join(json.dumps(record) for record in cells(5000)) + "]")
    steps: list[tuple[int, float]] = []
    assert import_harvest(library, path, lambda done, share: steps.append((done, share))) == 5000
    assert [done for done, _ in steps] == [2048, 4096, 5000]
    assert steps[-1][1] == 1.0
    assert steps[0][1] < 0.7


@pytest.mark.parametrize(
    "tail",
    [
        '{"neuron_id": 3, "neur',
        '{"neuron_id": 3}',
        "[1]",
        '{"neuron_id": "x", "neuron_name": "y"}',
        "<html>",
    ],
)
def test_an_invalid_item_is_named_by_its_number_and_the_records_before_it_stay(
    library: Library, tmp_path: Path, tail: str
) -> None:
    path = written(tmp_path / "h.jsonl", json.dumps(cell(1)) + "\n" + tail)
    with pytest.raises(NeuroMorphoAnswerError, match=r"Item 2 of .*h\.jsonl"):
        import_harvest(library, path)
    assert library.ids() == (1,)


def test_a_truncated_gz_is_an_error(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, RECORDS)).encode())[:500])
    with pytest.raises(NeuroMorphoAnswerError, match="damaged"):
        import_harvest(library, path)


def test_after_a_cancel_the_imported_records_stay(library: Library) -> None:
    def progress(done: int, share: float) -> None:
        raise NeuroMorphoCancelled("The import was cancelled.")

    with pytest.raises(NeuroMorphoCancelled):
        import_harvest(library, cells(5000), progress)
    assert len(library) == 2048


_IMPORT = """
import sys
from neuromorpho.library.bulk_import import import_harvest
from neuromorpho.library.library import Library
with Library(sys.argv[1]) as library:
    import_harvest(library, sys.argv[2], lambda done, share: print(done, flush=True))
"""


@pytest.mark.slow
def test_a_killed_import_leaves_an_intact_library_and_is_resumed(tmp_path: Path) -> None:
    harvest, path = tmp_path / "h.jsonl", tmp_path / "library.sqlite"
    harvest.write_text("\n".join(json.dumps(record) for record in cells(12_000)))
    command = [sys.executable, "-c", _IMPORT, str(path), str(harvest)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "2048\n"
        child.kill()
    with Library(path) as library:
        assert verify_library(library.path) == ()
        n_imported = len(library)
        assert 2048 <= n_imported < 12_000
        assert library.search("cell").total == n_imported
        assert import_harvest(library, harvest) == 12_000 - n_imported
        assert library.search("cell", facets=["species"]).facets["species"].total == 12_000


def test_an_item_that_is_not_an_object_is_refused(library: Library) -> None:
    items: list[Any] = [cell(1), None]
    with pytest.raises(NeuroMorphoAnswerError, match="Item 2"):
        import_harvest(library, items)


def test_an_item_with_more_values_than_any_record_is_not_parsed(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join(map(json.dumps, [RECORDS[0], RECORDS[1] | {"note": [[]] * 400}]))
    monkeypatch.setattr(bulk_import, "_CHUNK", 1200)
    monkeypatch.setattr(parsing, "MAX_JSON_VALUES", 200)
    with pytest.raises(NeuroMorphoAnswerError, match="more than 200 values"):
        import_harvest(library, written(tmp_path / "h.jsonl", text))
    assert len(library) == 1
