"""`LevelOfDetail`: chooses tubes or lines for the next frame from measured frame times. No Qt, no VTK.

At rest, and on a GPU, tubes are drawn. While the picture moves on software OpenGL, lines are drawn if
tubes were measured to be too slow; tubes return when they are fast enough, or some time after the motion.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

TUBES, LINES = "tubes", "lines"
SETTLE_MS = 130.0
_REFINE_MS = 60.0
_N_FRAMES = 5
_FEW_SEGMENTS = 20


@dataclass(frozen=True, slots=True)
class DetailLimits:
    """Limits of the time of a frame.

    Attributes
    ----------
    slow_ms : float
        In motion, lines replace tubes that take longer.
    fast_ms : float
        In motion, tubes replace lines if they would take less.
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
        self._is_small = False
        self._moving = False
        self._moved_at = -1e9

    def reset_costs(self, n_segments: int) -> None:
        """Discard measured times, for a new geometry; its first frame, which uploads it, is not counted.

        A cell of few segments is always drawn as tubes: they cost little, and as a line a soma looks like a bar.
        """
        self._is_small = n_segments <= _FEW_SEGMENTS
        for frames in self._frames.values():
            frames.clear()
        self._is_fresh = True

    def set_running(self, running: bool) -> None:
        """Set whether new values keep arriving."""
        self._moving = running

    def note_motion(self, now_ms: float) -> None:
        """Record that the camera moved at this time."""
        self._moved_at = now_ms

    def is_in_motion(self, now_ms: float) -> bool:
        """Return whether the picture changes, by the camera or by new values."""
        return self._moving or self.is_turning(now_ms)

    def is_turning(self, now_ms: float) -> bool:
        """Return whether the camera moves."""
        return now_ms - self._moved_at < SETTLE_MS

    def note_frame(self, level: str, frame_ms: float) -> None:
        """Add the measured time of a frame; a single slow frame does not change the level."""
        if self._is_fresh:
            self._is_fresh = False
        else:
            self._frames[level].append(frame_ms)

    def _cost(self, level: str) -> float:
        """Return the recent time of a frame at a level, ms; 0 if unknown."""
        return median(self._frames[level] or (0.0,))

    def choose(self, now_ms: float) -> str:
        """Return the level for a frame drawn now."""
        tubes = self._cost(TUBES)
        if not self.is_software or self._is_small or not self.is_in_motion(now_ms):
            self.level = TUBES
        elif tubes > self.limits.slow_ms:
            self.level = LINES
        elif tubes < self.limits.fast_ms:
            self.level = TUBES
        return self.level

    def may_refine(self, now_ms: float) -> bool:
        """Return whether a smooth frame with four times the pixels may be drawn: at rest, and if it is fast enough."""
        is_cheap = self._cost(TUBES) <= _REFINE_MS
        return self.is_software and is_cheap and not self.is_in_motion(now_ms)

    @property
    def is_running(self) -> bool:
        """Whether new values keep arriving."""
        return self._moving

    @property
    def frame_ms(self) -> float:
        """Typical time of a frame at the current level, ms."""
        return self._cost(self.level)

    @property
    def text(self) -> str:
        """Text for the status bar, "" if there is nothing to report."""
        if self.level == LINES:
            return f"Lines while moving — software OpenGL, {self.frame_ms:.0f} ms/frame"
        if self.is_software and self.frame_ms:
            return f"Full detail — software OpenGL, {self.frame_ms:.0f} ms/frame"
        return ""
