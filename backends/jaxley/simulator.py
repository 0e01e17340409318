"""JAX and Jaxley themselves: importing them, their precision, device and compilation cache.

Importing takes about two seconds, so nothing imports them before a Jaxley session opens its model.
What XLA has compiled is kept on disk, keyed by JAX with the program's whole text: a second start of
the same cell loads it, a changed one never gets an old program.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

from backends.errors import ProtocolError, SimulatorError

Precision = Literal["float64", "float32"]
INSTALL_LINE = "pip install jaxley"
BROKEN_REMEDY = f"run {INSTALL_LINE} --force-reinstall, or choose the NEURON backend"
CACHE_BYTES = 1 << 30
CACHE_VARIABLE = "JAX_COMPILATION_CACHE_DIR"


def checked_precision(precision: str) -> Precision:
    """Return `precision`, or raise ProtocolError if it is neither float64 nor float32."""
    for known in get_args(Precision):
        if precision == known:
            return precision  # type: ignore[return-value]
    raise ProtocolError(f"precision must be float64 or float32, not {precision!r}")


def load_jax(precision: Precision = "float64") -> Any:
    """Return the module `jax`, set to `precision` and to the compilation cache.

    Raises
    ------
    SimulatorError
        With what is missing or broken, and the line that installs it.
    """
    os.environ.setdefault("PJRT_NPROC", "1")  # XLA's threads cost a step of one cell 20 to 40 %
    with _explained():
        import jax

        config: Any = jax.config
        config.update("jax_enable_x64", precision == "float64")
        _use_cache(config)
    _check_device(jax)
    return jax


def load_jaxley(precision: Precision = "float64") -> Any:
    """Return the module `jaxley`, after `load_jax`; raises as it does."""
    load_jax(precision)
    os.environ.setdefault("MPLBACKEND", "Agg")  # Jaxley imports pyplot; no window may follow
    with _explained():
        import jaxley
    return jaxley


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Raise what an import raises as a sentence with the line that mends it."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0] or "jaxley"
        raise SimulatorError(
            f"Jaxley cannot be used, since {missing} is not installed: run {INSTALL_LINE}, or choose "
            "the NEURON backend.",
            traceback.format_exc(),
        ) from error
    except Exception as error:  # a broken jaxlib may raise anything while it is imported
        raise SimulatorError(
            f"JAX or Jaxley is broken ({type(error).__name__}: {_first_line(error)}): "
            f"{BROKEN_REMEDY}.",
            traceback.format_exc(),
        ) from error


def _check_device(jax: Any) -> None:
    """Raise SimulatorError if JAX finds nothing to compute on, as when it is told of a GPU not there."""
    try:
        jax.devices()
    except Exception as error:  # what a plugin raises is its own
        told = os.environ.get("JAX_PLATFORMS")
        remedy = "unset JAX_PLATFORMS" if told else f"run {INSTALL_LINE} --force-reinstall"
        reason = f"JAX_PLATFORMS={told}" if told else _first_line(error)
        raise SimulatorError(
            f"JAX finds nothing to compute on ({reason}): {remedy}, or choose the NEURON backend.",
            traceback.format_exc(),
        ) from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or "no reason given"


def cache_folder() -> Path:
    """Return where compiled programs are kept: $JAX_COMPILATION_CACHE_DIR, else the user's cache."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("somascope") / "jax"


def _use_cache(config: Any) -> None:
    """Keep every compiled program on disk, where the disk takes it; else compile anew each time."""
    folder = cache_folder()
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
def compiled_here() -> Iterator[None]:
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


def _prune(folder: Path) -> None:
    """Delete the programs used longest ago once all take more than `CACHE_BYTES`."""
    entries = []
    for path in folder.iterdir():
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


def refusal(where: str, error: BaseException) -> SimulatorError:
    """Return what Jaxley, or an author's code that uses it, raised as a sentence with its place."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "site-packages" not in frame.filename]
    place = ""
    if own:
        place = f" ({os.path.basename(own[-1].filename)}, line {own[-1].lineno})"
    text = str(error).strip().partition("\n")[0] or "no message"
    return SimulatorError(
        f"{where} failed: {type(error).__name__}: {text.rstrip('.')}{place}.",
        "".join(traceback.format_exception(error)),
    )
