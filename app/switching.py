"""Which simulator computes the cell, chosen and shown; and what a session hands on to the next one.

Theory. The toolbar and the menus say what is true: the simulator of the session on the screen, or,
while one is being built, of that one. A choice that fails or is cancelled therefore undoes itself.
The experiment is taken at the very moment in which a new session takes the place of the old, so
that what the user did while it was being built is not lost.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from app.experiment import Experiment, segment_traces
from app.main_window import MainWindow
from app.model import Model
from app.notices import Notice, Notices
from app.opening import Opener
from app.session_owner import SessionOwner
from app.simulators import NAMES, PRECISIONS, Simulator, has_choice
from backends.messages import CaptureTrace
from backends.sources import SessionSource

FIRST_VALUES = "The session had failed: its controls are back at their first values."
ONLY_JAXLEY = "NEURON always computes in float64; Jaxley can compute in float32"


class SimulatorChoice(QObject):
    """Keeps the choice of simulator and precision, in toolbar and menus, true to what is open."""

    def __init__(self, window: MainWindow, model: Model, opener: Opener) -> None:
        super().__init__(window)
        self._verbs = window.verbs
        self._settings = window.settings
        self._model = model
        self._opener = opener
        self._wanted: Simulator | None = None
        self._tips = {id_: self._verbs[id_].toolTip() for id_ in (*NAMES, *PRECISIONS)}
        opener.progressed.connect(self.show)
        opener.ended.connect(self.show)
        opener.opened.connect(self._remember)
        model.sceneChanged.connect(self.show)
        self.show()

    def simulate_with(self, backend: str) -> None:
        """Build the cell on a simulator: the same experiment, from t = 0."""
        self._choose(replace(self._opener.simulator, backend=backend))

    def compute_in(self, precision: str) -> None:
        """Build the cell in a precision, on Jaxley: the same experiment, from t = 0."""
        self._choose(replace(self._opener.simulator, precision=precision))

    def show(self) -> None:
        """Say which simulator it is, and what can be chosen."""
        source = self._opener.in_question
        if source is not None and not has_choice(source):
            self._show_fixed(source)
            return
        simulator = self._opener.simulator if source is None else Simulator.of(source)
        self._verbs["jaxley"].setIconText(simulator.named("jaxley"))
        for backend in NAMES:
            self._set(backend, checked=backend == simulator.backend)
        is_jaxley = simulator.backend == "jaxley"
        for precision in PRECISIONS:
            checked = precision == (simulator.precision if is_jaxley else "float64")
            self._set(precision, checked=checked, obstacle="" if is_jaxley else ONLY_JAXLEY)

    def _choose(self, simulator: Simulator) -> None:
        self._wanted = simulator
        self._opener.switch(simulator)
        self.show()  # else a click on the present one would uncheck it

    def _remember(self, source: SessionSource) -> None:
        """Keep for the next start what was chosen by hand and has worked."""
        if self._wanted is not None and has_choice(source) and Simulator.of(source) == self._wanted:
            self._settings.backend = source.backend
            self._settings.precision = source.precision

    def _show_fixed(self, source: SessionSource) -> None:
        """Show a script's own simulator, which is not to be chosen here."""
        own = self._model.scene.backend if source == self._opener.source else ""
        named = f" ({own})" if own else ""
        obstacle = f"{source.title} is a session script, which brings its own simulator{named}"
        self._verbs["jaxley"].setIconText(NAMES["jaxley"])
        for backend, name in NAMES.items():
            self._set(backend, checked=name == own, obstacle=obstacle)
        for precision in PRECISIONS:
            self._set(precision, checked=False, obstacle=obstacle)

    def _set(self, id_: str, *, checked: bool, obstacle: str = "") -> None:
        action = self._verbs[id_]
        action.setEnabled(not obstacle)
        action.setChecked(checked)
        action.setToolTip(obstacle or self._tips[id_])


class Succession(QObject):
    """Hands the experiment of one session on to the next."""

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
        self._said_first: list[str] = []
        self._said_last: list[str] = []

    def remember(self, source: SessionSource) -> None:
        """Take the experiment of the present session, before the model forgets it."""
        model, before = self._model, self._source
        self._source = source
        self._is_switch = self._opener.keeps and before is not None and source != before
        self._is_due = True
        self._experiment, self._said_first, self._said_last = None, [], []
        self._is_other_cell = self._opener.hands_on and before is not None and has_choice(before)
        if not model.has_scene or not (self._opener.keeps or self._is_other_cell):
            return
        experiment = Experiment.of(model)
        if self._is_other_cell:
            left = experiment.left_traces(model.segment_id(model.root_segment()))
            self._said_last = [left] if left else []
            experiment = experiment.for_another_cell()
        elif not self._is_switch:
            experiment = experiment.with_touched_controls()
        if model.is_failed:  # its last values may be what it failed of
            if experiment.touched:
                self._said_first = [FIRST_VALUES]
            experiment = experiment.without_controls()
        self._experiment = experiment

    def settle(self) -> bool:
        """Bring the new session to the experiment; return whether there was a new cell to look at."""
        if not self._is_due:
            return False
        self._is_due = False
        if self._experiment is None:
            self._trace_soma()
            return True
        if self._is_other_cell:
            self._bring_to_another(self._experiment)
        else:
            self._bring(self._experiment)
        return not self._is_switch

    def _trace_soma(self) -> None:
        if root := self._model.segment_id(self._model.root_segment()):
            self._post(CaptureTrace(root))

    def _bring_to_another(self, experiment: Experiment) -> None:
        scene = self._model.scene
        for command in experiment.commands(scene, {}):
            self._post(command)
        self._trace_soma()
        losses = [*self._said_first, *experiment.losses(scene), *self._said_last]
        taken = experiment.taken(scene)
        if losses:
            took = [f"{scene.title} took over: {taken}."] if taken else []
            self._notices.post(Notice("warning", " ".join([*losses, *took])))
        elif taken:
            text = f"{scene.title} took over: {taken}. Press Space to run."
            self._notices.post(Notice("info", text))

    def _bring(self, experiment: Experiment) -> None:
        model, scene = self._model, self._model.scene
        present = {info.trace_id: info.color_index for info in segment_traces(model)}
        for command in experiment.commands(scene, present):
            self._post(command)
        missing = experiment.missing_traces(present)
        model.expect_traces(missing, experiment.hidden & missing.keys())
        for trace_id in experiment.hidden - missing.keys():
            model.show_trace(trace_id, False)
        if scene.geometry is not None and experiment.selected in scene.geometry:
            model.select(scene.geometry.index_of(experiment.selected))
        self._tell([*self._said_first, *experiment.losses(scene)])

    def _tell(self, losses: list[str]) -> None:
        if losses:
            self._notices.post(Notice("warning", " ".join(losses)))
        elif self._is_switch and self._source is not None:
            name = Simulator.of(self._source).name
            text = f"The same experiment on {name}, at t = 0: press Space to run."
            self._notices.post(Notice("info", text))
