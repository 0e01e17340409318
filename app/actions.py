"""Every verb of the window, as a table: menu, words, keys, tip. One row adds one verb everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the user can do.

    Attributes
    ----------
    id : str
        What the controller connects by.
    menu : str
        Menu that holds it, ``"Simulation/Precision"`` for a menu in a menu; a row with text "-"
        is a separator.
    text : str
        With NEURON's own words where it has them.
    keys : str
        Portable key sequences, separated by spaces.
    tip : str
        What it does, in a sentence.
    one_of : str
        Name of the choice that it is an answer to; of these at most one is checked.
    """

    id: str
    menu: str
    text: str
    keys: str = ""
    tip: str = ""
    checkable: bool = False
    checked: bool = False
    choice: str = ""


def _separator(menu: str) -> Command:
    return Command("", menu, "-")


def _choice(id_: str, question: str, text: str, tip: str) -> Command:
    return Command(id_, f"Simulation/{question}", text, "", tip, checkable=True, choice=question)


def _in_archive(id_: str, text: str, keys: str, tip: str) -> Command:
    return Command(f"archive_{id_}", "File/NeuroMorpho.Org", text, keys, tip)


COMMANDS: tuple[Command, ...] = (
    Command("open", "File", "Open…", "Ctrl+O", "Open an SWC morphology or your own session (.py)"),
    Command(
        "search_archive",
        "File",
        "Search NeuroMorpho.Org…",
        "Ctrl+F",
        "Find a cell in the archive or on this disk, and load it",
    ),
    _in_archive(
        "filter",
        "Filter cells…",
        "Ctrl+Shift+F",
        "Choose values and ranges to narrow the search by",
    ),
    _in_archive("details", "Details of the cell", "Ctrl+I", "All that is known of the chosen cell"),
    _in_archive("downloads", "Downloads", "Ctrl+J", "The queue of downloads"),
    _in_archive(
        "source", "Search the library, or the archive", "Ctrl+L", "Search this disk, or the network"
    ),
    _in_archive(
        "queue_all", "Download all found…", "Ctrl+Shift+Return", "Queue every cell that was found"
    ),
    _in_archive("next", "Next part", "F6", "From search to results, to details, to downloads"),
    _in_archive("previous", "Previous part", "Shift+F6", "The way back"),
    Command("reload", "File", "Restart session", "Ctrl+Shift+R", "Build the same model again"),
    Command("cancel", "File", "Stop building", "Esc", "Cancel the load that is under way"),
    _separator("File"),
    Command(
        "export_traces", "File", "Export traces…", "Ctrl+Shift+E", "Write the traces as CSV or NPZ"
    ),
    Command("snapshot", "File", "Save picture…", "S", "Write the viewport as a PNG"),
    _separator("File"),
    Command("quit", "File", "Quit", "Ctrl+Q"),
    Command("run", "Simulation", "Run", "Space", "Run, or pause, the simulation"),
    Command("step", "Simulation", "Single Step", ".", "Advance by one dt"),
    Command(
        "init", "Simulation", "Init", "Ctrl+R Home", "Back to t = 0 with the present parameters"
    ),
    Command("init_run", "Simulation", "Init & Run", "Ctrl+Shift+Space", "Back to t = 0, then run"),
    Command(
        "continue_for", "Simulation", "Continue for", "C", "Run for the time set in the toolbar"
    ),
    _separator("Simulation"),
    _choice("neuron", "Simulator", "NEURON", "Simulate with NEURON: same cell, same experiment"),
    _choice("jaxley", "Simulator", "Jaxley", "Simulate with Jaxley: same cell, same experiment"),
    _choice("float64", "Precision", "float64", "What NEURON computes in, too"),
    _choice("float32", "Precision", "float32", "Faster on a GPU, drifts some µV"),
    Command(
        "compare",
        "Simulation",
        "Compare NEURON and Jaxley…",
        "Ctrl+Shift+C",
        "Run this experiment on both simulators and see how far apart they are",
    ),
    Command(
        "record_here", "Record", "Add trace here", "T", "Trace the selected segment, else the soma"
    ),
    Command("remove_trace", "Record", "Remove selected trace", "Del", "Drop the highlighted trace"),
    Command("remove_all", "Record", "Remove all traces", "Shift+Del"),
    Command("reset_view", "View", "Reset camera", "R"),
    Command("fit", "View", "Fit selection", "F", "Centre and zoom on the selected segment"),
    Command("view_xy", "View", "View XY", "1"),
    Command("view_xz", "View", "View XZ", "2"),
    Command("view_yz", "View", "View YZ", "3"),
    Command("view_xy_back", "View", "View XY from behind", "Shift+1"),
    Command("view_xz_back", "View", "View XZ from behind", "Shift+2"),
    Command("view_yz_back", "View", "View YZ from behind", "Shift+3"),
    _separator("View"),
    Command("axes", "View", "Axes and scale bar", "A", "", True, True),
    Command("color_bar", "View", "Colour bar", "B", "", True, True),
    Command("theme", "View", "Dark theme (or light)", "D", "", True, True),
    _separator("View"),
    Command(
        "reset_layout", "View", "Reset layout", "", "Put docks and toolbar where they were first"
    ),
    Command("palette", "Help", "Command palette…", "Ctrl+Shift+P", "Find any command by its name"),
    Command("shortcuts", "Help", "Shortcuts", "F1 H"),
    Command("messages", "Help", "Messages and log", "", "What has been reported in this run"),
    Command("about", "Help", "About Somascope"),
)

