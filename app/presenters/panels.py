"""`PanelsPresenter`: shows the model in the Cell, Controls and Inspector panels."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.model import Model
from app.panels.cell import CellPanel
from app.panels.controls import (
    NOTHING_OPEN,
    NOTHING_TO_ADJUST,
    ControlSection,
    ControlsPanel,
)
from app.panels.inspector import InspectorPanel, SegmentFacts
from app.presenters.captions import display_unit, simulator_name
from app.presenters.session_actions import action_order, choosing_panels, with_usable_keys
from backends.messages import Error
from backends.morphology.morphology import type_word
from backends.scene import Scene

INSPECT_EVERY_MS = 100
_FROM_FILE = "Points"  # a fact that only a cell read from a file has


def control_sections(scene: Scene) -> list[ControlSection]:
    """Return what the form shows: a section for each panel that chooses controls or actions, else all of them."""
    usable, _ = with_usable_keys(action_order(scene))
    panels = choosing_panels(scene)
    if not panels:
        return [ControlSection("", scene.controls, tuple(usable))]
    controls = {each.id: each for each in scene.controls}
    actions = {each.id: each for each in usable}
    sections = []
    for panel in panels:
        chosen = tuple(controls[id_] for id_ in panel.control_ids if id_ in controls)
        natural = tuple(each for each in scene.controls if each in chosen)
        done = tuple(actions[id_] for id_ in panel.action_ids if id_ in actions)
        sections.append(ControlSection(panel.title, chosen, done, chosen != natural))
    return sections


def unknown_ids(scene: Scene) -> list[tuple[str, str, str]]:
    """Return panel, kind and id of each control and action that a panel names and the scene does not have."""
    known = {"control": {each.id for each in scene.controls}}
    known["action"] = {each.id for each in scene.actions}
    named = [
        (panel.id, kind, id_)
        for panel in scene.layout.panels
        for kind, ids in (("control", panel.control_ids), ("action", panel.action_ids))
        for id_ in ids
    ]
    return [each for each in named if each[2] not in known[each[1]]]


class PanelsPresenter(QObject):
    """Updates the side panels when the model changes."""

    def __init__(
        self, model: Model, cell: CellPanel, controls: ControlsPanel, inspector: InspectorPanel
    ) -> None:
        super().__init__(cell)
        self._model = model
        self._cell = cell
        self._controls = controls
        self._inspector = inspector
        self._geometry, self._last = model.geometry, -1
        self._later = QTimer(self, singleShot=True, interval=INSPECT_EVERY_MS)
        self._later.timeout.connect(self._show_segment)
        model.sceneChanged.connect(self._show_scene)
        model.layoutChanged.connect(self._show_controls)
        model.errorReported.connect(self._show_refusal)
        model.controlsChanged.connect(controls.set_values)
        model.selectionChanged.connect(self._show_segment)
        model.hoverChanged.connect(self._show_segment)
        model.valuesChanged.connect(self._show_segment_soon)
        model.tracesChanged.connect(self._show_segment)
        self._show_scene()

    def _show_scene(self) -> None:
        scene = self._model.scene
        is_open = bool(scene.views or scene.controls or scene.actions)
        self._controls.set_hint(NOTHING_TO_ADJUST if is_open else NOTHING_OPEN)
        self._show_controls()
        self._cell.set_title(scene.title if is_open else "", simulator_name(scene))
        self._cell.set_facts(scene.facts)
        was_read = _FROM_FILE in scene.facts or bool(scene.findings)
        self._cell.set_findings(scene.findings if was_read else None)
        is_drawn = scene.morphology_view is not None  # else nothing is coloured
        variables = scene.display_variables if is_drawn else ()
        self._cell.set_variables(variables, self._model.shown_variable or None)
        self._show_segment()

    def _show_controls(self) -> None:
        self._controls.set_sections(control_sections(self._model.scene))
        self._controls.set_values(self._model.control_values)
        for panel, kind, id_ in unknown_ids(self._model.scene):
            words = f"The panel {panel!r} names the {kind} {id_!r}, which the model does not have."
            self._model.report(words, f"unknown-{kind}")

    def _show_refusal(self, error: Error) -> None:
        """Show below the control why its value was refused, and the value that the model has."""
        if error.subject in {control.id for control in self._model.scene.controls}:
            present = self._model.control_values.get(error.subject)
            self._controls.set_values({error.subject: present})
            self._controls.set_error(error.subject, error.message)

    def _show_segment_soon(self) -> None:
        if not self._later.isActive() and self._inspected() >= 0:
            self._later.start()

    def _inspected(self) -> int:
        """Return the segment under the pointer, else the selected one, else the one shown last."""
        geometry = self._model.geometry
        if geometry is not self._geometry:
            before, self._geometry = self._geometry, geometry
            if not (before and geometry and before.segment_ids == geometry.segment_ids):
                self._last = -1
        wanted = self._model.hovered if self._model.hovered >= 0 else self._model.selected
        if wanted >= 0:
            self._last = wanted
        return self._last

    def _show_segment(self) -> None:
        geometry, segment = self._model.geometry, self._inspected()
        if geometry is None or not 0 <= segment < geometry.n_segments:
            self._inspector.set_segment(None)
            return
        segment_id = geometry.segment_ids[segment]
        self._inspector.set_segment(
            SegmentFacts(
                segment_id=segment_id,
                type_word=type_word(int(geometry.swc_type[segment])),
                length=float(geometry.length[segment]),
                diameter=float(geometry.diameter[segment]),
                area=float(geometry.area[segment]),
                path_distance=float(geometry.path_distance[segment]),
                value=self._model.value_of(segment),
                unit=display_unit(self._model),
                is_traced=bool(self._model.trace_of(segment)),
                cannot_trace=self._model.scene.cannot_run,
            )
        )
