"""Display frames from a child process to its parent through memory that both have mapped.

The block is an anonymous file (a memfd on Linux, an unlinked temporary file elsewhere) whose
descriptor the child inherits, so it has no name, needs no tracker, and is gone with the last of the
two processes, however they end. It has `N_SLOTS` slots. Batch number b writes its frames into
slot b mod `N_SLOTS`, and only if the parent has acknowledged batch b - `N_SLOTS`: so a slot is never
written while it may be read, and no frame can be torn. The message that carries the `FrameRef` orders
the memory. A frame that finds no free slot travels in the message itself.
"""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backends.messages import FieldReplace

N_SLOTS = 4
_ALIGN = 64


class FrameRef(NamedTuple):
    """Where in the block the values of a `FieldReplace` lie.

    Attributes
    ----------
    offset : int
        Bytes from the start of the block.
    dtype : str
        numpy's spelling, with the byte order: ``"<f4"``.
    """

    field_id: str
    offset: int
    dtype: str
    shape: tuple[int, ...]
    time_ms: float


class FrameWriter:
    """The child's end of the block; the first frames, and larger ones later, make it grow."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._memory: mmap.mmap | None = None
        self._start = 0
        self._slot_bytes = 0

    def write(self, slot: int, frames: Sequence[FieldReplace]) -> list[FrameRef]:
        """Copy `frames` (numbers, not objects) into a slot that nobody reads; return where they are."""
        needed = sum(_rounded(frame.values.nbytes) for frame in frames)
        if needed > self._slot_bytes:
            self._grow(needed)
        offset = self._start + (slot % N_SLOTS) * self._slot_bytes
        refs = []
        for frame in frames:
            values = frame.values
            ref = FrameRef(frame.field_id, offset, values.dtype.str, values.shape, frame.time_ms)
            if values.nbytes:
                np.copyto(_view(self._memory, ref), values)
            refs.append(ref)
            offset += _rounded(values.nbytes)
        return refs

    def _grow(self, slot_bytes: int) -> None:
        """Begin a new set of slots behind the present one, which may still be read."""
        self._start += N_SLOTS * self._slot_bytes
        self._slot_bytes = slot_bytes
        size = self._start + N_SLOTS * slot_bytes
        os.ftruncate(self._descriptor, size)
        self._memory = mmap.mmap(self._descriptor, size)


class FrameReader:
    """The parent's end of the block."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._memory: mmap.mmap | None = None

    def read(self, ref: FrameRef) -> FieldReplace:
        """Return a copy of the frame at `ref`; its batch must not have been acknowledged yet."""
        dtype = np.dtype(ref.dtype)
        size = dtype.itemsize * math.prod(ref.shape)
        if not size:
            return FieldReplace(ref.field_id, np.empty(ref.shape, dtype), ref.time_ms)
        if self._memory is None or len(self._memory) < ref.offset + size:
            self._memory = mmap.mmap(
                self._descriptor, os.fstat(self._descriptor).st_size, access=mmap.ACCESS_READ
            )
        return FieldReplace(ref.field_id, _view(self._memory, ref).copy(), ref.time_ms)

    def close(self) -> None:
        """Free the memory; may be called more than once."""
        self._memory = None


def _view(
    memory: mmap.mmap | None, ref: FrameRef
) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    assert memory is not None
    return np.ndarray(ref.shape, np.dtype(ref.dtype), memory, ref.offset)


def _rounded(n_bytes: int) -> int:
    return -(-n_bytes // _ALIGN) * _ALIGN
