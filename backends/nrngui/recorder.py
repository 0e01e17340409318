"""`GuiRecorder`: receives what a model does with NEURON's interface, instead of NEURON's windows."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from backends.controls import ActionSpec, ControlSpec
from backends.errors import first_line
from backends.field import Field
from backends.layout import PanelSpec
from backends.messages import FieldReplace
from backends.nrngui.controls import ModelControls
from backends.nrngui.graph_calls import GraphCalls
from backends.nrngui.graphs import ModelGraphs
from backends.nrngui.items import Graph, Panel, ShapePlot
from backends.nrngui.panel_calls import PanelCalls
from backends.nrngui.variables import ContextObject
from backends.views import ViewSpec

ANSWERS = {
    "boolean_dialog": "answered with its second button (No)",
    "continue_dialog": "closed",
    "string_dialog": "cancelled",
    "File.chooser": "cancelled",
    "SymChooser.run": "cancelled",
}
"""What a question of the model is answered with; NEURON's number for all of these is 0."""
_FIXED_REPLIES = {
    "Graph.begin": 0, "Graph.plot": 0, "Graph.flush": 0, "Graph.fastflush": 0, "Graph.fast_flush": 0, "doNotify": 0,
    "Graph.view_count": 1,  # stdrun.hoc drops a graph that has no view
    "Graph.getline": -1, "Graph.line_info": -1,  # no line follows
}  # fmt: skip
"""Calls that show nothing; a model makes the first ones at each step."""


