"""The two calls of a script in a hurry: bring me this neuron, and read it for me."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neuromorpho.cache.cache import DEFAULT_USER_CACHE_DIR, NeuroMorphoCache, default_cache_dir
from neuromorpho.client import NeuroMorphoClient
from neuromorpho.records.models import DownloadMode, NeuroMorphoDownloadRecord

__all__ = [
    "DEFAULT_USER_CACHE_DIR",
    "default_cache_dir",
    "fetch_neuromorpho",
    "load_neuromorpho",
]


def fetch_neuromorpho(
    neuron_id: int,
    dest: str | Path | None = None,
    *,
    mode: DownloadMode = "standard",
    overwrite: bool = False,
    client: NeuroMorphoClient | None = None,
) -> NeuroMorphoDownloadRecord:
    """Bring a neuron's files to a folder; those that are there whole cost no request.

    Parameters
    ----------
    dest
        The folder, in which ``<neuron_id>/`` is made; by default the client's cache, or this user's.
    """
    with _client_and_folder(client, dest, keeps=dest is None) as (used, root):
        return used.download(neuron_id, root, mode=mode, overwrite=overwrite)


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
    """Return what `reader` makes of a neuron's standardized SWC, fetched if it is not here yet.

    Parameters
    ----------
    reader
        Called with the path, and with ``mode=`` if that is not the usual one:
        ``backends.swc.reader.read_swc``, say. This package reads no morphology itself.
    mode
        The reader's way with somata, passed on.
    return_report
        Return a pair of the morphology and the reader's report on it, None where it gives none;
        otherwise the morphology alone, also of a reader that returns such a pair.

    Raises
    ------
    ValueError
        There is no `reader`.
    NeuroMorphoError
        The file cannot be had.
    """
    if reader is None:
        raise ValueError(
            "load_neuromorpho needs a reader that makes a morphology of a path, such as "
            "reader=backends.swc.reader.read_swc."
        )
    with _client_and_folder(client, cache_dir) as (used, root):
        used.download(neuron_id, root, mode="standard", overwrite=overwrite)
    return NeuroMorphoCache(root).load(
        neuron_id, reader=reader, mode=mode, return_report=return_report
    )


@contextmanager
def _client_and_folder(
    client: NeuroMorphoClient | None, folder: str | Path | None, *, keeps: bool = True
) -> Iterator[tuple[NeuroMorphoClient, Path]]:
    """Yield the client and the folder that are meant; a client made here is closed again.

    `keeps` tells that the folder is a cache, in which a client of ours has its library too.
    """
    if client is not None:
        root = Path(folder) if folder is not None else client.cache_dir
        root = root or default_cache_dir(client.site.root)
        yield client, root.expanduser()
        return
    root = Path(folder).expanduser() if folder is not None else default_cache_dir()
    with NeuroMorphoClient(cache_dir=root if keeps else None) as own:
        yield own, root
