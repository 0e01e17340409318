"""A mailbox keeps the newest of what may be dropped and all of what may not."""

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
    box = UpdateQueue()
    for i in range(100):
        box.put([FieldReplace("display", np.full(3, i)), RunStatus(float(i), running=True)])
    frame, clock = box.take()
    assert isinstance(frame, FieldReplace)
    assert isinstance(clock, RunStatus)
    assert frame.values.tolist() == [99, 99, 99]
    assert clock.time_ms == 99.0


def test_samples_of_the_same_traces_are_joined_in_order_and_none_is_lost() -> None:
    box = UpdateQueue()
    for i in range(50):
        box.put([samples(10 * i, 10 * i + 10)])
    (joined,) = box.take()
    assert isinstance(joined, FieldAppend)
    assert joined.coord_values.tolist() == list(range(500))
    assert joined.values[0].tolist() == list(range(500))


def test_samples_are_not_joined_across_another_message_nor_back_in_time() -> None:
    box = UpdateQueue()
    box.put([samples(0, 10), TraceRemoved("b"), samples(10, 20), samples(0, 5)])
    kinds = [type(update).__name__ for update in box.take()]
    assert kinds == ["FieldAppend", "TraceRemoved", "FieldAppend", "FieldAppend"]


def test_control_values_are_merged() -> None:
    box = UpdateQueue()
    box.put([StatePatch({"amp": 1.0, "delay": 2.0})])
    box.put([StatePatch({"amp": 3.0})])
    (patch,) = box.take()
    assert isinstance(patch, StatePatch)
    assert patch.values == {"amp": 3.0, "delay": 2.0}


def test_a_new_scene_voids_the_frames_and_statuses_said_before_it() -> None:
    box = UpdateQueue()
    box.put([Status(Phase.BUILDING), FieldReplace("display", np.zeros(3))])
    box.put([SceneReady(Scene()), RunStatus(0.0, running=False)])
    assert [type(update) for update in box.take()] == [SceneReady, RunStatus]


def test_put_says_when_the_box_fills_so_that_one_signal_is_sent_for_many_updates() -> None:
    box = UpdateQueue()
    assert box.put([Error("a")])
    assert not box.put([Error("b")])
    assert not UpdateQueue().put([])
    box.take()
    assert box.put([Error("c")])


def test_a_reader_that_stays_away_fills_the_box_and_reading_empties_it() -> None:
    box = UpdateQueue(capacity_bytes=1000)
    box.put([samples(0, 500)])
    assert box.is_full
    waited = threading.Thread(target=box.wait_until_taken, args=(5.0,))
    waited.start()
    box.take()
    waited.join(5.0)
    assert not waited.is_alive()
    assert not box.is_full
