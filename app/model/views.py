"""`ResolvedViews`: a scene's views with the present values of what they are bound to. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from backends.errors import ProtocolError
from backends.scene import Scene
from backends.views import MorphologyViewSpec, RasterViewSpec, TracePlotViewSpec, ViewSpec, resolved


class ResolvedViews:
    """The views of one scene, in its order.

    Parameters
    ----------
    report : callable
        Called with a sentence and a code where the state has a value that does not suit a view, which then stays
        as it was.
    """

    def __init__(self, report: Callable[[str, str], None]) -> None:
        self.by_id: dict[str, ViewSpec] = {}
        self._report = report

    def resolve(
        self, scene: Scene, state: Mapping[str, Any], changed: set[str] | None = None
    ) -> list[str]:
        """Resolve the views that depend on a part of the state, or all; return the ids of those that have changed."""
        before, self.by_id = self.by_id, {}
        for view in scene.views:
            depends = changed is None or view.bound_keys() & changed
            self.by_id[view.id] = (
                self._resolved(view, state, before.get(view.id)) if depends else before[view.id]
            )
        return [
            id_ for id_, now in self.by_id.items() if id_ in before and not _same(now, before[id_])
        ]

    def _resolved(
        self, view: ViewSpec, state: Mapping[str, Any], before: ViewSpec | None
    ) -> ViewSpec:
        try:
            return resolved(view, state)
        except ProtocolError as error:
            self._report(f"{error.message}; the view stays as it was.", error.code)
            return (
                before if before is not None and type(before) is type(view) else resolved(view, {})
            )

    def plots(self) -> list[TracePlotViewSpec]:
        """Return the trace plots."""
        return [each for each in self.by_id.values() if isinstance(each, TracePlotViewSpec)]

    def morphologies(self) -> list[MorphologyViewSpec]:
        """Return the views of cells."""
        return [each for each in self.by_id.values() if isinstance(each, MorphologyViewSpec)]

    def has_raster_of(self, field_id: str) -> bool:
        """Whether a raster shows a field."""
        rasters = [each for each in self.by_id.values() if isinstance(each, RasterViewSpec)]
        return any(field_id in each.field_ids for each in rasters)


def _same(one: ViewSpec, other: ViewSpec) -> bool:
    """Whether two views are equal; False where an author's values cannot be compared, as arrays."""
    try:
        return one == other
    except ValueError:
        return False
