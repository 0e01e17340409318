"""neuromorphopy's client and its one function for everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from neuromorpho import client as engine
from neuromorpho.bulk.by_name import LOGGER, NameTemplate
from neuromorpho.bulk.progress_bar import progress_bar
from neuromorpho.bulk.report import BulkReport
from neuromorpho.bulk.search_all import workers_of
from neuromorpho.records.models import NeuroMorphoNeuron


class _OnClassToo:
    """A method that may be called on the class as well, where it opens a client of its own."""

    def __get__(
        self, client: NeuroMorphoClient | None, kind: type[NeuroMorphoClient]
    ) -> Callable[[str], Awaitable[str]]:
        return partial(_swc_url_alone, kind) if client is None else partial(_swc_url_of, client)


class NeuroMorphoClient(engine.NeuroMorphoClient):
    """neuromorphopy's client: ``async with NeuroMorphoClient() as client``.

    Parameters
    ----------
    max_concurrent, max_connections
        Requests at once: the smaller one, and five at most, as many as the archive allows.
    options
        Those of `neuromorpho.NeuroMorphoClient`, such as ``base_url`` and ``cache_dir``.
    """

    def __init__(
        self, max_concurrent: int = 20, max_connections: int = 100, **options: Any
    ) -> None:
        super().__init__(**options)
        self.max_concurrent = workers_of(min(max_concurrent, max_connections))

    @property
    def base_url(self) -> str:
        """Root of the API in use."""
        return self.site.api

    get_swc_url = _OnClassToo()  # type: ignore[assignment]

    async def search_neurons(
        self,
        query: Any,
        output_dir: str | Path | None = None,
        metadata_filename: str = "neuron_metadata.csv",
        show_progress: bool = True,
    ) -> list[dict[str, Any]]:
        """As `AsyncCalls.search_neurons`; a `Query` need not be built."""
        return await super().search_neurons(
            _built(query), output_dir, metadata_filename, show_progress
        )

    async def download_neurons(
        self,
        neurons: Iterable[Mapping[str, Any] | NeuroMorphoNeuron | int],
        output_dir: str | Path,
        max_concurrent: int | None = None,
        show_progress: bool = True,
        group_by: str | None = None,
    ) -> BulkReport:
        """As `AsyncCalls.download_neurons`; failures are in the report, and logged."""
        return _logged(
            await super().download_neurons(
                neurons, output_dir, max_concurrent, show_progress, group_by
            )
        )


def search_and_download(
    query: Any,
    output_dir: str | Path,
    metadata_filename: str = "neuron_metadata.csv",
    max_concurrent: int = 20,
    group_by: str | None = None,
    *,
    client: engine.NeuroMorphoClient | None = None,
) -> int:
    """Search, write the metadata, and download to ``<output_dir>/downloads/<neuron_name>.swc``.

    Parameters
    ----------
    query
        What `Query.build` returns, or a query.
    group_by
        Fields separated by commas: a folder for each, below ``downloads``.
    client
        By default one of its own, at NeuroMorpho.Org.

    Returns
    -------
    int
        How many cells have their file on disk. Failures are logged.

    Raises
    ------
    NeuroMorphoError
        The search failed; nothing was downloaded.
    """
    template = NameTemplate.for_folder(Path(output_dir).expanduser(), group_by)
    opened = engine.NeuroMorphoClient() if client is None else nullcontext(client)
    with opened as used, progress_bar("downloading") as progress:
        report = used.search_and_download(
            _built(query),
            output_dir,
            metadata_filename,
            max_concurrent,
            template,
            progress=progress,
        )
    return int(_logged(report))


def _built(query: Any) -> Any:
    from neuromorpho.neuromorphopy.query import Query

    return query.build() if isinstance(query, Query) else query


def _logged(report: BulkReport) -> BulkReport:
    """Return a report; log what is missing."""
    if report.failed or report.stopped:
        LOGGER.error("%s", report.text())
    elif report.warnings:
        LOGGER.warning("%s", " ".join(report.warnings))
    return report


async def _swc_url_of(client: NeuroMorphoClient, neuron_name: str) -> str:
    return await engine.NeuroMorphoClient.get_swc_url(client, neuron_name)


async def _swc_url_alone(kind: type[NeuroMorphoClient], neuron_name: str) -> str:
    async with kind() as client:
        return await _swc_url_of(client, neuron_name)
