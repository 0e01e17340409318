"""A file that cannot be written is named in the error, and leaves nothing behind."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.export import files, traces
from app.export.trace_column import TraceColumn


def full_disk(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_names_the_text_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space") as caught:
        files.write_json(tmp_path / "audit.json", {})
    assert caught.value.filename == str(tmp_path / "audit.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["v.csv", "v.npz"])
def test_a_full_disk_names_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    writer = "_write_npz" if name.endswith("npz") else "_write_csv"
    monkeypatch.setattr(traces, writer, full_disk)
    column = TraceColumn("soma", "mV", np.arange(3.0), np.arange(3.0))
    with pytest.raises(OSError, match="No space") as caught:
        traces.write_traces(tmp_path / name, [column])
    assert caught.value.filename == str(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
