"""What a client remembers of the answers that it got: the library, which must never cost an answer."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuromorpho.errors import NeuroMorphoError, NeuroMorphoStorageError, storage_code
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron

if TYPE_CHECKING:
    from neuromorpho.library.library import Library

LIBRARY_NAME = "library.sqlite"
_REST_S = 60.0
_FAILURES = (NeuroMorphoError, OSError, sqlite3.Error, ValueError, KeyError)


class LibraryRecorder:
    """A library that is opened when it is first needed, shared by a client and its copies.

    A failure is kept in `problem`, and then nothing is tried for a minute: a library that another
    process holds must not slow down every answer.

    Parameters
    ----------
    folder
        Where to open one; None for nowhere.
    library
        The caller's own, used instead and never closed here.
    """

    def __init__(self, folder: Path | None, library: Library | None = None) -> None:
        self._folder, self._library = folder, library
        self._is_own = library is None
        self._lock = threading.Lock()
        self._rests_until = float("-inf")
        self.problem: NeuroMorphoError | None = None

    @property
    def library(self) -> Library | None:
        """The library; None where there is no folder, or it cannot be opened."""
        with self._lock:
            if self._library is None and self._folder is not None and not self._rests:
                from neuromorpho.library.library import Library

                try:
                    self._folder.mkdir(parents=True, exist_ok=True)
                    self._library = Library(self._folder / LIBRARY_NAME)
                except _FAILURES as error:
                    self._note(error)
            return self._library

    def record(
        self,
        neurons: Iterable[NeuroMorphoNeuron],
        measurements: Iterable[NeuroMorphoMeasurement],
        source: str,
    ) -> None:
        """Take in records and morphometry, if that can be."""
        cells, measured = list(neurons), [dict(each.raw) for each in measurements]
        library = self.library if (cells or measured) and not self._rests else None
        if library is None:
            return
        try:
            if cells:
                library.add(cells, source=source)
            if measured:
                library.add_measurements(measured)
            self.problem = None
        except _FAILURES as error:
            self._note(error)

    def record_files(self, neuron_id: int, folder: Path, told: Iterable[Mapping[str, Any]]) -> None:
        """Take note of the files of a cell that are in a folder, by their items of the metadata."""
        library = None if self._rests else self.library
        if library is None:
            return
        try:
            for each in told:
                if each.get("sha256"):
                    path = folder / each["path"]
                    library.add_file(neuron_id, each["kind"], path, each["size"], each["sha256"])
        except _FAILURES as error:
            self._note(error)

    def close(self) -> None:
        """Close the library, if it was opened here."""
        with self._lock:
            if self._library is not None and self._is_own:
                self._library.close()
                self._library = None

    def reopen(self) -> None:
        """Close the library, if it was opened here, and open it anew when it is next needed."""
        self.close()
        self._rests_until, self.problem = float("-inf"), None

    @property
    def _rests(self) -> bool:
        return time.monotonic() < self._rests_until

    def _note(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + _REST_S
        if isinstance(error, NeuroMorphoError):
            self.problem = error
            return
        place = self._folder or Path()
        said = getattr(error, "strerror", None) or str(error)
        self.problem = NeuroMorphoStorageError(
            f"The library in {place} cannot save what was found ({said}); the results are complete. "
            "Free some space, or choose another cache folder.",
            path=place,
            code=storage_code(error),
            hint="choose-cache-folder",
        )
