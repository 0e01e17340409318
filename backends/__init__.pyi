"""What `backends` itself hands out, for scripts and notebooks; each name is imported when it is first used."""

from .driving import (
    RunResult as RunResult,
    TraceSamples as TraceSamples,
    drive as drive,
    run as run,
)
from .replay import (
    RecordedTrace as RecordedTrace,
    ReplaySession as ReplaySession,
    StaticSession as StaticSession,
    StaticVariable as StaticVariable,
    read_recording as read_recording,
    write_recording as write_recording,
)
