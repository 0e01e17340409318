"""A command's work in a fork of its process, so that whatever ends the work is told.

Theory. An author's model shares the process of `somascope run`, and what it calls may end that process
without a word that Python could hear: `h.quit()`, a fault in a compiled mechanism, the kernel for want of
memory. So the process forks before anything heavy is imported. The fork works, and tells its status
through a socket; this one waits, and a fork that ends without a status has ended by itself. What a
terminal sends (Ctrl+C) reaches both; what another process sends reaches this one alone, which passes it
on. If this one is killed, the hang-up of the socket ends the fork.
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


def run_in_fork(deed: Callable[[], int], mourn: Callable[[int], int]) -> int:
    """Return the exit status of `deed`, done in a fork, where the system can; else done here.

    Parameters
    ----------
    mourn : callable
        Called where the fork has ended by itself, with its return code (below 0: the signal that
        ended it); returns the exit status.
    """
    if not hasattr(signal, "sigwaitinfo"):
        return deed()
    ours, theirs = socket.socketpair()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED | {signal.SIGCHLD})
    pid = os.fork()
    if not pid:
        ours.close()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        threading.Thread(target=_exit_with_parent, args=(theirs,), daemon=True).start()
        status = deed()
        sys.stdout.flush()
        theirs.send(bytes([status]))
        return status
    theirs.close()
    code = _wait_for(pid)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    with ours:
        told = ours.recv(1)
    return told[0] if told else mourn(code)


def _wait_for(pid: int) -> int:
    """Wait for the end of a process, passing on what is meant for it; return its return code."""
    while True:
        heard = signal.sigwaitinfo(_FORWARDED | {signal.SIGCHLD})
        if heard.si_signo in _FORWARDED and heard.si_code <= 0:  # of a process, not of the terminal
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, heard.si_signo)
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)


def _exit_with_parent(lifeline: socket.socket) -> None:
    lifeline.recv(1)
    os._exit(1)
