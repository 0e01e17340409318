"""Runs `somascope neuromorpho` with a loopback server, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import main as somascope

CliRun = Callable[..., tuple[int, str, str]]


def make_cli_run(url: str, cache: Path, capsys: pytest.CaptureFixture[str]) -> CliRun:
    """Return a function that runs a command line and returns its status, stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        flags = ["--base-url", url, "--rate", "0", "--retries", "1", "--cache-dir", str(cache)]
        status = somascope(["neuromorpho", *flags, *map(str, words)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def json_of(run: CliRun, *words: object) -> Any:
    """Return what a command prints with ``--json``; nothing else may be on stdout."""
    status, out, _ = run(*words, "--json")
    assert status == 0
    return json.loads(out)
