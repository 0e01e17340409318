"""`gc_paused`: no garbage collection while many pages of records are parsed.

After every few hundred new lists and dicts, Python's collector searches the objects that it knows for
reference cycles. Parsed JSON has no cycles and is all in use: a page of 500 records is 6,000 such objects,
which are searched a dozen times while they are made and again later. That was 40 % of a harvest's processor
time. So the collector is paused meanwhile, and what was made is then marked as old (`gc.freeze` and
`gc.unfreeze`, which only move lists): old objects are searched in full collections only. Reference counts
free the records as usual.

The pause is for the whole process, so it happens only inside `allow_gc_pauses`: in a harvest and in
`search_all`, which a window does not use; the collector has to find a window's objects.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 2_000
"""From this number of new objects on they are marked as old: a page of some 200 records."""
_lock = threading.Lock()
_n_allowing = 0
_n_paused = 0
_was_enabled = False


@contextmanager
def allow_gc_pauses() -> Iterator[None]:
    """Inside this block `gc_paused` pauses the collector, in every thread; outside it does nothing."""
    global _n_allowing
    with _lock:
        _n_allowing += 1
    try:
        yield
    finally:
        with _lock:
            _n_allowing -= 1


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the collector for some milliseconds, if that is allowed; then enable it if it was enabled.

    Several threads may be inside at once: the last one to leave enables the collector. If the program has
    frozen objects itself, nothing is marked as old.
    """
    global _n_paused, _was_enabled
    if not _n_allowing:
        yield
        return
    with _lock:
        if not _n_paused:
            _was_enabled = gc.isenabled()
            gc.disable()
        _n_paused += 1
    try:
        yield
    finally:
        with _lock:
            _n_paused -= 1
            if not _n_paused and _was_enabled:
                if gc.get_count()[0] >= _MANY and not gc.get_freeze_count():
                    gc.freeze()
                    gc.unfreeze()
                gc.enable()
