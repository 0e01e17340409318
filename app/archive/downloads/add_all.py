"""`AddAll`: adds all cells of a search to the download queue, page by page.

A search has thousands of results, and the window holds only the pages that were shown. So the cells are requested
again, 500 at a time, one request after another in the service's threads; each page is added to the queue when it
arrives, and the downloads start with the first. After a stop the added cells stay in the queue, and the user can
continue with the next page.
"""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.archive.downloads.add_all_card import ADDING, CONFIRMING, ENDED
from app.archive.text import cells_text, counted
from neuromorpho.http.rate_limiter import DEFAULT_PER_SECOND

if TYPE_CHECKING:
    from app.archive.connection.service import ArchiveService, Failure
    from app.archive.downloads.add_all_card import AddAllCard
    from app.archive.downloads.downloads import Downloads
    from app.archive.search.query_state import QueryState
    from app.archive.search.search_model import SearchModel
    from app.archive.search.sources import ResultsPage

CHANNEL = "all/"
PAGE = 500
MAX_CELLS = 10_000
MEAN_BYTES = 60_000  # all standardized SWC files of the archive are 18 GB, of 298,339 cells (2026)
_REQUESTS_A_CELL = 2  # its morphometry and its file
NOTHING_FOUND = "There is nothing to download: search first."
ALL_HERE = "The files of {} are already on this disk: there is nothing to download."


