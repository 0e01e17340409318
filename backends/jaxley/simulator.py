"""JAX and Jaxley themselves: import, precision, device and compilation cache.

Importing takes about two seconds, so nothing imports them before a Jaxley session opens its model.
What XLA has compiled is saved on disk, keyed by JAX with the complete text of the program: a second
start of the same cell loads it, a changed cell never gets an old program.
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
from backends.scripts import (
    place_of_hook as place_of_hook,
    user_code_location as user_code_location,
)
from backends.simulator_environment import set_simulator_environment

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
    set_simulator_environment()
    with _translate_import_errors():
        import jax

        config: Any = jax.config
        set_precision(precision)
        config.update("jax_disable_jit", False)  # only compiled programs can be stepped
        _use_cache(config)
    _check_device(jax)
    return jax


def set_precision(precision: Precision) -> None:
    """Let JAX compute in `precision`, whatever a script has set."""
    import jax

    config: Any = jax.config
    config.update("jax_enable_x64", precision == "float64")


def load_jaxley(precision: Precision = "float64") -> Any:
    """Return the module `jaxley`, after `load_jax`; raises as it does."""
    load_jax(precision)
    with _translate_import_errors():
        import jaxley
    return jaxley


@contextlib.contextmanager
def _translate_import_errors() -> Iterator[None]:
    """Raise SimulatorError for an import that fails, with the line that installs what is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0] or "jaxley"
        raise SimulatorError(
            f"Jaxley cannot be used because {missing} is not installed: run {INSTALL_LINE}, or choose "
            "the NEURON backend.",
            traceback.format_exc(),
            code="jaxley-missing",
            hint="install-jaxley",
        ) from error
    except Exception as error:  # a broken jaxlib may raise anything during its import
        raise SimulatorError(
            f"JAX or Jaxley is broken ({type(error).__name__}: {first_line(error)}): "
            f"{BROKEN_REMEDY}.",
            traceback.format_exc(),
            code="jaxley-broken",
            hint="reinstall-jaxley",
        ) from error


def _check_device(jax: Any) -> None:
    """Raise SimulatorError if JAX finds no device, for example because it is set to a GPU that is missing."""
    try:
        jax.devices()
    except Exception as error:  # a device's plugin may raise anything
        platforms, config = os.environ.get("JAX_PLATFORMS"), jax.config
        by_script = "" if platforms else config.jax_platforms or config.read("jax_platform_name")
        remedy = "unset JAX_PLATFORMS" if platforms else f"run {INSTALL_LINE} --force-reinstall"
        reason = f"JAX_PLATFORMS={platforms}" if platforms else first_line(error)
        if by_script:
            remedy = "remove that line from the script"
            reason = f"jax.config is set to {by_script}"
        raise SimulatorError(
            f"JAX finds no device to compute on ({reason}): {remedy}, or choose the NEURON backend.",
            traceback.format_exc(),
            code="no-device",
            hint="use-neuron",
        ) from error


def cache_folder() -> Path:
    """Return the folder of compiled programs: $JAX_COMPILATION_CACHE_DIR, else the user's cache."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(os.path.expanduser(named))  # JAX itself does not expand ~
    from platformdirs import user_cache_path

    return user_cache_path("somascope") / "jax"


def _use_cache(config: Any) -> None:
    """Save every compiled program on disk, if the folder can be written; else compile each time."""
    folder = cache_folder()
    if os.environ.get(CACHE_VARIABLE):  # JAX has read it too, without expanding ~
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
    """Compile without JAX's cache: a program that was read from it cannot be serialized again."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    config: Any = jax.config
    cache: Any = compilation_cache
    config.update("jax_enable_compilation_cache", False)
    cache.reset_cache()  # it remembers whether it is enabled
    try:
        yield
    finally:
        config.update("jax_enable_compilation_cache", True)
        cache.reset_cache()


def _delete_unreadable_entries(folder: Path) -> None:
    """Delete entries that JAX cannot read or write completely, instead of showing its warning.

    JAX writes its entries in place, so a killed process or a full disk leaves half an entry. JAX would
    warn of it at each start and never replace it. Its warning names the program.
    """
    shown: Any = warnings.showwarning
    show = getattr(shown, "before", shown)  # installed for the folder used before

    def on_warning(message: Any, *rest: Any, **named: Any) -> None:
        found = _CACHE_TROUBLE.match(str(message))
        if found is None:
            show(message, *rest, **named)
            return
        for path in folder.glob(f"{glob.escape(found[1])}-*-cache"):
            with contextlib.suppress(OSError):
                path.unlink()

    on_warning.before = show  # type: ignore[attr-defined]
    warnings.showwarning = on_warning


def _prune(folder: Path) -> None:
    """Delete the least recently used programs once all take more than `CACHE_BYTES`.

    The user may have chosen the folder, so no other file in it is touched.
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
    """Return the device that JAX computes on, for a reader: ``"CPU"``, ``"GPU (NVIDIA H200)"``."""
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
    """Return the error for what Jaxley, or an author's code that uses it, raised.

    `reason` replaces the error's own text; `place` is used where the traceback has no line of the author.
    """
    reason = reason or f"{type(error).__name__}: {first_line(error)}{hint_of(error)}"
    place = user_code_location(error) or place
    return SimulatorError(
        f"{where} failed: {reason}{f' ({place})' if place else ''}.",
        "".join(traceback.format_exception(error)),
        code="model-failed",
        location=place,
    )


def hint_of(error: BaseException) -> str:
    """Return advice for an author who used a value that JAX is still tracing as a number; "" if none."""
    names = {each.__name__ for each in type(error).__mro__}
    if "'int' object has no attribute 'dtype'" in str(error):
        return "; Jaxley's loc takes no integer: write loc(0.0), not loc(0)"
    if "TracerArrayConversionError" in names:
        return "; compute with jax.numpy, not numpy"
    if "ConcretizationTypeError" in names or "truth value of an array" in str(error):
        return "; compute with jax.numpy (jnp.where in place of if)"
    return ""
