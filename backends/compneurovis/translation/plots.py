"""`PlotTraces`: a plot over time of CompNeuroVis as traces of ours.

There a plot shows a part of a field that grows along its time; here each curve is a trace that has a name. Each plot
has traces of its own, so that another selection is other traces in the same plot.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.compneurovis.specs.fields import Field
from backends.compneurovis.specs.views import LinePlotViewSpec
from backends.compneurovis.translation.colors import curve_color
from backends.compneurovis.translation.shown_fields import State, selected, value_of
from backends.messages import FieldAppend, SessionUpdate, StatePatch, TraceAdded, TraceRemoved
from backends.views import StateBinding, TracePlotViewSpec

MS_PER: Mapping[str, float] = {
    "ms": 1.0, "msec": 1.0, "s": 1e3, "sec": 1e3, "us": 1e-3, "µs": 1e-3, "ns": 1e-6, "min": 60e3,
}  # fmt: skip
_TIME_DIMS = ("time", "t")


def is_over_time(view: LinePlotViewSpec, field: Field) -> bool:
    """Whether the horizontal axis of a plot is time."""
    x_dim = view.x_dim or field.dims[-1]
    return view.rolling_window is not None or x_dim in _TIME_DIMS or view.x_unit in MS_PER


class PlotTraces:
    """The traces of one plot.

    Parameters
    ----------
    view : LinePlotViewSpec
    labels : mapping of str to str
        What the user reads of each entity of the cells.
    marks : bool
        Whether an entity whose curve is shown is marked on the cell.
    """

    def __init__(
        self, view: LinePlotViewSpec, labels: Mapping[str, str], *, marks: bool = False
    ) -> None:
        self.view = view
        self.field_id = f"{view.id} over time"
        self.ms_per_x = MS_PER.get(view.x_unit, 1.0)
        self._labels = labels
        self._marks = marks
        self.series_key = f"{view.id}.curves"  # the name in the window's state of the curves shown
        self._shown: dict[str, str] = {}  # labels by trace id

    def spec(self, unit: str | None) -> TracePlotViewSpec:
        """Return the window's plot.

        Parameters
        ----------
        unit : str or None
            Of the field.
        """
        view = self.view
        window = view.rolling_window
        return TracePlotViewSpec(
            view.id,
            self.field_id,
            title=view.title or view.field_id,
            y_label=view.y_label,
            y_unit=view.y_unit or unit or "",
            y_limits=y_limits(view),
            series=StateBinding(self.series_key),
            window_ms=None if window is None else float(window) * self.ms_per_x,
        )

    def take_over(self, other: PlotTraces) -> None:
        """Take over the traces of the plot as it was before its view has changed."""
        self._shown = dict(other._shown)

    def depends_on(self, keys: set[str]) -> bool:
        """Whether other values of the state may choose other curves."""
        values = self.view.selectors.values()
        return any(isinstance(each, StateBinding) and each.key in keys for each in values)

    def all_of(self, field: Field | None, state: State) -> list[SessionUpdate]:
        """Return the updates that show the whole past of the curves that are selected, and no others."""
        curves = {} if field is None else self._curves(field, state)
        gone = [TraceRemoved(each) for each in self._shown if each not in curves]
        self._shown = {trace_id: label for trace_id, (label, _, _) in curves.items()}
        chosen = StatePatch({self.series_key: tuple(curves)})
        if field is None or not curves:
            return [*gone, chosen]
        times = self._times(field.coord(self.x_dim(field)))
        unit = self.view.y_unit or field.unit or ""
        added = [
            TraceAdded(
                trace_id,
                place if self._marks and place in self._labels else None,
                times,
                values.astype(float),
                label=label,
                unit=unit,
                quantity=self.view.y_label,
                field_id=self.field_id,
                color=self._color(i, label, state),
            )
            for i, (trace_id, (label, place, values)) in enumerate(curves.items())
        ]
        return [*gone, *added, chosen]

    def appended(self, field: Field, n_new: int, state: State) -> list[SessionUpdate]:
        """Return the updates for the last `n_new` places along time, after `field` has them."""
        curves = self._curves(field, state)
        times = self._times(field.coord(self.x_dim(field)))
        goes_back = len(times) > n_new and n_new and times[-n_new] < times[-n_new - 1]
        if {id_: label for id_, (label, _, _) in curves.items()} != self._shown or goes_back:
            return self.all_of(field, state)
        if not curves or not n_new:
            return []
        values = np.stack([values[-n_new:] for _, _, values in curves.values()])
        return [FieldAppend(self.field_id, tuple(curves), values.astype(float), times[-n_new:])]

    def x_dim(self, field: Field) -> str:
        """Return the dimension of a field that is time."""
        return self.view.x_dim or field.dims[-1]

    def _times(self, coord: NDArray[Any]) -> NDArray[np.float64]:
        """Return times in ms that do not fall; where a session has gone back, only those since then."""
        return np.asarray(coord, float) * self.ms_per_x

    def _curves(
        self, field: Field, state: State
    ) -> dict[str, tuple[str, str | None, NDArray[Any]]]:
        """Return label, entity and values of each curve that is selected, by the id of its trace."""
        part = selected(self.view, field, state)
        if part is None:
            return {}
        x_dim = self.x_dim(field)
        others = [each for each in part.dims if each != x_dim]
        values = np.moveaxis(part.values, part.axis_index(x_dim), -1)
        fixed = [value_of(each, state) for each in self.view.selectors.values()]
        place = next((str(each) for each in fixed if isinstance(each, str)), None)
        found: dict[str, tuple[str, str | None, NDArray[Any]]] = {}
        for index in product(*(range(n) for n in values.shape[:-1])):
            names = [str(part.coord(dim)[i]) for dim, i in zip(others, index, strict=True)]
            label = ", ".join(self._labels.get(each, each) for each in names)
            label = (
                label or self._labels.get(place or "", place or "") or self.view.title or field.id
            )
            own = place if place is not None else (names[0] if names else None)
            id_ = f"{self.view.id}: {', '.join(filter(None, [place, *names])) or label}"
            found[id_] = (label, own, values[index])
        return found

    def _color(self, index: int, label: str, state: State) -> str:
        view = self.view
        palette = view.series_palette
        color = view.series_colors.get(
            label, palette[index % len(palette)] if palette else view.pen
        )
        return curve_color(value_of(color, state, "k"))


def y_limits(view: LinePlotViewSpec) -> tuple[float, float] | None:
    """Return the vertical range of a plot; None where it has no two ends."""
    if view.y_min is None or view.y_max is None:
        return None
    return float(view.y_min), float(view.y_max)
