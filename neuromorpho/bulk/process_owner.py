"""Who is at a job: a process that lives, and in it something that is open. What died holds nothing."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_OPEN: set[str] = set()


def register() -> str:
    """Return a name that nobody else has, whatever processes come later under this one's number."""
    owner = f"{os.getpid()} {_start_time(os.getpid())} {secrets.token_hex(4)}"
    _OPEN.add(owner)
    return owner


def unregister(owner: str) -> None:
    """Say that an owner is at nothing any more."""
    _OPEN.discard(owner)


def is_running(owner: str) -> bool:
    """Return whether whoever took a job may still be at it."""
    pid, _, rest = owner.partition(" ")
    if not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return owner in _OPEN
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _start_time(int(pid)) == rest.partition(" ")[0]


def _start_time(pid: int) -> str:
    """Return when a process started, where the system tells; "-" elsewhere."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "-"
    return stat.rpartition(")")[2].split()[19]
