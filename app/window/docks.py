"""`DOCKS`: the table of docks. To add a panel, add a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from app.ui.plain import PlainLabel
from app.window.arrangement import Arrangement
from app.window.dock_title import DockTitle

AREA = Qt.DockWidgetArea
_INSPECTOR_PX = 260
_CONTROLS_PX, _CONTROLS_BELOW_ARCHIVE_PX = 232, 120


@dataclass(frozen=True, slots=True)
class DockRow:
    """One dock.

    Attributes
    ----------
    id : str
        Part of its object name, by which the layout is saved.
    area : DockWidgetArea
        Where it is, as a tab of the dock before it, unless `place_docks` has a place for it.
    size : int
        Initial width (height at the bottom), px, of a dock that `place_docks` does not know.
    """

    id: str
    title: str
    area: Qt.DockWidgetArea
    size: int = 0


DOCKS: tuple[DockRow, ...] = (
    DockRow("cell", "Cell", AREA.LeftDockWidgetArea),
    DockRow("archive", "NeuroMorpho", AREA.LeftDockWidgetArea),
    DockRow("controls", "Controls", AREA.RightDockWidgetArea),
    DockRow("inspector", "Inspector", AREA.RightDockWidgetArea),
    DockRow("traces", "Traces", AREA.BottomDockWidgetArea),
)


def build_docks(window: QMainWindow) -> dict[str, QDockWidget]:
    """Make every dock, empty and in its place; return them by id."""
    window.setDockOptions(
        QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks
    )
    for corner, area in (
        (Qt.Corner.BottomLeftCorner, AREA.LeftDockWidgetArea),
        (Qt.Corner.BottomRightCorner, AREA.RightDockWidgetArea),
    ):
        window.setCorner(corner, area)
    docks = {row.id: _make_dock(window, row) for row in DOCKS}
    place_docks(window, docks, Arrangement(False, False, 270, 300, 290))
    docks["inspector"].hide()  # until there is a segment to show
    return docks


def place_docks(
    window: QMainWindow, docks: Mapping[str, QDockWidget], arrangement: Arrangement
) -> None:
    """Put the docks at their places; those that are hidden stay so.

    Cell and NeuroMorpho, which may have the keyboard focus, are moved only if they are not on the left.
    """
    left, right = AREA.LeftDockWidgetArea, AREA.RightDockWidgetArea
    across, along = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    hidden = [dock for dock in docks.values() if dock.isHidden()]
    in_front = "archive" if is_in_front(docks["archive"]) else "cell"
    is_tabbed = docks["archive"] in window.tabifiedDockWidgets(docks["cell"])
    stays = (
        ("cell", "archive") if is_tabbed and window.dockWidgetArea(docks["cell"]) == left else ()
    )
    for id_, dock in docks.items():
        if id_ not in stays:
            window.removeDockWidget(dock)
            dock.setFloating(False)
    if not stays:
        window.addDockWidget(left, docks["cell"])
        window.tabifyDockWidget(docks["cell"], docks["archive"])
    if arrangement.is_beside:
        window.addDockWidget(right, docks["traces"])
    else:
        window.addDockWidget(AREA.BottomDockWidgetArea, docks["traces"])
    if arrangement.is_compact:
        window.addDockWidget(left, docks["controls"], along)
        window.tabifyDockWidget(docks["archive"], docks["inspector"])
    elif arrangement.is_beside:
        window.splitDockWidget(docks["traces"], docks["controls"], across)
        window.splitDockWidget(docks["controls"], docks["inspector"], along)
    else:
        window.addDockWidget(right, docks["controls"])
        window.splitDockWidget(docks["controls"], docks["inspector"], along)
    _place_others(window, docks)
    for dock in docks.values():
        dock.setVisible(dock not in hidden)
    docks[in_front].raise_()
    size_docks(window, docks, arrangement)


def size_docks(
    window: QMainWindow, docks: Mapping[str, QDockWidget], arrangement: Arrangement
) -> None:
    """Give the docks, where they are, the sizes of an arrangement."""
    across, along = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    columns = {"cell": arrangement.left_px, "controls": arrangement.right_px}
    if arrangement.is_compact:
        del columns["controls"]
    if arrangement.is_beside:
        columns["traces"] = arrangement.traces_px
    else:
        window.resizeDocks([docks["traces"]], [arrangement.traces_px], along)
    window.resizeDocks([docks[id_] for id_ in columns], list(columns.values()), across)
    _share_height(window, docks, arrangement)


def _share_height(
    window: QMainWindow, docks: Mapping[str, QDockWidget], arrangement: Arrangement
) -> None:
    """Share the height of the column that Controls are in; they get less below a search."""
    along = Qt.Orientation.Vertical
    height = docks["cell"].height() + docks["controls"].height()
    if arrangement.is_compact:
        least = _CONTROLS_BELOW_ARCHIVE_PX if is_in_front(docks["archive"]) else _CONTROLS_PX
        sizes = [max(height - least, 1), least]
        window.resizeDocks([docks["cell"], docks["controls"]], sizes, along)
    elif not docks["inspector"].isHidden():
        height = docks["controls"].height() + docks["inspector"].height()
        sizes = [max(height - _INSPECTOR_PX, 1), _INSPECTOR_PX]
        window.resizeDocks([docks["controls"], docks["inspector"]], sizes, along)


def _place_others(window: QMainWindow, docks: Mapping[str, QDockWidget]) -> None:
    """Put the docks of further rows behind the last dock of their area."""
    last_in: dict[Qt.DockWidgetArea, QDockWidget] = {}
    for row in DOCKS:
        dock = docks[row.id]
        if row.size:
            window.addDockWidget(row.area, dock)
            if row.area in last_in:
                window.tabifyDockWidget(last_in[row.area], dock)
        last_in[window.dockWidgetArea(dock)] = dock


def is_in_front(dock: QDockWidget) -> bool:
    """Whether a dock is visible, and not behind another tab."""
    return not dock.visibleRegion().isEmpty()


def _make_dock(window: QMainWindow, row: DockRow) -> QDockWidget:
    dock = QDockWidget(row.title, window)
    dock.setObjectName(f"dock-{row.id}")
    dock.setTitleBarWidget(DockTitle(dock))
    dock.toggleViewAction().setProperty("choice", "Panel")  # its name in the command palette
    dock.setWidget(PlainLabel(""))
    return dock


def set_widget(dock: QDockWidget, widget: QWidget) -> None:
    """Put `widget` into a dock and delete the widget it replaces."""
    old = dock.widget()
    dock.setWidget(widget)
    if old is not None:
        old.deleteLater()
