"""`Settings`: what is saved between starts."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from app.session.recent import Recent

_MAX_RECENT = 8
_MOST_FOLDED = 100  # models whose folded groups are remembered
_MOST_AGREED = 500  # models that may run their code without a question
LAYOUT_VERSION = 3


class Settings:
    """Window layout, theme, simulator and recent files, in the user's settings file.

    Parameters
    ----------
    store : QSettings or None
        None is the user's file; tests pass a temporary one.

    Attributes
    ----------
    n_dropped : int
        Entries of the recent files that were no text, and were left out.
    """

    n_dropped: int = 0

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "somascope", "somascope"
        )

    @property
    def theme(self) -> str:
        """``"dark"`` or ``"light"``."""
        return str(self._store.value("theme", "dark"))

    @theme.setter
    def theme(self, name: str) -> None:
        self._store.setValue("theme", name)

    @property
    def backend(self) -> str:
        """Simulator that cells are opened on: ``"neuron"`` or ``"jaxley"``."""
        return str(self._store.value("backend", "neuron"))

    @backend.setter
    def backend(self, name: str) -> None:
        self._store.setValue("backend", name)

    @property
    def precision(self) -> str:
        """Precision of Jaxley: ``"float64"`` or ``"float32"``."""
        return str(self._store.value("precision", "float64"))

    @precision.setter
    def precision(self, name: str) -> None:
        self._store.setValue("precision", name)

    @property
    def window_geometry(self) -> QByteArray | None:
        """Position and size of the window."""
        return self._bytes("window/geometry")

    @property
    def window_state(self) -> QByteArray | None:
        """Layout of docks and toolbars."""
        return self._bytes(f"window/state-{LAYOUT_VERSION}")

    @property
    def is_arranged(self) -> bool:
        """Whether the user has arranged the docks, so that the program leaves them alone."""
        return str(self._store.value("window/arranged", "")) == "yes"

    @is_arranged.setter
    def is_arranged(self, arranged: bool) -> None:
        self._store.setValue("window/arranged", "yes" if arranged else "")

    @property
    def reloads_on_save(self) -> bool:
        """Whether an open script is built again as soon as its file changes."""
        return str(self._store.value("reload-on-save", "")) == "yes"

    @reloads_on_save.setter
    def reloads_on_save(self, reloads: bool) -> None:
        self._store.setValue("reload-on-save", "yes" if reloads else "")

    @property
    def inspector(self) -> str:
        """``"open"`` or ``"closed"`` by the user; "" if it opens with what it shows."""
        return str(self._store.value("window/inspector", ""))

    @inspector.setter
    def inspector(self, wish: str) -> None:
        self._store.setValue("window/inspector", wish)

    @property
    def view_arrangements(self) -> str:
        """Sizes and tabs of the views of scenes, as `app.window.views.saved` writes them."""
        return str(self._store.value("views/arrangements", ""))

    @view_arrangements.setter
    def view_arrangements(self, text: str) -> None:
        self._store.setValue("views/arrangements", text)

    @property
    def shows_facts(self) -> bool:
        """Whether the facts in the Cell panel are unfolded."""
        return str(self._store.value("facts", "")) == "shown"

    def keep_facts_shown(self, shown: bool) -> None:
        """Remember whether the facts are unfolded."""
        self._store.setValue("facts", "shown" if shown else "")

    def folded_groups(self, title: str) -> list[str]:
        """Return the groups of controls that are folded in the model of that title."""
        found = self._all_folded().get(title, [])
        return [str(each) for each in found] if isinstance(found, list) else []

    def keep_folded(self, title: str, group: str, is_folded: bool) -> None:
        """Remember whether a group of controls is folded in the model of that title."""
        groups = [each for each in self.folded_groups(title) if each != group]
        models = {name: each for name, each in self._all_folded().items() if name != title}
        if is_folded:
            groups.append(group)
        if groups:
            models[title] = groups
        kept = dict(list(models.items())[-_MOST_FOLDED:])
        self._store.setValue("controls/folded", json.dumps(kept))

    def _all_folded(self) -> dict[str, Any]:
        try:
            found = json.loads(str(self._store.value("controls/folded", "{}")))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def save_window(self, geometry: QByteArray, state: QByteArray) -> None:
        """Save the layout."""
        self._store.setValue("window/geometry", geometry)
        self._store.setValue(f"window/state-{LAYOUT_VERSION}", state)
        self._store.sync()

    def clear_window(self) -> None:
        """Delete the saved layout, so that the next window has the default one."""
        self._store.remove("window")

    @property
    def recent(self) -> list[Recent]:
        """Recent files and cells that can still be opened, latest first."""
        stored = self._store.value("recent", [])
        listed = stored if isinstance(stored, list) else [stored]
        entries = [each for each in listed if isinstance(each, str)]
        self.n_dropped = len(listed) - len(entries)
        return [found for found in map(Recent.from_setting, entries) if found.can_be_opened]

    def add_recent(self, recent: Recent) -> None:
        """Add an entry at the top of the recent files."""
        rest = [each for each in self.recent if each.text != recent.text]
        entries = [each.as_setting for each in [recent, *rest][:_MAX_RECENT]]
        self._store.setValue("recent", entries)

    def is_agreed(self, digest: str) -> bool:
        """Whether the user has agreed that the program files of this digest run."""
        return bool(digest) and digest in self._agreed()

    def keep_agreed(self, digest: str) -> None:
        """Remember that the program files of this digest may run; "" is not remembered."""
        if digest:
            rest = [each for each in self._agreed() if each != digest]
            self._store.setValue("models/agreed", [*rest, digest][-_MOST_AGREED:])

    def _agreed(self) -> list[str]:
        stored = self._store.value("models/agreed", [])
        listed = stored if isinstance(stored, list) else [stored]
        return [each for each in listed if isinstance(each, str)]

    def _bytes(self, key: str) -> QByteArray | None:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else None
