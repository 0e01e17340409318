"""JAX and Jaxley themselves: importing them, their precision, device and compilation cache.

Importing takes about two seconds, so nothing imports them before a Jaxley session opens its model.
What XLA has compiled is kept on disk, keyed by JAX with the program's whole text: a second start of
the same cell loads it, a changed one never gets an old program.
"""

from __future__ import annotations

import contextlib
import glob
import importlib.metadata
import os
import re
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

from backends.errors import ProtocolError, SimulatorError, first_line
from backends.scripts import is_user_file, place_of as place_of

Precision = Literal["float64", "float32"]
INSTALL_LINE = "pip install jaxley"
BROKEN_REMEDY = f"run {INSTALL_LINE} --force-reinstall, or choose the NEURON backend"
CACHE_BYTES = 1 << 30
CACHE_VARIABLE = "JAX_COMPILATION_CACHE_DIR"
_CACHE_TROUBLE = re.compile(
    r"Error (?:reading|writing) persistent compilation cache entry for '([^']+)'"
)
_PROGRAM = re.compile(r".*-(?:cache|atime)|.*\.cell|\.cell-.*")


def checked_precision(precision: str) -> Precision:
    """Return `precision`, or raise ProtocolError if it is neither float64 nor float32."""
    for known in get_args(Precision):
        if precision == known:
            return precision  # type: ignore[return-value]
    raise ProtocolError(
        f"precision must be float64 or float32, not {precision!r}", code="unknown-precision"
    )


def load_jax(precision: Precision = "float64") -> Any:
    """Return the module `jax`, set to `precision` and to the compilation cache.

    Raises
    ------
    SimulatorError
        With what is missing or broken, and the line that installs it.
    """
    os.environ.setdefault("PJRT_NPROC", "1")  # XLA's threads cost a step of one cell 20 to 40 %
    with _translate_import_errors():
        import jax

        config: Any = jax.config
        set_precision(precision)
        config.update("jax_disable_jit", False)  # there is nothing to step but what is compiled
        _use_cache(config)
    _check_device(jax)
    return jax


def set_precision(precision: Precision) -> None:
    """Let JAX compute in `precision`, whatever a script has told it."""
    import jax

    config: Any = jax.config
    config.update("jax_enable_x64", precision == "float64")


def load_jaxley(precision: Precision = "float64") -> Any:
    """Return the module `jaxley`, after `load_jax`; raises as it does."""
    load_jax(precision)
    os.environ.setdefault("MPLBACKEND", "Agg")  # Jaxley imports pyplot; no window may follow
    with _translate_import_errors():
        import jaxley
    return jaxley


@contextlib.contextmanager
def _translate_import_errors() -> Iterator[None]:
    """Raise what an import raises as a sentence with the line that mends it."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0] or "jaxley"
        raise SimulatorError(
            f"Jaxley cannot be used, since {missing} is not installed: run {INSTALL_LINE}, or choose "
            "the NEURON backend.",
            traceback.format_exc(),
            code="jaxley-missing",
            hint="install-jaxley",
        ) from error
    except Exception as error:  # a broken jaxlib may raise anything while it is imported
        raise SimulatorError(
            f"JAX or Jaxley is broken ({type(error).__name__}: {first_line(error)}): "
            f"{BROKEN_REMEDY}.",
            traceback.format_exc(),
            code="jaxley-broken",
            hint="reinstall-jaxley",
        ) from error


def _check_device(jax: Any) -> None:
    """Raise SimulatorError if JAX finds nothing to compute on, as when it is told of a GPU not there."""
    try:
        jax.devices()
    except Exception as error:  # what a plugin raises is its own
        told, config = os.environ.get("JAX_PLATFORMS"), jax.config
        by_script = "" if told else config.jax_platforms or config.read("jax_platform_name")
        remedy = "unset JAX_PLATFORMS" if told else f"run {INSTALL_LINE} --force-reinstall"
        reason = f"JAX_PLATFORMS={told}" if told else first_line(error)
        if by_script:
            remedy = "take that line out of the script"
            reason = f"jax.config asks for {by_script}"
        raise SimulatorError(
            f"JAX finds nothing to compute on ({reason}): {remedy}, or choose the NEURON backend.",
            traceback.format_exc(),
            code="no-device",
            hint="use-neuron",
        ) from error


def cache_folder() -> Path:
    """Return where compiled programs are kept: $JAX_COMPILATION_CACHE_DIR, else the user's cache."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(os.path.expanduser(named))  # which JAX itself would not do
    from platformdirs import user_cache_path

    return user_cache_path("somascope") / "jax"


