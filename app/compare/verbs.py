"""Every verb of the comparison window, as a table."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from app.actions import Verb, action_of
from app.compare.views import Shown

VERBS: tuple[Verb, ...] = (
    Verb("start", "", "Compare", "Ctrl+Return", "Run the present experiment on both simulators"),
    Verb("cancel", "", "Cancel", "Esc", "Stop both runs"),
    Verb("play", "", "Play", "Space", "Play the run, or stop"),
    Verb("back", "", "Back", "Left", "Back by one sample"),
    Verb("on", "", "On", "Right", "On by one sample"),
    Verb("back_far", "", "Back far", "Shift+Left", "Back by ten samples"),
    Verb("on_far", "", "On far", "Shift+Right", "On by ten samples"),
    Verb("first", "", "To the start", "Home", "To the first sample"),
    Verb("last", "", "To the end", "End", "To the last sample"),
    Verb("worst", "", "Largest ΔV", "M", "Go to the largest difference"),
    Verb(
        "overlay",
        "",
        "Overlay segment",
        "T",
        "Overlay the traces of the segment under the pointer, else ask for its name",
    ),
    Verb("reset_view", "", "Reset camera", "R", "See the whole cell, in every view"),
    Verb("show_all", "", Shown.ALL, "Ctrl+1", "Both voltages and their difference", True, True),
    Verb("show_left", "", Shown.LEFT, "Ctrl+2", "The voltage on the one side alone", True),
    Verb("show_right", "", Shown.RIGHT, "Ctrl+3", "The voltage on the other side alone", True),
    Verb("show_difference", "", Shown.DIFFERENCE, "Ctrl+4", "The difference alone", True),
    Verb("copy", "", "Copy", "Ctrl+C", "Copy the numbers as text"),
    Verb(
        "export", "", "Export…", "Ctrl+Shift+E", "Write traces, numbers or a picture of this window"
    ),
    Verb("close", "", "Close", "Ctrl+W", "Close this window"),
)
NEEDS_RESULT = tuple(verb.id for verb in VERBS if verb.id not in ("start", "cancel", "close"))
SHOWN = {
    "show_all": Shown.ALL,
    "show_left": Shown.LEFT,
    "show_right": Shown.RIGHT,
    "show_difference": Shown.DIFFERENCE,
}


def build_verbs(window: QMainWindow) -> dict[str, QAction]:
    """Make an action of every verb; return them by id."""
    return {verb.id: action_of(window, verb) for verb in VERBS}
