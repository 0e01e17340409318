"""`NeuronSession`: a live session over the author's own NEURON model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

from backends.live.engine import LiveEngine
from backends.live.options import DEFAULTS, SessionOptions, show_options
from backends.live.session import LiveSession
from backends.neuron.engine import NeuronEngine
from backends.neuron.hooks import NeuronHooks
from backends.reserved import Readable


class NeuronSession(LiveSession, NeuronHooks):
    """Build your sections; Somascope steps, draws and records them.

        class MyCell(NeuronSession):
            def build_sections(self):
                from neuron import h
                self.soma = h.Section(name="soma")
                self.soma.L = self.soma.diam = 20  # µm
                self.soma.insert("hh")
                return [self.soma]

            def setup_model(self, sections):
                from neuron import h
                self.clamp = h.IClamp(self.soma(0.5))
                self.clamp.delay, self.clamp.dur, self.clamp.amp = 10, 1e9, 0.5  # ms, ms, nA

    See `LiveSession` for parameters and attributes, `SessionHooks` for all that may be overridden.

    Attributes
    ----------
    threads : int
        Option: NEURON's threads (``ParallelContext.nthread``), for networks; the next reset uses a changed one. The
        cells are divided among them. The voltages are those of one thread, bit for bit, unless events of cells in
        different threads reach one synapse at the same moment: then they may be added in another order.
    """

    BACKEND: ClassVar[str] = "NEURON"
    ENGINE: ClassVar[type[LiveEngine]] = NeuronEngine

    _live: NeuronEngine
    threads: int

    sections = Readable("The model's sections, in the order of every frame.")

    @show_options(DEFAULTS)
    def __init__(self, **options: Unpack[SessionOptions]) -> None:
        super().__init__(**options)

    def record(self, name: str, ref: Any, unit: str | None = None) -> None:
        """Record a hoc reference (``soma(0.5)._ref_ina``) at every step of dt, and show it as trace `name`.

        Recording may begin on a running model, which goes on unchanged. See `record_many`.
        """
        self.record_many([name], [ref], [unit])

    def record_many(
        self,
        names: Sequence[str],
        refs: Sequence[Any],
        units: Sequence[str | None] | None = None,
    ) -> None:
        """Record several references at once.

        Parameters
        ----------
        units : sequence of str or None
            The unit of each; None is NEURON's own unit of the variable, where it has one.

        Raises
        ------
        RequestError
            If names, refs and units differ in number, or a name is taken.
        """
        names, refs = list(names), list(refs)
        given: list[str | None] = [None] * len(names) if units is None else list(units)
        self._live.record_many(names, refs, given)

    def recorded_values(self) -> dict[str, float]:
        """Return the present value of everything recorded, by name."""
        return self._live.recorded_values()
