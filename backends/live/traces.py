"""`SegmentTraces`: which segments have a trace, and their samples on the way to the window."""

from __future__ import annotations

from typing import Protocol

from backends.errors import RequestError
from backends.live.sampling import SampledRun, Sampler
from backends.messages import FieldAppend, TraceAdded
from backends.scene import DisplayVariable, MorphologyGeometry


class TracedRun(SampledRun, Protocol):
    """What the traces need of the engine."""

    geometry: MorphologyGeometry | None
    display_variables: tuple[DisplayVariable, ...]
    sampler: Sampler


class SegmentTraces:
    """The traces of one session's segments.

    Parameters
    ----------
    live : TracedRun

    Attributes
    ----------
    unit : str or None
        Of the first display variable, as the plot shows it.
    """

    def __init__(self, live: TracedRun) -> None:
        self._live = live
        self.unit: str | None = None
        self._names: dict[
            tuple[int, str], tuple[str, str | None]
        ] = {}  # those that an author named

    def restart(self) -> None:
        """Remove all samples and send every chosen trace from the present value."""
        live = self._live
        live.history.clear()
        live.others.clear()
        live.sampler.sample_now()
        live.history.drain()
        live.others.drain()
        for variable, history in (("", live.history), *live.others.captured()):
            for segment in history.captured:
                self._emit(segment, variable)

    def emit_samples(self) -> None:
        """Send the new samples of the chosen segments."""
        live = self._live
        for variable, history in (("", live.history), *live.others.captured()):
            drained = history.drain()
            if drained is None or live.geometry is None:
                continue
            times, values = drained
            rows = tuple(self._id_of(i, variable) for i in history.captured)
            live.session.emit(FieldAppend(live.session.history_field_id(), rows, values, times))
        live.others.drain()

    def segment_index(self, segment_id: str) -> int:
        """Return the index of a segment in every frame; RequestError where the model has none of that id."""
        geometry = self._live.geometry
        if geometry is None or segment_id not in geometry:
            raise RequestError(
                f"There is no segment {segment_id!r} in this model.", code="unknown-segment"
            )
        return geometry.index_of(segment_id)

    def capture(
        self, segment_id: str, variable: str = "", name: str = "", unit: str | None = None
    ) -> None:
        """Choose a variable of a segment and send its stored samples; does nothing if it is chosen already.

        Parameters
        ----------
        variable : str
            Name of a display variable; "" for the one that the cell is coloured by.
        name : str
            What the trace is called, in the place of the segment.
        unit : str or None
            In the place of the variable's.
        """
        live = self._live
        segment = self.segment_index(segment_id)
        variable = self._other_name(variable)
        stepper = live.live_stepper()
        history = live.others.begin(variable, stepper) if variable else live.history
        if segment in history.captured:
            return
        if name:
            self._names[segment, variable] = name, unit
        self.emit_samples()
        if not (live.history.is_active or live.others.is_active):
            live.sampler.phase = 0  # the interval to the next sample is counted from now
        values = stepper.read_variable(variable or live.display_variables[0].name)
        history.capture(segment, stepper.t, float(values[segment]))
        stepper.watch(live.history.watched)
        live.budget.reset()
        self._emit(segment, variable)

    def _other_name(self, variable: str) -> str:
        """Return "" for the first variable, and the name of another; RequestError for an unknown one."""
        if not variable:
            return self._live.others.shown
        known = [each.name for each in self._live.display_variables]
        if variable not in known:
            raise RequestError(
                f"{variable!r} cannot be recorded; this model has: {', '.join(known) or 'none'}.",
                code="unknown-variable",
            )
        return "" if variable == known[0] else variable

    def release(self, trace_id: str) -> bool:
        """Stop the trace of a segment; return whether there was one of that id."""
        geometry = self._live.geometry
        if geometry is None:
            return False
        self.emit_samples()
        for (segment, variable), (name, _) in self._names.items():
            if name == trace_id:
                del self._names[segment, variable]
                return self._release(segment, variable)
        if trace_id not in geometry:
            segment_id, _, variable = trace_id.rpartition(").")
            if f"{segment_id})" not in geometry:
                return False
            return self._release(geometry.index_of(f"{segment_id})"), variable)
        return self._release(geometry.index_of(trace_id), "")

    def _release(self, segment: int, variable: str) -> bool:
        if variable:
            return self._live.others.release(variable, segment)
        if segment not in self._live.history.captured:
            return False
        self._live.history.release(segment)
        self._live.live_stepper().watch(self._live.history.watched)
        return True

    def _id_of(self, segment: int, variable: str = "") -> str:
        """Return the id of a trace: the author's, or the segment's with the name of a variable that is not the first."""
        assert self._live.geometry is not None
        if (segment, variable) in self._names:
            return self._names[segment, variable][0]
        segment_id = self._live.geometry.segment_ids[segment]
        return f"{segment_id}.{variable}" if variable else segment_id

    def _emit(self, segment: int, variable: str = "") -> None:
        """Send all stored samples of a chosen segment."""
        if self._live.geometry is None:
            return
        history = self._live.others.history_of(variable) if variable else self._live.history
        times, values = history.samples_of(segment)
        known = {each.name: each for each in self._live.display_variables}
        id_ = self._id_of(segment, variable)
        _, own_unit = self._names.get((segment, variable), ("", None))
        unit = known[variable].unit if variable else self.unit
        self._live.session.emit(
            TraceAdded(
                id_,
                self._live.geometry.segment_ids[segment],
                times,
                values,
                label=id_,
                unit=unit if own_unit is None else own_unit,
                note=history.note(segment),
                quantity=known[variable].label if variable else "",
            )
        )
