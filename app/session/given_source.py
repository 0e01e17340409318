"""`GivenSource`: a session that a script or notebook has made itself, as something that can be opened."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backends.errors import RequestError, SourceError
from backends.session import Session
from backends.sources.source import SessionSource


def _nothing() -> Session:
    raise RequestError("There is no session here.", code="not-a-session")


@dataclass(frozen=True, slots=True)
class GivenSource(SessionSource):
    """A source whose session is made by calling a function; it runs in the window's own process.

    Attributes
    ----------
    make : callable
        Returns a new session each time.
    """

    make: Callable[[], Session] = _nothing

    @property
    def title(self) -> str:
        """The name of the session's class."""
        return self.name

    def create(self) -> Session:
        """Return a new session."""
        return self.make()


def source_of(model: Session | type[Session]) -> SessionSource:
    """Return the source of a session or its class.

    A class of a file that a process of its own can run again is opened from that file, and so runs there.
    Everything else (an instance, a class of a notebook or of a function) runs in the window's process.

    Raises
    ------
    SourceError
        ``not-a-session``.
    """
    if isinstance(model, type) and issubclass(model, Session) and not inspect.isabstract(model):
        path = _file_of(model)
        if path is not None:
            return SessionSource("script", str(path), model.__name__)
        return GivenSource("given", name=model.__name__, make=model)
    if isinstance(model, Session):
        return GivenSource("given", name=type(model).__name__, make=_Once(model))
    raise SourceError(
        f"{model!r} is no session that can be shown; give a session or its class.",
        code="not-a-session",
    )


def _file_of(kind: type[Session]) -> Path | None:
    """Return the file that defines a class, None where importing it again would not find the class."""
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    is_inside = "." in kind.__module__  # of a package, whose relative imports need its name
    if file is None or is_inside or kind.__qualname__ != kind.__name__:
        return None
    path = Path(file).absolute()
    return path if path.suffix == ".py" and path.is_file() else None


class _Once:
    """Returns a session once: a session that has ended cannot begin again."""

    def __init__(self, session: Session) -> None:
        self._session: Session | None = session
        self._name = type(session).__name__

    def __call__(self) -> Session:
        session, self._session = self._session, None
        if session is None:
            raise RequestError(
                f"A {self._name} that has ended cannot be built again; give show() the class "
                f"{self._name} instead of an object of it.",
                code="cannot-rebuild",
            )
        return session
