"""The calls that make graphs, shapes and boxes: each object is recorded with what its methods added to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from backends.neuron.references import reference_of
from backends.nrngui.items import Box, Curve, Graph, Line, Other, ShapePlot
from backends.nrngui.variables import ContextObject, ReferenceVariable

MAX_GRAPHS = 16
MAX_CURVES = 4  # of one graph; each is a plot
_BOXES = ("VBox", "HBox", "Deck")
_WITHOUT_PICTURE = {
    "Graph.xaxis", "Graph.yaxis",
    "Graph.color", "Graph.brush", "Graph.view", "Graph.save_name", "Graph.exec_menu", "Graph.label",
    "Graph.family", "Graph.erase", "Graph.unmap", "Graph.view_info",
    "Graph.view_size", "Graph.simgraph", "Graph.fixed", "Graph.relative", "Graph.align",
    "Graph.vfixed", "Graph.menu_remove", "Graph.menu_action", "Graph.menu_tool",
}  # fmt: skip
"""Of a graph's looks, or of when it is drawn, which the window does by itself."""


class GraphSource(Protocol):
    """What is needed of the recorder."""

    h: Any

    def reference_to(self, expression: str, context: Any) -> Any:
        """Return the hoc reference to a variable, None where the expression names none."""

    def object_of(self, graph: Any) -> Any:
        """Return what was made for a hoc Graph."""

    def is_dropped(self, made: Any) -> bool:
        """Whether the model has dropped the object for which `made` was made."""


