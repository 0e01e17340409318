"""`show_model`: the window on a session of a script or notebook."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from app.notices import Notice
from backends.errors import SimulatorError
from backends.scripts import EndOfScript, present_import
from backends.session import Session

if TYPE_CHECKING:
    from app.window.controller import Controller
    from backends.sources.source import SessionSource

NOT_ISOLATED = (
    "The model runs in the process of this notebook or interpreter, and not in one of its own: pause it before a cell "
    "changes it; a simulator that crashes ends both."
)

_has_said = False  # that it is not isolated
_open: list[Controller] = []
"""The windows of a notebook, which nobody else keeps."""


def show_model(model: Session | type[Session]) -> Controller | None:
    """Open the window on a session or its class.

    In a script it returns when the window is closed. In IPython and Jupyter it returns at once: Qt's event loop
    is started there as ``%gui qt`` does, and the model runs on while cells are run.

    A class of a script runs in a process of its own, which runs the script again up to `show`.

    Returns
    -------
    Controller or None
        Of the window, in a notebook.

    Raises
    ------
    SomascopeError
        If it is no session, or no window can be opened here.
    """
    if (
        present_import() is not None
    ):  # the script's class is known by now; the rest is not for this process
        raise EndOfScript
    from app.doctor.system_libraries import window_problem
    from app.session.given_source import GivenSource, source_of

    source = source_of(model)
    if problem := window_problem():
        raise SimulatorError(problem, code="no-window")
    in_process = isinstance(source, GivenSource)
    shell = _shell()
    if shell is None:
        from app.window.launch import launch

        status = launch(source, in_process=in_process, notice=_notice_of(source))
        if status:
            raise SystemExit(status)
        return None
    _start_event_loop(shell)
    from app.window.launch import make_application, open_window

    make_application()
    controller = open_window(source, backend=None, in_process=in_process)
    if notice := _notice_of(source):
        controller.notices.post(Notice("info", notice))
    _open.append(controller)
    controller.window.closing.connect(lambda: _open.remove(controller))
    return controller


def _notice_of(source: SessionSource) -> str:
    """Return what must be said once of a model that has no process of its own."""
    global _has_said
    is_typed_in = source.kind == "given" and not hasattr(sys.modules["__main__"], "__file__")
    if _has_said or not is_typed_in:
        return ""
    _has_said = True
    return NOT_ISOLATED


def _shell() -> Any:
    """Return IPython's shell where this runs in one, else None."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _start_event_loop(shell: Any) -> None:
    """Let IPython run Qt's event loop between two cells, unless it does so already."""
    if getattr(shell, "simple_prompt", False):
        raise SimulatorError(
            "IPython's --simple-prompt runs no window while it waits for input: start IPython without it.",
            code="no-window",
        )
    if not str(getattr(shell, "active_eventloop", "") or "").startswith("qt"):
        shell.enable_gui("qt")
