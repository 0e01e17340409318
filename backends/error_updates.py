"""Exceptions as `Error` updates and back, with their code and hint."""

from __future__ import annotations

from backends.errors import RequestError, SimulatorError, SomascopeError
from backends.messages import Error, SessionCommand, SetControl


def refusal(command: SessionCommand, error: RequestError) -> Error:
    """Return the update that reports a refused command."""
    subject = command.control_id if isinstance(command, SetControl) else ""
    return error_update(error, subject=subject)


def error_update(error: SomascopeError, *, fatal: bool = False, subject: str = "") -> Error:
    """Return the update that carries an exception to the window, with its code and hint."""
    return Error(
        error.message,
        error.details,
        fatal=fatal,
        code=error.code,
        hint=error.hint,
        subject=subject,
    )


def error_of(update: Error) -> SimulatorError:
    """Return the exception that an `Error` stands for, with its code and hint."""
    return SimulatorError(update.message, update.details, code=update.code, hint=update.hint)
