"""Scripts that `import somascope`, for tests: written to a folder, opened and run as the command line does."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backends.messages import FieldAppend, RunFor, SessionCommand, SessionUpdate, TraceAdded
from backends.scene import Scene
from backends.session import Session
from backends.sources.source import SessionSource

BALL_AND_STICK = """
import somascope as ss
from neuron import h

soma, dend = h.Section(name="soma"), h.Section(name="dend")
soma.L = soma.diam = 20
dend.L, dend.diam, dend.nseg = 200, 2, 5
dend.connect(soma(1))
soma.insert("hh")
dend.insert("pas")
stim = h.IClamp(soma(0.5))
stim.delay, stim.dur, stim.amp = 1, 1e9, 0.5
"""


@dataclass
class Opened:
    """A session whose scene is there, and what it has sent."""

    session: Session
    scene: Scene
    updates: list[SessionUpdate] = field(default_factory=list)

    @property
    def views(self) -> dict[str, Any]:
        """The views that have a panel, by id: without the plot of traces in its dock."""
        views = {each.id: each for each in self.scene.views}
        return {
            each.view_id: views[each.view_id]
            for each in self.scene.layout.panels
            if each.view_id is not None
        }

    def read(self) -> list[SessionUpdate]:
        """Return the updates since the last call."""
        found = self.session.read_updates()
        self.updates += found
        return found

    def send(self, command: SessionCommand) -> list[SessionUpdate]:
        """Carry out a command; return what it has led to."""
        self.session.handle(command)
        return self.read()

    def run(self, duration_ms: float) -> None:
        """Run for a time."""
        self.session.handle(RunFor(duration_ms))
        while self.session.is_live():
            self.session.advance()
        self.read()

    def of(self, kind: type[Any]) -> list[Any]:
        """Return all updates of a kind."""
        return [each for each in self.updates if isinstance(each, kind)]

    def trace(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return all samples of a trace since it was added last: times (n,) ms, values (n,)."""
        times: list[np.ndarray] = []
        values: list[np.ndarray] = []
        for each in self.updates:
            if isinstance(each, TraceAdded) and each.trace_id == name:
                times, values = [each.times], [each.values]
            elif isinstance(each, FieldAppend) and name in each.rows:
                times.append(each.coord_values)
                values.append(each.values[each.rows.index(name)])
        return np.concatenate(times), np.concatenate(values)


def written(folder: Path, text: str, name: str = "my_model.py") -> Path:
    """Write a script and return its path."""
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


@contextmanager
def opened(folder: Path, text: str, name: str = "my_model.py") -> Iterator[Opened]:
    """Open a script in this process; its model ends with the block."""
    session = SessionSource.parse(str(written(folder, text, name))).create()
    try:
        scene = session.initialize()
        assert scene is not None
        found = Opened(session, scene)
        found.read()
        yield found
    finally:
        session.shutdown()
