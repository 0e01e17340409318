"""Sections from files, and places for sections without 3-D points."""

from backends.compneurovis.neuron_utils import (
    define_shape_layout as define_shape_layout,
    generate_layout as generate_layout,
    load_swc_multi as load_swc_multi,
    load_swc_neuron as load_swc_neuron,
)
