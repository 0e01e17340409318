"""The sources of mechanisms: which `.mod` files a folder has, what they include, and the digest of all of it."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from backends.mechanisms.errors import MechanismError
from backends.mechanisms.text import without_comments

FOLDER_NAMES = ("mod", "mods", "modfiles", "nmodl", "mechanism", "mechanisms")
"""Where models keep their `.mod` files; written in lower or upper case, with spaces or _ in them."""
BUILD_FOLDERS = (
    "x86_64",
    "arm64",
    "aarch64",
    "i686",
    "powerpc",
    "umac",
    "__pycache__",
    "node_modules",
)
MAX_DEPTH = 4
MAX_FOLDERS = 400
MAX_FILES = 500
MAX_BYTES = 8 << 20  # of one source
_INCLUDED = re.compile(rb'^\s*(?:INCLUDE|#\s*include)\s*"([^"\n]+)"', re.MULTILINE)
_NAMED = re.compile(r"\b(?:SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+(\w+)")


@dataclass(frozen=True)
class ModSource:
    """One `.mod` file, or a file that one includes, as it was read.

    Attributes
    ----------
    path : Path
    place : str
        Where it is copied to below the folder of the build: the relations between files stay.
    content : bytes
    """

    path: Path
    place: str
    content: bytes

    @property
    def is_mod(self) -> bool:
        """Whether it is compiled, and not only included."""
        return self.path.suffix == ".mod"

    @cached_property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.content.decode("utf-8", "replace").splitlines()

    @property
    def mechanism(self) -> str:
        """The name that NEURON gives it: of SUFFIX, POINT_PROCESS or ARTIFICIAL_CELL; "" where there is none."""
        found = _NAMED.search("\n".join(without_comments(self.lines)))
        name = found.group(1) if found else ""
        return "" if name == "nothing" else name


def find_mod_files(
    folder: Path, *, beside: Path | None = None, deep: bool = True
) -> tuple[Path, ...]:
    """Return the `.mod` files of a model's folder, sorted.

    These are the ones in the folder and in its ``mod``, ``mechanisms`` … folders, and those of the script that begins
    the model, which may lie in a sub-folder together with other models. Only where there are none, all
    sub-folders are searched, at most `MAX_DEPTH` deep and `MAX_FOLDERS` of them; hidden folders and those that
    nrnivmodl has made are not.

    Parameters
    ----------
    folder : Path
    beside : Path or None
        The folder of the model's script.
    deep : bool
        Whether other sub-folders may be searched at all.

    Raises
    ------
    MechanismError
        ``too-many-mechanisms``: more than `MAX_FILES`.
    """
    folder = Path(folder).resolve()
    near = dict.fromkeys(
        place for each in (folder, beside or folder) for place in _near(Path(each).resolve())
    )
    found = [file for each in near for file in _mod_files_in(each)]
    waiting = deque((each, 1) for each in folders_in(folder)) if deep and not found else deque()
    n_folders = 0
    while waiting and n_folders < MAX_FOLDERS:
        present, depth = waiting.popleft()
        n_folders += 1
        found += _mod_files_in(present)
        if depth < MAX_DEPTH:
            waiting.extend((each, depth + 1) for each in folders_in(present))
    if len(found) > MAX_FILES:
        raise MechanismError(
            f"{folder} has more than {MAX_FILES} .mod files: open the folder of one model.",
            code="too-many-mechanisms",
            hint="choose-file",
        )
    return tuple(sorted(found))


def _near(folder: Path) -> list[Path]:
    """Return a folder, and those in it that are named as folders of mechanisms are."""
    named = [
        each
        for each in folders_in(folder)
        if re.sub(r"[\s_-]", "", each.name.lower()) in FOLDER_NAMES
    ]
    return [folder, *named]


def _mod_files_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [
                each.name
                for each in entries
                if each.name.endswith(".mod") and not each.name.startswith(".") and each.is_file()
            ]
    except OSError:  # a folder that may not be read has nothing to offer
        return []
    return [folder / name for name in names]


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder, without hidden ones and those that nrnivmodl has made."""
    try:
        with os.scandir(folder) as entries:
            names = [
                each.name
                for each in entries
                if not each.name.startswith(".")
                and each.name not in BUILD_FOLDERS
                and each.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]


def read_sources(files: Sequence[Path]) -> tuple[ModSource, ...]:
    """Return the files and what they include, each once; a copy of a file in another folder is left out.

    Raises
    ------
    MechanismError
        ``unreadable-mod``: a file cannot be read, or is too large.
    """
    paths = [Path(each).resolve() for each in files]
    root = Path(os.path.commonpath([each.parent for each in paths])) if paths else Path()
    found: dict[Path, ModSource] = {}
    copies: set[tuple[str, bytes]] = set()
    for path in paths:
        source = _read(path, root)
        copy = (path.name, source.content)
        if copy not in copies:
            copies.add(copy)
            found[path] = source
    waiting = deque(found.values())
    while waiting:
        source = waiting.popleft()
        for name in _INCLUDED.findall(source.content):
            path = (source.path.parent / os.fsdecode(name)).resolve()
            if path not in found and path.is_relative_to(root) and path.is_file():
                found[path] = _read(path, root)
                waiting.append(found[path])
    return tuple(found.values())


def _read(path: Path, root: Path) -> ModSource:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise MechanismError(
                f"{path} is larger than {MAX_BYTES >> 20} MiB, which no source of a mechanism is: "
                "remove it from the folder.",
                code="unreadable-mod",
                file=str(path),
            )
        content = path.read_bytes()
    except OSError as error:
        raise MechanismError(
            f"{path} cannot be read ({error.strerror}): give yourself the permission, or remove it.",
            code="unreadable-mod",
            file=str(path),
        ) from error
    return ModSource(path, path.relative_to(root).as_posix(), content)


def digest_of(files: Sequence[Path], neuron_version: str) -> str:
    """Return the digest of `.mod` files, of all that they include, of NEURON, and of the machine's kind.

    Parameters
    ----------
    neuron_version : str
        See `tools.neuron_version`.

    Raises
    ------
    MechanismError
        If a file cannot be read.
    """
    return digest_of_sources(read_sources(files), neuron_version)


def digest_of_sources(sources: Iterable[ModSource], neuron_version: str) -> str:
    """Return the digest of sources that were read; see `digest_of`."""
    digest = sha256()
    python = ".".join(map(str, sys.version_info[:2]))
    digest.update(repr((neuron_version, python, sys.platform, platform.machine())).encode())
    for source in sorted(sources, key=lambda each: each.place):
        digest.update(f"{source.place} {len(source.content)}\n".encode())
        digest.update(source.content)
    return digest.hexdigest()[:32]
