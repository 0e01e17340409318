"""The command line's words for the hints of errors."""

from __future__ import annotations

COMMANDS = {
    "choose-cache-folder": "choose another folder with --cache-dir",
    "fetch-cell": "run somascope neuromorpho fetch with its id",
    "omit-backend": "leave out --backend",
    "omit-dt": "leave out --dt",
    "omit-precision": "leave out --precision",
    "repair-library": "run somascope neuromorpho cache repair",
    "use-jaxley": "add --backend jaxley",
    "use-mirror": "add --mirror",
}
"""From a hint of `backends.errors` or `neuromorpho.errors` to an option or command; other hints need no words."""


def sentence_with_option(sentence: str, hint: str) -> str:
    """Return an error's sentence with the option that corrects it: ``"… brings its own dt (leave out --dt)."``"""
    words = COMMANDS.get(hint)
    return sentence if words is None else f"{sentence.rstrip('.')} ({words})."
