"""`ArchiveLoader`: from a cell of the archive to that cell on the screen.

Theory. The opener knows what is being opened, what failed last, and what a Retry or an Esc means; so the
loader opens nothing by itself. It asks the opener for a source that only has an id, and the opener asks it
back, as its `Fetcher`, for the file. A cell in the cache costs no request, and a worker looks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from app.archive.connection.failure import Failure
from app.archive.connection.service import ArchiveService
from app.archive.loading.fetch import fetch_source
from app.archive.records.bundled import bundled_neuron
from app.archive.records.plain_text import short_line
from app.archive.text import id_of_origin, origin_of
from app.notices import Notice, Notices
from app.session.opener import Opener
from backends.sources.source import SessionSource
from neuromorpho.records.models import NeuroMorphoNeuron

if TYPE_CHECKING:
    from neuromorpho.client import NeuroMorphoClient

CHANNEL = "load"
_MOST_KNOWN = 64


class ArchiveLoader(QObject):
    """Loads cells of the archive into the window.

    Parameters
    ----------
    service
        Asks the archive; the loader does not close it.
    opener
        Opens what was fetched; from now on it has its files of the archive from here.

    Signals
    -------
    fetched(int)
        The file of the cell with this id is in the cache now, and about to be opened.
    """

    fetched = Signal(int)
    _progressed = Signal(object, str, object)

    def __init__(self, service: ArchiveService, opener: Opener, notices: Notices) -> None:
        super().__init__(opener)
        self._service, self._opener, self._notices = service, opener, notices
        self._known: dict[str, NeuroMorphoNeuron] = {}
        self._errand: _Loading | None = None
        opener.find_fetcher = lambda: self
        self._progressed.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)

    def load(self, neuron: NeuroMorphoNeuron | int) -> None:
        """Open a cell on the simulator in use; it takes what it can of the present experiment.

        Parameters
        ----------
        neuron
            Its id; or its record, which saves a request. A bundled one opens as it does by its name.
        """
        neuron_id = neuron if isinstance(neuron, int) else neuron.neuron_id
        if (ours := bundled_neuron(neuron_id)) is not None:
            self._opener.open_text(ours.source)
            return
        if neuron_id < 1:
            text = f"{neuron_id} is no id of NeuroMorpho.Org; one is a whole number from 1."
            self._notices.post(Notice("error", text))
            return
        origin = origin_of(neuron_id)
        if isinstance(neuron, NeuroMorphoNeuron):
            while len(self._known) >= _MOST_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[origin] = neuron
        name = "" if isinstance(neuron, int) else short_line(neuron.neuron_name)
        source = SessionSource("swc", origin=origin, name=name)
        self._opener.open_source(self._opener.simulator.of_same(source))

    # -------------------------------------------------------------------------- for the opener

    def fetch(
        self,
        source: SessionSource,
        tell: Callable[[str, float | None], None],
        done: Callable[[SessionSource], None],
        failed: Callable[[str, str], None],
    ) -> None:
        """Have the file of a source found or brought; `app.session.opener.Fetcher`."""
        errand = self._errand = _Loading(tell)
        neuron = self._known.get(source.origin)

        def work(client: NeuroMorphoClient) -> SessionSource:
            def told(text: str, share: float | None) -> None:
                self._progressed.emit(errand, text, share)

            return fetch_source(source, client, neuron=neuron, tell=told)

        def give(found: SessionSource) -> None:
            self._errand = None
            self.fetched.emit(id_of_origin(found.origin))
            done(found)

        def fail(failure: Failure) -> None:
            self._errand = None
            failed(f"{source.title} could not be loaded: {failure.message}", failure.details)

        self._service.request(CHANNEL, work, give, fail, priority=2)

    def cancel(self) -> None:
        """Forget what is being fetched; what has landed stays in the cache."""
        self._errand = None
        self._service.cancel(CHANNEL)

    def _show_progress(self, errand: _Loading, text: str, share: float | None) -> None:
        if errand is self._errand:  # else a word from what was cancelled
            errand.tell(text, share)


class _Loading:
    """One fetch: who is told of it, in the GUI thread."""

    def __init__(self, tell: Callable[[str, float | None], None]) -> None:
        self.tell = tell
