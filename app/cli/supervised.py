"""`run_in_fork`: runs a command in a fork of the process, so that every end of it can be reported.

An author's model runs in the process of `somascope run`, and may end that process without a Python
exception: `h.quit()`, a fault in a compiled mechanism, the kernel when memory is short. So the process
forks before anything heavy is imported. The fork works and sends its exit status through a socket; the
parent waits. A fork that ends without a status has crashed or called exit. Signals of a terminal (Ctrl+C)
reach both processes; those of another process reach only the parent, which forwards them. If the parent
is killed, the socket closes, and that ends the fork.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable

_FORWARDED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def run_in_fork(job: Callable[[], int], on_crash: Callable[[int], int]) -> int:
    """Return the exit status of `job`, run in a fork; if the system cannot fork, run in this process.

    Parameters
    ----------
    on_crash : callable
        Called if the fork ended without a status, with its return code (below 0: the signal that
        ended it); returns the exit status.
    """
    if not hasattr(signal, "sigwaitinfo"):
        return job()
    ours, theirs = socket.socketpair()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED | {signal.SIGCHLD})
    pid = os.fork()
    if not pid:
        ours.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        threading.Thread(target=_exit_with_parent, args=(theirs,), daemon=True).start()
        status = job()
        sys.stdout.flush()
        theirs.send(bytes([status]))
        return status
    theirs.close()
    code = _wait_for(pid)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    with ours:
        received = ours.recv(1)
    return received[0] if received else on_crash(code)


def _wait_for(pid: int) -> int:
    """Wait for the end of a process and forward signals to it; return its return code."""
    while True:
        received = signal.sigwaitinfo(_FORWARDED | {signal.SIGCHLD})
        if received.si_signo in _FORWARDED and received.si_code <= 0:  # not from the terminal
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, received.si_signo)
                os.kill(pid, signal.SIGCONT)  # a stopped one receives nothing
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)


def _exit_with_parent(parent: socket.socket) -> None:
    """End this process when the parent's end of the socket closes."""
    parent.recv(1)
    os._exit(1)
