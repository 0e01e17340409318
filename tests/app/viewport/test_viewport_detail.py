"""Which level of detail is chosen for measured frame times."""

from __future__ import annotations

from app.viewport.detail import SETTLE_MS, LevelOfDetail


def after_frames(detail: LevelOfDetail, level: str, *frames_ms: float) -> LevelOfDetail:
    for frame_ms in frames_ms:
        detail.note_frame(level, frame_ms)
    return detail


def test_a_gpu_always_draws_tubes():
    detail = after_frames(LevelOfDetail(is_software=False), "tubes", 100, 100, 100)
    detail.set_running(True)
    assert detail.choose(0) == "tubes"
    assert detail.text == ""


def test_the_first_frame_is_not_counted_because_it_uploads():
    detail = after_frames(LevelOfDetail(is_software=True), "tubes", 500)
    detail.set_running(True)
    assert detail.choose(0) == "tubes"


def test_lines_replace_slow_tubes_while_running_and_the_reason_is_shown():
    detail = after_frames(LevelOfDetail(is_software=True), "tubes", 500, 60)
    detail.set_running(True)
    assert detail.choose(0) == "lines"
    after_frames(detail, "lines", 18)
    assert detail.text == "Lines while moving — software OpenGL, 18 ms/frame"


def test_fast_tubes_stay():
    detail = after_frames(LevelOfDetail(is_software=True), "tubes", 500, 8)
    detail.set_running(True)
    assert detail.choose(0) == "tubes"


def test_tubes_come_back_within_300_ms_of_rest():
    detail = after_frames(LevelOfDetail(is_software=True), "tubes", 500, 60)
    detail.note_motion(1000)
    assert detail.choose(1001) == "lines"
    assert detail.choose(1000 + SETTLE_MS + 1) == "tubes"
    assert SETTLE_MS + 20 < 300


def test_a_cell_of_few_segments_is_always_drawn_as_tubes():
    detail = LevelOfDetail(is_software=True)
    detail.reset_costs(3)
    detail.set_running(True)
    assert after_frames(detail, "tubes", 500, 60).choose(0) == "tubes"
    detail.reset_costs(300)
    assert after_frames(detail, "tubes", 500, 60).choose(0) == "lines"


def test_costs_are_measured_again_for_another_cell():
    detail = after_frames(LevelOfDetail(is_software=True), "tubes", 500, 60)
    detail.reset_costs(1000)
    detail.set_running(True)
    assert detail.choose(0) == "tubes"


def test_a_smooth_frame_is_drawn_only_at_rest_and_where_it_is_affordable():
    detail = after_frames(LevelOfDetail(is_software=True), "tubes", 500, 40)
    assert detail.may_refine(0)
    detail.set_running(True)
    assert not detail.may_refine(0)
    slow = after_frames(LevelOfDetail(is_software=True), "tubes", 500, 200)
    assert not slow.may_refine(0)
    assert not LevelOfDetail(is_software=False).may_refine(0)


def test_one_frame_that_was_held_up_decides_nothing():
    detail = after_frames(LevelOfDetail(is_software=True), "tubes", 500, 9, 8, 9, 120)
    detail.set_running(True)
    assert detail.choose(0) == "tubes"