def _use_cache(config: Any) -> None:
    """Keep every compiled program on disk, where the disk takes it; else compile anew each time."""
    folder = cache_folder()
    if os.environ.get(CACHE_VARIABLE):  # which JAX has read for itself, and taken "~" literally
        config.update("jax_compilation_cache_dir", str(folder))
    _delete_unreadable_entries(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if not os.access(folder, os.W_OK):
        return
    _prune(folder)
    config.update("jax_compilation_cache_dir", str(folder))
    config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    config.update("jax_persistent_cache_min_entry_size_bytes", 0)


@contextlib.contextmanager
def without_jax_cache() -> Iterator[None]:
    """Compile for once without JAX's cache: what was read from it cannot be serialized again."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    config: Any = jax.config
    cache: Any = compilation_cache
    config.update("jax_enable_compilation_cache", False)
    cache.reset_cache()  # it remembers whether it is in use
    try:
        yield
    finally:
        config.update("jax_enable_compilation_cache", True)
        cache.reset_cache()


def _delete_unreadable_entries(folder: Path) -> None:
    """Have an entry that JAX could not read or write whole deleted, instead of told on stderr.

    JAX writes its entries in place, so a process that was killed, or a disk that is full, leaves half
    of one, which JAX would warn of at each start and never replace. What it says names the program.
    """
    shown: Any = warnings.showwarning
    show = getattr(shown, "before", shown)  # of the folder that was in use until now

    def hear(message: Any, *rest: Any, **named: Any) -> None:
        told = _CACHE_TROUBLE.match(str(message))
        if told is None:
            show(message, *rest, **named)
            return
        for path in folder.glob(f"{glob.escape(told[1])}-*-cache"):
            with contextlib.suppress(OSError):
                path.unlink()

    hear.before = show  # type: ignore[attr-defined]
    warnings.showwarning = hear


def _prune(folder: Path) -> None:
    """Delete the programs used longest ago once all take more than `CACHE_BYTES`.

    The folder may be one that the user has named, so nothing else in it is touched.
    """
    entries = []
    for path in (each for each in folder.iterdir() if _PROGRAM.fullmatch(each.name)):
        try:
            status = path.stat()
        except OSError:  # another process has deleted it
            continue
        entries.append((max(status.st_atime, status.st_mtime), status.st_size, path))
    excess = sum(size for _, size, _ in entries) - CACHE_BYTES
    for _, size, path in sorted(entries, key=lambda entry: entry[0]):
        if excess <= 0:
            return
        with contextlib.suppress(OSError):
            path.unlink()
        excess -= size


def device() -> str:
    """Return what JAX computes on, as a person calls it: ``"CPU"``, ``"GPU (NVIDIA H200)"``."""
    import jax

    first = jax.devices()[0]
    kind = first.platform.upper()
    return kind if kind == "CPU" else f"{kind} ({first.device_kind})"


def solves_on_gpu() -> bool:
    """Whether JAX's default device is not the CPU."""
    import jax

    return str(jax.default_backend()) != "cpu"


def versions() -> str:
    """Return ``"Jaxley 0.14.0, JAX 0.10.2"``."""
    return f"Jaxley {importlib.metadata.version('jaxley')}, JAX {importlib.metadata.version('jax')}"


def simulator_error(
    where: str, error: BaseException, reason: str = "", place: str = ""
) -> SimulatorError:
    """Return what Jaxley, or an author's code that uses it, raised as a sentence with its place.

    `reason` stands in for the error's own words; `place` where it came through no line of the author's.
    """
    reason = reason or f"{type(error).__name__}: {first_line(error)}{hint_of(error)}"
    place = place_of(error) or place
    return SimulatorError(
        f"{where} failed: {reason}{f' ({place})' if place else ''}.",
        "".join(traceback.format_exception(error)),
        code="model-failed",
        location=place,
    )


def place_of_hook(hook: Any) -> str:
    """Return where an author has defined a function or method; "" if it is not an author's."""
    code = getattr(hook, "__code__", None)
    if code is None or not is_user_file(code.co_filename):
        return ""
    return f"{os.path.basename(code.co_filename)}, line {code.co_firstlineno}"


def hint_of(error: BaseException) -> str:
    """Return what helps where an author has used a value that is not yet known as if it were a number."""
    names = {each.__name__ for each in type(error).__mro__}
    if "'int' object has no attribute 'dtype'" in str(error):
        return "; Jaxley's loc takes no whole number: write loc(0.0), not loc(0)"
    if "TracerArrayConversionError" in names:
        return "; compute with jax.numpy, not numpy"
    if "ConcretizationTypeError" in names or "truth value of an array" in str(error):
        return "; compute with jax.numpy (jnp.where in place of if)"
    return ""
