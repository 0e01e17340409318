"""Which commands can be used on the open session, and why not."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QAction

from app.ui.plain import plain_tip

RUNS = ("run", "step", "init", "init_run", "continue_for", "record_here", "record_named")
"""Commands that a session without a clock cannot carry out."""
NEEDS_SESSION = (*RUNS, "reload")
_TIP = "tip"


def show_usable(actions: Mapping[str, QAction], *, usable: bool, cannot_run: str) -> None:
    """Enable the commands that need a session.

    Parameters
    ----------
    usable : bool
        Whether there is a session that has not failed.
    cannot_run : str
        `Scene.cannot_run`: the tool tip of those that it disables.
    """
    for id_ in NEEDS_SESSION:
        action = actions[id_]
        if action.property(_TIP) is None:
            action.setProperty(_TIP, action.toolTip())
        reason = cannot_run if id_ in RUNS else ""
        action.setEnabled(usable and not reason)
        action.setToolTip(plain_tip(reason or action.property(_TIP)))
