"""Full-dt recordings of any reference, before and during a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from driving import of_kind, trace_of
from neuron_bench import Built, bare_run, run_for, running, spiking_pair

from backends.errors import RequestError, SomascopeError
from backends.messages import (
    CaptureTrace,
    Error,
    FieldReplace,
    KeyPressed,
    RemoveTrace,
    Reset,
    TraceAdded,
    TraceRemoved,
)
from backends.neuron import NeuronSession

pytest.importorskip("neuron")

DT = 0.025


class Recorded(Built):
    """Records the soma's voltage and sodium current, and collects the samples."""

    def __init__(self) -> None:
        super().__init__(dt=DT)
        self.batches: list[tuple[np.ndarray, np.ndarray]] = []

    def setup_model(self, sections: Any) -> None:
        soma = sections[0](0.5)
        self.record_many(["v soma", "ina"], [soma._ref_v, soma._ref_ina])

    def on_recorded_samples(self, times: np.ndarray, values: np.ndarray) -> None:
        self.batches.append((times, values))

    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all samples, joined."""
        times, values = zip(*self.batches, strict=True)
        return np.concatenate(times), np.concatenate(values, axis=1)


def test_every_step_is_sampled_once_in_order_and_shown_as_traces() -> None:
    times, voltages = bare_run(spiking_pair, 10.0, DT)
    with running(session := Recorded()) as updates:
        updates += run_for(session, 3.0) + run_for(session, 7.0)
        got_times, got = session.samples()
        np.testing.assert_array_equal(got_times, times)
        np.testing.assert_array_equal(got[0], voltages[:, 0])
        for row, name in enumerate(("v soma", "ina")):
            trace_times, trace = trace_of(name, updates)
            np.testing.assert_array_equal(trace_times, times)
            np.testing.assert_array_equal(trace, got[row])
        assert {each.segment_id for each in of_kind(TraceAdded, updates)} == {None}
        assert session.recorded_values() == {"v soma": got[0, -1], "ina": got[1, -1]}


def test_recording_more_on_a_running_model_changes_no_bit_of_the_run() -> None:
    times, voltages = bare_run(spiking_pair, 12.0, DT)
    with running(session := Recorded()) as updates:
        run_for(session, 5.0)
        session.record("v dend", session.sections[2](0.5)._ref_v)
        assert session.t == times[200]
        updates += run_for(session, 7.0)
        present = [segment.v for section in session.sections for segment in section]
        np.testing.assert_array_equal(present, voltages[-1])
        assert of_kind(FieldReplace, updates)[-1].time_ms == times[-1]
        late_times, late = trace_of("v dend", updates)
        np.testing.assert_array_equal(late_times, times[201:])
        np.testing.assert_array_equal(late, voltages[201:, 10])
        assert [values.shape[0] for _, values in session.batches][-1] == 3
        steady_times = np.concatenate([times for times, _ in session.batches])
        np.testing.assert_array_equal(steady_times, times)


def test_after_reset_recordings_begin_again_at_zero() -> None:
    with running(session := Recorded()):
        run_for(session, 2.0)
        session.batches.clear()
        session.handle(Reset())
        updates = session.read_updates()
        assert [each.times.tolist() for each in of_kind(TraceAdded, updates)] == [[0.0], [0.0]]
        run_for(session, 1.0)
        assert len(session.samples()[0]) == 41


def test_a_removed_recording_is_still_sampled_but_not_shown() -> None:
    with running(session := Recorded()):
        session.handle(RemoveTrace("ina"))
        updates = session.read_updates() + run_for(session, 1.0)
        assert TraceRemoved("ina") in updates
        assert len(trace_of("ina", updates)[0]) == 0
        assert len(trace_of("v soma", updates)[0]) == 40
        assert session.samples()[1].shape == (2, 41)
        with pytest.raises(RequestError, match="trace 'ina'"):
            session.handle(RemoveTrace("ina"))


def test_names_are_unique_and_as_many_as_references() -> None:
    with running(session := Recorded()):
        ref = session.sections[0](0.5)._ref_v
        with pytest.raises(RequestError, match="'ina'"):
            session.record("ina", ref)
        with pytest.raises(RequestError, match="'x'"):
            session.record_many(["x", "x"], [ref, ref])
        with pytest.raises(RequestError, match="2 names"):
            session.record_many(["x", "y"], [ref])


def test_a_failing_sample_hook_is_reported_and_the_run_continues() -> None:
    session = Recorded()
    session.on_recorded_samples = lambda *_: 1 / 0  # type: ignore[method-assign]
    with running(session):
        updates = run_for(session, 1.0)
        assert of_kind(Error, updates)[0].code == "hook-failed"
        assert session.run_control.steps == 40


class Driven(NeuronSession):
    """A soma with a noisy NetStim; a key records the synapse's conductance; author's own recordings."""

    dt = DT

    def build_sections(self) -> Any:
        from neuron import h

        soma = h.Section(name="soma")
        soma.L = soma.diam = 20
        soma.insert("hh")
        return [soma]

    def setup_model(self, sections: Any) -> None:
        from neuron import h

        self.stim = h.NetStim()
        self.stim.start, self.stim.interval, self.stim.number, self.stim.noise = 3, 6, 20, 1
        self.stim.noiseFromRandom123(1, 2, 3)
        self.syn = h.ExpSyn(sections[0](0.5))
        self.syn.tau = 1
        self.nc = h.NetCon(self.stim, self.syn)
        self.nc.weight[0], self.nc.delay = 0.003, 2
        self.times = h.Vector()
        self.spy = h.NetCon(self.stim, None)
        self.spy.record(self.times)
        self.own = h.Vector().record(self.syn._ref_g)
        self.own_times = h.Vector().record(h._ref_t)

    def on_key_press(self, key: str, context: object) -> bool:
        self.record("g", self.syn._ref_g)
        return True


class Variable(Driven):
    """With the variable step, across the edges of a current."""

    def setup_model(self, sections: Any) -> None:
        from neuron import h

        super().setup_model(sections)
        self.clamp = h.IClamp(sections[0](0.5))
        self.clamp.delay, self.clamp.dur, self.clamp.amp = 2, 1, 1.0
        self.integrator = h.CVode()
        self.integrator.active(True)
        self.record("i", self.clamp._ref_i)


def driven(kind: type[Driven], *, late: bool) -> tuple[Driven, list[Any]]:
    session = kind()
    with running(session) as updates:
        session.handle(CaptureTrace("soma(0.5)"))
        updates += run_for(session, 10.0)
        if late:
            session.handle(KeyPressed("A"))
        updates += run_for(session, 40.0)
        session.author = [list(each) for each in (session.times, session.own, session.own_times)]  # type: ignore[attr-defined]
    return session, updates


def test_recording_later_leaves_the_author_s_recordings_and_random_streams_alone() -> None:
    plain, expected = driven(Driven, late=False)
    session, updates = driven(Driven, late=True)
    assert session.author == plain.author  # type: ignore[attr-defined]
    assert len(session.author[0]) > 4  # type: ignore[attr-defined]
    for found, wanted in zip(
        trace_of("soma(0.5)", updates), trace_of("soma(0.5)", expected), strict=True
    ):
        np.testing.assert_array_equal(found, wanted)
    times, g = trace_of("g", updates)
    _, own, own_times = session.author  # type: ignore[attr-defined]
    late = np.asarray(own_times) > 10.0 + DT / 2
    np.testing.assert_array_equal(times, np.asarray(own_times)[late])
    np.testing.assert_array_equal(g, np.asarray(own)[late])


def test_recording_later_works_where_cvode_cannot_integrate_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from backends.neuron.stepping import NeuronStepper

    class NoCvode:
        def active(self, on: bool = False) -> bool:
            if on:
                raise RuntimeError("cannot be used with CVODE")
            return False

    real = NeuronStepper.record

    def record(self: Any, *args: Any, running: bool) -> None:
        self._cvode = NoCvode()
        real(self, *args, running=running)

    monkeypatch.setattr(NeuronStepper, "record", record)
    plain, expected = driven(Driven, late=False)
    session, updates = driven(Driven, late=True)
    assert session.author == plain.author  # type: ignore[attr-defined]
    voltages = [trace_of("soma(0.5)", each)[1] for each in (updates, expected)]
    np.testing.assert_array_equal(*voltages)
    times, g = trace_of("g", updates)
    assert len(times) == 1600
    own = np.asarray(session.author[1])[-1600:]  # type: ignore[attr-defined]
    assert (np.abs(g - own) > 1e-12).sum() <= len(session.author[0])  # type: ignore[attr-defined]


def test_doubled_times_of_the_variable_step_are_taken() -> None:
    _, updates = driven(Variable, late=False)
    assert not of_kind(Error, updates)
    times, current = trace_of("i", updates)
    twice = times[:-1][np.diff(times) == 0]
    assert {2.0, 3.0} <= set(np.round(twice, 9))
    assert (times[0], times[-1]) == (0.0, pytest.approx(50.0))
    assert set(current) == {0.0, 1.0}


def test_recording_later_keeps_the_author_s_recordings_under_the_variable_step() -> None:
    plain, _ = driven(Variable, late=False)
    session, updates = driven(Variable, late=True)
    assert not of_kind(Error, updates)
    assert session.author[0] == plain.author[0]  # type: ignore[attr-defined]
    assert session.author[2][0] == 0.0  # type: ignore[attr-defined]
    assert trace_of("g", updates)[0][-1] == pytest.approx(50.0)


def test_every_recording_has_neuron_s_unit_or_the_author_s() -> None:
    class Units(Driven):
        def setup_model(self, sections: Any) -> None:
            from neuron import h

            super().setup_model(sections)
            soma = sections[0](0.5)
            self.record("v", soma._ref_v)
            self.record("ina", soma._ref_ina)
            self.record("m", soma.hh._ref_m)
            self.record("gna", soma.hh._ref_gna)
            self.record("g", self.syn._ref_g)
            self.record("i", self.syn._ref_i)
            self.record("t", h._ref_t)
            self.record("ena", soma._ref_ena)
            self.mine = h.Vector([1.0])
            self.record("own", self.mine._ref_x[0])
            self.record_many(["a", "b"], [soma._ref_v, soma._ref_v], ["V", None])

    with running(Units()) as updates:
        units = {each.trace_id: each.unit for each in of_kind(TraceAdded, updates)}
    assert units == {
        "v": "mV",
        "ina": "mA/cm2",
        "m": "",
        "gna": "S/cm2",
        "g": "uS",
        "i": "nA",
        "t": "ms",
        "ena": "mV",
        "own": "",
        "a": "V",
        "b": "mV",
    }


@pytest.mark.parametrize("wrong", [3, "cell"])
def test_a_drawing_that_is_none_is_refused(wrong: object) -> None:
    session = Recorded()
    session.build_geometry = lambda sections: wrong  # type: ignore[method-assign]
    with pytest.raises(SomascopeError, match="build_geometry") as caught:
        session.initialize()
    assert caught.value.code == "hook-returned"


def test_a_hook_of_samples_with_other_parameters_is_reported_once_and_pauses_the_run() -> None:
    session = Recorded()
    session.on_recorded_samples = lambda times: None  # type: ignore[method-assign, assignment, misc]
    with running(session) as updates:
        updates += run_for(session, 50.0)
        first, *later = of_kind(Error, updates)
        assert first.code == "hook-failed"
        assert len(later) == 1  # at t = 0, and after one batch
        assert not session.is_live()
        assert trace_of("ina", updates)[0][-1] == session.t
