"""`Plan`: where the panels of a scene's views stand: the author's layout without what is hidden, or a grid. No Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.model.traces import shows_captured
from backends.layout import LayoutNode, PanelSpec, Split, Tabs, panel_ids
from backends.scene import Scene
from backends.views import TracePlotViewSpec, View

_LARGE = ("morphology", "image", "surface", "state_graph")
_FEW = 3  # plots in a column beside the large views
_MANY = 6
_SHARES = {
    True: (3.0, 2.0),
    False: (1.0, 1.0),
}  # of large views and plots, by whether the plots are few
_SHARES_OF_MANY = (2.0, 3.0)
_WIDER = 1.5  # a plot is legible if it is wider than high
_ABOVE_THE_OTHERS = (2.0, 1.0)


@dataclass(frozen=True, slots=True)
class Place:
    """A panel of a view.

    Attributes
    ----------
    key : str
        Of the widget in it: the view's id, with a number where another panel shows that view too.
    """

    panel: PanelSpec
    key: str

    @property
    def view_id(self) -> str:
        """The view that it shows."""
        return self.panel.view_id or ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a scene is shown.

    Attributes
    ----------
    places : tuple of Place
        Also of panels that are hidden now.
    tree : str, Split, Tabs or None
        Where the panels stand that are shown, by id.
    is_plain : bool
        Whether the scene is a cell with at most one trace plot: the cell fills the middle without a title bar, and
        the plot is in its dock.
    dock_view : str
        The plot in the dock of traces: one that has no panel; "" for the traces that no plot shows.
    is_dock_asked_for : bool
        Whether the dock is open from the start, else with the first trace.
    """

    places: tuple[Place, ...]
    tree: LayoutNode | None
    is_plain: bool
    dock_view: str = ""
    is_dock_asked_for: bool = False


ALONE = ""
"""In the place of a panel's id: the cell that fills the middle."""


def plan_of(scene: Scene) -> Plan:
    """Return how a scene is shown."""
    if not scene.views or _is_plain(scene):
        cell, plot = scene.morphology_view, scene.trace_view
        own = next((each for each in scene.layout.panels if each.kind == "morphology"), None)
        key = "" if cell is None else cell.id
        place = Place(own or PanelSpec("cell", "morphology", "", view_id=key), key)
        is_shown = not scene.layout.panels or (own is not None and own.visible)
        is_asked_for = plot is not None and shows_captured(scene)
        dock_view = "" if plot is None else plot.id
        return Plan((place,), ALONE if is_shown else None, True, dock_view, is_asked_for)
    return Plan(tuple(_places(scene)), shown_tree(scene), False, _dock_view(scene))


def _is_plain(scene: Scene) -> bool:
    kinds = sorted(view.KIND for view in scene.views)
    views = {panel.id for panel in scene.layout.panels if panel.kind != "controls"}
    is_laid_out = bool(views & set(panel_ids(scene.layout.root)))
    return kinds in (["morphology"], ["morphology", "traces"]) and not is_laid_out


def _places(scene: Scene) -> Iterable[Place]:
    counts: dict[str, int] = {}
    for panel in _view_panels(scene):
        view_id = panel.view_id or ""
        n = counts[view_id] = counts.get(view_id, 0) + 1
        yield Place(panel, view_id if n == 1 else f"{view_id} #{n}")


def _view_panels(scene: Scene) -> list[PanelSpec]:
    """Return the panels of a scene's views: those of its layout, or one for each view if that has none."""
    panels = [panel for panel in scene.layout.panels if panel.kind != "controls"]
    if panels:
        return panels
    return [PanelSpec(view.id, view.KIND, title_of(view), view_id=view.id) for view in scene.views]


def unplaced_views(scene: Scene) -> list[str]:
    """Return the views that no panel shows, where the layout has panels of views: they are not shown."""
    return [id_ for id_ in _without_panel(scene) if id_ != _dock_view(scene)]


def _without_panel(scene: Scene) -> list[str]:
    placed = {panel.view_id for panel in scene.layout.panels if panel.kind != "controls"}
    return [view.id for view in scene.views if placed and view.id not in placed]


def _dock_view(scene: Scene) -> str:
    """Return the first plot that has no panel, "" where there is none."""
    plots = {view.id for view in scene.views if isinstance(view, TracePlotViewSpec)}
    return next((id_ for id_ in _without_panel(scene) if id_ in plots), "")


def title_of(view: View) -> str:
    """Return a view's title, "" if it has none."""
    return str(getattr(view, "title", ""))


def shown_tree(scene: Scene) -> LayoutNode | None:
    """Return where the panels of views that are shown stand, by panel id; None where there is none.

    What the layout does not name stands below the rest. Panels of controls have their dock.
    """
    panels = [panel for panel in _view_panels(scene) if panel.visible]
    ids = [panel.id for panel in panels]
    root = _pruned(scene.layout.root, set(ids))
    named = set(panel_ids(root))
    rest = _grid([panel for panel in panels if panel.id not in named])
    if root is None or rest is None:
        return root if rest is None else rest
    return Split((root, rest), "column", _ABOVE_THE_OTHERS)


def _pruned(node: LayoutNode | None, shown: set[str]) -> LayoutNode | None:
    """Return a layout without the panels that are not shown, and without splits and tabs of a single child."""
    if node is None or isinstance(node, str):
        return node if node in shown else None
    children = [_pruned(child, shown) for child in node.children]
    kept = [i for i, child in enumerate(children) if child is not None]
    left = tuple(child for child in children if child is not None)
    if len(left) < 2:
        return left[0] if left else None
    if isinstance(node, Tabs):
        return Tabs(left)
    return Split(left, node.orientation, tuple(node.shares[i] for i in kept) if node.shares else ())


def _grid(panels: Sequence[PanelSpec]) -> LayoutNode | None:
    """Return a grid: cells, images and surfaces on the left, plots on the right."""
    large = [panel.id for panel in panels if panel.kind in _LARGE]
    small = [panel.id for panel in panels if panel.kind not in _LARGE]
    if not large or not small:
        return _rows(large or small)
    is_column = 1 < len(small) <= _FEW
    right = Split(tuple(small), "column") if is_column else _rows(small, _WIDER)
    left = _rows(large)
    assert left is not None
    assert right is not None
    shares = _SHARES[len(small) <= _FEW] if len(small) <= _MANY else _SHARES_OF_MANY
    return Split((left, right), "row", shares)


def _rows(ids: Sequence[str], wider: float = 1.0) -> LayoutNode | None:
    """Return panels in rows of equal length; of fewer columns the `wider` they are to be."""
    if len(ids) < 2:
        return ids[0] if ids else None
    n_columns = math.ceil(math.sqrt(len(ids)) / wider)
    rows = [ids[i : i + n_columns] for i in range(0, len(ids), n_columns)]
    nodes: list[LayoutNode] = [
        row[0] if len(row) == 1 else Split(tuple(row), "row") for row in rows
    ]
    return nodes[0] if len(nodes) == 1 else Split(tuple(nodes), "column")
