"""What stands for a value somewhere else: an attribute of the session, or a value of the window's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backends.controls import AttributeRef as AttributeRef
from backends.views import StateBinding as StateBinding


@dataclass(frozen=True, slots=True)
class SeriesSpec:
    """A curve: what it is called, where its value is read, and its colour.

    Attributes
    ----------
    color : str or tuple
        See `colors.hex_color`.
    """

    key: str
    label: str
    source: AttributeRef
    color: Any = "k"
