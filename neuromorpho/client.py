"""`NeuroMorphoClient`: the client of NeuroMorpho.Org, with its API, the cache, the library and downloads.

A client with a cache folder saves the records that it receives in the library there, and downloads no file
twice. The calls of the API are in `api`, downloads in `bulk`.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuromorpho.api import Query, check_record, id_of
from neuromorpho.async_calls import AsyncCalls
from neuromorpho.errors import NeuroMorphoNotFoundError
from neuromorpho.filenames import safe_filename
from neuromorpho.records.models import (
    DownloadMode,
    NeuroMorphoCacheStatus,
    NeuroMorphoDetail,
    NeuroMorphoDownloadRecord,
    NeuroMorphoFilePlan,
    NeuroMorphoNeuron,
)
from neuromorpho.urls import plan_neuron_files

if TYPE_CHECKING:
    from neuromorpho.bulk.report import BulkReport


class NeuroMorphoClient(AsyncCalls):
    """NeuroMorpho.Org, or a server with the same API; for ``with``, and for ``async with``.

    Parameters
    ----------
    session
        Anything with ``.get(url, **kwargs)`` like a `requests.Session`; by default the client makes one, with
        a User-Agent, verified TLS and the shared limit of five requests a second.
    timeout
        Seconds until a response must begin, and between two pieces of it.
    cache_dir
        Folder of the downloads and of the library; None for no folder.
    retries
        Largest number of attempts per request.
    backoff_base
        Seconds before the first retry; each further wait is twice as long, plus jitter.
    base_url
        Root of another server, such as the loopback one of the tests.
    mirror
        True for the archive's mirror (plain http), or the root of another: used once the server is down.
    limiter
        Spaces the requests; None for the limiter that all clients of this process share.
    cancel
        Set it to end running requests with `NeuroMorphoCancelled`.
    library
        Where received records are saved; by default the library in `cache_dir`.

    Raises
    ------
    ValueError
        `retries` is less than 1, a time is no number of seconds, or an address is invalid.
    TypeError
        `session` has no ``get``, or `limiter` has no ``wait``.
    """

    # --------------------------------------------------------------------------------- one cell

    def get_cache_status(self, neuron: NeuroMorphoNeuron | int) -> NeuroMorphoCacheStatus:
        """Return what the cache has of a cell, without a request."""
        neuron_id = id_of(neuron)
        if self.cache is None:
            return NeuroMorphoCacheStatus(False, None, False, False, False, False, neuron_id)
        status = self.cache.status(neuron_id)
        if (
            not isinstance(neuron, NeuroMorphoNeuron)
            or status.folder is None
            or status.original_exists
        ):
            return status
        suffix = Path(neuron.original_format or "").suffix
        expected = status.folder / f"{safe_filename(neuron.neuron_name)}{suffix}"
        exists = bool(suffix) and expected.is_file()
        return dataclasses.replace(status, original_exists=exists)

    def describe(
        self, neuron: NeuroMorphoNeuron | int, *, include_measurement: bool = True
    ) -> NeuroMorphoDetail:
        """Return everything known about a cell; its measurement is None if the archive has none."""
        known = neuron if isinstance(neuron, NeuroMorphoNeuron) else self.get_neuron(neuron)
        measurement = None
        if include_measurement:
            with contextlib.suppress(NeuroMorphoNotFoundError):
                measurement = self.get_measurement(known)
        return NeuroMorphoDetail(
            known, measurement, self.get_urls(known), self.get_cache_status(known)
        )

    def file_plan(
        self, neuron: NeuroMorphoNeuron, *, mode: DownloadMode = "both"
    ) -> tuple[NeuroMorphoFilePlan, ...]:
        """Return the files that `download` would fetch, without a request. ValueError for an unknown `mode`."""
        return plan_neuron_files(check_record(neuron), mode=mode, site=self.site)

    def download(
        self,
        neuron: NeuroMorphoNeuron | int,
        output_dir: str | Path | None = None,
        *,
        mode: DownloadMode = "both",
        overwrite: bool = False,
        dry_run: bool = False,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> NeuroMorphoDownloadRecord:
        """Download a cell's morphometry and files into ``<folder>/<id>/``; existing files stay.

        Parameters
        ----------
        output_dir
            The folder; by default the cache's.
        mode
            The standardized SWC, the original file, or both.
        overwrite
            Download existing files again.
        dry_run
            Only return what would be downloaded.
        progress
            Called with the bytes of a file so far and in total (None if unknown).

        Raises
        ------
        ValueError
            There is neither `output_dir` nor a cache, or `mode` is unknown.
        NeuroMorphoError
            The requested file cannot be downloaded. If only the original or the measurement is missing
            in mode "both", the returned record has the reason instead.
        """
        from neuromorpho.bulk.download_cell import download_neuron

        root = self.cache_dir if output_dir is None else Path(output_dir).expanduser()
        if root is None:
            raise ValueError("There is no folder to download to; give output_dir or a cache_dir.")
        return download_neuron(
            self, neuron, root, mode=mode, overwrite=overwrite, dry_run=dry_run, progress=progress
        )

    # -------------------------------------------------------------------------------- many cells

    def search_all(self, query: Query, **options: Any) -> Iterator[NeuroMorphoNeuron]:
        """Yield all the cells that match, several pages at once: `bulk.search_all.search_all`."""
        from neuromorpho.bulk.search_all import search_all

        return search_all(self, query, **options)

    def download_many(
        self, neurons: Iterable[NeuroMorphoNeuron | int], output_dir: str | Path, **options: Any
    ) -> BulkReport:
        """Download many cells, several at once: `bulk.download.download_many`."""
        from neuromorpho.bulk.download import download_many

        return download_many(self, neurons, output_dir, **options)

    def search_and_download(
        self, query: Any, output_dir: str | Path, *arguments: Any, **options: Any
    ) -> BulkReport:
        """Search, write the metadata and download: `bulk.search_download.search_and_download`."""
        from neuromorpho.bulk.search_download import search_and_download

        return search_and_download(query, output_dir, *arguments, client=self, **options)
