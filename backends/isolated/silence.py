"""`SilenceWatch`: tells a child that is slow from one that the system has stopped."""

from __future__ import annotations

import time
from collections.abc import Callable


class SilenceWatch:
    """Watches for how long a child that owes an answer is silent.

    Parameters
    ----------
    patience_s : float
        Silence before it is asked whether the child is stopped, s.

    Attributes
    ----------
    is_stopped : bool
        Whether the child was found stopped, and has not continued since.
    """

    def __init__(self, patience_s: float) -> None:
        self.patience_s = patience_s
        self.is_stopped = False
        self._silent_since = time.monotonic()

    @property
    def silent_s(self) -> float:
        """For how long the child has owed an answer, s."""
        return time.monotonic() - self._silent_since

    def has_changed(self, has_word: bool, is_stopped: Callable[[], bool]) -> bool:
        """Take note of what was heard; return whether `is_stopped` is another than before.

        Parameters
        ----------
        has_word : bool
            Whether the child has just sent something, or owes nothing.
        is_stopped : callable
            Asks the system; called only after a silence.
        """
        now, before = time.monotonic(), self.is_stopped
        if has_word:
            self._silent_since = now
            self.is_stopped = False
        elif now - self._silent_since >= self.patience_s:
            self.is_stopped = is_stopped()
        return self.is_stopped is not before
