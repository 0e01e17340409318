"""An X server without a screen, for tests and pictures on a machine without a display.

`python -m tests.support.virtual_display COMMAND …` runs a command under it.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator

SCREEN = "1600x1000x24"
START_TIMEOUT_S = 30.0
# Makes Linux send SIGTERM when the parent ends, then becomes the command. In a separate process, since
# code between fork and exec is not safe where there are threads, as there are once JAX is loaded.
_END_WITH_PARENT = (
    "import ctypes, os, signal, sys; "
    "getattr(ctypes.CDLL(None), 'prctl', print)(1, signal.SIGTERM); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class NoDisplayError(RuntimeError):
    """Xvfb is not installed or did not start."""


@contextlib.contextmanager
def virtual_display() -> Iterator[str]:
    """Start Xvfb, yield its DISPLAY (``":3"``), and end it.

    Raises
    ------
    NoDisplayError
        The message names what is missing.
    """
    server, display = start_display()
    try:
        yield display
    finally:
        _end(server)


def start_display() -> tuple[subprocess.Popen[bytes], str]:
    """Start an Xvfb that ends with this process and not before, because Xlib ends a client that loses its server.

    Raises
    ------
    NoDisplayError
        The message names what is missing.
    """
    if not shutil.which("Xvfb"):
        raise NoDisplayError("Xvfb is not installed; `make test` installs it or says how.")
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", SCREEN]
    command += ["+extension", "GLX", "-nolisten", "tcp", "-noreset"]
    if sys.platform == "linux":
        command = [sys.executable, "-I", "-S", "-c", _END_WITH_PARENT, *command]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        return server, f":{_display_number(reader)}"
    except NoDisplayError:
        _end(server)
        raise
    finally:
        os.close(reader)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _display_number(reader: int) -> int:
    """Return the number of the display, once the server accepts connections."""
    received = b""
    while not received.endswith(b"\n"):
        ready, _, _ = select.select([reader], [], [], START_TIMEOUT_S)
        piece = os.read(reader, 16) if ready else b""
        if not piece:
            raise NoDisplayError("Xvfb did not start.")
        received += piece
    return int(received)


def environment_for(display: str) -> dict[str, str]:
    """Return the environment variables that make Qt draw on `display`."""
    return {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_SESSION_TYPE": "x11"}


def main() -> int:
    """Run the command line's command under a new display; return its exit code."""
    if not sys.argv[1:]:
        sys.stderr.write("usage: python -m tests.support.virtual_display COMMAND …\n")
        return 2
    with virtual_display() as display:
        environ = os.environ | environment_for(display)
        environ.pop("WAYLAND_DISPLAY", None)
        return subprocess.run(sys.argv[1:], env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
