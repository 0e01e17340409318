"""`NeuronSession` and `NeuronSceneBuilder` with CompNeuroVis's arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Unpack

from backends.compneurovis.live_hooks import RUNS_FROM_THE_START, PeerHooks
from backends.compneurovis.morphology_scene import MorphologySceneBuilder
from backends.compneurovis.neuron_utils import geometry_of_sections
from backends.compneurovis.stepwise import StepwiseSession, is_stepwise
from backends.live.engine import LiveEngine
from backends.live.options import DEFAULTS, SessionOptions, show_options
from backends.messages import SessionCommand
from backends.neuron.engine import NeuronEngine
from backends.neuron.session import NeuronSession as OurNeuronSession


class PeerNeuronEngine(NeuronEngine):
    """Runs a `NeuronSession` of CompNeuroVis: it starts by itself, with a trace of the first segment."""

    CLASS_OPTIONS: ClassVar[Mapping[str, Any]] = {
        **NeuronEngine.CLASS_OPTIONS,
        **RUNS_FROM_THE_START,
    }

    def initial_traces(self) -> Sequence[str]:
        """Return the first segment."""
        return () if self.geometry is None else self.geometry.segment_ids[:1]


class NeuronSession(StepwiseSession, PeerHooks, OurNeuronSession):
    """Our `backends.neuron.NeuronSession` for classes written for CompNeuroVis.

    A class that overrides how the model is stepped, sampled or drawn runs as `stepwise` says.
    """

    ENGINE: ClassVar[type[LiveEngine]] = PeerNeuronEngine
    _live: PeerNeuronEngine

    @show_options(DEFAULTS)
    def __init__(self, **options: Unpack[SessionOptions]) -> None:
        super().__init__(**options)
        self._is_stepwise = is_stepwise(type(self))
        if self._is_stepwise:
            self.begin_stepwise()

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Let the hooks of a class that our engine runs return our specs."""
        super().__init_subclass__(converts=not is_stepwise(cls), **arguments)

    # What an author's class inherits, and calls by super(), depends on how it is run.

    def initialize(self) -> Any:
        """Build the model and return its scene."""
        return self.initialize_stepwise() if self._is_stepwise else super().initialize()

    def build_scene(self, **given: Any) -> Any:
        """Return the scene."""
        return (self.scene_stepwise if self._is_stepwise else super().build_scene)(**given)

    def advance(self) -> None:
        """Take the next steps."""
        (self.advance_stepwise if self._is_stepwise else super().advance)()

    def handle(self, command: SessionCommand) -> None:
        """Carry out a command."""
        (self.handle_stepwise if self._is_stepwise else super().handle)(command)

    def emit(self, update: Any) -> None:
        """Queue an update."""
        (self._stepwise_updates.append if self._is_stepwise else super().emit)(update)

    def read_updates(self) -> list[Any]:
        """Return and remove the queued updates, oldest first."""
        if not self._is_stepwise:
            return list(super().read_updates())
        found, self._stepwise_updates = self._stepwise_updates, []
        return found

    def is_live(self) -> bool:
        """Whether a step is due."""
        return self._is_stepwise or super().is_live()

    def idle_sleep(self) -> float | None:
        """Return the seconds until the next step is due."""
        return 0.0 if self._is_stepwise else super().idle_sleep()

    def record_many(
        self,
        names: Sequence[str],
        refs: Sequence[Any],
        units: Sequence[str | None] | None = None,
    ) -> None:
        """Record references at every step; see `backends.neuron.NeuronSession.record_many`."""
        if self._is_stepwise:
            self.record_stepwise(list(names), list(refs))
        else:
            super().record_many(names, refs, units)


class NeuronSceneBuilder(MorphologySceneBuilder):
    """Makes scenes of CompNeuroVis's kind from NEURON models."""

    build_morphology_geometry = staticmethod(geometry_of_sections)
