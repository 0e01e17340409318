"""`show`: opens the window on what the script has registered, or ends the import of the script."""

from __future__ import annotations

import sys
from pathlib import Path

from backends.errors import ProtocolError
from backends.inline.registry import is_interactive, registry, start_again
from backends.scripts import EndOfScript, present_import

_has_shown = False


def show(*, title: str = "") -> None:
    """Open the window and return when it is closed.

    In a script the model runs in a process of its own, which runs the script again; there `show` ends the script, so
    what follows it is done only after the window is closed, and not in that process. Under ``somascope run`` the
    script is run without a window.

    Parameters
    ----------
    title : str
        Of the window; by default that of the view, else the script's name.

    Raises
    ------
    ProtocolError
        ``no-views``: nothing is registered. ``shown-twice``
    """
    global _has_shown
    found = registry()
    if not _has_shown:
        found.check()
    found.title = title or found.title
    if present_import() is not None:
        raise EndOfScript
    if is_interactive():
        raise ProtocolError(
            "show() works in a script: save this as a file and run it, or open it by somascope my_model.py",
            code="no-script",
        )
    if _has_shown:
        raise ProtocolError(
            "show() was called before in this script, which shows one window: leave out the second",
            code="shown-twice",
        )
    _has_shown = True
    start_again()
    _open_script(Path(str(sys.modules["__main__"].__file__)).absolute())


def _open_script(path: Path) -> None:
    """Run the window on a script; the process ends where the window could not be opened."""
    from app.cli.main import main

    status = main([str(path)])
    if status:
        raise SystemExit(status)
