"""`JaxleyCellSession`: a loaded morphology with a `CellModel`, simulated by Jaxley."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import numpy as np
from numpy.typing import NDArray

from backends.cellmodel.mechanisms import Mechanism
from backends.cellmodel.model import CellModel
from backends.errors import SimulatorError, SomascopeError
from backends.jaxley.compiled import cache
from backends.jaxley.compiled.cache import CachedModel
from backends.jaxley.engine import JaxleyEngine
from backends.jaxley.session import JaxleySession
from backends.jaxley.simulator import (
    BROKEN_REMEDY,
    Precision,
    device,
    load_jax,
    without_jax_cache,
)
from backends.live.engine import LiveEngine
from backends.live.loaded_cell import LoadedCell, LoadedCellEngine
from backends.live.options import SamplingOptions
from backends.live.stepper import Stepper
from backends.morphology.morphology import Morphology
from backends.morphology.swc_types import SwcType
from backends.phase import Phase
from backends.scene import MorphologyGeometry

if TYPE_CHECKING:
    from backends.jaxley.compiled.program import ProgramModel
    from backends.jaxley.compiled.tracing import TracedModel


@dataclass(frozen=True)
class Translation:
    """A NEURON mechanism in Jaxley's terms.

    Attributes
    ----------
    channel : str
        Jaxley's name, before every parameter.
    parameters : mapping of str to (str, float)
        NEURON's name to Jaxley's, and NEURON's default in the unit that both use.
    """

    channel: str
    parameters: Mapping[str, tuple[str, float]]


TRANSLATIONS = {
    "hh": Translation(
        "HH",
        {
            "gnabar": ("HH_gNa", 0.12),
            "gkbar": ("HH_gK", 0.036),
            "gl": ("HH_gLeak", 0.0003),
            "el": ("HH_eLeak", -54.3),
        },
    ),
    "pas": Translation("Leak", {"g": ("Leak_gLeak", 0.001), "e": ("Leak_eLeak", -70.0)}),
}


class JaxleyCellEngine(LoadedCellEngine, JaxleyEngine):
    """Runs one `JaxleyCellSession`, with the programs that an earlier start saved."""

    session: JaxleyCellSession

    def __init__(self, session: JaxleyCellSession) -> None:
        super().__init__(session)
        self._cached: CachedModel | None = None
        self._traced: TracedModel | None = None

    @property
    def cells(self) -> list[Any]:
        """The cell, which is built now if its programs came from the disk."""
        self._build_if_cached()
        return self.built_cells

    @property
    def network(self) -> Any:
        """The cell, which is built now if its programs came from the disk."""
        self._build_if_cached()
        return self.built_network

    def _build_if_cached(self) -> None:
        if not self.built_cells and self._cached is not None:
            self._cached.traced()

    def open_network(self) -> ProgramModel:
        """Return the programs that an earlier start saved, else build the cell; see `compiled.cache`."""
        self._cached = self._load_cached()
        if self._cached is None:
            return super().open_network()
        self.emit_phase(Phase.BUILDING, f"Building {self.title}")
        session = self.session
        session.set_geometry(session.build_drawing(session.segment_counts()))
        self.display_variables = self._cached.content.display_variables
        session.setup_model(None, ())
        return self._cached

    def _load_cached(self) -> CachedModel | None:
        """Return what an earlier start saved; None if there is nothing, or it cannot be loaded."""
        digest = self._digest()
        found = cache.load(digest) if self.session.caches_programs else None
        if found is None:
            return None
        try:
            return CachedModel(found, self.dtype, self.traced_network)
        except Exception:  # JAX raises anything about programs that it cannot load
            cache.delete(digest)
            return None

    def traced_network(self) -> TracedModel:
        """Build the cell."""
        self._traced = super().traced_network()
        return self._traced

    def open_model(self) -> Stepper:
        """Build the cell, compile its steps or load them, and save what was compiled."""
        if not self.session.caches_programs:
            return super().open_model()
        self.emit_phase(Phase.BUILDING, "Loading JAX", BROKEN_REMEDY, "reinstall-jaxley")
        load_jax(self.precision)
        with without_jax_cache():
            stepper = self._open_or_rebuild()
        if self._traced is not None:
            compiled = cache.serialize_model(self._traced, self.display_variables, self._cached)
            cache.save(self._digest(), compiled)
        return stepper

    def _open_or_rebuild(self) -> Stepper:
        try:
            return super().open_model()
        except SomascopeError:
            if self._cached is None:
                raise
        # What was saved does not run on this machine: build it again.
        cache.delete(self._digest())
        self._cached = None
        return super().open_model()

    def _digest(self) -> str:
        return cache.digest_of(
            self.session.morphology, self.session.model, self.precision, device()
        )

    def node_of(self, segment: int) -> int:
        """Return the solver's node of a segment: its own index."""
        return segment

    def shutdown(self) -> None:
        """Release the cell and its programs."""
        super().shutdown()
        self._cached, self._traced = None, None


