"""What in a model a control writes to and reads from: `ControlSpec.target`."""

from __future__ import annotations

import ast
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from backends.controls import (
    AttributeRef,
    BoolValueSpec,
    ControlSpec,
    ScalarValueSpec,
    XYValueSpec,
)
from backends.errors import RequestError, SimulatorError, first_line

_STEP = re.compile(r"\.?([A-Za-z_]\w*)((?:\[[^\]]*\]|\([^)]*\))*)")
_INDEX = re.compile(r"\[([^\]]*)\]|\(([^)]*)\)")
_MOST_NAMED = 12


class UnknownTarget(Exception):
    """A target that does not exist; the text is the end of a sentence: ``"there is no section 'som'"``."""


class Target(ABC):
    """One value of a model.

    Attributes
    ----------
    unit : str
        What the simulator knows of its unit, "" for nothing.
    """

    unit: str = ""

    @abstractmethod
    def read(self) -> Any:
        """Return the present value."""

    @abstractmethod
    def write(self, value: Any) -> None:
        """Set the value."""


class AttributeTarget(Target):
    """An attribute of an object, or an entry of a mapping."""

    def __init__(self, owner: Any, name: str, unit: str = "") -> None:
        self._owner = owner
        self._name = name
        self.unit = unit

    def read(self) -> Any:
        if isinstance(self._owner, Mapping):
            return self._owner[self._name]
        return getattr(self._owner, self._name)

    def write(self, value: Any) -> None:
        if isinstance(self._owner, MutableMapping):
            self._owner[self._name] = value
        else:
            setattr(self._owner, self._name, value)


class GroupTarget(Target):
    """The same value of several objects: all are written, the first is read."""

    def __init__(self, members: Sequence[Target]) -> None:
        self._members = members
        self.unit = members[0].unit

    def read(self) -> Any:
        return self._members[0].read()

    def write(self, value: Any) -> None:
        for each in self._members:
            each.write(value)


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path: a name, and the indices and arguments behind it.

    Attributes
    ----------
    calls : tuple of (bool, value)
        In order, whether it is an argument in parentheses, and what it is.
    """

    name: str
    calls: tuple[tuple[bool, Any], ...] = ()

    def follow(self, owner: Any) -> Any:
        """Return what this step leads to from `owner`."""
        found = owner[self.name] if isinstance(owner, Mapping) else getattr(owner, self.name)
        for is_argument, value in self.calls:
            found = found(value) if is_argument else found[value]
        return found


def parse_path(path: str) -> list[Step]:
    """Return the steps of ``"soma(0.5).hh.gnabar"``; UnknownTarget if it cannot be read."""
    steps, place = [], 0
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None or (place == 0) == match[0].startswith("."):
            raise UnknownTarget("which is not written as a name, such as soma(0.5).hh.gnabar")
        calls = []
        for each in _INDEX.finditer(match[2]):
            text = each[1] if each[1] is not None else each[2]
            try:
                calls.append((each[1] is None, ast.literal_eval(text)))
            except (ValueError, SyntaxError):
                raise UnknownTarget(f"in which {text!r} is not a number") from None
        steps.append(Step(match[1], tuple(calls)))
        place = match.end()
    if not steps:
        raise UnknownTarget("which is empty")
    return steps


def target_at(owner: Any, steps: Sequence[Step], unit_of: UnitOf | None = None) -> Target:
    """Return the target that steps lead to from an object; a list on the way stands for all in it.

    Raises
    ------
    UnknownTarget
    """
    *on_the_way, last = steps
    if last.calls:
        raise UnknownTarget(f"whose last part, {last.name}, must be a plain name")
    for step in on_the_way:
        try:
            owner = step.follow(owner)
        except Exception as error:  # the author's objects may raise anything
            raise UnknownTarget(missing_text(owner, step.name, error)) from error
    if isinstance(owner, (list, tuple)) and owner and not hasattr(owner, last.name):
        return GroupTarget([_checked(each, last.name, unit_of) for each in owner])
    return _checked(owner, last.name, unit_of)


UnitOf = Callable[[Any, str], str]


def _checked(owner: Any, name: str, unit_of: UnitOf | None) -> Target:
    target = AttributeTarget(owner, name, unit_of(owner, name) if unit_of else "")
    try:
        target.read()
    except Exception as error:  # the author's objects may raise anything
        raise UnknownTarget(missing_text(owner, name, error)) from error
    return target


def missing_text(owner: Any, name: str, error: Exception) -> str:
    """Return which name an object does not have, and what there is."""
    if not isinstance(error, (AttributeError, KeyError)):
        return f"whose {name!r} cannot be read: {first_line(error)}"
    kind = type(owner)
    keys = owner if isinstance(owner, Mapping) else dir(owner)
    there = [
        each
        for each in keys
        if not str(each).startswith("_") and not callable(getattr(kind, str(each), None))
    ]
    return f"but {_called(owner)} has no {name!r}; {listed(name, there)}"


def _called(owner: Any) -> str:
    return "that mapping" if isinstance(owner, Mapping) else f"a {type(owner).__name__}"


def listed(wanted: str, names: Sequence[Any]) -> str:
    """Return ``"there are a, b, …"``: the names that are most like the wanted one first."""
    unique = list(dict.fromkeys(str(each) for each in names))
    like = get_close_matches(wanted, unique, _MOST_NAMED, cutoff=0.0)
    if not like:
        return "there is nothing else"
    return f"there are {', '.join(like)}{', …' if len(unique) > len(like) else ''}"


class _ReferenceTarget(Target):
    """An `AttributeRef`, read from the session each time."""

    def __init__(self, ref: AttributeRef, session: Any) -> None:
        self._ref = ref
        self._session = session

    def read(self) -> Any:
        return self._ref.read(self._session)

    def write(self, value: Any) -> None:
        self._ref.write(self._session, value)


class TargetFinder:
    """Finds the targets of one session's controls; each simulator adds what its models have.

    Parameters
    ----------
    session : object
        Whose attributes a path begins with.
    """

    def __init__(self, session: Any) -> None:
        self.session = session

    def in_model(self, path: str) -> Target | None:
        """Return what a path names in the model, None where it names nothing there."""
        return None

    def on_object(self, owner: Any, name: str) -> Target:
        """Return an attribute of an object of the author's."""
        return target_at(owner, [Step(name)], self.unit_of)

    def unit_of(self, owner: Any, name: str) -> str:
        """Return the unit of an object's attribute, "" where it is not known."""
        return ""

    def names(self) -> Sequence[str]:
        """Return what a path may begin with, besides the session's attributes."""
        return ()

    def fixed(self, name: str) -> str:
        """Return why an attribute of that name cannot change while the model runs, "" where it can."""
        return ""

    def find(self, spec: ControlSpec) -> Target:
        """Return the target of a control.

        Raises
        ------
        SimulatorError
            If it does not exist, or does not hold such a value, with the author's line.
        """
        try:
            fixed = self.fixed(_target_name(spec.target))
            if fixed:
                raise UnknownTarget(fixed)
            target = self._find(spec.target)
            value_of(spec, target)
        except UnknownTarget as error:
            place = f" ({spec.location})" if spec.location else ""
            raise SimulatorError(
                f"{spec.label}: the control's target is {_target_text(spec)}, {error}{place}.",
                code="unknown-target",
                hint="edit-script",
                location=spec.location,
            ) from error
        return target

    def _find(self, target: Any) -> Target:
        if isinstance(target, AttributeRef):
            steps = [*parse_path(target.owner), *parse_path(target.attribute)]
            target_at(self.session, steps)
            return _ReferenceTarget(target, self.session)
        if not isinstance(target, str):
            return self.on_object(*target)
        in_model = self.in_model(target)
        if in_model is not None:
            return in_model
        steps = parse_path(target)
        if not hasattr(self.session, steps[0].name):
            known = [*self.names(), *(n for n in vars(self.session) if not n.startswith("_"))]
            raise UnknownTarget(
                f"but there is no {steps[0].name!r}; {listed(steps[0].name, known)}"
            )
        return target_at(self.session, steps, self.unit_of)


def _target_name(target: Any) -> str:
    """Return the last name of a target: ``"gnabar"``."""
    path = target.attribute if isinstance(target, AttributeRef) else target
    return str(path if isinstance(path, str) else path[1]).rpartition(".")[2]


def _target_text(spec: ControlSpec) -> str:
    target = spec.target
    if isinstance(target, AttributeRef):
        return repr(f"{target.owner}.{target.attribute}")
    return repr(target) if isinstance(target, str) else repr(target[1]) if target else "empty"


def value_of(spec: ControlSpec, target: Target) -> Any:
    """Return what a target holds, as a value of the control; UnknownTarget if it is of another kind."""
    kind = spec.value_spec
    try:
        raw = target.read()
        if isinstance(kind, ScalarValueSpec):
            number = float(raw)
            if not np.isfinite(number):
                raise ValueError(f"it is {number}")
            return round(number) if kind.integer and number == round(number) else number
        if isinstance(kind, BoolValueSpec):
            return bool(raw)
        if isinstance(kind, XYValueSpec):
            x, y = (raw["x"], raw["y"]) if isinstance(raw, Mapping) else raw
            return {"x": float(x), "y": float(y)}
        return str(raw)
    except Exception as error:  # the author's objects may hold anything
        words = f"which holds no value for a {type(kind).__name__}: {first_line(error)}"
        raise UnknownTarget(words) from error


def write_value(spec: ControlSpec, target: Target, value: Any) -> None:
    """Write a control's checked value; a pair in the form in which the model has it."""
    if isinstance(spec.value_spec, XYValueSpec):
        present = target.read()
        if isinstance(present, np.ndarray):
            value = np.array([value["x"], value["y"]])
        elif isinstance(present, (tuple, list)):
            value = type(present)((value["x"], value["y"]))
    target.write(value)


def set_target(spec: ControlSpec, target: Target, value: Any) -> Any:
    """Write a value and return what the model has afterwards.

    Raises
    ------
    RequestError
        If the model has none afterwards.
    """
    write_value(spec, target, value)
    try:
        return value_of(spec, target)
    except UnknownTarget as error:
        raise RequestError(f"{spec.label}: {error}.", code="target-lost") from error
