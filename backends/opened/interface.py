"""`OwnInterface`: the panels and graphs that a model makes for itself, as controls, actions, plots and traces."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from backends.controls import ActionSpec, ControlSpec
from backends.field import Field
from backends.layout import LayoutSpec
from backends.live.interaction_dispatch import READ_BACK_S
from backends.messages import Error, ScenePatch, StatePatch
from backends.neuron.session import NeuronSession
from backends.nrngui.recorder import GuiRecorder
from backends.opened.engine import FollowedHooks, OpenedModelEngine
from backends.scene import Finding, Scene
from backends.views import ViewSpec


class OwnInterface(NeuronSession, FollowedHooks):
    """The hooks of a session whose model has made its interface; `recorder` is set while the model loads."""

    _live: OpenedModelEngine
    recorder: GuiRecorder | None = None
    _read_at_s = 0.0

    def control_specs(self) -> Sequence[ControlSpec]:
        """Return the values of the model's panels."""
        return () if self.recorder is None else self.recorder.control_specs()

    def action_specs(self) -> Sequence[ActionSpec]:
        """Return the buttons of the model's panels."""
        return () if self.recorder is None else self.recorder.action_specs()

    def view_specs(self) -> Sequence[ViewSpec]:
        """Return the model's graphs."""
        return () if self.recorder is None else self.recorder.views()

    def extra_fields(self) -> Sequence[Field]:
        """Return the values of graphs over other axes than time."""
        return () if self.recorder is None else self.recorder.fields()

    def morphology_color_limits(self) -> tuple[float, float] | None:
        """Return the range of the model's own PlotShape, where it shows the same variable."""
        shown = None if self.recorder is None else self.recorder.shown_variable()
        if shown is not None and shown.limits and shown.variable == self.display_variable.name:
            return shown.limits
        return super().morphology_color_limits()

    def traces(self) -> Mapping[str, Callable[[Any], Any]]:
        """Return what the model's graphs show over time."""
        found = {} if self.recorder is None else self.recorder.traces()
        return {name: lambda _, each=each: each for name, each in found.items()}  # type: ignore[misc]

    def apply_control(self, control_id: str, value: Any) -> bool:
        """Set a value of a panel, and let the model follow."""
        if self.recorder is None:
            return False
        self.recorder.set(control_id, value)
        return True

    def apply_action(self, action_id: str, payload: Mapping[str, Any]) -> bool:
        """Run what a button of a panel runs."""
        if self.recorder is None:
            return False
        self.recorder.invoke(action_id)
        return True

    def build_scene(self, **arrays: Any) -> Scene:
        """Return the scene, with a panel of controls for each of the model's, and what is not shown as a finding."""
        scene = super().build_scene(**arrays)
        if self.recorder is None:
            return scene
        self.recorder.changed = False
        if names := self.recorder.not_shown:
            words = f"The model also makes what the window does not show: {', '.join(names)}."
            self._live.findings = (*self._live.findings, Finding("info", "model.not-shown", words))
        return replace(scene, layout=self._with_panels(scene.layout))

    def _with_panels(self, layout: LayoutSpec) -> LayoutSpec:
        assert self.recorder is not None
        own = self.recorder.panel_specs()
        others = [each for each in layout.panels if each.kind != "controls"]
        return replace(layout, panels=(*others, *own)) if own else layout

    def after_batch(self) -> None:
        """Show what the model has changed by itself, a few times a second."""
        now = time.monotonic()
        if now - self._read_at_s >= READ_BACK_S or not self._live.run_control.running:
            self._read_at_s = now
            self.show_changes()

    def show_changes(self) -> None:
        """Send the values that the model has changed, its new panels and graphs, and its questions."""
        recorder, live = self.recorder, self._live
        if recorder is None or live.scene is None:
            return
        if recorder.changed:
            recorder.changed = False
            self._show_new(recorder, live.scene)
        changed = {
            name: value
            for name, value in recorder.values().items()
            if live.state.get(name) != value
        }
        if changed:
            live.state.update(changed)
            self.emit(StatePatch(changed))
        for update in recorder.field_updates(live.t):
            self.emit(update)
        messages, recorder.messages = recorder.messages, []
        for words in messages:
            self.emit(Error(words, code="model-message"))

    def _show_new(self, recorder: GuiRecorder, scene: Scene) -> None:
        """Show panels and graphs that the model has made, or taken away, since it was loaded."""
        known = {each.id for each in scene.views}
        views = [each for each in recorder.views() if each.id not in known]
        fields = {each.id for each in scene.fields}
        traces = recorder.traces()
        new = [name for name in traces if name not in live_names(self)]
        if new:
            self.record_many(
                new, [traces[name][0] for name in new], [traces[name][1] for name in new]
            )
        changes: dict[str, Any] = {
            "controls": tuple(recorder.control_specs()),
            "actions": tuple(recorder.action_specs()),
            "layout": self._with_panels(scene.layout),
        }
        if views:
            changes["fields"] = (
                *scene.fields,
                *(each for each in recorder.fields() if each.id not in fields),
            )
            changes["views"] = (*scene.views, *views)
        self.emit(ScenePatch(changes))


def live_names(session: NeuronSession) -> frozenset[str]:
    """Return the names that a session records."""
    return frozenset(session.recorded_values())
