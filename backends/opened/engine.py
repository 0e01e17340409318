"""`OpenedModelEngine`: runs a model whose own scripts have built it, and whose own procedures initialize it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from backends.live.engine import INITIAL_VOLTAGE
from backends.messages import ScenePatch
from backends.neuron.engine import NeuronEngine
from backends.neuron.hooks import NeuronHooks
from backends.neuron.simulator import own_v_init
from backends.opened.script_runs import AskedRun, ScriptRuns
from backends.opened.stepping import OpenedStepper


class FollowedHooks(NeuronHooks):
    """What is needed of the session."""

    def show_changes(self) -> None:
        """Send what the model's program has changed."""


class OpenedModelEngine(NeuronEngine):
    """Runs an `OpenedModelSession`; see `NeuronEngine`.

    Attributes
    ----------
    procedures : frozenset of str
        What the model has defined of NEURON's standard run system: ``{"init", "advance"}``.
    model_facts : mapping of str to str
        Facts of the model, for the Cell panel.
    """

    session: FollowedHooks
    procedures: frozenset[str] = frozenset()
    model_facts: Mapping[str, str] = MappingProxyType({})
    script_runs: ScriptRuns | None = None
    _was_at_ms = 0.0
    _known_tstop: float | None = None

    def new_stepper(self, h: Any, segments: Sequence[Any]) -> OpenedStepper:
        """Return a stepper that initializes and steps as the model does."""
        has_own_advance = "advance" in self.procedures
        return OpenedStepper(h, segments, self._release, has_own_advance=has_own_advance)

    def use_model_settings(self, h: Any) -> None:
        """Show the step and the voltage of the model; its own ``stdinit`` uses them."""
        self.use_setting("dt", float(h.dt), "h.dt")
        self.origins.pop("v_init", None)
        v_init = own_v_init(h)
        if v_init is not None:
            self.use_setting("v_init", v_init, "h.v_init")

    def simulator_facts(self) -> dict[str, str]:
        """Return what the model is made of."""
        return {**super().simulator_facts(), **self.model_facts}

    def use_tstop(self, tstop_ms: float) -> None:
        """Run until `tstop_ms`, in the window and in the model's ``tstop``."""
        self.run_control.stop_time = self._known_tstop = self._h.tstop = tstop_ms

    def before_command(self) -> None:
        """Note the time; see `NeuronEngine`."""
        super().before_command()
        self._was_at_ms = self.t

    def reset(self) -> None:
        """Go back to t = 0; see `LiveEngine`."""
        super().reset()
        self._was_at_ms = self.t

    def after_command(self) -> None:
        """Follow what the model's program has done: runs that it asked for, its ``tstop``, its panels."""
        super().after_command()
        if self._h is None or self.scene is None:
            return
        self._follow_tstop()
        asked = None if self.script_runs is None else self.script_runs.take()
        if asked is not None:
            self.carry_out(asked)
        elif self.t < self._was_at_ms:
            self._begin_here()
        self.session.show_changes()

    def _begin_here(self) -> None:
        """Take the present state as the beginning: the model has initialized itself."""
        assert isinstance(self.stepper, OpenedStepper)
        self.stepper.keeps_state = True
        self.reset()

    def _follow_tstop(self) -> None:
        asked, own = self.run_control.stop_time, float(self._h.tstop)
        if asked != self._known_tstop:
            self._known_tstop = asked
            if asked is not None:
                self._h.tstop = asked
        elif asked is not None and own > 0 and own != asked:
            self.use_tstop(own)
            self.session.emit(ScenePatch({"tstop_ms": own}))

    def settings_facts(self) -> dict[str, str]:
        """Return the settings of the model."""
        facts = super().settings_facts()
        if "init" in self.procedures or "stdinit" in self.procedures:
            facts[INITIAL_VOLTAGE] = f"{facts[INITIAL_VOLTAGE]}, then the model's own init()"
        return facts

    def carry_out(self, asked: AskedRun) -> None:
        """Make the run that the model's own program, for example its button, has asked for."""
        if asked.kind == "run":
            self.reset()
        elif self.t < self._was_at_ms:
            self._begin_here()
        if asked.kind == "step":
            self.run_control.step_once(1)
        else:
            if asked.until_ms is not None:
                self.use_tstop(asked.until_ms)
                self.session.emit(ScenePatch({"tstop_ms": asked.until_ms}))
            self.run_control.start(self.t, self.dt)
        self.emit_status()
