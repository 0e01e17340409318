"""One side of a comparison: a simulator's run in its own process, received by a thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backends.batch.run import RunPlan, RunSamples
from backends.comparison.result import SideFacts
from backends.error_updates import error_of
from backends.errors import MorphologyError, SessionCancelled, SimulatorError, SomascopeError
from backends.isolated.session import IsolatedSession
from backends.messages import Error, NotAnswering, SessionUpdate, Status
from backends.scene import MorphologyGeometry, Scene
from backends.session import Session

_REMEDY = "compare again, or run that simulator alone"
_CODES_THAT_NAME_THE_SIMULATOR = frozenset(
    {"jaxley-missing", "neuron-missing", "no-counterpart", "restore-failed"}
)


@dataclass(frozen=True)
class Simulator:
    """One side of a comparison.

    Attributes
    ----------
    name : str
        ``"NEURON"``.
    factory : callable
        Makes its `BatchRun` in the child process; picklable.
    settings : mapping of str to str
        What was set for the comparison, as text.
    backend : str
        The simulator that the session must have; "" accepts any.
    """

    name: str
    factory: Callable[[], Session]
    settings: Mapping[str, str] = field(default_factory=dict)
    backend: str = ""


class SideRun:
    """One side from the start of its child process to its last sample; `run` needs its own thread."""

    def __init__(self, side: Simulator) -> None:
        self.name = side.name
        self.settings = side.settings
        self.backend = ""
        self._expected_backend = side.backend
        self.doing = "Starting"
        self.silence = ""
        self.n_samples = 0
        self.build_s = self.run_s = 0.0
        self.plan: RunPlan | None = None
        self.geometry: MorphologyGeometry | None = None
        self.voltages: NDArray[np.float32] = np.empty((0, 0), np.float32)
        self._session = IsolatedSession(
            side.factory, name=f"the comparison on {side.name}", remedy=_REMEDY
        )
        self._session.on_status = self._on_status
        self._cancelled = False

    def run(self) -> None:
        """Build, run and end.

        Raises
        ------
        SomascopeError
            The message begins with the side's name.
        """
        begin = time.perf_counter()
        try:
            self._set_scene(self._session.initialize())
            self.build_s, begin = time.perf_counter() - begin, time.perf_counter()
            self._process_updates()
            while self._session.is_live():
                self._session.advance()
                self._process_updates()
            self.run_s = time.perf_counter() - begin
            if self._cancelled:
                raise SessionCancelled(f"The run on {self.name} was cancelled.", code="cancelled")
            _ = self.outcome
        except (SessionCancelled, MorphologyError):  # a bad file is not the simulator's fault
            raise
        except SomascopeError as error:
            is_named = error.code in _CODES_THAT_NAME_THE_SIMULATOR
            message = error.message if is_named else f"{self.name}: {error.message}"
            raise SimulatorError(
                message, error.details, code=error.code, hint=error.hint
            ) from error
        finally:
            self._session.shutdown()

    def cancel(self) -> None:
        """End the child at once; from any thread."""
        self._cancelled = True
        self._session.cancel()

    @property
    def outcome(self) -> tuple[MorphologyGeometry, RunPlan]:
        """The geometry and the plan of a complete run.

        Raises
        ------
        SimulatorError
            If samples are missing.
        """
        if self.plan is None or self.geometry is None or self.n_samples != self.plan.n_samples:
            raise SimulatorError(
                f"the run ended after {self.n_samples} samples, before its end.",
                code="run-incomplete",
            )
        return self.geometry, self.plan

    @property
    def share(self) -> float:
        """The share of the samples that have arrived, 0 … 1."""
        return 0.0 if self.plan is None else self.n_samples / self.plan.n_samples

    def progress(self, duration_ms: float) -> str:
        """Return what this side is doing: ``"Jaxley: Compiling"``, ``"NEURON: 12 of 30 ms"``."""
        plan = self.plan
        if self.silence:
            return self.silence
        if plan is None:
            return f"{self.name}: {self.doing}"
        if self.n_samples >= plan.n_samples:
            return f"{self.name}: done"
        done = max(0, self.n_samples - 1) * plan.sample_ms
        return f"{self.name}: {done:.3g} of {duration_ms:g} ms"

    def _set_scene(self, scene: Scene | None) -> None:
        if scene is None:
            return
        self.backend = scene.backend
        if self._expected_backend not in ("", scene.backend):
            raise SimulatorError(
                f"the model was built on {scene.backend} instead.", code="wrong-simulator"
            )
        self.geometry = scene.geometry

    def _on_status(self, update: SessionUpdate) -> None:
        if isinstance(update, Status):
            is_stopped = update.hint == "continue-process"
            self.doing = update.message if is_stopped else str(update.phase)

    def _process_updates(self) -> None:
        for update in self._session.read_updates():
            match update:
                case RunPlan():
                    self._allocate(update)
                case RunSamples(_, values):
                    self.voltages[self.n_samples : self.n_samples + len(values)] = values
                    self.n_samples += len(values)
                case NotAnswering(message):
                    self.silence = message
                case Error():
                    raise error_of(update)
                case _:
                    pass  # frames and clocks are for a window

    def _allocate(self, plan: RunPlan) -> None:
        self.voltages = np.empty((plan.n_samples, len(plan.areas_um2)), np.float32)
        self.plan = plan


def side_facts(run: SideRun) -> SideFacts:
    """Return the simulator's own numbers of a complete run."""
    geometry, plan = run.outcome
    types = geometry.swc_type
    present = sorted(set(types.tolist()))
    return SideFacts(
        backend=run.backend,
        simulator=plan.simulator,
        segments={type_: int((types == type_).sum()) for type_ in present},
        areas_um2={type_: float(plan.areas_um2[types == type_].sum()) for type_ in present},
        build_s=run.build_s,
        run_s=run.run_s,
    )
