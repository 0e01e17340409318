"""The result of a bulk download: one item for each cell, and the progress on the way."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from neuromorpho.bulk.queue import QueuedFile

ItemState = Literal["done", "present", "failed", "waiting", "planned"]
_OTHERS: dict[ItemState, str] = {"planned": "planned", "failed": "failed", "waiting": "not tried"}
_MAX_REASONS = 20
_REPORT_EVERY_S = 0.05


@dataclass(frozen=True)
class BulkItem:
    """The result of one cell.

    Attributes
    ----------
    neuron_id : int
        -1 if the archive has no cell of this name.
    state
        ``"done"`` now, ``"present"`` already, ``"failed"`` for a `reason`, ``"waiting"`` because the
        work was cancelled or stopped before it, ``"planned"`` in a dry run.
    files : tuple of QueuedFile
        What is on disk: paths below the folder of the download, bytes and SHA-256.
    reason : str or None
        Why it failed; of one that is done, what else is missing, and why.
    """

    neuron_id: int
    neuron_name: str
    state: ItemState
    files: tuple[QueuedFile, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class BulkProgress:
    """How far a bulk job is: cells done of all (`total` is None until it is known), and bytes on disk."""

    done: int
    total: int | None
    failed: int
    n_bytes: int
    name: str = ""
    phase: Literal["searching", "downloading"] = "downloading"


ProgressCallback = Callable[[BulkProgress], None]


@dataclass(frozen=True)
class BulkReport:
    """The result of every cell, in the order of the request.

    Attributes
    ----------
    stopped : str or None
        Why the work ended before all cells were tried: cancelled, the server is down, the disk is full.
    warnings : tuple of str
        What else is missing, such as the morphometry in the table; or why no cell was found, such as
        a misspelt field.
    """

    items: tuple[BulkItem, ...]
    stopped: str | None = None
    warnings: tuple[str, ...] = ()

    def __int__(self) -> int:
        """Return how many cells have their files on disk, for scripts that expect a number."""
        return len(self.completed)

    @property
    def completed(self) -> tuple[BulkItem, ...]:
        """The cells whose files are on disk, now or before."""
        return tuple(each for each in self.items if each.state in ("done", "present"))

    @property
    def failed(self) -> tuple[BulkItem, ...]:
        """The cells that failed, each with its reason."""
        return tuple(each for each in self.items if each.state == "failed")

    @property
    def waiting(self) -> tuple[BulkItem, ...]:
        """The cells that were not tried; the same call again tries them."""
        return tuple(each for each in self.items if each.state == "waiting")

    @property
    def n_bytes(self) -> int:
        """The bytes of all files on disk."""
        return sum(file.size for each in self.items for file in each.files)

    def text(self) -> str:
        """Return the report as lines for a person."""
        counts = Counter(each.state for each in self.items)
        parts = [f"{counts['done']} downloaded", f"{counts['present']} already there"]
        parts += [f"{counts[state]} {name}" for state, name in _OTHERS.items() if counts[state]]
        lines = [f"{len(self.items)} cells: {', '.join(parts)}; {readable_bytes(self.n_bytes)}."]
        if self.stopped:
            lines.append(f"Stopped: {self.stopped}")
        lines += [*self.warnings, *_reason_lines(self.failed, "more that failed")]
        incomplete = [each for each in self.completed if each.reason]
        if incomplete:
            lines.append(f"{len(incomplete)} of the downloaded cells lack something:")
        return "\n".join([*lines, *_reason_lines(incomplete, "more")])


def _reason_lines(items: Sequence[BulkItem], more: str) -> Iterator[str]:
    for each in items[:_MAX_REASONS]:
        label = f"NMO_{each.neuron_id:05d} " if each.neuron_id >= 0 else ""
        yield f"{label}{each.neuron_name}".rstrip() + f": {each.reason}"
    if len(items) > _MAX_REASONS:
        yield f"… and {len(items) - _MAX_REASONS} {more}."


def readable_bytes(n: int) -> str:
    """Return a number of bytes as a person reads it: ``12.3 MB``."""
    value = float(n)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{n} B"


class ProgressReporter:
    """Calls the callback at most twenty times a second, and at the end."""

    def __init__(
        self, callback: ProgressCallback | None, total: int | None, limit: int | None = None
    ) -> None:
        self._callback = callback
        self._total = total if limit is None or total is None else min(total, limit)
        self._reported_at = 0.0
        self._done = self._failed = self._n_bytes = 0
        self._name = ""

    def report_found(self, done: int, name: str) -> None:
        """Report how many cells were found."""
        self._done, self._name = done, name
        self._call("searching")

    def finish_search(self) -> None:
        """Report the end of a search: all that were found are all there are."""
        self._total = self._done
        self._call("searching", is_last=True)

    def report(self, item: BulkItem) -> None:
        """Report that a cell is done."""
        self._done += 1
        self._failed += item.state == "failed"
        self._n_bytes += sum(file.size for file in item.files)
        self._name = item.neuron_name
        self._call("downloading")

    def finish(self) -> None:
        """Report the end."""
        self._call("downloading", is_last=True)

    def _call(self, phase: Literal["searching", "downloading"], *, is_last: bool = False) -> None:
        now = time.monotonic()
        if self._callback is not None and (is_last or now - self._reported_at >= _REPORT_EVERY_S):
            self._reported_at = now
            self._callback(
                BulkProgress(
                    self._done, self._total, self._failed, self._n_bytes, self._name, phase
                )
            )
