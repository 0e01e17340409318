"""One launch of the real window, which prints when it reached each stage; run by `launch_time`."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from app.window.launch import make_application, open_window
from app.window.main_window import MainWindow
from app.window.settings import Settings

IDLE_S = 2.0


def main(started: float, backend: str) -> None:
    """Open the window on the bundled cell, press Space, pause, idle, and print the stages."""
    stages: dict[str, float] = {}
    application = make_application()
    folder = tempfile.mkdtemp(prefix="somascope-launch-")
    store = QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat)

    def stamp(name: str) -> None:
        stages.setdefault(name, time.time() - started)

    first_paint = FirstPaint(lambda: stamp("window"), application)
    controller = open_window(None, backend=backend, in_process=False, settings=Settings(store))
    application.removeEventFilter(first_paint)
    model = controller.model
    processes: list[tuple[float, float]] = []

    def painted(_milliseconds: float) -> None:
        if not model.has_scene:
            return
        stamp("cell")
        if "space" not in stages:
            stamp("space")
            QTimer.singleShot(0, lambda: controller.window.command_actions["run"].trigger())
        elif model.run_status.time_ms > 0 and "moving" not in stages:
            stamp("moving")
            controller.window.command_actions["run"].trigger()
            QTimer.singleShot(1500, begin_idle)

    def begin_idle() -> None:
        processes.append((cpu_seconds(controller.owner.child_pid), time.monotonic()))
        QTimer.singleShot(int(1000 * IDLE_S), end_idle)

    def end_idle() -> None:
        used, since = processes[0]
        now = cpu_seconds(controller.owner.child_pid)
        stages["idle_percent"] = 100 * (now - used) / (time.monotonic() - since)
        controller.window.close()
        application.quit()

    attach = controller.add_viewport

    def attach_and_listen(viewport: Any) -> None:
        viewport.framePainted.connect(painted)
        attach(viewport)

    # Replaces the controller's method, so that not even the first frame is missed.
    controller.add_viewport = attach_and_listen  # type: ignore[method-assign]
    application.exec()
    controller.close()
    shutil.rmtree(folder)
    print(json.dumps(stages))


class FirstPaint(QObject):
    """Calls a function at the first paint of the main window."""

    def __init__(self, callback: Callable[[], None], application: QApplication) -> None:
        super().__init__(application)
        self._callback = callback
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch for the paint."""
        if event.type() == QEvent.Type.Paint and isinstance(watched, MainWindow):
            self._callback()
        return False


def cpu_seconds(child: int | None) -> float:
    """Return the processor time used so far by this process and the simulator's, seconds."""
    import psutil

    return sum(
        sum(psutil.Process(pid).cpu_times()[:2]) for pid in (None, child) if pid is None or pid
    )


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
