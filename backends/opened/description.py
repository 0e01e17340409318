"""`describe_model`: what a user sees of a model before it runs: its scripts with a line on each, and its readme."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from backends.errors import SourceError
from backends.opened.folder import chosen_entry, model_folder, readme_of

_READ_BYTES = 16 << 10
_MOST_LINES = 20
_LONGEST = 120
_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[a-z/!][^>]*>", re.IGNORECASE | re.DOTALL)
_HTML = re.compile(r"\s*(<!doctype html|<html|<head|<body|<pre)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EntryScript:
    """A script that a model can be opened with.

    Attributes
    ----------
    name : str
        Its path below the folder, with ``/``.
    summary : str
        Its first comment, in one line; "" for none.
    """

    name: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What a model has to open.

    Attributes
    ----------
    folder : Path
    entries : tuple of EntryScript
        At least one.
    default : str or None
        The script that is meant where nobody chooses; None where it must be chosen.
    readme : str
        The text of its readme, of HTML without marks; "" where it has none.
    """

    folder: Path
    entries: tuple[EntryScript, ...]
    default: str | None
    readme: str = ""

    @property
    def title(self) -> str:
        """The first line of the readme that says something, shortened; "" without a readme."""
        lines = (line.strip(" \t#=-*~_/") for line in self.readme.splitlines())
        return _shortened(next((line for line in lines if line), ""))


def describe_model(path: Path) -> ModelDescription:
    """Return what can be opened in a folder; of a file, the file itself and the readme beside it.

    Raises
    ------
    SourceError
        ``no-entry-script``, or ``not-readable``.
    """
    is_folder = path.is_dir()
    folder = path if is_folder else path.parent
    try:
        found = model_folder(folder) if is_folder else None
        names = (path.name,) if found is None else found.entries
        if not names:
            chosen_entry(folder, None)  # says what is missing
        default = path.name if found is None else found.default
        entries = tuple(EntryScript(each, summary_of(folder / each)) for each in names)
        readme = readme_of(folder)
    except OSError as error:
        raise SourceError(
            f"{path} cannot be read: {error.strerror}.", code="not-readable", hint="choose-file"
        ) from error
    return ModelDescription(folder, entries, default, _without_markup(readme))


def summary_of(script: Path) -> str:
    """Return the first comment of a script, in one line; "" where it begins with code."""
    with script.open("rb") as file:
        text = file.read(_READ_BYTES).decode("utf-8", "replace")
    for line in text.splitlines()[:_MOST_LINES]:
        begin = line.strip()
        words = begin.strip("/*#\"'{}-=! \t")
        if begin.startswith("#!") or (begin and not words) or "load_" in begin or not begin:
            continue
        is_comment = begin.startswith(("//", "/*", "*", "#", '"""', "'''"))
        return _shortened(words) if is_comment else ""
    return ""


def _without_markup(text: str) -> str:
    if not _HTML.match(text):
        return text
    lines = (line.strip() for line in unescape(_MARKUP.sub("", text)).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
