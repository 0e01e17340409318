"""`examine`: checks what works on this machine and how to fix the rest (`somascope doctor`).

This process imports no Qt, VTK or simulator: packages are checked by their metadata, OpenGL and JAX in
other processes, so that a broken one cannot end the report. Standard library only.
"""

from __future__ import annotations

import importlib.util
import json
import mmap
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO

from app.doctor.check_result import CheckResult, State, version_of
from app.doctor.jaxley import Probe, check_device, check_jaxley, check_programs
from app.doctor.system_libraries import (
    display_problem,
    has_software_opengl,
    install_line,
    missing_libraries,
    needed_libraries,
    qt_platform,
)

PYTHON_NEEDED = (3, 11)
PACKAGES_NEEDED = (
    "PySide6-Essentials",
    "vtk",
    "pyvista",
    "pyvistaqt",
    "pyqtgraph",
    "numpy",
    "matplotlib",
    "requests",
    "platformdirs",
)
OPENGL_TIMEOUT_S = 60.0
SHARED_MEMORY_SIZE = 16 << 20
DISK_NEEDED = 256 << 20

_OPENGL_PROBE = """
from vtkmodules.vtkRenderingCore import vtkRenderWindow
import vtkmodules.vtkRenderingOpenGL2
window = vtkRenderWindow()
window.SetOffScreenRendering(1)
window.SetSize(16, 16)
window.Render()
print(window.ReportCapabilities())
"""


def examine() -> list[CheckResult]:
    """Return the result of every check, in the order in which a start would need them."""
    probe = Probe()  # takes longest: started first, read last
    before = [check_python(), check_packages(), check_simulator_neuron(), check_compiler()]
    window = [check_display(), check_libraries(), check_opengl(), check_shared_memory()]
    cache = check_cache()
    jaxley = probe.result()
    return [
        *before,
        check_jaxley(jaxley),
        check_device(jaxley),
        *window,
        cache,
        check_programs(cache_folder()),
    ]


def check_python() -> CheckResult:
    """Check the version of Python."""
    found = f"{platform.python_version()}, {platform.machine()}, {_system_name()}"
    wanted = ".".join(map(str, PYTHON_NEEDED))
    if sys.version_info >= PYTHON_NEEDED:
        return CheckResult("Python", "ok", found)
    return CheckResult(
        "Python", "missing", found, f"Somascope needs Python ≥ {wanted}; `make run` looks for one."
    )


def check_packages() -> CheckResult:
    """Check that the packages of the window are installed; list their versions."""
    versions = {name: version_of(name) for name in PACKAGES_NEEDED}
    absent = [name for name, version in versions.items() if version is None]
    if absent:
        remedy = f"{sys.executable} -m pip install -c constraints.txt {' '.join(absent)}"
        return CheckResult("Packages", "missing", f"not installed: {', '.join(absent)}", remedy)
    return CheckResult(
        "Packages", "ok", ", ".join(f"{name} {ver}" for name, ver in versions.items())
    )


def check_simulator_neuron() -> CheckResult:
    """Check that NEURON is installed, without importing it."""
    version = version_of("neuron")
    if version:
        return CheckResult("NEURON", "ok", version)
    remedy = f"{sys.executable} -m pip install neuron"
    if sys.platform == "win32":
        remedy = "Install NEURON for Windows from nrn.readthedocs.io, or use WSL."
    return CheckResult("NEURON", "missing", "not installed; cells cannot run on it", remedy)


def check_compiler() -> CheckResult:
    """Check that NEURON's mechanisms can be compiled; only models with `.mod` files need that."""
    topic = "Compiler"
    try:
        from backends.mechanisms.tools import cxx, install_words, missing_tools
    except ImportError:
        return CheckResult(topic, "note", "not checked, as packages are missing")
    missing = missing_tools()
    if missing:
        found = f"{', '.join(missing)} not found; models with .mod files cannot be opened"
        return CheckResult(topic, "note", found, f"Install with:  {install_words()}")
    return CheckResult(topic, "ok", f"{cxx()} and make, for models with .mod files")


def check_display() -> CheckResult:
    """Check that there is a display, and that it answers."""
    name = qt_platform()
    problem = display_problem(name)
    if problem:
        remedy = "Without a window:  somascope run pyramidal --for 30 --image cell.png"
        return CheckResult("Display", "missing", problem, remedy)
    where = {"xcb": "DISPLAY", "wayland": "WAYLAND_DISPLAY"}.get(name)
    found = f"{name}, {where}={os.environ.get(where, '')}" if where else name
    return CheckResult("Display", "ok", found)


def check_libraries() -> CheckResult:
    """Check that every shared library that Qt's platform plugin needs can be opened."""
    name = qt_platform()
    wanted = needed_libraries("xcb" if name == "none" else name)
    missing = missing_libraries(wanted)
    unknown = [] if missing else plugin_libraries_not_found(name)
    if missing:
        return CheckResult(
            "System libraries", "missing", f"not found: {', '.join(missing)}", install_line(missing)
        )
    if unknown:
        remedy = "Install the system packages that contain them."
        return CheckResult(
            "System libraries", "missing", f"not found: {', '.join(unknown)}", remedy
        )
    return CheckResult("System libraries", "ok", f"all {len(wanted)} that Qt's plugin needs")


