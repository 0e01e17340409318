"""The progress of a bulk job on stderr, where that is a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import partial

from neuromorpho.bulk.report import BulkProgress, ProgressCallback, readable_bytes
from neuromorpho.records.parsing import plain


@contextlib.contextmanager
def progress_bar(text: str) -> Iterator[ProgressCallback | None]:
    """Yield a callback that shows a bulk job's progress on stderr; None if stderr is not a terminal."""
    with _bar(text) as update:

        def show(now: BulkProgress) -> None:
            assert update is not None
            failed = f"{now.failed} failed  " if now.failed else ""
            size = f"{readable_bytes(now.n_bytes)}  " if now.n_bytes else ""
            details = f"{failed}{size}{plain(now.name)[:40]}"
            update(description=now.phase, completed=now.done, total=now.total, details=details)

        yield show if update is not None else None


@contextlib.contextmanager
def share_bar(text: str) -> Iterator[Callable[[int, float], None] | None]:
    """Yield a callback that shows how many records were read, and the share; None if stderr is not a terminal."""
    with _bar(text, total=1.0) as update:
        yield update and (lambda n, share: update(completed=share, details=f"{n} records"))


@contextlib.contextmanager
def _bar(text: str, total: float | None = None) -> Iterator[Callable[..., None] | None]:
    """Yield what updates a progress bar on stderr."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[details]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield partial(progress.update, progress.add_task(text, total=total, details=""))
