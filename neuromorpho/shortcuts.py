"""Calls that make a client of their own where none is given: fetch a neuron, load it, search and download."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuromorpho.cache.cache import NeuroMorphoCache, default_cache_dir
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.records.models import DownloadMode, NeuroMorphoDownloadRecord

if TYPE_CHECKING:
    from neuromorpho.bulk.report import BulkReport


def fetch_neuromorpho(
    neuron_id: int,
    dest: str | Path | None = None,
    *,
    mode: DownloadMode = "standard",
    overwrite: bool = False,
    client: NeuroMorphoClient | None = None,
) -> NeuroMorphoDownloadRecord:
    """Download a neuron's files into a folder; complete files that are there are not requested again.

    Parameters
    ----------
    dest
        The folder, in which ``<neuron_id>/`` is made; by default the client's cache, or this user's.
    """
    with _client_and_folder(client, dest, is_cache=dest is None) as (client, root):
        return client.download(neuron_id, root, mode=mode, overwrite=overwrite)


def load_neuromorpho(
    neuron_id: int,
    *,
    reader: Callable[..., Any] | None = None,
    cache_dir: str | Path | None = None,
    mode: str = "neuromorpho",
    client: NeuroMorphoClient | None = None,
    return_report: bool = False,
    overwrite: bool = False,
) -> Any:
    """Return what `reader` makes of a neuron's standardized SWC, which is downloaded if necessary.

    `reader`, `mode` and `return_report` are those of `NeuroMorphoCache.load`.

    Raises
    ------
    ValueError
        `reader` is None.
    NeuroMorphoError
        The file cannot be downloaded.
    """
    if reader is None:
        raise ValueError(
            "load_neuromorpho needs a reader that makes a morphology of a path, such as "
            "reader=backends.swc.reader.read_swc."
        )
    with _client_and_folder(client, cache_dir) as (client, root):
        client.download(neuron_id, root, mode="standard", overwrite=overwrite)
    return NeuroMorphoCache(root).load(
        neuron_id, reader=reader, mode=mode, return_report=return_report
    )


def search_and_download(
    query: Any,
    output_dir: str | Path,
    *arguments: Any,
    client: NeuroMorphoClient | None = None,
    **options: Any,
) -> BulkReport:
    """Search, write the metadata and download: `bulk.search_download.search_and_download`.

    Parameters
    ----------
    client
        By default a client of its own, at NeuroMorpho.Org, without a cache.
    """
    with NeuroMorphoClient() if client is None else nullcontext(client) as used:
        return used.search_and_download(query, output_dir, *arguments, **options)


@contextmanager
def _client_and_folder(
    client: NeuroMorphoClient | None, folder: str | Path | None, *, is_cache: bool = True
) -> Iterator[tuple[NeuroMorphoClient, Path]]:
    """Yield a client and a folder; a client made here is closed again.

    `is_cache` means that the folder is a cache, in which a client made here has its library too.
    """
    root = None if folder is None else Path(folder).expanduser()
    if client is not None:
        yield client, root or client.cache_dir or default_cache_dir(client.site.root)
        return
    root = root or default_cache_dir()
    with NeuroMorphoClient(cache_dir=root if is_cache else None) as own:
        yield own, root
