"""`open_model`: from what a user has named to the session of a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from backends.live.history import HistoryCaptureMode
from backends.live.options import SessionOptions
from backends.messages import Phase, SessionUpdate, Status
from backends.opened.archive import place_of_model
from backends.opened.folder import chosen_entry
from backends.opened.session import OpenedModelSession


class NamedModel(Protocol):
    """What must be known of a model to open it; a `SessionSource` has it."""

    @property
    def path(self) -> str:
        """The model's folder, one of its scripts, or a zip archive."""

    @property
    def entry(self) -> str:
        """The script that begins it, relative to the folder; "" where that is not chosen."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The ``sys.argv[1:]`` of a script in Python."""

    @property
    def title(self) -> str:
        """What a window calls it."""

    @property
    def every_step(self) -> bool:
        """Whether traces have a sample at every step of dt."""

    @property
    def history_capture_mode(self) -> str | None:
        """Of which segments the past is stored; None is the session's default."""


def open_model(
    model: NamedModel,
    on_status: Callable[[SessionUpdate], None],
    is_cancelled: Callable[[], bool],
) -> OpenedModelSession:
    """Return the session of a model; an archive is unpacked first.

    Raises
    ------
    SourceError
        If it cannot be unpacked, or it is not clear which script begins it.
    SessionCancelled
        If `is_cancelled` said so while it was unpacked.
    """

    def report(share: float) -> None:
        on_status(Status(Phase.BUILDING, f"Unpacking {Path(model.path).name}", share))

    place = place_of_model(Path(model.path), report=report, is_cancelled=is_cancelled)
    folder = place if place.is_dir() else place.parent
    entry = chosen_entry(folder, model.entry or None) if place.is_dir() else place.name
    options: SessionOptions = {"title": model.title}
    if model.every_step:
        options["display_dt"] = None
    if model.history_capture_mode is not None:
        options["history_capture_mode"] = HistoryCaptureMode(model.history_capture_mode)
    return OpenedModelSession(
        folder / entry, folder, model.arguments, is_cancelled=is_cancelled, **options
    )
