"""What a session's author may override: one short method each, with defaults that show a cell."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.field import Field
from backends.layout import LayoutNode, LayoutSpec
from backends.live.default_scene import DISPLAY_FIELD_ID, HISTORY_FIELD_ID
from backends.live.interaction_hooks import InteractionHooks
from backends.live.options import authored_classes
from backends.reserved import is_method
from backends.scene import DisplayVariable, Finding, MorphologyGeometry, Scene, ViewSpec

_NEARLY = 0.88


def misspelt_hooks(kind: type) -> tuple[Finding, ...]:
    """Return a warning for each method of an author whose name is almost a hook's."""
    authored = authored_classes(kind)
    base = next(each for each in kind.__mro__ if each not in authored)
    known = [name for name in dir(base) if is_method(getattr(base, name, None))]
    known = [name for name in known if not name.startswith("_")]
    own = [name for each in authored for name, value in vars(each).items() if callable(value)]
    found = []
    for name in dict.fromkeys(own):
        near = get_close_matches(name, known, 1, cutoff=_NEARLY)
        if near and name not in known and not name.startswith("_"):
            words = f"is no hook; if {near[0]} is meant, rename it."
            found.append(Finding("warning", "author.hook", f"{kind.__name__}.{name} {words}"))
    return tuple(found)


class SessionHooks(InteractionHooks):
    """The hooks of `NeuronSession` and `JaxleySession`, with those of `InteractionHooks`; each default is sensible."""

    display_variable: DisplayVariable

    traces: Any = MappingProxyType({})
    """Traces from the start: a mapping by name, or a method that returns one.

    Each value is a function of the session. On NEURON it returns a reference (``soma(0.5)._ref_m_hh``), recorded
    at every step, or (reference, unit). On Jaxley a compartment (its voltage) or (compartment, ``"HH_m"``),
    sampled every `display_dt`. Everywhere a segment id, or (segment id, name of a display variable). The plot
    whose `series` has the name shows it, else the plot that every session has.
    """

    @abstractmethod
    def build_scene(
        self,
        *,
        geometry: MorphologyGeometry | None,
        display_values: NDArray[np.float32],
        trace_values: NDArray[np.float32],
        trace_segment_ids: Sequence[str],
        trace_times: NDArray[np.float64],
    ) -> Scene:
        """Return the scene, from all the hooks; see `default_scene.build_scene` for the shapes."""

    def after_batch(self) -> None:
        """Follow up on a batch of steps, before its frame is sent.

        A `FieldReplace` of `display_field_id()` emitted here colours the cell instead of that frame.
        """

    def after_reset(self) -> None:
        """Follow up on a reset, before its frame is sent; see `after_batch`."""

    def control_order(self) -> Sequence[str] | None:
        """Return the ids of the controls to show, in order; None shows all."""
        return None

    def action_order(self) -> Sequence[str] | None:
        """Return the ids of the actions to show, in order; None shows all."""
        return None

    def view_specs(self) -> Mapping[str, ViewSpec] | Sequence[ViewSpec]:
        """Return views besides the cell and the plot of traces: a sequence, or a mapping by id.

        A view whose `field_id` is the name of a display variable (``"m_hh"``) gets that variable's values of
        all segments after each batch. One with the id of a view that there is ("morphology", "trace") takes
        its place.
        """
        return ()

    def extra_fields(self) -> Mapping[str, Field] | Sequence[Field]:
        """Return the fields of these views with their first values; emit `FieldReplace` to change them."""
        return ()

    def spike_sources(self) -> Mapping[str, Any] | Sequence[Any]:
        """Return where spikes are counted: places, each a row of a raster, or a mapping of places by name.

        A place is a section (its middle), a segment or its id, on Jaxley a compartment or a cell; on NEURON also a
        NetCon, whose source it is then. (place, threshold) gives the threshold in mV; else it is 10, or what the
        model's own NetCons from there have. On NEURON the times are those of ``NetCon.record``; elsewhere the
        voltage is sampled every `display_dt`, and the time is where it crosses between two samples.

        The field "spikes" has how many there were; a raster shows them where no view of yours does.
        """
        return ()

    def extra_connections(
        self,
    ) -> Mapping[str, Iterable[Any]] | Iterable[Any]:
        """Return connections that the simulator does not tell: a mapping of pairs of places by label.

        ``{"gap junction": [(self.a.soma(0.5), self.b.soma(0.5))]}``. The synapses of NEURON's NetCons and Jaxley's edges
        are drawn anyway, and NEURON's gap junctions with a POINTER; what is connected by
        ``ParallelContext.target_var`` is not known to NEURON. A place is as in `spike_sources`, or the index of a
        segment. A pair may go on with a weight and a delay (ms). A label with "gap", "elec" or "junction" in it is of
        gap junctions, which have no direction.

        For other units and kinds, return a list of `Connections` of `self.geometry`. Asked at the start and after
        each reset.
        """
        return {}

    def layout(self) -> LayoutSpec | LayoutNode | None:
        """Return where the views stand; None leaves that to the window.

        A `Split` or `Tabs`, or the id of one view, names views or panels. Views that it does not name get a panel
        too, but for the plot of traces that everyone has, which then stands in its dock.
        """
        return None

    def trace_view_updates(self) -> Mapping[str, Any]:
        """Return attributes of the trace plot to change: ``{"y_limits": (-90, 50)}``."""
        return {}

    def display_field_id(self) -> str:
        """Return the id of the field that the cell is coloured by."""
        return DISPLAY_FIELD_ID

    def history_field_id(self) -> str:
        """Return the id of the field that the trace plot shows."""
        return HISTORY_FIELD_ID

    def display_unit(self) -> str | None:
        """Return the unit of the display values: the display variable's, mV at first."""
        return self.display_variable.unit

    def history_unit(self) -> str | None:
        """Return the unit of the traces of segments: that of the display values."""
        return self.display_unit()

    def morphology_color_map(self) -> str:
        """Return the name of the colour map; "scalar" is the window's default."""
        return "scalar"

    def morphology_color_limits(self) -> tuple[float, float] | None:
        """Return the colour range in the display unit: (-80, 40) mV for voltage."""
        return self.display_variable.limits

    def morphology_color_norm(self) -> str:
        """Return "auto", "linear" or "symmetric"."""
        return "auto"

    def morphology_connections(self) -> bool:
        """Return whether the cell's view draws the connections at first; the user may switch them on and off."""
        return False

    def trace_title(self) -> str:
        """Return the title of the trace plot."""
        return "Traces"

    def trace_y_label(self) -> str:
        """Return the label of the traces' vertical axis, without its unit."""
        return self.display_variable.label

    def trace_y_unit(self) -> str | None:
        """Return the unit of the traces' vertical axis."""
        return self.history_unit()

    def steps_per_update(self) -> int | None:
        """Return the steps of dt in one batch; None (the default) fills the wall-clock budget."""
        return None
