"""Every verb of the comparison window, as a table."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from app.actions import Command, action_of
from app.compare.views import Shown

COMPARISON_COMMANDS: tuple[Command, ...] = (
    Command("start", "", "Compare", "Ctrl+Return", "Run the present experiment on both simulators"),
    Command("cancel", "", "Cancel", "Esc", "Stop both runs"),
    Command("play", "", "Play", "Space", "Play the run, or stop"),
    Command("back", "", "Back", "Left", "Back by one sample"),
    Command("on", "", "On", "Right", "On by one sample"),
    Command("back_far", "", "Back far", "Shift+Left", "Back by ten samples"),
    Command("on_far", "", "On far", "Shift+Right", "On by ten samples"),
    Command("first", "", "To the start", "Home", "To the first sample"),
    Command("last", "", "To the end", "End", "To the last sample"),
    Command("worst", "", "Largest ΔV", "M", "Go to the largest difference"),
    Command(
        "overlay",
        "",
        "Overlay segment",
        "T",
        "Overlay the traces of the segment under the pointer, else ask for its name",
    ),
    Command("reset_view", "", "Reset camera", "R", "See the whole cell, in every view"),
    Command("show_all", "", Shown.ALL, "Ctrl+1", "Both voltages and their difference", True, True),
    Command("show_left", "", Shown.LEFT, "Ctrl+2", "The voltage on the one side alone", True),
    Command("show_right", "", Shown.RIGHT, "Ctrl+3", "The voltage on the other side alone", True),
    Command("show_difference", "", Shown.DIFFERENCE, "Ctrl+4", "The difference alone", True),
    Command("copy", "", "Copy", "Ctrl+C", "Copy the numbers as text"),
    Command(
        "export", "", "Export…", "Ctrl+Shift+E", "Write traces, numbers or a picture of this window"
    ),
    Command("close", "", "Close", "Ctrl+W", "Close this window"),
)
NEEDS_RESULT = tuple(
    verb.id for verb in COMPARISON_COMMANDS if verb.id not in ("start", "cancel", "close")
)
SHOWN = {
    "show_all": Shown.ALL,
    "show_left": Shown.LEFT,
    "show_right": Shown.RIGHT,
    "show_difference": Shown.DIFFERENCE,
}


def build_verbs(window: QMainWindow) -> dict[str, QAction]:
    """Make an action of every verb; return them by id."""
    return {verb.id: action_of(window, verb) for verb in COMPARISON_COMMANDS}
