"""The errors of `backends`, divided by whose fault they are.

SomascopeError
├── ProtocolError       a message or scene was built wrongly: a session author's mistake
├── RequestError        a command cannot be carried out; the session goes on unchanged
├── SourceError         what the user named cannot be opened
├── MorphologyError     a morphology file cannot be used (see `swc.SwcError`)
└── SimulatorError      the simulator refused the model: missing mechanism, NaN, missing package
    ├── SessionCrashed     the process that ran the simulator ended by itself
    └── SessionCancelled   the process was ended on request, before the model was ready

Whoever shows an error reads `code` and `hint`, never the sentence. The hints, each a next step that the
window and the command line put into their own words:

===================  ===================================================================
choose-file          open another file, or one of another kind
compile-mechanisms   compile the missing .mod file and load it
continue-process     let the stopped process of the session continue
edit-mod             correct the .mod file of a mechanism
edit-script          correct the author's file
fetch-cell           download the cell from NeuroMorpho.Org first
install-compiler     a C++ compiler or make is not installed
install-h5py         h5py, which reads HDF5 files, is not installed
install-jaxley       Jaxley is not installed
install-neuron       NEURON is not installed
omit-backend         do not choose a simulator for this script
omit-dt              do not choose a step for this script
omit-membrane        do not choose a membrane for this script
omit-precision       do not choose a precision for this script
omit-reading         do not choose units or trees for this source
reinstall-jaxley     JAX or Jaxley is installed but broken
reset                go back to t = 0
restart              build the session again
retry                try to build it again
use-jaxley           choose Jaxley
use-neuron           choose NEURON
wait                 try again when the session is ready
===================  ===================================================================
"""

from __future__ import annotations

from typing import Any

_MAX_LINE = 240


class SomascopeError(Exception):
    """Base of every error that Somascope raises on purpose.

    Parameters
    ----------
    message : str
        One sentence for the user: the thing, the place, the next step.
    details : str
        Shown on request below the sentence: a traceback, a list, a log.
    code : str
        Stable name of what happened, in lower-case words with hyphens: ``"out-of-range"``; by default that
        of the class.
    hint : str
        Machine-readable next step, "" for none; see the module.
    location : str
        ``"my_model.py, line 9"`` where the sentence names a place in an author's file, else "".
    """

    code: str = "error"
    hint: str = ""
    location: str = ""

    def __init__(
        self,
        message: str,
        details: str = "",
        *,
        code: str = "",
        hint: str = "",
        location: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.code = code or type(self).code
        self.hint = hint or type(self).hint
        self.location = location

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.details), self.__dict__


def first_line(error: BaseException) -> str:
    """Return the first line of an exception's text, for the middle of a sentence; never ""."""
    lines = str(error).strip().splitlines()
    if not lines:
        return "no message"
    line = lines[0].rstrip(". ")
    return line if len(line) <= _MAX_LINE else f"{line[:_MAX_LINE]} …"


class ProtocolError(SomascopeError, ValueError):
    """A message, field or scene has a wrong shape, type or name."""

    code = "protocol-error"


class RequestError(SomascopeError, ValueError):
    """A command asks for something that does not exist or is not allowed; nothing was changed."""

    code = "request-refused"


class SourceError(SomascopeError):
    """What the user named does not exist or cannot be opened."""

    code = "source-error"


class MorphologyError(SomascopeError):
    """A morphology cannot be read or built."""

    code = "morphology-error"


class SimulatorError(SomascopeError):
    """The simulator cannot run the model."""

    code = "simulator-error"


class SessionCrashed(SimulatorError):
    """The process that ran the simulator ended by itself."""

    code = "session-crashed"


class SessionCancelled(SimulatorError):
    """The process that ran the simulator was ended on request."""

    code = "cancelled"