class JaxleyCellSession(LoadedCell, JaxleySession):
    """A ready session of a loaded cell, the twin of `NeuronCellSession`; see `LoadedCell`.

    Parameters
    ----------
    precision : {"float64", "float32"}

    Attributes
    ----------
    caches_programs : bool
        Whether compiled programs are saved on disk under morphology, model and precision. False in
        a subclass, whose hooks may build another cell, unless the subclass sets it to True.
    """

    ENGINE: ClassVar[type[LiveEngine]] = JaxleyCellEngine

    _live: JaxleyCellEngine
    caches_programs: ClassVar[bool] = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "caches_programs" not in cls.__dict__:
            cls.caches_programs = False

    def __init__(
        self,
        morphology: Morphology,
        model: CellModel | None = None,
        *,
        dt: float | None = None,
        title: str | None = None,
        precision: Precision = "float64",
        **options: Unpack[SamplingOptions],
    ) -> None:
        super().__init__(morphology, model, dt=dt, title=title, **options)
        self.precision = precision

    # ---------------------------------------------------------------------------------- building

    def build_cells(self) -> Any:
        """Build a cell with one branch a section, whose compartments are NEURON's segments."""
        from backends.jaxley.tree_cell import build_cell

        model = self.model
        nseg = np.asarray(self.segment_counts(), np.int64)
        inserted = _mechanisms_by_type(model, self.morphology)
        geometry = self.build_drawing(nseg.tolist())
        if self._live.geometry is None:
            self.set_geometry(geometry)
        cell = build_cell(
            self.morphology,
            geometry,
            nseg,
            ra_ohm_cm=model.ra_ohm_cm,
            cm_uf_cm2=model.cm_uf_cm2,
            v_init=model.v_init_mv,
        )
        _insert(cell, geometry, inserted, model.celsius)
        return cell

    def build_geometry(self, network: Any) -> MorphologyGeometry | None:
        """Return the drawing of the morphology itself: the same as on NEURON."""
        return self._live.geometry

    def setup_model(self, network: Any, cells: Sequence[Any]) -> None:
        """Place the model's electrodes."""
        model, geometry = self.model, self._live.geometry
        if geometry is None:
            return
        places = [
            model.segment_of(each.target, self.morphology, geometry) for each in model.stimuli
        ]
        self.clamps = [
            self._live.inject_at(place, delay=each.delay_ms, dur=each.dur_ms, amp=amplitude)
            for place, each, amplitude in zip(
                places, model.stimuli, self.amplitudes_na, strict=True
            )
        ]


def _mechanisms_by_type(
    model: CellModel, morphology: Morphology
) -> dict[str, dict[int, dict[str, float]]]:
    """Return for each NEURON mechanism the SWC types that have it, and its Jaxley parameters there.

    Raises
    ------
    SimulatorError
        If Jaxley has no such mechanism or parameter.
    """
    found: dict[str, dict[int, dict[str, float]]] = {}
    for swc_type in sorted({each.swc_type for each in morphology.sections}):
        for mechanism in model.mechanisms_of(swc_type):
            translation = _translation_of(mechanism, swc_type)
            here = found.setdefault(mechanism.name, {}).setdefault(
                swc_type, dict(translation.parameters.values())
            )
            for name, value in mechanism.parameters.items():
                here[_jaxley_parameter(mechanism, name, value, translation)] = value
    return found


def _translation_of(mechanism: Mechanism, swc_type: int) -> Translation:
    known = TRANSLATIONS.get(mechanism.name)
    if known is None:
        place = SwcType(swc_type).name.lower().replace("_", " ") if swc_type < 5 else "custom"
        raise SimulatorError(
            f'Jaxley has no mechanism like "{mechanism.name}", which the {place} sections need; '
            f"it has {', '.join(TRANSLATIONS)}. Choose the NEURON backend for this model.",
            code="no-counterpart",
            hint="use-neuron",
        )
    return known


def _jaxley_parameter(
    mechanism: Mechanism, name: str, value: float, translation: Translation
) -> str:
    if name not in translation.parameters:
        raise SimulatorError(
            f"{mechanism.name} has no parameter {name} to set to {value:g} on Jaxley; "
            f"it has {', '.join(translation.parameters)}.",
            code="unknown-parameter",
        )
    return translation.parameters[name][0]


def _insert(
    cell: Any,
    geometry: MorphologyGeometry,
    inserted: Mapping[str, Mapping[int, Mapping[str, float]]],
    celsius: float,
) -> None:
    """Insert channels in all rows of the cell's table at once, with the result that views give."""
    from backends.jaxley.channels import Leak, SquidHH, squid_q10

    makers = {"hh": SquidHH, "pas": Leak}
    for name, by_type in inserted.items():
        rows = np.isin(geometry.swc_type, list(by_type))
        place = cell if rows.all() else cell.select(nodes=np.flatnonzero(rows))
        place.insert(makers[name]())
        if name == "hh":
            _set_column(cell, rows, "HH_q10", squid_q10(celsius))
        for swc_type, parameters in by_type.items():
            of_type: NDArray[np.bool_] = geometry.swc_type == swc_type
            for parameter, value in parameters.items():
                _set_column(cell, of_type, parameter, value)


def _set_column(cell: Any, rows: NDArray[np.bool_], column: str, value: float) -> None:
    cell.nodes.loc[rows, column] = value
