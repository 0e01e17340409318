"""All pages of a search, several at once: in the server's order, each cell once, a few pages in memory.

Pages are requested ahead, which hides the network, but parsed one at a time, when the caller comes to them:
Python parses no two at once anyway, a parsed page is five times as large as its text, and the garbage
collector looks through each one that waits. If the caller takes very long, a page is parsed all the same, so
that no thread waits for ever.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

from neuromorpho.api import MAX_PAGE_SIZE, ArchiveClient, Query
from neuromorpho.bulk.report import ProgressCallback, ProgressReporter
from neuromorpho.errors import NeuroMorphoCancelled, NeuroMorphoError, NeuroMorphoQueryError
from neuromorpho.http.cancel import LinkedEvent
from neuromorpho.query.query import DEFAULT_SORT
from neuromorpho.records.gc_pause import allow_gc_pauses
from neuromorpho.records.models import NeuroMorphoNeuron, NeuroMorphoSearchPage

MAX_WORKERS = 5
_MIN_PAGE_SIZE = 20
_MAX_WAIT_FOR_TURN_S = 1.0
_Page = TypeVar("_Page")


def search_all(
    client: ArchiveClient,
    query: Query,
    *,
    fq: Sequence[str] | None = None,
    sort: str = DEFAULT_SORT,
    page_size: int = MAX_PAGE_SIZE,
    limit: int | None = None,
    max_concurrent: int = MAX_WORKERS,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[NeuroMorphoNeuron]:
    """Yield all the cells that match in the order of `sort`, each once, several pages at once.

    Parameters
    ----------
    page_size
        Cells of a request, 1 to 500.
    limit
        The most to yield; None for all.
    max_concurrent
        Pages requested at once, 1 to 5.
    progress
        Called now and then from the thread that iterates.
    cancel
        Set it to end with `NeuroMorphoCancelled`.

    Raises
    ------
    NeuroMorphoError
        A page could not be fetched after all retries; `url` names it.
    """
    if limit is not None and limit <= 0:
        return
    stop = LinkedEvent(cancel)
    size = page_size if limit is None else min(page_size, max(limit, _MIN_PAGE_SIZE))
    fetch = partial(_page, client.with_cancel(stop), query, {"fq": fq, "sort": sort, "size": size})
    first = fetch(0)
    seen, reporter = SeenIds(), ProgressReporter(progress, first.total_elements, limit)
    n_found = 0
    with (
        allow_gc_pauses(),
        closing(_pages(fetch, first, workers_of(max_concurrent), limit, stop)) as pages,
    ):
        for page in pages:
            cells = seen.new_of(page.items, limit)
            n_found += len(cells)
            reporter.report_found(n_found, cells[-1].neuron_name if cells else "")
            yield from cells
            if limit is not None and len(seen) >= limit:
                break
    reporter.finish_search()


def _page(
    client: ArchiveClient,
    query: Query,
    options: Mapping[str, Any],
    number: int,
    turn: threading.Event | None = None,
) -> NeuroMorphoSearchPage:
    """Return a page, parsed in its turn; an error names the page."""
    if turn is not None:
        client = client.before_parse(partial(turn.wait, _MAX_WAIT_FOR_TURN_S))
    try:
        return client.search(query, page=number, **options)
    except NeuroMorphoCancelled:
        raise
    except NeuroMorphoError as error:
        if number:
            error.args = (f"Page {number + 1} of the search could not be fetched: {error}",)
        raise


def _pages(
    fetch: Callable[..., NeuroMorphoSearchPage],
    first: NeuroMorphoSearchPage,
    workers: int,
    limit: int | None,
    stop: threading.Event,
) -> Generator[NeuroMorphoSearchPage, None, None]:
    """Yield the pages in order; a few are requested ahead, but no more than `limit` needs."""
    yield first
    if not first.total_pages:
        page, number = first, 0
        while page.items:  # the server does not say how many there are
            number += 1
            page = fetch(number)
            yield page
        return
    needed = None if limit is None else -(-limit // max(1, first.size))
    yield from fetch_ahead(fetch, range(1, first.total_pages), workers, stop, needed)


def fetch_ahead(
    fetch: Callable[[int, threading.Event], _Page],
    numbers: range,
    workers: int,
    stop: threading.Event,
    n_needed: int | None = None,
) -> Generator[_Page, None, None]:
    """Yield pages in order; a few are requested ahead, but not after the first `n_needed`.

    Parameters
    ----------
    fetch
        Called in threads, with the number of a page and an event that is set when it is the page's turn.
    stop
        Is set when the caller has enough; it should end the requests of `fetch`.
    """
    pending: deque[tuple[Future[_Page], threading.Event]] = deque()

    def next_page() -> _Page:
        future, turn = pending.popleft()
        turn.set()
        return future.result()

    with ThreadPoolExecutor(workers, thread_name_prefix="neuromorpho-page") as pool:
        try:
            for number in numbers:
                turn = threading.Event()
                pending.append((pool.submit(fetch, number, turn), turn))
                is_last = n_needed is not None and number + 1 >= n_needed
                while pending and (is_last or len(pending) > workers):
                    yield next_page()
            while pending:
                yield next_page()
        finally:
            stop.set()  # do not wait for the pages that are being fetched
            for future, turn in pending:
                future.cancel()
                turn.set()


def workers_of(wanted: int) -> int:
    """Return the number of workers: the archive allows five at most."""
    try:
        return max(1, min(MAX_WORKERS, int(wanted)))
    except (TypeError, ValueError, OverflowError) as error:
        raise NeuroMorphoQueryError(
            f"max_concurrent is {wanted!r}; it must be a number, 1 to {MAX_WORKERS}."
        ) from error


class SeenIds:
    """The ids seen, a bit each, 1,024 in a number: there are hundreds of thousands, most of them close together."""

    def __init__(self) -> None:
        self._blocks: defaultdict[int, int] = defaultdict(int)

    def __len__(self) -> int:
        return sum(block.bit_count() for block in self._blocks.values())

    def is_new(self, number: int) -> bool:
        """Return whether a number is seen for the first time."""
        block, bit = number >> 10, 1 << (number & 1023)
        is_new = not self._blocks[block] & bit
        self._blocks[block] |= bit
        return is_new

    def new_of(
        self, cells: Iterable[NeuroMorphoNeuron], limit: int | None
    ) -> list[NeuroMorphoNeuron]:
        """Return the cells that are seen for the first time, until `limit` cells have been seen in all."""
        n_left = None if limit is None else max(0, limit - len(self))
        return [each for each in cells if self.is_new(each.neuron_id)][:n_left]
