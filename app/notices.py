"""`Notices`: the messages for the user, and the log file. No Qt."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

LOG = logging.getLogger("somascope")
_LOOK_BACK = 50
_BURST = timedelta(seconds=1)


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
    end : str
        Label of the button that ends what the notice is about; "" for no button.
    when : datetime or None
        When it was posted, the last time.
    count : int
        How often it was posted.
    is_burst : bool
        Whether the same was posted less than a second before.
    """

    severity: str
    message: str
    details: str = ""
    retry: str = ""
    end: str = ""
    when: datetime | None = None
    count: int = 1
    is_burst: bool = False

    @property
    def text(self) -> str:
        """The sentence, and how often it was said: ``"… (87 times)"``."""
        return self.message if self.count == 1 else f"{self.message} ({self.count} times)"


class Notices:
    """The notices since the start, oldest first; listeners are called with each new one.

    A notice that was posted before is counted in its first place.
    """

    def __init__(self) -> None:
        self.items: list[Notice] = []
        self._listeners: list[Callable[[Notice], None]] = []

    def listen(self, listener: Callable[[Notice], None]) -> None:
        """Call `listener` with every later notice."""
        self._listeners.append(listener)

    def post(self, notice: Notice) -> None:
        """Add a notice, log it, and call the listeners."""
        now = datetime.now()
        notice = replace(notice, when=now)
        places = {each.message: i for i, each in enumerate(self.items[-_LOOK_BACK:])}
        place = places.get(notice.message)
        if place is None:
            self.items.append(notice)
        else:
            index = max(0, len(self.items) - _LOOK_BACK) + place
            before = self.items[index]
            is_burst = before.when is not None and now - before.when < _BURST
            notice = replace(notice, count=before.count + 1, is_burst=is_burst)
            self.items[index] = notice
        self._log(notice)
        for listener in self._listeners:
            listener(notice)

    def _log(self, notice: Notice) -> None:
        """Write a notice to the log, a repeated one the 10th, 100th … time only."""
        if notice.count != 10 ** (len(str(notice.count)) - 1):
            return
        level = {"info": logging.INFO, "warning": logging.WARNING}.get(
            notice.severity, logging.ERROR
        )
        LOG.log(level, "%s%s", notice.text, f"\n{notice.details}" if notice.details else "")


def log_path() -> Path:
    """Return the path of the log file."""
    import platformdirs  # here, as the window waits for the imports of this module

    return Path(platformdirs.user_log_path("somascope", appauthor=False)) / "somascope.log"


def start_logging() -> None:
    """Write the log to a rotating file; if the folder cannot be written, log nothing."""
    if LOG.handlers:
        return
    import logging.handlers  # imports as much as the rest of this module, which the window waits for

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
