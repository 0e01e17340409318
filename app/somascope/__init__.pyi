"""What `somascope` hands out; each name is imported when it is first used."""

from backends.inline.jaxley import jaxley as jaxley
from backends.inline.neuron import neuron as neuron
from backends.inline.registry import (
    column as column,
    layout as layout,
    row as row,
    tabs as tabs,
)
from backends.inline.source import source as source, static as static

from .opening import show as show
