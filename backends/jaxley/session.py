"""`JaxleySession`: a live session over the author's own Jaxley model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import numpy as np
from numpy.typing import NDArray

from backends.jaxley.engine import JaxleyEngine
from backends.jaxley.hooks import JaxleyHooks
from backends.jaxley.scene import JaxleySceneBuilder
from backends.jaxley.simulator import Precision
from backends.live.engine import LiveEngine
from backends.live.options import DEFAULTS, SessionOptions, show_options
from backends.live.session import LiveSession
from backends.reserved import Readable
from backends.scene import MorphologyGeometry

if TYPE_CHECKING:
    from backends.jaxley.compiled.inputs import CurrentStep


class JaxleySession(LiveSession, JaxleyHooks):
    """Build your cells; Somascope compiles, steps, draws and records them.

        class MyCell(JaxleySession):
            def build_cells(self):
                import jaxley as jx
                from jaxley.channels import HH
                cell = jx.Cell([jx.Branch(ncomp=4)] * 3, parents=[-1, 0, 0])
                cell.insert(HH())
                return cell

            def setup_model(self, network, cells):
                self.clamp = self.inject(network.branch(0).comp(0), delay=10, dur=1e9, amp=0.1)

    A value that you change in the tables (``network.set("HH_gNa", 0.1)``) takes effect with
    `refresh_runtime_parameters()`; stimuli that you add or delete with `refresh_runtime_externals()`.
    Neither compiles anything again. See `LiveSession` for parameters and attributes, `SessionHooks` for
    all that may be overridden.

    Attributes
    ----------
    precision : {"float64", "float32"}
        Option: of all numbers of the model. Set it on the class or before `initialize`.
    """

    BACKEND: ClassVar[str] = "Jaxley"
    DEFAULTS: ClassVar[SessionOptions] = {**DEFAULTS, "v_init": -70.0}
    ENGINE: ClassVar[type[LiveEngine]] = JaxleyEngine

    _live: JaxleyEngine
    precision: Precision

    cells = Readable("What `build_cells` returned, as a list.")
    network = Readable("The module that is simulated: the only cell, or the `jx.Network`.")
    compilations = Readable("Programs compiled since the session began.")

    @show_options(DEFAULTS)
    def __init__(self, **options: Unpack[SessionOptions]) -> None:
        super().__init__(**options)

    def build_geometry(self, network: Any) -> MorphologyGeometry | None:
        """Return the drawing of the model's compartments, in their order; None shows no 3-D view."""
        cells = self._live.cells
        geometry: MorphologyGeometry = JaxleySceneBuilder.build_morphology_geometry(
            network.nodes,
            xyzr=network.xyzr,
            cell_names=self.cell_names(cells),
            parents=np.asarray(network.comb_parents).tolist(),
        )
        return geometry

    def inject(self, place: Any, *, delay: float, dur: float, amp: float) -> CurrentStep:
        """Inject a current step into the first compartment of a view; return what can be changed live.

        Parameters
        ----------
        place : jx.View or jx.Cell
            ``network.cell(0).branch(1).loc(0.5)``.
        delay, dur : float
            ms.
        amp : float
            nA.
        """
        return self._live.inject(place, delay=delay, dur=dur, amp=amp)

    def inject_at(self, segment: int, *, delay: float, dur: float, amp: float) -> CurrentStep:
        """Inject a current step into a segment, by its index in every frame; see `inject`."""
        return self._live.inject_at(segment, delay=delay, dur=dur, amp=amp)

    def refresh_runtime_parameters(self) -> None:
        """Update the running model with the parameters of channels, synapses and compartments in the tables.

        States are not changed; `reset` starts from the present parameters too. Nothing is
        compiled.
        """
        self._live.refresh_runtime_parameters()

    def refresh_runtime_externals(self) -> None:
        """Update the running model with the network's present stimuli and clamps.

        An entry's k-th value acts in the k-th step after t = 0; past its end, a current is 0 and a
        clamp holds its last value. Nothing is compiled unless a new kind of clamp appears, or more
        stimuli than there is room for.
        """
        self._live.refresh_runtime_externals()

    def state_of(self, name: str) -> NDArray[np.float64]:
        """Return a copy of a state or current as it is now: over nodes, or over a kind of synapse.

        Raises
        ------
        RequestError
            If the model has no state of that name.
        """
        return self._live.state_of(name)
