"""Sessions over NEURON, by the import path of CompNeuroVis.

The classes are ours; their arguments mean what they mean there.
"""

from backends.compneurovis.neuron import (
    NeuronSceneBuilder as NeuronSceneBuilder,
    NeuronSession as NeuronSession,
)
