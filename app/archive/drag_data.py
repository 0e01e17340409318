"""Drag data of archive cells: their ids, as the window's own MIME type and as plain text."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QMimeData

NEURON_MIME = "application/x-somascope-neuron"
_MOST_BYTES = 200_000


def mime_of(ids: Iterable[int]) -> QMimeData:
    """Return ids as drag data: ``b"1\\n2"`` under `NEURON_MIME`, ``NMO_00001`` and so on as text."""
    ids = list(ids)
    data = QMimeData()
    data.setData(NEURON_MIME, "\n".join(str(each) for each in ids).encode())
    data.setText("\n".join(f"NMO_{each:05d}" for each in ids))
    return data


def ids_of(data: QMimeData) -> list[int]:
    """Return the ids in drag data, in order; anything else is left out, since any program may be the source."""
    raw = data.data(NEURON_MIME).data()[:_MOST_BYTES]
    lines = bytes(raw).decode("ascii", errors="replace").split()
    return [int(line) for line in lines if line.isascii() and line.isdigit() and len(line) <= 16]
