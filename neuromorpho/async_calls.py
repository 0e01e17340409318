"""`AsyncCalls`: the client in an asyncio program, with the calls of neuromorphopy's client.

Nothing here makes a request of its own: each call runs the package's synchronous work in a thread and awaits it.
A task that is cancelled cancels the work, and ends when the work has ended, so that nothing is written after it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlencode

from neuromorpho.api import ArchiveClient
from neuromorpho.bulk.search_all import MAX_WORKERS
from neuromorpho.errors import NeuroMorphoHTTPError, NeuroMorphoQueryError
from neuromorpho.http.attempt import MAX_JSON_BYTES
from neuromorpho.http.cancel import LinkedEvent
from neuromorpho.http.transport import ResponseBody
from neuromorpho.records.models import NeuroMorphoNeuron
from neuromorpho.urls import build_standard_swc_url

if TYPE_CHECKING:
    from neuromorpho.bulk.report import BulkReport

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class ArchiveResponse:
    """A response to `ArchiveRequests.get`.

    Attributes
    ----------
    error
        What `raise_for_status` raises; None for success.
    """

    url: str
    status_code: int
    content: bytes = b""
    error: NeuroMorphoHTTPError | None = None

    @property
    def is_success(self) -> bool:
        """Whether the server sent what was requested."""
        return self.error is None

    @property
    def text(self) -> str:
        """The content as text; bytes that are no UTF-8 are replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the content, parsed; ValueError if it is no JSON."""
        return json.loads(self.content)

    def raise_for_status(self) -> Self:
        """Raise the error of a request that the server refused; otherwise return this response."""
        if self.error is not None:
            raise self.error
        return self


class ArchiveRequests:
    """Single requests to the archive's host, with the client's pace, retries and limits."""

    def __init__(self, client: AsyncCalls) -> None:
        self._client = client

    async def get(self, url: str, params: Mapping[str, Any] | None = None) -> ArchiveResponse:
        """Return the response at an address of the archive.

        Raises
        ------
        NeuroMorphoQueryError
            The address is of another host, or of a web page, which programs may not read.
        NeuroMorphoError
            Nothing answered, or the response is cut short.
        """
        return await self._client._in_thread(partial(_get, self._client, url, params))


class AsyncCalls(ArchiveClient):
    """What a client offers inside ``async with``; its other calls are there too, and block.

    Attributes
    ----------
    max_concurrent
        Requests at once, 1 to 5.
    """

    max_concurrent: int = MAX_WORKERS
    _pool: ThreadPoolExecutor | None = None
    _exited: threading.Event

    async def __aenter__(self) -> Self:
        self._exited = threading.Event()
        self._pool = ThreadPoolExecutor(MAX_WORKERS, thread_name_prefix="neuromorpho-async")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Cancel what still runs, wait for it, and close the client."""
        pool, self._pool = self._pool, None
        self._exited.set()
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)
        self.close()

    @property
    def client(self) -> ArchiveRequests:
        """What makes single requests. RuntimeError outside ``async with``."""
        self._running_pool()
        return ArchiveRequests(self)

    async def search_neurons(
        self,
        query: Any,
        output_dir: str | Path | None = None,
        metadata_filename: str = "neuron_metadata.csv",
        show_progress: bool = True,
    ) -> list[dict[str, Any]]:
        """Return the records of all the cells that match, in the query's order.

        Parameters
        ----------
        query
            A mapping of fields to values, in which ``_sort`` may be ``{"field": …, "order": "asc"}``, a
            `NeuroMorphoQuery`, or a query file. ``{}`` is the complete archive.
        output_dir
            Folder of a CSV of the records, with a JSON of the same name; None for none.
        show_progress
            On stderr, where that is a terminal.

        Raises
        ------
        NeuroMorphoError
            The query is invalid, or a page could not be fetched.
        """
        from neuromorpho.bulk.by_name import search_records

        return await self._in_thread(
            lambda cancel: search_records(
                self, query, output_dir, metadata_filename, show_progress,
                max_concurrent=self.max_concurrent, cancel=cancel,
            )
        )  # fmt: skip

    async def download_neurons(
        self,
        neurons: Iterable[Mapping[str, Any] | NeuroMorphoNeuron | int],
        output_dir: str | Path,
        max_concurrent: int | None = None,
        show_progress: bool = True,
        group_by: str | None = None,
    ) -> BulkReport:
        """Download standardized SWC files to ``<output_dir>/downloads/<neuron_name>.swc``.

        Complete files that are there are not requested again.

        Parameters
        ----------
        neurons
            Records, as `search_neurons` returns them; a dictionary may have a ``neuron_name`` only.
        max_concurrent
            Cells at once, 1 to 5; by default the client's.
        group_by
            Fields separated by commas, ``"species,brain_region"``: a folder for each, below ``downloads``.

        Returns
        -------
        BulkReport
            What became of each cell; a failure does not end the work.
        """
        from neuromorpho.bulk.by_name import download_records

        workers = self.max_concurrent if max_concurrent is None else max_concurrent
        return await self._in_thread(
            lambda cancel: download_records(
                self, neurons, output_dir, workers, show_progress, group_by, cancel=cancel
            )
        )

    async def get_swc_url(self, neuron_name: str) -> str:
        """Return the address of a cell's standardized SWC; NeuroMorphoNotFoundError if there is no such cell."""
        return await self._in_thread(partial(_swc_url, self, neuron_name))

    # -------------------------------------------------------------------------------------- inside

    def _running_pool(self) -> ThreadPoolExecutor:
        if self._pool is None:
            raise RuntimeError("The client is not open; use it inside `async with`.")
        return self._pool

    async def _in_thread(self, work: Callable[[threading.Event], _Result]) -> _Result:
        """Await work in a thread. It is given the event that ends it when the task is cancelled."""
        cancelled = threading.Event()
        job = self._running_pool().submit(work, LinkedEvent(cancelled, self._exited))
        result = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(result)
        except asyncio.CancelledError:
            cancelled.set()
            if not job.cancel():
                await asyncio.wait([result])
                result.exception()  # what the work raises when it is cancelled is expected
            raise


def _swc_url(client: ArchiveClient, name: str, cancel: threading.Event) -> str:
    neuron = client.with_cancel(cancel).get_neuron_by_name(name)
    try:
        return build_standard_swc_url(neuron, site=client.site)
    except ValueError as error:
        raise NeuroMorphoQueryError(str(error)) from error


def _get(
    client: ArchiveClient, url: str, params: Mapping[str, Any] | None, cancel: threading.Event
) -> ArchiveResponse:
    try:
        address = client.site.adopt(url)
    except ValueError as error:
        raise NeuroMorphoQueryError(str(error)) from error
    if params:
        mark = "&" if "?" in address else "?"
        address = f"{address}{mark}{urlencode(params, doseq=True)}"

    def read(body: ResponseBody) -> ArchiveResponse:
        return ArchiveResponse(body.url, 200, b"".join(body.chunks))

    try:
        transport = client.with_cancel(cancel).transport
        return transport.read(address, read, max_bytes=MAX_JSON_BYTES)
    except NeuroMorphoHTTPError as error:
        if error.status_code is None:  # nothing answered
            raise
        return ArchiveResponse(error.url or address, error.status_code, error=error)
