"""`ViewProblem`: why a view cannot show its field; `NoValues`: that there is nothing to show yet."""

from __future__ import annotations

from backends.errors import SomascopeError

NOTHING_YET = "No values yet."


class ViewProblem(SomascopeError):
    """One sentence for the panel of the view: the view, the field, what was expected and found."""


class NoValues(ViewProblem):
    """The field has no value yet; `message` says so."""

    def __init__(self, message: str = NOTHING_YET) -> None:
        super().__init__(message, code="no-values")
