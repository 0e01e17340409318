"""Python's search for cyclic garbage, which leaves a page of records alone while it is made and afterwards.

Theory. Each few hundred new lists and dicts the collector looks through those it knows, in the belief that
some are garbage in a circle. What JSON is parsed into has no circles and is all in use: a page of 500
records is 6,000 such objects, looked through a dozen times while they are made and again once they are.
That was 40 % of a harvest's processor time. So the collector rests meanwhile, and takes what is then there
for old (`gc.freeze` and `gc.unfreeze`, which only join lists): old objects are looked through when the
collector goes through everything. Reference counts free the records as ever.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 2_000
"""New objects from which on they are taken for old: a page of some 200 records."""
_lock = threading.Lock()
_n_paused = 0
_was_on = False


@contextmanager
def gc_paused() -> Iterator[None]:
    """Let the collector rest, for some milliseconds; then it is on again if it was on before.

    Several threads may be inside at once: the last to leave turns it on. Where somebody has frozen
    objects for good they stay so, and what is new is looked through once.
    """
    global _n_paused, _was_on
    with _lock:
        if not _n_paused:
            _was_on = gc.isenabled()
            gc.disable()
        _n_paused += 1
    try:
        yield
    finally:
        with _lock:
            _n_paused -= 1
            if not _n_paused and _was_on:
                if gc.get_count()[0] >= _MANY and not gc.get_freeze_count():
                    gc.freeze()
                    gc.unfreeze()
                gc.enable()
