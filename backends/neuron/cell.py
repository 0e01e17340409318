"""`NeuronCellSession`: a loaded morphology and a `CellModel`, in NEURON's terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from backends.cellmodel import CellModel, IClamp, Mechanism
from backends.controls import ControlSpec, ScalarValueSpec
from backends.errors import SimulatorError
from backends.facts import morphology_facts
from backends.history import HistoryCaptureMode
from backends.morphology import Morphology, build_geometry
from backends.neuron.session import NeuronSession
from backends.neuron.simulator import load_neuron, loaded_mechanisms
from backends.scene import MorphologyGeometry

_GROUP = "Stimulus"


class NeuronCellSession(NeuronSession):
    """A ready session of a loaded cell.

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
    clamps : list of IClamp
        NEURON's point processes, one for each of the model's stimuli.
    """

    CONTROL_AMP: ClassVar[str] = "stimulus_amp"
    CONTROL_DELAY: ClassVar[str] = "stimulus_delay"
    CONTROL_DUR: ClassVar[str] = "stimulus_dur"

    def __init__(
        self,
        morphology: Morphology,
        model: CellModel | None = None,
        *,
        dt: float | None = None,
        max_samples: int = 1000,
        display_dt: float | None = 0.1,
        history_capture_mode: HistoryCaptureMode | str = HistoryCaptureMode.FULL,
        title: str | None = None,
    ) -> None:
        model = CellModel.default_for(morphology) if model is None else model
        super().__init__(
            dt=model.dt_ms if dt is None else dt,
            v_init=model.v_init_mv,
            max_samples=max_samples,
            display_dt=display_dt,
            history_capture_mode=history_capture_mode,
            title=title or morphology.name,
        )
        self.morphology = morphology
        self.model = model
        self.findings = morphology.findings
        self.clamps: list[Any] = []
        self._amplitudes: list[float] = []

    # ---------------------------------------------------------------------------------- building

    def build_sections(self) -> list[Any]:
        """Build the morphology's sections, in its order, with its 3-D points and the d_lambda rule."""
        h = load_neuron()
        model = self.model
        if not self.morphology.sections:
            raise SimulatorError(f"{self.morphology.name} has no sections to simulate.")
        sections: list[Any] = []
        for each in self.morphology.sections:
            section = h.Section(name=each.name)
            x, y, z = (h.Vector(np.ascontiguousarray(axis)) for axis in each.xyz.T)
            h.pt3dadd(x, y, z, h.Vector(2 * each.radii), sec=section)
            if each.parent >= 0:
                section.connect(sections[each.parent](each.parent_x), 0)
            section.Ra, section.cm = model.ra_ohm_cm, model.cm_uf_cm2
            sections.append(section)
        counts, findings = model.segment_counts(self.morphology)
        self.findings = (*self.morphology.findings, *findings)
        for section, nseg in zip(sections, counts.tolist(), strict=True):
            section.nseg = nseg
        return sections

    def build_geometry(self, sections: Sequence[Any]) -> MorphologyGeometry:
        """Return the drawing of the morphology itself, which knows types and a round soma."""
        counts = [int(section.nseg) for section in sections]
        return build_geometry(self.morphology, counts)

    def setup_model(self, sections: Sequence[Any]) -> None:
        """Insert the model's mechanisms and place its electrodes."""
        h, model = load_neuron(), self.model
        h.celsius = model.celsius
        h.usetable_hh = int(model.rate_tables)
        self._insert(h, sections)
        self.geometry = geometry = self.build_geometry(sections)
        self._amplitudes = [
            model.amplitude_na(each, self.morphology, geometry) for each in model.stimuli
        ]
        self.clamps = [
            self._place(h, sections, each, amplitude)
            for each, amplitude in zip(model.stimuli, self._amplitudes, strict=True)
        ]
        self.facts = morphology_facts(self.morphology, geometry) | self._model_facts()

    def _insert(self, h: Any, sections: Sequence[Any]) -> None:
        loaded = loaded_mechanisms(h)
        for section, each in zip(sections, self.morphology.sections, strict=True):
            for mechanism in self.model.mechanisms_of(each.swc_type):
                if mechanism.name not in loaded:
                    raise SimulatorError(
                        f'no mechanism named "{mechanism.name}" in {each.name}; loaded: '
                        f"{', '.join(loaded)}; compile more .mod files with nrnivmodl and load "
                        "them with h.nrn_load_dll(path)."
                    )
                section.insert(mechanism.name)
                for name, value in mechanism.parameters.items():
                    _set(section, f"{name}_{mechanism.name}", value, mechanism.name)

    def _place(self, h: Any, sections: Sequence[Any], stimulus: IClamp, amplitude: float) -> Any:
        section = sections[self.model.section_of(stimulus.target, self.morphology)]
        clamp = h.IClamp(section(stimulus.target.x))
        clamp.delay, clamp.dur, clamp.amp = stimulus.delay_ms, stimulus.dur_ms, amplitude
        return clamp

    def _model_facts(self) -> dict[str, str]:
        model = self.model
        membrane = "; ".join(
            f"{region}: {', '.join(map(_described, mechanisms)) or 'nothing'}"
            for region, mechanisms in model.regions.items()
        )
        return {
            "Membrane": membrane,
            "Ra, cm": f"{model.ra_ohm_cm:g} Ω cm, {model.cm_uf_cm2:g} µF/cm²",
            "Temperature": f"{model.celsius:g} °C",
        }

    def initial_traces(self) -> Sequence[str]:
        """Return the segments that the model records."""
        geometry = self.geometry
        if geometry is None:
            return ()
        found = [
            geometry.segment_ids[self.model.segment_of(each, self.morphology, geometry)]
            for each in self.model.recordings
        ]
        return tuple(dict.fromkeys(found))

    # ---------------------------------------------------------------------------------- controls

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


def _described(mechanism: Mechanism) -> str:
    """Return a mechanism's name with what tells it from its like: ``"hh (gnabar 0.12)"``."""
    telling = next(iter(mechanism.parameters.items()), None)
    return mechanism.name if telling is None else f"{mechanism.name} ({telling[0]} {telling[1]:g})"


def _set(section: Any, name: str, value: float, mechanism: str) -> None:
    try:
        setattr(section, name, value)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise SimulatorError(
            f"{mechanism} in {section.name()} has no parameter {name} to set to {value:g}."
        ) from error


def _round_up(value: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten."""
    scale = 10.0 ** np.floor(np.log10(value))
    return float(next(step * scale for step in (1, 2, 5, 10) if step * scale >= value * 0.999))
