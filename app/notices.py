"""`Notices`: the messages for the user, and the log file. No Qt."""

from __future__ import annotations

import logging
import logging.handlers
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import platformdirs

LOG = logging.getLogger("somascope")


@dataclass(frozen=True, slots=True)
class Notice:
    """One message for the user.

    Attributes
    ----------
    severity : {"info", "warning", "error"}
    message : str
        One sentence.
    details : str
        Shown below it when the user asks for details.
    retry : str
        Label of the button that tries again, ``"Restart"``; "" for no button.
    """

    severity: str
    message: str
    details: str = ""
    retry: str = ""
    when: datetime | None = None


class Notices:
    """The notices since the start, oldest first; listeners are called with each new one."""

    def __init__(self) -> None:
        self.items: list[Notice] = []
        self._listeners: list[Callable[[Notice], None]] = []

    def listen(self, listener: Callable[[Notice], None]) -> None:
        """Call `listener` with every later notice."""
        self._listeners.append(listener)

    def post(self, notice: Notice) -> None:
        """Add a notice, log it, and call the listeners."""
        self.items.append(notice)
        level = {"info": logging.INFO, "warning": logging.WARNING}.get(
            notice.severity, logging.ERROR
        )
        LOG.log(level, "%s%s", notice.message, f"\n{notice.details}" if notice.details else "")
        for listener in self._listeners:
            listener(notice)


def log_path() -> Path:
    """Return the path of the log file."""
    return Path(platformdirs.user_log_path("somascope", appauthor=False)) / "somascope.log"


def start_logging() -> None:
    """Write the log to a rotating file; if the folder cannot be written, log nothing."""
    if LOG.handlers:
        return
    LOG.setLevel(logging.INFO)
    try:
        log_path().parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            log_path(), maxBytes=1 << 20, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:
        LOG.addHandler(logging.NullHandler())
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
