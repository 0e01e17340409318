"""What a user may write to name a source, and the checks of it."""

from __future__ import annotations

import re
from pathlib import Path

from backends.errors import SourceError
from backends.opened.folder import builds_a_model, chosen_entry, model_folder
from backends.replay.files import RECORDING_SUFFIXES

DEMO = "demo"

MODEL_SUFFIXES = (".hoc", ".oc", ".ses", ".zip")
"""Of files that are NEURON models, opened with their own scripts."""

OPENABLE_SUFFIXES = (".swc", ".py", *MODEL_SUFFIXES, *RECORDING_SUFFIXES)
"""Of files that a source can be."""

_MOST_SHOWN = 80

_WHAT_OPENS = (
    "open an .swc file, a .py file, a NEURON model (its folder, .hoc, .ses or .zip), a recording "
    "(.npz, .h5), a bundled cell by its name, or a cell of NeuroMorpho.Org by its id (NMO_00001)"
)

BARE_NAME = re.compile(r"[\w -]+")

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)

NMO_ID = re.compile(r"NMO_?(\d+)", re.IGNORECASE | re.ASCII)

_MOST_DIGITS = 9

_SCRIPT = re.compile(r".*\.py(:.*)?", re.IGNORECASE | re.DOTALL)


def checked_id(text: str, digits: str) -> str:
    """Return an id of the archive as it is written there, ``"NMO_00001"``."""
    number = int(digits) if len(digits) <= _MOST_DIGITS else 0
    if number < 1:
        raise SourceError(
            f"{_short(text)} is not an id of NeuroMorpho.Org; an id looks like NMO_00001.",
            code="bad-archive-id",
        )
    return f"NMO_{number:05d}"


def check_precision(text: str, backend: str | None, precision: str | None) -> None:
    """Raise SourceError if a cell shall be computed in float32 but not on Jaxley; a script sets its own."""
    if precision == "float32" and backend != "jaxley" and not _SCRIPT.fullmatch(text.strip()):
        raise SourceError(
            "NEURON always computes in float64; choose Jaxley to compute in float32.",
            code="float32-on-neuron",
            hint="use-jaxley",
        )


def split_class(text: str) -> tuple[str, str | None]:
    """Split ``my_session.py:Class``; the colon after a drive letter is not a separator."""
    head, colon, tail = text.rpartition(":")
    if not colon or not head.lower().endswith(".py"):
        return text, None
    if not tail.isidentifier():
        raise SourceError(
            f"{tail!r} is not a class name; write {head}:ClassName, or {head} alone.",
            code="bad-class-name",
        )
    return head, tail


def split_entry(text: str) -> tuple[str, str]:
    """Split ``folder:demo.hoc``, which chooses a script of a model; "" where none is chosen."""
    head, colon, tail = text.rpartition(":")
    if colon and head and tail:
        place = Path(head).expanduser()
        if place.is_dir() or place.suffix.lower() == ".zip":
            return head, tail
    return text, ""


def is_model(path: Path) -> bool:
    """Whether a folder or file is a NEURON model that is opened with its own scripts."""
    if path.is_dir() or path.suffix.lower() in MODEL_SUFFIXES:
        return True
    return path.suffix.lower() == ".py" and builds_a_model(path)


def check_has_entry(folder: Path) -> None:
    """Raise SourceError if a folder has no script that can begin a model."""
    if not model_folder(folder).entries:
        chosen_entry(folder, None)


def checked_file(text: str) -> Path:
    """Return the absolute path of a file, or of a model's folder, that can be opened, or raise SourceError with the reason."""
    if not text:
        raise SourceError(
            f"No cell was given; {_WHAT_OPENS}.", code="no-source", hint="choose-file"
        )
    if _ADDRESS.match(text):
        raise SourceError(
            f"{text} is an address; download the file and open that.",
            code="is-address",
            hint="choose-file",
        )
    path = _absolute(text)
    if path.suffix.lower() == ".somascope":
        raise SourceError(
            f"{path.name} is a project, and projects cannot be opened yet; {_WHAT_OPENS}.",
            code="is-project",
            hint="choose-file",
        )
    _check_exists(text, path)
    _check_kind(path)
    return path


def _check_exists(text: str, path: Path) -> None:
    """Raise SourceError if there is no file or folder of this name."""
    if BARE_NAME.fullmatch(text) and not path.exists():
        names = ", ".join([*bundled_names(), DEMO])
        raise SourceError(
            f"There is no file and no bundled cell {text!r}; bundled are {names}.",
            code="not-found",
            hint="choose-file",
        )
    if not path.exists():
        raise SourceError(
            f"There is no file {path}; check its name and its folder.",
            code="not-found",
            hint="choose-file",
        )


def _check_kind(path: Path) -> None:
    """Raise SourceError if this is not a file of a kind that can be opened."""
    if path.is_dir():
        return  # of a model
    if path.suffix.lower() not in OPENABLE_SUFFIXES:
        kind = path.suffix or "no suffix"
        raise SourceError(
            f"{path.name} ({kind}) is not a kind of file that can be opened; {_WHAT_OPENS}.",
            code="unknown-file-kind",
            hint="choose-file",
        )
    if not path.is_file():
        raise SourceError(
            f"{path.name} is not a regular file but a pipe, socket or device.",
            code="not-a-file",
            hint="choose-file",
        )


def _absolute(text: str) -> Path:
    """Return the absolute path that a text means; SourceError if it cannot be a path."""
    try:
        path = Path(text).expanduser().absolute()
        path.stat()
    except FileNotFoundError:
        return path
    except (OSError, RuntimeError, ValueError) as error:  # a name too long, no such ~user, a NUL
        shown = _short(text)
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise SourceError(
            f"{shown!r} cannot be opened: {reason}.", code="not-readable", hint="choose-file"
        ) from error
    return path


def _short(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def bundled_names() -> tuple[str, ...]:
    from resources import bundled

    return tuple(cell.name for cell in bundled())
