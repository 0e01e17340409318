"""`Experiment`: what the user has set up on a cell, apart from the session that shows it. No Qt.

A session that replaces another one (the same cell on the other simulator, the same model built
again) gets its experiment; `losses` lists what cannot be applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from backends.comparison.variable_names import translate_variable
from backends.errors import RequestError
from backends.messages import (
    CaptureTrace,
    RemoveTrace,
    Reset,
    SessionCommand,
    SetControl,
    SetDisplayVariable,
)

if TYPE_CHECKING:
    from app.model import Model
    from backends.scene import MorphologyGeometry, Scene

_NAMED = 3


@dataclass(frozen=True, slots=True)
class VariableTrace:
    """A trace of a variable that is not the first display variable.

    Attributes
    ----------
    variable : str
        Its name.
    color_index : int
    shown : bool
        Whether its eye is open.
    """

    segment_id: str
    variable: str
    color_index: int
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Experiment:
    """Controls, chosen traces and what the cell is coloured by.

    Attributes
    ----------
    controls : mapping of str to value
        Present values by control id, in the unit of each one's spec.
    touched : mapping of str to str
        Labels, by id, of the controls that no longer have their first value.
    traces : mapping of str to int
        Chosen segments in order, by id: each one's colour index.
    hidden : frozenset of str
        Those of them whose eyes are closed.
    variable_traces : tuple of VariableTrace
        Traces of variables that are not the first one, which the others show.
    variable : str
        Display variable, "" where there is none.
    selected : str
        Id of the selected segment, "" for none.
    """

    controls: Mapping[str, Any] = field(default_factory=dict)
    touched: Mapping[str, str] = field(default_factory=dict)
    traces: Mapping[str, int] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    variable: str = ""
    selected: str = ""
    variable_traces: tuple[VariableTrace, ...] = ()

    @classmethod
    def of(cls, model: Model) -> Experiment:
        """Return the experiment that a model shows."""
        specs = {spec.id: spec for spec in model.scene.controls}
        values = {id_: value for id_, value in model.control_values.items() if id_ in specs}
        return cls(
            controls=values,
            touched={
                id_: specs[id_].label
                for id_, value in values.items()
                if value != specs[id_].first_value()
            },
            traces={info.trace_id: info.color_index for info in segment_traces(model)},
            hidden=frozenset(info.trace_id for info in segment_traces(model) if not info.shown),
            variable=model.shown_variable,
            selected=model.segment_id(model.selected),
            variable_traces=tuple(_variable_traces(model)),
        )

    def with_touched_controls(self) -> Experiment:
        """Return it without the controls that still have their first value: a file may change that."""
        touched = {id_: self.controls[id_] for id_ in self.touched}
        return replace(self, controls=touched)

    def without_controls(self) -> Experiment:
        """Return it with every control left as the next session has it."""
        return replace(self, controls={}, touched={})

    def commands(self, scene: Scene, present: Mapping[str, int]) -> list[SessionCommand]:
        """Return the commands that set up this experiment in a new session at t = 0.

        Parameters
        ----------
        scene : Scene
            Of the new session.
        present : mapping of str to int
            The segments it has chosen by itself, in order, with their colour indices.
        """
        return [
            *self._set_controls(scene),
            *self._set_variable(scene),
            *self._choose_traces(scene, present),
            *(
                CaptureTrace(each.segment_id, each.variable)
                for each in self.variable_traces_in(scene)
            ),
        ]

    def window_values(self, scene: Scene) -> dict[str, Any]:
        """Return the values of controls that belong to the window, not to the session."""
        return {
            spec.id: self.controls[spec.id]
            for spec in scene.controls
            if not spec.send_to_session
            and spec.id in self.controls
            and not _refusal(spec, self.controls[spec.id])
        }

    def losses(self, scene: Scene) -> list[str]:
        """Return a sentence for each thing that cannot be applied to a new session."""
        who = scene.backend or "The session"
        losses = [*self._missing_controls(scene, who), *self._refused_controls(scene)]
        if self.variable and not self._variable_in(scene):
            names = [each.name for each in scene.display_variables]
            shown = f"; shown is {names[0]}" if names else ""
            losses.append(f"{who} has no variable {self.variable}{shown}.")
        names = {each.variable for each in self.variable_traces}
        lost = [name for name in sorted(names) if not _variable_in(scene, name)]
        if lost and lost != [self.variable]:
            losses.append(f"{who} has no variable {_join_names(lost)}; the traces of it are gone.")
        gone = [each for each in self.traces if not _has(scene.geometry, each)]
        if gone:
            are, its = ("is", "its trace is") if len(gone) == 1 else ("are", "their traces are")
            losses.append(f"{_join_names(gone)} {are} not in this model; {its} gone.")
        return losses

    def missing_traces(self, present: Mapping[str, int]) -> dict[str, int]:
        """Return the traces that are still to be chosen, with their colour indices."""
        common = self._common_prefix(present)
        return {id_: color for id_, color in self.traces.items() if id_ not in common}

    def variable_traces_in(self, scene: Scene) -> list[VariableTrace]:
        """Return the traces of other variables that a session can have, with its names of the variables."""
        found = []
        for each in self.variable_traces:
            name = _variable_in(scene, each.variable)
            if name and _has(scene.geometry, each.segment_id):
                found.append(replace(each, variable=name))
        return found

    def for_another_cell(self) -> Experiment:
        """Return the part that can be applied to another cell: changed controls and the variable.

        A control that still has its first value keeps the other cell's value. A segment belongs to this
        cell, so no trace is copied; `dropped_traces_text` lists them.
        """
        there = self.with_touched_controls()
        return replace(there, traces={}, hidden=frozenset(), selected="", variable_traces=())

    def dropped_traces_text(self, root: str) -> str:
        """Return a sentence on the traces that another cell cannot have, "" for none.

        Parameters
        ----------
        root : str
            The segment of this cell, its soma, whose counterpart every cell has.
        """
        left = [each for each in self.traces if each != root]
        left += [f"{each.segment_id}.{each.variable}" for each in self.variable_traces]
        if not left:
            return ""
        subject, were = ("The trace", "was") if len(left) == 1 else ("The traces", "were")
        return (
            f"{subject} of {_join_names(left)} {were} not copied: another cell has other segments."
        )

    def applied_text(self, scene: Scene) -> str:
        """Return in words what is applied to a new session: ``"Amplitude 0.4 nA, Delay 5 ms"``, "" for nothing."""
        words = [
            f"{spec.label} {_format_value(self.controls[spec.id])}{f' {unit}' if unit else ''}"
            for spec in scene.controls
            if spec.id in self.touched and not _refusal(spec, self.controls[spec.id])
            for unit in [getattr(spec.value_spec, "unit", "")]
        ]
        if self._set_variable(scene):
            words.append(f"coloured by {self._variable_in(scene)}")
        return ", ".join(words)

    # -------------------------------------------------------------------------------- parts

    def _set_controls(self, scene: Scene) -> list[SessionCommand]:
        changed: list[SessionCommand] = []
        for spec in scene.controls:
            value = self.controls.get(spec.id, spec.first_value())
            if spec.send_to_session and value != spec.first_value():
                changed += [] if _refusal(spec, value) else [SetControl(spec.id, value)]
        # So that t = 0 is the rest of these values, as after Init.
        return [*changed, Reset()] if changed else []

    def _set_variable(self, scene: Scene) -> list[SessionCommand]:
        name = self._variable_in(scene)
        is_shown = not name or name == scene.display_variables[0].name
        return [] if is_shown else [SetDisplayVariable(name)]

    def _variable_in(self, scene: Scene) -> str:
        """Return what a scene calls the variable shown, "" if it has no such quantity."""
        return _variable_in(scene, self.variable)

    def _choose_traces(self, scene: Scene, present: Mapping[str, int]) -> list[SessionCommand]:
        """Drop what the session chose in another order or colour, then choose the rest in order."""
        common = self._common_prefix(present)
        dropped = [RemoveTrace(id_) for id_ in present if id_ not in common]
        rest = [
            CaptureTrace(id_, first_variable(scene))
            for id_ in self.traces
            if id_ not in common and _has(scene.geometry, id_)
        ]
        return [*dropped, *rest]

    def _common_prefix(self, present: Mapping[str, int]) -> set[str]:
        """Return the segments of `present` that may stay: the common beginning."""
        common: set[str] = set()
        for mine, theirs in zip(self.traces.items(), present.items(), strict=False):
            if mine != theirs:
                break
            common.add(mine[0])
        return common

    def _missing_controls(self, scene: Scene, who: str) -> list[str]:
        known = {spec.id for spec in scene.controls}
        lost = [label for id_, label in self.touched.items() if id_ not in known]
        if not lost:
            return []
        return [f"{who} has no control{'s' if len(lost) > 1 else ''} {_join_names(lost)}."]

    def _refused_controls(self, scene: Scene) -> list[str]:
        refusals = [
            _refusal(spec, self.controls[spec.id])
            for spec in scene.controls
            if spec.id in self.touched
        ]
        return [each for each in refusals if each]


def first_variable(scene: Scene) -> str:
    """Return the name of the variable that traces show at first, "" where the scene names none."""
    return scene.display_variables[0].name if scene.display_variables else ""


def _variable_in(scene: Scene, variable: str) -> str:
    """Return what a scene calls a variable of this or the other simulator, "" if it has none."""
    names = {each.name for each in scene.display_variables}
    if variable in names:
        return variable
    other = translate_variable(variable) or ""
    return other if other in names else ""


def _variable_traces(model: Model) -> Iterable[VariableTrace]:
    for info in model.traces.values():
        segment_id = model.segment_id(info.segment)
        if info.quantity and segment_id and info.trace_id.startswith(f"{segment_id}."):
            name = info.trace_id.removeprefix(f"{segment_id}.")
            yield VariableTrace(segment_id, name, info.color_index, info.shown)


def segment_traces(model: Model) -> list[Any]:
    """Return the chosen traces of segments, in order: not what the session records by itself."""
    geometry = model.geometry
    return [info for id_, info in model.traces.items() if _has(geometry, id_)]


def _refusal(spec: Any, value: Any) -> str:
    """Return why a control cannot have a value, "" if it can."""
    try:
        spec.accept(value)
    except RequestError as error:
        return error.message
    return ""


def _format_value(value: Any) -> str:
    return f"{value:g}".replace("-", "−") if isinstance(value, float | int) else str(value)


def _has(geometry: MorphologyGeometry | None, segment_id: str) -> bool:
    return geometry is not None and segment_id in geometry


def _join_names(words: Iterable[str]) -> str:
    """Return ``"a, b and 4 more"``."""
    words = list(words)
    if len(words) <= _NAMED + 1:
        return ", ".join(words)
    return f"{', '.join(words[:_NAMED])} and {len(words) - _NAMED} more"
