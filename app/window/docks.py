"""`DOCKS`: the table of docks. To add a panel, add a row."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from app.ui.plain import PlainLabel

AREA = Qt.DockWidgetArea


@dataclass(frozen=True, slots=True)
class DockRow:
    """One dock.

    Attributes
    ----------
    id : str
        Part of its object name, by which the layout is saved.
    size : int
        Initial width (height at the bottom), px.
    splits : bool
        Below the previous dock of its area; otherwise they are tabs.
    """

    id: str
    title: str
    area: Qt.DockWidgetArea
    size: int
    splits: bool = False


DOCKS: tuple[DockRow, ...] = (
    DockRow("cell", "Cell", AREA.LeftDockWidgetArea, 300),
    DockRow("archive", "NeuroMorpho", AREA.LeftDockWidgetArea, 300),
    DockRow("controls", "Controls", AREA.RightDockWidgetArea, 290),
    DockRow("inspector", "Inspector", AREA.RightDockWidgetArea, 290, splits=True),
    DockRow("traces", "Traces", AREA.BottomDockWidgetArea, 270),
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
    place_docks(window, docks)
    return docks


def place_docks(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Put every dock at its place in the table."""
    last_in: dict[Qt.DockWidgetArea, QDockWidget] = {}
    for row in DOCKS:
        dock = docks[row.id]
        dock.setFloating(False)
        window.addDockWidget(row.area, dock)
        if row.area in last_in:
            if row.splits:
                window.splitDockWidget(last_in[row.area], dock, Qt.Orientation.Vertical)
            else:
                window.tabifyDockWidget(last_in[row.area], dock)
        last_in[row.area] = dock
        dock.show()
    docks[DOCKS[0].id].raise_()  # the first of the tabbed docks is in front
    for row in DOCKS:
        across = (
            Qt.Orientation.Vertical
            if row.area is AREA.BottomDockWidgetArea
            else Qt.Orientation.Horizontal
        )
        window.resizeDocks([docks[row.id]], [row.size], across)


def _make_dock(window: QMainWindow, row: DockRow) -> QDockWidget:
    dock = QDockWidget(row.title, window)
    dock.setObjectName(f"dock-{row.id}")
    dock.setWidget(PlainLabel(""))
    return dock


def set_widget(dock: QDockWidget, widget: QWidget) -> None:
    """Put `widget` into a dock and delete the widget it replaces."""
    old = dock.widget()
    dock.setWidget(widget)
    if old is not None:
        old.deleteLater()
