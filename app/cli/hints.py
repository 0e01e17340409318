"""The command line's words for the hints of errors."""

from __future__ import annotations

from neuromorpho.cli import hints as archive_hints

COMMANDS = {
    **archive_hints.COMMANDS,
    "fetch-cell": "run somascope neuromorpho fetch with its id",
    "omit-backend": "leave out --backend",
    "omit-dt": "leave out --dt",
    "omit-membrane": "leave out --membrane",
    "omit-reading": "leave out --units and --trees",
    "omit-precision": "leave out --precision",
    "use-jaxley": "add --backend jaxley",
}
"""Options and commands by the hints of `backends.errors` and `neuromorpho.errors`."""


def sentence_with_option(sentence: str, hint: str) -> str:
    """Return an error's sentence with the option that corrects it: ``"… brings its own dt (leave out --dt)."``"""
    return archive_hints.sentence_with_option(sentence, hint, COMMANDS)