def plugin_libraries_not_found(platform_name: str) -> list[str]:
    """Return the libraries of Qt's platform plugin that `ldd` cannot find; [] if there is no ldd or no plugin."""
    plugin = qt_plugin("wayland" if platform_name == "wayland" else "xcb")
    if sys.platform != "linux" or plugin is None:
        return []
    try:
        ldd = subprocess.run(["ldd", str(plugin)], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return sorted(set(re.findall(r"(\S+) => not found", ldd.stdout)))


def qt_plugin(platform_name: str) -> Path | None:
    """Return the file of Qt's platform plugin in the installed PySide6, without importing it."""
    spec = importlib.util.find_spec("PySide6")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        plugin = Path(folder, "Qt", "plugins", "platforms", f"libq{platform_name}.so")
        if plugin.exists():
            return plugin
    return None


def check_opengl() -> CheckResult:
    """Find the OpenGL renderer, by drawing 16 × 16 pixels in another process."""
    try:
        probe = subprocess.run(
            [sys.executable, "-P", "-c", _OPENGL_PROBE],
            capture_output=True, text=True, check=False, timeout=OPENGL_TIMEOUT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return CheckResult(
            "OpenGL", "missing", f"no frame within {OPENGL_TIMEOUT_S:g} s", _opengl_remedy()
        )
    renderer, version = (_capability(probe.stdout, key) for key in ("renderer", "version"))
    if probe.returncode or not renderer:
        return CheckResult(
            "OpenGL", "missing", f"no frame could be drawn ({_exit_text(probe)})", _opengl_remedy()
        )
    if re.search("llvmpipe|softpipe|swrast|SwiftShader", renderer):
        remedy = "The CPU draws every picture; large cells are slower to rotate."
        return CheckResult("OpenGL", "note", f"software: {renderer}, {version}", remedy)
    return CheckResult("OpenGL", "ok", f"hardware: {renderer}, {version}")


def check_shared_memory() -> CheckResult:
    """Check that processes can share memory for display frames: map an anonymous file."""
    try:
        with _anonymous_file() as file:
            file.truncate(SHARED_MEMORY_SIZE)
            with mmap.mmap(file.fileno(), SHARED_MEMORY_SIZE) as memory:
                memory[:1] = b"1"
    except OSError as error:
        remedy = "Use somascope --in-process, which needs no shared memory."
        return CheckResult("Shared memory", "missing", f"cannot be mapped: {error}", remedy)
    return CheckResult("Shared memory", "ok", f"{SHARED_MEMORY_SIZE >> 20} MiB mapped")


def check_cache() -> CheckResult:
    """Check that the cache folder can be written and has free space."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = _free_bytes(folder)
    except OSError as error:
        remedy = "Set XDG_CACHE_HOME to a folder that you can write to."
        return CheckResult(
            "Cache", "missing", f"{folder} cannot be written: {error.strerror}", remedy
        )
    if free < DISK_NEEDED:
        remedy = "Free some space, or set XDG_CACHE_HOME to a folder on another disk."
        return CheckResult("Cache", "note", f"{folder}, only {free / 2**20:.0f} MiB free", remedy)
    return CheckResult("Cache", "ok", f"{folder}, {free / 2**30:.1f} GiB free")


def cache_folder() -> Path:
    """Return the user's cache folder for Somascope, from platformdirs if it is installed."""
    if version_of("platformdirs") is None:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "somascope"
    import platformdirs

    return Path(platformdirs.user_cache_dir("somascope", appauthor=False))


def as_text(findings: Sequence[CheckResult], *, width: int = 100) -> str:
    """Return the report as aligned text: the state as sign and word, remedies on separate lines."""
    words: dict[State, str] = {"ok": "✓ works  ", "note": "! note   ", "missing": "✗ missing"}
    column = max(len(each.topic) for each in findings)
    indent = " " * (column + 13)
    lines = []
    for each in findings:
        head, *rest = _wrapped(each.found, width - len(indent))
        lines.append(f"{words[each.state]}  {each.topic:<{column}}  {head}")
        lines += [indent + line for line in rest]
        lines += [indent + "→ " + each.remedy] if each.remedy else []
    bad = [each.topic for each in findings if each.state == "missing"]
    lines.append("")
    lacks_jaxley = any(each.topic == "Jaxley" and each.state != "ok" for each in findings)
    good = "NEURON can start, Jaxley cannot" if lacks_jaxley else "the simulators can start"
    lines.append(f"To fix: {', '.join(bad)}." if bad else f"The window and {good}.")
    return "\n".join(lines)


def as_json(findings: Sequence[CheckResult]) -> str:
    """Return the report as a JSON object with ``works`` and ``findings``."""
    works = all(each.state != "missing" for each in findings)
    document = {"works": works, "findings": [asdict(each) for each in findings]}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _wrapped(text: str, width: int) -> list[str]:
    """Break `text` at spaces; unlike `textwrap`, never inside a path or a version."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _opengl_remedy() -> str:
    libraries = missing_libraries(("libGL.so.1", "libEGL.so.1"))
    if libraries:
        return install_line(libraries)
    if sys.platform == "linux" and not has_software_opengl():
        return (
            "Install Mesa's drivers (Debian, Ubuntu: libgl1-mesa-dri) or the graphics card's own."
        )
    return "Update the graphics driver; LIBGL_ALWAYS_SOFTWARE=1 somascope works without it."


def _capability(report: str, key: str) -> str:
    found = re.search(rf"OpenGL {key} string:\s*(.+)", report)
    return found.group(1).strip() if found else ""


def _exit_text(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        return f"the probe ended by signal {-done.returncode}"
    lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
    return lines[-1][:120] if lines else f"exit code {done.returncode}"


def _anonymous_file() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("somascope-doctor"), "w+b")
    return tempfile.TemporaryFile(prefix="somascope-")


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _system_name() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return f"{platform.system()} {platform.release()}"
