"""Downloads and writes files: each is complete, of the right kind and hashed, or not there at all.

A file is written under a unique temporary name in its folder, locked, checked, synced to the disk, and then moved to
its name. After any error the temporary file is removed and the file that was there before stays. That of a killed
process stays, unlocked, until `sweep_parts`.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from neuromorpho.errors import (
    NeuroMorphoAnswerError,
    NeuroMorphoError,
    NeuroMorphoHTTPError,
    NeuroMorphoStorageError,
    resource_of,
    storage_code,
)
from neuromorpho.http.failures import RetryableError, error_of_html, is_html
from neuromorpho.http.transport import ResponseBody, Transport
from neuromorpho.records.decode import raise_for_error_body

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FileKind = Literal["swc", "original", "image", "text"]
MAX_FILE_BYTES = 1024**3
MAX_IMAGE_BYTES = 64 * 1024**2
PART_SUFFIX = ".part"
_BOM = "\xef\xbb\xbf"
_OLD_PART_S = 24 * 3600.0
_SWC_COLUMNS = 7
_IMAGES = {b"\x89PNG\r\n\x1a\n": "PNG", b"GIF8": "GIF", b"\xff\xd8\xff": "JPEG"}
_NEVER_TEXT = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"%PDF": "PDF", **_IMAGES}
_LONGEST_LINE = 64 * 1024
_START_BYTES = 4096
_PART = re.compile(rf"\..+\.[0-9a-f]{{12}}{re.escape(PART_SUFFIX)}", re.S)


@dataclass(frozen=True)
class StoredFile:
    """A downloaded file.

    Attributes
    ----------
    size : int
        Bytes.
    sha256 : str
        64 hexadecimal digits.
    """

    path: Path
    size: int
    sha256: str


def fetch_file(
    transport: Transport,
    url: str,
    path: Path,
    *,
    kind: FileKind,
    progress: Callable[[int, int | None], None] | None = None,
) -> StoredFile:
    """Download a file.

    Parameters
    ----------
    path
        Where to write it; the folder is created.
    kind
        What it must be: ``"swc"`` has at least one line of seven numbers and does not end in the middle
        of one, ``"image"`` is a PNG, GIF or JPEG, ``"original"`` and ``"text"`` are not web pages. An
        empty file is of no kind.
    progress
        Called with the bytes so far and in all (None if unknown).

    Raises
    ------
    NeuroMorphoAnswerError
        The file is cut short, empty, too long or of another kind.
    NeuroMorphoStorageError
        The disk is full, or the folder cannot be written.
    NeuroMorphoError
        It could not be downloaded; see `Transport.json`.
    """

    def consume(body: ResponseBody) -> StoredFile:
        with atomic_file(path, url=url) as (part, file):
            digest, size = hashlib.sha256(), 0
            for chunk in body.chunks:
                with storage_errors(path, url):
                    file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                if progress is not None:
                    progress(size, body.length)
            if body.length is not None and size != body.length:
                raise RetryableError(_cut_short(url, f"after {size} of {body.length} bytes"))
            with storage_errors(path, url):
                file.flush()
                _check_kind(part, kind, url)
        return StoredFile(path, size, digest.hexdigest())

    with storage_errors(path, url):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            path.lstat()  # an invalid name is an error before any request
    limit = MAX_IMAGE_BYTES if kind == "image" else MAX_FILE_BYTES
    return transport.read(url, consume, max_bytes=limit)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file completely or not at all; its folder is created.

    Raises
    ------
    NeuroMorphoStorageError
        The disk is full, or the folder cannot be written; the file that was there stays.
    """
    with atomic_file(path) as (_, file), storage_errors(path):
        file.write(data)


def sweep_parts(folder: Path, *, name: str | None = None) -> int:
    """Remove what `abandoned_parts` yields; return how many there were."""
    n_removed = 0
    for path in abandoned_parts(folder, name=name):
        with suppress(OSError):
            path.unlink()
            n_removed += 1
    return n_removed


def abandoned_parts(folder: Path, *, name: str | None = None) -> Iterator[Path]:
    """Yield the temporary files of processes that were killed, each locked until the next one.

    Parameters
    ----------
    name
        Only those of this file in the folder; by default all, those in its subfolders too.
    """
    start = f".{glob.escape(_shortened(name))}." if name else "**/."
    for path in folder.glob(f"{start}*{PART_SUFFIX}"):
        if _PART.fullmatch(path.name):
            with suppress(OSError):
                status = path.lstat()
                if not stat.S_ISREG(status.st_mode):
                    continue
                with path.open("r+b") as file:
                    is_locked = _lock(file)
                    if is_locked is None:
                        is_locked = time.time() - status.st_mtime > _OLD_PART_S
                    if is_locked:
                        yield path


def _lock(file: IO[Any]) -> bool | None:
    """Lock a file until it is closed; return False if another process has, None where there are no locks.

    The system releases the lock when the process ends, however it ends. Windows needs none: it removes no open file.
    """
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network disks
        return None
    return True


