"""Apps made in one call."""

from backends.compneurovis.builders import (
    ReplaySession as ReplaySession,
    build_jaxley_app as build_jaxley_app,
    build_neuron_app as build_neuron_app,
    build_replay_app as build_replay_app,
    build_surface_app as build_surface_app,
    grid_field as grid_field,
)
