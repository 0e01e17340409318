"""The provenance of downloads: a manifest of where the files came from, and what to cite.

A folder has one manifest, even after several downloads into it: each download is added to ``downloads``,
and its cells to ``neurons``.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from neuromorpho.api import ArchiveClient
from neuromorpho.bibliography.citations import (
    LICENCE_URL,
    REPOSITORY,
    REPOSITORY_PAPER,
    TERMS_URL,
    citations,
    find_publications,
)
from neuromorpho.bibliography.formats import to_bibtex, to_text
from neuromorpho.bulk.output_folder import BIBTEX_NAME, CITATION_NAME, MANIFEST_NAME
from neuromorpho.bulk.queue import QUEUE_NAME, DownloadQueue, QueuedFile
from neuromorpho.cache.files import write_atomically
from neuromorpho.cache.metadata import METADATA_NAME, read_metadata
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoError
from neuromorpho.query.query import NeuroMorphoQuery, compile_query
from neuromorpho.records.models import NeuroMorphoNeuron, NeuroMorphoPublication, NeuroMorphoUrls
from neuromorpho.urls import NEUROMORPHO, Site, build_original_file_url, urls_of

if TYPE_CHECKING:
    from neuromorpho.bulk.report import BulkReport

SCHEMA = 1


@dataclass(frozen=True)
class Provenance:
    """The files that describe a download.

    Attributes
    ----------
    problem : str or None
        Why the citations have no titles: the literature service failed.
    """

    manifest: Path
    citation: Path
    bibtex: Path
    problem: str | None = None


def manifest(
    neurons: Iterable[NeuroMorphoNeuron],
    files: Mapping[int, Sequence[QueuedFile]],
    *,
    query: str | NeuroMorphoQuery | None = None,
    fq: Sequence[str] | None = None,
    client: ArchiveClient | None = None,
    root: str | Path | None = None,
    reasons: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """Return where cells and their files came from, as plain JSON.

    Parameters
    ----------
    files
        What is on disk of each cell: kind, path below the folder, bytes, SHA-256.
    query, fq
        What was searched for; None where ids were given.
    client
        Has the host that was used; by default NeuroMorpho.Org.
    root
        The folder of the files; their times are when they were fetched (UTC).
    reasons
        What is missing of a cell, and why.
    """
    site = client.site if client is not None else NEUROMORPHO
    query_items = None
    if query is not None:
        q, clauses = compile_query(query, fq)
        query_items = {"q": q, "fq": clauses}
    folder = None if root is None else Path(root)
    cells = [
        _cell(each, files.get(each.neuron_id, ()), site, folder, reasons or {}) for each in neurons
    ]
    return {
        "schema": SCHEMA,
        "licence": {"name": "CC BY 4.0", "url": LICENCE_URL, "terms_of_use": TERMS_URL},
        "cite": [REPOSITORY.title, f"doi:{REPOSITORY_PAPER.doi}"],
        "downloads": [
            {
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "tool": _tool(),
                "host": site.root,
                "mirror": bool(client is not None and client.transport.state.uses_mirror),
                "query": query_items,
                "neuron_ids": [cell["neuron_id"] for cell in cells],
            }
        ],
        "totals": _totals(cells),
        "neurons": cells,
    }


def write_manifest(path: str | Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """Write a manifest, merged with an existing one; return what was written.

    An existing one that cannot be read is renamed to ``manifest.json.damaged``.
    """
    path = Path(path)
    merged = _merge(_existing_manifest(path), content, path.parent)
    text = json.dumps(merged, indent=2, ensure_ascii=False)
    write_atomically(path, f"{text}\n".encode("utf-8", "backslashreplace"))
    return merged


def write_provenance(
    root: str | Path,
    report: BulkReport,
    *,
    client: ArchiveClient,
    query: str | NeuroMorphoQuery | None = None,
    fq: Sequence[str] | None = None,
) -> Provenance:
    """Write ``manifest.json``, ``CITATION.txt`` and ``citations.bib`` of a download into its folder.

    If the literature service fails, only the titles are missing. The three files describe the complete
    folder, with what earlier calls downloaded into it.
    """
    root = Path(root).expanduser()
    items = {each.neuron_id: each for each in report.items if each.state != "waiting"}
    neurons = records_in_folder(root, items)
    content = manifest(
        neurons,
        {each.neuron_id: each.files for each in items.values()},
        query=query,
        fq=fq,
        client=client,
        root=root,
        reasons={each.neuron_id: each.reason for each in items.values() if each.reason},
    )
    merged = write_manifest(root / MANIFEST_NAME, content)
    with_files = [each["neuron_id"] for each in merged["neurons"] if each.get("files")]
    cells = records_in_folder(root, with_files)
    publications: tuple[NeuroMorphoPublication, ...]
    publications, problem = find_publications(client, cells)
    cited = citations(cells, publications)
    for name, text in ((CITATION_NAME, to_text(cited)), (BIBTEX_NAME, to_bibtex(cited))):
        write_atomically(root / name, text.encode("utf-8", "backslashreplace"))
    return Provenance(
        root / MANIFEST_NAME,
        root / CITATION_NAME,
        root / BIBTEX_NAME,
        None if problem is None else problem.message,
    )


def records_in_folder(root: str | Path, ids: Iterable[int]) -> list[NeuroMorphoNeuron]:
    """Return the records of cells that were downloaded into a folder, from its queue or ``metadata.json``."""
    root = Path(root)
    found: list[NeuroMorphoNeuron] = []
    path = root / QUEUE_NAME
    with DownloadQueue(path) if path.is_file() else contextlib.nullcontext() as queue:
        for neuron_id in ids:
            job = queue.job(neuron_id) if queue is not None else None
            neuron = job.neuron if job is not None else _record_in(root / str(neuron_id))
            if neuron is not None:
                found.append(neuron)
    return found


def _record_in(folder: Path) -> NeuroMorphoNeuron | None:
    try:
        return NeuroMorphoNeuron.from_payload(read_metadata(folder / METADATA_NAME)["neuron"])
    except (OSError, NeuroMorphoError, KeyError, ValueError):
        return None  # `cache verify` reports what is wrong


def _cell(
    neuron: NeuroMorphoNeuron,
    files: Sequence[QueuedFile],
    site: Site,
    root: Path | None,
    reasons: Mapping[int, str],
) -> dict[str, Any]:
    urls = urls_of(neuron, site=site)
    entry: dict[str, Any] = {
        "id": neuron.label,
        "neuron_id": neuron.neuron_id,
        "neuron_name": neuron.neuron_name,
        "archive": neuron.archive,
        "species": neuron.species,
        "reference_pmid": neuron.get("reference_pmid"),
        "reference_doi": neuron.get("reference_doi"),
        "upload_date": neuron.get("upload_date"),
        "record_url": f"{site.api}/neuron/id/{neuron.neuron_id}",
        "measurement_url": urls.measurement,
        "files": [_file(_url_of(neuron, urls, each, site), each, root) for each in files],
    }
    if neuron.neuron_id in reasons:
        entry["missing"] = reasons[neuron.neuron_id]
    return entry


def _file(url: str | None, file: QueuedFile, root: Path | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "kind": file.kind,
        "path": file.path,
        "url": url,
        "size": file.size,
        "sha256": file.sha256,
    }
    if root is not None:
        with contextlib.suppress(OSError):
            fetched = datetime.fromtimestamp((root / file.path).stat().st_mtime, UTC)
            entry["fetched"] = fetched.isoformat(timespec="seconds")
    return entry


def _url_of(
    neuron: NeuroMorphoNeuron, urls: NeuroMorphoUrls, file: QueuedFile, site: Site
) -> str | None:
    """Return the address of a file; of an original with the suffix of its file."""
    if file.kind == "original":
        return build_original_file_url(neuron, suffix=PurePosixPath(file.path).suffix, site=site)
    return urls.thumbnail if file.kind == "image" else urls.standard_swc


def _existing_manifest(path: Path) -> dict[str, Any] | None:
    try:
        content = read_metadata(path)
    except FileNotFoundError:
        return None
    except NeuroMorphoCacheError:
        content = {}
    cells, downloads = content.get("neurons"), content.get("downloads")
    are_lists = isinstance(cells, list) and isinstance(downloads, list)
    if are_lists and all(isinstance(each, dict) and "neuron_id" in each for each in cells or ()):
        return content
    with contextlib.suppress(OSError):  # what cannot be renamed cannot be replaced either
        path.replace(path.with_name(f"{path.name}.damaged"))
    return None


def _merge(old: Mapping[str, Any] | None, new: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """Return both; a cell in both gets the new files and the old ones that still exist."""
    if old is None:
        return dict(new)
    cells = {each["neuron_id"]: each for each in old["neurons"]}
    for cell in new["neurons"]:
        before = cells.get(cell["neuron_id"], {})
        paths = {each["path"] for each in cell["files"]}
        older = [
            each
            for each in before.get("files", [])
            if each.get("path") not in paths and (root / str(each.get("path"))).is_file()
        ]
        cells[cell["neuron_id"]] = {**cell, "files": [*cell["files"], *older]}
    listed = list(cells.values())
    return {
        **new,
        "downloads": [*old["downloads"], *new["downloads"]],
        "totals": _totals(listed),
        "neurons": listed,
    }


def _totals(cells: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    files = [file for cell in cells for file in cell.get("files", [])]
    return {
        "neurons": len(cells),
        "files": len(files),
        "bytes": sum(int(each.get("size") or 0) for each in files),
    }


def _tool() -> dict[str, str]:
    from importlib import metadata

    try:
        return {"name": "somascope", "version": metadata.version("somascope")}
    except metadata.PackageNotFoundError:
        return {"name": "somascope", "version": "0"}
