"""How much detail a frame can afford: a decision from measured frame times. No Qt, no VTK.

Tubes always at rest and on any GPU. While the picture moves on software OpenGL, lines are drawn
once tubes have been measured to take longer than a frame may, and tubes again when they would fit
or when motion has ended for a while.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

TUBES, LINES = "tubes", "lines"
SETTLE_MS = 130.0
_REFINE_MS = 60.0
_N_FRAMES = 5


@dataclass(frozen=True, slots=True)
class DetailLimits:
    """What a frame may take.

    Attributes
    ----------
    slow_ms : float
        Tubes that take longer give way to lines while in motion.
    fast_ms : float
        Tubes that would take less come back while in motion.
    """

    slow_ms: float = 20.0
    fast_ms: float = 13.0


class LevelOfDetail:
    """Chooses the level of the next frame.

    Parameters
    ----------
    is_software : bool
        Whether OpenGL draws on the CPU; a GPU always draws tubes.
    """

    def __init__(self, is_software: bool, limits: DetailLimits | None = None) -> None:
        self.is_software = is_software
        self.level = TUBES
        self.limits = limits or DetailLimits()
        self._frames = {level: deque[float](maxlen=_N_FRAMES) for level in (TUBES, LINES)}
        self._is_fresh = True
        self._moving = False
        self._moved_at = -1e9

    def reset_costs(self) -> None:
        """Begin anew, for another geometry; its first frame, which uploads, is not counted."""
        for frames in self._frames.values():
            frames.clear()
        self._is_fresh = True

    def set_running(self, running: bool) -> None:
        """Say whether new values keep coming."""
        self._moving = running

    def note_motion(self, now_ms: float) -> None:
        """Say that the camera moved just now."""
        self._moved_at = now_ms

    def is_in_motion(self, now_ms: float) -> bool:
        """Return whether the picture moves, by camera or by values."""
        return self._moving or now_ms - self._moved_at < SETTLE_MS

    def note_frame(self, level: str, frame_ms: float) -> None:
        """Take the measured time of a frame; one that something else held up decides nothing."""
        if self._is_fresh:
            self._is_fresh = False
        else:
            self._frames[level].append(frame_ms)

    def _cost(self, level: str) -> float:
        """Return what a frame of a level took of late, ms; 0 where that is not known."""
        return median(self._frames[level] or (0.0,))

    def choose(self, now_ms: float) -> str:
        """Return the level for a frame drawn now."""
        tubes = self._cost(TUBES)
        if not self.is_software or not self.is_in_motion(now_ms):
            self.level = TUBES
        elif tubes > self.limits.slow_ms:
            self.level = LINES
        elif tubes < self.limits.fast_ms:
            self.level = TUBES
        return self.level

    def may_refine(self, now_ms: float) -> bool:
        """Return whether a smoother frame, of four times the pixels, may be drawn now that all rests."""
        is_cheap = self._cost(TUBES) <= _REFINE_MS
        return self.is_software and is_cheap and not self.is_in_motion(now_ms)

    @property
    def is_running(self) -> bool:
        """Whether new values keep coming."""
        return self._moving

    @property
    def frame_ms(self) -> float:
        """Usual time of a frame at the present level, ms."""
        return self._cost(self.level)

    @property
    def text(self) -> str:
        """What the window says of it, empty where there is nothing to say."""
        if self.level == LINES:
            return f"Lines while moving — software OpenGL, {self.frame_ms:.0f} ms/frame"
        if self.is_software and self.frame_ms:
            return f"Full detail — software OpenGL, {self.frame_ms:.0f} ms/frame"
        return ""
