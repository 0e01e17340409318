"""`HarvestJournal`: which pages of a harvest are complete, so that it can resume.

It is a file with one line for each page, written and synced before the next page is counted. A line that is
incomplete because the process was killed is cut off. The file is removed when the harvest is complete.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from neuromorpho.bulk.search_all import SeenIds
from neuromorpho.bulk.tables import cell_item, cell_of
from neuromorpho.cache.files import storage_errors
from neuromorpho.errors import NeuroMorphoQueryError, NeuroMorphoStorageError
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron, NeuroMorphoSearchPage

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}  # some network disks


class HarvestJournal:
    """The pages that are complete; no other harvest can open the journal until `close`.

    The journal of another `request` is refused. `holds_cells` means that the cells are in the journal, and not
    in the library.
    """

    def __init__(
        self, path: Path, request: Mapping[str, Any], *, holds_cells: bool, restart: bool
    ) -> None:
        self.path, self._request, self._holds_cells = path, request, holds_cells
        self._reset()
        with ExitStack() as closing, storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            closing.enter_context(_lock(path))
            self._file = open(path, "a+b")  # noqa: SIM115 (until close)
            closing.callback(self._close_file)
            self._truncate(0 if restart else self._read())
            self._closing = closing.pop_all()

    def _reset(self) -> None:
        self.seen = SeenIds()
        self.next_page = self.n_cells = self.total = 0

    def _read(self) -> int:
        """Count the pages of the complete lines; return where these end."""
        end = 0
        self._file.seek(0)
        for line in self._file:
            try:
                entry = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                entry = None
            if entry is None:
                break  # incomplete: the process was killed
            if end:
                self._count(entry)
            elif entry != {"request": self._request}:
                raise NeuroMorphoQueryError(
                    f"{self.path} belongs to another harvest that was interrupted; finish that one, "
                    "or restart to discard it.",
                    code="other-harvest",
                    hint="restart-harvest",
                )
            end += len(line)
        return end

    def _truncate(self, end: int) -> None:
        with storage_errors(self.path):
            self._file.truncate(end)
        if end == 0:
            self._write({"request": self._request})

    def clear(self) -> None:
        """Discard all pages."""
        self._reset()
        self._truncate(0)

    def append(
        self,
        page: NeuroMorphoSearchPage,
        cells: Sequence[NeuroMorphoNeuron],
        measured: Mapping[int, NeuroMorphoMeasurement],
    ) -> None:
        """Add a page, of which these cells are new."""
        entry: dict[str, Any] = {
            "page": page.page,
            "total": page.total_elements,
            "ids": [each.neuron_id for each in cells],
        }
        content = [cell_item(each, measured.get(each.neuron_id)) for each in cells]
        self._write({**entry, "cells": content} if self._holds_cells else entry)
        self._count(entry)

    def _count(self, entry: Mapping[str, Any]) -> None:
        self.next_page, self.total = entry["page"] + 1, entry["total"]
        self.n_cells += len(entry["ids"])
        for neuron_id in entry["ids"]:
            self.seen.is_new(neuron_id)

    def cells(self) -> Iterator[tuple[NeuroMorphoNeuron, NeuroMorphoMeasurement | None]]:
        """Yield every cell, where the journal holds them."""
        with open(self.path, "rb") as file:
            for line in file:
                yield from map(cell_of, json.loads(line).get("cells", ()))

    def _close_file(self) -> None:
        """Close the file; a line that could not be written was reported, and is cut off by the next harvest."""
        with suppress(OSError):
            self._file.close()

    def close(self) -> None:
        """Close the file, which stays, and release the lock."""
        self._closing.close()

    def remove(self) -> None:
        """Remove the file and its lock; before the release, where the system can remove open files."""
        if os.name == "nt":
            self.close()
        self.path.unlink(missing_ok=True)
        Path(f"{self.path}.lock").unlink(missing_ok=True)

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry).encode() + b"\n"
        with storage_errors(self.path):
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Keep other harvests out, except on a disk that has no locks.

    The operating system releases the lock when the process ends, however it ends.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(f"{path}.lock", thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise NeuroMorphoStorageError(
            f"Another harvest is writing {path}; wait until it ends, or give another file.",
            path=path,
            code="in-use",
        ) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    try:
        yield
    finally:
        lock.release()
