"""Waiting inside a real event loop, so that what is measured runs as it does in the window."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QTimer


def wait_until(done: Callable[[], bool], timeout_s: float = 90.0) -> None:
    """Run the event loop until `done`, checked every 2 ms; TimeoutError after `timeout_s`."""
    deadline = time.perf_counter() + timeout_s
    loop = QEventLoop()
    raised: list[Exception] = []

    def look() -> None:
        try:
            is_over = done() or time.perf_counter() > deadline
        except (
            Exception
        ) as error:  # raised below: here, in a timer, it would only be printed again and again
            raised.append(error)
            is_over = True
        if is_over:
            loop.quit()

    timer = QTimer(interval=2)
    timer.timeout.connect(look)
    timer.start()
    loop.exec()
    timer.stop()
    if raised:
        raise raised[0]
    if not done():
        raise TimeoutError(f"the condition was not true within {timeout_s:g} s")
