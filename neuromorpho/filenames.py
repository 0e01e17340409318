"""Safe names of files and folders from the archive's names, none of which is trusted as a path."""

from __future__ import annotations

import errno
import hashlib
import re
import unicodedata
from pathlib import Path

from neuromorpho.errors import NeuroMorphoStorageError

LONGEST = 120
_ORDINALS = "123456789¹²³"
_RESERVED = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"}
    | {f"{port}{ordinal}" for port in ("COM", "LPT") for ordinal in f"0{_ORDINALS}"}
)
_UNPORTABLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNPORTABLE = frozenset('<>:"/\\|?*')


def safe_filename(name: str) -> str:
    """Return a name in plain ASCII: ``Type A/10 (mouse)`` becomes ``Type_A_10_mouse``.

    Different names may become equal: this is for files inside a folder that is named by the neuron's id;
    elsewhere use `portable_name`. A name that Windows reserves, or of more than 120 characters, gets a
    short hash.
    """
    text = re.sub(r"[^A-Za-z0-9._-]+", "_", name)
    text = re.sub(r"\.\.+", "_", text).strip("._") or "neuromorpho_neuron"
    if is_reserved(text):
        return f"neuron_{text}"[: LONGEST - 9] + f"_{_digest(name)}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 9]}_{_digest(name)}"


def portable_name(text: str, *, limit: int = LONGEST) -> str:
    """Return a text as one path component that is valid on Windows, macOS and Linux.

    A valid text is returned unchanged (in Unicode's composed form). Any other loses its separators,
    control and invisible characters, dots and blanks at its ends, and gets a hash of the original text,
    so that different texts get different names.

    Parameters
    ----------
    text
        Any text.
    limit
        The longest name, in bytes of UTF-8; at least 24.
    """
    if limit < 24:
        raise ValueError(f"A name needs 24 bytes at least, not {limit}.")
    text = unicodedata.normalize("NFC", text)
    name = "".join(_portable(character) for character in text).strip(". ")
    if is_reserved(name):
        name = f"_{name}"
    if name == text and name and len(name.encode()) <= limit:
        return name
    shortened = (name or "unnamed").encode()[: limit - 9].decode(errors="ignore")
    return f"{shortened}-{_digest(text)}"


def inside(root: str | Path, path: str | Path) -> Path:
    """Return the resolved path of something inside a folder; links are followed first.

    Raises
    ------
    NeuroMorphoStorageError
        It is outside the folder, or not a valid path.
    """
    root, path = Path(root).expanduser(), Path(path)
    cause = None
    try:
        folder = root.resolve()
        found = _resolved(folder / path)
        if found.is_relative_to(folder):
            return found
        problem = f"{path} is outside {root}; nothing is written or removed there."
    except (OSError, RuntimeError, ValueError) as error:
        problem, cause = f"{str(path)!r} cannot be a path in {root}: {error}.", error
    raise NeuroMorphoStorageError(problem, path=path, code="invalid-path", hint="") from cause


def _resolved(path: Path) -> Path:
    """Return a path with its links followed; an OSError where they go round, which Python 3.13 leaves out."""
    found = path.resolve()
    try:
        found.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise
    return found


def is_reserved(name: str) -> bool:
    """Return whether Windows reserves a name for a device, with any ending: ``con.CNG.swc``."""
    return name.split(".", 1)[0].rstrip(" ").upper() in _RESERVED


def _portable(character: str) -> str:
    category = unicodedata.category(character)
    unportable = category in _UNPORTABLE_CATEGORIES or (category == "Zs" and character != " ")
    return "_" if unportable or character in _UNPORTABLE else character


def _digest(text: str) -> str:
    """Return eight hexadecimal digits of a text's hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
