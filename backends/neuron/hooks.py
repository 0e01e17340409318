"""`NeuronHooks`: what the author of a NEURON model overrides, besides `SessionHooks`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.live.hooks import SessionHooks
from backends.neuron.recorded_values import RecordedValues
from backends.neuron.scene import NeuronSceneBuilder
from backends.scene import MorphologyGeometry


class NeuronHooks(SessionHooks):
    """The hooks that `NeuronSession` adds."""

    @abstractmethod
    def build_sections(self) -> Iterable[Any]:
        """Return the sections to simulate and show, parents and children connected."""

    def setup_model(self, sections: Sequence[Any]) -> object:
        """Insert mechanisms, place stimuli and synapses, call `record`; store the objects on self."""
        return None

    def build_geometry(self, sections: Sequence[Any]) -> MorphologyGeometry | None:
        """Return the drawing of `sections`; None shows no 3-D view."""
        return NeuronSceneBuilder.build_morphology_geometry(sections)

    def on_recorded_samples(self, times: NDArray[np.float64], values: RecordedValues) -> None:
        """Process what was recorded since the last call.

        Parameters
        ----------
        times : ndarray, shape (n,)
            ms.
        values : RecordedValues, shape (n_names, n)
            An array with rows in the order of the names recorded; also by name: ``values["m gate"]``, shape (n,),
            and ``values.items()``.
        """
