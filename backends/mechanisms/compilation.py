"""`build`: the library of a model's `.mod` files, compiled where it is not saved in the user's cache.

It is compiled in a new folder and moved to its name when it is complete; its name is the digest of all that it depends
on. So an older library is never used for newer sources, and one that has its name can be loaded.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.errors import SessionCancelled
from backends.mechanisms.checks import check_names
from backends.mechanisms.diagnosis import diagnose
from backends.mechanisms.errors import MechanismError
from backends.mechanisms.running import run_supervised
from backends.mechanisms.sources import ModSource, digest_of, digest_of_sources, read_sources
from backends.mechanisms.tools import check_tools, environment_of, find_nrnivmodl, neuron_version

LIBRARY = "libnrnmech.*"
MAX_SAVED = 200
_LOCK_S = 0.1
_OLD_S = 24 * 3600.0


@dataclass(frozen=True)
class Progress:
    """How far a build is.

    Attributes
    ----------
    sentence : str
        ``"Compiling kx.mod (3 of 12)"``.
    fraction : float
        0 … 1.
    """

    sentence: str
    fraction: float


ProgressSink = Callable[[Progress], None]


def _ignore(_progress: Progress) -> None:
    pass


def _never() -> bool:
    return False


def cache_folder() -> Path:
    """Return the folder of compiled mechanisms in the user's cache."""
    from platformdirs import user_cache_path

    return user_cache_path("somascope") / "mechanisms"


def built_library(files: Sequence[Path]) -> Path | None:
    """Return the saved library of these files as they are now; None if they must be compiled.

    Raises
    ------
    MechanismError
        If a file cannot be read.
    """
    return _saved(digest_of(files, neuron_version()))


def build(
    files: Sequence[Path],
    *,
    on_progress: ProgressSink = _ignore,
    is_cancelled: Callable[[], bool] = _never,
) -> Path:
    """Return the library of `.mod` files, compiled if it is not saved.

    Parameters
    ----------
    files : sequence of Path
        See `find_mod_files`; at least one.
    on_progress : callable
        Receives each `Progress`, in this thread.
    is_cancelled : callable
        Called about ten times a second; the compiler is ended when it returns True.

    Raises
    ------
    MechanismError
        With the file and its line where there is one to blame. Nothing of the attempt remains.
    SessionCancelled
    """
    version = neuron_version()
    if not version:
        raise MechanismError(
            "The .mod files cannot be compiled, as NEURON is not installed: run pip install neuron.",
            code="neuron-missing",
            hint="install-neuron",
        )
    sources = read_sources(files)
    digest = digest_of_sources(sources, version)
    if (saved := _saved(digest)) is not None:
        return saved
    check_names(sources)
    nrnivmodl = find_nrnivmodl()
    check_tools()
    with _disk_errors(), _locked(digest, on_progress, is_cancelled):
        if (saved := _saved(digest)) is not None:  # another process has built it meanwhile
            return saved
        _prune()
        return _compile(sources, digest, nrnivmodl, on_progress, is_cancelled)


def _saved(digest: str) -> Path | None:
    found = next((cache_folder() / digest).glob(LIBRARY), None)
    if found is not None:
        with contextlib.suppress(OSError):
            os.utime(found.parent)  # the least recently used are removed first
    return found


@contextlib.contextmanager
def _disk_errors() -> Iterator[None]:
    """Raise MechanismError where the cache cannot be written."""
    try:
        yield
    except OSError as error:
        raise _disk_error(error) from error


def _disk_error(error: OSError) -> MechanismError:
    folder = cache_folder()
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(folder)
    return MechanismError(
        f"Compiled mechanisms cannot be saved in {folder} ({error.strerror or error}): give yourself the permission "
        "to write there, or set XDG_CACHE_HOME to another folder.",
        code="no-write-permission"
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        else "cache-unusable",
        hint="retry",
    )


def disk_full(folder: Path, details: str = "") -> MechanismError:
    """Return the error of a disk without space for compiled mechanisms."""
    return MechanismError(
        f"The .mod files cannot be compiled, as the disk of {folder} is full: free some space, then open the model "
        "again.",
        details,
        code="disk-full",
        hint="retry",
    )


