"""A failed request as the dock shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.tasks.jobs import JobFailure as JobFailure

if TYPE_CHECKING:
    pass

_COMMAND_LINE = re.compile(r" \(--[a-z-]+\)")  # where the command line would have an option

_REPAIR = "`somascope neuromorpho cache repair`"

_QUESTION = re.compile(r"(https?://[^\s?]+)\?\S*?(?=[.,;:)]*(?:\s|$))")

OFFLINE = "You work offline, so NeuroMorpho.Org was not asked; go online to ask it."


@dataclass(frozen=True, slots=True)
class Failure(JobFailure):
    """Why something asked came to nothing.

    Attributes
    ----------
    message : str
        One sentence.
    details : str
        A traceback, or what else is to be folded away.
    is_outage : bool
        Whether the server, or the network, is the cause: what is in the library works all the same.
    can_repair : bool
        Whether something of the library is damaged, which its repair mends.
    """

    is_outage: bool = False
    can_repair: bool = False


def for_a_window(sentence: str) -> str:
    """Return a sentence of the client without the command line's options and commands, and its addresses
    without their parameters, which may be a thousand characters; the details have them.
    """
    return _QUESTION.sub(r"\1", _COMMAND_LINE.sub("", sentence)).replace(_REPAIR, "Repair")
