"""`LongCallWatch`: finds in which line a child is that does not return from a call, such as an endless loop."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

from backends.scripts import is_user_file

SIGNAL = getattr(signal, "SIGRTMAX", signal.SIGUSR2)
"""Lets the child print its stack; it need not run Python code for it (`faulthandler.register`)."""
_PRINTS_S = 0.5  # how long printing may take
_STACK = "Stack (most recent call first):"
_FRAME = re.compile(r'^  File "(.+)", line (\d+) in (.+)$', re.MULTILINE)
_WAITS_IN = ("child.py", "_process_commands")


class LongCallWatch:
    """Watches one child.

    Parameters
    ----------
    patience_s : float
        Silence before the child is asked where it is, s.
    """

    def __init__(self, patience_s: float) -> None:
        self.patience_s = patience_s
        self._has_asked = self._has_told = False

    def news(
        self, silent_s: float, ask: Callable[[], None], output: Callable[[], str]
    ) -> str | None:
        """Return where the child is once it has been silent for too long, "" once it goes on, else None.

        Parameters
        ----------
        silent_s : float
            For how long it owes an answer, s.
        ask : callable
            Lets the child print its stack.
        output : callable
            Returns the last part of what it has printed.
        """
        if silent_s < self.patience_s:
            told, self._has_asked, self._has_told = self._has_told, False, False
            return "" if told else None
        if not self._has_asked:
            self._has_asked = True
            ask()
            return None
        if self._has_told or silent_s < self.patience_s + _PRINTS_S:
            return None
        place = place_in(output())
        self._has_told = bool(place)
        return place or None


def place_in(output: str) -> str:
    """Return the author's line in the last stack of an output, as ``"my_model.py, line 9"``.

    ``"the simulator's code"`` where no line is the author's, "" where the child only waits or has printed no stack.
    """
    _, found, stack = output.rpartition(_STACK)
    frames = _FRAME.findall(stack) if found else []
    if not frames or (Path(frames[0][0]).name, frames[0][2]) == _WAITS_IN:
        return ""
    own = [(path, line) for path, line, _ in frames if is_user_file(path)]
    return f"{Path(own[0][0]).name}, line {own[0][1]}" if own else "the simulator's code"
