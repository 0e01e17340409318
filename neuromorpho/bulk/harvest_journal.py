"""`HarvestJournal`: which pages of a harvest are complete, so that it can resume.

It is a file with one line for each page, written and synced before the next page is counted. A line that is
incomplete because the process was killed is cut off. The file is removed when the harvest is complete.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from neuromorpho.bulk.search_all import SeenIds
from neuromorpho.errors import NeuroMorphoQueryError, NeuroMorphoStorageError, storage_code
from neuromorpho.records.measurements import NeuroMorphoMeasurement
from neuromorpho.records.models import NeuroMorphoNeuron, NeuroMorphoSearchPage

if TYPE_CHECKING:
    from filelock import BaseFileLock

_REQUEST_KEY = "asked"  # as in the journals of older versions
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}  # some network disks


class HarvestJournal:
    """The pages that are complete.

    Parameters
    ----------
    request
        What is harvested; the journal of another request is refused.
    holds_cells
        Whether the cells are in the journal, and not in the library.
    """

    def __init__(self, path: Path, request: dict[str, Any], *, holds_cells: bool) -> None:
        self.path, self._request = path, request
        self.holds_cells = holds_cells
        self._file: IO[bytes] | None = None
        self._lock: BaseFileLock | None = None
        self.seen = SeenIds()
        self.next_page = self.n_cells = self.total = 0

    def open(self, restart: bool) -> None:
        """Read the pages that are there, and get ready to append."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = self._acquire_lock()
            self._file = open(self.path, "a+b")  # noqa: SIM115
            self._file.seek(0)
            end = 0 if restart else self._read(self._file)
            self._file.seek(end)
            self._file.truncate()
        except OSError as error:
            raise self._write_error(error) from error
        if end == 0:
            self._write({_REQUEST_KEY: self._request})

    def _acquire_lock(self) -> BaseFileLock | None:
        """Return the lock that keeps other harvests out until `close`; None on a disk that has no locks.

        The operating system releases it when the process ends, however it ends.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(f"{self.path}.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            raise NeuroMorphoStorageError(
                f"Another harvest is writing {self.path}; wait until it ends, or give another file.",
                path=self.path,
                code="in-use",
            ) from error
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return None
        return lock

    def restart(self) -> None:
        """Discard what is there."""
        self.close()
        self.seen = SeenIds()
        self.next_page = self.n_cells = self.total = 0
        self.open(restart=True)

    def _read(self, file: IO[bytes]) -> int:
        """Read the complete lines; return where they end."""
        end = 0
        for line in file:
            try:
                entry = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                entry = None
            if entry is None:
                break  # incomplete: the process was killed
            end += len(line)
            if _REQUEST_KEY in entry:
                self._check(entry[_REQUEST_KEY])
                continue
            self.next_page, self.total = entry["page"] + 1, entry["total"]
            self.n_cells += len(entry["ids"])
            for neuron_id in entry["ids"]:
                self.seen.is_new(neuron_id)
        return end

    def _check(self, request: Any) -> None:
        if request != self._request:
            raise NeuroMorphoQueryError(
                f"{self.path} belongs to another harvest that was interrupted; finish that one, or "
                "restart to discard it.",
                code="other-harvest",
                hint="restart-harvest",
            )

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
        if self.holds_cells:
            entry["cells"] = [_cell_json(each, measured.get(each.neuron_id)) for each in cells]
        self._write(entry)
        self.next_page, self.total = page.page + 1, page.total_elements
        self.n_cells += len(cells)

    def cells(self) -> Iterator[dict[str, Any]]:
        """Yield every cell, where the journal holds them."""
        with open(self.path, "rb") as file:
            for line in file:
                yield from json.loads(line).get("cells", ())

    def close(self) -> None:
        """Close the file, which stays, and release the lock."""
        if self._file is not None:
            self._file.close()
        if self._lock is not None:
            self._lock.release()

    def remove(self) -> None:
        """Remove the file and its lock; before the release, where the system can remove open files."""
        if os.name == "nt":
            self.close()
        self.path.unlink(missing_ok=True)
        Path(f"{self.path}.lock").unlink(missing_ok=True)

    def _write(self, entry: dict[str, Any]) -> None:
        assert self._file is not None
        try:
            self._file.write(json.dumps(entry).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._write_error(error) from error

    def _write_error(self, error: OSError) -> NeuroMorphoStorageError:
        return NeuroMorphoStorageError(
            f"{self.path} cannot be written ({error.strerror or error}); choose another folder.",
            path=self.path,
            code=storage_code(error),
        )


def _cell_json(
    neuron: NeuroMorphoNeuron, measurement: NeuroMorphoMeasurement | None
) -> dict[str, Any]:
    """Return a cell's record and morphometry as they were received."""
    raw = None if measurement is None else dict(measurement.raw)
    return {"neuron": neuron.payload, "measurement": raw}
