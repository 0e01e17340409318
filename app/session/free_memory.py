"""`return_free_memory`: gives the operating system what a closed cell used. No Qt."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


def return_free_memory() -> bool:
    """Give freed memory back to the operating system; takes some 10 ms.

    The allocator of GNU/Linux keeps what is freed below a block that is still in use. Arrays of a large
    cell lie there, and the next cell's fill other gaps: so the process grows though nothing is kept.

    Returns
    -------
    bool
        Whether anything was given back; False with other allocators, which do it by themselves.
    """
    trim = _malloc_trim()
    return trim is not None and bool(trim(0))


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # not glibc, or not Unix
        return None
    return trim
