"""One experiment on two simulators: its summary, and how it runs, fails and ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from failing_sessions import CannotBuild, Dies, HangsInInitialize
from ramp import Ramp, line_geometry

from backends.batch.run import BatchRun, RunPlan, RunSamples, StimulusFacts
from backends.cellmodel.mechanisms import Mechanism
from backends.cellmodel.model import CellModel
from backends.cellmodel.stimuli import IClamp
from backends.comparison.result import Comparison, SideFacts, default_segments
from backends.comparison.run import both_sides, compare
from backends.comparison.side import Simulator
from backends.errors import ProtocolError, RequestError, SessionCancelled, SimulatorError
from backends.messages import SessionUpdate
from backends.session import Session
from backends.sources.source import SessionSource

BALL_AND_STICK = SessionSource.parse("ball_and_stick")
NO_TABLE = {"rate_tables": False}

# ------------------------------------------------------------------------- made by hand


def side(name: str, n_segments: int = 3, area_um2: float = 188.5) -> SideFacts:
    """Return a side with only a soma."""
    return SideFacts(name, f"{name} 1.0; float64", {1: n_segments}, {1: area_um2}, 0.3, 0.02)


def made(right_side: SideFacts | None = None, late_ms: float = 0.07) -> Comparison:
    """Return a comparison of three segments whose spikes on the right come `late_ms` later."""
    times = np.arange(301) * 0.1

    def spiking(peak: float) -> np.ndarray:
        trace = np.maximum(-65.0, 35 - np.abs(times - peak) * 125)
        return np.tile(trace[:, None], 3)

    return Comparison(
        "Cable",
        line_geometry(3),
        times,
        spiking(12.0),
        spiking(12.0 + late_ms),
        (side("NEURON"), right_side or side("Jaxley")),
        duration_ms=30.0,
        dt_ms=0.025,
        sample_ms=0.1,
        stimuli=(StimulusFacts("soma[0](0.5)", 10.0, 1e9, 0.5),),
        settings={"NEURON's HH rate table": "off"},
        default_segments=("soma[0](0.5)",),
    )


def test_the_summary_has_experiment_differences_membrane_and_time_with_units() -> None:
    summary = made().summary()
    assert summary["Cell"] == "Cable, 3 segments"
    assert summary["Simulated"] == "30 ms, dt 0.025 ms, a sample every 0.1 ms"
    assert summary["Stimulus"] == "0.5 nA at soma[0](0.5) from 10 ms on"
    assert summary["NEURON's HH rate table"] == "off"
    assert summary["Max |ΔV|"] == "8.75 mV in soma[0](0.166667) at 11.3 ms"
    assert summary["Spikes in soma[0](0.5)"] == "1; times differ by 0.07 ms at most"
    assert summary["Membrane, soma"] == "3 segments, 188 µm², the same on both"
    assert summary["Wall time, Jaxley"] == "0.30 s to build, 0.02 s to run"


def test_a_difference_below_the_rounding_of_the_samples_is_shown_as_such() -> None:
    summary = made(late_ms=0.0).summary()
    assert summary["Max |ΔV|"] == "less than 0.00001 mV everywhere"
    assert summary["Spikes in soma[0](0.5)"] == "1; times differ by less than 0.0001 ms"


def test_membrane_that_differs_is_shown_for_each_side() -> None:
    text = made(side("Jaxley", area_um2=282.7)).summary()["Membrane, soma"]
    assert text == "3 segments, 188 µm² on NEURON, 3 segments, 283 µm² on Jaxley"


def test_a_spike_on_one_side_only_is_counted() -> None:
    pair = made()
    silent = np.full_like(pair.right, -65.0)
    text = replace(pair, right=silent).summary()["Spikes in soma[0](0.5)"]
    assert text == "1 on NEURON, 0 on Jaxley"


def test_the_difference_and_its_root_mean_square_are_of_all_samples() -> None:
    pair = made()
    np.testing.assert_array_equal(pair.difference(), pair.left - pair.right)
    expected = np.sqrt(np.mean(pair.difference().astype(float) ** 2))
    assert pair.rms() == pytest.approx(expected)


def test_the_json_has_the_numbers_of_the_summary() -> None:
    document = json.loads(made().to_json())
    assert document["max_abs_difference"]["segment"] == "soma[0](0.166667)"
    assert document["spikes"]["soma[0](0.5)"]["differences_ms"] == pytest.approx([-0.07], abs=1e-5)
    assert document["sides"][1]["membrane"]["soma"] == {"segments": 3, "area_um2": 188.5}
    assert len(document["max_abs_difference_mv_by_segment"]) == 3
    assert document["settings"] == {"NEURON's HH rate table": "off"}


def test_the_json_has_null_where_no_sample_is_away_from_upstrokes() -> None:
    pair = made()
    near = slice(115, 120)
    short = replace(pair, times=pair.times[near], left=pair.left[near], right=pair.right[near])
    document = json.loads(short.to_json())
    assert document["max_abs_difference_away_from_upstrokes"]["value_mv"] is None


def test_voltages_of_another_shape_are_refused() -> None:
    pair = made()
    with pytest.raises(ProtocolError, match=r"Comparison.right .*\(301, 3\)"):
        replace(pair, right=pair.right[:, :2])
    with pytest.raises(ProtocolError, match="0 samples"):
        replace(pair, times=pair.times[:0], left=pair.left[:0], right=pair.right[:0])


def test_the_segments_overlaid_first_are_those_recorded_or_the_soma_and_the_furthest_tip() -> None:
    geometry = line_geometry(5)
    tip = geometry.segment_ids[int(geometry.path_distance.argmax())]
    assert default_segments(geometry, ()) == ("soma[0](0.5)", tip)
    assert default_segments(geometry, (tip, "soma[0](0.3)")) == (tip, "soma[0](0.3)")


# ------------------------------------------------------------------------------ one run


def to_the_end(run: BatchRun) -> list[SessionUpdate]:
    """Return the updates of a built run until all is simulated."""
    updates = run.read_updates()
    while run.is_live():
        run.advance()
        updates += run.read_updates()
    return updates


def test_a_batch_run_samples_every_segment_from_0_to_the_end_and_ends() -> None:
    run = BatchRun(BALL_AND_STICK, 2.0, 0.1, NO_TABLE)
    scene = run.initialize()
    assert scene is not None
    updates = to_the_end(run)
    run.shutdown()
    plan = next(each for each in updates if isinstance(each, RunPlan))
    samples = [each for each in updates if isinstance(each, RunSamples)]
    times = np.concatenate([each.times for each in samples])
    values = np.concatenate([each.values for each in samples])
    np.testing.assert_allclose(times, np.arange(21) * 0.1, atol=1e-9)
    np.testing.assert_allclose(plan.times, times, atol=1e-9)
    assert values.shape == (21, scene.geometries[0].n_segments)
    assert (values[0] == -65).all()
    assert plan.areas_um2.sum() == pytest.approx(scene.geometries[0].area.sum(), rel=1e-6)
    assert [each.segment_id for each in plan.stimuli] == ["soma[0](0.5)"]
    assert run.idle_sleep() is None


def plan_of(duration_ms: float, sample_ms: float, max_bytes: int) -> RunPlan:
    """Return the plan of a run of ball and stick (12 segments)."""
    run = BatchRun(BALL_AND_STICK, duration_ms, sample_ms, NO_TABLE, max_bytes)
    run.initialize()
    updates = run.read_updates()
    run.shutdown()
    return next(each for each in updates if isinstance(each, RunPlan))


def test_the_interval_between_samples_is_a_number_of_steps_and_grows_where_memory_is_short() -> (
    None
):
    assert plan_of(30.0, 0.1, 10**9).steps_per_sample == 4
    assert plan_of(30.0, 0.01, 10**9).steps_per_sample == 1
    bounded = plan_of(30.0, 0.1, 101 * 12 * 8)
    assert (bounded.n_samples, bounded.steps_per_sample) == (101, 12)
    assert bounded.requested_ms == pytest.approx(0.1)


def test_a_time_shorter_than_the_interval_has_two_samples() -> None:
    plan = plan_of(0.05, 0.1, 10**9)
    np.testing.assert_allclose(plan.times, [0.0, 0.05])


def test_a_voltage_that_is_not_finite_is_reported_with_segment_and_time() -> None:
    model = CellModel(stimuli=(IClamp(delay_ms=1.0, amp_na=1e300),))
    run = BatchRun(replace(BALL_AND_STICK, model_json=model.to_json()), 5.0, 0.1)
    run.initialize()
    with pytest.raises(SimulatorError, match=r"^v in soma\[0\]\(0.5\) .* t = 1.1 ms"):
        to_the_end(run)
    run.shutdown()


# ---------------------------------------------------------------------------- two at once


def neuron_twice(duration_ms: float = 15.0, *, table: bool = False) -> tuple[Simulator, Simulator]:
    """Return NEURON on both sides, on the right with its rate table if `table`."""
    left = partial(BatchRun, BALL_AND_STICK, duration_ms, 0.1, NO_TABLE)
    right = partial(BatchRun, BALL_AND_STICK, duration_ms, 0.1, {"rate_tables": table})
    return Simulator("NEURON", left, {"Left": "first"}), Simulator(
        "again", right, {"Right": "second"}
    )


def children() -> list[psutil.Process]:
    """Return the running child processes."""
    return [
        each
        for each in psutil.Process().children(recursive=True)
        if each.status() != psutil.STATUS_ZOMBIE
        and "backends.isolated.child" in " ".join(each.cmdline())
    ]


def test_the_same_run_twice_is_the_same_to_the_last_bit_and_names_its_sides() -> None:
    reports: list[tuple[str, float]] = []
    pair = compare(
        BALL_AND_STICK, 15.0, sides=neuron_twice(), on_progress=lambda *each: reports.append(each)
    )
    np.testing.assert_array_equal(pair.left, pair.right)
    assert pair.left.max() > 0, "no spike"
    assert (pair.left_name, pair.right_name) == ("NEURON", "again")
    assert pair.settings == {"Left": "first", "Right": "second"}
    assert pair.default_segments == ("soma[0](0.5)", "dend[0](0.954545)")
    assert pair.sides[0].n_segments == pair.geometry.n_segments == 12
    assert pair.sides[0].area_um2 == pytest.approx(pair.geometry.area.sum(), rel=1e-6)
    assert reports[-1] == ("NEURON: done · again: done", 1.0)
    assert all(" · " in sentence for sentence, _ in reports)


@pytest.mark.slow
def test_the_rate_table_of_neuron_is_a_difference_that_the_numbers_show() -> None:
    pair = compare(BALL_AND_STICK, 15.0, sides=neuron_twice(table=True))
    assert 0.01 < abs(pair.worst().value) < 5
    assert 0 < pair.rms() < 0.5
    spikes = pair.spikes(pair.geometry.index_of("soma[0](0.5)"))
    assert len(spikes.pairs) == 1
    assert 0 < abs(spikes.largest_difference) < 0.05


@pytest.mark.slow
def test_with_the_rate_table_spikes_come_as_early_as_the_cell_s_fact_says() -> None:
    pair = compare(BALL_AND_STICK, 60.0, sides=neuron_twice(60.0, table=True))
    spikes = pair.spikes(pair.geometry.index_of("soma[0](0.5)"))
    assert len(spikes.pairs) >= 4
    computed, from_table = spikes.pairs[-1] - spikes.pairs[0]
    early = from_table / computed - 1
    assert early == pytest.approx(-0.0005, abs=0.0002)


@pytest.mark.slow
def test_a_longer_interval_because_of_memory_is_among_the_settings() -> None:
    short = [
        Simulator(name, partial(BatchRun, BALL_AND_STICK, 15.0, 0.1, NO_TABLE, 12 * 8 * 31))
        for name in ("one", "two")
    ]
    pair = compare(BALL_AND_STICK, 15.0, sides=short)
    assert pair.settings["Sample interval"].startswith("0.5 ms instead of 0.1 ms")
    assert pair.sample_ms == 0.5
    assert len(pair.times) == 31


@pytest.mark.parametrize("factory", [CannotBuild, Dies])
@pytest.mark.parametrize("place", [0, 1])
def test_a_side_that_fails_is_named_and_ends_the_other(
    factory: Callable[[], Session], place: int
) -> None:
    sides = [*neuron_twice(1e7)]
    sides[place] = Simulator("Jaxley", factory)
    with pytest.raises(SimulatorError) as failed:
        compare(BALL_AND_STICK, 1e7, sides=sides)
    assert failed.value.message.startswith("Jaxley: ")
    assert "\n" not in failed.value.message
    assert "press Restart" not in failed.value.message
    assert not children()


@pytest.mark.slow
def test_a_voltage_that_is_not_finite_ends_the_comparison_with_its_message() -> None:
    model = CellModel(stimuli=(IClamp(delay_ms=1.0, amp_na=1e300),))
    source = replace(BALL_AND_STICK, model_json=model.to_json())
    side = partial(BatchRun, source, 5.0, 0.1)
    for _ in range(3):  # the last batch and the failure after it may come together or apart
        with pytest.raises(SimulatorError, match=r"^(one|two): v in soma\[0\]\(0.5\) "):
            compare(source, 5.0, sides=(Simulator("one", side), Simulator("two", side)))


@pytest.mark.slow
def test_a_message_that_begins_with_the_sides_name_does_not_repeat_it() -> None:
    model = CellModel(regions={"all": (Mechanism("extracellular"),)})
    source = replace(BALL_AND_STICK, model_json=model.to_json())
    with pytest.raises(SimulatorError, match=r"^Jaxley (?!Jaxley).*extracellular"):
        compare(source, 1.0)


def test_values_of_controls_replace_those_of_the_model() -> None:
    silent = BatchRun(BALL_AND_STICK, 15.0, 0.1, controls={"stimulus_amp": 0.0})
    silent.initialize()
    updates = to_the_end(silent)
    silent.shutdown()
    plan = next(each for each in updates if isinstance(each, RunPlan))
    assert [each.amp_na for each in plan.stimuli] == [0.0]
    assert max(each.values.max() for each in updates if isinstance(each, RunSamples)) < -60


def test_a_session_that_is_not_a_batch_run_is_an_error() -> None:
    sides = (neuron_twice()[0], Simulator("Ramp", Ramp))
    with pytest.raises(SimulatorError, match=r"^Ramp: .* 0 samples"):
        compare(BALL_AND_STICK, 15.0, sides=sides)


def test_cancelling_ends_both_processes_at_once_whatever_they_do() -> None:
    sides = (Simulator("Jaxley", HangsInInitialize), neuron_twice(1e7)[0])
    sentences: list[str] = []

    def cancelled() -> bool:
        return len(children()) == 2 and any("Compiling" in each for each in sentences)

    with pytest.raises(SessionCancelled, match="cancelled"):
        compare(
            BALL_AND_STICK,
            1e7,
            sides=sides,
            on_progress=lambda sentence, _: sentences.append(sentence),
            cancelled=cancelled,
        )
    assert not children()
    assert not [each for each in threading.enumerate() if each.name.startswith("comparison")]


def test_on_geometry_may_refuse_the_cell_and_both_processes_end() -> None:
    def refuse(_: object) -> None:
        raise RequestError("There is no segment 'x'.")

    with pytest.raises(RequestError, match="no segment 'x'"):
        compare(BALL_AND_STICK, 1e7, sides=neuron_twice(1e7), on_geometry=refuse)
    assert not children()


def test_a_side_with_another_simulator_is_refused() -> None:
    left, right = neuron_twice()
    with pytest.raises(SimulatorError, match=r"^again: .* NEURON"):
        compare(BALL_AND_STICK, 15.0, sides=(left, replace(right, backend="Jaxley")))


@pytest.mark.slow
def test_different_cells_cannot_be_compared() -> None:
    other = partial(BatchRun, SessionSource.parse("pyramidal"), 1.0, 0.1, NO_TABLE)
    with pytest.raises(SimulatorError, match=r"12 .* NEURON .* 927 .* other"):
        compare(BALL_AND_STICK, 1.0, sides=(neuron_twice(1.0)[0], Simulator("other", other)))


def test_a_script_cannot_be_compared(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("from tests.support.ramp import Ramp\n")
    with pytest.raises(RequestError, match="mine"):
        compare(SessionSource.parse(str(path)), 10.0)


@pytest.mark.parametrize(("duration", "sample"), [(0.0, 0.1), (np.inf, 0.1), (10.0, -1.0)])
def test_an_impossible_time_is_refused_before_anything_starts(
    duration: float, sample: float
) -> None:
    with pytest.raises(RequestError, match="ms greater than 0"):
        compare(BALL_AND_STICK, duration, sample_ms=sample)


def test_a_time_shorter_than_a_step_is_refused_by_the_side() -> None:
    with pytest.raises(SimulatorError, match=r"0.01 ms .*0.025 ms"):
        compare(BALL_AND_STICK, 0.01, sides=neuron_twice(0.01))


# ------------------------------------------------------------------------- NEURON and Jaxley


def test_ball_and_stick_is_the_same_on_neuron_and_on_jaxley() -> None:
    pair = compare(BALL_AND_STICK, 20.0)
    assert [each.backend for each in pair.sides] == ["NEURON", "Jaxley"]
    assert "float64" in pair.sides[1].simulator
    assert pair.settings["NEURON's HH rate table"] == "off"
    spikes = pair.spikes(pair.geometry.index_of("soma[0](0.5)"))
    assert len(spikes.pairs) == 1
    assert spikes.unpaired == (0, 0)
    assert abs(spikes.largest_difference) < 0.001
    assert abs(pair.worst_away_from_upstrokes().value) < 1e-3
    assert pair.sides[0].segments == pair.sides[1].segments
    for type_, area in pair.sides[0].areas_um2.items():
        assert pair.sides[1].areas_um2[type_] == pytest.approx(area, rel=1e-6)


@pytest.mark.slow
def test_jaxley_in_float32_is_marked_as_such() -> None:
    left, right = both_sides(BALL_AND_STICK, 12.0, 0.1, "float32")
    pair = compare(BALL_AND_STICK, 12.0, sides=(left, right))
    assert "float32" in pair.sides[1].simulator
    assert 0 < abs(pair.worst().value) < 0.5
