"""What can go wrong with NeuroMorpho.Org: one type per thing that a caller would do about it.

NeuroMorphoError              "failed"
├── NeuroMorphoRequestError   of a request, which is one of the two below
│   ├── NeuroMorphoHTTPError  "refused"; also "too-many-requests", "certificate", "invalid-address"
│   │   ├── ...NotFoundError  "not-found"
│   │   ├── ...DownError      "server-down"; "no-answer" where nothing was received
│   │   └── ...RedirectError  "redirected"
│   └── ...AnswerError        "invalid-response"; also "cut-short", "web-page", "empty"
│       └── ...TooLargeError  "too-large"
├── NeuroMorphoQueryError     "invalid-query"; also "unknown-field", "other-harvest"
├── NeuroMorphoStorageError   "not-writable"; also "disk-full", "in-use", "not-readable", "not-saved", "closed"
├── NeuroMorphoCacheError     "damaged"; also "newer-version", "not-a-library", "not-in-library"
└── NeuroMorphoCancelled      "cancelled"
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


class NeuroMorphoError(Exception):
    """Anything that went wrong between us, NeuroMorpho.Org and the disk.

    Parameters
    ----------
    message
        One sentence: the thing, the place and, where there is one, the next step. Addresses and numbers of a
        request are in `facts`, and in the traceback.
    code
        What went wrong, for programs, in stable lower-case words: "disk-full". Each class has a default.
    hint
        The next step, for programs: "use-mirror"; "" for none. The command line and the window each
        have a table of words for it.
    url
        The address that it is about, with its parameters; "" where there is none.
    """

    default_code: ClassVar[str] = "failed"
    default_hint: ClassVar[str] = ""

    def __init__(
        self, message: str, *, code: str = "", hint: str | None = None, url: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.hint = self.default_hint if hint is None else hint
        self.url = url
        if url:
            self.add_note(f"Address: {url}")

    @property
    def message(self) -> str:
        """The sentence."""
        return str(self)

    @property
    def facts(self) -> str:
        """The notes, one a line, for details below the sentence: address, status and cause of a request."""
        return "\n".join(getattr(self, "__notes__", ()))


class NeuroMorphoRequestError(NeuroMorphoError):
    """A request failed: it was refused, nothing answered, or the response is not what was requested.

    Attributes
    ----------
    status_code : int or None
        The status of a response with an error; None where the status does not say what is wrong.
    """

    def __init__(
        self,
        message: str,
        status_code: int | None = None,
        *,
        code: str = "",
        hint: str | None = None,
        url: str = "",
    ) -> None:
        super().__init__(message, code=code, hint=hint, url=url)
        self.status_code = status_code


class NeuroMorphoHTTPError(NeuroMorphoRequestError):
    """The server answered with an error, or not at all (`status` 0)."""

    default_code = "refused"

    def __init__(
        self, message: str, *, status: int, url: str, code: str = "", hint: str | None = None
    ) -> None:
        super().__init__(message, status or None, code=code, hint=hint, url=url)
        self.status = status
        if status:
            self.add_note(f"Status: {status}")


class NeuroMorphoNotFoundError(NeuroMorphoHTTPError):
    """The server has no such neuron, measurement or file (404)."""

    default_code = "not-found"

    def __init__(self, message: str, *, url: str, hint: str = "") -> None:
        super().__init__(message, status=404, url=url, hint=hint)


class NeuroMorphoDownError(NeuroMorphoHTTPError):
    """The server is down: 503, a notice in HTML, an error inside a 200, or nothing answers."""

    default_code = "server-down"
    default_hint = "use-mirror"


class NeuroMorphoRedirectError(NeuroMorphoHTTPError):
    """The server points to a host that is not its own, or away from https."""

    default_code = "redirected"
    default_hint = "report"


class NeuroMorphoAnswerError(NeuroMorphoRequestError):
    """A response is not what was requested: broken JSON, another kind of file, cut short."""

    default_code = "invalid-response"
    default_hint = "retry"


class NeuroMorphoTooLargeError(NeuroMorphoAnswerError):
    """A response is longer than anything that the archive has; the rest was not read."""

    default_code = "too-large"
    default_hint = "report"


class NeuroMorphoQueryError(NeuroMorphoError, ValueError):
    """A query cannot be sent: an unknown field, a broken query file."""

    default_code = "invalid-query"


class _PathError(NeuroMorphoError):
    """An error about a file or a folder: `path`."""

    def __init__(
        self, message: str, *, path: Path, code: str = "", hint: str | None = None, url: str = ""
    ) -> None:
        super().__init__(message, code=code, hint=hint, url=url)
        self.path = path


class NeuroMorphoStorageError(_PathError):
    """The disk is full, or a folder is not writable; no incomplete file was left."""

    default_code = "not-writable"
    default_hint = "choose-folder"


class NeuroMorphoCacheError(_PathError):
    """An entry of the cache or the library is damaged; `verify` lists these, `repair` corrects them."""

    default_code = "damaged"
    default_hint = "repair-library"


class NeuroMorphoCancelled(NeuroMorphoError):
    """The caller cancelled; completed files remain."""

    default_code = "cancelled"


def storage_code(error: BaseException) -> str:
    """Return the code of an error of the operating system: "disk-full" or "not-writable"."""
    return "disk-full" if getattr(error, "errno", None) in _FULL else "not-writable"


def os_error_text(error: OSError) -> str:
    """Return a sentence that names the file; a full disk that names none is the one of the output (``> file``)."""
    place = error.filename or ("standard output" if storage_code(error) == "disk-full" else "")
    return f"{place}{place and ': '}{error.strerror or error}."


def resource_of(url: str) -> str:
    """Return what an address is of, for a sentence: the name of a file, or the path of a request."""
    path = unquote(urlsplit(url).path).strip("/")
    return path.partition("api/")[2] or path.rpartition("/")[2] or url


def one_line(error: BaseException) -> str:
    """Return the text of an error for within a sentence."""
    return " ".join(str(error).split()).rstrip(".")
