"""`COMMANDS`: the table of the window's commands: menu, text, keys, tip. One row adds a command to menu and palette."""

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
        Key of its handler in `WindowCommands.handlers`.
    menu : str
        Menu that holds it; ``"Simulation/Precision"`` is a submenu. A row with text "-" is a separator.
    text : str
        In NEURON's own words where NEURON has them.
    keys : str
        Portable key sequences, separated by spaces.
    tip : str
        What it does, as an imperative.
    one_of : str
        Name of the choice that it is one option of; at most one option is checked.
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


def _option(id_: str, choice: str, text: str, tip: str) -> Command:
    return Command(id_, f"Simulation/{choice}", text, "", tip, checkable=True, choice=choice)


def _arrangement(id_: str, text: str, tip: str) -> Command:
    choice = "Arrange cells"
    return Command(f"arrange_{id_}", f"View/{choice}", text, "", tip, checkable=True, choice=choice)


def _in_archive(id_: str, text: str, keys: str, tip: str) -> Command:
    return Command(f"archive_{id_}", "File/NeuroMorpho.Org", text, keys, tip)


COMMANDS: tuple[Command, ...] = (
    Command(
        "open",
        "File",
        "Open…",
        "Ctrl+O",
        "Open an SWC morphology, a script (.py), a NEURON model (.hoc, .zip) or a recording (.npz, .h5)",
    ),
    Command(
        "open_model",
        "File",
        "Open model folder…",
        "Ctrl+Shift+O",
        "Open the folder of a NEURON model, as it is; a .hoc or .zip file is opened by Open…",
    ),
    Command("examples", "File", "Examples…", "", "Open a model that shows what can be done"),
    Command(
        "search_archive",
        "File",
        "Search NeuroMorpho.Org…",
        "Ctrl+F",
        "Find a cell in the archive or in your local library, and load it",
    ),
    _in_archive(
        "filter",
        "Filter cells…",
        "Ctrl+Shift+F",
        "Filter the search by values and ranges",
    ),
    _in_archive(
        "details", "Cell details", "Ctrl+I", "Show metadata, measurements and citation of the cell"
    ),
    _in_archive("downloads", "Downloads", "Ctrl+J", "Show the download queue"),
    _in_archive(
        "source",
        "Switch between library and archive",
        "Ctrl+L",
        "Search your local library, or NeuroMorpho.Org over the network",
    ),
    _in_archive(
        "add_all",
        "Download all results…",
        "Ctrl+Shift+Return",
        "Add every cell found to the download queue",
    ),
    _in_archive(
        "next", "Next pane", "F6", "Move to the next pane: search, results, details, downloads"
    ),
    _in_archive("previous", "Previous pane", "Shift+F6", "Move to the previous pane"),
    Command("reload", "File", "Restart session", "Ctrl+Shift+R", "Build the same model again"),
    Command(
        "reload_on_save",
        "File",
        "Reload when the file changes",
        "",
        "Build your own model again each time its file is saved; otherwise the window asks",
        checkable=True,
    ),
    Command("cancel", "File", "Stop building", "Esc", "Cancel the load in progress"),
    _separator("File"),
    Command(
        "export_traces", "File", "Export traces…", "Ctrl+Shift+E", "Write the traces as CSV or NPZ"
    ),
    Command("snapshot", "File", "Save picture…", "S", "Save the 3-D view as a PNG"),
    _separator("File"),
    Command("quit", "File", "Quit", "Ctrl+Q"),
    Command("run", "Simulation", "Run", "Space", "Run or pause the simulation"),
    Command("step", "Simulation", "Single Step", ".", "Advance by one dt"),
    Command(
        "init", "Simulation", "Init", "Ctrl+R Home", "Return to t = 0 with the current parameters"
    ),
    Command(
        "init_run", "Simulation", "Init & Run", "Ctrl+Shift+Space", "Return to t = 0, then run"
    ),
    Command(
        "continue_for", "Simulation", "Continue for", "C", "Run for the time set in the toolbar"
    ),
    _separator("Simulation"),
    _option("neuron", "Simulator", "NEURON", "Simulate the same cell and experiment with NEURON"),
    _option("jaxley", "Simulator", "Jaxley", "Simulate the same cell and experiment with Jaxley"),
    _option("float64", "Precision", "float64", "Double precision, as in NEURON"),
    _option(
        "float32", "Precision", "float32", "Single precision: faster on a GPU, differs by some µV"
    ),
    Command(
        "compare",
        "Simulation",
        "Compare NEURON and Jaxley…",
        "Ctrl+Shift+C",
        "Run this experiment on both simulators and compare the results",
    ),
    Command(
        "record_here",
        "Record",
        "Add trace here",
        "T",
        "Record the selected segment, or the soma if none is selected",
    ),
    Command(
        "remove_trace", "Record", "Remove selected trace", "Del", "Remove the highlighted trace"
    ),
    Command("remove_all", "Record", "Remove all traces", "Shift+Del"),
    Command(
        "record_named",
        "Record",
        "Add trace by name…",
        "Shift+T",
        "Record a segment by its name, or a part of it: dend[3](0.5)",
    ),
    Command(
        "keep_last",
        "Record",
        "Keep last run",
        "K",
        "After Init, show the run before as a thin grey line",
        True,
        True,
    ),
    Command("reset_view", "View", "Reset camera", "R"),
    Command("fit", "View", "Fit selection", "F", "Centre the selected segment and zoom in on it"),
    Command("view_xy", "View", "View XY", "1"),
    Command("view_xz", "View", "View XZ", "2"),
    Command("view_yz", "View", "View YZ", "3"),
    Command("view_xy_back", "View", "View XY from behind", "Shift+1"),
    Command("view_xz_back", "View", "View XZ from behind", "Shift+2"),
    Command("view_yz_back", "View", "View YZ from behind", "Shift+3"),
    _separator("View"),
    Command("axes", "View", "Axes and scale bar", "A", "", True, True),
    Command("color_bar", "View", "Colour bar", "B", "", True, True),
    Command(
        "link_cameras",
        "View",
        "Link cameras",
        "",
        "Move all views of one cell together",
        True,
        False,
    ),
    Command("theme", "View", "Dark theme", "D", "", True, True),
    _separator("View"),
    Command(
        "connections",
        "View",
        "Connections",
        "Shift+C",
        "Draw synapses and gap junctions as lines, from the source (faint) to the target (strong)",
        True,
        False,
    ),
    Command(
        "hide_cell",
        "View",
        "Hide this cell",
        "Shift+H",
        "Hide the cell under the pointer, or that of the selected segment; it is simulated as before",
    ),
    Command(
        "show_only_cell",
        "View",
        "Show only this cell",
        "Shift+O",
        "Hide all cells but the one under the pointer, or that of the selected segment",
    ),
    Command("show_all_cells", "View", "Show all cells", "Shift+A", "Show the hidden cells again"),
    _arrangement("model", "As in the model", "Draw every cell where the model has it"),
    _arrangement("grid", "In a grid", "Draw the cells in rows; the model stays as it is"),
    _arrangement("circle", "In a circle", "Draw the cells in a circle; the model stays as it is"),
    _separator("View"),
    Command(
        "reset_layout",
        "View",
        "Reset layout",
        "",
        "Restore the default positions of docks and toolbar",
    ),
    Command("palette", "Help", "Command palette…", "Ctrl+Shift+P", "Find a command by name"),
    Command("shortcuts", "Help", "Shortcuts", "F1 H"),
    Command(
        "messages",
        "Help",
        "Messages and log",
        "",
        "Show the messages since the start, and where the log file is",
    ),
    Command("about", "Help", "About Somascope"),
)

