"""`unpack_model`: the folder of a zip archive as ModelDB serves them, unpacked once into the user's cache.

Nothing in an archive is trusted: every name is checked before anything is written, and the number of files, their size
and how far they are compressed have limits. A folder that has its final name is complete.
"""

from __future__ import annotations

import contextlib
import shutil
import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from backends.errors import SessionCancelled, SourceError

ARCHIVE_SUFFIX = ".zip"
_CHUNK = 1 << 20
_LONGEST_NAME = 255  # bytes, of one folder or file
_LONGEST_PATH = 1000  # bytes
_LEFT_OUT = ("__MACOSX", ".DS_Store", "Thumbs.db")
_ENCRYPTED = 0x1 | 0x40
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError)


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may have at most.

    Attributes
    ----------
    n_files : int
        Entries, folders included.
    unpacked_bytes, file_bytes : int
        Of all files together after unpacking; of the archive itself.
    ratio : float
        How many times larger the files may be than the archive; what unpacks to less than
        `free_bytes` may have any ratio.
    """

    n_files: int = 20_000
    unpacked_bytes: int = 1 << 30
    file_bytes: int = 512 << 20
    ratio: float = 100.0
    free_bytes: int = 16 << 20


DEFAULT_LIMITS = ArchiveLimits()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file to be written."""

    info: zipfile.ZipInfo
    place: PurePosixPath


def unpack_model(
    path: Path,
    *,
    report: Callable[[float], object] = lambda _share: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    limits: ArchiveLimits = DEFAULT_LIMITS,
) -> Path:
    """Return the folder with the files of an archive; one that was unpacked before is not read again.

    Parameters
    ----------
    report : callable
        Receives the share that is done, 0 … 1.
    is_cancelled : callable
        Asked between two pieces of a file.

    Raises
    ------
    SourceError
        ``archive-damaged``, ``archive-encrypted``, ``archive-name``, ``archive-too-large``,
        ``archive-method``, ``archive-empty``, or ``not-readable``.
    SessionCancelled
        If `is_cancelled` said so; nothing is left.
    """
    try:
        folder = cache_folder() / _digest(path, limits, is_cancelled)
        if not folder.is_dir():
            _unpack_beside(path, folder, report, is_cancelled, limits)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(
            f"{path.name} cannot be unpacked: {reason}.", code="not-readable", hint="choose-file"
        ) from error
    return _only_folder(next(folder.iterdir()))


