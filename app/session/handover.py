"""`ExperimentHandover`: gives the experiment of one session to the session that replaces it.

The experiment is read at the moment in which the new session replaces the old one, so that nothing
is lost that the user did while it was being built.
"""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.model import Model
from app.notices import Notice, Notices
from app.session.experiment import Experiment, first_variable, segment_traces
from app.session.opener import Opener
from app.session.owner import SessionOwner
from app.session.simulator import Simulator, has_choice
from backends.messages import CaptureTrace, StatePatch
from backends.scene import Scene, TracePlotViewSpec
from backends.sources.source import SessionSource

FIRST_VALUES = "The session had failed: its controls are back at their first values."


class ExperimentHandover(QObject):
    """Gives the experiment of one session to the next."""

    def __init__(
        self, model: Model, owner: SessionOwner, opener: Opener, notices: Notices, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._post = owner.post
        self._opener = opener
        self._notices = notices
        self._source: SessionSource | None = None
        self._is_switch = False
        self._is_due = False
        self._is_other_cell = False
        self._experiment: Experiment | None = None
        self._first_notes: list[str] = []
        self._last_notes: list[str] = []

    def capture(self, source: SessionSource) -> None:
        """Read the experiment of the present session, before the model drops it."""
        model, before = self._model, self._source
        self._source = source
        self._is_switch = self._opener.keep_experiment and before is not None and source != before
        self._is_due = True
        self._experiment, self._first_notes, self._last_notes = None, [], []
        self._is_other_cell = (
            self._opener.transfer_experiment and before is not None and has_choice(before)
        )
        if not model.has_scene or not (self._opener.keep_experiment or self._is_other_cell):
            return
        experiment = Experiment.of(model)
        if self._is_other_cell:
            left = experiment.dropped_traces_text(model.segment_id(model.root_segment()))
            self._last_notes = [left] if left else []
            experiment = experiment.for_another_cell()
        elif not self._is_switch:
            experiment = experiment.with_touched_controls()
        if model.is_failed:  # its last values may be what it failed of
            if experiment.touched:
                self._first_notes = [FIRST_VALUES]
            experiment = experiment.without_controls()
        self._experiment = experiment

    def apply(self) -> bool:
        """Apply the experiment to the new session; return whether it shows another cell."""
        if not self._is_due:
            return False
        self._is_due = False
        if self._experiment is None:
            self._trace_soma()
            return True
        if self._is_other_cell:
            self._apply_to_other_cell(self._experiment)
        else:
            self._apply_to_same_cell(self._experiment)
        return not self._is_switch

    def _trace_soma(self) -> None:
        scene = self._model.scene
        if scene.cannot_run or not _has_plot_for_all(scene):
            return
        if root := self._model.segment_id(self._model.root_segment()):
            self._post(CaptureTrace(root, first_variable(self._model.scene)))

    def _apply_to_other_cell(self, experiment: Experiment) -> None:
        scene = self._model.scene
        self._model.apply([StatePatch(experiment.window_values(scene))])
        for command in experiment.commands(scene, {}):
            self._post(command)
        self._trace_soma()
        losses = [*self._first_notes, *experiment.losses(scene), *self._last_notes]
        applied = experiment.applied_text(scene)
        if losses:
            note = [f"Applied to {scene.title}: {applied}."] if applied else []
            self._notices.post(Notice("warning", " ".join([*losses, *note])))
        elif applied:
            text = f"Applied to {scene.title}: {applied}. Press Space to run."
            self._notices.post(Notice("info", text))

    def _apply_to_same_cell(self, experiment: Experiment) -> None:
        model, scene = self._model, self._model.scene
        present = {info.trace_id: info.color_index for info in segment_traces(model)}
        model.apply([StatePatch(experiment.window_values(scene))])
        for command in experiment.commands(scene, present):
            self._post(command)
        missing = experiment.missing_traces(present)
        others = {f"{t.segment_id}.{t.variable}": t for t in experiment.variable_traces_in(scene)}
        colors = missing | {id_: each.color_index for id_, each in others.items()}
        hidden = experiment.hidden & missing.keys()
        model.expect_traces(colors, hidden | {i for i, each in others.items() if not each.shown})
        for trace_id in experiment.hidden - missing.keys():
            model.show_trace(trace_id, False)
        if scene.geometry is not None and experiment.selected in scene.geometry:
            model.select(scene.geometry.index_of(experiment.selected))
        self._post_losses([*self._first_notes, *experiment.losses(scene)])

    def _post_losses(self, losses: list[str]) -> None:
        if losses:
            self._notices.post(Notice("warning", " ".join(losses)))
        elif self._is_switch and self._source is not None:
            name = Simulator.of(self._source).name
            text = f"The same experiment on {name}, at t = 0: press Space to run."
            self._notices.post(Notice("info", text))


def _has_plot_for_all(scene: Scene) -> bool:
    """Whether a plot of the scene shows every trace; otherwise its author has asked for certain ones."""
    shown = {each.view_id for each in scene.layout.panels}
    return any(
        isinstance(view, TracePlotViewSpec)
        and view.series is None
        and (view.id in shown or not shown)
        for view in scene.views
    )