class GraphCalls:
    """Builds the graphs.

    Attributes
    ----------
    graphs : list of Graph
        In order, with those that the model has dropped.
    shapes : list of ShapePlot
    not_shown : list of str
    """

    def __init__(self, recorder: GraphSource) -> None:
        self._recorder = recorder
        self._boxes: list[Box] = []
        self._made = 0
        self.graphs: list[Graph] = []
        self.shapes: list[ShapePlot] = []
        self.not_shown: list[str] = []
        self._methods: dict[str, Callable[..., Any]] = {
            "Graph": self._graph,
            "Graph.addvar": self._addvar,
            "Graph.addexpr": self._addvar,
            "Graph.addobject": self._addobject,
            "Graph.size": self._size,
            "Graph.erase_all": self._erase_all,
            "Vector.plot": self._vector_plot,
            "Vector.line": self._vector_line,
            "Shape": self._shape,
            "PlotShape": self._shape,
            "PlotShape.variable": self._variable,
            "PlotShape.scale": self._scale,
            "Box.intercept": self._intercept,
            "Box.map": self._map,
            "Box.ref": self._refer,
            **dict.fromkeys(_BOXES, self._box),
        }

    def method(self, name: str) -> Callable[..., Any] | None:
        """Return what records a call of this name, None where it is of another kind."""
        return self._methods.get(name)

    def other(self, name: str, obj: Any, context: ContextObject) -> Any:
        """Return what NEURON expects of a call that shows nothing; list what a user would miss."""
        if name.startswith("~") or name in _WITHOUT_PICTURE:
            return 0
        kind, _, method = name.partition(".")
        if not method and kind[:1].isupper():
            self._leave_out(kind)
            return Other(kind)
        if kind in ("Graph", "Vector"):
            self._leave_out(name)
        return 0

    def _leave_out(self, name: str) -> None:
        if name not in self.not_shown:
            self.not_shown.append(name)

    # ----------------------------------------------------------------------------------- objects

    def _graph(self, obj: Any, context: ContextObject, *arguments: Any) -> Graph:
        graph = Graph(self._made)
        self._made += 1
        if len(self.present_graphs()) < MAX_GRAPHS:
            self.graphs.append(graph)
        else:
            self._leave_out(f"graphs after the first {MAX_GRAPHS}")
        for each in self._boxes[-1:]:
            each.content.append(graph)
        return graph

    def _shape(self, obj: Any, context: ContextObject, *arguments: Any) -> ShapePlot:
        shape = ShapePlot()
        self.shapes.append(shape)
        return shape

    def present_graphs(self) -> list[Graph]:
        """Return the graphs that the model still has."""
        return [each for each in self.graphs if not self._recorder.is_dropped(each)]

    def present_shapes(self) -> list[ShapePlot]:
        """Return the shapes that the model still has."""
        return [each for each in self.shapes if not self._recorder.is_dropped(each)]

    def _box(self, obj: Any, context: ContextObject, *arguments: Any) -> Box:
        return Box()

    def _intercept(self, box: Any, context: ContextObject, is_on: float = 1, *_: Any) -> None:
        if not isinstance(box, Box):
            return
        if is_on:
            self._boxes.append(box)
        elif box in self._boxes:
            self._boxes.remove(box)

    def _refer(self, box: Any, context: ContextObject, owner: Any = None, *_: Any) -> None:
        if isinstance(box, Box):
            box.owners.append(owner)

    def _map(self, box: Any, context: ContextObject, title: Any = "", *_: Any) -> None:
        for each in box.content if isinstance(box, Box) and isinstance(title, str) else ():
            each.title = each.title or title

    # ------------------------------------------------------------------------- lines of one graph

    def _addvar(self, graph: Any, context: ContextObject, label: Any, *rest: Any) -> None:
        has_source = bool(rest) and not isinstance(rest[0], (int, float))
        source = rest[0] if has_source else label
        reference = None
        if isinstance(source, str):
            own = rest[1] if len(rest) > 1 and not isinstance(rest[1], (int, float)) else None
            reference = self._recorder.reference_to(source, own or context.find())
        else:
            reference = reference_of(source)
        if reference is None:
            self._leave_out(f"expression {label} of a graph")
            return
        unit = ReferenceVariable(reference, context).unit
        graph.lines.append(Line(str(label), reference, unit))

    def _addobject(self, graph: Any, context: ContextObject, shown: Any, *rest: Any) -> None:
        if not hasattr(shown, "to_vector"):
            self._leave_out(str(getattr(shown, "hname", lambda: shown)()))
            return
        graph.curves.append(Curve("Profile", shown, None, is_profile=True))

    def _size(self, graph: Any, context: ContextObject, *arguments: Any) -> None:
        if len(arguments) == 4 and all(isinstance(each, (int, float)) for each in arguments):
            x0, x1, y0, y1 = (float(each) for each in arguments)
            graph.x_limits = (x0, x1) if x0 < x1 else None
            graph.y_limits = (y0, y1) if y0 < y1 else None

    def _erase_all(self, graph: Any, context: ContextObject, *arguments: Any) -> None:
        graph.lines.clear()
        graph.curves.clear()

    def _vector_plot(self, vector: Any, context: ContextObject, graph: Any, *rest: Any) -> Any:
        return self._curve(vector, vector, graph, rest)

    def _vector_line(self, vector: Any, context: ContextObject, graph: Any, *rest: Any) -> Any:
        return self._curve(vector, list(vector), graph, rest)

    def _curve(self, vector: Any, y: Any, graph: Any, rest: tuple[Any, ...]) -> Any:
        target = self._recorder.object_of(graph)
        if isinstance(target, Graph):
            x: Any = next((each for each in rest if not isinstance(each, str)), 1.0)
            is_copy = y is not vector and hasattr(x, "to_python")
            x = list(x) if is_copy else x
            for each in target.curves:
                if each.origin == vector.hname():  # drawn again: shown once, as it is now
                    each.source, each.x = y, x
                    return vector
            if len(target.curves) >= MAX_CURVES:
                self._leave_out(f"curves of a graph after the first {MAX_CURVES}")
                return vector
            label = str(vector.label()) or f"Vector {len(target.curves) + 1}"
            target.curves.append(Curve(label, y, x, origin=vector.hname()))
        return vector

    # ------------------------------------------------------------------------------------ shapes

    def _variable(self, shape: Any, context: ContextObject, name: Any = "", *_: Any) -> None:
        if isinstance(shape, ShapePlot):
            shape.variable = str(name)

    def _scale(self, shape: Any, context: ContextObject, low: float, high: float, *_: Any) -> None:
        if isinstance(shape, ShapePlot) and low < high:
            shape.limits = (float(low), float(high))
