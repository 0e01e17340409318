"""`MechanismError`: mechanisms cannot be compiled or loaded."""

from __future__ import annotations

from backends.errors import SimulatorError


class MechanismError(SimulatorError):
    """Mechanisms cannot be compiled or loaded; nothing older is used in their place.

    Attributes
    ----------
    file : str
        Path of the `.mod` file, "" where none is to blame.
    line : int
        Its line, from 1; 0 where it is not known.
    """

    code = "bad-mechanisms"
    hint = "compile-mechanisms"

    def __init__(
        self,
        message: str,
        details: str = "",
        *,
        code: str = "",
        hint: str = "",
        file: str = "",
        line: int = 0,
    ) -> None:
        super().__init__(message, details, code=code, hint=hint)
        self.file, self.line = file, line
