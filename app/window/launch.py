"""Starts the application and opens the window, in the order that shows something soonest.

The window is shown before anything heavy is imported. The process of the first session is started next, so
that NEURON loads on another core while this one imports numpy and VTK. Then come the viewport, the panels, and
last pyqtgraph.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import traceback
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QSurfaceFormat
from PySide6.QtWidgets import QApplication

from app.notices import LOG, Notice, Notices, start_logging
from app.window.main_window import MainWindow
from app.window.settings import Settings

if TYPE_CHECKING:
    from app.archive.connection.options import ArchiveOptions
    from app.window.controller import Controller
    from backends.sources.source import SessionSource

DEFAULT_SOURCE = "pyramidal"
# How long another Python thread may hold the interpreter, seconds. Painting releases it at every Qt call
# and may then wait this long each time; Python's default is 5 ms.
SWITCH_INTERVAL_S = 0.0005


def make_application() -> QApplication:
    """Return the application; make it if there is none yet."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    # The default format must be set before the first window, or OpenGL widgets compose black.
    surface = QSurfaceFormat()
    surface.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    surface.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    surface.setVersion(3, 2)
    QSurfaceFormat.setDefaultFormat(surface)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("somascope")
    application.setStyle("Fusion")
    return application


def show_window(settings: Settings | None = None) -> MainWindow:
    """Return a window that is on the screen, with nothing in it yet."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    window = MainWindow(settings or Settings())
    window.show()
    QApplication.processEvents()
    return window


def open_window(
    source: str | SessionSource | None,
    *,
    backend: str | None,
    in_process: bool,
    precision: str | None = None,
    settings: Settings | None = None,
    archive: ArchiveOptions | None = None,
) -> Controller:
    """Show a window and start its session; see `start_session`."""
    return start_session(
        show_window(settings),
        source,
        backend=backend,
        in_process=in_process,
        precision=precision,
        archive=archive,
    )


def start_session(
    window: MainWindow,
    source: str | SessionSource | None,
    *,
    backend: str | None,
    in_process: bool,
    precision: str | None = None,
    archive: ArchiveOptions | None = None,
) -> Controller:
    """Start the session of a window that is shown; its panels are created by later turns of the event loop."""
    from app.session.first_child import start_first_child

    source = source or DEFAULT_SOURCE
    child = None
    if isinstance(source, str) and not in_process:
        child = start_first_child(source, backend or window.settings.backend)
    from app.model import Model
    from app.viewport.opengl.driver_cache import keep_driver_cache_off_full_disk
    from app.window.controller import Controller

    notices = Notices()
    controller = Controller(
        window,
        Model(),
        notices,
        in_process=in_process,
        backend=backend,
        precision=precision,
        archive=archive,
        first_child=child,
    )
    install_exception_hooks(notices)
    if disk_is_full := keep_driver_cache_off_full_disk():
        notices.post(Notice("warning", disk_is_full))
    if dropped := window.settings.n_dropped:
        notices.post(
            Notice(
                "warning",
                f"{dropped} entr{'y' if dropped == 1 else 'ies'} of the recent files in the settings "
                "could not be read; left out.",
            )
        )
    if isinstance(source, str):
        # Who names a model on the command line has agreed to run it.
        controller.opener.open_text(source, backend=backend, precision=precision, is_agreed=True)
    else:
        controller.opener.open_source(source)
    QTimer.singleShot(0, controller.create_panels)
    return controller


def launch(
    source: str | SessionSource | None,
    *,
    backend: str | None = None,
    precision: str | None = None,
    in_process: bool = False,
    archive: ArchiveOptions | None = None,
    notice: str = "",
) -> int:
    """Run the window until it is closed; return the exit code.

    Parameters
    ----------
    notice : str
        A sentence to show first.
    """
    gc.disable()  # nearly all that is made before the panels are there stays
    application = make_application()
    # Ctrl+C in the terminal closes the window: Python handles signals between two timer events.
    interrupted = threading.Event()

    def interrupt(*_: object) -> None:
        interrupted.set()
        application.closeAllWindows()
        application.quit()  # has no effect before the event loop runs

    signal.signal(signal.SIGINT, interrupt)
    signal_timer = QTimer(interval=500)
    signal_timer.timeout.connect(lambda: application.quit() if interrupted.is_set() else None)
    signal_timer.start()
    window = show_window()
    start_logging()
    controller = start_session(
        window,
        source,
        backend=backend,
        precision=precision,
        in_process=in_process,
        archive=archive,
    )
    # The end of a session that is here looks for its objects among those that the collector knows.
    controller.panelsCreated.connect(gc.enable if in_process else _leave_start_out_of_collections)
    if notice:
        controller.notices.post(Notice("info", notice))
    try:
        return 0 if interrupted.is_set() else application.exec()
    finally:
        if not controller.close():
            _leave_at_once()


def _leave_start_out_of_collections() -> None:
    """Let the garbage collector look only at what is made from now on.

    A collection of all that a window has imported takes about 40 ms, in which no frame is drawn.
    """
    gc.freeze()
    gc.enable()


def _leave_at_once() -> None:
    """End the process beside a thread that does not end: a model in this process that never returns.

    Qt aborts where such a thread is still there at a normal exit.
    """
    LOG.error("A session in the window's own process did not end; the process was left at once.")
    sys.stdout.flush()
    sys.stderr.write("Somascope: a session that runs in the window's own process did not end.\n")
    sys.stderr.flush()
    os._exit(1)


def install_exception_hooks(notices: Notices) -> None:
    """Turn every uncaught exception into a log entry and a notice; the window stays open."""

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.closeAllWindows()
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(details)
        message = f"Internal error in Somascope: {error}. The window stays open."
        notices.post(Notice("error", message, details))

    sys.excepthook = report
    threading.excepthook = lambda args: report(
        args.exc_type, args.exc_value or RuntimeError("unknown"), args.exc_traceback
    )