MENUS = ("File", "Simulation", "Record", "View", "Help")


def build_actions(window: QMainWindow) -> dict[str, QAction]:
    """Make an action of every verb and put each in its menu; return them by id."""
    menus: dict[str, QMenu] = {}
    for name in MENUS:
        menus[name] = _set_up_menu(window.menuBar().addMenu(f"&{name}"), name)
    groups: dict[str, QActionGroup] = {}
    actions: dict[str, QAction] = {}
    for command in COMMANDS:
        if command.menu not in menus:
            above, _, name = command.menu.partition("/")
            menus[command.menu] = _set_up_menu(menus[above].addMenu(name), name)
        if command.text == "-":
            menus[command.menu].addSeparator()
            continue
        actions[command.id] = action = action_of(window, command)
        menus[command.menu].addAction(action)
        if command.choice:
            _group_of(command.choice, groups, window).addAction(action)
    return actions


def keys_text(id_: str) -> str:
    """Return the keys of one of `VERBS` as this system writes them: ``"F1 or H"``."""
    return _keys_text(next(each for each in COMMANDS if each.id == id_))


def _keys_text(command: Command) -> str:
    keys = (QKeySequence(key) for key in command.keys.split())
    return " or ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def full_name(action: QAction) -> str:
    """Return an action's name with the question that it answers: ``"Simulator: Jaxley"``."""
    question = action.property("question")
    name = action.text().replace("&&", "&")
    return f"{question}: {name}" if question else name


def _set_up_menu(menu: QMenu, name: str) -> QMenu:
    menu.setObjectName(f"menu-{name.lower()}")
    menu.setToolTipsVisible(True)
    return menu


def _group_of(question: str, groups: dict[str, QActionGroup], window: QMainWindow) -> QActionGroup:
    if question not in groups:
        groups[question] = QActionGroup(window)
        # A script may have a simulator that is none of the answers.
        groups[question].setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
    return groups[question]


def action_of(window: QMainWindow, command: Command) -> QAction:
    """Return a verb as an action of a window, its keys in its tooltip."""
    action = QAction(command.text.replace("&", "&&"), window)
    action.setObjectName(command.id)
    action.setShortcuts([QKeySequence(key) for key in command.keys.split()])
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.setAutoRepeat(command.id == "step")
    shown = _keys_text(command)
    tip = command.tip or command.text
    action.setToolTip(f"{tip} ({shown})" if shown else tip)
    action.setStatusTip("")
    action.setCheckable(command.checkable)
    action.setChecked(command.checked)
    action.setProperty("question", command.choice)
    window.addAction(action)
    return action
