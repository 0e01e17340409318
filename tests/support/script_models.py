"""Sessions of the scripts beside this file, as functions that make them."""

from __future__ import annotations

from pathlib import Path

from backends.session import Session
from backends.sources.source import SessionSource

SCRIPTS = Path(__file__).parent / "scripts"


def two_sections() -> Session:
    """Return the session of a NEURON model without a class."""
    return _session_of("two_sections")


def two_branches() -> Session:
    """Return the session of a Jaxley model without a class."""
    return _session_of("two_branches")


def decay() -> Session:
    """Return the session of an own solver without a class."""
    return _session_of("decay")


def still() -> Session:
    """Return the session of values that do not move."""
    return _session_of("still")


def _session_of(name: str) -> Session:
    return SessionSource("script", str(SCRIPTS / f"{name}.py")).create()
