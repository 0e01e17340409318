"""`InlineHooks`: the hooks of a session that is made from a view, whichever simulator runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from backends.controls import ActionSpec, ControlSpec
from backends.field import Field
from backends.inline.context import InlineContext
from backends.inline.registry import Registry
from backends.inline.view import InlineView
from backends.layout import LayoutSpec
from backends.live.default_scene import TRACE_VIEW_ID
from backends.live.engine import LiveEngine
from backends.live.hooks import SessionHooks
from backends.live.interaction import InteractionContext
from backends.live.views.connections import ConnectedPlaces
from backends.messages import (
    EntityClicked,
    FieldAppend,
    InvokeAction,
    KeyPressed,
    SessionCommand,
    SetControl,
    StatePatch,
    TraceAdded,
)
from backends.scene import Scene
from backends.session import Session
from backends.views import ViewSpec

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
        """Return the scene, without the plot of traces that sessions have unless it was asked for."""
        scene = super().build_scene(**arrays)  # type: ignore[safe-super]
        view = self.inline_view
        self._live.findings = (*self._live.findings, *view.script_findings)
        asked = view.view_handles
        views = [each for each in scene.views if each.id != TRACE_VIEW_ID or each.id in asked]
        return replace(
            scene,
            views=tuple(views),
            cannot_run=view.cannot_run,
            speed_ms_per_s=view.speed_ms_per_s,
        )

    def view_specs(self) -> Sequence[ViewSpec]:
        """Return the views that were asked for."""
        return self.inline_view.view_specs(self._live)

    def extra_fields(self) -> Sequence[Field]:
        """Return the fields that are read from the model."""
        self.inline_view.context = context = self.inline_context()
        return [each.field(context) for each in self.inline_view.readings.values()]

    def extra_connections(self) -> Sequence[ConnectedPlaces]:
        """Return the connections that were added."""
        return self.inline_view.connected

    def layout(self) -> LayoutSpec:
        """Return where the views stand."""
        return self.inline_view.layout_spec(self._live, self.inline_registry.root)

    def inline_context(self) -> InlineContext:
        """Return the context that callbacks get."""
        return InlineContext(self, self._live)

    # ------------------------------------------------------------------- controls, keys, clicks

    def control_specs(self) -> Sequence[ControlSpec]:
        """Return the controls, whose targets are their handles, in the order in which they were added."""
        return [each.spec for each in self.inline_view.control_handles.values()]

    def action_specs(self) -> Sequence[ActionSpec]:
        """Return the buttons."""
        return list(self.inline_view.action_specs.values())

    def on_action(
        self, action_id: str, payload: Mapping[str, Any], context: InteractionContext
    ) -> bool:
        """Call a button's function."""
        callback = self.inline_view.action_callbacks[action_id]
        segment = payload.get(self.inline_view.action_specs[action_id].selection_payload_key)
        callback(self.inline_context(), *(() if segment is None else (segment,)))
        return True

    def on_key_press(self, key: str, context: InteractionContext) -> bool:
        """Call the function of a key, else those of `on_key`; return whether the key was used."""
        view = self.inline_view
        found = view.hotkeys.get(key.lower())
        if found is not None:
            found(self.inline_context())
            return True
        keys = {each.lower() for spec in view.action_specs.values() for each in spec.shortcuts}
        if key.lower() in keys:
            return False
        used = [
            callback(self.inline_context(), key) is not False for callback in view.key_callbacks
        ]
        return any(used)

    def on_entity_clicked(self, entity_id: str, context: InteractionContext) -> bool:
        """Call the functions of `on_click`."""
        for callback in self.inline_view.click_callbacks:
            callback(self.inline_context(), entity_id)
        return True

    def handle(self, command: SessionCommand) -> None:
        """Carry out a command; what an author's function has changed is put to use."""
        super().handle(command)  # type: ignore[safe-super]
        if isinstance(command, SetControl | InvokeAction | KeyPressed | EntityClicked):
            self.model_changed()
            self._send_meanings()

    def _send_meanings(self) -> None:
        """Send what the choices and pads stand for, where it is not what the window shows of them."""
        changed = {
            each.state_key: each.value
            for each in self.inline_view.control_handles.values()
            if each.state_key != each.id and self._live.state.get(each.state_key) is not each.value
        }
        if changed:
            self._live.state.update(changed)
            self.emit(StatePatch(changed))

    def model_changed(self) -> None:
        """Put to use what an author's function may have changed."""

    # ------------------------------------------------------------------------ values over time

    def after_reset(self) -> None:
        """Send what is read from the model; the first time, begin the traces of the selected segments."""
        if self._live.scene is None:
            self._send_meanings()
            for place in self.inline_view.initial_segments:
                self._live.traces.capture(self.segment_id_of(place))
        self.after_batch()

    def segment_id_of(self, place: Any) -> str:
        """Return the id of the segment at a place that an author has named; RequestError for a wrong one."""
        return self._live.segment_of(place)

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

    def on_recorded_samples(self, times: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        """Send what is derived from what was recorded since the last call."""
        if len(times) and self.inline_view.derived:
            names = self.inline_view.trace_names
            rows = dict(zip(names, np.asarray(values), strict=True))
            self.derive_from(times, rows, self._live.dt)

    def derive_from(
        self, times: NDArray[np.float64], rows: dict[str, NDArray[np.float64]], interval_ms: float
    ) -> None:
        """Send what is derived from new samples.

        Parameters
        ----------
        times : ndarray, shape (n,)
            ms; 0 in front where the run begins again.
        rows : dict of str to ndarray, shape (n,)
        interval_ms : float
            Between two samples.
        """
        view, is_start = self.inline_view, times[0] == 0.0
        for derived in list(view.derived):
            if is_start:
                derived.restart()
            found = self._live.run_hook(
                derived.title,
                lambda each=derived: each.feed(times, rows, interval_ms),  # type: ignore[misc]
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


def places_of(view: InlineView) -> dict[str, Callable[[Any], Any]]:
    """Return what the traces of a view record, as `SessionHooks.traces` has it."""

    def returning(place: Any) -> Callable[[Any], Any]:
        return lambda session: place

    return {name: returning(each) for name, each in view.trace_names.items()}


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
