"""Live sessions over NEURON. Importing this does not import NEURON."""

from backends.live.history import HistoryCaptureMode
from backends.neuron.cell import NeuronCellSession
from backends.neuron.scene import NeuronSceneBuilder
from backends.neuron.session import NeuronSession

__all__ = ["HistoryCaptureMode", "NeuronCellSession", "NeuronSceneBuilder", "NeuronSession"]
