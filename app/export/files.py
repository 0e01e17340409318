"""Writes files under a temporary name and moves them into place, so that none is incomplete."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an OSError that names no file, such as that of a full disk, name this one."""
    try:
        yield
    except OSError as error:
        if error.filename is None or error.filename != str(path):
            raise OSError(error.errno, error.strerror or str(error), str(path)) from error
        raise


def with_added_suffix(path: str, suffixes: Sequence[str], default: str) -> Path:
    """Return what a file dialog gave, with the suffix `default` if it has none of `suffixes`.

    Raises
    ------
    FileExistsError
        If there is such a file: the dialog has asked for another name whether to replace it.
    """
    target = Path(path)
    if target.suffix.lower() in suffixes:
        return target
    target = target.with_name(target.name + default)
    if target.exists():
        raise FileExistsError(errno.EEXIST, f"there is a file {target.name} already", str(target))
    return target


def not_written(what: str, path: Path, error: OSError | MemoryError) -> str:
    """Return in a sentence why a file was not written: ``"The picture could not be written to …: disk full."``"""
    if isinstance(error, MemoryError):
        reason, advice = "there is not enough memory", "close other programs and try again"
    else:
        reason, advice = str(error.strerror or error).rstrip("."), "choose another folder or name"
    return f"{what} could not be written to {path}: {reason[:1].lower()}{reason[1:]}; {advice}."


def check_folder(path: Path) -> None:
    """Raise OSError if no file can be written at `path`."""
    folder = path.absolute().parent
    if path.is_dir():
        raise IsADirectoryError(
            errno.EISDIR, "this is a folder; give the name of a file in it", str(path)
        )
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder; create it first", str(folder))
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except PermissionError as error:
        raise PermissionError(
            errno.EACCES, "no permission to write in this folder", str(folder)
        ) from error
    except OSError as error:
        reason = f"no file can be written in this folder ({error.strerror})"
        raise OSError(error.errno, reason, str(folder)) from error


def write_json(path: Path, document: Any) -> None:
    """Write a JSON file; it is complete or does not appear."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file; it is complete or does not appear."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file; it is complete or does not appear. OSError, which names it, if that fails."""
    with completed(path) as temporary:
        temporary.write_bytes(data)


@contextlib.contextmanager
def completed(path: Path) -> Iterator[Path]:
    """Yield a temporary path, which becomes `path` at the end; after any error, Ctrl+C too, it is removed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with naming(path):
            yield temporary
            temporary.replace(path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
