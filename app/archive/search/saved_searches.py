"""`SavedSearches`: searches by name, in a small JSON file next to the settings."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import QSettings

from app.archive.search.query_state import QueryState
from app.export.files import write_json


class SavedSearches:
    """Searches by name; every change is written at once, and atomically.

    Parameters
    ----------
    path : Path or None
        None is ``searches.json`` next to the user's settings.

    Attributes
    ----------
    states : dict of str to QueryState
    problem : str
        A sentence if the file could not be read or written; "" if it could.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self.problem = ""
        self.states: dict[str, QueryState] = {}
        self._read()

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in alphabetical order."""
        return tuple(sorted(self.states, key=lambda name: (name.casefold(), name)))

    def save(self, name: str, state: QueryState) -> bool:
        """Save a search, in place of one of that name.

        False if the name is blank, or if it could not be written (`problem`).
        """
        name = " ".join(name.split())
        return bool(name) and self._write({**self.states, name: state})

    def remove(self, name: str) -> bool:
        """Remove a search; False if that could not be written (`problem`)."""
        return self._write({each: state for each, state in self.states.items() if each != name})

    def _read(self) -> None:
        try:
            searches = json.loads(self.path.read_text(encoding="utf-8"))["searches"]
            self.states = {name: QueryState.from_json(each) for name, each in searches.items()}
        except FileNotFoundError:
            return
        except OSError as error:
            self.problem = f"The saved searches in {self.path} cannot be read: {error.strerror}."
        except (ValueError, LookupError, TypeError, AttributeError):
            damaged = self.path.with_name(self.path.name + ".damaged")
            with contextlib.suppress(OSError):
                os.replace(self.path, damaged)
            self.problem = (
                f"The saved searches in {self.path} are damaged; they were renamed to {damaged.name}, "
                "and new ones can be saved."
            )

    def _write(self, states: dict[str, QueryState]) -> bool:
        searches = {name: asdict(state) for name, state in states.items()}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_json(self.path, {"format": 1, "searches": searches})
        except OSError as error:
            self.problem = (
                f"The search could not be saved in {self.path}: {error.strerror}; free some space "
                "or change the folder's permissions, and save again."
            )
            return False
        self.states, self.problem = states, ""
        return True


def default_path() -> Path:
    """Return ``searches.json`` in the folder of the user's settings."""
    settings = QSettings(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, "somascope", "somascope"
    )
    return Path(settings.fileName()).with_name("searches.json")
