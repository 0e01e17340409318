"""Exceptions as `Error` updates and back, with their code and hint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backends.errors import RequestError, SimulatorError, SomascopeError
from backends.messages import Error, SessionCommand, SessionUpdate, SetControl, StatePatch


def refusal(command: SessionCommand, error: RequestError) -> Error:
    """Return the update that reports a refused command."""
    return error_update(error, subject=subject_of(command))


def subject_of(command: SessionCommand) -> str:
    """Return the id of the control that a command sets, "" for another command."""
    return command.control_id if isinstance(command, SetControl) else ""


class AcceptedValues:
    """The values of controls that a session has carried out without a word: they are what the window shows.

    A session that sends a `StatePatch` of a control, or an `Error`, has answered by itself.
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def note(self, command: SessionCommand) -> None:
        """Note a command that the session's `handle` has carried out."""
        if isinstance(command, SetControl):
            self._values[command.control_id] = command.value

    def added_to(self, updates: Sequence[SessionUpdate]) -> list[SessionUpdate]:
        """Return the session's updates since, and the values that it has not answered."""
        values, self._values = self._values, {}
        if not values or any(isinstance(update, Error) for update in updates):
            return [*updates]
        for update in updates:
            if isinstance(update, StatePatch):
                values = {id_: each for id_, each in values.items() if id_ not in update.values}
        return [*updates, StatePatch(values)] if values else [*updates]


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
