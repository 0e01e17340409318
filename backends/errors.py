"""The errors of `backends`, split by whose fault they are.

SomascopeError
├── ProtocolError       a message or scene was built wrongly: a session author's mistake
├── RequestError        a command asks for what cannot be; the session lives on
├── SourceError         what the user named cannot be opened
├── MorphologyError     a morphology file cannot be used (see `swc.SwcError`)
└── SimulatorError      the simulator refused the model: missing mechanism, NaN, missing package
    ├── SessionCrashed     the process that held the simulator is gone
    └── SessionCancelled   the process was ended on request, before the model was ready
"""

from __future__ import annotations

_MOST_SAID = 240


class SomascopeError(Exception):
    """Base of every error that Somascope raises on purpose.

    Parameters
    ----------
    message : str
        One sentence for the user: the thing, the place, the next step.
    details : str
        What to fold away beneath it: a traceback, a list, a log.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def __reduce__(self) -> tuple[type[SomascopeError], tuple[str, str]]:
        return type(self), (self.message, self.details)


def first_line(error: BaseException) -> str:
    """Return the first line of what an exception says, for the middle of a sentence; never ""."""
    lines = str(error).strip().splitlines()
    if not lines:
        return "no message"
    line = lines[0].rstrip(". ")
    return line if len(line) <= _MOST_SAID else f"{line[:_MOST_SAID]} …"


class ProtocolError(SomascopeError, ValueError):
    """A message, field or scene has a wrong shape, type or name."""


class RequestError(SomascopeError, ValueError):
    """A command asks for something that does not exist or is not allowed; nothing was changed."""


class SourceError(SomascopeError):
    """What the user named is not there, or is nothing that can be opened."""


class MorphologyError(SomascopeError):
    """A morphology cannot be read or built."""


class SimulatorError(SomascopeError):
    """The simulator cannot run the model."""


class SessionCrashed(SimulatorError):
    """The process that held the simulator ended by itself."""


class SessionCancelled(SimulatorError):
    """The process that held the simulator was ended on request."""
