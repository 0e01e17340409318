"""Finds the file of a cell in the cache or downloads it, so that the cell can be opened. No Qt.

A cell whose standardized SWC is complete in the cache needs no request. Otherwise its record comes from the library
or from the server, and the file from the server; it is checked and hashed before it is opened.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.archive.records.plain_text import short_line
from app.archive.text import id_of_origin, size_text
from backends.errors import SessionCancelled, SourceError
from backends.sources.source import SessionSource
from neuromorpho.cache.metadata import item_of_kind
from neuromorpho.errors import NeuroMorphoCacheError, NeuroMorphoCancelled, NeuroMorphoError

if TYPE_CHECKING:
    from app.archive.connection.options import ArchiveOptions
    from app.tasks.runner import Progress
    from neuromorpho.cache.cache import NeuroMorphoCache
    from neuromorpho.client import NeuroMorphoClient
    from neuromorpho.records.models import NeuroMorphoNeuron


def fetch_source(
    source: SessionSource,
    client: NeuroMorphoClient,
    progress: Progress = lambda _sentence, _share: None,
    *,
    neuron: NeuroMorphoNeuron | None = None,
    overwrite: bool = False,
) -> SessionSource:
    """Return the source of a cell of the archive with its file, downloaded if it is not in the cache.

    Parameters
    ----------
    source, client
        A source with an `origin`; a client with a cache.
    neuron
        The cell's record if it is known, which saves a request.
    overwrite
        Download the file again though it is in the cache, because it cannot be read.

    Raises
    ------
    NeuroMorphoError
        The file cannot be downloaded.
    """
    cache = client.cache
    assert cache is not None, "the client needs a cache"
    neuron_id = id_of_origin(source.origin)
    if overwrite or not cache.complete(neuron_id, "standard"):
        progress(f"Requesting {source.title} from NeuroMorpho.Org", None)
        known = neuron or _library_record(client, neuron_id) or client.get_neuron(neuron_id)
        name = short_line(known.neuron_name or source.origin)
        progress(f"Downloading {name}", None)
        report = _report_bytes(name, progress)
        client.download(known, mode="standard", overwrite=overwrite, progress=report)
    return cached_source(source, cache)


def cached_source(source: SessionSource, cache: NeuroMorphoCache) -> SessionSource:
    """Return the source of a cell whose file is in the cache, without a request.

    Raises
    ------
    NeuroMorphoCacheError
        The file is not there, or its metadata is damaged.
    """
    neuron_id = id_of_origin(source.origin)
    path = cache.standard_swc_path(neuron_id)
    if path is None:
        folder = cache.layout.neuron_dir(neuron_id)
        raise NeuroMorphoCacheError(
            f"There is no SWC of {source.origin} in {folder}.", path=folder, code="no-file", hint=""
        )
    metadata = cache.metadata(neuron_id)
    return replace(
        source,
        path=str(path),
        name=short_line(metadata.get("neuron_name") or ""),
        origin_facts=_facts(metadata),
        origin_note=_note(source.origin, metadata),
    )


def fetch_for_command(
    source: SessionSource, options: ArchiveOptions, report: Callable[[str], object] | None = None
) -> SessionSource:
    """Return a source that can be opened, for a command without a window; local sources are unchanged.

    Raises
    ------
    SourceError
        The cell cannot be fetched from the archive.
    """
    if source.is_local:
        return source
    try:
        with options.client() as client:
            return fetch_source(source, client, lambda text, _: report(text) if report else None)
    except NeuroMorphoCancelled as error:
        raise SessionCancelled(str(error)) from error
    except (NeuroMorphoError, ValueError) as error:
        code, hint = getattr(error, "code", ""), getattr(error, "hint", "")
        text = f"{source.origin} could not be fetched: {error}"
        raise SourceError(text, traceback.format_exc(), code=code, hint=hint) from error


def _report_bytes(name: str, progress: Progress) -> Callable[[int, int | None], None]:
    """Return a function that reports the bytes of a file in steps of one percent."""
    shown = -1

    def report(done: int, total: int | None) -> None:
        nonlocal shown
        share = done / total if total else None
        step = done // 65_536 if share is None else round(100 * share)
        if step != shown:
            shown = step
            of = f" of {size_text(total)}" if total else ""
            progress(f"Downloading {name}: {size_text(done)}{of}", share)

    return report


def _library_record(client: NeuroMorphoClient, neuron_id: int) -> NeuroMorphoNeuron | None:
    """Return the record of a cell from the library; None if it is not there, or the library is damaged."""
    try:
        return client.library.record(neuron_id) if client.library is not None else None
    except NeuroMorphoError:
        return None


def _facts(metadata: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    facts = {"Archive": metadata.get("archive"), "Species": metadata.get("species")}
    return tuple((label, short_line(value)) for label, value in facts.items() if _has_text(value))


def _note(origin: str, metadata: Mapping[str, Any]) -> str:
    """Return the origin of the file: archive, address, date and hash, as far as they are known."""
    name, archive = metadata.get("neuron_name"), metadata.get("archive")
    named = f" ({short_line(name)})" if _has_text(name) else ""
    of = f", archive {short_line(archive)}" if _has_text(archive) else ""
    item = item_of_kind(metadata, "standard")
    parts = [f"The file is the standardized SWC of {origin}{named}, NeuroMorpho.Org{of}"]
    if item.get("url"):
        on = str(item.get("fetched") or "")[:10]
        parts.append(f"fetched from {item['url']}" + (f" on {on}" if on else ""))
    if item.get("sha256"):
        parts.append(f"SHA-256 {item['sha256']}")
    return ", ".join(parts) + "."


def _has_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
