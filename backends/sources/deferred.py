"""`DeferredSession`: a session that is made only when it is initialized, and reports its progress."""

from __future__ import annotations

from collections.abc import Callable

from backends.errors import RequestError
from backends.messages import SessionCommand, SessionUpdate
from backends.scene import Scene
from backends.session import BufferedSession, Session, titled

StatusSink = Callable[[SessionUpdate], None]


class DeferredSession(BufferedSession):
    """Represents the session that `make` returns, which may take long, for example to read a file.

    Parameters
    ----------
    make : callable
        Called by `initialize` with a function that receives each `Status` at once.

    Attributes
    ----------
    is_cancelled : bool
        Whether `cancel` was called, which `make` may look at.
    """

    def __init__(self, make: Callable[[StatusSink], Session]) -> None:
        super().__init__()
        self._make = make
        self._session: Session | None = None
        self.is_cancelled = False

    @property
    def session(self) -> Session | None:
        """The session itself, None before `initialize`."""
        return self._session

    def make(self) -> Session:
        """Make the session, as `initialize` does first, without building its model."""
        if self._session is None:
            self._session = self._make(self.emit)
        return self._session

    def initialize(self) -> Scene | None:
        """Make the session and build its model."""
        session = self.make()
        session.on_status = self.emit
        try:
            return titled(session.initialize(), session)
        finally:
            session.on_status = None

    def advance(self) -> None:
        """See `Session.advance`."""
        if self._session is not None:
            self._session.advance()

    def handle(self, command: SessionCommand) -> None:
        """See `Session.handle`."""
        if self._session is None:
            raise RequestError(
                "The session is not built yet; wait until it is ready.",
                code="not-ready",
                hint="wait",
            )
        self._session.handle(command)

    def read_updates(self) -> list[SessionUpdate]:
        """See `Session.read_updates`."""
        updates = super().read_updates()
        return updates if self._session is None else updates + self._session.read_updates()

    def is_live(self) -> bool:
        """See `Session.is_live`."""
        return self._session is not None and self._session.is_live()

    def idle_sleep(self) -> float | None:
        """See `Session.idle_sleep`."""
        return None if self._session is None else self._session.idle_sleep()

    def cancel(self) -> None:
        """See `Session.cancel`."""
        self.is_cancelled = True
        if self._session is not None:
            self._session.cancel()

    def shutdown(self) -> None:
        """See `Session.shutdown`."""
        if self._session is not None:
            self._session.shutdown()
