"""What the fields and buttons of a model's panels refer to: variables that are read and set, statements that are run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol

from backends.errors import SimulatorError, first_line
from backends.neuron.units import unit_of_reference, variable_of_reference

_IDENTIFIER = re.compile(r"\w+")


class VariableGoneError(Exception):
    """The object or section that has the variable is deleted, or the name never existed."""


class Interpreter(Protocol):
    """What is needed of the recorder: NEURON's `h`, and references to what hoc names."""

    h: Any

    def reference_to(self, expression: str, context: Any) -> Any:
        """Return the hoc reference to a variable, None where the expression names none."""


class ContextObject:
    """The hoc object in which a panel was made: found by its name each time, so that the model may delete it."""

    def __init__(self, h: Any, context: Any) -> None:
        self._h = h
        self.name = "" if context is None else str(context.hname())

    def find(self) -> Any:
        """Return the object, None for the top level.

        Raises
        ------
        VariableGoneError
            If the model has deleted the object.
        """
        if not self.name:
            return None
        template, _, index = self.name.rstrip("]").partition("[")
        try:
            return getattr(self._h, template)[int(index)]
        except (IndexError, AttributeError, TypeError, ValueError, RuntimeError) as error:
            raise VariableGoneError(self.name) from error


class Variable(Protocol):
    """A number of the model."""

    name: str
    unit: str

    def read(self) -> float:
        """Return the present value; VariableGoneError where there is none."""

    def write(self, value: float) -> None:
        """Set the value; VariableGoneError where there is none."""


class ReferenceVariable:
    """A variable given as a hoc reference: ``&amp``, ``h._ref_t``, ``soma(0.5)._ref_v``."""

    def __init__(self, reference: Any, context: ContextObject) -> None:
        self.reference = reference
        self.name = variable_of_reference(reference) or ""
        self.unit = unit_of_reference(reference)
        self._context = context

    def read(self) -> float:
        """Return the present value."""
        return float(self._checked()[0])

    def write(self, value: float) -> None:
        """Set the value."""
        self._checked()[0] = value

    def _checked(self) -> Any:
        self._context.find()  # a reference into a deleted hoc object is not safe to read
        try:
            self.reference[0]
        except (ValueError, RuntimeError, TypeError) as error:
            raise VariableGoneError(self.name) from error
        return self.reference


class NamedVariable:
    """A variable given as hoc text: ``"tstop"``, ``"soma.gnabar_hh(0.5)"``, ``"st.amp"``.

    One of a section, and a plain name, is found once, in the section that is accessed then. What belongs to an
    object is found at each use, since its object may be replaced or deleted.
    """

    def __init__(self, interpreter: Interpreter, expression: str, context: ContextObject) -> None:
        self.name = expression
        self._interpreter = interpreter
        self._context = context
        found = self.reference
        self.unit = "" if found is None else unit_of_reference(found)
        is_lasting = not context.name and _IDENTIFIER.fullmatch(expression)
        is_safe = "raw=" not in repr(found)
        self._known = found if found is not None and (is_lasting or is_safe) else None

    @property
    def reference(self) -> Any:
        """The hoc reference, None where the text names no variable."""
        known = getattr(self, "_known", None)
        if known is not None:
            return known
        return self._interpreter.reference_to(self.name, self._context.find())

    def read(self) -> float:
        """Return the present value."""
        return float(self._checked()[0])

    def write(self, value: float) -> None:
        """Set the value."""
        self._checked()[0] = value

    def _checked(self) -> Any:
        reference = self.reference
        try:
            if reference is not None:
                reference[0]
                return reference
        except (ValueError, RuntimeError, TypeError) as error:
            raise VariableGoneError(self.name) from error
        raise VariableGoneError(self.name)


class AttributeVariable:
    """An attribute of a Python object, given as ``(object, "name")``."""

    unit = ""

    def __init__(self, owner: Any, name: str) -> None:
        self.name = name
        self._owner = owner

    def read(self) -> float:
        """Return the present value."""
        try:
            return float(getattr(self._owner, self.name))
        except (AttributeError, TypeError, ValueError) as error:
            raise VariableGoneError(self.name) from error

    def write(self, value: float) -> None:
        """Set the value."""
        setattr(self._owner, self.name, value)


def variable_of(interpreter: Interpreter, source: Any, context: ContextObject) -> Variable | None:
    """Return the variable that an argument of a panel's field refers to, None where it refers to none."""
    if isinstance(source, str):
        return NamedVariable(interpreter, source, context) if source.strip() else None
    if isinstance(source, tuple) and len(source) == 2 and isinstance(source[1], str):
        return AttributeVariable(*source)
    return ReferenceVariable(source, context) if hasattr(source, "__getitem__") else None


class Statement:
    """What a button, or a changed field, runs: hoc text in its object, or a Python function."""

    def __init__(self, h: Any, source: Any, context: ContextObject) -> None:
        self._h = h
        self._source = source
        self._context = context

    def __repr__(self) -> str:
        """Return the hoc text, or the function's name."""
        function, _ = _call_of(self._source)
        return self._source if function is None else getattr(function, "__name__", repr(function))

    def run(self, label: str) -> None:
        """Run it.

        Raises
        ------
        SimulatorError
            ``model-failed``: with what hoc or the function said.
        """
        function, arguments = _call_of(self._source)
        try:
            if function is not None:
                function(*arguments)
                return
            context = self._context.find()
            self._h.execute(self._source, *(() if context is None else (context,)))
        except VariableGoneError as error:
            raise SimulatorError(
                f"{label}: the model has deleted {self._context.name}, to which this belongs.",
                code="target-lost",
            ) from error
        except Exception as error:  # the model's own code may raise anything
            text = re.sub(r"^(hocobj_call error: )?(hoc_execerror: )?", "", first_line(error))
            raise SimulatorError(
                f"{label}: {self!r} failed: {text.rstrip('.')}.", code="model-failed"
            ) from error


def _call_of(source: Any) -> tuple[Callable[..., Any] | None, tuple[Any, ...]]:
    if callable(source):
        return source, ()
    if isinstance(source, tuple) and source and callable(source[0]):
        given = source[1] if len(source) > 1 else ()
        return source[0], tuple(given) if isinstance(given, (tuple, list)) else (given,)
    return None, ()


def statement_of(h: Any, source: Any, context: ContextObject) -> Statement | None:
    """Return what an argument asks to run, None where it is empty or nothing that runs."""
    is_text = isinstance(source, str) and source.strip() != ""
    return Statement(h, source, context) if is_text or _call_of(source)[0] else None
