"""How a process comes to its end: an author's code that leaves it, and the words for every other way."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import NoReturn

_SIGNAL_WORDS = {
    "SIGKILL": "it was killed, perhaps for want of memory",
    "SIGSEGV": "a fault in compiled code",
    "SIGABRT": "compiled code gave up",
    "SIGBUS": "a fault in compiled code",
    "SIGFPE": "a numerical fault in compiled code",
    "SIGILL": "an instruction that this processor lacks",
    "SIGTERM": "it was told to end",
}


class OsExitCalled(SystemExit):
    """`os._exit` was called where `exits_heard` holds."""


@contextlib.contextmanager
def intercept_os_exit() -> Iterator[None]:
    """Let `os._exit` in this thread raise `HardExit`, so that it can be told where it was called.

    Other threads, and processes forked meanwhile, leave as they always do.
    """
    leave = os._exit
    owner = os.getpid(), threading.get_ident()

    def hear(status: int) -> NoReturn:
        if (os.getpid(), threading.get_ident()) == owner:
            raise OsExitCalled(status)
        leave(status)

    os._exit = hear
    try:
        yield
    finally:
        os._exit = leave


def exit_call_text(leaving: SystemExit) -> str:
    """Return what an author's code has called: ``"sys.exit(3)"``, ``"os._exit(0)"``."""
    name = "os._exit" if isinstance(leaving, OsExitCalled) else "sys.exit"
    return f"{name}({leaving.code!r})"


def ending_words(code: int) -> str:
    """Return how a process of that return code ended: ``"SIGKILL: it was killed, …"``.

    Parameters
    ----------
    code : int
        The exit status; of a process that a signal ended, its number below 0.
    """
    if code == 0:
        return "exit code 0: something in it called quit or _exit; take that out"
    if code > 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        name = signal.Signals(-code).name
        return f"{name}: {_SIGNAL_WORDS[name]}" if name in _SIGNAL_WORDS else name
    return f"signal {-code}"
