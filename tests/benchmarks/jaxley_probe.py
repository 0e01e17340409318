"""One start of a Jaxley session, which tells when its first frame came: run by `jaxley_start`."""

from __future__ import annotations

import json
import sys
import time

from backends.isolated.session import IsolatedSession
from backends.messages import FieldReplace, SessionUpdate, SetRunning
from backends.sources.source import SessionSource


def main(started: float, cell: str) -> None:
    """Build the cell in a child, run, and print the stages, seconds since exec of this process."""
    session = IsolatedSession(SessionSource.parse(cell, "jaxley").create)
    try:
        session.initialize()
        stages = {"built": time.time() - started}
        session.handle(SetRunning(True))
        while not any(is_moving(update) for update in session.read_updates()):
            if not session.is_live():
                raise RuntimeError("the session has ended before its first frame")
            session.advance()
        stages["frame"] = time.time() - started
    finally:
        session.shutdown()
    print(json.dumps(stages))


def is_moving(update: SessionUpdate) -> bool:
    """Whether an update is a frame of a time after the first."""
    return isinstance(update, FieldReplace) and update.time_ms > 0


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
