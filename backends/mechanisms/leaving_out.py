"""`build_used`: the library without the `.mod` files that cannot be compiled and that no script of the model names."""

from __future__ import annotations

import contextlib
import json
import re
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from backends.mechanisms.compilation import ProgressSink, build, cache_folder
from backends.mechanisms.errors import MechanismError
from backends.mechanisms.sources import MAX_FOLDERS, digest_of, folders_in, read_sources
from backends.mechanisms.tools import neuron_version

_PROGRAMS = (".hoc", ".ses", ".py", ".tem", ".oc")
_MOST_BYTES = 2 << 20  # of one script; what is larger is a morphology
_MOST_FILES = 2000
_RECORD = "left_out.json"
_OF_THE_FILE = ("mod-syntax", "mod-refused", "mod-undeclared", "old-verbatim")
"""Codes of errors that the same file has again whenever it is compiled."""


def build_used(
    files: Sequence[Path],
    text: str,
    *,
    on_left_out: Callable[[MechanismError], None],
    on_progress: ProgressSink,
    is_cancelled: Callable[[], bool],
) -> Path | None:
    """Return the library as `build` does, but leave out a file that fails if the scripts do without its mechanism.

    Parameters
    ----------
    text : str
        All scripts of the model; see `text_of_programs`.
    on_left_out : callable
        Receives the error of each file that is left out.

    Returns
    -------
    Path or None
        None where nothing is left.

    Raises
    ------
    MechanismError
        Of a file whose mechanism is named in `text`.
    SessionCancelled
    """
    remaining = [Path(each).resolve() for each in files]
    while remaining:
        error = _recorded(remaining)
        if error is None:
            try:
                return build(remaining, on_progress=on_progress, is_cancelled=is_cancelled)
            except MechanismError as raised:
                error = raised
                _record(remaining, raised)
        failed = (
            [each for each in remaining if str(each) == error.file] if error.file else remaining
        )
        is_of_all = not error.file and error.code != "compiler-missing"  # a full disk, for example
        if not failed or is_of_all or _is_named(failed, text):
            raise error
        if error.file:  # else there is no compiler, and the model needs none
            on_left_out(_with_consequence(error))
        remaining = [each for each in remaining if each not in failed]
    return None


def _is_named(files: Sequence[Path], text: str) -> bool:
    """Whether scripts may use what the files define; of a file without a mechanism nobody knows."""
    names = [each.mechanism for each in read_sources(files) if each.is_mod]
    return any(not name or re.search(rf"\b{name}\b", text) for name in names)


def _with_consequence(error: MechanismError) -> MechanismError:
    return MechanismError(
        f"{error.message} No script of the model names its mechanism, so it is left out.",
        error.details,
        code=error.code,
        hint=error.hint,
        file=error.file,
        line=error.line,
    )


def _record_path(files: Sequence[Path]) -> Path:
    return cache_folder() / digest_of(files, neuron_version()) / _RECORD


def _record(files: Sequence[Path], error: MechanismError) -> None:
    """Save that these files cannot be compiled, so that the next start need not try it."""
    if error.code not in _OF_THE_FILE:
        return
    fields = {"message": error.message, "code": error.code, "file": error.file, "line": error.line}
    path = _record_path(files)
    with contextlib.suppress(OSError):  # then the next start tries again
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(fields), "utf-8")


def _recorded(files: Sequence[Path]) -> MechanismError | None:
    try:
        found = json.loads(_record_path(files).read_text("utf-8"))
        error = MechanismError(
            found["message"],
            code=found["code"],
            hint="edit-mod",
            file=found["file"],
            line=found["line"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    # The same files in another folder have the same digest.
    return error if error.file in map(str, files) else None


def text_of_programs(folder: Path) -> str:
    """Return the text of all scripts in a folder and its sub-folders."""
    texts: list[str] = []
    waiting, n_folders = deque([Path(folder).resolve()]), 0
    while waiting and n_folders < MAX_FOLDERS and len(texts) < _MOST_FILES:
        present = waiting.popleft()
        n_folders += 1
        waiting.extend(folders_in(present))
        with contextlib.suppress(OSError):
            for path in present.iterdir():
                if path.suffix in _PROGRAMS and path.stat().st_size <= _MOST_BYTES:
                    texts.append(path.read_text("utf-8", "replace"))
    return "\n".join(texts)
