"""`ViewArea`: the middle of the window: panels in rows, columns and tabs whose borders the user can move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from app.ui.plain import menu_text, plain_tip
from app.window.views.panel import ViewPanel
from backends.layout import LayoutNode, Split, Tabs, panel_ids

_UNIT = 10_000


@dataclass(slots=True)
class Arranged:
    """What a user can change of a tree, by place: ``""`` is the root, ``"0.1"`` the second child of its first.

    Attributes
    ----------
    shares : dict of str to list of float
        Of the children of a split, together 1.
    tabs : dict of str to int
        Index of the tab in front.
    """

    shares: dict[str, list[float]] = field(default_factory=dict)
    tabs: dict[str, int] = field(default_factory=dict)


class ViewArea(QWidget):
    """Panels where a tree has them. It owns the splitters and tabs, and keeps panels that are not shown hidden.

    Signals
    -------
    arrangedByUser()
        A border was moved, or another tab chosen.
    """

    arrangedByUser = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._tree: LayoutNode | None = None
        self._panels: dict[str, ViewPanel] = {}
        self._root: QWidget | None = None
        self._splitters: dict[str, QSplitter] = {}
        self._tabs: dict[str, QTabWidget] = {}
        self._is_building = False

    @property
    def tree(self) -> LayoutNode | None:
        """What is shown, by panel id."""
        return self._tree

    def show_tree(
        self, tree: LayoutNode | None, panels: Mapping[str, ViewPanel], *, headers: bool = True
    ) -> bool:
        """Put panels, by id, where a tree has them; return whether anything was built.

        Panels that the tree does not name are hidden and stay children of the area.
        """
        wanted = {id_: panels[id_] for id_ in panel_ids(tree)}
        if tree == self._tree and wanted == self._panels:
            self._name_tabs()
            return False
        before, old_panels = self._root, self._panels
        self._tree, self._panels, self._splitters, self._tabs = tree, wanted, {}, {}
        self._is_building = True
        try:
            for panel in {*old_panels.values(), *panels.values()} - {*wanted.values()}:
                panel.setParent(self)
                panel.hide()
            if before is not None:  # first, as both together would need a higher window
                self._column.removeWidget(before)
                before.hide()
            self._root = None if tree is None else self._build(tree, "", headers)
            if self._root is not None:
                self._column.addWidget(self._root)
                self._root.show()
            if before is not None and before not in [*old_panels.values(), *panels.values()]:
                before.deleteLater()
            self._name_tabs()
        finally:
            self._is_building = False
        return True

    def _build(self, node: LayoutNode, place: str, headers: bool) -> QWidget:
        if isinstance(node, str):
            panel = self._panels[node]
            panel.show_header(headers)
            panel.show()
            return panel
        places = [f"{place}.{i}".lstrip(".") for i in range(len(node.children))]
        if isinstance(node, Split):
            return self._split(node, place, [*zip(node.children, places, strict=True)], headers)
        return self._tab(place, [*zip(node.children, places, strict=True)])

    def _split(
        self, node: Split, place: str, children: list[tuple[LayoutNode, str]], headers: bool
    ) -> QSplitter:
        is_row = node.orientation == "row"
        splitter = QSplitter(Qt.Orientation.Horizontal if is_row else Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)  # Qt lets a wider strip be grabbed
        splitter.setObjectName("viewSplitter")
        for child, at in children:
            splitter.addWidget(self._build(child, at, headers))
        self._splitters[place] = splitter
        self._share(splitter, list(node.shares) or [1.0] * len(children))
        splitter.splitterMoved.connect(self._report)
        return splitter

    def _tab(self, place: str, children: list[tuple[LayoutNode, str]]) -> QTabWidget:
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.tabBar().setDrawBase(False)
        tabs.setObjectName("viewTabs")
        for child, at in children:
            tabs.addTab(self._build(child, at, not isinstance(child, str)), "")
        self._tabs[place] = tabs
        tabs.currentChanged.connect(self._report)
        return tabs

    def _name_tabs(self) -> None:
        """Give each tab the titles of its panels."""
        for place, tabs in self._tabs.items():
            node = node_at(self._tree, place)
            assert isinstance(node, Tabs)
            for i, child in enumerate(node.children):
                titles = [self._panels[id_].title.text() or id_ for id_ in panel_ids(child)]
                tabs.setTabText(i, menu_text(titles[0]))
                tabs.setTabToolTip(i, plain_tip(", ".join(titles)))

    @staticmethod
    def _share(splitter: QSplitter, shares: list[float]) -> None:
        total = sum(shares)
        for i, share in enumerate(shares):
            splitter.setStretchFactor(i, max(1, round(share / total * _UNIT)))
        splitter.setSizes([max(1, round(share / total * _UNIT)) for share in shares])

    def _report(self, *_: object) -> None:
        if not self._is_building:
            self.arrangedByUser.emit()

    # --------------------------------------------------------------------- what a user changes

    def arranged(self) -> Arranged:
        """Return the sizes and the tabs in front."""
        shares = {}
        for place, splitter in self._splitters.items():
            sizes = splitter.sizes()
            total = sum(sizes) or 1
            shares[place] = [round(size / total, 4) for size in sizes]
        return Arranged(shares, {place: tabs.currentIndex() for place, tabs in self._tabs.items()})

    def arrange(self, arranged: Arranged) -> None:
        """Use sizes and tabs; places that the tree does not have are ignored."""
        self._is_building = True
        try:
            for place, shares in arranged.shares.items():
                splitter = self._splitters.get(place)
                if splitter is not None and splitter.count() == len(shares):
                    self._share(splitter, shares)
            for place, index in arranged.tabs.items():
                if place in self._tabs and 0 <= index < self._tabs[place].count():
                    self._tabs[place].setCurrentIndex(index)
        finally:
            self._is_building = False

    def reset(self) -> None:
        """Use the sizes and the first tabs of the tree."""
        shares, tabs = {}, dict.fromkeys(self._tabs, 0)
        for place, splitter in self._splitters.items():
            node = node_at(self._tree, place)
            assert isinstance(node, Split)
            shares[place] = list(node.shares) or [1.0] * splitter.count()
        self.arrange(Arranged(shares, tabs))


def node_at(tree: LayoutNode | None, place: str) -> LayoutNode | None:
    """Return a node of a tree, by its place."""
    node = tree
    for step in filter(None, place.split(".")):
        assert isinstance(node, Split | Tabs)
        node = node.children[int(step)]
    return node
