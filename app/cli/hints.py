"""The command line's words for the hints of errors."""

from __future__ import annotations

COMMANDS = {
    "fetch-cell": "run somascope neuromorpho fetch with its id",
    "omit-backend": "leave out --backend",
    "omit-dt": "leave out --dt",
    "omit-precision": "leave out --precision",
    "use-jaxley": "add --backend jaxley",
}
"""Options and commands by the hints of `backends.errors`; other hints need no more than the sentence."""


def sentence_with_option(sentence: str, hint: str) -> str:
    """Return an error's sentence with the option that corrects it: ``"… brings its own dt (leave out --dt)."``"""
    words = COMMANDS.get(hint)
    return sentence if words is None else f"{sentence.rstrip('.')} ({words})."
