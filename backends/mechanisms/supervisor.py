"""Runs a command in a process group of its own, and ends all of it when whoever started this program is gone.

Run as a file, with the standard library only: ``python supervisor.py FOLDER COMMAND …``. Its standard input is a pipe
that only its parent holds open; when that closes, by Cancel or as the parent was killed, the command's group is
killed and FOLDER, where it worked, is removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def main(folder: str, command: list[str]) -> int:
    """Run the command; return its exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, whose pipe then closes
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )

    is_alone = threading.Event()

    def end_with_parent() -> None:
        while os.read(0, 1):
            pass
        is_alone.set()
        _kill_group(process.pid)

    threading.Thread(target=end_with_parent, daemon=True).start()
    status = process.wait()
    _kill_group(process.pid)
    if is_alone.is_set():
        shutil.rmtree(folder, ignore_errors=True)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
