"""What `backends.replay` hands out; each name is imported when it is first used."""

from .files import (
    RECORDING_SUFFIXES as RECORDING_SUFFIXES,
    read_recording as read_recording,
)
from .frames import (
    RecordedEvents as RecordedEvents,
    RecordedTrace as RecordedTrace,
    Recording as Recording,
)
from .npz import (
    write_recording as write_recording,
)
from .session import (
    ReplaySession as ReplaySession,
)
from .static import (
    StaticSession as StaticSession,
    StaticVariable as StaticVariable,
)
