"""Names for the owners of jobs, which tell whether the owner's process still runs."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_REGISTERED: set[str] = set()


def register() -> str:
    """Return a unique name for an owner in this process; process numbers may be reused later."""
    owner = f"{os.getpid()} {_start_time(os.getpid())} {secrets.token_hex(4)}"
    _REGISTERED.add(owner)
    return owner


def unregister(owner: str) -> None:
    """Note that an owner has ended."""
    _REGISTERED.discard(owner)


def is_running(owner: str | None) -> bool:
    """Return whether an owner may still run: its process exists, and in this process it is registered."""
    pid, _, rest = (owner or "").partition(" ")
    if not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return owner in _REGISTERED
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _start_time(int(pid)) == rest.partition(" ")[0]


def _start_time(pid: int) -> str:
    """Return the start time of a process as Linux gives it; "-" on other systems."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "-"
    return stat.rpartition(")")[2].split()[19]
