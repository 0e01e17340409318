"""`SimulatorChoice`: the simulator and precision shown in toolbar and menus."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from app.model import Model
from app.session.opener import Opener
from app.session.simulator import NAMES, PRECISIONS, Simulator, has_choice
from app.ui.plain import plain_tip
from app.window.main_window import MainWindow
from backends.sources.source import SessionSource

ONLY_JAXLEY = "NEURON always computes in float64; Jaxley can compute in float32"


class SimulatorChoice(QObject):
    """Shows the open session's simulator and precision, and rebuilds the cell when the user chooses another."""

    def __init__(self, window: MainWindow, model: Model, opener: Opener) -> None:
        super().__init__(window)
        self._actions = window.command_actions
        self._settings = window.settings
        self._model = model
        self._opener = opener
        self._requested: Simulator | None = None
        self._tips = {id_: self._actions[id_].toolTip() for id_ in (*NAMES, *PRECISIONS)}
        opener.progressed.connect(self.show)
        opener.ended.connect(self.show)
        opener.opened.connect(self._remember)
        model.sceneChanged.connect(self.show)
        self.show()

    def choose_simulator(self, backend: str) -> None:
        """Rebuild the cell on a simulator, with the same experiment, at t = 0."""
        self._choose(replace(self._opener.simulator, backend=backend))

    def choose_precision(self, precision: str) -> None:
        """Rebuild the cell on Jaxley in a precision, with the same experiment, at t = 0."""
        self._choose(replace(self._opener.simulator, precision=precision))

    def show(self) -> None:
        """Show which simulator is used and which can be chosen."""
        source = self._opener.target_source
        if source is not None and not has_choice(source):
            self._show_fixed(source)
            return
        simulator = self._opener.simulator if source is None else Simulator.of(source)
        self._actions["jaxley"].setIconText(simulator.named("jaxley"))
        for backend in NAMES:
            self._set(backend, checked=backend == simulator.backend)
        is_jaxley = simulator.backend == "jaxley"
        for precision in PRECISIONS:
            checked = precision == (simulator.precision if is_jaxley else "float64")
            self._set(precision, checked=checked, disabled_reason="" if is_jaxley else ONLY_JAXLEY)

    def _choose(self, simulator: Simulator) -> None:
        self._requested = simulator
        self._opener.switch(simulator)
        self.show()  # otherwise a click on the current one would uncheck it

    def _remember(self, source: SessionSource) -> None:
        """Save the user's choice for the next start, once it has worked."""
        if (
            self._requested is not None
            and has_choice(source)
            and Simulator.of(source) == self._requested
        ):
            self._settings.backend = source.backend
            self._settings.precision = source.precision

    def _show_fixed(self, source: SessionSource) -> None:
        """Show a script's simulator, which cannot be changed here."""
        own = self._model.scene.backend if source == self._opener.source else ""
        named = f" ({own})" if own else ""
        reason = f"{source.title} is a session script, which sets its own simulator{named}"
        if source.kind == "given":
            reason = f"{source.title} has its own simulator{named}"
        if source.kind == "recording":
            reason = f"{source.title} is a recording, which no simulator computes"
        self._actions["jaxley"].setIconText(NAMES["jaxley"])
        for backend, name in NAMES.items():
            self._set(backend, checked=name == own, disabled_reason=reason)
        for precision in PRECISIONS:
            self._set(precision, checked=False, disabled_reason=reason)

    def _set(self, id_: str, *, checked: bool, disabled_reason: str = "") -> None:
        action = self._actions[id_]
        action.setEnabled(not disabled_reason)
        action.setChecked(checked)
        action.setToolTip(plain_tip(disabled_reason or self._tips[id_]))
