"""Where the focus goes in the dock of the archive, and which keys the dock handles while it has the focus.

F6 goes from part to part, a fold's key goes into it and out again, Esc closes the fold that has the focus. Return
presses whatever button has the focus: Space, which normally would, is the window's key to run the simulation.
Home, End and Del, which are window commands elsewhere, act on rows and chips here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QToolButton, QWidget

from app.ui.keys import RETURN_KEYS, is_override

_OWN_KEYS = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Delete)


@dataclass(frozen=True)
class DockPart:
    """A part of the dock.

    Attributes
    ----------
    enter : callable
        Gives the part the focus.
    fold : QAbstractButton or None
        The button that shows and hides it.
    has_content : callable
        Whether there is anything in it to go to.
    """

    widget: QWidget
    enter: Callable[[], object]
    fold: QAbstractButton | None = None
    has_content: Callable[[], bool] = lambda: True

    @property
    def has_focus(self) -> bool:
        """Whether the focus is in it, or on its fold."""
        focus = self.widget.window().focusWidget()
        if focus is None:
            return False
        return focus in (self.widget, self.fold) or self.widget.isAncestorOf(focus)

    @property
    def is_reachable(self) -> bool:
        """Whether it is visible and has something to go to."""
        return self.widget.isVisible() and self.has_content()

    @property
    def is_unfolded(self) -> bool:
        """Whether its fold is in use and open."""
        return self.fold is not None and self.fold.isVisible() and self.fold.isChecked()


class DockFocus:
    """Moves the focus between the parts of the dock.

    Parameters
    ----------
    parts : mapping of str to DockPart
        In the order in which F6 goes through them.
    home : tuple of str
        Where the focus goes when a part is left: the first of these that is reachable.
    """

    def __init__(self, parts: Mapping[str, DockPart], home: tuple[str, ...]) -> None:
        self.parts = dict(parts)
        self._home = home

    def step(self, by: int) -> None:
        """Go to the next visible part, or to the one before; from outside, to the first."""
        parts = [each for each in self.parts.values() if each.is_reachable]
        at = next((i for i, each in enumerate(parts) if each.has_focus), None)
        parts[0 if at is None else (at + by) % len(parts)].enter()

    def toggle(self, name: str) -> None:
        """Go into a part and unfold it where needed; if it has the focus already, leave and fold it."""
        part = self.parts[name]
        if part.has_focus:
            self._fold(part)
            self.leave()
        elif part.widget.isVisible():
            part.enter()
        elif part.fold is not None and part.fold.isEnabled():
            part.fold.setChecked(True)
            part.enter()

    def close_fold(self) -> bool:
        """Fold the part that has the focus, else the last that is open; return whether there was one."""
        unfolded = [each for each in self.parts.values() if each.is_unfolded]
        if not unfolded:
            return False
        self._fold(next((each for each in unfolded if each.has_focus), unfolded[-1]))
        self.leave()
        return True

    def leave(self) -> None:
        """Give the focus to the part that is home now."""
        home = [self.parts[name] for name in self._home]
        next((each for each in home if each.is_reachable), home[-1]).enter()

    def _fold(self, part: DockPart) -> None:
        if part.fold is not None and part.is_unfolded:
            part.fold.setChecked(False)


def is_dock_key(event: QEvent) -> bool:
    """Whether the event is a key that the dock handles, although the window has a command for it."""
    if not is_override(event, *_OWN_KEYS):
        return False
    assert isinstance(event, QKeyEvent)
    return not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier


def press_button(event: QKeyEvent, focus: QWidget | None) -> bool:
    """Press the button that has the focus, if the key is Return; return whether there was one."""
    if event.key() not in RETURN_KEYS or not isinstance(focus, QAbstractButton):
        return False
    popup = QToolButton.ToolButtonPopupMode.InstantPopup
    if isinstance(focus, QToolButton) and focus.menu() and focus.popupMode() == popup:
        focus.menu().popup(focus.mapToGlobal(focus.rect().bottomLeft()))
    else:
        focus.click()
    return True
