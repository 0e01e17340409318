"""What can be opened in a model's folder: the scripts that begin it, and its readme. No simulator."""

from __future__ import annotations

import ast
import fnmatch
import re
from dataclasses import dataclass
from pathlib import Path

from backends.errors import SourceError

FIRST_ENTRY = "mosinit.hoc"
_USUAL = ("init.hoc", "main.hoc", "*.ses", "run*.py")
_SUFFIXES = (".hoc", ".oc", ".ses", ".py")
_README = re.compile(r"read[-_ ]?me", re.IGNORECASE)
_README_CHARACTERS = 20_000
_OURS = ("somascope", "compneurovis", "backends", "app")
_MOST_SCRIPTS = 200
_MOST_LISTED = 2_000
_LARGEST_SCRIPT = 4 << 20


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder with a model.

    Attributes
    ----------
    folder : Path
    entries : tuple of str
        The scripts that can begin the model, relative to the folder, the usual names first: ``"mosinit.hoc"``.
    default : str or None
        The one that is meant where nothing is said; None where it must be chosen.
    """

    folder: Path
    entries: tuple[str, ...]
    default: str | None


def model_folder(folder: Path) -> ModelFolder:
    """Return what can be opened in a folder.

    ``mosinit.hoc`` is the beginning of a model where there is one. Else it is one of ``init.hoc``, ``main.hoc``,
    ``*.ses`` and ``run*.py``; where there is none of these, any `.hoc` file, or script in Python that runs
    NEURON; where there is none either, those of the folders in it.
    """
    top = _files_of(folder)
    usual = [name for pattern in _USUAL for name in top if fnmatch.fnmatch(name.lower(), pattern)]
    usual = [name for name in usual if not name.endswith(".py") or builds_a_model(folder / name)]
    first = [name for name in top if name.lower() == FIRST_ENTRY]
    if first or usual:
        entries = tuple(dict.fromkeys((*first, *usual)))
        return ModelFolder(folder, entries, entries[0] if first or len(entries) == 1 else None)
    entries = _other_entries(folder, top)
    return ModelFolder(folder, entries, entries[0] if len(entries) == 1 else None)


def _files_of(folder: Path) -> list[str]:
    try:
        found = [each.name for each in folder.iterdir() if each.suffix.lower() in _SUFFIXES]
    except OSError:  # not ours to read
        return []
    names = [name for name in found if not name.startswith(".") and (folder / name).is_file()]
    return sorted(names)[:_MOST_SCRIPTS]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())[:_MOST_LISTED]
    except OSError:
        return []


def _other_entries(folder: Path, top: list[str]) -> tuple[str, ...]:
    """Return all scripts of a folder; where there are none, the entries of the folders in it."""
    own = [name for name in top if not name.endswith(".py") or builds_a_model(folder / name)]
    if own:
        return tuple(own)
    below = []
    for each in _listed(folder):
        if each.is_dir() and not each.name.startswith(".") and not each.is_symlink():
            names = _files_of(each)
            usual = [n for n in names if n.lower() == FIRST_ENTRY] or [
                n for pattern in _USUAL for n in names if fnmatch.fnmatch(n.lower(), pattern)
            ]
            below += [f"{each.name}/{name}" for name in dict.fromkeys(usual)]
    return tuple(below)


def chosen_entry(folder: Path, chosen: str | None) -> str:
    """Return the script that begins the model of a folder, relative to it.

    Raises
    ------
    SourceError
        ``no-entry-script``, ``several-entries`` with their names in its details, one a line, or ``not-found``.
    """
    if chosen is not None:
        path = folder / chosen
        if not path.is_file() or folder.resolve() not in path.resolve().parents:
            raise SourceError(
                f"There is no file {chosen} in {folder}; check its name.",
                code="not-found",
                hint="choose-file",
            )
        return chosen
    found = model_folder(folder)
    if not found.entries:
        raise SourceError(
            f"{folder} has no NEURON model: no mosinit.hoc, no other .hoc or .ses file and no script in Python "
            "that runs NEURON; open the folder that has them.",
            code="no-entry-script",
            hint="choose-file",
        )
    if found.default is None:
        shown = ", ".join(found.entries[:8]) + (" …" if len(found.entries) > 8 else "")
        raise SourceError(
            f"{folder.name} has several scripts that can begin the model ({shown}); choose one, for example "
            f"{folder.name}:{found.entries[0]}.",
            "\n".join(found.entries),
            code="several-entries",
            hint="choose-file",
        )
    return found.default


def readme_of(folder: Path) -> str:
    """Return the text of a folder's readme, at most 20,000 characters of it; "" where there is none."""
    for each in _listed(folder):
        if _README.match(each.name) and each.suffix.lower() in ("", ".txt", ".md", ".rst", ".html"):
            try:
                with each.open(encoding="utf-8", errors="replace") as file:
                    return file.read(_README_CHARACTERS)
            except OSError:
                continue
    return ""


def builds_a_model(path: Path) -> bool:
    """Whether a script in Python runs NEURON by itself: it imports NEURON, not us, and calls something at top level."""
    try:
        if path.stat().st_size > _LARGEST_SCRIPT:
            return False
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    imported = {name.partition(".")[0] for name in _imports(tree)}
    if "neuron" not in imported or imported.intersection(_OURS):
        return False
    return any(_does_something(statement) for statement in tree.body)


def _imports(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def _does_something(statement: ast.stmt) -> bool:
    """Whether a statement at top level makes a section, loads a file or runs: not a definition or an import."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return False
    return any(isinstance(node, ast.Call) for node in ast.walk(statement))
