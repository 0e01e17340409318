"""What controls, actions, keys and clicks do to a session, and how an author's hook is called.

A request that cannot be carried out is refused with `RequestError`. Any other exception of an author's hook
becomes an `Error` with the traceback in its details; the session goes on. Either way the window is told the
value that the model has.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from backends.controls import ActionSpec, ControlSpec, ScalarValueSpec, with_state_keys
from backends.errors import ProtocolError, RequestError, first_line
from backends.live.hook_checks import action_specs, control_specs
from backends.live.interaction import InteractionContext
from backends.live.interaction_hooks import InteractionHooks
from backends.live.targets import (
    AttributeTarget,
    Target,
    TargetFinder,
    UnknownTarget,
    set_target,
    value_of,
)
from backends.messages import Error, SessionUpdate, StatePatch
from backends.scene import MorphologyGeometry, Scene
from backends.scripts import user_code_location

T = TypeVar("T")

READ_BACK_S = 0.25
"""How often the controls of a running model are read, s of wall time."""

_REFUSED: Any = object()
_BY_DEFAULT = InteractionHooks.apply_control


class InteractionHost(Protocol):
    """What runs a session, as far as its controls, actions, keys and clicks need it."""

    state: dict[str, Any]
    selected_entity_id: str | None

    @property
    def scene(self) -> Scene | None:
        """What the window shows; None before it is there."""

    @property
    def geometry(self) -> MorphologyGeometry | None:
        """The cell on the screen."""

    def check_entity(self, entity_id: str) -> None:
        """Refuse an id that is no segment's."""

    def capture(self, entity_id: str) -> None:
        """Add the trace of a segment, where the session captures traces."""

    def reason_of(self, error: BaseException) -> str:
        """Return what an author's hook raised, as part of a sentence."""


def reason_of(error: BaseException) -> str:
    """Return what an author's hook raised, as part of a sentence."""
    return f"{type(error).__name__}: {first_line(error)}"


