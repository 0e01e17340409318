"""`LibraryRecorder`: saves what a client receives in the library; a failure never costs a response."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuromorpho.errors import NeuroMorphoError, NeuroMorphoStorageError, one_line, storage_code
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron

if TYPE_CHECKING:
    from neuromorpho.library.library import Library

LIBRARY_NAME = "library.sqlite"
_PAUSE_S = 60.0
_LONGEST_WAIT_S = 1.0  # the results are shown after they were saved
_FAILURES = (NeuroMorphoError, OSError, sqlite3.Error, ValueError, KeyError)


class LibraryRecorder:
    """A library that is opened when it is first needed, shared by a client and its copies.

    A failure is stored in `problem`, and nothing more is tried for a minute: a library that another
    process locks must not slow down every response.

    Parameters
    ----------
    folder
        Where to open it; None for no library.
    library
        The caller's own library, used instead and never closed here.
    """

    def __init__(self, folder: Path | None, library: Library | None = None) -> None:
        self._folder, self._library = folder, library
        self._is_own = library is None
        self._lock = threading.Lock()
        self._paused_until = float("-inf")
        self.problem: NeuroMorphoError | None = None

    @property
    def library(self) -> Library | None:
        """The library; None without a folder, or if it cannot be opened."""
        with self._lock:
            if self._library is None and self._folder is not None and not self._is_paused:
                from neuromorpho.library.library import Library

                try:
                    self._library = Library(self._folder / LIBRARY_NAME)
                except _FAILURES as error:
                    self._store_problem(error)
            return self._library

    def record(
        self,
        neurons: Iterable[NeuroMorphoNeuron],
        measurements: Iterable[NeuroMorphoMeasurement],
        source: str,
    ) -> None:
        """Save records and morphometry, if possible; another process that writes is waited for a second at most."""
        cells, measured = list(neurons), [dict(each.raw) for each in measurements]
        if not cells and not measured:
            return
        with self._saving() as library:
            if library is not None:
                with library.writing(_LONGEST_WAIT_S) as transaction:
                    transaction.add(cells, {}, source)
                    transaction.add_measurements(measured)
                self.problem = None

    def record_files(
        self, neuron_id: int, folder: Path, items: Iterable[Mapping[str, Any]]
    ) -> None:
        """Save the files of a cell in a folder, by their items of the metadata, if possible."""
        with self._saving() as library:
            for each in items:
                if library is not None and each.get("sha256"):
                    path = folder / each["path"]
                    library.add_file(neuron_id, each["kind"], path, each["size"], each["sha256"])

    def close(self) -> None:
        """Close the library, if it was opened here."""
        with self._lock:
            if self._library is not None and self._is_own:
                self._library.close()
                self._library = None

    def reopen(self) -> None:
        """Close the library, if it was opened here, so that it is opened again when next needed."""
        self.close()
        self._paused_until, self.problem = float("-inf"), None

    @contextmanager
    def _saving(self) -> Iterator[Library | None]:
        """Yield the library, if there is one to save into; store what fails."""
        try:
            yield None if self._is_paused else self.library
        except _FAILURES as error:
            self._store_problem(error)

    @property
    def _is_paused(self) -> bool:
        return time.monotonic() < self._paused_until

    def _store_problem(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + _PAUSE_S
        if isinstance(error, NeuroMorphoError):
            self.problem = error
            return
        folder = self._folder or Path()
        is_disk = isinstance(error, OSError)
        reason = getattr(error, "strerror", None) or one_line(error)
        self.problem = NeuroMorphoStorageError(
            f"The library in {folder} cannot save what was found ({reason}); the results are complete"
            f"{'; free some space, or choose another cache folder' if is_disk else ''}.",
            path=folder,
            code=storage_code(error) if is_disk else "not-saved",
            hint="choose-cache-folder" if is_disk else "",
        )
