"""Sessions that fail in one way each, for the tests of their owners."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

import numpy as np
from ramp import Ramp

from backends.errors import SimulatorError
from backends.messages import (
    Error,
    FieldReplace,
    InvokeAction,
    KeyPressed,
    Phase,
    SceneReady,
    SessionCommand,
    StatePatch,
    Status,
    TraceAdded,
)
from backends.scene import Scene


class _OwnError(SimulatorError):
    """An error class defined only in this file."""


class CannotBuild(Ramp):
    """Cannot be built, and says why in one sentence."""

    def initialize(self) -> Scene:
        raise _OwnError(
            "soma[0]: there is no mechanism 'xyz'; load it.",
            "loaded: hh, pas",
            code="unknown-mechanism",
            hint="compile-mechanisms",
        )


class BuildsWithABug(Ramp):
    """Fails with an unexpected exception."""

    def initialize(self) -> Scene:
        raise ZeroDivisionError("nseg")


class HangsInInitialize(Ramp):
    """Never finishes `initialize`."""

    def initialize(self) -> Scene:
        self.emit(Status(Phase.COMPILING, "Compiling for ever", 0.5))
        while True:
            pass


class HangsInAdvance(Ramp):
    """Never returns from its first step."""

    def advance(self) -> None:
        print("stuck")
        while True:
            pass


class IgnoresSigterm(HangsInAdvance):
    """Never returns, and ignores SIGTERM."""

    def initialize(self) -> Scene:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return super().initialize()


class HangsInShutdown(Ramp):
    """Never finishes `shutdown`."""

    def shutdown(self) -> None:
        threading.Event().wait()


class Dies(Ramp):
    """Dies, or misbehaves, in the way named by the key."""

    def handle(self, command: SessionCommand) -> None:
        match command:
            case KeyPressed("abort"):
                print("about to abort", file=sys.stderr)
                os.abort()
            case KeyPressed("segfault"):
                ctypes.string_at(0)
            case KeyPressed("exit"):
                sys.exit(3)
            case KeyPressed("raise"):
                raise ValueError("the slider is stuck")
            case KeyPressed("unpicklable"):
                self.emit(StatePatch({"a": lambda: None}))
            case KeyPressed("elsewhere"):
                self.emit(StatePatch({"a": sys.modules["a_module"].Thing()}))
            case KeyPressed("print"):
                print("x" * 1000, flush=True)
            case KeyPressed("objects"):
                self.emit(FieldReplace("display", np.array([None, 1], dtype=object)))
            case KeyPressed("grow"):
                self.emit(FieldReplace("display", np.arange(100_000.0), 1.0))
            case KeyPressed("new scene"):
                self.emit(FieldReplace("stale", np.zeros(3)))
                self.emit(SceneReady(super().initialize()))
            case KeyPressed("pid"):
                self.emit(StatePatch({"pid": os.getpid(), "modules": sorted(sys.modules)}))
            case KeyPressed("sigint"):
                os.kill(os.getpid(), signal.SIGINT)
            case InvokeAction("many", payload):
                for i in range(payload["n"]):
                    times = np.arange(payload["samples"], dtype=float)
                    self.emit(TraceAdded(f"trace {i}", None, times, times))
            case _:
                super().handle(command)


class _Unreadable:
    """Can be pickled, but not read."""

    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("raise ValueError('not here')",)


class LosesUpdates(Ramp):
    """Reports at each batch what cannot leave its process, and what cannot be read outside."""

    def advance(self) -> None:
        self.emit(StatePatch({"a": lambda: None}))
        self.emit(TraceAdded("unreadable", None, [0.0], [0.0], label=_Unreadable()))
        super().advance()


class Forks(Ramp):
    """Starts a process at each key: "sleeps" waits for ever, "goes on" runs this session a second time.

    Its id is reported as the control value "fork".
    """

    def handle(self, command: SessionCommand) -> None:
        match command:
            case KeyPressed("sleeps" | "goes on" as key):
                pid = os.fork()
                while not pid and key == "sleeps":
                    signal.pause()
                self.emit(StatePatch({"fork": pid}))
            case _:
                super().handle(command)


class FailsInAdvance(Ramp):
    """Runs for a while, then fails."""

    def advance(self) -> None:
        super().advance()
        if self._steps >= 40:
            self.emit(Error("The voltage is no longer a number.", code="not-finite"))
            raise SimulatorError(
                "The voltage of soma[0](0.5) is not a number; use a smaller dt.",
                code="voltage-lost",
            )


class Paced(Ramp):
    """Runs a batch every 20 ms of wall time and waits in between."""

    def __init__(self) -> None:
        super().__init__()
        self._due = time.monotonic()

    def advance(self) -> None:
        super().advance()
        self._due = time.monotonic() + 0.02

    def is_live(self) -> bool:
        return self._running and time.monotonic() >= self._due

    def idle_sleep(self) -> float | None:
        return max(0.0, self._due - time.monotonic()) if self._running else None


class Plain(Ramp):
    """The shortest session: it overrides nothing that has a default."""

    def is_live(self) -> bool:
        return True

    def idle_sleep(self) -> float | None:
        return 0.0


class BuildsInStages(Ramp):
    """Reports what it does while it is being built."""

    def initialize(self) -> Scene:
        self.emit(Status(Phase.BUILDING, "Reading points", 0.25))
        self.emit(Status(Phase.COMPILING, "Compiling"))
        return super().initialize()
