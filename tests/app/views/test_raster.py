"""Events over time: each is drawn in its row at its time, however many there are; the window rolls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.views import event_store
from app.views.event_store import EventStore
from app.views.raster import spike_picture
from backends.field import Field
from backends.views import RasterViewSpec
from tests.app.views.made_views import ROWS, point_at, shown

MANY = 30_000


def test_events_cover_the_pixels_of_their_rows_and_times() -> None:
    rows, times = np.array([0, 2, 2], np.int32), np.array([0.5, 9.5, 20.0])
    picture = spike_picture(rows, times, (0.0, 10.0), (-0.5, 2.5), (10, 30))
    assert picture.shape == (30, 10)
    assert set(np.flatnonzero(picture.any(axis=0))) == {0, 9}
    lower, upper = np.flatnonzero(picture[:, 0]), np.flatnonzero(picture[:, 9])
    assert 20 <= lower.min() <= lower.max() < 30
    assert 0 <= upper.min() <= upper.max() < 10
    assert len(lower) == 8  # of the 10 px of a row


@pytest.mark.parametrize("height", [40, 300, 3000])
def test_each_of_many_events_is_seen_at_any_height(height: int) -> None:
    rows = np.repeat(np.arange(300, dtype=np.int32), 5)
    times = np.tile(np.arange(5) + 0.5, 300)
    picture = spike_picture(rows, times, (0.0, 5.0), (-0.5, 299.5), (5, height))
    covered = picture.any(axis=1)
    assert covered.mean() > 0.7
    assert (picture[covered] == picture[covered][0]).all()


def test_a_zoom_into_a_moment_of_a_long_run_draws_what_is_there() -> None:
    times = np.array([0.0, 5e8, 5e8 + 1e-4, 1e9])
    picture = spike_picture(np.zeros(4, np.int32), times, (5e8, 5e8 + 1e-3), (-0.5, 0.5), (100, 10))
    assert set(np.flatnonzero(picture.any(axis=0))) == {0, 10}


def test_very_many_events_in_view_are_drawn_less_often(qtbot: QtBot) -> None:
    view = shown(qtbot, RasterViewSpec("v", "f"), (ROWS,))
    assert view.frames_per_s == 30
    view.append_events(np.zeros(300_000, np.int32), np.linspace(0, 10_000, 300_000))
    view.draw_now()
    assert view.frames_per_s == 10
    view.set_spec(RasterViewSpec("v", "f", window_ms=100))
    view.draw_now()
    assert view.frames_per_s == 30


def test_the_store_finds_events_by_time_and_forgets_the_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_store, "MOST_EVENTS", 20_000)
    store = EventStore()
    for start in range(300):
        store.append(np.arange(100, dtype=np.int32), start + np.linspace(0, 1, 100))
    assert 10_000 <= len(store) <= 20_000
    assert store.first_ms > 0
    assert store.last_ms == 300
    rows, times = store.within(250.0, 251.0)
    assert ((times >= 250) & (times <= 251)).sum() >= 100
    assert len(rows) == len(times) < len(store)
    store.append(np.array([0], np.int32), np.array([np.nan]))
    assert store.last_ms == 300
    store.clear()
    assert (len(store), store.highest_row) == (0, -1)


def test_tens_of_thousands_of_events_are_one_item_of_the_plot(qtbot: QtBot) -> None:
    field = Field("f", np.zeros(300), ("row",), {"row": [f"PYR {i}" for i in range(300)]})
    view = shown(qtbot, RasterViewSpec("v", "f", window_ms=500), (field,))
    before = len(view.canvas.scene().items())
    random = np.random.default_rng(0)
    rows = random.integers(0, 300, MANY).astype(np.int32)
    view.append_events(rows, random.uniform(0, 1000, MANY), True)
    view.set_time(1000.0)
    view.draw_now()
    view.grab()
    assert len(view.canvas.scene().items()) == before
    assert view.header.summary == "300 rows  ·  30 000 events"
    assert view.canvas.ranges()[0] == (500, 1000)


def test_the_window_rolls_with_the_time_and_none_shows_everything(qtbot: QtBot) -> None:
    view = shown(qtbot, RasterViewSpec("v", "f", window_ms=50), (ROWS,))
    assert view.canvas.ranges()[0] == (50, 100)
    view.set_time(180.0)
    view.draw_now()
    assert view.canvas.ranges()[0] == (130, 180)
    view.set_spec(replace(view.spec, window_ms=None))
    view.draw_now()
    assert view.canvas.ranges()[0] == (10, 180)


def test_everything_begins_where_the_run_began_and_not_at_the_first_event(qtbot: QtBot) -> None:
    view = shown(qtbot, RasterViewSpec("v", "f"), (ROWS,))
    view.set_time(100.0)
    view.append_events(np.empty(0, np.int32), np.empty(0), True)
    view.set_time(0.0)
    view.append_events(np.array([2], np.int32), np.array([30.0]))
    view.set_time(50.0)
    view.draw_now()
    assert view.canvas.ranges()[0] == (0, 50)


def test_events_from_the_start_replace_the_others(qtbot: QtBot) -> None:
    view = shown(qtbot, RasterViewSpec("v", "f"), (ROWS,))
    view.append_events(np.array([2], np.int32), np.array([5.0]), True)
    view.draw_now()
    assert len(view.events) == 1
    assert "1 event" in view.header.summary
    view.append_events(np.empty(0, np.int32), np.empty(0), True)
    view.draw_now()
    assert "no events yet" in view.header.summary


def test_a_row_under_the_pointer_is_named_with_its_events(qtbot: QtBot) -> None:
    view = shown(qtbot, RasterViewSpec("v", "f"), (ROWS,))
    point_at(qtbot, view, 60.0, 0.0, "a:  event at 60.00 ms  ·  2 events in all")
    unnamed = shown(qtbot, RasterViewSpec("v", "f"), (Field("f", np.zeros(9), ("row",)),))
    unnamed._hover(20.0, 7.2)
    assert unnamed.header.readout.startswith("Cell 7:  20.00 ms")


def test_events_of_a_row_that_the_field_does_not_have_are_named(qtbot: QtBot) -> None:
    view = shown(qtbot, RasterViewSpec("v", "f"), (ROWS,))
    view.append_events(np.array([7], np.int32), np.array([5.0]))
    view.draw_now()
    assert "row 7" in view.warning
