"""What scenes are made of."""

from backends.compneurovis.specs.bindings import (
    AttributeRef as AttributeRef,
    SeriesSpec as SeriesSpec,
    StateBinding as StateBinding,
)
from backends.compneurovis.specs.controls import (
    ActionSpec as ActionSpec,
    BoolValueSpec as BoolValueSpec,
    ChoiceValueSpec as ChoiceValueSpec,
    ControlPresentationSpec as ControlPresentationSpec,
    ControlSpec as ControlSpec,
    ScalarValueSpec as ScalarValueSpec,
    XYValueSpec as XYValueSpec,
)
from backends.compneurovis.specs.fields import Field as Field
from backends.compneurovis.specs.geometry import (
    Geometry as Geometry,
    GridGeometry as GridGeometry,
    MorphologyGeometry as MorphologyGeometry,
)
from backends.compneurovis.specs.scene import (
    AppSpec as AppSpec,
    DiagnosticsSpec as DiagnosticsSpec,
    LayoutSpec as LayoutSpec,
    PanelSpec as PanelSpec,
    Scene as Scene,
)
from backends.compneurovis.specs.views import (
    GridSliceOperatorSpec as GridSliceOperatorSpec,
    LinePlotViewSpec as LinePlotViewSpec,
    MorphologyViewSpec as MorphologyViewSpec,
    OperatorSpec as OperatorSpec,
    StateGraphViewSpec as StateGraphViewSpec,
    SurfaceViewSpec as SurfaceViewSpec,
    ViewSpec as ViewSpec,
)
