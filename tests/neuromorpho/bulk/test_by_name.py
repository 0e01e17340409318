"""Files named by their cells: none overwrites another, and none leaves its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuromorpho.bulk.by_name import NameTemplate, download_records
from neuromorpho.errors import NeuroMorphoQueryError
from neuromorpho.records.models import NeuroMorphoNeuron
from tests.neuromorpho.server import Server, hostile_records
from tests.support.archive_client import client_of


def test_two_cells_of_one_name_have_two_files_in_one_download_and_in_the_next(
    server: Server, tmp_path: Path
) -> None:
    first, second, third = (dict(server.holdings.record(each)) for each in (1, 2, 3))
    same = [
        first,
        second | {"neuron_name": first["neuron_name"].upper(), "archive": first["archive"]},
        third | {"neuron_name": first["neuron_name"], "archive": "Other"},
    ]
    template = NameTemplate.for_folder(tmp_path, None)
    with client_of(server) as client:
        report = download_records(client, [first], tmp_path, show_progress=False)
        assert [file.path for file in report.items[0].files] == [
            f"downloads/{first['neuron_name']}.swc"
        ]
        later = NameTemplate.for_folder(tmp_path, None)
    cells = [NeuroMorphoNeuron.from_payload(each) for each in same]
    for made in (template, later):
        paths = [str(made.file(each, ".CNG.swc")) for each in cells]
        assert len({path.lower() for path in paths}) == 3
        assert paths[0] == f"downloads/{first['neuron_name']}.swc"
        assert paths[2].endswith(f"{first['neuron_name']}_3.swc")
        assert paths == [str(made.file(each, ".CNG.swc")) for each in cells]


def test_hostile_names_stay_below_downloads(tmp_path: Path) -> None:
    with Server(hostile_records()) as server, client_of(server, retries=1) as client:
        records = [server.holdings.record(each) for each in server.holdings.ids]
        report = download_records(client, records, tmp_path / "out", show_progress=False)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    files = list((tmp_path / "out").rglob("*.swc"))
    assert all(each.parent == tmp_path / "out" / "downloads" for each in files)
    assert len(files) == int(report) > 10


@pytest.mark.parametrize("group_by", ["nosuch", "{species}/{neuron_id}"])
def test_what_is_no_list_of_fields_is_refused(tmp_path: Path, group_by: str) -> None:
    with pytest.raises(NeuroMorphoQueryError):
        NameTemplate.for_folder(tmp_path, group_by)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_record_is_refused_before_any_request(server: Server, tmp_path: Path) -> None:
    with client_of(server) as client, pytest.raises(NeuroMorphoQueryError, match="neuron_name"):
        download_records(client, [{"species": "mouse"}], tmp_path, show_progress=False)
    assert server.count() == 0
