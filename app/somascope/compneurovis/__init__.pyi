"""What `somascope.compneurovis` hands out; each name is imported when it is first used."""

from .app import run_app as run_app
from .backends.jaxley import (
    JaxleySceneBuilder as JaxleySceneBuilder,
    JaxleySession as JaxleySession,
)
from .backends.neuron import (
    NeuronSceneBuilder as NeuronSceneBuilder,
    NeuronSession as NeuronSession,
)
from .builders import (
    ReplaySession as ReplaySession,
    build_jaxley_app as build_jaxley_app,
    build_neuron_app as build_neuron_app,
    build_replay_app as build_replay_app,
    build_surface_app as build_surface_app,
    grid_field as grid_field,
)
from .core import (
    ActionSpec as ActionSpec,
    AppSpec as AppSpec,
    AttributeRef as AttributeRef,
    BoolValueSpec as BoolValueSpec,
    ChoiceValueSpec as ChoiceValueSpec,
    ControlPresentationSpec as ControlPresentationSpec,
    ControlSpec as ControlSpec,
    DiagnosticsSpec as DiagnosticsSpec,
    Field as Field,
    Geometry as Geometry,
    GridGeometry as GridGeometry,
    GridSliceOperatorSpec as GridSliceOperatorSpec,
    LayoutSpec as LayoutSpec,
    LinePlotViewSpec as LinePlotViewSpec,
    MorphologyGeometry as MorphologyGeometry,
    MorphologyViewSpec as MorphologyViewSpec,
    OperatorSpec as OperatorSpec,
    PanelSpec as PanelSpec,
    ScalarValueSpec as ScalarValueSpec,
    Scene as Scene,
    SeriesSpec as SeriesSpec,
    StateBinding as StateBinding,
    StateGraphViewSpec as StateGraphViewSpec,
    SurfaceViewSpec as SurfaceViewSpec,
    ViewSpec as ViewSpec,
    XYValueSpec as XYValueSpec,
)
from .session import HistoryCaptureMode as HistoryCaptureMode
