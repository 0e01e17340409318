"""Reads, merges and writes ``metadata.json``, which describes one cell and its files; compares it with the files.

The keys are those that braincell writes. We add ``schema``, ``licence``, ``measurement_error``, and for each
file ``sha256``, ``size`` (bytes) and ``fetched`` (ISO, UTC).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neuromorpho.cache.files import StoredFile, write_atomically
from neuromorpho.errors import NeuroMorphoCacheError, one_line
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoDownloadItem, NeuroMorphoNeuron
from neuromorpho.records.parsing import check_n_values

SCHEMA = 1
METADATA_NAME = "metadata.json"
_MAX_BYTES = 64 * 1024**2
_NOT_A_MORPHOLOGY = (b"<!doctype", b"<html", b"<?xml version", b"{")


def merge_metadata(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cell's metadata after another download, with one item for each kind of file.

    Parameters
    ----------
    old
        The metadata before; None or ``{}`` for none.
    new
        The metadata of this download. A file that could not be fetched does not replace one that is
        there, and a hash, size or date that is missing in `new` stays.
    """
    old = old or {}
    merged = {**old, **new}
    if merged.get("measurement") is None and old.get("measurement") is not None:
        merged["measurement"] = old["measurement"]
    if merged.get("measurement") is not None:
        merged.pop("measurement_error", None)
    items: dict[str, dict[str, Any]] = {}
    for item in (*download_items(old), *download_items(new)):
        kind = str(item.get("kind"))
        items[kind] = _merged_item(items.get(kind), item)
    merged["download_items"] = list(items.values())
    modes = {mode for mode in (old.get("download_mode"), new.get("download_mode")) if mode}
    if modes:
        merged["download_mode"] = modes.pop() if len(modes) == 1 else "both"
    return merged


def cell_metadata(
    neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None
) -> dict[str, Any]:
    """Return the metadata of a cell without those of its files."""
    return {
        "neuron_id": neuron.neuron_id,
        "neuron_name": neuron.neuron_name,
        "archive": neuron.archive,
        "species": neuron.species,
        "brain_region": list(neuron.brain_region),
        "cell_type": list(neuron.cell_type),
        "original_format": neuron.original_format,
        "links": neuron.payload.get("_links"),
        "neuron": neuron.payload,
        "measurement": None if measurement is None else dict(measurement.raw),
    }


def download_items(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the items of the files in some metadata; anything that is not an object is left out."""
    items = metadata.get("download_items")
    found = items if isinstance(items, list) else []
    return [dict(item) for item in found if isinstance(item, Mapping)]


def item_of_kind(metadata: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return the item of one of a cell's files; {} if there is none."""
    return next((each for each in download_items(metadata) if each.get("kind") == kind), {})


def metadata_item(
    item: NeuroMorphoDownloadItem,
    stored: StoredFile | None = None,
    *,
    is_unavailable: bool = False,
) -> dict[str, Any]:
    """Return a file's item in ``metadata.json``.

    Parameters
    ----------
    stored
        The file if it was downloaded now.
    is_unavailable
        The archive has no such file, so that it need not be requested again.
    """
    found: dict[str, Any] = {
        "kind": item.kind,
        "url": item.url,
        "filename": item.filename,
        "path": item.path.name,
        "downloaded_now": item.downloaded_now,
        "reason": item.reason,
    }
    if is_unavailable:
        found["unavailable"] = True
    if stored is not None:
        fetched = datetime.now(UTC).isoformat(timespec="seconds")
        found |= {"size": stored.size, "sha256": stored.sha256, "fetched": fetched}
    elif item.reason is None:
        found |= {"size": item.path.stat().st_size, "sha256": sha256_of(item.path)}
    return found


def item_path(folder: Path, item: dict[str, Any]) -> Path | None:
    """Return the file of an item, if it is inside the cell's folder.

    Names in ``metadata.json`` are never trusted as paths: only their last part counts.
    """
    for key in ("path", "filename"):
        name = item.get(key)
        if not isinstance(name, str) or not name or "\x00" in name:
            continue
        last_part = name.replace("\\", "/").rsplit("/", 1)[-1]
        path = folder / last_part
        if last_part not in {"", ".", "..", METADATA_NAME} and path.is_file():
            return path
    return None


def damage_of(path: Path, item: dict[str, Any]) -> str:
    """Return what is wrong with a file, by the length and hash of its item; "" if nothing is.

    It must not be empty, and where the item has neither (an older layout) not a web page or an error.
    """
    try:
        length = path.stat().st_size
        size, sha256 = item.get("size"), item.get("sha256")
        if not length:
            return "it is empty"
        if isinstance(size, int) and not isinstance(size, bool) and size != length:
            return f"it has {length} bytes instead of {size}"
        if isinstance(sha256, str) and sha256:
            same = sha256_of(path).lower() == sha256.lower()
            return "" if same else "its content has changed since it was downloaded"
        with path.open("rb") as file:
            start = file.read(512).lstrip().lower()
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"
    is_xml_format = path.suffix.lower() == ".xml" and start.startswith(b"<?xml")
    if start.startswith(_NOT_A_MORPHOLOGY) and not is_xml_format:
        return "it is a web page or an error, not a morphology"
    return ""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _merged_item(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    if old is None:
        return new
    if new.get("reason") and not old.get("reason"):
        return old
    same_file = old.get("path") == new.get("path") and not new.get("downloaded_now")
    known = {key: value for key, value in new.items() if value is not None or key == "reason"}
    return {**old, **known} if same_file else new


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the content of a ``metadata.json``.

    Raises
    ------
    FileNotFoundError
        There is none.
    NeuroMorphoCacheError
        It is damaged, or not a JSON object.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError(f"it is longer than {_MAX_BYTES} bytes")
        content = path.read_bytes()
        check_n_values(content)
        metadata = json.loads(content)
        if not isinstance(metadata, dict):
            raise ValueError("it is not a JSON object")
    except FileNotFoundError:
        raise
    except (ValueError, RecursionError, OSError) as error:
        raise NeuroMorphoCacheError(f"{path} is damaged ({one_line(error)}).", path=path) from error
    return metadata


def write_metadata(path: Path, metadata: Mapping[str, Any]) -> None:
    """Write a ``metadata.json`` completely or not at all.

    Raises
    ------
    NeuroMorphoStorageError
        The disk is full, or the folder cannot be written.
    """
    text = json.dumps(metadata, indent=2, sort_keys=True, ensure_ascii=False)
    write_atomically(path, f"{text}\n".encode("utf-8", "surrogatepass"))
