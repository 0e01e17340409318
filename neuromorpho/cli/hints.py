"""The command line's words for the hints of errors."""

from __future__ import annotations

from collections.abc import Mapping

from neuromorpho.errors import NeuroMorphoError

COMMANDS = {
    "choose-cache-folder": "add --cache-dir with another folder",
    "go-online": "leave out --offline to request it from the archive",
    "index-cells": "run somascope neuromorpho cache index",
    "list-fields": "somascope neuromorpho fields lists the fields",
    "repair-library": "run somascope neuromorpho cache repair",
    "restart-harvest": "add --restart to discard it",
    "search": "somascope neuromorpho search finds cells",
    "slow-down": "add a lower --rate",
    "use-mirror": "add --mirror",
}
"""Options and commands by the hints of `neuromorpho.errors`; other hints need no more than the sentence."""


def sentence_with_option(sentence: str, hint: str, commands: Mapping[str, str] = COMMANDS) -> str:
    """Return an error's sentence with the option that helps: ``"… or use the mirror (add --mirror)."``"""
    words = commands.get(hint)
    return sentence if words is None else f"{sentence.rstrip('.')} ({words})."


def with_hint(error: NeuroMorphoError) -> str:
    """Return an error's sentence with the option that helps."""
    return sentence_with_option(error.message, error.hint)
