"""A session that runs without a window, and all its samples."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from app.headless.elapsed import ElapsedLine
from app.headless.run import HeadlessRun, column_of
from backends.errors import RequestError, SimulatorError
from backends.messages import Error, FieldAppend, NotAnswering, Phase, SessionCommand, Status
from backends.scene import Scene
from backends.session import BufferedSession
from tests.support.ramp import DT_MS, Ramp


def test_a_run_takes_exactly_the_given_time_and_records_the_soma_by_default() -> None:
    run = HeadlessRun(Ramp(n_segments=5))
    run.start((), "Ramp")
    assert run.run(20.0)
    trace = run.recordings["soma[0](0.5)"]
    times, values = np.concatenate(trace.times), np.concatenate(trace.values)
    np.testing.assert_allclose(times, np.arange(0, 20 + DT_MS, DT_MS))
    np.testing.assert_allclose(values, 3 * times)
    assert run.time_ms == 20.0


def test_each_named_segment_is_recorded_once_in_the_order_named() -> None:
    run = HeadlessRun(Ramp(n_segments=5))
    run.start(("soma[0](0.9)", "soma[0](0.1)", "soma[0](0.9)"), "Ramp")
    run.run(2.0)
    assert list(run.recordings) == ["soma[0](0.9)", "soma[0](0.1)"]
    assert run.recordings["soma[0](0.9)"].values[-1][-1] == 5 * 2.0


def test_the_newest_frame_is_stored_for_the_picture() -> None:
    run = HeadlessRun(Ramp(n_segments=3))
    run.start((), "Ramp")
    run.run(4.0)
    assert run.frame is not None
    assert run.frame.time_ms == 4.0
    np.testing.assert_allclose(run.frame.values, [4.0, 8.0, 12.0])


def test_a_stopped_run_keeps_the_data_until_then() -> None:
    asked = iter([False, False, True])
    run = HeadlessRun(Ramp(steps_per_batch=4))
    run.start((), "Ramp")
    assert not run.run(1000.0, lambda: next(asked))
    assert run.time_ms == 2 * 4 * DT_MS
    assert np.concatenate(run.recordings["soma[0](0.5)"].times)[-1] == run.time_ms


def test_progress_shows_how_far_the_run_is() -> None:
    shown: list[str] = []
    run = HeadlessRun(Ramp(), shown.append)
    run.start((), "Ramp")
    run.run(50.0)
    assert shown
    assert shown[0].endswith("of 50 ms")


class Stopped(Ramp):
    """Reports in the middle of a run that its process is stopped."""

    def advance(self) -> None:
        super().advance()
        self.emit(NotAnswering("It does not answer." if self._steps == 4 else ""))


def test_progress_says_that_the_process_does_not_answer_until_it_goes_on() -> None:
    texts: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.headless.run._PROGRESS_S", 0.0)
        run = HeadlessRun(Stopped(), texts.append)
        run.start((), "Ramp")
        run.run(6.0)
    silent = texts.index("It does not answer.")
    assert texts[silent:] == ["It does not answer.", "4.0 of 6 ms", "6.0 of 6 ms"]


def test_what_is_being_built_is_shown_while_it_happens_and_not_at_its_end() -> None:
    shown: list[str] = []

    class Slow(Ramp):
        def initialize(self) -> Scene:
            self.emit(Status(Phase.BUILDING, "Reading ramp", 0.5))
            assert shown == ["Reading ramp 50 % …"]
            self.emit(Status(Phase.COMPILING))
            assert shown[-1] == "Compiling …"
            return super().initialize()

    session = Slow()
    run = HeadlessRun(session, shown.append)
    run.start((), "Ramp")
    assert len(shown) >= 2
    assert session.on_status is None


@pytest.mark.slow
def test_the_seconds_of_a_phase_are_counted_while_nothing_is_reported() -> None:
    shown: list[str] = []
    counted = threading.Event()

    def show(text: str) -> None:
        shown.append(text)
        if text == "Compiling the steps … 1 s":
            counted.set()

    with ElapsedLine(show) as line:
        line.on_update(Status(Phase.COMPILING, "Compiling the equations"))
        line.on_update(Status(Phase.COMPILING, "Compiling the steps"))
        assert counted.wait(30)
        line.on_update(Status(Phase.READY, "Ready"))
    assert shown[-1] == "Ready …"


class Plain(BufferedSession):
    """A session without morphology that reports errors, then fails or ends."""

    def __init__(self, *errors: Error) -> None:
        super().__init__()
        self._errors = list(errors)

    def initialize(self) -> None:
        """Report a status."""
        self.emit(Status(Phase.READY))

    def advance(self) -> None:
        """Report the next error."""
        self.emit(self._errors.pop(0))

    def handle(self, command: object) -> None:
        """Ignore every command."""

    def is_live(self) -> bool:
        """Whether an error is left to report."""
        return bool(self._errors)


def test_an_error_that_is_not_fatal_is_reported_and_the_run_continues() -> None:
    run = HeadlessRun(Plain(Error("The slider is out of range."), Error("And again.")))
    run.start((), "plain")
    assert run.run(5.0)
    assert run.errors == ["The slider is out of range.", "And again."]


def test_a_fatal_error_ends_the_run_with_its_sentence() -> None:
    run = HeadlessRun(Plain(Error("The model became NaN.", fatal=True)))
    run.start((), "plain")
    with pytest.raises(SimulatorError, match="became NaN"):
        run.run(5.0)


def test_a_segment_of_a_session_without_morphology_is_refused() -> None:
    with pytest.raises(RequestError, match="plain has no morphology"):
        HeadlessRun(Plain()).start(("soma[0](0.5)",), "plain")


class Bare(BufferedSession):
    """A session with neither run control nor scene, as an author may write it; it never ends by itself."""

    def __init__(self, *, sends_samples: bool) -> None:
        super().__init__()
        self._sends_samples, self._t = sends_samples, 0.0

    def initialize(self) -> Scene | None:
        return None

    def handle(self, command: SessionCommand) -> None:
        return

    def advance(self) -> None:
        self._t += 1.0
        if self._sends_samples:
            values = np.array([[2 * self._t]])
            self.emit(FieldAppend("trace", ("x",), values, np.array([self._t])))


def test_a_bare_session_ends_by_the_times_of_its_samples_which_are_all_kept() -> None:
    run = HeadlessRun(Bare(sends_samples=True))
    run.start((), "Bare")
    assert run.run(10.0)
    column = column_of(run.recordings["x"])
    assert (run.time_ms, column.values.tolist()) == (10.0, [2.0 * t for t in range(1, 11)])


def test_a_bare_session_without_a_clock_is_refused_instead_of_running_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backends.driving.stepping._NO_CLOCK_S", 0.05)
    run = HeadlessRun(Bare(sends_samples=False))
    run.start((), "Bare")
    with pytest.raises(RequestError) as caught:
        run.run(10.0)
    assert caught.value.code == "no-clock"
