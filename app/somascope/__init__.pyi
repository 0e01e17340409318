"""What `somascope` hands out; each name is imported when it is first used."""

from backends.driving import RunResult as RunResult, drive as drive, run as run
from backends.inline.jaxley import jaxley as jaxley
from backends.inline.neuron import neuron as neuron
from backends.inline.registry import (
    column as column,
    layout as layout,
    row as row,
    tabs as tabs,
)
from backends.inline.source import source as source, static as static
from backends.replay import (
    ReplaySession as ReplaySession,
    StaticSession as StaticSession,
    StaticVariable as StaticVariable,
    write_recording as write_recording,
)

from .opening import show as show
