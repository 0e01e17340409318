"""`show`: opens the window on what the script has registered, or ends the import of the script."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from backends.errors import ProtocolError, SimulatorError
from backends.inline.registry import is_interactive, registry, start_again
from backends.scripts import EndOfScript, present_import
from backends.session import Session

INTERACTIVE = "Model"
"""The title of a model that was typed in, where no other is given."""

_has_shown = False


def show(model: Session | type[Session] | None = None, *, title: str = "") -> Any:
    """Open the window and return when it is closed.

    In a script the model runs in a process of its own, which runs the script again; there `show` ends the script, so
    what follows it is done only after the window is closed, and not in that process. It gets the command line of the script. Under ``somascope run`` the
    script is run without a window. In IPython and Jupyter the model runs where it is, without a process of its own,
    and `show` returns at once; see `app.window.showing.show_model`.

    Parameters
    ----------
    model : Session or its class
        By default what has been registered.
    title : str
        Of the window; by default that of the view, else the script's name. A session class has its own.

    Raises
    ------
    ProtocolError
        ``no-views``: nothing is registered. ``shown-twice``
    """
    global _has_shown
    if model is not None:
        if title:
            raise ProtocolError(
                "show(): a session has its own title; set title on its class", code="two-titles"
            )
        from app.window.showing import show_model

        return show_model(model)
    found = registry()
    if not _has_shown:
        found.check()
    found.title = title or found.title
    if present_import() is not None:
        raise EndOfScript
    if is_interactive():
        from app.window.showing import show_model

        kind = found.session_class(INTERACTIVE, "__main__")
        start_again()
        return show_model(kind)
    if _has_shown:
        raise ProtocolError(
            "show() was called before in this script, which shows one window: leave out the second",
            code="shown-twice",
        )
    _has_shown = True
    start_again()
    _open_script(Path(str(sys.modules["__main__"].__file__)).absolute())
    return None


def _open_script(path: Path) -> None:
    """Run the window on a script, with its command line; the process ends where the window could not be opened."""
    from app.doctor.system_libraries import window_problem
    from backends.simulator_environment import set_simulator_environment
    from backends.sources.source import SessionSource

    set_simulator_environment()
    if problem := window_problem():
        raise SimulatorError(f"{problem} Run somascope doctor for details.", code="no-window")
    from app.window.launch import launch

    status = launch(SessionSource("script", str(path), arguments=tuple(sys.argv[1:])))
    if status:
        raise SystemExit(status)