MENUS = ("File", "Simulation", "Record", "View", "Help")


def build_actions(window: QMainWindow) -> dict[str, QAction]:
    """Make an action for every command and add it to its menu; return the actions by id."""
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
    """Return the keys of a command as this system writes them: ``"F1 or H"``."""
    return _keys_text(next(each for each in COMMANDS if each.id == id_))


def _keys_text(command: Command) -> str:
    keys = (QKeySequence(key) for key in command.keys.split())
    return " or ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def full_name(action: QAction) -> str:
    """Return an action's name, with the name of the choice it belongs to: ``"Simulator: Jaxley"``."""
    choice = action.property("choice")
    name = action.text().replace("&&", "&")
    return f"{choice}: {name}" if choice else name


def _set_up_menu(menu: QMenu, name: str) -> QMenu:
    menu.setObjectName(f"menu-{name.lower()}")
    menu.setToolTipsVisible(True)
    return menu


def _group_of(choice: str, groups: dict[str, QActionGroup], window: QMainWindow) -> QActionGroup:
    if choice not in groups:
        groups[choice] = QActionGroup(window)
        # A script may use a simulator that is none of the options.
        groups[choice].setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
    return groups[choice]


def action_of(window: QMainWindow, command: Command) -> QAction:
    """Return a window's action for a command, with the keys in its tooltip."""
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
    action.setProperty("choice", command.choice)
    window.addAction(action)
    return action
