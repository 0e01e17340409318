"""An update queue keeps the newest of what may be dropped and all of what may not."""

import threading

import numpy as np

from backends.messages import (
    Error,
    FieldAppend,
    FieldReplace,
    Phase,
    RunStatus,
    SceneReady,
    StatePatch,
    Status,
    TraceRemoved,
)
from backends.scene import Scene
from backends.update_queue import UpdateQueue


def samples(start: int, stop: int, rows: tuple[str, ...] = ("a",)) -> FieldAppend:
    times = np.arange(start, stop, dtype=float)
    return FieldAppend("trace", rows, np.tile(times, (len(rows), 1)), times)


def test_only_the_newest_frame_and_clock_are_kept() -> None:
    queue = UpdateQueue()
    for i in range(100):
        queue.put([FieldReplace("display", np.full(3, i)), RunStatus(float(i), running=True)])
    frame, clock = queue.pop_all()
    assert isinstance(frame, FieldReplace)
    assert isinstance(clock, RunStatus)
    assert frame.values.tolist() == [99, 99, 99]
    assert clock.time_ms == 99.0


def test_updates_in_order_come_first_and_the_clock_last() -> None:
    queue = UpdateQueue()
    queue.put([RunStatus(1.0, running=True), FieldReplace("display", np.zeros(3)), Error("a")])
    queue.put([RunStatus(2.0, running=True)])
    assert [type(update) for update in queue.pop_all()] == [Error, FieldReplace, RunStatus]


def test_samples_of_the_same_traces_are_joined_in_order_and_none_is_lost() -> None:
    queue = UpdateQueue()
    for i in range(50):
        queue.put([samples(10 * i, 10 * i + 10)])
    (joined,) = queue.pop_all()
    assert isinstance(joined, FieldAppend)
    assert joined.coord_values.tolist() == list(range(500))
    assert joined.values[0].tolist() == list(range(500))


def test_samples_are_not_joined_across_another_message_nor_back_in_time() -> None:
    queue = UpdateQueue()
    queue.put([samples(0, 10), TraceRemoved("b"), samples(10, 20), samples(0, 5)])
    kinds = [type(update).__name__ for update in queue.pop_all()]
    assert kinds == ["FieldAppend", "TraceRemoved", "FieldAppend", "FieldAppend"]


def test_control_values_are_merged() -> None:
    queue = UpdateQueue()
    queue.put([StatePatch({"amp": 1.0, "delay": 2.0})])
    queue.put([StatePatch({"amp": 3.0})])
    (patch,) = queue.pop_all()
    assert isinstance(patch, StatePatch)
    assert patch.values == {"amp": 3.0, "delay": 2.0}


def test_a_new_scene_replaces_earlier_frames_and_statuses() -> None:
    queue = UpdateQueue()
    queue.put([Status(Phase.BUILDING), FieldReplace("display", np.zeros(3))])
    queue.put([SceneReady(Scene()), RunStatus(0.0, running=False)])
    assert [type(update) for update in queue.pop_all()] == [SceneReady, RunStatus]


def test_put_reports_when_the_queue_fills_so_that_one_signal_is_sent_for_many_updates() -> None:
    queue = UpdateQueue()
    assert queue.put([Error("a")])
    assert not queue.put([Error("b")])
    assert not UpdateQueue().put([])
    queue.pop_all()
    assert queue.put([Error("c")])


def test_a_reader_that_stays_away_fills_the_queue_and_reading_empties_it() -> None:
    queue = UpdateQueue(capacity_bytes=1000)
    queue.put([samples(0, 500)])
    assert queue.is_full
    waited = threading.Thread(target=queue.wait_until_empty, args=(5.0,))
    waited.start()
    queue.pop_all()
    waited.join(5.0)
    assert not waited.is_alive()
    assert not queue.is_full
