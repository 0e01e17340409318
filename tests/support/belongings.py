"""How many things of each kind a window with its sessions holds."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import psutil
from PySide6.QtCore import QObject

from app.window.controller import Controller
from tests.support.leaks import Footprint, delete_pending_qt_objects


def belongings(controller: Controller) -> dict[str, int]:
    """Return how many there are of each thing that a session may leave behind."""
    gc.collect()
    delete_pending_qt_objects()
    now = Footprint.take()
    return {
        "threads": len(now.threads),
        "child processes": len(now.children),
        "native threads": len(now.native_threads),
        "windows": len(now.windows),
        "shared memory": len(now.blocks),
        "open files": psutil.Process().num_fds(),
        "temporary files": sum(
            "deleted" in os.readlink(each)
            for each in Path("/proc/self/fd").iterdir()
            if each.exists()
        ),
        "QObjects": len(controller.window.findChildren(QObject)),
    }


def grown(controller: Controller, before: dict[str, int]) -> dict[str, int]:
    """Return of what there is more than before."""
    return {what: n for what, n in belongings(controller).items() if n > before[what]}
