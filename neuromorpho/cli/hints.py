"""What the command line adds to an error's sentence: its own words for the next step."""

from __future__ import annotations

from neuromorpho.errors import NeuroMorphoError

HINTS = {
    "choose-cache-folder": "Use --cache-dir for another cache folder.",
    "go-online": "Leave out --offline to request it from the archive.",
    "list-fields": "`somascope neuromorpho fields` lists the fields.",
    "repair-library": "Run `somascope neuromorpho cache repair`.",
    "restart-harvest": "Use --restart to discard it.",
    "search": "`somascope neuromorpho search` finds cells.",
    "slow-down": "Use a lower --rate.",
    "use-mirror": "Use --mirror for the mirror.",
}
"""From `NeuroMorphoError.hint` to a sentence; a hint without words here is clear from the message."""


def with_hint(error: NeuroMorphoError) -> str:
    """Return an error's sentence, followed by the option or the command that helps."""
    return " ".join(filter(None, (error.message, HINTS.get(error.hint, ""))))
