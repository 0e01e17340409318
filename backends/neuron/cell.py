"""`NeuronCellSession`: a loaded morphology with a `CellModel`, simulated by NEURON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from backends.cellmodel.stimuli import IClamp
from backends.errors import SimulatorError
from backends.live.engine import LiveEngine
from backends.live.loaded_cell import LoadedCell, LoadedCellEngine
from backends.neuron.engine import NeuronEngine
from backends.neuron.session import NeuronSession
from backends.neuron.simulator import load_neuron, loaded_mechanisms
from backends.scene import MorphologyGeometry


class NeuronCellEngine(LoadedCellEngine, NeuronEngine):
    """Runs one `NeuronCellSession`."""

    session: NeuronCellSession


class NeuronCellSession(LoadedCell, NeuronSession):
    """A ready session of a loaded cell; see `LoadedCell`."""

    ENGINE: ClassVar[type[LiveEngine]] = NeuronCellEngine

    _live: NeuronCellEngine

    def build_sections(self) -> list[Any]:
        """Build the morphology's sections, in its order, with its 3-D points and nseg by the d_lambda rule."""
        h = load_neuron()
        model = self.model
        counts = self.segment_counts()
        sections: list[Any] = []
        for each in self.morphology.sections:
            section = h.Section(name=each.name)
            x, y, z = (h.Vector(np.ascontiguousarray(axis)) for axis in each.xyz.T)
            h.pt3dadd(x, y, z, h.Vector(2 * each.radii), sec=section)
            if each.parent >= 0:
                section.connect(sections[each.parent](each.parent_x), 0)
            section.Ra, section.cm = model.ra_ohm_cm, model.cm_uf_cm2
            sections.append(section)
        for section, nseg in zip(sections, counts, strict=True):
            section.nseg = nseg
        return sections

    def build_geometry(self, sections: Sequence[Any]) -> MorphologyGeometry:
        """Return the drawing of the morphology itself, which knows types and a round soma."""
        return self.build_drawing([int(section.nseg) for section in sections])

    def setup_model(self, sections: Sequence[Any]) -> None:
        """Insert the model's mechanisms and place its electrodes."""
        h, model = load_neuron(), self.model
        h.celsius = model.celsius
        h.usetable_hh = int(model.rate_tables)
        self._insert(h, sections)
        self.set_geometry(self.build_geometry(sections))
        self.clamps = [
            self._place(h, sections, each, amplitude)
            for each, amplitude in zip(model.stimuli, self.amplitudes_na, strict=True)
        ]

    def simulator_facts(self) -> dict[str, str]:
        """Return whether HH rates come from NEURON's table."""
        uses_hh = any(each.name == "hh" for row in self.model.regions.values() for each in row)
        if not uses_hh:
            return {}
        table = (
            "NEURON's table (spikes about 0.05 % early)" if self.model.rate_tables else "computed"
        )
        return {"HH rates": table}

    def _insert(self, h: Any, sections: Sequence[Any]) -> None:
        loaded = loaded_mechanisms(h)
        for section, each in zip(sections, self.morphology.sections, strict=True):
            for mechanism in self.model.mechanisms_of(each.swc_type):
                if mechanism.name not in loaded:
                    raise SimulatorError(
                        f'no mechanism named "{mechanism.name}" in {each.name}; loaded: '
                        f"{', '.join(loaded)}; compile more .mod files with nrnivmodl and load "
                        "them with h.nrn_load_dll(path).",
                        code="unknown-mechanism",
                        hint="compile-mechanisms",
                    )
                section.insert(mechanism.name)
                for name, value in mechanism.parameters.items():
                    _set(section, f"{name}_{mechanism.name}", value, mechanism.name)

    def _place(self, h: Any, sections: Sequence[Any], stimulus: IClamp, amplitude: float) -> Any:
        section = sections[self.model.section_of(stimulus.target, self.morphology)]
        clamp = h.IClamp(section(stimulus.target.x))
        clamp.delay, clamp.dur, clamp.amp = stimulus.delay_ms, stimulus.dur_ms, amplitude
        return clamp


def _set(section: Any, name: str, value: float, mechanism: str) -> None:
    try:
        setattr(section, name, value)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise SimulatorError(
            f"{mechanism} in {section.name()} has no parameter {name} to set to {value:g}.",
            code="unknown-parameter",
        ) from error
