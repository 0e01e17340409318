"""The garbage collector pauses while a harvest makes records, and is as before afterwards."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from neuromorpho.records.decode import search_page
from neuromorpho.records.gc_pause import allow_gc_pauses, gc_paused
from tests.neuromorpho.server import Server


@pytest.fixture(autouse=True)
def _harvest_with_enabled_gc() -> Iterator[None]:
    """Allow pauses, as a harvest does; enable the collector before and after each test."""
    gc.enable()
    with allow_gc_pauses():
        yield
    gc.enable()


def test_it_pauses_inside_and_is_enabled_again_afterwards() -> None:
    with gc_paused():
        assert not gc.isenabled()
        with gc_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_enabled_again_after_an_error() -> None:
    with pytest.raises(KeyError), gc_paused():
        raise KeyError
    assert gc.isenabled()


def test_a_disabled_collector_stays_disabled() -> None:
    gc.disable()
    with gc_paused():
        pass
    assert not gc.isenabled()


def test_of_several_threads_the_last_to_leave_enables_it() -> None:
    is_inside, may_leave = threading.Event(), threading.Event()

    def pause() -> None:
        with gc_paused():
            is_inside.set()
            may_leave.wait(10)

    other = threading.Thread(target=pause)
    other.start()
    try:
        assert is_inside.wait(10)
        with gc_paused():
            pass
        assert not gc.isenabled()
    finally:
        may_leave.set()
        other.join()
    assert gc.isenabled()


@pytest.fixture
def collections_started() -> Iterator[list[str]]:
    """The collections that began since."""
    found: list[str] = []

    def note(phase: str, details: dict[str, Any]) -> None:
        if phase == "start":
            found.append(f"generation {details['generation']}")

    gc.collect()
    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)


@pytest.fixture
def nothing_frozen() -> None:
    """Begin as a program that has frozen nothing."""
    gc.unfreeze()


@pytest.fixture
def old_and_frozen() -> Iterator[None]:
    """Freeze the existing objects, as a program may do after its start."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def page_of_500() -> dict[str, Any]:
    """Return what a page of 500 records is parsed into."""
    server = Server(n_made=500)
    records = [server.holdings.record(each) for each in server.holdings.ids]
    return {"_embedded": {"neuronResources": records}}


def test_a_page_of_500_records_is_searched_neither_while_it_is_made_nor_afterwards(
    nothing_frozen: None, collections_started: list[str]
) -> None:
    text = json.dumps(page_of_500()).encode()
    gc.collect()
    collections_started.clear()
    with gc_paused():
        page = search_page(json.loads(text), url="http://127.0.0.1/", size=500, page=0)
    few = [[each] for each in range(100)]
    assert (len(page.items), len(few)) == (500, 100)
    assert collections_started == []


def test_what_the_program_has_frozen_stays_frozen(old_and_frozen: None) -> None:
    before = gc.get_freeze_count()
    with gc_paused():
        many = [[each] for each in range(5_000)]
    assert gc.get_freeze_count() == before > 0
    assert len(many) == 5_000


def test_few_objects_stay_young() -> None:
    gc.collect()
    with gc_paused():
        few = [[each] for each in range(50)]
    assert any(each is few[0] for each in gc.get_objects(generation=0))


def test_garbage_in_a_cycle_is_found_later(nothing_frozen: None) -> None:
    class Link:
        def __init__(self) -> None:
            self.itself = self

    gone: list[int] = []
    with gc_paused():
        for number in range(5_000):
            weakref.finalize(Link(), gone.append, number)
    assert gone == []
    gc.collect()
    assert len(gone) == 5_000


def test_a_window_that_searches_is_not_paused() -> None:
    # Undone at once: the fixture that allows pauses counts down after the test.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("neuromorpho.records.gc_pause._n_allowing", 0)
        with gc_paused():
            assert gc.isenabled()
