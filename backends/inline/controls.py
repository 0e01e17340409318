"""`ControlsFace`: the controls, buttons, keys and clicks of an inline view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from backends.controls import (
    ActionSpec,
    BoolValueSpec,
    ChoiceValueSpec,
    ControlPresentationSpec,
    ControlSpec,
    ScalarValueSpec,
    TextValueSpec,
    ValueSpec,
    XYValueSpec,
)
from backends.errors import ProtocolError
from backends.inline.callbacks import Callback
from backends.inline.handles import ControlHandle
from backends.inline.labels import id_of, line_of_call, split_unit
from backends.inline.targets import NOTHING, target_of
from backends.inline.window_keys import WINDOW_KEYS
from backends.live.targets import Target, TargetFinder
from backends.scene import Finding

CONTROLS_PANEL = "controls"
"""Id of the panel of all controls, as in `backends.live.default_scene`."""

Function = Callable[..., Any]


class ControlsFace:
    """What an author calls to add controls; each returns a handle whose `value` is the present one.

    What a control changes is given in one of three ways: an object (or a list of objects, or a dict) and the name of
    its attribute; two functions, `get` and `set`; or nothing, for a value that only ``handle.value``, and views that
    are bound to the control, read. `set` may take ``(value)`` or ``(ctx, value)``.

    All controls and buttons stand in the dock of controls, in the order in which they were added.

    `value` is what a control begins with: by default what the model has. `group` is the heading above it, `note` its
    tool tip, `kind` its widget (see `ControlPresentationSpec`).

    Attributes
    ----------
    context : object
        What the author's functions get; None until the session is built.
    """

    def __init__(self) -> None:
        self.context: object = None
        self.control_handles: dict[str, ControlHandle] = {}
        self.action_specs: dict[str, ActionSpec] = {}
        self.action_callbacks: dict[str, Callback] = {}
        self.hotkeys: dict[str, Callback] = {}
        self.script_findings: list[Finding] = []
        self.click_callbacks: list[Callback] = []
        self.key_callbacks: list[Callback] = []

    # --------------------------------------------------------------------------------- controls

    def slider(
        self,
        label: str,
        *target_and_range: Any,
        value: float | None = None,
        get: Callable[[], Any] | None = None,
        set: Function | None = None,
        log: bool = False,
        integer: bool = False,
        step: float | None = None,
        unit: str | None = None,
        kind: str | None = None,
        group: str = "",
        note: str = "",
    ) -> ControlHandle:
        """Add a number: ``slider("Amplitude (nA)", stim, "amp", 0, 2)`` or ``slider("Window (ms)", 10, 500)``.

        Parameters
        ----------
        *target_and_range
            Object, attribute, lowest and highest value; or only the two values.
        value : float or None
            At the start; by default what the target has, else the lowest.
        get, set : callable
            Instead of object and attribute.
        log : bool
            Whether the slider runs along the logarithm.
        integer : bool
            Whether only whole numbers are allowed.
        step : float or None
            One press of an arrow key.
        unit : str or None
            By default what stands in parentheses at the end of the label, else what the simulator knows.
        kind : {"slider", "knob", "spin"} or None
        """
        ends = target_and_range[-2:]
        if len(target_and_range) not in (2, 4) or not all(isinstance(each, Real) for each in ends):
            raise ProtocolError(
                f'{label}: write slider({label!r}, object, "attribute", lowest, highest), or slider({label!r}, '
                "lowest, highest), with set= or for a value of its own",
                code="bad-slider",
            )
        low, high = ends
        target = self._target(label, target_and_range[:-2], get, set)
        name, own_unit = split_unit(label, unit)
        if own_unit is None and target is not None:
            own_unit = target.unit

        def spec_of(present: Any) -> ValueSpec:
            default = low if present is NOTHING else present
            default = round(default) if integer else float(default)
            return ScalarValueSpec(
                default, low, high, own_unit or "", step=step, integer=integer, log=log
            )

        return self._add(name, spec_of, ControlHandle(target, value), group, note, kind)

    def choice(
        self,
        label: str,
        options: Sequence[str] | Mapping[str, Any],
        *target: Any,
        value: Any = None,
        get: Callable[[], Any] | None = None,
        set: Function | None = None,
        kind: str | None = None,
        group: str = "",
        note: str = "",
    ) -> ControlHandle:
        """Add a choice of several: ``choice("Sodium", {"normal": 0.12, "half": 0.06}, soma, "gnabar_hh")``.

        Parameters
        ----------
        options : sequence of str, or mapping
            Texts; of a mapping what each stands for.
        kind : {"combo", "radio"} or None
        """
        meanings: dict[str, Any] = (
            dict(options) if isinstance(options, Mapping) else {str(each): each for each in options}
        )
        if not meanings:
            raise ProtocolError(f"{label}: there is nothing to choose from", code="no-options")

        def encode(meaning: Any) -> str:
            found = (text for text, each in meanings.items() if _is_equal(each, meaning))
            return next(found, str(meaning))

        def spec_of(present: Any) -> ValueSpec:
            default = next(iter(meanings)) if present is NOTHING else encode(present)
            return ChoiceValueSpec(default, tuple(meanings))

        found = self._target(label, target, get, set)
        handle = ControlHandle(found, value, meanings.__getitem__, encode)
        return self._add(label, spec_of, handle, group, note, kind)

    def check(
        self,
        label: str,
        *target: Any,
        value: bool | None = None,
        get: Callable[[], Any] | None = None,
        set: Function | None = None,
        group: str = "",
        note: str = "",
    ) -> ControlHandle:
        """Add a check box."""
        found = self._target(label, target, get, set)

        def spec_of(present: Any) -> ValueSpec:
            return BoolValueSpec(present is not NOTHING and bool(present))

        return self._add(label, spec_of, ControlHandle(found, value), group, note)

    def text(
        self,
        label: str,
        *target: Any,
        value: str | None = None,
        get: Callable[[], Any] | None = None,
        set: Function | None = None,
        placeholder: str = "",
        group: str = "",
        note: str = "",
    ) -> ControlHandle:
        """Add a line of text."""
        found = self._target(label, target, get, set)

        def spec_of(present: Any) -> ValueSpec:
            return TextValueSpec("" if present is NOTHING else str(present), placeholder)

        return self._add(label, spec_of, ControlHandle(found, value), group, note)

    def pad(
        self,
        label: str,
        x: tuple[str, float, float],
        y: tuple[str, float, float],
        *target: Any,
        value: tuple[float, float] | None = None,
        get: Callable[[], Any] | None = None,
        set: Function | None = None,
        circle: bool = False,
        group: str = "",
        note: str = "",
    ) -> ControlHandle:
        """Add a pad for two numbers: ``pad("Light", ("x (µm)", 0, 100), ("y (µm)", 0, 50), lamp, "place")``.

        Parameters
        ----------
        x, y : (label, lowest, highest)
        *target
            Object and attribute, which holds a pair; `set` gets a pair, too.
        circle : bool
            Whether the corners are left out.
        """
        found = self._target(label, target, get, set)
        (x_name, x_unit), (y_name, y_unit) = split_unit(x[0]), split_unit(y[0])

        def spec_of(present: Any) -> ValueSpec:
            default = {} if present is NOTHING else _encoded_pair(present)
            ranges = (x[1], x[2]), (y[1], y[2])
            return XYValueSpec(default, *ranges, x_name, y_name, x_unit or "", y_unit or "")

        handle = ControlHandle(found, value, _decoded_pair, _encoded_pair)
        shape: Any = "circle" if circle else None
        return self._add(label, spec_of, handle, group, note, shape=shape)

    def _target(
        self,
        label: str,
        given: Sequence[Any],
        get: Callable[[], Any] | None,
        set_: Function | None,
    ) -> Target | None:
        return target_of(label, given, get, set_, self.target_finder(), lambda: self.context)

    def target_finder(self) -> TargetFinder:
        """Return what finds an object's attribute; a simulator knows more."""
        return TargetFinder(self)

    def _add(
        self,
        name: str,
        spec_of: Callable[[Any], ValueSpec],
        handle: ControlHandle,
        group: str,
        note: str,
        kind: str | None = None,
        shape: Any = None,
    ) -> ControlHandle:
        """Add a control; it begins with the value of its handle, which the target gets, or with what that has."""
        given, target = handle.value, handle.target
        present = NOTHING if target is None else target.read()
        value_spec = spec_of(present if given is None else given)
        default = value_spec.default
        handle.value = handle.decode(default)
        if given is not None and target is not None:
            target.write(given)
        presentation = (
            None if kind is None and shape is None else ControlPresentationSpec(kind, shape=shape)
        )
        handle.spec = ControlSpec(
            id_of(name, self.control_handles), name, value_spec, group, note, presentation,
            target=(handle, "shown"),
        )  # fmt: skip
        self.control_handles[handle.id] = handle
        return handle

    # ----------------------------------------------------------------------- buttons, keys, clicks

    def button(
        self,
        label: str,
        callback: Function,
        *,
        key: str | Iterable[str] = (),
        picks_segment: bool = False,
        note: str = "",
    ) -> None:
        """Add a button, which is also an entry of the menu Model and of the command palette.

        Parameters
        ----------
        callback : callable
            Takes nothing, or the context; with `picks_segment` the segment's id too.
        key : str or several
            Keys for it, by Qt's names: ``"X"``, ``"Ctrl+K"``.
        picks_segment : bool
            Whether it is for a segment, which the user then clicks.
        """
        keys = (key,) if isinstance(key, str) else tuple(key)
        spec = ActionSpec(
            id_of(label, self.action_specs), label, shortcuts=keys, note=note,
            selection_mode=picks_segment,
        )  # fmt: skip
        self.action_callbacks[spec.id] = Callback(label, callback, int(picks_segment))
        self.action_specs[spec.id] = spec

    def hotkey(self, key: str, callback: Function) -> None:
        """Call a function, which takes nothing or the context, when a key is pressed: ``"W"``, ``"Shift+X"``.

        A key of the window's own (see *Help ▸ Shortcuts*) stays the window's; the Cell panel says so.
        """
        if key.lower() in self.hotkeys:
            raise ProtocolError(f"The key {key} is used twice", code="repeated-key")
        self.hotkeys[key.lower()] = Callback(f"hotkey {key}", callback)
        if key.lower() in WINDOW_KEYS:
            line = line_of_call()
            words = f"The key {key} is Somascope's own, so hotkey({key!r}) is never called; choose another"
            message = f"{words} ({line})." if line else f"{words}."
            self.script_findings.append(Finding("warning", "script.key-taken", message))

    def on_click(self, callback: Function) -> None:
        """Call a function when a segment is clicked, with the segment's id, or the context, or both."""
        self.click_callbacks.append(Callback("on_click", callback, 1))

    def on_key(self, callback: Function) -> None:
        """Call a function for each key that the window does not use, with its name, or the context, or both.

        What it returns says whether the key was used; None counts as used.
        """
        self.key_callbacks.append(Callback("on_key", callback, 1))


def _is_equal(one: Any, other: Any) -> bool:
    """Whether two values are the same or equal; arrays only where they are the same."""
    try:
        return one is other or bool(one == other)
    except ValueError:
        return False


def _decoded_pair(value: Mapping[str, float]) -> tuple[float, float]:
    return value["x"], value["y"]


def _encoded_pair(value: Any) -> dict[str, float]:
    x, y = (value["x"], value["y"]) if isinstance(value, Mapping) else value
    return {"x": float(x), "y": float(y)}
