"""The window that shows one experiment on NEURON and on Jaxley.

Three cells with one camera, the traces of both, their difference, and the numbers.
"""
