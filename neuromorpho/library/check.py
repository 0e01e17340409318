"""Finds and repairs damage in one cell's folder of the cache. Intact files are not touched, nothing is downloaded.

`maintenance` does this for the cells of a complete cache folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuromorpho.cache.cache import STANDARD_SUFFIX, NeuroMorphoCache, disk_errors
from neuromorpho.cache.files import abandoned_parts
from neuromorpho.cache.metadata import (
    cell_metadata,
    damage_of,
    download_items,
    item_path,
    metadata_item,
    read_metadata,
    write_metadata,
)
from neuromorpho.errors import NeuroMorphoCacheError
from neuromorpho.library.library import Library
from neuromorpho.records.models import NeuroMorphoDownloadItem

DAMAGED_SUFFIX = ".damaged"


@dataclass(frozen=True)
class CacheProblem:
    """One thing that is wrong in a cache folder.

    Attributes
    ----------
    neuron_id : int or None
        None where it is no single cell.
    path : Path
        The cell's file, or the library.
    kind
        Of a cell's folder ``"metadata"`` (missing or broken), ``"missing"`` (a file that the metadata list),
        ``"damaged"`` (another length, another hash, a web page), ``"leftover"`` (a temporary file of a
        dead download). Of the library ``"file"`` (the database), ``"record"``, ``"measurement"``,
        ``"index"``.
    text : str
        One sentence that names the file.
    """

    neuron_id: int | None
    path: Path
    kind: str
    text: str


def verify_cell(cache: NeuroMorphoCache, neuron_id: int) -> tuple[CacheProblem, ...]:
    """Return all that is wrong in one cell's folder; nothing if it has none."""
    return tuple(
        CacheProblem(neuron_id, path, kind, f"{path} {what}.")
        for path, kind, what in _problems(cache, neuron_id)
    )


def _problems(cache: NeuroMorphoCache, neuron_id: int) -> Iterator[tuple[Path, str, str]]:
    folder = cache.layout.neuron_dir(neuron_id)
    if not folder.is_dir():
        return
    for path in sorted(abandoned_parts(folder)):
        yield path, "leftover", "is left over from an interrupted download"
    path = cache.layout.metadata_path(neuron_id)
    try:
        metadata = read_metadata(path)
    except FileNotFoundError:
        yield path, "metadata", "is missing"
        return
    except NeuroMorphoCacheError as error:
        yield path, "metadata", str(error).removeprefix(f"{path} ").rstrip(".")
        return
    for item in download_items(metadata):
        file = item_path(folder, item)
        if file is not None:
            if damage := damage_of(file, item):
                yield file, "damaged", f"is damaged: {damage}"
        elif not item.get("reason"):
            file = folder / Path(str(item.get("filename") or item.get("kind"))).name
            yield file, "missing", "is missing"


def repair_cell(
    cache: NeuroMorphoCache, neuron_id: int, library: Library | None = None
) -> tuple[CacheProblem, ...]:
    """Repair what `verify_cell` reports, and return it.

    A damaged file is removed, and a missing or damaged one is deleted from the metadata, so that the next
    download fetches it. Broken metadata are moved aside (``metadata.json.damaged``) and written again from
    the files in the folder and from the cell's record in `library`.

    Raises
    ------
    NeuroMorphoStorageError
        The folder cannot be written.
    """
    problems = verify_cell(cache, neuron_id)
    kinds = {each.kind for each in problems}
    for each in problems:
        if each.kind in {"damaged", "leftover"}:
            with disk_errors(each.path, "removed"):
                each.path.unlink(missing_ok=True)
    path = cache.layout.metadata_path(neuron_id)
    if "metadata" in kinds:
        with disk_errors(path, "moved aside"):
            if path.exists():
                os.replace(path, path.with_name(path.name + DAMAGED_SUFFIX))
        write_metadata(path, _rebuilt_metadata(cache, neuron_id, library))
    elif kinds & {"damaged", "missing"}:
        metadata = read_metadata(path)
        items = download_items(metadata)
        metadata["download_items"] = [
            item for item in items if item.get("reason") or item_path(path.parent, item)
        ]
        write_metadata(path, metadata)
    return problems


def _rebuilt_metadata(
    cache: NeuroMorphoCache, neuron_id: int, library: Library | None
) -> dict[str, Any]:
    """Return metadata of the files in the folder; the record and its morphometry come from the library."""
    neuron = library.record(neuron_id) if library else None
    measurement = library.measurement(neuron_id) if library else None
    metadata: dict[str, Any] = {
        "neuron_id": neuron_id,
        "measurement": dict(measurement.raw) if measurement else None,
        "download_items": [],
    }
    if neuron:
        metadata |= cell_metadata(neuron, measurement)
    path = cache.standard_swc_path(neuron_id)
    if path and not damage_of(path, {}):
        metadata.setdefault("neuron_name", path.name.split(STANDARD_SUFFIX)[0])
        metadata["download_mode"] = "standard"
        item = NeuroMorphoDownloadItem("standard", "", path.name, path, downloaded_now=False)
        metadata["download_items"] = [metadata_item(item)]
    return metadata