def swc_rows(path: Path) -> tuple[int, int]:
    """Return how many lines of a file are SWC samples, and how many others are not comments."""
    n_rows = n_odd = 0
    with path.open(encoding="latin-1") as file:  # also reads the line ends of old Macs
        while line := file.readline(_LONGEST_LINE):
            text = line.removeprefix(_BOM).strip()
            if not text or text.startswith("#"):
                continue
            if _is_sample(text):
                n_rows += 1
            else:
                n_odd += 1
    return n_rows, n_odd


def _is_sample(line: str) -> bool:
    columns = line.replace(",", " ").replace(";", " ").split()[:_SWC_COLUMNS]
    if len(columns) < _SWC_COLUMNS or line[0] in ",;":
        return False
    try:
        list(map(float, columns))
    except ValueError:
        return False
    return True


def _check_kind(path: Path, kind: FileKind, url: str) -> None:
    """Raise an error if a file is not of its kind."""
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    is_complete = len(start) < _START_BYTES
    if is_complete and not start.strip(b"\x00 \t\r\n"):
        raise RetryableError(
            NeuroMorphoAnswerError(
                f"{resource_of(url)} is empty; nothing was saved. Try again later.",
                code="empty",
                url=url,
            )
        )
    if is_html(start):
        raise RetryableError(error_of_html(start, url, "a file"))
    if is_complete and start.lstrip().startswith(b"{"):
        _raise_error_message(start, url)
    if kind == "image" and not start.startswith(tuple(_IMAGES)):
        raise _wrong_kind(url, "a picture", "something else")
    if kind != "swc":
        return
    for signature, name in _NEVER_TEXT.items():
        if start.startswith(signature):
            raise _wrong_kind(url, "an SWC file", f"a {name} file")
    n_rows, n_odd = swc_rows(path)
    if not n_rows:
        raise _wrong_kind(url, "an SWC file", "a file without one line of seven numbers")
    if n_odd and _ends_midway(path):
        raise RetryableError(_cut_short(url, "in the middle of a line"))


def _raise_error_message(text: bytes, url: str) -> None:
    """Raise the server's error message, if that is what came instead of a file."""
    try:
        raise_for_error_body(json.loads(text), url)
    except (NeuroMorphoHTTPError, NeuroMorphoAnswerError) as error:
        raise RetryableError(error) from None
    except (ValueError, RecursionError):  # not JSON, so not an error message
        return


def _wrong_kind(url: str, wanted: str, found: str) -> NeuroMorphoAnswerError:
    return NeuroMorphoAnswerError(
        f"{resource_of(url)} is {found} instead of {wanted}; nothing was saved. Please report this if it persists.",
        code="wrong-kind",
        hint="report",
        url=url,
    )


def _ends_midway(path: Path) -> bool:
    """Return whether the last line of an SWC is an incomplete sample: the file was cut short."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _START_BYTES))
        tail = file.read()
    last = re.split(rb"[\r\n]", tail)[-1].strip(b"\x00\x1a \t").decode("latin-1")
    return last[:1].isdigit() and not _is_sample(last)


def _cut_short(url: str, where: str) -> NeuroMorphoAnswerError:
    return NeuroMorphoAnswerError(
        f"{resource_of(url)} was cut short {where}; nothing was saved. Try again later.",
        code="cut-short",
        url=url,
    )


@contextmanager
def atomic_file(
    path: Path, mode: str = "xb", *, url: str = "", **options: Any
) -> Iterator[tuple[Path, IO[Any]]]:
    """Yield a temporary file, which gets its name at the end, and its path; after an error it is removed.

    Parameters
    ----------
    mode, options
        See `open`.
    url
        Where the content is from, for the error.
    """
    with storage_errors(path, url):
        path.parent.mkdir(parents=True, exist_ok=True)
        part, file = _open_part(path, mode, options)
    try:
        yield part, file
        with storage_errors(path, url):
            file.flush()
            os.fsync(file.fileno())
            if (
                os.name == "nt"
            ):  # which moves no open file; elsewhere the lock is held until the end
                file.close()
            os.replace(part, path)
            _sync_folder(path.parent)
    finally:
        with suppress(OSError):  # on a full disk the buffered bytes are not needed
            file.close()
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _open_part(path: Path, mode: str, options: Mapping[str, Any]) -> tuple[Path, IO[Any]]:
    """Open and lock a new temporary file for a path; again if a sweep took it before it was locked."""
    while True:
        part = path.with_name(f".{_shortened(path.name)}.{secrets.token_hex(6)}{PART_SUFFIX}")
        file = part.open(mode, **options)
        if _lock(file) is not False and part.exists():
            return part, file
        file.close()


def _shortened(name: str) -> str:
    """Return the beginning of a name, so that the temporary name is not too long for a disk."""
    return name.encode("utf-8", "ignore")[:80].decode("utf-8", "ignore")


def _sync_folder(folder: Path) -> None:
    """Make a move survive a crash of the machine, where the system supports that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def storage_errors(path: Path, url: str = "") -> Iterator[None]:
    """Translate errors of the disk into `NeuroMorphoStorageError`, which names the path."""
    try:
        yield
    except NeuroMorphoError:  # a query error is a ValueError too
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in a name
        reason = getattr(error, "strerror", None) or str(error)
        raise NeuroMorphoStorageError(
            f"{path} cannot be written ({reason}); no incomplete file was left. Free some space, or "
            "choose another folder.",
            path=path,
            code=storage_code(error),
            url=url,
        ) from error
