"""`NetworkCommands`: hides, isolates and arranges the cells of a network, and draws their connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.model import Model
from app.model.shown_cells import ARRANGEMENTS
from app.ui.plain import plain_tip

ONE_CELL = "This model has one cell."
NO_CELL = "Select a segment of a cell first, or point at it and use the key."
LAST_CELL = "It is the only cell that is shown."
ALL_SHOWN = "All cells are shown."
NO_CONNECTIONS = "This model has no connections between its segments."


class NetworkCommands(QObject):
    """Acts on the cells of the view that the pointer was on last; what it changes is shown in all views of them.

    Parameters
    ----------
    actions : mapping of str to QAction
        Those of the window, by id. They are enabled where they can be used, and say otherwise why not.
    """

    def __init__(self, model: Model, actions: Mapping[str, QAction], parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._actions = actions
        self._tips = {id_: actions[id_].toolTip() for id_ in self.handlers()}
        shown = model.shown_cells
        for signal in (
            shown.changed, model.sceneChanged, model.selectionChanged, model.hoverChanged, model.focusChanged,
        ):  # fmt: skip
            signal.connect(self.show)
        model.viewChanged.connect(lambda _: self.show())
        self.show()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return the function of each command, by id."""
        return {
            "connections": self.switch_connections,
            "hide_cell": lambda: self.hide(self._target()),
            "show_only_cell": lambda: self.show_only(self._target()),
            "show_all_cells": self.show_all,
            **{f"arrange_{each}": partial(self.arrange, each) for each in ARRANGEMENTS},
        }

    def _target(self) -> int:
        """Return the shown cell under the pointer, or that of the selected segment, or -1."""
        model = self._model
        shown = model.shown_cells.shown(model.geometry)
        cells = map(model.cell_of, (model.hovered, model.selected))
        return next((cell for cell in cells if cell in shown), -1)

    def hide(self, cell: int) -> None:
        """Hide a cell; nothing for -1, or for the last one."""
        geometry = self._model.geometry
        if geometry is not None and cell >= 0:
            self._model.hover(-1)
            self._model.shown_cells.hide(geometry, cell)

    def show_only(self, cell: int) -> None:
        """Hide all cells but one; nothing for -1."""
        geometry = self._model.geometry
        if geometry is not None and cell >= 0:
            self._model.hover(-1)
            self._model.shown_cells.show_only(geometry, cell)

    def show_all(self) -> None:
        """Hide no cell."""
        geometry = self._model.geometry
        if geometry is not None:
            self._model.shown_cells.show_all(geometry)

    def arrange(self, arrangement: str) -> None:
        """Draw the cells where the model has them, or elsewhere."""
        geometry = self._model.geometry
        if geometry is not None:
            self._model.shown_cells.arrange(geometry, arrangement)
        self.show()  # otherwise a click on the present one would uncheck it

    def switch_connections(self) -> None:
        """Let the view draw its connections or not, as the menu entry is checked."""
        view = self._model.morphology_view
        if view is not None:
            checked = self._actions["connections"].isChecked()
            self._model.shown_cells.draw_connections(view, checked)

    def show(self) -> None:
        """Show which commands can be used, and what is chosen."""
        model, shown = self._model, self._model.shown_cells
        geometry, view = model.geometry, model.morphology_view
        several = "" if shown.n_cells(geometry) > 1 else ONE_CELL
        cell = NO_CELL if self._target() < 0 else ""
        is_last = len(shown.shown(geometry)) == 1
        is_all = len(shown.shown(geometry)) == shown.n_cells(geometry)
        self._enable("hide_cell", several or (LAST_CELL if is_last else cell))
        self._enable("show_only_cell", several or (LAST_CELL if is_last else cell))
        self._enable("show_all_cells", several or (ALL_SHOWN if is_all else ""))
        for each in ARRANGEMENTS:
            self._enable(f"arrange_{each}", several)
            self._actions[f"arrange_{each}"].setChecked(
                not several and each == shown.of(geometry).arrangement
            )
        has = bool(shown.connections_of(geometry)) and view is not None
        self._enable("connections", "" if has else NO_CONNECTIONS)
        draws = has and view is not None and shown.draws_connections(view)
        self._actions["connections"].setChecked(draws)

    def _enable(self, id_: str, reason: str) -> None:
        """Enable a command, or say in its tip why it cannot be used."""
        action = self._actions[id_]
        action.setEnabled(not reason)
        action.setToolTip(plain_tip(reason or self._tips[id_]))

    def add_to_menu(self, menu: QMenu, segment: int) -> None:
        """Add what can be done with a segment's cell, or with all of them (-1), to a context menu."""
        model, shown = self._model, self._model.shown_cells
        geometry = model.geometry
        menu.addSeparator()
        if shown.n_cells(geometry) > 1:
            cell = model.cell_of(segment)
            if geometry is not None and cell >= 0:
                can_hide = len(shown.shown(geometry)) > 1
                for id_, do in (("hide_cell", self.hide), ("show_only_cell", self.show_only)):
                    text = self._actions[id_].text()
                    menu.addAction(text, partial(do, cell)).setEnabled(can_hide)
            menu.addAction(self._actions["show_all_cells"])
            if segment < 0:
                arrange = menu.addMenu("Arrange cells")
                arrange.addActions([self._actions[f"arrange_{each}"] for each in ARRANGEMENTS])
        if shown.connections_of(geometry):
            menu.addAction(self._actions["connections"])