def place_of_model(
    path: Path,
    *,
    report: Callable[[float], object] = lambda _share: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """Return where the files of a model are: of an archive its folder in the cache, else the path itself.

    Raises
    ------
    SourceError, SessionCancelled
        See `unpack_model`.
    """
    if path.suffix.lower() != ARCHIVE_SUFFIX or path.is_dir():
        return path
    return unpack_model(path, report=report, is_cancelled=is_cancelled)


def cache_folder() -> Path:
    """Return the folder that archives are unpacked in, each in a folder named by its digest."""
    from platformdirs import user_cache_path

    return user_cache_path("somascope", appauthor=False) / "models"


def _digest(path: Path, limits: ArchiveLimits, is_cancelled: Callable[[], bool]) -> str:
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise _too_large(path, f"has {_mib(size)}, and {_mib(limits.file_bytes)} are the limit")
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            _check_cancelled(is_cancelled)
            digest.update(chunk)
    return digest.hexdigest()[:32]


def _unpack_beside(
    path: Path,
    folder: Path,
    report: Callable[[float], object],
    is_cancelled: Callable[[], bool],
    limits: ArchiveLimits,
) -> None:
    """Unpack into a new folder, and move it to `folder` when it is complete."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        with _readable(path), zipfile.ZipFile(path) as archive:
            entries = checked_entries(path, archive, limits)
            target = beside / path.stem
            target.mkdir()
            _write(path, archive, entries, target, report, is_cancelled)
        # Another process may have been quicker with the same archive.
        with contextlib.suppress(FileExistsError, OSError):
            beside.rename(folder)
        if not folder.is_dir():
            raise OSError(f"{folder} cannot be made")
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what the zip module says of an archive that it cannot read into a sentence."""
    try:
        yield
    except NotImplementedError as error:
        raise SourceError(
            f"{path.name} uses a compression that cannot be read here; unpack it with another program, then open "
            "its folder.",
            str(error),
            code="archive-method",
            hint="choose-file",
        ) from error
    except _DAMAGE as error:
        raise SourceError(
            f"{path.name} is damaged or not a zip archive; download it again.",
            str(error),
            code="archive-damaged",
            hint="choose-file",
        ) from error


def checked_entries(
    path: Path, archive: zipfile.ZipFile, limits: ArchiveLimits
) -> tuple[_Entry, ...]:
    """Return the files of an archive, or raise SourceError for anything that is not harmless."""
    infos = archive.infolist()
    if len(infos) > limits.n_files:
        raise _too_large(path, f"has {len(infos):,} files, and {limits.n_files:,} are the limit")
    entries: list[_Entry] = []
    taken: dict[str, bool] = {}
    for info in infos:
        place = _checked_place(path, info)
        if any(part in _LEFT_OUT for part in place.parts):
            continue
        _check_kind(path, info)
        _take(path, place, info.is_dir() or info.filename.endswith("\\"), taken)
        if taken[_key(place)]:
            entries.append(_Entry(info, place))
    if not entries:
        raise SourceError(
            f"{path.name} is an archive without a file; download it again.",
            code="archive-empty",
            hint="choose-file",
        )
    _check_size(path, sum(each.info.file_size for each in entries), limits)
    return tuple(entries)


def _check_size(path: Path, n_bytes: int, limits: ArchiveLimits) -> None:
    if n_bytes > limits.unpacked_bytes:
        raise _too_large(
            path, f"unpacks to {_mib(n_bytes)}, and {_mib(limits.unpacked_bytes)} are the limit"
        )
    # The archive's size on the disk: entries that share their bytes do not count twice.
    if n_bytes > limits.free_bytes and n_bytes > limits.ratio * path.stat().st_size:
        raise _too_large(path, f"unpacks to more than {limits.ratio:g} times its size")


def _checked_place(path: Path, info: zipfile.ZipInfo) -> PurePosixPath:
    """Return where an entry goes; archives made on Windows may have backslashes."""
    name = info.orig_filename.replace("\\", "/")
    parts = name.removesuffix("/").split("/")
    is_good = (
        not any(part in ("", ".", "..") or ":" in part for part in parts)
        and not any(unicodedata.category(each) in ("Cc", "Cs") for each in name)
        and len(name.encode(errors="replace")) <= _LONGEST_PATH
        and all(len(part.encode(errors="replace")) <= _LONGEST_NAME for part in parts)
    )
    if not is_good:
        raise _bad_name(path, name, "is no name inside a folder")
    return PurePosixPath(*parts)


def _check_kind(path: Path, info: zipfile.ZipInfo) -> None:
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _bad_name(path, info.filename, "is a link or a device")
    if info.flag_bits & _ENCRYPTED:
        raise SourceError(
            f"{path.name} is encrypted; unpack it with its password, then open its folder.",
            code="archive-encrypted",
            hint="choose-file",
        )


def _take(path: Path, place: PurePosixPath, is_folder: bool, taken: dict[str, bool]) -> None:
    """Note a name (True for a file) and the folders above it; raise where two would be one file."""
    for above in list(place.parents)[:-1]:
        if taken.setdefault(_key(above), False):
            raise _bad_name(path, str(above), "is both a file and a folder")
    key = _key(place)
    if key in taken and (not is_folder or taken[key]):
        raise _bad_name(path, str(place), "is there twice, or differs only in capital letters")
    taken[key] = not is_folder


def _key(place: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", str(place)).casefold()


def _write(
    path: Path,
    archive: zipfile.ZipFile,
    entries: tuple[_Entry, ...],
    target: Path,
    report: Callable[[float], object],
    is_cancelled: Callable[[], bool],
) -> None:
    total = max(1, sum(each.info.file_size for each in entries))
    written = 0
    for entry in entries:
        file_path = target / entry.place
        file_path.parent.mkdir(parents=True, exist_ok=True)
        left = entry.info.file_size
        with archive.open(entry.info) as source, file_path.open("xb") as file:
            while chunk := source.read(_CHUNK):
                _check_cancelled(is_cancelled)
                left -= len(chunk)
                if left < 0:
                    raise _too_large(path, f"has more in {entry.place} than it says")
                file.write(chunk)
                written += len(chunk)
                report(written / total)
        _check_cancelled(is_cancelled)


def _only_folder(folder: Path) -> Path:
    """Return the folder itself, or the one in it where it has nothing else."""
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _check_cancelled(is_cancelled: Callable[[], bool]) -> None:
    if is_cancelled():
        raise SessionCancelled("Unpacking was stopped.", code="cancelled")


def _bad_name(path: Path, name: str, what: str) -> SourceError:
    shown = name if len(name) <= 80 else f"{name[:80]}…"
    return SourceError(
        f"{path.name} is not unpacked: {shown!r} in it {what}.",
        code="archive-name",
        hint="choose-file",
    )


def _too_large(path: Path, what: str) -> SourceError:
    return SourceError(
        f"{path.name} {what}; unpack it yourself, then open its folder.",
        code="archive-too-large",
        hint="choose-file",
    )


def _mib(n_bytes: int) -> str:
    return f"{n_bytes / (1 << 20):,.0f} MiB"
