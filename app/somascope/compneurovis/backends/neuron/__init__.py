"""Sessions over NEURON."""

from backends.compneurovis.neuron import (
    NeuronSceneBuilder as NeuronSceneBuilder,
    NeuronSession as NeuronSession,
)
