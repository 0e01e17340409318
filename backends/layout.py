"""Where views stand: panels, and how they share the window in rows, columns and tabs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from backends.errors import ProtocolError
from backends.field import checked_name

VIEW_KINDS = (
    "morphology", "traces", "line", "image", "surface", "bar", "raster", "table", "state_graph",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PanelSpec:
    """A place in the window: one view, or a group of controls and actions.

    Attributes
    ----------
    kind : str
        ``"controls"``, or the kind of its view: one of `VIEW_KINDS`.
    view_id : str or None
        For all kinds but "controls".
    control_ids, action_ids : tuple of str
        For "controls", in order.
    visible : bool
        Whether it is shown; `PanelPatch` changes it.
    """

    id: str
    kind: str
    title: str
    view_id: str | None = None
    control_ids: tuple[str, ...] = ()
    action_ids: tuple[str, ...] = ()
    visible: bool = True

    def __post_init__(self) -> None:
        checked_name("PanelSpec.id", self.id)
        if self.kind not in ("controls", *VIEW_KINDS):
            known = ", ".join(("controls", *VIEW_KINDS))
            raise ProtocolError(
                f"panel {self.id!r}: kind {self.kind!r} is not one of {known}", code="unknown-kind"
            )
        for name in ("control_ids", "action_ids"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Split:
    """Panels beside each other ("row") or below each other ("column"), with borders that can be dragged.

    Attributes
    ----------
    children : tuple of str, Split or Tabs
        Ids of panels, or further splits and tabs.
    shares : tuple of float
        How the room is shared; () for equal parts.
    """

    children: tuple[LayoutNode, ...]
    orientation: Literal["row", "column"] = "row"
    shares: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", tuple(self.children))
        object.__setattr__(self, "shares", tuple(self.shares))
        if self.orientation not in ("row", "column"):
            raise ProtocolError(
                f"Split: orientation must be row or column, not {self.orientation!r}",
                code="unknown-option",
            )
        if self.shares and (
            len(self.shares) != len(self.children) or not all(each > 0 for each in self.shares)
        ):
            raise ProtocolError(
                f"Split: shares {self.shares} must be one number > 0 for each of "
                f"{len(self.children)} children",
                code="bad-shape",
            )


@dataclass(frozen=True, slots=True)
class Tabs:
    """Panels behind each other, of which one is seen."""

    children: tuple[LayoutNode, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", tuple(self.children))


LayoutNode = str | Split | Tabs


def panel_ids(node: LayoutNode | None) -> Iterator[str]:
    """Yield the ids of the panels of a layout, in order."""
    if isinstance(node, str):
        yield node
    elif node is not None:
        for child in node.children:
            yield from panel_ids(child)


@dataclass(frozen=True, slots=True)
class LayoutSpec:
    """The panels, in order of importance, and where they stand.

    Attributes
    ----------
    root : str, Split, Tabs or None
        Names panels by id. Views that it does not name stand below the others; controls are always in the
        window's dock for them, named or not. None leaves all to the window.
    """

    panels: tuple[PanelSpec, ...] = ()
    root: LayoutNode | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "panels", tuple(self.panels))
        ids = [panel.id for panel in self.panels]
        check_unique("panel", ids)
        named = list(panel_ids(self.root))
        check_unique("panel", named, "stands twice in the layout")
        for each in named:
            if each not in ids:
                raise ProtocolError(
                    f"LayoutSpec: the layout names the panel {each!r}; there are "
                    f"{', '.join(ids) or 'none'}",
                    code="unknown-panel",
                )

    def of_kind(self, kind: str) -> tuple[PanelSpec, ...]:
        """Return the panels of one kind that are shown, in order."""
        return tuple(panel for panel in self.panels if panel.kind == kind and panel.visible)

    def panel(self, panel_id: str) -> PanelSpec | None:
        """Return a panel, None if there is none of that id."""
        return next((panel for panel in self.panels if panel.id == panel_id), None)

    def with_panel(self, panel: PanelSpec) -> LayoutSpec:
        """Return the layout with another panel in the place of that of the same id."""
        panels = tuple(panel if each.id == panel.id else each for each in self.panels)
        return replace(self, panels=panels)


def check_unique(kind: str, ids: list[str], words: str = "is used twice") -> None:
    """Raise ProtocolError, code ``repeated-id``, if an id occurs twice."""
    repeated = {id_ for id_ in ids if ids.count(id_) > 1}
    if repeated:
        raise ProtocolError(f"Scene: {kind} id {sorted(repeated)[0]!r} {words}", code="repeated-id")
