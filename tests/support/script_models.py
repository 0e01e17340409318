"""Sessions of the scripts beside this file, as functions that make them."""

from __future__ import annotations

from pathlib import Path

from backends.session import Session
from backends.sources.source import SessionSource

SCRIPTS = Path(__file__).parent / "scripts"


def two_sections() -> Session:
    """Return the session of a NEURON model without a class."""
    return SessionSource("script", str(SCRIPTS / "two_sections.py")).create()


def decay() -> Session:
    """Return the session of an own solver without a class."""
    return SessionSource("script", str(SCRIPTS / "decay.py")).create()
