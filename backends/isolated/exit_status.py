"""How a process ended: exits called by an author's code, and the words for every other end."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import NoReturn

_SIGNAL_WORDS = {
    "SIGKILL": "killed by the system, possibly out of memory",
    "SIGSEGV": "a fault in compiled code",
    "SIGABRT": "compiled code aborted",
    "SIGBUS": "a fault in compiled code",
    "SIGFPE": "a numerical fault in compiled code",
    "SIGILL": "an instruction that this processor does not have",
    "SIGTERM": "asked to end",
}


class OsExitCalled(SystemExit):
    """`os._exit` was called inside `intercept_os_exit`."""


@contextlib.contextmanager
def intercept_os_exit() -> Iterator[None]:
    """Let `os._exit` in this thread raise `OsExitCalled`, so that the error can name the line.

    Other threads, and processes forked meanwhile, exit as usual.
    """
    leave = os._exit
    owner = os.getpid(), threading.get_ident()

    def raise_or_exit(status: int) -> NoReturn:
        if (os.getpid(), threading.get_ident()) == owner:
            raise OsExitCalled(status)
        leave(status)

    os._exit = raise_or_exit
    try:
        yield
    finally:
        os._exit = leave


def exit_call_text(leaving: SystemExit) -> str:
    """Return what an author's code has called: ``"sys.exit(3)"``, ``"os._exit(0)"``."""
    name = "os._exit" if isinstance(leaving, OsExitCalled) else "sys.exit"
    return f"{name}({leaving.code!r})"


def ending_words(code: int) -> str:
    """Return how a process with that return code ended: ``"SIGKILL: killed by the system, …"``.

    Parameters
    ----------
    code : int
        The exit status; of a process that a signal ended, its number below 0.
    """
    if code == 0:
        return "exit code 0: something in it called quit or _exit; remove that call"
    if code > 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        name = signal.Signals(-code).name
        return f"{name}: {_SIGNAL_WORDS[name]}" if name in _SIGNAL_WORDS else name
    return f"signal {-code}"
