"""A failed request as the dock shows it."""

from __future__ import annotations

from dataclasses import dataclass

from app.tasks.runner import TaskFailure
from neuromorpho.errors import NeuroMorphoError

OFFLINE = "You are working offline; go online to use NeuroMorpho.Org."
REPAIR_LIBRARY = "repair-library"
HINTS = {
    REPAIR_LIBRARY: "Choose Library, then Manage and Verify, to repair it.",
}
"""From `NeuroMorphoError.hint` to the window's words; a hint without words here is clear from the message,
or the window shows a button for it."""


@dataclass(frozen=True, slots=True)
class Failure(TaskFailure):
    """Why a request failed.

    Attributes
    ----------
    message : str
        One sentence.
    details : str
        A traceback, or what else is to be folded away.
    facts : str
        Address, status and cause of a request, one a line, which are no part of the sentence.
    is_outage : bool
        Whether the server, or the network, is the cause: the library works all the same.
    can_repair : bool
        Whether a part of the library is damaged and can be repaired.
    """

    facts: str = ""
    is_outage: bool = False
    can_repair: bool = False


def window_text(error: NeuroMorphoError) -> str:
    """Return an error's sentence, followed by where the window has the next step."""
    return " ".join(filter(None, (error.message, HINTS.get(error.hint, ""))))
