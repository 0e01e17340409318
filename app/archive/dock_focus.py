"""Where the keyboard goes in the dock of the archive, and which keys are its own while it has the keyboard.

F6 goes from part to part, a fold's key goes into it and out again, Esc closes the fold that one is in. Return
presses whatever button has the keyboard: Space, which would, is the window's and runs the simulation. Home, End
and Del, which the window has verbs for, mean the rows and chips here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QToolButton, QWidget

if TYPE_CHECKING:
    from app.archive.dock import ArchiveDock

_OWN_KEYS = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Delete)
_MARGIN = 8  # px
_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True)
class DockPart:
    """A part of the dock: where it is, what goes into it, and the button that folds it away."""

    widget: QWidget
    enter: Callable[[], object]
    fold: QAbstractButton | None = None

    @property
    def has_focus(self) -> bool:
        """Whether the keyboard is in it, or on its fold."""
        focus = self.widget.window().focusWidget()
        if focus is None:
            return False
        return focus in (self.widget, self.fold) or self.widget.isAncestorOf(focus)


def parts_of(dock: ArchiveDock) -> dict[str, DockPart]:
    """Return the parts in the order in which F6 goes through them."""
    detail, queue = dock.detail, dock.queue

    def go_to_queue() -> None:
        places = (queue.view, queue.go_button, queue.retry_button, queue.clear_button)
        place = next((each for each in places if each.isVisible() and each.isEnabled()), None)
        (place or dock.queue_button).setFocus(Qt.FocusReason.ShortcutFocusReason)

    return {
        "search": DockPart(dock.search, dock.search.focus_line),
        "filter": DockPart(dock.filters, dock.filters.go_to_first, dock.filter_button),
        "results": DockPart(dock.results, dock.results.go_to_first),
        "details": DockPart(
            detail,
            lambda: detail.tabs.tabBar().setFocus(Qt.FocusReason.ShortcutFocusReason),
            dock.detail_button,
        ),
        "downloads": DockPart(queue, go_to_queue, dock.queue_button),
    }


def step(dock: ArchiveDock, by: int) -> None:
    """Go to the next part in view, or to the one before; from outside, to the search."""
    places = [
        each
        for name, each in parts_of(dock).items()
        if each.widget.isVisible() and (name != "results" or dock.results.has_rows)
    ]
    at = next((i for i, each in enumerate(places) if each.has_focus), None)
    places[0 if at is None else (at + by) % len(places)].enter()


def toggle(dock: ArchiveDock, name: str) -> None:
    """Go into a part, unfolded if need be; out of it, folded again, if the keyboard is in it."""
    part = parts_of(dock)[name]
    fold = part.fold
    if part.widget.isVisible() and not part.has_focus:
        part.enter()
    elif part.has_focus and fold is not None and fold.isVisible() and fold.isChecked():
        fold.setChecked(False)
        leave(dock)
    elif part.has_focus:
        leave(dock)
    elif fold is not None and fold.isEnabled():
        fold.setChecked(True)
        part.enter()


def close_fold(dock: ArchiveDock) -> bool:
    """Fold away the part that the keyboard is in, else the last that is open; return whether there was one."""
    folds = [
        each
        for each in parts_of(dock).values()
        if each.fold is not None and each.fold.isVisible() and each.fold.isChecked()
    ]
    if not folds:
        return False
    part = next((each for each in folds if each.has_focus), folds[-1])
    assert part.fold is not None
    part.fold.setChecked(False)
    leave(dock)
    return True


def leave(dock: ArchiveDock) -> None:
    """Give the keyboard to the rows, or to the search where there are none."""
    if dock.results.has_rows and dock.results.isVisible():
        dock.results.go_to_first()
    else:
        dock.search.focus_line()


def bring_into_view(dock: ArchiveDock, focus: QWidget | None) -> None:
    """Scroll to what has the keyboard now: Qt does so only where it comes from the same scrolled place."""
    if focus is None or not dock.isAncestorOf(focus):
        return
    place = focus.parentWidget()
    while place is not None and place is not dock:
        if isinstance(place, QScrollArea):
            place.ensureWidgetVisible(focus, _MARGIN, _MARGIN)
        place = place.parentWidget()


def is_own(event: QEvent) -> bool:
    """Whether a key that the window has a verb for is wanted here."""
    return (
        event.type() == QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and event.key() in _OWN_KEYS
        and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
    )


def press(event: QKeyEvent, focus: QWidget | None) -> bool:
    """Press the button that has the keyboard at Return; return whether there was one."""
    if event.key() not in _RETURN or not isinstance(focus, QAbstractButton):
        return False
    popup = QToolButton.ToolButtonPopupMode.InstantPopup
    if isinstance(focus, QToolButton) and focus.menu() and focus.popupMode() == popup:
        focus.menu().popup(focus.mapToGlobal(focus.rect().bottomLeft()))
    else:
        focus.click()
    return True
