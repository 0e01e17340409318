"""metadata.json: merged without losing anything, written completely or not at all."""

from __future__ import annotations

import errno
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from neuromorpho.cache.metadata import damage_of, merge_metadata, read_metadata, write_metadata
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError
from neuromorpho.records import parsing


def item(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "path": f"x.{kind}", "downloaded_now": True, "reason": None} | more


def test_a_download_with_another_mode_leaves_no_file_out() -> None:
    first = {"download_mode": "standard", "download_items": [item("standard", sha256="a")]}
    second = {"download_mode": "original", "download_items": [item("original")]}
    merged = merge_metadata(first, second)
    assert [each["kind"] for each in merged["download_items"]] == ["standard", "original"]
    assert merged["download_mode"] == "both"


def test_a_file_that_was_there_keeps_its_hash_and_date() -> None:
    old = {"download_items": [item("standard", sha256="a", size=3, fetched="2026-01-01")]}
    new = {"download_items": [item("standard", downloaded_now=False, sha256=None)]}
    (merged,) = merge_metadata(old, new)["download_items"]
    assert (merged["sha256"], merged["size"], merged["downloaded_now"]) == ("a", 3, False)


def test_a_file_downloaded_again_inherits_nothing_from_the_old_one() -> None:
    old = {"download_items": [item("standard", sha256="a", size=3)]}
    (merged,) = merge_metadata(old, {"download_items": [item("standard")]})["download_items"]
    assert "sha256" not in merged


def test_a_failure_does_not_replace_a_file_that_is_there() -> None:
    old = {"download_items": [item("original", sha256="a")]}
    new = {"download_items": [item("original", reason="404")]}
    assert merge_metadata(old, new)["download_items"] == old["download_items"]
    assert merge_metadata(new, old)["download_items"] == old["download_items"]


def test_a_measurement_stays_and_removes_an_earlier_error() -> None:
    old = {"measurement": {"length": 1}}
    assert merge_metadata(old, {"measurement": None})["measurement"] == {"length": 1}
    assert "measurement_error" not in merge_metadata({"measurement_error": "404"}, old)


def test_invalid_items_of_an_older_file_are_left_out() -> None:
    assert merge_metadata({"download_items": [None, 3]}, {})["download_items"] == []
    assert merge_metadata({"download_items": "x"}, {})["download_items"] == []


def test_written_metadata_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "metadata.json"
    write_metadata(path, {"b": "µm", "a": [1.5, None]})
    assert read_metadata(path) == {"a": [1.5, None], "b": "µm"}
    assert path.read_text(encoding="utf-8").startswith('{\n  "a"')
    assert [each.name for each in tmp_path.iterdir()] == ["metadata.json"]


def test_missing_and_broken_metadata_are_different_errors(tmp_path: Path) -> None:
    path = tmp_path / "metadata.json"
    with pytest.raises(FileNotFoundError):
        read_metadata(path)
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(NeuroMorphoCacheError, match="damaged") as caught:
        read_metadata(path)
    assert (caught.value.path, caught.value.hint) == (path, "repair-library")


def test_metadata_that_cannot_be_written_leave_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metadata.json"
    write_metadata(path, {"neuron_id": 1})
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NeuroMorphoStorageError, match="No space left"):
        write_metadata(path, {"neuron_id": 2})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_metadata_with_more_values_than_any_cell_are_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metadata.json"
    write_metadata(path, {"download_items": [[]] * 20})
    monkeypatch.setattr(parsing, "MAX_JSON_VALUES", 10)
    with pytest.raises(NeuroMorphoCacheError, match="more than 10 values"):
        read_metadata(path)


@pytest.mark.parametrize("known", [{}, {"size": 0}, {"size": 0, "sha256": sha256(b"").hexdigest()}])
def test_a_file_without_content_is_damaged_whatever_its_item_says(
    tmp_path: Path, known: dict[str, Any]
) -> None:
    (tmp_path / "n.CNG.swc").touch()
    assert "empty" in damage_of(tmp_path / "n.CNG.swc", known)
