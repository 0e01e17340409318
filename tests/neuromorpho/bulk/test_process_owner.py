"""Whoever holds a job holds it only as long as it lives, whatever takes its number afterwards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuromorpho.bulk.process_owner import is_running, register, unregister

ROOT = Path(__file__).resolve().parents[3]
CHILD = "import sys; from neuromorpho.bulk.process_owner import register; print(register(), flush=True); sys.stdin.read()"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """Another process, which tells its owner and waits."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process
        process.kill()


def test_an_owner_is_running_until_it_is_unregistered() -> None:
    first, second = register(), register()
    assert is_running(first)
    assert is_running(second)
    unregister(first)
    assert not is_running(first)
    assert is_running(second)
    unregister(second)


def test_an_owner_in_another_process_is_running_until_that_ends(
    child: subprocess.Popen[str],
) -> None:
    assert child.stdout is not None
    owner = child.stdout.readline().strip()
    assert is_running(owner)
    child.kill()
    child.wait(30)
    assert not is_running(owner)


def test_a_process_that_reuses_the_number_of_a_dead_one_is_another_owner(
    child: subprocess.Popen[str],
) -> None:
    assert child.stdout is not None
    pid, started, rest = child.stdout.readline().split()
    if started == "-":
        pytest.skip("this system does not tell when a process started")
    assert not is_running(f"{pid} {int(started) - 1} {rest}")


@pytest.mark.parametrize("owner", ["", "nobody", "x 1 2"])
def test_an_invalid_owner_is_not_running(owner: str) -> None:
    assert not is_running(owner)
