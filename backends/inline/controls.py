"""`ControlsFace`: the controls, buttons, keys and clicks of an inline view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from backends.controls import (
    ActionSpec,
    BoolValueSpec,
    ChoiceValueSpec,
    ControlSpec,
    ScalarValueSpec,
    TextValueSpec,
    ValueSpec,
)
from backends.errors import ProtocolError
from backends.inline.callbacks import Callback
from backends.inline.handles import ControlHandle, Handle
from backends.inline.labels import id_of, split_unit
from backends.inline.targets import Target, attribute_target, function_target

CONTROLS_PANEL = "controls"
"""Id of the panel of all controls, as in `backends.live.default_scene`."""

Function = Callable[..., Any]


class ControlsFace:
    """What an author calls to add controls; each returns a handle whose `value` is the present one.

    What a control changes is given in one of three ways: an object (or a list of objects, or a dict) and the name of
    its attribute; two functions, `get` and `set`; or nothing, for a value that only ``handle.value``, and views that
    are bound to the control, read. `set` may take ``(value)`` or ``(ctx, value)``.
    """

    def __init__(self) -> None:
        self.control_handles: dict[str, ControlHandle] = {}
        self.action_specs: dict[str, ActionSpec] = {}
        self.action_callbacks: dict[str, Callback] = {}
        self.hotkeys: dict[str, Callback] = {}
        self.click_callbacks: list[Callback] = []
        self.key_callbacks: list[Callback] = []

    @property
    def controls(self) -> Handle:
        """The panel of all controls and buttons, for `layout`; not named there, it stands in its dock."""
        return Handle(CONTROLS_PANEL)

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
            By default what stands in parentheses at the end of the label.
        group : str
            Heading above it.
        note : str
            Tool tip.
        """
        if len(target_and_range) not in (2, 4):
            raise ProtocolError(
                f'{label}: give ({label!r}, object, "attribute", lowest, highest), or ({label!r}, '
                "lowest, highest) with set=",
                code="bad-slider",
            )
        low, high = target_and_range[-2:]
        target = self._target(label, target_and_range[:-2], get, set)
        name, own_unit = split_unit(label, unit)

        def spec_of(present: Any) -> ValueSpec:
            default = low if present is None else present
            default = round(default) if integer else float(default)
            return ScalarValueSpec(
                default, low, high, own_unit or "", step=step, integer=integer, log=log
            )

        return self._add(label, name, spec_of, target, value, group, note)

    def choice(
        self,
        label: str,
        options: Sequence[str] | Mapping[str, Any],
        *target: Any,
        value: Any = None,
        get: Callable[[], Any] | None = None,
        set: Function | None = None,
        group: str = "",
        note: str = "",
    ) -> ControlHandle:
        """Add a choice of several: ``choice("Sodium", {"normal": 0.12, "half": 0.06}, soma, "gnabar_hh")``.

        Parameters
        ----------
        options : sequence of str, or mapping
            Texts; of a mapping what each stands for.
        """
        meanings: dict[str, Any] = (
            dict(options) if isinstance(options, Mapping) else {str(each): each for each in options}
        )
        if not meanings:
            raise ProtocolError(f"{label}: there is nothing to choose from", code="no-options")

        def encode(meaning: Any) -> str:
            found = (text for text, each in meanings.items() if each is meaning or each == meaning)
            return next(found, str(meaning))

        def spec_of(present: Any) -> ValueSpec:
            default = next(iter(meanings)) if present is None else encode(present)
            return ChoiceValueSpec(default, tuple(meanings))

        codec = (meanings.__getitem__, encode)
        found = self._target(label, target, get, set)
        return self._add(label, label, spec_of, found, value, group, note, codec)

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
        return self._add(
            label, label, lambda present: BoolValueSpec(bool(present)), found, value, group, note
        )

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
            return TextValueSpec("" if present is None else str(present), placeholder)

        return self._add(label, label, spec_of, found, value, group, note)

    def _target(
        self,
        label: str,
        given: Sequence[Any],
        get: Callable[[], Any] | None,
        set_: Function | None,
    ) -> Target | None:
        if not given:
            return function_target(label, get, set_)
        if len(given) != 2 or get is not None or set_ is not None:
            raise ProtocolError(
                f"{label}: give an object and the name of its attribute, or get= and set=, or neither",
                code="bad-target",
            )
        return self.attribute_target(label, *given)

    def attribute_target(self, label: str, thing: Any, name: str) -> Target:
        """Return the target of an object's attribute; a simulator may know other places."""
        return attribute_target(label, thing, name)

    def _add(
        self,
        label: str,
        name: str,
        spec_of: Callable[[Any], ValueSpec],
        target: Target | None,
        value: Any,
        group: str,
        note: str,
        codec: tuple[Function, Function] | None = None,
    ) -> ControlHandle:
        """Add a control; it begins with `value`, which is written to the target, or with what that has."""
        present = value if value is not None or target is None else target.read()
        value_spec = spec_of(present)
        if value is not None and target is not None:
            target.write(None, value)
        spec = ControlSpec(
            id_of(name, self.control_handles), name, value_spec, group=group, note=note
        )
        decode, encode = codec or (lambda each: each, lambda each: each)
        handle = ControlHandle(spec, target, decode(value_spec.default), decode, encode)
        self.control_handles[spec.id] = handle
        return handle

    # ----------------------------------------------------------------------- buttons, keys, clicks

    def button(
        self, label: str, callback: Function, *, key: str | Iterable[str] = (), note: str = ""
    ) -> None:
        """Add a button, which is also an entry of the menu Model and of the command palette.

        Parameters
        ----------
        callback : callable
            Takes nothing, or the context.
        key : str or several
            Keys for it, by Qt's names: ``"X"``, ``"Ctrl+K"``.
        note : str
            Tool tip.
        """
        keys = (key,) if isinstance(key, str) else tuple(key)
        spec = ActionSpec(id_of(label, self.action_specs), label, shortcuts=keys, note=note)
        self.action_callbacks[spec.id] = Callback(label, callback)
        self.action_specs[spec.id] = spec

    def hotkey(self, key: str, callback: Function) -> None:
        """Call a function, which takes nothing or the context, when a key is pressed: ``"W"``, ``"Shift+X"``."""
        if key.lower() in self.hotkeys:
            raise ProtocolError(f"The key {key} is used twice", code="repeated-key")
        self.hotkeys[key.lower()] = Callback(f"hotkey {key}", callback)

    def on_click(self, callback: Function) -> None:
        """Call a function when a segment is clicked, with the segment's id, or the context, or both."""
        self.click_callbacks.append(Callback("on_click", callback, 1))

    def on_key(self, callback: Function) -> None:
        """Call a function for each key that the window does not use, with its name, or the context, or both.

        What it returns says whether the key was used; None counts as used.
        """
        self.key_callbacks.append(Callback("on_key", callback, 1))
