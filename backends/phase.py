"""What a session is doing, in one word. Imports nothing heavy: the window's first frame needs it."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """What a session is doing; the word of the state lamp."""

    NONE = "No cell"
    STARTING = "Starting"
    BUILDING = "Building"
    COMPILING = "Compiling"
    READY = "Ready"
    RUNNING = "Running"
    PAUSED = "Paused"
    FINISHED = "Finished"
    FAILED = "Failed"
    NOT_ANSWERING = "Not answering"
