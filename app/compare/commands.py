"""The table of the comparison window's commands."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from app.actions import Command, action_of
from app.compare.views import ViewChoice

COMPARISON_COMMANDS: tuple[Command, ...] = (
    Command("start", "", "Compare", "Ctrl+Return", "Run the present experiment on both simulators"),
    Command("cancel", "", "Cancel", "Esc", "Stop both runs"),
    Command("play", "", "Play", "Space", "Play the run, or stop"),
    Command("back", "", "Back", "Left", "Back by one sample"),
    Command("forward", "", "Forward", "Right", "Forward by one sample"),
    Command("back_far", "", "Back far", "Shift+Left", "Back by ten samples"),
    Command("forward_far", "", "Forward far", "Shift+Right", "Forward by ten samples"),
    Command("first", "", "To the start", "Home", "To the first sample"),
    Command("last", "", "To the end", "End", "To the last sample"),
    Command("worst", "", "Largest ΔV", "M", "Go to the largest difference"),
    Command(
        "overlay",
        "",
        "Overlay segment",
        "T",
        "Add the traces of the segment under the pointer, or type its id",
    ),
    Command("reset_view", "", "Reset camera", "R", "Show the entire cell in every view"),
    Command(
        "show_all", "", ViewChoice.ALL, "Ctrl+1", "Both voltages and their difference", True, True
    ),
    Command(
        "show_left", "", ViewChoice.LEFT, "Ctrl+2", "Only the voltage of the left simulator", True
    ),
    Command(
        "show_right",
        "",
        ViewChoice.RIGHT,
        "Ctrl+3",
        "Only the voltage of the right simulator",
        True,
    ),
    Command("show_difference", "", ViewChoice.DIFFERENCE, "Ctrl+4", "Only the difference", True),
    Command("copy", "", "Copy", "Ctrl+C", "Copy the numbers as text"),
    Command(
        "export", "", "Export…", "Ctrl+Shift+E", "Write traces, numbers or a picture of this window"
    ),
    Command("close", "", "Close", "Ctrl+W", "Close this window"),
)
NEEDS_RESULT = tuple(
    command.id for command in COMPARISON_COMMANDS if command.id not in ("start", "cancel", "close")
)
SHOWN = {
    "show_all": ViewChoice.ALL,
    "show_left": ViewChoice.LEFT,
    "show_right": ViewChoice.RIGHT,
    "show_difference": ViewChoice.DIFFERENCE,
}


def build_actions(window: QMainWindow) -> dict[str, QAction]:
    """Return an action for every command, by id."""
    return {command.id: action_of(window, command) for command in COMPARISON_COMMANDS}