class AddAll(QObject):
    """Asks the user, then fills the queue."""

    def __init__(
        self,
        service: ArchiveService,
        search: SearchModel,
        downloads: Downloads,
        card: AddAllCard,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._service, self._search, self._downloads = service, search, downloads
        self._card = card
        self._state, self._source = search.hits_state, search.source
        self._wanted = self._n_seen = 0
        self._added: set[int] = set()
        card.yes.clicked.connect(self._request_page)
        card.no.clicked.connect(self.cancel)
        downloads.goingChanged.connect(self._on_downloads_changed)
        downloads.addFailed.connect(self._on_add_failed)
        search.results.modelReset.connect(self._withdraw_question)

    def confirm(self) -> None:
        """Ask whether all results of the present search are to be downloaded."""
        if self._card.state == ADDING:
            self._card.no.setFocus()
            return
        n_hits = self._search.n_archive_hits
        self._state, self._source = self._search.hits_state, self._search.source
        self._n_seen, self._added = 0, set()
        self._wanted = n_hits if self._source.is_local else min(n_hits, MAX_CELLS)
        if not n_hits:
            self._card.show_state(CONFIRMING, NOTHING_FOUND)
        elif self._source.is_local:
            work = partial(self._source.count_to_download, state=self._state)
            self._source.request(
                self._service, f"{CHANNEL}count", work, self._show_question, self._show_failure
            )
        else:
            self._show_question(n_hits)

    def cancel(self) -> bool:
        """Add no more cells, or close the question; return whether the card was visible."""
        was_open = self._card.isVisible()
        if not self._stop(""):
            self._service.cancel(CHANNEL)
            self._card.close_card()
        return was_open

    def pause(self) -> None:
        """Add no more cells for now, because the downloads were paused."""
        self._stop("The downloads were paused.")

    def _stop(self, reason: str) -> bool:
        """Add no more cells, and show how many were added; return whether any were being added."""
        if self._card.state != ADDING:
            return False
        self._service.cancel(CHANNEL)
        self._show_end(reason)
        return True

    def _withdraw_question(self) -> None:
        """Close the question, because another search has started."""
        if self._card.state == CONFIRMING:
            self._card.close_card()

    def _show_question(self, n_missing: int) -> None:
        """Ask, with the number of files, their size and the time they take."""
        n_hits = self._search.n_archive_hits
        if not n_missing:
            self._card.show_state(CONFIRMING, ALL_HERE.format(cells_text(n_hits)))
            return
        n_cells = min(n_missing, MAX_CELLS)
        first = "the first " if n_hits > MAX_CELLS else "all "
        question = f"Download {first}{cells_text(n_cells)}?"
        if n_missing < n_hits:
            question = f"Download the {cells_text(n_cells)} that are not on this disk?"
        about = estimate(n_cells)
        if n_hits > MAX_CELLS:
            about += f" For all {cells_text(n_hits)}, use the command line: {command(self._state)}"
        self._card.show_state(CONFIRMING, question, about, f"Download {cells_text(n_cells)}")

    def _request_page(self) -> None:
        """Request the next page, and show how many cells are in the queue."""
        sentence = f"Filling the queue: {self._n_seen:,} of {cells_text(self._wanted)}"
        self._card.show_state(ADDING, sentence)
        self._card.bar.setRange(0, max(1, self._wanted))
        self._card.bar.setValue(self._n_seen)
        source, page = self._source, self._n_seen // PAGE
        work = partial(source.page_to_download, state=self._state, page=page, size=PAGE)
        source.request(
            self._service, f"{CHANNEL}page", work, self._add_page, self._show_failure, priority=-1
        )

    def _add_page(self, found: ResultsPage) -> None:
        some = list(found.items[: MAX_CELLS - len(self._added)])
        self._downloads.add(some)
        self._added.update(each.neuron_id for each in some)
        self._n_seen += PAGE
        self._wanted = min(self._wanted, found.total)
        if self._n_seen < self._wanted and len(self._added) < MAX_CELLS:
            self._request_page()
        else:
            sentence = f"{cells_text(len(self._added)).capitalize()} added to the queue."
            self._card.show_state(ENDED, sentence)

    def _show_failure(self, failure: Failure) -> None:
        self._show_end(failure.message)

    def _on_downloads_changed(self, _is_going: bool, stopped: str) -> None:
        """Stop when the downloads were stopped by an error."""
        if stopped:
            self._stop(stopped)

    def _on_add_failed(self, ids: list[int], sentence: str) -> None:
        """Stop when cells that were added did not reach the queue; to continue is to begin again."""
        if self._added.isdisjoint(ids) or self._card.state not in (ADDING, ENDED):
            return
        self._service.cancel(CHANNEL)
        self._added.difference_update(ids)
        self._show_stopped(sentence)
        self._n_seen = 0

    def _show_end(self, reason: str) -> None:
        """Show why no cell is added, or no more."""
        if self._card.state == ADDING:
            self._show_stopped(reason)
        else:
            self._card.show_state(CONFIRMING, reason)

    def _show_stopped(self, reason: str) -> None:
        """Show how many cells were added, with a button to continue."""
        sentence = f"Stopped: {len(self._added):,} of {cells_text(self._wanted)} are in the queue."
        self._card.show_state(ENDED, sentence, reason, "Continue")


def estimate(n_cells: int) -> str:
    """Return the number of files of some cells, their estimated size, and the time they take."""
    seconds = (_REQUESTS_A_CELL * n_cells + -(-n_cells // PAGE)) / DEFAULT_PER_SECOND
    return (
        f"{counted(n_cells, 'file')}, about {_bytes_text(n_cells * MEAN_BYTES)} if they are of average size; "
        f"{duration_text(seconds)} at {DEFAULT_PER_SECOND:g} requests per second."
    )


def duration_text(seconds: float) -> str:
    """Return a rounded time: ``about 20 s``, ``about 12 min``, ``about 3 h``."""
    for limit, unit, name in ((90, 1, "s"), (90 * 60, 60, "min"), (36 * 3600, 3600, "h")):
        if seconds < limit:
            return f"about {max(1, round(seconds / unit))} {name}"
    return f"about {round(seconds / 86_400)} days"


def _bytes_text(n_bytes: float) -> str:
    """Return an estimated size, rounded to two digits."""
    rounded = float(f"{n_bytes:.2g}")
    if rounded < 1e6:
        return f"{rounded / 1e3:,.0f} kB"
    size, unit = (rounded / 1e6, "MB") if rounded < 1e9 else (rounded / 1e9, "GB")
    return f"{size:,.0f} {unit}" if size >= 10 else f"{size:.1f} {unit}"


def command(state: QueryState) -> str:
    """Return the command that downloads all cells of a search."""
    query = shlex.quote(state.to_query().to_q())
    return f"somascope neuromorpho download --q {query} --output-dir cells"
