"""Runs nrnivmodl so that it can be cancelled, and ends with this process however this ends."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_LOOK_S = 0.1
_END_S = 1.5
_MOST_OUTPUT = 2 << 20


@dataclass(frozen=True)
class Finished:
    """A command that has ended: its exit status, and what it printed."""

    status: int
    output: str


def run_supervised(
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    on_line: Callable[[str], None],
    is_cancelled: Callable[[], bool],
) -> Finished | None:
    """Run a command in `folder`; return how it ended, None if it was cancelled.

    All processes that it has started are ended when this returns or raises.
    """
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_SUPERVISOR), str(folder), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environ),
        start_new_session=True,
    )
    try:
        output = _read_output(process, on_line, is_cancelled)
        return None if output is None else Finished(process.wait(), output)
    finally:
        _end(process)


def _read_output(
    process: subprocess.Popen[bytes],
    on_line: Callable[[str], None],
    is_cancelled: Callable[[], bool],
) -> str | None:
    assert process.stdout is not None
    parts, rest, size = [], b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if is_cancelled():
                return None
            if not selector.select(_LOOK_S):
                continue
            data = os.read(process.stdout.fileno(), 1 << 16)
            if not data:
                break
            if size < _MOST_OUTPUT:
                parts.append(data)
                size += len(data)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                on_line(line.decode("utf-8", "replace"))
    return b"".join(parts).decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the pipe, at which the supervisor ends the command, and wait for that."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
