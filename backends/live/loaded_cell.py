"""`LoadedCell`: what a loaded morphology with a `CellModel` is on either simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, Unpack

import numpy as np

from backends.cellmodel.checks import ALL, region_of
from backends.cellmodel.input_conductance import amplitude_na
from backends.cellmodel.mechanisms import HH, Mechanism
from backends.cellmodel.model import CellModel
from backends.controls import ControlSpec, ScalarValueSpec
from backends.errors import SimulatorError
from backends.live.engine import LiveEngine
from backends.live.history import HistoryCaptureMode
from backends.live.options import DEFAULTS, SamplingOptions, SessionOptions
from backends.live.session import LiveSession
from backends.morphology.morphology import Morphology, build_geometry
from backends.morphology.summary import morphology_facts
from backends.scene import MorphologyGeometry

_GROUP = "Stimulus"


class Clamp(Protocol):
    """A current step in a running model: delay and dur in ms, amp in nA."""

    delay: float
    dur: float
    amp: float


class LoadedCellEngine(LiveEngine):
    """Runs one `LoadedCell`, which knows its traces and facts."""

    session: LoadedCell

    def initial_traces(self) -> Sequence[str]:
        """Return the segments that the model records."""
        return self.session.initial_traces()

    def simulator_facts(self) -> dict[str, str]:
        """Return facts of the simulator that matter for the numbers."""
        return super().simulator_facts() | self.session.simulator_facts()


class LoadedCell(LiveSession):
    """Base of `NeuronCellSession` and `JaxleyCellSession`, before the simulator's own session.

    Parameters
    ----------
    morphology : Morphology
    model : CellModel or None
        None is the default model of this morphology.
    dt : float or None
        Step, ms; None is the model's.
    title : str or None
        None is the morphology's name.

    Attributes
    ----------
    model : CellModel
    clamps : list of Clamp
        The simulator's own, one for each of the model's stimuli.
    """

    DEFAULTS: ClassVar[SessionOptions] = {
        **DEFAULTS,
        "history_capture_mode": HistoryCaptureMode.FULL,
    }
    CONTROL_AMP: ClassVar[str] = "stimulus_amp"
    CONTROL_DELAY: ClassVar[str] = "stimulus_delay"
    CONTROL_DUR: ClassVar[str] = "stimulus_dur"

    def __init__(
        self,
        morphology: Morphology,
        model: CellModel | None = None,
        *,
        dt: float | None = None,
        title: str | None = None,
        **options: Unpack[SamplingOptions],
    ) -> None:
        model = CellModel.default_for(morphology) if model is None else model
        super().__init__(
            dt=model.dt_ms if dt is None else dt,
            v_init=model.v_init_mv,
            title=title or morphology.name,
            **options,
        )
        self.morphology = morphology
        self.model = model
        self._live.findings = morphology.findings
        self.clamps: list[Any] = []
        self._amplitudes: list[float] = []

    # ---------------------------------------------------------------------------------- building

    def segment_counts(self) -> list[int]:
        """Return nseg of every section by the model's rule; its remarks are in `findings`.

        Raises
        ------
        SimulatorError
            If there is nothing to simulate.
        """
        if not self.morphology.sections:
            raise SimulatorError(
                f"{self.morphology.name} has no sections to simulate.", code="no-sections"
            )
        counts, findings = self.model.segment_counts(self.morphology)
        self._live.findings = (*self.morphology.findings, *findings)
        nseg: list[int] = counts.tolist()
        return nseg

    def build_drawing(self, nseg: Sequence[int]) -> MorphologyGeometry:
        """Return the drawing of the morphology itself, which knows types and a round soma."""
        return build_geometry(self.morphology, nseg)

    def set_geometry(self, geometry: MorphologyGeometry) -> None:
        """Store the drawing, the amplitude (nA) of every stimulus, and the facts for the Cell panel."""
        self._live.geometry = geometry
        self._amplitudes = [
            amplitude_na(each, self.model, self.morphology, geometry) for each in self.model.stimuli
        ]
        self._live.facts = (
            morphology_facts(self.morphology, geometry)
            | self._live.settings_facts()
            | self._model_facts()
            | self._live.simulator_facts()
        )

    def simulator_facts(self) -> dict[str, str]:
        """Return facts of this cell in its simulator that matter for the numbers."""
        return {}

    @property
    def amplitudes_na(self) -> Sequence[float]:
        """The amplitude of every stimulus of the model, nA."""
        return self._amplitudes

    def _model_facts(self) -> dict[str, str]:
        model = self.model
        present = {ALL} | {region_of(each.swc_type) for each in self.morphology.sections}
        membrane = "; ".join(
            f"{region}: {', '.join(map(_mechanism_text, mechanisms)) or 'nothing'}"
            for region, mechanisms in model.regions.items()
            if region in present
        )
        if any(each.name == HH.name for row in model.regions.values() for each in row):
            membrane += " (squid axon, for demonstration)"
        return {
            "Membrane": membrane,
            "Ra, cm": f"{model.ra_ohm_cm:g} Ω cm, {model.cm_uf_cm2:g} µF/cm²",
            "Temperature": f"{model.celsius:g} °C",
        }

    def initial_traces(self) -> Sequence[str]:
        """Return the segments that the model records."""
        geometry = self._live.geometry
        if geometry is None:
            return ()
        found = [
            geometry.segment_ids[self.model.segment_of(each, self.morphology, geometry)]
            for each in self.model.recordings
        ]
        return tuple(dict.fromkeys(found))

    # ---------------------------------------------------------------------------------- controls

    def set_initial_controls(self, values: Mapping[str, Any]) -> None:
        """Set the model's stimulus from control values, by control id; before the cell is built."""
        if not self.model.stimuli:
            return
        first, *others = self.model.stimuli
        names = {
            self.CONTROL_AMP: "amp_na",
            self.CONTROL_DELAY: "delay_ms",
            self.CONTROL_DUR: "dur_ms",
        }
        given: dict[str, Any] = {
            name: float(values[id_]) for id_, name in names.items() if id_ in values
        }
        self.model = replace(self.model, stimuli=(replace(first, **given), *others))

    def control_specs(self) -> Sequence[ControlSpec]:
        """Return amplitude (nA), delay and duration (ms) of the first stimulus."""
        if not self.model.stimuli:
            return ()
        first, amplitude = self.model.stimuli[0], self._amplitudes[0] if self._amplitudes else 0.0
        top = _round_up(max(4 * abs(amplitude), 0.1))
        place = first.target.region
        return (
            ControlSpec(
                self.CONTROL_AMP,
                "Amplitude",
                ScalarValueSpec(amplitude, -top, top, "nA", step=top / 200),
                _GROUP,
                f"Current injected into the {place}; takes effect at once.",
            ),
            ControlSpec(
                self.CONTROL_DELAY,
                "Delay",
                ScalarValueSpec(first.delay_ms, 0.0, None, "ms"),
                _GROUP,
                "When the current begins.",
            ),
            ControlSpec(
                self.CONTROL_DUR,
                "Duration",
                ScalarValueSpec(first.dur_ms, 0.0, None, "ms"),
                _GROUP,
                "How long the current lasts.",
            ),
        )

    def apply_control(self, control_id: str, value: Any) -> bool:
        """Put a stimulus control's value into the running model."""
        attribute = {
            self.CONTROL_AMP: "amp",
            self.CONTROL_DELAY: "delay",
            self.CONTROL_DUR: "dur",
        }.get(control_id)
        if attribute is None or not self.clamps:
            return False
        setattr(self.clamps[0], attribute, float(value))
        return True

    def shutdown(self) -> None:
        """Release the electrodes, then the cell."""
        self.clamps = []
        super().shutdown()


def _mechanism_text(mechanism: Mechanism) -> str:
    """Return a mechanism's name with its first parameter: ``"hh (gnabar 0.12)"``."""
    telling = next(iter(mechanism.parameters.items()), None)
    return mechanism.name if telling is None else f"{mechanism.name} ({telling[0]} {telling[1]:g})"


def _round_up(value: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten."""
    scale = 10.0 ** np.floor(np.log10(value))
    return float(next(step * scale for step in (1, 2, 5, 10) if step * scale >= value * 0.999))
