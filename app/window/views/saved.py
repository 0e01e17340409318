"""`SavedArrangements`: the sizes and tabs that a user has chosen, by a scene's title and the shape of its layout."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from app.window.settings import Settings
from app.window.views.area import Arranged
from backends.layout import LayoutNode

MOST = 40


class SavedArrangements:
    """At most `MOST` of them in the settings; the one that was changed longest ago goes first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self, title: str, tree: LayoutNode | None) -> Arranged | None:
        """Return what is saved for a layout, None for nothing."""
        return _arranged_of(self._load().get(_key(title, tree)))

    def write(self, title: str, tree: LayoutNode | None, arranged: Arranged) -> None:
        """Save what a user has chosen."""
        saved, key = self._load(), _key(title, tree)
        saved.pop(key, None)
        saved[key] = {"shares": arranged.shares, "tabs": arranged.tabs}
        self._store(saved)

    def remove(self, title: str, tree: LayoutNode | None) -> None:
        """Forget what a user has chosen."""
        saved = self._load()
        if saved.pop(_key(title, tree), None) is not None:
            self._store(saved)

    def _load(self) -> dict[str, Any]:
        try:
            saved = json.loads(self._settings.view_arrangements or "{}")
        except ValueError:
            return {}
        return saved if isinstance(saved, dict) else {}

    def _store(self, saved: dict[str, Any]) -> None:
        newest = dict(list(saved.items())[-MOST:])
        self._settings.view_arrangements = json.dumps(newest, separators=(",", ":"))


def _key(title: str, tree: LayoutNode | None) -> str:
    return hashlib.sha256(f"{title}\n{tree!r}".encode()).hexdigest()[:16]


def _arranged_of(saved: Any) -> Arranged | None:
    """Return what was saved; None for what cannot have been saved by this."""
    try:
        shares = {str(at): [float(x) for x in sizes] for at, sizes in saved["shares"].items()}
        tabs = {str(at): int(index) for at, index in saved["tabs"].items()}
    except (TypeError, ValueError, KeyError, AttributeError):
        return None
    are_sizes = all(
        math.isfinite(x) and x >= 0 for sizes in shares.values() for x in sizes
    ) and all(sum(sizes) > 0 for sizes in shares.values())
    return Arranged(shares, tabs) if are_sizes else None
