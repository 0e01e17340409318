"""The actions of a session in menu, command palette and shortcuts; their buttons are in the Controls panel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from app.actions import COMMANDS
from app.model import Model
from app.notices import Notice, Notices
from app.ui.plain import menu_text, plain_tip
from backends.controls import ActionSpec
from backends.scene import PanelSpec, Scene

MENU = "Model"


def chosen_actions(scene: Scene) -> list[ActionSpec]:
    """Return the actions that a scene shows, in its order: all where its layout chooses none."""
    known = {each.id: each for each in scene.actions}
    panels = choosing_panels(scene)
    if not panels:
        return list(scene.actions)
    return [known[id_] for panel in panels for id_ in panel.action_ids if id_ in known]


def choosing_panels(scene: Scene) -> list[PanelSpec]:
    """Return the panels of a scene's layout that choose controls or actions."""
    panels = scene.layout.of_kind("controls")
    return [panel for panel in panels if panel.control_ids or panel.action_ids]


def action_order(scene: Scene) -> list[ActionSpec]:
    """Return `chosen_actions`, each once."""
    return list({each.id: each for each in chosen_actions(scene)}.values())


def with_usable_keys(specs: Iterable[ActionSpec]) -> tuple[list[ActionSpec], list[str]]:
    """Return actions with those of their shortcuts that work, in Qt's spelling; and a sentence for each other one.

    The window's own keys stay the window's, and of two actions with the same key the first has it.
    """
    owners = {
        QKeySequence(key).toString(): f"Somascope's own ({command.text.rstrip('…')})"
        for command in COMMANDS
        for key in command.keys.split()
    }
    usable, refusals = [], []
    for spec in specs:
        keys = []
        for written in spec.shortcuts:
            key = QKeySequence(written).toString()
            reason = owners.get(key) if key else "not the name of a key"
            if reason is None:
                keys.append(key)
                owners[key] = f"the key of {spec.label}"
            elif key not in keys:
                words = f"{spec.label} has no key {written}, which is {reason}"
                refusals.append(f"{words}: give it another one in ActionSpec.shortcuts.")
        usable.append(replace(spec, shortcuts=tuple(keys)))
    return usable, refusals


class SessionActions(QObject):
    """Keeps a menu of the window, and its keys, at the actions of the open session.

    Parameters
    ----------
    invoke : callable
        Called with the id of an action that the user has chosen.

    Attributes
    ----------
    actions : list of QAction
        For the command palette.
    """

    def __init__(
        self,
        window: QMainWindow,
        model: Model,
        notices: Notices,
        invoke: Callable[[str], object],
    ) -> None:
        super().__init__(window)
        self.actions: list[QAction] = []
        self._window = window
        self._model = model
        self._notices = notices
        self._invoke = invoke
        self._specs: list[ActionSpec] = []
        self._menu = QMenu(f"&{MENU}", window)
        self._menu.setObjectName("menu-model")
        self._menu.setToolTipsVisible(True)
        view = window.findChild(QMenu, "menu-view")
        window.menuBar().insertMenu(view.menuAction(), self._menu)
        self._menu.menuAction().setVisible(False)
        model.sceneChanged.connect(self._show_scene)
        model.layoutChanged.connect(self._show_scene)

    def _show_scene(self) -> None:
        specs = action_order(self._model.scene)
        if specs == self._specs:
            return
        self._specs = specs
        for action in self.actions:
            self._window.removeAction(action)
            action.deleteLater()
        self._menu.clear()
        usable, refusals = with_usable_keys(specs)
        self.actions = [self._action_of(spec) for spec in usable]
        self._menu.addActions(self.actions)
        self._window.addActions(self.actions)
        self._menu.menuAction().setVisible(bool(specs))
        for sentence in refusals:
            self._notices.post(Notice("warning", sentence))

    def _action_of(self, spec: ActionSpec) -> QAction:
        action = QAction(menu_text(spec.label), self)
        action.setShortcuts([QKeySequence(key) for key in spec.shortcuts])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setToolTip(plain_tip(spec.note or spec.label))
        action.setProperty("choice", MENU)
        action.triggered.connect(lambda _=False, id_=spec.id: self._invoke(id_))
        return action