class InteractionDispatch:
    """Carries out what the user does with the controls, actions, keys and segments of one session.

    Attributes
    ----------
    session : InteractionHooks
    targets : dict of str to (ControlSpec, Target)
        Of the controls that have one, by id; filled by `begin`.
    """

    def __init__(
        self, session: InteractionHooks, host: InteractionHost, finder: TargetFinder
    ) -> None:
        self.session = session
        self._host = host
        self._finder = finder
        self.targets: dict[str, tuple[ControlSpec, Target]] = {}
        self._read_at_s = math.nan

    # ---------------------------------------------------------------------------------- controls

    def begin(self, controls: Iterable[ControlSpec]) -> None:
        """Find the targets of a session's controls, and read what the model has.

        Raises
        ------
        SimulatorError
            If a target does not exist.
        """
        controls = tuple(controls)
        found = {each.id: each.first_value() for each in controls}
        self.targets = {}
        for spec in controls:
            if spec.target is not None:
                target = self._finder.find(spec)
                self.targets[spec.id] = spec, target
                found[spec.id] = value_of(spec, target)
        state = self._host.state
        state.update(with_state_keys(controls, {**found, **state}))

    def completed(self, spec: ControlSpec) -> ControlSpec:
        """Return a control with the model's present value, and its unit where the author gives none."""
        known, values = self.targets.get(spec.id), spec.value_spec
        if known is None:
            return spec
        if isinstance(values, ScalarValueSpec) and not values.unit:
            values = replace(values, unit=known[1].unit)
        return replace(spec, value_spec=values, initial=self._host.state[spec.id])

    def read_back(self) -> None:
        """Send the values of controls that the model has changed by itself."""
        for spec, target in self.targets.values():
            try:
                value = value_of(spec, target)
            except UnknownTarget:
                continue  # removed meanwhile; the next change of the control says so
            if value != self._host.state.get(spec.id):
                self._show(spec, value)

    def read_back_sometimes(self, now_s: float) -> None:
        """Do the same while the model runs, a few times a second of `now_s`; with ∞ at once."""
        if self.targets and not 0 <= now_s - self._read_at_s < READ_BACK_S:
            self._read_at_s = now_s
            self.read_back()

    def set_control(self, control_id: str, value: Any) -> None:
        """Give a control a value, or refuse it and tell the window what the model has."""
        session = self.session
        specs = self.run_hook("control_specs", lambda: control_specs(session))
        if specs is None:
            return
        if control_id not in specs:
            known = ", ".join(specs) or "none"
            raise RequestError(
                f"There is no control {control_id!r}; this session has: {known}.",
                code="unknown-control",
            )
        spec = specs[control_id]
        shown = _REFUSED
        try:
            shown = self._apply(spec, spec.accept(value))
        finally:
            self._show(spec, self._present(spec) if shown is _REFUSED else shown)

    def _apply(self, spec: ControlSpec, value: Any) -> Any:
        """Put a value into the model; return what it has then, `_REFUSED` after a hook has failed."""
        if not spec.send_to_session:
            return value
        words = f"Setting {spec.label} to {value!r}"
        if spec.target is not None:
            target = self._target_of(spec)
            done = self.run_hook(words, lambda: (set_target(spec, target, value),), spec.id)
            return _REFUSED if done is None else done[0]
        n_before = len(self.session._updates)
        applied = self.run_hook(
            words, lambda: self.session.apply_control(spec.id, value) is not False, spec.id
        )
        if applied is False and self._is_bound(spec):
            return value
        if applied is False:
            raise RequestError(
                f"{spec.label}: apply_control({spec.id!r}, …) returned False: "
                "the session does not know what to set.",
                code="control-not-applied",
            )
        own = _emitted_value(spec, self.session._updates[n_before:], self._kept(spec, value))
        return own if applied else _REFUSED

    def _is_bound(self, spec: ControlSpec) -> bool:
        """Whether a view follows the control, which then needs nothing else to follow it."""
        scene = self._host.scene
        return scene is not None and any(spec.state_key in v.bound_keys() for v in scene.views)

    def _kept(self, spec: ControlSpec, value: Any) -> Any:
        """Return what the session's attribute has that the default `apply_control` has set, else `value`."""
        is_default = getattr(self.session.apply_control, "__func__", None) is _BY_DEFAULT
        if not is_default:
            return value
        try:
            return value_of(spec, AttributeTarget(self.session, spec.id))
        except UnknownTarget:
            return value

    def _target_of(self, spec: ControlSpec) -> Target:
        known = self.targets.get(spec.id)
        is_same = known is not None and known[0].target == spec.target
        return known[1] if known is not None and is_same else self._finder.find(spec)

    def _present(self, spec: ControlSpec) -> Any:
        """Return the value that the model has, as far as that is known."""
        if spec.target is not None and spec.id in self.targets:
            try:
                return value_of(spec, self.targets[spec.id][1])
            except UnknownTarget:
                pass
        return self._host.state.get(spec.id, spec.first_value())

    def _show(self, spec: ControlSpec, value: Any) -> None:
        values = with_state_keys([spec], {spec.id: value})
        self._host.state.update(values)
        self.session.emit(StatePatch(values))

    # ----------------------------------------------------------------------------------- actions

    def invoke(self, action_id: str, payload: Mapping[str, Any]) -> None:
        """Do an action: `on_action` first, else `apply_action`."""
        session = self.session
        specs = self.run_hook("action_specs", lambda: action_specs(session))
        if specs is None:
            return
        if action_id not in specs:
            known = ", ".join(specs) or "none"
            raise RequestError(
                f"There is no action {action_id!r}; this session has: {known}.",
                code="unknown-action",
            )
        spec = specs[action_id]
        full = {**spec.payload, **payload}
        if spec.selection_mode:
            self._select(spec, full)
        context = self.context()
        done = self.run_hook(
            spec.label,
            lambda: (
                bool(session.on_action(action_id, full, context))
                or session.apply_action(action_id, full) is not False
            ),
        )
        if done is False:
            raise RequestError(
                f"{spec.label}: neither on_action nor apply_action knows {action_id!r}.",
                code="action-not-done",
            )

    def _select(self, spec: ActionSpec, payload: Mapping[str, Any]) -> None:
        """Select the segment that an action is for, or refuse an action without one."""
        entity_id = payload.get(spec.selection_payload_key)
        if not isinstance(entity_id, str):
            raise RequestError(
                f"{spec.label} needs a segment: choose the action, then click one.",
                code="segment-needed",
            )
        self._host.check_entity(entity_id)
        self._host.selected_entity_id = entity_id

    # ---------------------------------------------------------------------------- keys and clicks

    def press(self, key: str) -> None:
        """Give a key to `on_key_press`, else to the action that has it."""
        session = self.session
        context = self.context()
        used = self.run_hook(f"Key {key}", lambda: session.on_key_press(key, context))
        if used is not False:
            return
        specs = self.run_hook("action_specs", lambda: action_specs(session))
        for spec in (specs or {}).values():
            if key.lower() in {each.lower() for each in spec.shortcuts}:
                self.invoke(spec.id, {})
                return

    def click(self, entity_id: str) -> None:
        """Select a segment, capture its trace unless the author does not want that, and call the hook."""
        host, session = self._host, self.session
        host.check_entity(entity_id)
        host.selected_entity_id = entity_id
        context = self.context()
        is_wanted = self.run_hook(
            "should_capture_trace_on_click",
            lambda: session.should_capture_trace_on_click(entity_id, context),
        )
        if is_wanted:
            host.capture(entity_id)
        self.run_hook("on_entity_clicked", lambda: session.on_entity_clicked(entity_id, context))

    def context(self) -> InteractionContext:
        """Return what a hook may use of the session."""
        return InteractionContext(self.session, self._host, self.invoke, self.set_control)

    def run_hook(self, what: str, hook: Callable[[], T], subject: str = "") -> T | None:
        """Return what the author's hook returns, or None after reporting what it raised.

        Parameters
        ----------
        subject : str
            Id of the control that it is about.
        """
        try:
            return hook()
        except RequestError:
            raise
        except (
            Exception
        ) as error:  # the author's code may raise anything, which must not end the run
            reason = self._host.reason_of(error)
            place = user_code_location(error)
            at = f"{place}: " if place else ""
            words = f"{at}{what} failed: {reason}; the simulation goes on."
            if isinstance(error, ProtocolError) and error.location:  # it says what and where
                words = f"{error.message.rstrip('.')}; the simulation goes on."
            details = traceback.format_exc()
            self.session.emit(Error(words, details, code="hook-failed", subject=subject))
            return None


def _emitted_value(spec: ControlSpec, updates: Iterable[SessionUpdate], accepted: Any) -> Any:
    """Return the value that a hook has sent of its control, else the one that was accepted."""
    for update in updates:
        if isinstance(update, StatePatch) and spec.id in update.values:
            accepted = update.values[spec.id]
    return accepted
