"""`ModelGraphs`: the graphs of a model as plots of a session, over time and over other axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from backends.field import Field
from backends.messages import FieldReplace
from backends.nrngui.items import Curve, Graph, Line
from backends.views import LinePlotViewSpec, TracePlotViewSpec, ViewSpec

TRACE_FIELD_ID = "trace"
"""The field of recorded names, as of `backends.live.default_scene`."""
_NAMED = 3  # variables in the title of a graph without one
FloatArray = NDArray[np.float64]


class GraphSource(Protocol):
    """What is needed of the recorder."""

    def present_graphs(self) -> list[Graph]:
        """Return the graphs that the model has."""


class ModelGraphs:
    """Makes the views, and reads the fields of those that are not over time.

    Attributes
    ----------
    not_shown : list of str
        Curves that cannot be read.
    """

    def __init__(self, source: GraphSource) -> None:
        self._source = source
        self._sent: dict[str, bytes] = {}
        self.not_shown: list[str] = []

    # -------------------------------------------------------------------------------- over time

    def _named_lines(self) -> Iterator[tuple[Graph, dict[str, Line]]]:
        """Yield each graph with its lines by the name of the trace; a variable shown twice has one trace."""
        taken: dict[str, str] = {}
        for graph in self._source.present_graphs():
            lines: dict[str, Line] = {}
            for line in graph.lines:
                place = repr(line.reference).partition(" val=")[0]
                name, number = line.label, 2
                while taken.setdefault(name, place) != place:
                    name, number = f"{line.label} ({number})", number + 1
                lines[name] = line
            yield graph, lines

    def traces(self) -> dict[str, tuple[Any, str]]:
        """Return reference and unit of each trace by name."""
        found: dict[str, tuple[Any, str]] = {}
        for _, lines in self._named_lines():
            found |= {name: (line.reference, line.unit) for name, line in lines.items()}
        return found

    def views(self) -> list[ViewSpec]:
        """Return a plot for each graph with lines over time, and one for each curve of another axis."""
        found: list[ViewSpec] = []
        for graph, lines in self._named_lines():
            if lines:
                found.append(_trace_plot(graph, lines))
            found += [_line_plot(graph, index, each) for index, each in enumerate(graph.curves)]
        return found

    # -------------------------------------------------------------------------- over other axes

    def _curves(self) -> Iterator[tuple[str, FloatArray, FloatArray]]:
        for graph in self._source.present_graphs():
            for index, curve in enumerate(graph.curves):
                yield (_field_id(graph, index), *self._read(curve))

    def _read(self, curve: Curve) -> tuple[FloatArray, FloatArray]:
        """Return x and y, each of shape (n,); empty where the model has deleted what they show."""
        try:
            return _profile(curve.source) if curve.is_profile else _points(curve)
        except (RuntimeError, TypeError, ValueError) as error:
            name = f"{curve.label} ({error})"
            if name not in self.not_shown:
                self.not_shown.append(name)
            return np.empty(0), np.empty(0)

    def fields(self) -> list[Field]:
        """Return the fields with their present values."""
        found = []
        for id_, x, y in self._curves():
            self._sent[id_] = x.tobytes() + y.tobytes()
            found.append(Field(id_, y, ("x",), {"x": x}))
        return found

    def field_updates(self, time_ms: float) -> list[FieldReplace]:
        """Return the fields that have changed since they were last returned."""
        found = []
        for id_, x, y in self._curves():
            key = x.tobytes() + y.tobytes()
            if self._sent.get(id_) != key:
                self._sent[id_] = key
                found.append(FieldReplace(id_, y, time_ms, {"x": x}))
        return found


def _field_id(graph: Graph, index: int) -> str:
    return f"model graph {graph.number}.{index}"


def _title(graph: Graph, names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    return graph.title or shown


def _trace_plot(graph: Graph, lines: dict[str, Line]) -> TracePlotViewSpec:
    units = {line.unit for line in lines.values()}
    unit = units.pop() if len(units) == 1 else ""
    window = graph.x_limits
    return TracePlotViewSpec(
        f"model graph {graph.number}",
        TRACE_FIELD_ID,
        title=_title(graph, list(lines)),
        y_label=next(iter(lines)) if len(lines) == 1 else "Value",
        y_unit=unit or None,
        y_limits=graph.y_limits,
        series=tuple(lines),
        window_ms=window[1] - window[0] if window and window[1] > window[0] else None,
    )


def _line_plot(graph: Graph, index: int, curve: Curve) -> LinePlotViewSpec:
    id_ = _field_id(graph, index)
    return LinePlotViewSpec(
        id_,
        id_,
        title=graph.title or curve.label,
        x_label="Distance" if curve.is_profile else "x",
        x_unit="µm" if curve.is_profile else None,
        y_label=curve.label if curve.is_profile else "y",
        x_limits=graph.x_limits,
        y_limits=graph.y_limits,
    )


def _profile(plot: Any) -> tuple[FloatArray, FloatArray]:
    from neuron import h

    y, x = h.Vector(), h.Vector()
    plot.to_vector(y, x)
    return _pair(np.array(x, np.float64), np.array(y, np.float64))


def _points(curve: Curve) -> tuple[FloatArray, FloatArray]:
    y = np.array(curve.source, np.float64)
    if isinstance(curve.x, (int, float)):
        return _pair(np.arange(len(y), dtype=np.float64) * float(curve.x), y)
    return _pair(np.array(curve.x, np.float64), y)


def _pair(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    n = min(len(x), len(y))
    return x[:n], y[:n]