class GuiRecorder:
    """Records panels and graphs that a model makes, and shows them as controls, actions, views and traces.

        recorder = GuiRecorder(h)
        recorder.install()  # after h.load_file("nrngui.hoc")
        h.load_file("mosinit.hoc")
        recorder.control_specs(), recorder.action_specs(), recorder.views(), recorder.traces()

    Nothing that the recorder does raises in the model: an error is listed in `messages`, once.

    Attributes
    ----------
    changed : bool
        Whether the model has made or removed something since this was set to False; the owner does that.
    messages : list of str
        Questions of the model and how they were answered, and errors of the recorder; the owner empties it.
    """

    def __init__(self, h: Any) -> None:
        self.h = h
        self.changed = False
        self.messages: list[str] = []
        self._reported: set[str] = set()
        self._captured: list[Any] | None = None
        self._probed: Any = None
        self._is_probing = False
        self._objects: dict[Any, Any] = {}
        self._function: Any = None
        self._callback: Any = None
        self._panel_calls = PanelCalls(self)
        self._graph_calls = GraphCalls(self)
        self._controls = ModelControls(self._panel_calls)
        self._graphs = ModelGraphs(self._graph_calls)

    def install(self) -> None:
        """Receive NEURON's calls from now on."""
        import neuron

        self._function = neuron.nrn_dll_sym("nrnpy_set_gui_callback")
        self._function.argtypes = [ctypes.py_object]
        self._function.restype = None
        self._callback = self._receive  # NEURON keeps no reference of its own
        self._function(self._callback)

    def uninstall(self) -> None:
        """Receive no more calls; may be called twice."""
        function, self._function = self._function, None
        if function is not None:
            function.argtypes = [ctypes.c_void_p]  # None is then no object at all
            function(None)

    # ------------------------------------------------------------------------------ what is shown

    @property
    def panels(self) -> list[Panel]:
        """The panels that are shown, in order."""
        return self._panel_calls.panels

    @property
    def graphs(self) -> list[Graph]:
        """The graphs that the model has, in order."""
        return self._graph_calls.present_graphs()

    @property
    def shape_plots(self) -> list[ShapePlot]:
        """The shapes, in order."""
        return self._graph_calls.present_shapes()

    @property
    def not_shown(self) -> tuple[str, ...]:
        """Names of what the model made and the window does not show, for one message."""
        found = [
            *self._panel_calls.not_shown,
            *self._graph_calls.not_shown,
            *self._controls.not_shown,
            *self._graphs.not_shown,
        ]
        return tuple(dict.fromkeys(found))

    def control_specs(self) -> list[ControlSpec]:
        """Return a control for each value, check box, slider, choice and text of the panels."""
        return self._controls.control_specs()

    def action_specs(self) -> list[ActionSpec]:
        """Return an action for each button of the panels."""
        return self._controls.action_specs()

    def panel_specs(self) -> list[PanelSpec]:
        """Return the layout's panels: one for each panel and each menu of the model."""
        return self._controls.panel_specs()

    def views(self) -> list[ViewSpec]:
        """Return the plots of the graphs: over time, and others."""
        return self._graphs.views()

    def traces(self) -> dict[str, tuple[Any, str]]:
        """Return what the graphs show over time: by the trace's name its hoc reference and its unit ("" for none)."""
        return self._graphs.traces()

    def fields(self) -> list[Field]:
        """Return the fields of the plots that are not over time, with their present values."""
        return self._graphs.fields()

    def field_updates(self, time_ms: float) -> list[FieldReplace]:
        """Return the fields whose values have changed since the last call, or since `fields`."""
        return self._graphs.field_updates(time_ms)

    def shown_variable(self) -> ShapePlot | None:
        """Return the first PlotShape with a variable: its name ("v") and its range; None where there is none."""
        return next((each for each in self.shape_plots if each.variable), None)

    # ---------------------------------------------------------------------------- what a user does

    def invoke(self, action_id: str) -> None:
        """Run what a button runs.

        Raises
        ------
        RequestError
            ``unknown-action``.
        SimulatorError
            ``model-failed``: the model's own code failed.
        """
        self._controls.invoke(action_id)

    def set(self, control_id: str, value: Any) -> None:
        """Set the variable of a control, then run the model's own call-back of it.

        Raises
        ------
        RequestError
            ``unknown-control``, ``read-only``, ``target-lost``.
        SimulatorError
            ``model-failed``: the model's own code failed.
        """
        self._controls.set(control_id, value)

    def values(self) -> dict[str, Any]:
        """Return the present values of the controls by id; what the model has deleted is left out."""
        return self._controls.values()

    # -------------------------------------------------------------------------- NEURON's call-back

    def _receive(self, name: str, obj: Any = None, context: Any = None, *arguments: Any) -> Any:
        """Record one call of NEURON's interface; return what NEURON expects of it."""
        if self._captured is not None:
            self._captured.append(arguments[0] if arguments else None)
            return 0
        if self._is_probing:
            self._probed = obj
            return 0
        if name in _FIXED_REPLIES:
            return _FIXED_REPLIES[name]
        try:
            return self._record(name, obj, ContextObject(self.h, context), arguments)
        except (
            Exception
        ) as error:  # the model goes on, whatever the recorder makes of its arguments
            self.report(name, f"{name}: it cannot be shown: {first_line(error)}.")
            return 0

    def _record(
        self, name: str, obj: Any, context: ContextObject, arguments: tuple[Any, ...]
    ) -> Any:
        if name in ANSWERS:
            text = next((_text(each) for each in arguments if _text(each)), "")
            self.messages.append(
                f"The model asks: {text or name}. The question was {ANSWERS[name]}."
            )
            return 0
        for calls in (self._panel_calls, self._graph_calls):
            method: Callable[..., Any] | None = calls.method(name)
            if method is not None:
                before = self._outline()
                result = method(obj, context, *arguments)
                self.changed |= calls is self._panel_calls or self._outline() != before
                return 0 if result is None else self._made(name, result)
        return self._made(name, self._graph_calls.other(name, obj, context))

    def _outline(self) -> list[Any]:
        return [(each.number, each.outline) for each in self._graph_calls.graphs]

    def _made(self, name: str, result: Any) -> Any:
        """Return the result; where it is a new object, keep NEURON's object of it for as long as the process lives.

        NEURON calls back when such an object is deleted, too, with arguments that are none: outside a hoc procedure
        NEURON 9.0 then reads past its stack and crashes. So they are never deleted; whether the model still has
        one is read from NEURON's count of references.
        """
        if "." not in name and name[:1].isupper():
            every = self.h.List(name)
            self._objects[result] = every.o(int(every.count()) - 1)
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._objects[result]))
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(result))
        return result

    def is_dropped(self, made: Any) -> bool:
        """Whether the model has no reference any more to the object for which the recorder made `made`."""
        found = self._objects.get(made)
        if found is None:
            return False
        return int(ctypes.c_int.from_address(found.hocobjptr()).value) <= 1

    def report(self, subject: str, message: str) -> None:
        """Add a message about a subject, the first time only."""
        if subject not in self._reported:
            self._reported.add(subject)
            self.messages.append(message)

    # ---------------------------------------------------------------------- what hoc names refer to

    def reference_to(self, expression: str, context: Any = None) -> Any:
        """Return the hoc reference to a variable in the section accessed now, None where it names none."""
        found = self._reference(expression, context)
        if found is None and "(" not in expression:
            found = self._reference(f"{expression}(0.5)", context)
        return found

    def _reference(self, expression: str, context: Any) -> Any:
        # hoc gives a reference to Python only as the argument of a call of its interface
        before, self._captured = self._captured, []
        try:
            place = () if context is None else (context,)
            self.h.execute1(f"{{xslider(&{expression}, 0, 1)}}", *place, 0)
            return self._captured[0] if self._captured else None
        finally:
            self._captured = before

    def object_of(self, graph: Any) -> Any:
        """Return what the recorder made for a hoc Graph, None where it made nothing."""
        before, self._is_probing = self._is_probing, True
        self._probed = None
        try:
            graph.view_count()
            return self._probed
        finally:
            self._is_probing = before


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return str(value[0])
    except (TypeError, IndexError, ValueError, RuntimeError):
        return ""
