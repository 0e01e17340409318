"""`Frames`: what a session sends after each batch: the display values, samples, spikes, and what its hooks add."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from backends.errors import SomascopeError
from backends.live.history import TraceHistory
from backends.live.hooks import SessionHooks
from backends.live.nonfinite import mask_nonfinite, nonfinite_error
from backends.live.other_variables import OtherVariables
from backends.live.run_control import RunControl
from backends.live.stepper import Stepper
from backends.live.traces import SegmentTraces
from backends.live.views.field_shapes import FieldShapes
from backends.live.views.shown_variables import ShownVariables
from backends.live.views.spikes import Spikes
from backends.messages import Error, FieldReplace, SessionUpdate
from backends.scene import MorphologyGeometry
from backends.scripts import user_code_location


class FramedRun(Protocol):
    """What is needed of the engine."""

    session: SessionHooks
    geometry: MorphologyGeometry | None
    dt: float
    run_control: RunControl
    history: TraceHistory
    others: OtherVariables
    traces: SegmentTraces
    shown: ShownVariables
    spikes: Spikes

    def live_stepper(self) -> Stepper:
        """Return the stepper."""

    def emit_recorded(self, *, from_start: bool = False) -> None:
        """Send what is recorded besides the segments' traces."""

    def reason_of(self, error: BaseException) -> str:
        """Return what an author's hook raised, as part of a sentence."""


class Frames:
    """The frames of one session.

    Parameters
    ----------
    live : FramedRun
    """

    def __init__(self, live: FramedRun) -> None:
        self._live = live
        self._emitted: list[SessionUpdate] | None = None
        self.shapes = FieldShapes()

    def note(self, update: SessionUpdate) -> None:
        """Note an update that the session emits; ProtocolError for values of another shape than their field's."""
        self.shapes.note(update)
        if self._emitted is not None:
            self._emitted.append(update)

    def follow_up(
        self, name: str, hook: Callable[[], object], *, from_start: bool
    ) -> list[SessionUpdate]:
        """Send what was recorded and call the hook `name`; return what these have emitted."""
        own = self._emitted = []
        try:
            self._live.emit_recorded(from_start=from_start)
            hook()
        except Exception as error:  # the author's code may raise anything; the session goes on
            self.report(name, error)
        finally:
            self._emitted = None
        return own

    def report(self, name: str, error: Exception) -> None:
        """Report what the hook `name` raised, and pause the run: it would raise after every batch."""
        live = self._live
        live.run_control.pause()
        place = user_code_location(error)
        at = f"{place}: " if place else ""
        reason, code = live.reason_of(error), "hook-failed"
        if isinstance(error, SomascopeError):
            reason, code = error.message.rstrip("."), error.code
        words = f"{at}{name} failed: {reason}; the run is paused."
        details = "".join(traceback.format_exception(error))
        live.session.emit(Error(words, details, code=code, hint="edit-script"))

    def emit(self, own: Sequence[SessionUpdate] = (), *, from_start: bool = False) -> None:
        """Send the display values, after checking them, the samples of the chosen segments, and spikes.

        Where a hook has already sent values of the display field, among `own`, they are shown instead.
        """
        live = self._live
        stepper, session = live.live_stepper(), live.session
        values = stepper.read()
        frame = values.astype(np.float32)
        fault = stepper.fault(frame)
        if fault is not None:
            frame = mask_nonfinite(frame)
        field_id = session.display_field_id()
        is_sent = any(isinstance(u, FieldReplace) and u.field_id == field_id for u in own)
        if len(frame) and not is_sent:
            session.emit(FieldReplace(field_id, frame, stepper.t))
        live.shown.emit(own)
        live.traces.emit_samples()
        live.spikes.emit(from_start=from_start)
        if fault is not None and live.geometry is not None:
            live.run_control.pause()
            shown = live.others.shown
            history = live.others.history_of(shown) if shown else live.history
            noticed = None if fault.exact else history.first_nonfinite(stepper.present)
            if noticed is not None:
                fault = replace(fault, t=noticed[0], segment=noticed[1])
            segment_id = live.geometry.segment_ids[fault.segment]
            session.emit(nonfinite_error(fault, segment_id, live.dt))
