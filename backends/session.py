"""`Session`: the contract between what simulates and what shows it.

A session is stepped from outside and has no thread, timer, sleep or Qt, so the same
object runs in a test, a script, a notebook, a child process or the window:

    scene = session.initialize()
    while not stopped:
        session.handle(command)            # zero or more
        if session.is_live():
            session.advance()
        updates = session.read_updates()   # show them
        sleep(session.idle_sleep())        # 0.0 while there is work
    session.shutdown()
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from backends.errors import ProtocolError
from backends.messages import SessionCommand, SessionUpdate, StartupScene, Status
from backends.reserved import refuse_reserved_name
from backends.scene import UNTITLED, Scene


class Session(ABC):
    """What every session can do; called from one thread only, but for `interrupt` and `cancel`.

    Attributes
    ----------
    on_status : callable or None
        Set while `initialize` runs, which may take long: called with each `Status` at once, and by a session in
        another process with its `StartupScene`.
    BACKEND : str
        Name of the simulator, ``"NEURON"`` or ``"Jaxley"``; "" for none of these.
    """

    BACKEND: ClassVar[str] = ""
    on_status: Callable[[SessionUpdate], None] | None = None

    def __setattr__(self, name: str, value: object) -> None:
        """Assign an attribute; SimulatorError, code ``reserved-name``, for a method of the protocol."""
        refuse_reserved_name(self, name, value)
        super().__setattr__(name, value)

    @classmethod
    def startup_scene(cls) -> Scene | None:
        """Return what to show before `initialize` has finished, or None. Must be fast."""
        return None

    @abstractmethod
    def initialize(self) -> Scene | None:
        """Build the model and return its scene; called once, before anything else.

        Raises
        ------
        SomascopeError
            If the model cannot be built. The session is then not used again but for `shutdown`.
        """

    @abstractmethod
    def advance(self) -> None:
        """Take the next batch of steps; called only while `is_live()`."""

    @abstractmethod
    def handle(self, command: SessionCommand) -> None:
        """Carry out a command.

        Raises
        ------
        RequestError
            If that is not possible; the session is unchanged and can be used further.
        """

    @abstractmethod
    def read_updates(self) -> list[SessionUpdate]:
        """Return and remove the updates since the last call, oldest first."""

    def is_live(self) -> bool:
        """Whether `advance` has something to do now: running, and not waiting for anything."""
        return True

    def idle_sleep(self) -> float | None:
        """Return how many seconds the caller may wait before it looks again.

        0.0 while there is work; None while only a command can change anything (paused).
        """
        return 0.0

    def shutdown(self) -> None:
        """Release everything; may be called at any time, more than once."""
        return

    # ------------------------------------------------ of use to sessions that wait for something else

    @property
    def pid(self) -> int | None:
        """Id of the process that simulates, None where it is this one."""
        return None

    def wait_idle(self, timeout_s: float | None = None) -> bool:
        """Wait at most `timeout_s` seconds (None: for ever) until there is something to do, or `interrupt`.

        Returns
        -------
        bool
            False where the session has nothing to wait for, as here: then the caller waits by itself.
        """
        return False

    def interrupt(self) -> None:
        """End a `wait_idle` or `advance` that waits; from any thread."""
        return

    def cancel(self) -> None:
        """End a long `initialize` or `advance` where that is possible; from any thread."""
        return


def startup_of(session: Session) -> StartupScene | None:
    """Return what a session shows while its model is built, None for nothing.

    Raises
    ------
    ProtocolError
        If its `startup_scene` returns anything but a scene.
    """
    named = titled(session.startup_scene(), session, "startup_scene")
    return None if named is None else StartupScene(named)


def titled(scene: Scene | None, session: Session, hook: str = "initialize") -> Scene | None:
    """Return a session's scene, with the name of its class as title where its author has given none.

    Raises
    ------
    ProtocolError
        If it is no scene; `hook` has returned it.
    """
    kind = type(session)
    if scene is not None and not isinstance(scene, Scene):
        raise ProtocolError(
            f"{kind.__name__}.{hook} must return a Scene or None, not {type(scene).__name__}",
            code="bad-type",
            hint="edit-script",
        )
    is_ours = kind.__module__.partition(".")[0] == "backends"
    if scene is None or is_ours or scene.title not in ("", UNTITLED):
        return scene
    return replace(scene, title=kind.__name__)


class BufferedSession(Session):
    """A session that collects its updates in a list; a `Status` goes to `on_status` instead where it is set."""

    _updates: list[SessionUpdate]

    def __init__(self) -> None:
        vars(self)["_updates"] = []  # a name that cannot be assigned

    def emit(self, update: SessionUpdate) -> None:
        """Queue `update` for the next `read_updates`.

        Raises
        ------
        TypeError
            If it is not a `SessionUpdate`.
        """
        if not isinstance(update, SessionUpdate):
            raise TypeError(f"emit() takes a SessionUpdate, not {type(update).__name__}")
        if self.on_status is not None and isinstance(update, Status):
            self.on_status(update)
        else:
            self._updates.append(update)

    def read_updates(self) -> list[SessionUpdate]:
        """Return and remove the queued updates, oldest first."""
        updates = self._updates.copy()
        self._updates.clear()
        return updates
