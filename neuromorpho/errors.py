"""What can go wrong with NeuroMorpho.Org: one type per thing that a caller would do about it.

Every error is a `NeuroMorphoError` with the address it is about (``url``, "" where there is none), and
its text is one sentence that names the thing, the place and, where there is one, the next step.
"""

from __future__ import annotations

from pathlib import Path


class NeuroMorphoError(Exception):
    """Anything that went wrong between us, NeuroMorpho.Org and the disk."""

    def __init__(self, message: str, *, url: str = "") -> None:
        super().__init__(message)
        self.url = url


class NeuroMorphoHTTPError(NeuroMorphoError):
    """The server answered with an error, or not at all (`status` 0)."""

    def __init__(self, message: str, *, status: int, url: str) -> None:
        super().__init__(message, url=url)
        self.status = status


class NeuroMorphoNotFoundError(NeuroMorphoHTTPError):
    """The server has no such neuron, measurement or file (404)."""

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message, status=404, url=url)


class NeuroMorphoDownError(NeuroMorphoHTTPError):
    """The server is down: 503, a notice in HTML, an error inside a 200, or nothing answers."""


class NeuroMorphoRedirectError(NeuroMorphoHTTPError):
    """The server points to a host that is not its own, or away from https."""


class NeuroMorphoAnswerError(NeuroMorphoError):
    """An answer is not what was asked for: broken JSON, another kind of file, cut short."""


class NeuroMorphoTooLargeError(NeuroMorphoAnswerError):
    """An answer is longer than anything that the archive holds; it was not read to its end."""


class NeuroMorphoQueryError(NeuroMorphoError, ValueError):
    """A query cannot be asked: an unknown field, a broken query file."""


class NeuroMorphoStorageError(NeuroMorphoError):
    """The disk is full, or a folder may not be written; nothing half-written was left."""

    def __init__(self, message: str, *, path: Path, url: str = "") -> None:
        super().__init__(message, url=url)
        self.path = path


class NeuroMorphoCacheError(NeuroMorphoError):
    """An entry of the cache or the library is damaged; `verify` and `repair` name and mend it."""

    def __init__(self, message: str, *, path: Path, url: str = "") -> None:
        super().__init__(message, url=url)
        self.path = path


class NeuroMorphoCancelled(NeuroMorphoError):
    """The caller cancelled; what had landed stays."""
