"""`ArchiveLoader`: loads a cell of the archive into the window.

The opener knows what is being opened, what failed last, and what Retry and Esc mean; so the loader opens nothing by
itself. It passes a source that has only an id to the opener, which calls it back, as its `Fetcher`, for the file. A
cell in the cache needs no request.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.archive.connection.failure import Failure
from app.archive.connection.service import ArchiveService
from app.archive.loading.fetch import fetch_source
from app.archive.records.bundled import bundled_neuron
from app.archive.records.plain_text import short_line
from app.archive.text import origin_of
from app.notices import Notice, Notices
from app.session.opener import Opener
from app.tasks.runner import Progress
from backends.sources.source import SessionSource

CHANNEL = "load"


class ArchiveLoader:
    """Loads cells of the archive into the window."""

    def __init__(self, service: ArchiveService, opener: Opener, notices: Notices) -> None:
        self._service, self._opener, self._notices = service, opener, notices

    def load(self, neuron_id: int, name: str = "") -> None:
        """Open a cell on the simulator in use; what fits of the present experiment is kept.

        A bundled cell opens as by its name.
        """
        if (ours := bundled_neuron(neuron_id)) is not None:
            self._opener.open_text(ours.source)
            return
        if neuron_id < 1:
            text = f"{neuron_id} is not an id of NeuroMorpho.Org; ids are integers from 1."
            self._notices.post(Notice("error", text))
            return
        source = SessionSource("swc", origin=origin_of(neuron_id), name=short_line(name))
        self._opener.open_source(self._opener.simulator.applied_to(source))

    # -------------------------------------------------------------------------- for the opener

    def fetch(
        self,
        source: SessionSource,
        progress: Progress,
        done: Callable[[SessionSource], None],
        failed: Callable[[str, str], None],
    ) -> None:
        """Find or download the file of a source; see `app.session.opener.Fetcher`."""

        def fail(failure: Failure) -> None:
            failed(f"{source.title} could not be loaded: {failure.message}", failure.details)

        self._service.run_long(CHANNEL, partial(fetch_source, source), done, fail, progress)

    def cancel(self) -> None:
        """Stop fetching; complete files stay in the cache."""
        self._service.cancel(CHANNEL)