@contextlib.contextmanager
def _locked(
    digest: str, on_progress: ProgressSink, is_cancelled: Callable[[], bool]
) -> Iterator[None]:
    """Let one process build a library; the others wait until it is there."""
    from filelock import FileLock, Timeout

    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{digest}.lock")
    while True:
        try:
            lock.acquire(timeout=_LOCK_S)
            break
        except Timeout:
            if is_cancelled():
                raise _cancelled() from None
            on_progress(Progress("Waiting for another process that compiles the mechanisms", 0.0))
    try:
        yield
    finally:
        lock.release()


def _cancelled() -> SessionCancelled:
    return SessionCancelled(
        "Compiling the mechanisms was cancelled; open the model again to compile them.",
        code="cancelled",
    )


def _compile(
    sources: Sequence[ModSource],
    digest: str,
    nrnivmodl: Path,
    on_progress: ProgressSink,
    is_cancelled: Callable[[], bool],
) -> Path:
    work = Path(tempfile.mkdtemp(prefix=".build-", dir=cache_folder()))
    try:
        folders = _copied(sources, work)
        counter = _Counter([each.path.name for each in sources if each.is_mod], on_progress)
        done = run_supervised(
            [str(nrnivmodl), *folders], work, environment_of(nrnivmodl), counter.read, is_cancelled
        )
        if done is None:
            raise _cancelled()
        library = next(work.glob(f"*/{LIBRARY}"), None)
        if "No space left on device" in done.output:
            raise disk_full(cache_folder(), done.output)
        if done.status or library is None:
            raise diagnose(done.output, done.status, sources, work)
        complete = work / "complete"
        complete.mkdir()
        os.replace(library, complete / library.name)
        final = cache_folder() / digest
        shutil.rmtree(final, ignore_errors=True)  # one whose library is gone
        os.replace(complete, final)
        return final / library.name
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _copied(sources: Sequence[ModSource], work: Path) -> list[str]:
    """Write the sources into the folder of the build; return the folders of `.mod` files, relative to it."""
    for source in sources:
        copy = work / "src" / source.place
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.content)
    return sorted({str(Path("src", each.place).parent) for each in sources if each.is_mod})


class _Counter:
    """Reads from nrnivmodl's lines how far it is: each file is first translated, then compiled."""

    def __init__(self, names: Sequence[str], on_progress: ProgressSink) -> None:
        self._stems = {Path(name).stem for name in names}
        self._n = len(self._stems)
        self._compiled = self._translated = 0.0
        self._on_progress = on_progress
        self._report("Translating the .mod files")

    def read(self, line: str) -> None:
        """Read one line of the output."""
        path = Path(line.split("\x1b[0m", 1)[-1].strip().strip('"'))
        if "NMODL" in line and path.suffix == ".mod":
            self._translated += 1
            self._report(f"Translating {path.name} ({self._translated:.0f} of {self._n})")
        elif "Compiling" in line and path.suffix == ".cpp" and path.stem in self._stems:
            self._compiled += 1
            self._report(f"Compiling {path.stem}.mod ({self._compiled:.0f} of {self._n})")
        elif "LINKING" in line and "library" in line:
            self._compiled = self._n + 0.5
            self._report("Linking the mechanisms")

    def _report(self, sentence: str) -> None:
        compiled = max(0.0, self._compiled - 0.5)  # a line is printed where a file is begun
        fraction = (0.1 * self._translated + 0.85 * compiled) / max(1, self._n)
        self._on_progress(Progress(sentence, min(1.0, fraction)))


def _prune() -> None:
    """Remove the libraries that were not used for longest, and what a build has left on a computer that went off."""
    folder = cache_folder()
    with contextlib.suppress(OSError):
        found = sorted((each.stat().st_mtime, each) for each in folder.iterdir() if each.is_dir())
        old = [
            each
            for when, each in found
            if each.name.startswith(".") and time.time() - when > _OLD_S
        ]
        saved = [each for _, each in found if not each.name.startswith(".")]
        for each in [*old, *saved[: max(0, len(saved) - MAX_SAVED)]]:
            shutil.rmtree(each, ignore_errors=True)
