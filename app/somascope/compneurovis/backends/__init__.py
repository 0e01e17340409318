"""Sessions over simulators, by the import paths of CompNeuroVis.

`neuron` and `jaxley` hand out the names of `backends.compneurovis`.
"""
