"""Python's search for cyclic garbage, which rests while a page of records is made.

Theory. Each few hundred new lists and dicts the collector looks through those it knows, in the belief that
some are garbage in a circle. What JSON is parsed into has no circles, is new, and is all in use: a page of
500 records is 6,000 such objects, looked through a dozen times while they are made. That was 40 % of a
harvest's time. Reference counts free the records as ever, and what other threads leave in circles is found
a few milliseconds later.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_n_resting = 0
_was_on = False


@contextmanager
def collector_resting() -> Iterator[None]:
    """Let the collector rest, for some milliseconds; then it is on again if it was on before.

    Several threads may be inside at once: the last to leave turns it on.
    """
    global _n_resting, _was_on
    with _lock:
        if not _n_resting:
            _was_on = gc.isenabled()
            gc.disable()
        _n_resting += 1
    try:
        yield
    finally:
        with _lock:
            _n_resting -= 1
            if not _n_resting and _was_on:
                gc.enable()
