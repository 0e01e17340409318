"""Checks the shared libraries and the display that the window needs, and how to install what is missing.

Qt's wheels contain Qt but not X11: ``libqxcb.so`` needs about twenty small libraries of the system.
If one is absent, or the X server does not answer, Qt calls ``abort()``, with a misleading message. So both
are checked before, without Qt: each library by opening it (a few ms in all), the server by libxcb's
handshake. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

WINDOW_MODULES = ("PySide6", "vtkmodules", "pyvista", "pyvistaqt", "pyqtgraph")
"""Of the extra ``gui``, which a server may leave out."""

GUI_LIBRARIES: Mapping[str, str] = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
"""Soname → Debian package, for every platform that Qt can draw on."""

XCB_LIBRARIES: Mapping[str, str] = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""Soname → Debian package, for X11 (and Xvfb)."""

WAYLAND_LIBRARIES: Mapping[str, str] = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
"""Soname → Debian package, for Wayland."""

PACKAGES: Mapping[str, str] = {**GUI_LIBRARIES, **XCB_LIBRARIES, **WAYLAND_LIBRARIES}

_RENAMED_T64 = {"libglib2.0-0": "libglib2.0-0t64"}
_T64_SINCE = {"debian": 13, "ubuntu": 24}


def missing_libraries(sonames: Iterable[str]) -> list[str]:
    """Return the sonames that the dynamic linker cannot open, in order."""
    missing = []
    for soname in sonames:
        try:
            ctypes.CDLL(soname)
        except OSError:
            missing.append(soname)
    return missing


def qt_platform(environ: Mapping[str, str] = os.environ) -> str:
    """Return the platform that Qt will choose: ``"xcb"``, ``"wayland"``, ``"offscreen"`` … or ``"none"``.

    ``"native"`` is macOS or Windows, which need no extra libraries.
    """
    if sys.platform != "linux":
        return "native"
    forced = environ.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if forced:
        return "wayland" if forced.startswith("wayland") else forced
    if environ.get("WAYLAND_DISPLAY") and environ.get("XDG_SESSION_TYPE") == "wayland":
        return "wayland"
    if environ.get("DISPLAY"):
        return "xcb"
    return "wayland" if environ.get("WAYLAND_DISPLAY") else "none"


def needed_libraries(platform: str) -> Mapping[str, str]:
    """Return the libraries (soname → Debian package) that Qt needs on a platform."""
    if platform == "native":
        return {}
    extra = {"xcb": XCB_LIBRARIES, "wayland": WAYLAND_LIBRARIES}.get(platform, {})
    return {**GUI_LIBRARIES, **extra}


def display_problem(platform: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return why no window can be shown on `platform`, in one sentence, or ``""``."""
    if platform == "none":
        return "There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set."
    if platform == "xcb":
        display = environ.get("DISPLAY", "")
        if not display:
            return "There is no display: DISPLAY is not set."
        if not x_server_answers(display):
            return (
                f"The X server of DISPLAY={display} does not answer or refuses this user; "
                f"check `xauth list`, or connect again with `ssh -X`."
            )
    if platform == "wayland":
        folder = environ.get("XDG_RUNTIME_DIR", "")
        socket = Path(folder) / environ.get("WAYLAND_DISPLAY", "wayland-0")
        if not socket.exists():
            return f"The Wayland compositor's socket {socket} does not exist."
    return ""


def x_server_answers(display: str) -> bool:
    """Return whether an X server accepts a connection to `display`; True if there is no libxcb to try."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    answers = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return answers


def window_problem(environ: Mapping[str, str] = os.environ) -> str:
    """Return what would make Qt abort at start and how to fix it, or ``""``; takes less than 20 ms."""
    absent = [name for name in WINDOW_MODULES if find_spec(name) is None]
    if absent:
        return (
            f"The window cannot open: {', '.join(absent)} "
            f"{'is' if len(absent) == 1 else 'are'} not installed.\n"
            'Install with:  pip install "somascope[gui]"'
        )
    platform = qt_platform(environ)
    if problem := display_problem(platform, environ):
        return (
            f"{problem}\nTo run the same cell without a window:  "
            f"somascope run pyramidal --for 30 --image cell.png --traces cell.csv"
        )
    missing = missing_libraries(needed_libraries(platform))
    if not missing:
        return ""
    return (
        f"The window cannot open: {len(missing)} system "
        f"librar{'y is' if len(missing) == 1 else 'ies are'} missing ({', '.join(missing)}).\n"
        f"{install_line(missing)}"
    )


def has_software_opengl() -> bool:
    """Return whether Mesa's drivers, which draw without a graphics card, are installed."""
    folders = [Path(root) for root in ("/usr/lib", "/usr/lib64", "/usr/local/lib")]
    patterns = ("dri/swrast_dri.so", "*/dri/swrast_dri.so", "libgallium*.so", "*/libgallium*.so")
    return any(any(folder.glob(pattern)) for folder in folders for pattern in patterns)


def install_line(missing: Iterable[str]) -> str:
    """Return a sentence about how to install the libraries `missing` (sonames) on this system."""
    sonames = list(missing)
    if shutil.which("apt-get"):
        return f"Install with:  {apt_line(PACKAGES[each] for each in sonames)}"
    for tool in ("dnf", "zypper"):
        if shutil.which(tool):
            wanted = " ".join(f"'{each}()(64bit)'" for each in sonames)
            return f"Install with:  {_sudo()}{tool} install {wanted}"
    return "Install the system packages that contain them."


def apt_line(packages: Iterable[str]) -> str:
    """Return the command for Debian or Ubuntu."""
    return f"{_sudo()}apt-get install -y --no-install-recommends {' '.join(apt_names(packages))}"


def apt_names(packages: Iterable[str], os_release: Mapping[str, str] | None = None) -> list[str]:
    """Return the package names of this release, sorted, without duplicates.

    The 64-bit time_t transition (Debian 13, Ubuntu 24.04) renamed some: ``libglib2.0-0t64``.
    """
    names = sorted(set(packages))
    if not _has_t64_names(os_release if os_release is not None else read_os_release()):
        return names
    return [_RENAMED_T64.get(name, name) for name in names]


def read_os_release(path: Path = Path("/etc/os-release")) -> dict[str, str]:
    """Return the fields of os-release; {} if there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {key: value.strip().strip("\"'") for key, value in pairs}


def _has_t64_names(os_release: Mapping[str, str]) -> bool:
    since = _T64_SINCE.get(os_release.get("ID", ""))
    major = os_release.get("VERSION_ID", "").split(".")[0]
    if since is not None and major.isdigit():
        return int(major) >= since
    return _apt_knows("libglib2.0-0t64")  # testing, Mint, Pop!_OS …: ask apt


def _apt_knows(package: str) -> bool:
    if not shutil.which("apt-cache"):
        return False
    done = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return done.returncode == 0


def _sudo() -> str:
    return "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "
