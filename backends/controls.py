"""What the user can do with a session: controls (values to change) and actions (commands to run)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from backends.control_values import (
    BoolValueSpec as BoolValueSpec,
    ChoiceValueSpec as ChoiceValueSpec,
    ScalarValueSpec as ScalarValueSpec,
    TextValueSpec as TextValueSpec,
    ValueSpec as ValueSpec,
    XYValueSpec as XYValueSpec,
    check_in_circle,
)
from backends.errors import ProtocolError, RequestError
from backends.field import checked_name, frozen_mapping

_KINDS_OF: Mapping[type, tuple[str, ...]] = {
    ScalarValueSpec: ("slider", "spin", "knob"),
    ChoiceValueSpec: ("combo", "radio"),
    BoolValueSpec: ("check",),
    TextValueSpec: ("text",),
    XYValueSpec: ("pad",),
}
_OTHER_NAMES = {"spinbox": "spin", "dropdown": "combo", "checkbox": "check", "xy_pad": "pad"}
_WITH_STEPS = ("slider", "knob")
_SHAPES = ("square", "circle")


@dataclass(frozen=True, slots=True)
class ControlPresentationSpec:
    """With which widget a control is shown.

    Attributes
    ----------
    kind : str or None
        A number: "slider", "knob" (both need two bounds; each has a field to type in too) or "spin". A
        choice: "combo" or "radio". A bool: "check". A text: "text". Two numbers: "pad". None is the first
        of these that the value can have. "spinbox", "dropdown", "checkbox" and "xy_pad" mean the same.
    steps : int or None
        Into how many steps a slider or knob divides its range; None for fine ones.
    scale : {"linear", "log"}
        Of a slider or knob; "log" needs a lower bound > 0.
    shape : {"square", "circle"} or None
        Of a pad; in a circle the corners are not allowed. None is a square.
    """

    kind: str | None = None
    steps: int | None = None
    scale: Literal["linear", "log"] = "linear"
    shape: Literal["square", "circle"] | None = None

    def __post_init__(self) -> None:
        kind = _OTHER_NAMES.get(self.kind or "", self.kind)
        object.__setattr__(self, "kind", kind)
        known = [each for kinds in _KINDS_OF.values() for each in kinds]
        for name, value, options in (
            ("kind", kind, (*known, None)),
            ("scale", self.scale, ("linear", "log")),
            ("shape", self.shape, (*_SHAPES, None)),
        ):
            if value not in options:
                there = ", ".join(each for each in options if each)
                raise ProtocolError(
                    f"ControlPresentationSpec: {name} {value!r} is not one of {there}",
                    code="unknown-option",
                )
        is_whole = isinstance(self.steps, int) and not isinstance(self.steps, bool)
        if self.steps is not None and not (is_whole and self.steps > 0):
            raise ProtocolError(
                f"ControlPresentationSpec: steps must be a whole number ≥ 1, not {self.steps!r}",
                code="bad-number",
            )


@dataclass(frozen=True, slots=True)
class AttributeRef:
    """An attribute of one of the session's objects: ``AttributeRef("model", "tau")`` is ``self.model.tau``.

    Attributes
    ----------
    owner : str
        Name of the session's attribute; with dots for an object inside it.
    attribute : str
    """

    owner: str
    attribute: str

    def __post_init__(self) -> None:
        checked_name("AttributeRef.owner", self.owner)
        checked_name("AttributeRef.attribute", self.attribute)

    def _object(self, root: Any) -> Any:
        for name in self.owner.split("."):
            root = getattr(root, name)
        return root

    def read(self, root: Any) -> Any:
        """Return the present value, `root` being the session."""
        return getattr(self._object(root), self.attribute)

    def write(self, root: Any, value: Any) -> None:
        """Assign a value."""
        setattr(self._object(root), self.attribute, value)


Target = str | AttributeRef | tuple[Any, str]


@dataclass(frozen=True, slots=True)
class ControlSpec:
    """One value that the user may change while the model runs.

    Attributes
    ----------
    id : str
        What `SetControl` and `apply_control` call it.
    label : str
        What the user reads.
    value_spec : ScalarValueSpec, ChoiceValueSpec, BoolValueSpec, TextValueSpec or XYValueSpec
        Its kind, default and bounds.
    group : str
        Heading under which the window shows it.
    note : str
        Tooltip: what it does to the model.
    presentation : ControlPresentationSpec or None
        With which widget it is shown; None leaves that to the window.
    state_key : str
        What a `StateBinding` calls its value; "" for `id`.
    send_to_session : bool
        False: the value belongs to the window, and only views that are bound to it follow it.
    target : str, AttributeRef, (object, attribute) or None
        What in the model the value is written to and read from; `apply_control` is then not called.
        ``"soma.gnabar_hh"``, ``"soma(0.5).hh.gnabar"``, ``"clamp.amp"`` (of ``self.clamp``), Jaxley's
        ``"HH_gNa"`` or ``"branch(0).HH_gNa"``, or ``(self.clamp, "amp")``. It stays in the session's
        process: the window has None. A `BufferedSession` that is no `InteractiveSession` sets it by itself.
    initial : value or None
        What the model has when the scene is made, where that is not the default; read from the target.
    """

    id: str
    label: str
    value_spec: ValueSpec
    group: str = ""
    note: str = ""
    presentation: ControlPresentationSpec | None = None
    state_key: str = ""
    send_to_session: bool = True
    target: Target | None = field(default=None, compare=False)
    initial: Any = field(default=None, compare=False)
    location: str = field(default="", compare=False, repr=False)  # the author's line, for errors

    def __post_init__(self) -> None:
        checked_name("ControlSpec.id", self.id)
        checked_name(f"ControlSpec {self.id!r}: label", self.label)
        if not isinstance(self.value_spec, ValueSpec):
            raise ProtocolError(
                f"ControlSpec {self.id!r}: value_spec must be a value spec, not {self.value_spec!r}",
                code="bad-type",
            )
        object.__setattr__(self, "state_key", self.state_key or self.id)
        checked_name(f"ControlSpec {self.id!r}: state_key", self.state_key)
        self._check_target()
        if self.presentation is not None:
            self._check_presentation(self.presentation)

    def _check_target(self) -> None:
        target = self.target
        if target is None:
            return
        is_pair = isinstance(target, tuple) and len(target) == 2 and isinstance(target[1], str)
        if not target or (not isinstance(target, (str, AttributeRef)) and not is_pair):
            raise ProtocolError(
                f"ControlSpec {self.id!r}: target must be a name such as 'soma.gnabar_hh', an "
                f"AttributeRef, or an object and an attribute: (clamp, 'amp'), not {target!r}",
                code="bad-target",
            )
        if not self.send_to_session:
            raise ProtocolError(
                f"ControlSpec {self.id!r}: a target is in the session: leave out send_to_session=False",
                code="conflict",
            )
        object.__setattr__(self, "location", self.location or _author_line())

    def _check_presentation(self, shown: ControlPresentationSpec) -> None:
        if not isinstance(shown, ControlPresentationSpec):
            raise ProtocolError(
                f"ControlSpec {self.id!r}: presentation must be a ControlPresentationSpec, not {shown!r}",
                code="bad-type",
            )
        spec, kinds = self.value_spec, _KINDS_OF[type(self.value_spec)]
        has_bounds = isinstance(spec, ScalarValueSpec) and None not in (spec.min, spec.max)
        needs_bounds = shown.kind in _WITH_STEPS or shown.steps is not None or shown.scale == "log"
        fault = ""
        if shown.kind not in (*kinds, None):
            fault = f"a {type(spec).__name__} is shown as {' or '.join(kinds)}, not as {shown.kind}"
        elif shown.shape is not None and not isinstance(spec, XYValueSpec):
            fault = "only a pad has a shape"
        elif needs_bounds and (not isinstance(spec, ScalarValueSpec) or shown.kind == "spin"):
            fault = "only a slider or a knob has steps and a log scale"
        elif needs_bounds and not has_bounds:
            fault = f"a {shown.kind or 'slider'} needs min and max"
        elif shown.scale == "log" and isinstance(spec, ScalarValueSpec) and not (spec.min or 0) > 0:
            fault = f"a log scale needs min > 0, not {spec.min}"
        if fault:
            raise ProtocolError(f"ControlSpec {self.id!r}: {fault}", code="unsuitable-presentation")
        self.accept(self.default_value())

    @property
    def kind(self) -> str:
        """The widget: "slider", "spin", "knob", "combo", "radio", "check", "text" or "pad"."""
        if self.presentation is not None and self.presentation.kind is not None:
            return self.presentation.kind
        spec = self.value_spec
        if isinstance(spec, ScalarValueSpec) and None in (spec.min, spec.max):
            return "spin"
        return _KINDS_OF[type(spec)][0]

    @property
    def is_log(self) -> bool:
        """Whether its slider or knob runs along the logarithm."""
        is_so = isinstance(self.value_spec, ScalarValueSpec) and self.value_spec.log
        return is_so or (self.presentation is not None and self.presentation.scale == "log")

    def default_value(self) -> Any:
        """Return the value that a reset gives."""
        default = self.value_spec.default
        return dict(default) if isinstance(default, Mapping) else default

    def first_value(self) -> Any:
        """Return the value that the model has when the scene is made."""
        return self.default_value() if self.initial is None else self.initial

    def accept(self, value: object) -> Any:
        """Return the checked value, or raise RequestError naming this control."""
        try:
            accepted = self.value_spec.accept(value)
            if isinstance(self.value_spec, XYValueSpec) and self._is_circle:
                check_in_circle(self.value_spec, self.value_spec.accept(value))
        except RequestError as error:
            raise RequestError(
                f"{self.label}: {error.message}.", code=error.code, hint=error.hint
            ) from error
        return accepted

    @property
    def _is_circle(self) -> bool:
        return self.presentation is not None and self.presentation.shape == "circle"

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy it to another process without its target, which may be any object of the model."""
        left = ("target", "location")
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in left}
        return _control_spec, (values,)


def _control_spec(values: Mapping[str, Any]) -> ControlSpec:
    return ControlSpec(**values)


def first_values(controls: Iterable[ControlSpec]) -> dict[str, Any]:
    """Return the first values of controls, under ids and state keys."""
    controls = tuple(controls)
    return with_state_keys(controls, {each.id: each.first_value() for each in controls})


def with_state_keys(controls: Iterable[ControlSpec], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of controls under both of their names: the id and the state key."""
    found = dict(values)
    for each in controls:
        if each.id in values:
            found[each.state_key] = values[each.id]
        elif each.state_key in values:
            found[each.id] = values[each.state_key]
    return found


def _author_line() -> str:
    """Return ``"my_model.py, line 9"``: the line that makes a spec, "" where none of an author's does."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    path = frame.f_code.co_filename
    is_file = path.endswith(".py") and not _is_ours(frame.f_globals.get("__name__", ""))
    return f"{os.path.basename(path)}, line {frame.f_lineno}" if is_file else ""


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("backends", "app", "somascope")


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action of the session: a button, an entry of the menu Model and of the command palette, and keys.

    Attributes
    ----------
    shortcuts : tuple of str
        Qt's portable names, ``"X"``, ``"Ctrl+K"``; keys of the window itself, such as ``"Space"``, are refused.
    note : str
        The tool tip.
    selection_mode : bool
        Whether it needs a segment: the window then asks for a click on one.
    selection_payload_key : str
        Under which name the payload has the id of that segment.
    """

    id: str
    label: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    shortcuts: tuple[str, ...] = ()
    note: str = ""
    selection_mode: bool = False
    selection_payload_key: str = "entity_id"

    def __post_init__(self) -> None:
        checked_name("ActionSpec.id", self.id)
        checked_name(f"ActionSpec {self.id!r}: label", self.label)
        object.__setattr__(
            self, "payload", dict(frozen_mapping("ActionSpec.payload", self.payload))
        )
        object.__setattr__(self, "shortcuts", tuple(self.shortcuts))
        checked_name(f"ActionSpec {self.id!r}: selection_payload_key", self.selection_payload_key)
