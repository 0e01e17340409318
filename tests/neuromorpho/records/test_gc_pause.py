"""Python's collector rests while records are made, and is as it was afterwards, whoever else lets it rest."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from neuromorpho.records.decode import search_page
from neuromorpho.records.gc_pause import gc_paused
from tests.neuromorpho.server import Server


@pytest.fixture(autouse=True)
def _on_again() -> Iterator[None]:
    """Have the collector on before each test, and after it whatever it did."""
    gc.enable()
    yield
    gc.enable()


def test_it_rests_inside_and_is_on_again_afterwards() -> None:
    with gc_paused():
        assert not gc.isenabled()
        with gc_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_again_after_an_error() -> None:
    with pytest.raises(KeyError), gc_paused():
        raise KeyError
    assert gc.isenabled()


def test_whoever_had_it_off_has_it_off_afterwards() -> None:
    gc.disable()
    with gc_paused():
        pass
    assert not gc.isenabled()


def test_of_several_threads_the_last_to_leave_turns_it_on() -> None:
    is_inside, may_leave = threading.Event(), threading.Event()

    def rest() -> None:
        with gc_paused():
            is_inside.set()
            may_leave.wait(10)

    other = threading.Thread(target=rest)
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
def begun() -> Iterator[list[str]]:
    """What the collector began to look through since."""
    found: list[str] = []

    def note(phase: str, told: dict[str, Any]) -> None:
        if phase == "start":
            found.append(f"generation {told['generation']}")

    gc.collect()
    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)


@pytest.fixture
def old_and_frozen() -> Iterator[None]:
    """Freeze what there is, as a program may do once it has started."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def page_of_500() -> dict[str, Any]:
    """Return what a page of 500 records is parsed into."""
    server = Server(n_made=500)
    records = [server.holdings.record(each) for each in server.holdings.ids]
    return {"_embedded": {"neuronResources": records}}


def test_a_page_of_500_records_is_looked_through_neither_while_it_is_made_nor_afterwards(
    begun: list[str],
) -> None:
    text = json.dumps(page_of_500()).encode()
    gc.collect()
    begun.clear()
    with gc_paused():
        page = search_page(json.loads(text), url="http://127.0.0.1/", size=500, page=0)
    few = [[each] for each in range(100)]
    assert (len(page.items), len(few)) == (500, 100)
    assert begun == []


def test_what_was_frozen_for_good_stays_so(old_and_frozen: None) -> None:
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


def test_garbage_in_a_circle_is_found_all_the_same() -> None:
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
