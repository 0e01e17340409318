"""Finds and repairs damage in one cell's folder of the cache. Intact files are not touched, nothing is downloaded.

`neuromorpho.library.maintenance` does this for the cells of a complete cache folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from neuromorpho.cache.cache import STANDARD_SUFFIX, NeuroMorphoCache
from neuromorpho.cache.files import sha256_of
from neuromorpho.cache.integrity import damage_of
from neuromorpho.cache.metadata import (
    cell_metadata,
    download_items,
    item_path,
    read_metadata,
    write_metadata,
)
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoStorageError
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron

ProblemKind = Literal["metadata", "missing", "damaged", "leftover"]
DAMAGED_SUFFIX = ".damaged"
_LEFTOVER_AGE_S = 24 * 3600.0


class RecordSource(Protocol):
    """Has a cell's record when its ``metadata.json`` is lost: a `Library`."""

    def record(self, neuron_id: int) -> NeuroMorphoNeuron | None:
        """Return a cell's record."""
        ...

    def measurement(self, neuron_id: int) -> NeuroMorphoMeasurement | None:
        """Return a cell's morphometry."""
        ...


@dataclass(frozen=True)
class CacheProblem:
    """One thing that is wrong in the cache.

    Attributes
    ----------
    kind
        ``"metadata"`` (missing or broken), ``"missing"`` (a file that the metadata list), ``"damaged"``
        (another length, another hash, a web page), ``"leftover"`` (a temporary file of a dead download).
    text : str
        One sentence that names the file.
    """

    neuron_id: int
    path: Path
    kind: ProblemKind
    text: str


def verify_cell(cache: NeuroMorphoCache, neuron_id: int) -> tuple[CacheProblem, ...]:
    """Return all that is wrong in one cell's folder; nothing if it has none."""
    return tuple(_problems(cache, neuron_id))


def _problems(cache: NeuroMorphoCache, neuron_id: int) -> Iterator[CacheProblem]:
    folder = cache.layout.neuron_dir(neuron_id)
    if not folder.is_dir():
        return
    yield from _leftovers(neuron_id, folder)
    path = cache.layout.metadata_path(neuron_id)
    try:
        metadata = read_metadata(path)
    except FileNotFoundError:
        yield CacheProblem(neuron_id, path, "metadata", f"{path} is missing.")
        return
    except NeuroMorphoCacheError as error:
        yield CacheProblem(neuron_id, path, "metadata", str(error))
        return
    for item in download_items(metadata):
        file = item_path(folder, item)
        if file is None:
            if not item.get("reason"):
                file = folder / Path(str(item.get("filename") or item.get("kind"))).name
                yield CacheProblem(neuron_id, file, "missing", f"{file} is missing.")
            continue
        damage = damage_of(file, item)
        if damage:
            yield CacheProblem(neuron_id, file, "damaged", f"{file} is damaged: {damage}.")


def _leftovers(neuron_id: int, folder: Path) -> Iterator[CacheProblem]:
    """Yield temporary files older than a day: no running download still writes them."""
    for path in sorted(folder.iterdir()):
        if not path.name.lower().endswith((".part", ".tmp")):
            continue
        try:
            age = time.time() - path.lstat().st_mtime
        except FileNotFoundError:
            continue
        if age > _LEFTOVER_AGE_S:
            text = f"{path} is left over from an interrupted download."
            yield CacheProblem(neuron_id, path, "leftover", text)


def repair_cell(
    cache: NeuroMorphoCache, neuron_id: int, library: RecordSource | None = None
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
    for problem in problems:
        try:
            _repair(cache, problem, library)
        except OSError as error:
            raise NeuroMorphoStorageError(
                f"{problem.path} cannot be repaired: {error.strerror or error}.",
                path=problem.path,
                hint="",
            ) from error
    return problems


def _repair(cache: NeuroMorphoCache, problem: CacheProblem, library: RecordSource | None) -> None:
    if problem.kind == "metadata":
        if problem.path.exists():
            os.replace(problem.path, problem.path.with_name(problem.path.name + DAMAGED_SUFFIX))
        write_metadata(problem.path, _rebuilt_metadata(cache, problem.neuron_id, library))
        return
    if problem.kind in {"damaged", "leftover"}:
        problem.path.unlink(missing_ok=True)
    if problem.kind in {"damaged", "missing"}:
        path = cache.layout.metadata_path(problem.neuron_id)
        metadata = read_metadata(path)
        lost = problem.path.name
        metadata["download_items"] = [
            item
            for item in download_items(metadata)
            if lost
            not in {item.get("kind"), Path(str(item.get("path"))).name, item.get("filename")}
        ]
        write_metadata(path, metadata)


def _rebuilt_metadata(
    cache: NeuroMorphoCache, neuron_id: int, library: RecordSource | None
) -> dict[str, Any]:
    """Return metadata of the files in the folder; the record and its morphometry come from the library."""
    neuron = library.record(neuron_id) if library else None
    measurement = library.measurement(neuron_id) if library else None
    metadata: dict[str, Any] = {"neuron_id": neuron_id, "download_items": []}
    if neuron:
        metadata |= cell_metadata(neuron, measurement)
    else:
        metadata["measurement"] = dict(measurement.raw) if measurement else None
    path = cache.standard_swc_path(neuron_id)
    if path and not damage_of(path, {}):
        metadata.setdefault("neuron_name", path.name.split(STANDARD_SUFFIX)[0])
        metadata["download_mode"] = "standard"
        metadata["download_items"] = [_standard_item(path)]
    return metadata


def _standard_item(path: Path) -> dict[str, Any]:
    return {
        "kind": "standard",
        "url": "",
        "filename": path.name,
        "path": path.name,
        "downloaded_now": False,
        "reason": None,
        "size": path.stat().st_size,
        "sha256": sha256_of(path),
    }
