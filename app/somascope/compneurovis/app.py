"""`run_app`: opens the window on an app, or ends the import of the script."""

from __future__ import annotations

from typing import Any

from backends.compneurovis.app_view import AppView
from backends.compneurovis.specs.scene import AppSpec
from backends.inline.registry import registry

from ..opening import show


def run_app(app_spec: AppSpec) -> Any:
    """Open the window on an app and return when it is closed; see `somascope.show`."""
    registry().add(AppView(app_spec))
    return show(title=app_spec.title or "")
