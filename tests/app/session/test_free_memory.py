"""Memory that was freed goes back to the operating system."""

from __future__ import annotations

import platform

import numpy as np
import pytest

from app.session.free_memory import return_free_memory


def test_what_lies_below_a_block_in_use_is_given_back() -> None:
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("other allocators give back by themselves")
    blocks = [np.ones(8_000) for _ in range(400)]  # too small for a mapping of their own
    last = blocks[-1]
    blocks.clear()
    assert return_free_memory()
    assert last.sum() == 8_000


def test_another_allocator_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.session.free_memory._malloc_trim", lambda: None)
    assert return_free_memory() is False
