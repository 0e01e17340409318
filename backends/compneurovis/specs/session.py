"""`Session` and `BufferedSession` as CompNeuroVis has them: they speak its messages; `adapter` translates them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from backends.compneurovis.specs.messages import SessionCommand, SessionUpdate
from backends.compneurovis.specs.scene import Scene
from backends.errors import ProtocolError
from backends.live.history import HistoryCaptureMode as HistoryCaptureMode


class Session(ABC):
    """What is stepped from outside."""

    @classmethod
    def startup_scene(cls) -> Scene | None:
        """Return what to show before `initialize` has ended, or None."""
        return None

    @abstractmethod
    def initialize(self) -> Scene | None:
        """Build the model and return its scene."""

    @abstractmethod
    def advance(self) -> None:
        """Take the next steps."""

    @abstractmethod
    def handle(self, command: SessionCommand) -> None:
        """Carry out a command."""

    @abstractmethod
    def read_updates(self) -> list[SessionUpdate]:
        """Return and remove what there is to report."""

    def is_live(self) -> bool:
        """Whether `advance` has something to do."""
        return True

    def idle_sleep(self) -> float:
        """Return the seconds from the beginning of one `advance` to that of the next."""
        return 0.05

    def shutdown(self) -> None:
        """Release everything."""
        return


class BufferedSession(Session):
    """A session that collects its updates in a list."""

    def __init__(self) -> None:
        self._updates: list[SessionUpdate] = []

    def emit(self, update: SessionUpdate) -> None:
        """Queue an update."""
        self._updates.append(update)

    def read_updates(self) -> list[SessionUpdate]:
        """Return and remove the queued updates, oldest first."""
        found, self._updates = self._updates, []
        return found


SessionSource = type[Session] | Callable[[], Session]


def resolve_session_source(source: SessionSource) -> Session:
    """Return the session that a class or a function makes.

    Raises
    ------
    ProtocolError
        ``bad-source``: it makes none, or is one already; each process makes its own.
    """
    if isinstance(source, Session):
        raise ProtocolError(
            f"the session must be a class or a function that makes one, not a {type(source).__name__} "
            "that exists already",
            code="bad-source",
        )
    made: Any = source()
    if not isinstance(made, Session) and not getattr(made, "_is_stepwise", False):
        raise ProtocolError(
            f"the session must be a class or a function that makes one; {source!r} made {made!r}",
            code="bad-source",
        )
    session: Session = made
    return session
