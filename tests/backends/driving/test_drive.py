"""A session in a script: its updates one by one, or all of them as arrays with units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import of_kind
from ramp import DT_MS, Ramp

from backends import drive, run
from backends.driving import RunResult
from backends.errors import RequestError, SimulatorError
from backends.messages import Error, RunStatus, SceneReady, TraceAdded
from backends.mock import MockSession
from backends.replay import ReplaySession, StaticSession, read_recording
from resources import path_of


class Watched(Ramp):
    """Counts how often it was shut down."""

    ended = 0

    def shutdown(self) -> None:
        type(self).ended += 1
        super().shutdown()


@pytest.fixture(autouse=True)
def _begin_counting() -> None:
    Watched.ended = 0


def test_the_updates_of_a_run_come_in_order_from_the_scene_to_the_end() -> None:
    updates = list(drive(Watched(), for_ms=10, record=["soma[0](0.5)"]))
    assert isinstance(updates[0], SceneReady)
    assert [each.trace_id for each in of_kind(TraceAdded, updates)] == ["soma[0](0.5)"]
    assert of_kind(RunStatus, updates)[-1].time_ms == 10
    assert Watched.ended == 1


def test_leaving_the_loop_ends_the_session() -> None:
    for update in drive(Watched):
        if isinstance(update, RunStatus) and update.time_ms >= 5:
            break
    del update
    assert Watched.ended == 1


def test_a_run_returns_the_soma_s_trace_and_the_last_values_with_their_units() -> None:
    result = run(Ramp, for_ms=10)
    assert isinstance(result, RunResult)
    np.testing.assert_allclose(result.times, np.arange(0, 10 + DT_MS, DT_MS))
    trace = result["soma[0](0.5)"]
    np.testing.assert_allclose(trace.values, 3 * trace.times)
    assert (trace.unit, trace.segment_id) == ("mV", "soma[0](0.5)")
    assert result.fields["display"].unit == "mV"
    assert result.is_complete
    assert len(result.frames) == 0
    with pytest.raises(KeyError, match="soma"):
        result["dend"]


def test_a_live_session_has_a_sample_at_every_step() -> None:
    result = run(MockSession(display_dt=0.5), for_ms=2)
    assert len(result.times) == 21


def test_frames_are_at_the_times_that_were_asked_for_and_are_replayed(tmp_path: Path) -> None:
    result = run(MockSession, for_ms=5, frame_ms=0.5)
    np.testing.assert_allclose(result.frame_times, np.arange(11) * 0.5)
    assert result.frames.shape == (11, 21)
    recording = read_recording(result.save(tmp_path / "run"))
    np.testing.assert_allclose(recording.times, result.frame_times)
    again = run(ReplaySession.of(recording), for_ms=5)
    np.testing.assert_allclose(again.fields["display"].values, result.frames[-1])
    trace = next(iter(result.traces.values()))
    np.testing.assert_allclose(again[trace.name].values, trace.values)


def test_a_run_without_frames_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(RequestError) as caught:
        run(Ramp, for_ms=1).save(tmp_path / "x.npz")
    assert caught.value.code == "no-frames"


def test_a_file_or_a_bundled_cell_may_be_named() -> None:
    path = path_of("ball_and_stick")
    scene = next(
        each.scene for each in drive(str(path), for_ms=0.1) if isinstance(each, SceneReady)
    )
    assert scene.title == "ball_and_stick"


class Complains(Ramp):
    """Reports an error in each batch."""

    fatal = False

    def advance(self) -> None:
        super().advance()
        self.emit(Error("The slider is stuck.", fatal=self.fatal, code="stuck"))


def test_an_error_that_does_not_end_the_run_is_a_warning_and_in_the_result() -> None:
    with pytest.warns(RuntimeWarning, match="stuck"):
        result = run(Complains, for_ms=5)
    assert result.errors == ("The slider is stuck.",)
    assert result.time_ms == 5


def test_an_error_that_ends_the_session_is_raised_with_its_code() -> None:
    session = Complains()
    session.fatal = True
    with pytest.raises(SimulatorError) as caught:
        run(session, for_ms=5)
    assert caught.value.code == "stuck"


@pytest.mark.parametrize(
    ("model", "options", "code"),
    [
        (Ramp, {"record": ["dend[0](0.5)"]}, "unknown-segment"),
        (Ramp, {"for_ms": 0}, "bad-duration"),
        (Ramp, {"frame_ms": -1}, "bad-duration"),
        (dict, {}, "not-a-session"),
        (3, {}, "not-a-session"),
    ],
)
def test_what_cannot_be_run_is_refused(model: Any, options: dict[str, Any], code: str) -> None:
    with pytest.raises(RequestError) as caught:
        run(model, **({"for_ms": 5} | options))
    assert caught.value.code == code


def test_values_that_stand_still_have_nothing_to_run() -> None:
    session = StaticSession(path_of("ball_and_stick"), {"d": lambda geometry: geometry.diameter})
    with pytest.raises(RequestError) as caught:
        run(session, for_ms=5)
    assert caught.value.code == "cannot-run"
