"""What the title bar of a panel and an empty plot say."""

from __future__ import annotations

from app.presenters.captions import PLAIN_TITLES
from app.window.views.tree import title_of
from backends.layout import PanelSpec
from backends.scene import UNTITLED, Scene
from backends.views import TracePlotViewSpec, View

_CLICK = "Click a segment, or press T for the soma."
_NO_SAMPLES = "No samples yet."


def panel_texts(panel: PanelSpec, view: View, scene: Scene) -> tuple[str, str]:
    """Return the title of a panel, and what stands on its right: the view's own title where it is another, the unit."""
    own = title_of(view)
    own = "" if own in PLAIN_TITLES else own
    given = scene.title if panel.title == UNTITLED else panel.title
    given = "" if given in PLAIN_TITLES else given
    label = str(getattr(view, "label", "") or getattr(view, "y_label", ""))
    title = given or own or label or view.id
    unit = getattr(view, "unit", None) or getattr(view, "y_unit", None) or ""
    return title, "  ·  ".join(text for text in (own if own != title else "", unit) if text)


def empty_hint_of(view: View, scene: Scene) -> str:
    """Return what a plot without traces says."""
    first = scene.trace_view
    takes_clicks = (
        isinstance(view, TracePlotViewSpec)
        and view.series is None
        and first is not None
        and view.field_id == first.field_id
        and scene.morphology_view is not None
    )
    return _CLICK if takes_clicks else _NO_SAMPLES
