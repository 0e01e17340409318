"""`ChildProcess`: a Python process of ours at the other end of a connection.

It is started by `subprocess` and not by `multiprocessing`, whose spawn would import the parent's main
module (with Qt, for the window) into every child and start a resource tracker. The child gets
the parent's `sys.path` (and never imports from the working folder), two descriptors (connection and frame block) and its own process group, so that
Ctrl-C in a terminal does not reach it; what it prints goes to a nameless file. Processes that a model starts are in that
group too, and end with the child.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from backends.isolated.connection import MessageConnection
from backends.isolated.exit_status import ending_words
from backends.isolated.long_call import SIGNAL
from backends.simulator_environment import set_simulator_environment

_BOOT = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[3]); "
    "from backends.isolated.child import main; fds, modules = sys.argv[1:3], json.loads(sys.argv[4]); "
    "sys.argv[1:] = []; main(*map(int, fds), modules)"
)
_TAIL_BYTES = 8_000
_MOST_OUTPUT_BYTES = 16 << 20


class ChildProcess:
    """A child process from its start to its end.

    Parameters
    ----------
    modules : sequence of str
        What the child imports at once, before it is sent anything.

    Attributes
    ----------
    block_fd : int
        Descriptor of the block for its frames, which the child inherits; see `backends.isolated.frames`.
    connection : MessageConnection
        To the child's `backends.isolated.child.main`.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self.block_fd = _open_block()
        ours, theirs = socket.socketpair()
        self._output = tempfile.TemporaryFile(prefix="somascope-")  # noqa: SIM115 (closed in close)
        fcntl.fcntl(self._output, fcntl.F_SETFL, os.O_APPEND)
        environ = dict(os.environ)
        set_simulator_environment(environ)
        arguments = [
            str(theirs.fileno()),
            str(self.block_fd),
            json.dumps(sys.path),
            json.dumps(list(modules)),
        ]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-u", "-c", _BOOT, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs.fileno(), self.block_fd),
                start_new_session=True,
                env=environ,
            )
        except BaseException:  # raised again: only the files are closed
            ours.close()
            self._output.close()
            os.close(self.block_fd)
            raise
        finally:
            theirs.close()
        self.connection = MessageConnection(ours)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def wait(self, timeout_s: float) -> bool:
        """Wait until the process has ended, at most `timeout_s` seconds; return whether it has.

        What it started ends with it.
        """
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        self._kill_group()
        return True

    def terminate(self) -> None:
        """Ask the process to end (SIGTERM)."""
        self._process.terminate()

    def print_stack(self) -> None:
        """Let the process print in which lines it is, also while it does not return from a call."""
        if self._process.poll() is None:
            self._process.send_signal(SIGNAL)

    def kill(self) -> None:
        """End the process and what it started at once; from any thread."""
        if self._process.poll() is None:
            self._kill_group()

    def _kill_group(self) -> None:
        # The group has the child's number, which the system gives to no other process while one of
        # the group lives; if none does, there is nothing to end.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    @property
    def is_stopped(self) -> bool:
        """Whether the system has stopped the process (SIGSTOP, a debugger); known on Linux only."""
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_bytes()
        except OSError:
            return False
        return stat.rpartition(b")")[2].split()[0] in (b"T", b"t")

    @property
    def was_killed(self) -> bool:
        """Whether SIGKILL ended the process: somebody, or the system out of memory."""
        return self._process.returncode == -signal.SIGKILL

    def ending(self) -> str:
        """Return in words how the process ended: ``"SIGKILL: killed by the system, …"``."""
        code = self._process.returncode
        return "its connection is closed" if code is None else ending_words(code)

    def output(self) -> str:
        """Return the last part of what the process has printed."""
        descriptor = self._output.fileno()
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
        return tail.decode(errors="replace")

    def trim_output(self) -> None:
        """Shorten long output to its last part, so that a model that prints much does not fill the disk."""
        descriptor = self._output.fileno()
        if os.fstat(descriptor).st_size > _MOST_OUTPUT_BYTES:
            tail = self.output()
            os.ftruncate(descriptor, 0)
            os.write(descriptor, tail.encode())

    def close(self) -> None:
        """Close what is still open; the process must have ended."""
        self.connection.close()
        self._output.close()
        os.close(self.block_fd)

    def discard(self) -> None:
        """End the process at once, and close what is open: it is not needed."""
        self.kill()
        self.wait(2.0)
        self.close()


def _open_block() -> int:
    """Return the descriptor of a new, empty, nameless block for frames."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("somascope-frames")
    with tempfile.TemporaryFile(prefix="somascope-") as file:
        return os.dup(file.fileno())
