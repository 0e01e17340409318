"""What a test may not leave behind: threads, child processes, QThreads, windows, shared memory.

A `Footprint` is taken before a test and compared after it. Things that end on their own get `GRACE_S`
seconds, with Qt's pending deletions processed; what remains then is named.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import psutil

GRACE_S = 3.0
_FD_FOLDER = Path("/proc/self/fd")
_TASK_FOLDER = Path("/proc/self/task")
_SHM_FOLDER = Path("/dev/shm")
# Threads that libraries start once and never end.
_PERMANENT_THREADS = ("pytest_timeout", "pyvista", "tqdm", "ThreadPoolExecutor", "jax", "asyncio_")
_PERMANENT_WINDOWS = ("QTipLabel", "QDesktopWidget", "QWhatsThat")


@dataclass(frozen=True)
class Footprint:
    """What existed of each kind, with a name to search for."""

    threads: frozenset[threading.Thread]
    children: frozenset[psutil.Process]
    windows: frozenset[int]
    blocks: frozenset[str]
    native_threads: frozenset[str]

    @classmethod
    def take(cls) -> Footprint:
        """Return what exists now."""
        return cls(
            threads=frozenset(_threads()),
            children=frozenset(_children()),
            windows=frozenset(id(each) for each in _windows()),
            blocks=frozenset(_blocks()),
            native_threads=frozenset(_native_threads()),
        )

    def leaked(self) -> list[str]:
        """Return a line for each thing that is new since then and does not go away."""
        deadline = time.monotonic() + GRACE_S
        found = self._new()
        if not found:
            return []
        while (found := self._new()) and time.monotonic() < deadline:
            _wait_a_moment()
        return found

    def _new(self) -> list[str]:
        delete_pending_qt_objects()
        lines = [f"thread {t.name!r}" for t in _threads() if t not in self.threads]
        lines += [
            f"child process {_describe_process(p)}" for p in _children() if p not in self.children
        ]
        if not self.native_threads or _native_threads() - self.native_threads:
            lines += [f"running {_describe_object(t)}" for t in _running_qthreads()]
        lines += [
            f"top-level {_describe_object(w)} titled {w.windowTitle()!r}"
            for w in _windows()
            if id(w) not in self.windows
        ]
        return lines + [f"shared memory {b}" for b in sorted(_blocks() - self.blocks)]


def delete_pending_qt_objects() -> None:
    """Process `deleteLater`, which otherwise waits for an event loop."""
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)


def _wait_a_moment() -> None:
    """Wait a moment for what is ending, with a running event loop if there is one."""
    gc.collect()  # what only a reference cycle keeps alive is garbage, not a leak
    core = sys.modules.get("PySide6.QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        core.QCoreApplication.processEvents()
    threading.Event().wait(0.01)


def _threads() -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        # A dummy stands for a native thread that once called into Python; QThreads have their own check.
        if not isinstance(thread, threading._DummyThread)
        and not thread.name.startswith(_PERMANENT_THREADS)
    ]


def _children() -> list[psutil.Process]:
    """Return the processes that this one started, and theirs, without listing all of the machine."""
    tracker = getattr(resource_tracker._resource_tracker, "_pid", None)
    if not (_TASK_FOLDER / str(os.getpid()) / "children").exists():
        return [p for p in psutil.Process().children(recursive=True) if p.pid != tracker]
    found, waiting = [], [os.getpid()]
    while waiting:
        for pid in _children_of(waiting.pop()):
            with contextlib.suppress(psutil.NoSuchProcess):
                if pid != tracker:
                    found.append(psutil.Process(pid))
                waiting.append(pid)
    return found


def _children_of(pid: int) -> list[int]:
    """Return the ids of a process's children, as Linux lists them for each of its threads."""
    ids: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            ids += [int(each) for each in (task / "children").read_text().split()]
    return ids


def _native_threads() -> set[str]:
    """Return the kernel's threads, empty where they are unknown: a cheap sign of a new QThread."""
    return {each.name for each in _TASK_FOLDER.iterdir()} if _TASK_FOLDER.exists() else set()


def _running_qthreads() -> list[Any]:
    """Return running QThreads made in Python, except the main thread's own."""
    core = sys.modules.get("PySide6.QtCore")
    if core is None or core.QCoreApplication.instance() is None:
        return []
    threads = [each for each in gc.get_objects() if _is_a(each, core.QThread)]
    main = core.QCoreApplication.instance().thread()
    return [each for each in threads if _alive(each) and each != main and each.isRunning()]


def _windows() -> list[Any]:
    """Return the top-level widgets without a parent; a menu or a popup belongs to its parent."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or not isinstance(widgets.QApplication.instance(), widgets.QApplication):
        return []
    return [
        each
        for each in widgets.QApplication.topLevelWidgets()
        if _alive(each)
        and each.parent() is None
        and each.metaObject().className() not in _PERMANENT_WINDOWS
    ]


def _blocks() -> set[str]:
    """Return this process's shared memory: files without a name, and mapped blocks with one."""
    blocks: set[str] = set()
    if not _FD_FOLDER.exists():
        return blocks
    for number in os.listdir(_FD_FOLDER):
        try:
            target = os.readlink(f"{_FD_FOLDER}/{number}")
        except OSError:
            continue
        if target.startswith("/memfd:somascope"):
            blocks.add(f"{target.split()[0]} (descriptor {number})")
    if _SHM_FOLDER.exists() and os.listdir(_SHM_FOLDER):  # the list of what is mapped takes 3 ms
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
        lines = (line for line in maps.splitlines() if f"{_SHM_FOLDER}/" in line)
        blocks |= {line.split(None, 5)[5] for line in lines}
    return blocks


def _is_a(thing: object, kind: type) -> bool:
    # `type`, not isinstance: a lazy proxy among the collector's objects may act on __class__.
    return issubclass(type(thing), kind)


def _alive(qt_object: Any) -> bool:
    import shiboken6

    return bool(shiboken6.isValid(qt_object))


def _describe_object(qt_object: Any) -> str:
    name = qt_object.objectName()
    text = type(qt_object).__name__ + (f" {name!r}" if name else "")
    actions = [each.text() for each in qt_object.actions()] if hasattr(qt_object, "actions") else []
    return text + (f" of {', '.join(actions[:5])}" if actions else "")


def _describe_process(process: psutil.Process) -> str:
    command_line: Callable[[], list[str]] = process.cmdline
    try:
        return f"{process.pid}: {' '.join(command_line())[:200]}"
    except psutil.Error:
        return str(process.pid)
