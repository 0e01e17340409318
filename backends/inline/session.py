"""`InlineHooks`: the hooks of a session that is made from a view, whichever simulator runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from backends.controls import ActionSpec, ControlSpec
from backends.errors import RequestError
from backends.inline.context import InlineContext
from backends.inline.handles import ControlHandle
from backends.inline.registry import Registry
from backends.inline.view import InlineView
from backends.live.engine import LiveEngine
from backends.live.hooks import SessionHooks
from backends.live.interaction import InteractionContext
from backends.messages import FieldAppend, FieldReplace, StatePatch, TraceAdded
from backends.scene import Scene
from backends.session import Session

S = TypeVar("S", bound=Session)


class InlineHooks(SessionHooks):
    """Fills in the hooks of a live session from an `InlineView`.

    `session_class_of` makes the class of one view; its attributes are not an author's, so nothing clashes.
    """

    inline_view: ClassVar[InlineView]
    inline_registry: ClassVar[Registry]

    _live: LiveEngine

    # ------------------------------------------------------------------------------- the scene

    def build_scene(self, **arrays: Any) -> Scene:
        """Return the scene: the model's geometry and fields, with the views that were asked for and no others."""
        view = self.inline_view
        base = super().build_scene(**arrays)  # type: ignore[safe-super]
        base = replace(base, display_variables=self._live.display_variables)
        context = self.inline_context()
        fields = [each.field(context) for each in view.readings.values()]
        fields += [self._field_of(base, each.variable) for each in view.coloured[1:]]
        base = replace(base, fields=(*base.fields, *fields))
        views, layout = view.arranged(base, self.inline_registry)
        return replace(base, views=views, layout=layout)

    def inline_context(self) -> InlineContext:
        """Return the context that callbacks get."""
        return InlineContext(self, self._live)

    # ------------------------------------------------------------------- controls, keys, clicks

    def control_specs(self) -> Sequence[ControlSpec]:
        """Return the controls, in the order in which they were added."""
        return [each.spec for each in self.inline_view.control_handles.values()]

    def action_specs(self) -> Sequence[ActionSpec]:
        """Return the buttons."""
        return list(self.inline_view.action_specs.values())

    def apply_control(self, control_id: str, value: Any) -> bool:
        """Give a control's value to its target."""
        handle = self.inline_view.control_handles[control_id]
        meaning = handle.decode(value)
        if handle.target is not None:
            handle.target.write(self.inline_context(), meaning)
        handle.value = meaning
        self.model_changed()
        self.show_controls(leave=control_id)
        return True

    def on_action(
        self, action_id: str, payload: Mapping[str, Any], context: InteractionContext
    ) -> bool:
        """Call a button's function."""
        self.inline_view.action_callbacks[action_id](self.inline_context())
        self._after_callback()
        return True

    def on_key_press(self, key: str, context: InteractionContext) -> bool:
        """Call the function of a key, else those of `on_key`; return whether the key was used."""
        view = self.inline_view
        found = view.hotkeys.get(key.lower())
        if found is not None:
            found(self.inline_context())
            self._after_callback()
            return True
        if key.lower() in {
            each.lower() for spec in view.action_specs.values() for each in spec.shortcuts
        }:
            return False
        used = [
            callback(self.inline_context(), key) is not False for callback in view.key_callbacks
        ]
        if used:
            self._after_callback()
        return any(used)

    def on_entity_clicked(self, entity_id: str, context: InteractionContext) -> bool:
        """Call the functions of `on_click`."""
        for callback in self.inline_view.click_callbacks:
            callback(self.inline_context(), entity_id)
        self._after_callback()
        return True

    def _after_callback(self) -> None:
        self.model_changed()
        self.show_controls()

    def model_changed(self) -> None:
        """Put to use what an author's function may have changed."""

    def show_controls(self, leave: str = "") -> None:
        """Let the controls show what their targets have, where a function has changed it.

        Parameters
        ----------
        leave : str
            Id of the control that is being set.
        """
        changed: dict[str, Any] = {}
        for handle in self.inline_view.control_handles.values():
            if handle.id != leave and handle.target is not None:
                present = _shown(handle)
                if present is not None and present != self._live.state.get(handle.id):
                    changed[handle.id] = present
        if changed:
            self._live.state.update(changed)
            self.emit(StatePatch(changed))

    # ------------------------------------------------------------------------ values over time

    def after_reset(self) -> None:
        """Send what is read from the model."""
        self.after_batch()

    def after_batch(self) -> None:
        """Send what is read from the model."""
        view, live = self.inline_view, self._live
        if live.scene is None:
            return  # the scene, which is being made, has the first values
        context = self.inline_context()
        for id_, reading in list(view.readings.items()):
            update = live.run_hook(reading.what, lambda each=reading: each.update(context, live.t))  # type: ignore[misc]
            if update is None:
                del view.readings[id_]  # reported once, and not many times a second
            else:
                self.emit(update)
        for each in view.coloured[1:]:
            values = live.live_stepper().read_variable(each.variable)
            self.emit(FieldReplace(each.variable, values.astype(np.float32), live.t))

    def _field_of(self, scene: Scene, variable: str) -> Any:
        """Return the field of a further variable that the cell is coloured by."""
        base = scene.morphology_view
        known = {each.name: each for each in self._live.display_variables}
        if base is None or variable not in known:
            raise RequestError(
                f"morphology: this model has no variable {variable!r}; it has {', '.join(known)}.",
                code="unknown-variable",
                hint="edit-script",
            )
        values = self._live.live_stepper().read_variable(variable).astype(np.float32)
        field = scene.field_by_id(base.field_id)
        return replace(field, id=variable, values=values, unit=known[variable].unit)

    def on_recorded_samples(self, times: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        """Send what is derived from what was recorded since the last call."""
        view = self.inline_view
        if not len(times) or not view.derived:
            return
        is_start = times[0] == 0.0
        rows = dict(zip(view.trace_names, values, strict=True))
        for derived in list(view.derived):
            if is_start:
                derived.restart()
            found = self._live.run_hook(
                derived.title,
                lambda each=derived: each.feed(times, rows, self._live.dt),  # type: ignore[misc]
            )
            if found is None:
                view.derived.remove(derived)  # reported once
                continue
            new_times, result = found
            self._send_derived(derived.name, derived.unit, new_times, result, is_start=is_start)
            rows[derived.name] = _aligned(times, new_times, result)

    def _send_derived(
        self,
        name: str,
        unit: str | None,
        times: NDArray[np.float64],
        values: NDArray[np.float64],
        *,
        is_start: bool,
    ) -> None:
        if is_start:
            self.emit(TraceAdded(name, None, times, values, label=name, unit=unit))
        elif len(times):
            self.emit(FieldAppend(self.history_field_id(), (name,), values[None, :], times))


def _aligned(
    times: NDArray[np.float64], new_times: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return values at `times`, NaN before the first window, for what is derived from them."""
    found = np.full(len(times), np.nan)
    if len(new_times):
        found[-len(new_times) :] = values[-len(times) :]
    return found


def _shown(handle: ControlHandle) -> Any:
    """Return what a control's target has, as the window shows it; None where it cannot be read."""
    assert handle.target is not None
    present = handle.target.read()
    if present is None:
        return None
    handle.value = present
    shown = handle.encode(present)
    default = handle.spec.value_spec.default
    if isinstance(default, float):
        return float(shown)
    return type(default)(shown) if isinstance(default, bool | int | str) else shown


def session_class_of(
    kind: type[S], view: InlineView, registry: Registry, name: str, module: str
) -> type[S]:
    """Return the session class of one view.

    Parameters
    ----------
    kind : type of Session
        The class of the view's simulator, with `InlineHooks`.
    name, module : str
        Of the script.
    """
    title = view.title or registry.title or name
    return type(
        name if name.isidentifier() else "InlineSession",
        (kind,),
        {
            "__module__": __name__,
            "__doc__": f"The session of {title}.",
            "inline_view": view,
            "inline_registry": registry,
            "inline_title": title,
            "script_module": module,
        },
    )
