"""Python's collector rests while records are made, and is as it was afterwards, whoever else lets it rest."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from neuromorpho.answers import search_page
from neuromorpho.collector import collector_resting
from tests.neuromorpho.server import Server


@pytest.fixture(autouse=True)
def _on_again() -> Iterator[None]:
    """Have the collector on before each test, and after it whatever it did."""
    gc.enable()
    yield
    gc.enable()


def test_it_rests_inside_and_is_on_again_afterwards() -> None:
    with collector_resting():
        assert not gc.isenabled()
        with collector_resting():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_again_after_an_error() -> None:
    with pytest.raises(KeyError), collector_resting():
        raise KeyError
    assert gc.isenabled()


def test_whoever_had_it_off_has_it_off_afterwards() -> None:
    gc.disable()
    with collector_resting():
        pass
    assert not gc.isenabled()


def test_of_several_threads_the_last_to_leave_turns_it_on() -> None:
    is_inside, may_leave = threading.Event(), threading.Event()

    def rest() -> None:
        with collector_resting():
            is_inside.set()
            may_leave.wait(10)

    other = threading.Thread(target=rest)
    other.start()
    try:
        assert is_inside.wait(10)
        with collector_resting():
            pass
        assert not gc.isenabled()
    finally:
        may_leave.set()
        other.join()
    assert gc.isenabled()


def test_a_page_of_500_records_is_not_looked_through_while_it_is_made() -> None:
    server = Server(n_made=500)
    records = [server.holdings.record(each) for each in server.holdings.ids]
    data = {"_embedded": {"neuronResources": records}}
    begun: list[str] = []

    def note(phase: str, _: dict[str, Any]) -> None:
        begun.extend([phase] * (phase == "start"))

    gc.collect()
    gc.callbacks.append(note)
    try:
        page = search_page(data, url="http://127.0.0.1/", size=500, page=0)
    finally:
        gc.callbacks.remove(note)
    assert len(page.items) == 500
    assert len(begun) <= 1  # the one that was put off
