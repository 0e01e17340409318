"""`Registry`: the views that a script has made, their layout, and the session class that they become."""

from __future__ import annotations

import sys
from typing import Any, Protocol

from backends.errors import ProtocolError
from backends.inline.handles import ControlHandle, Handle
from backends.layout import LayoutNode, Split, Tabs, panel_ids
from backends.scripts import ScriptImport, present_import
from backends.session import Session


class RegisteredView(Protocol):
    """What the registry needs of a view."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is shown of the model."""

    def session_class(self, registry: Registry, name: str, module: str) -> type[Session]:
        """Return the class of its session."""


class Registry:
    """What one script has registered.

    Attributes
    ----------
    title : str
        Of the window; "" for the script's name.
    root : str, Split, Tabs or None
        The layout.
    """

    def __init__(self) -> None:
        self.view: RegisteredView | None = None
        self.title = ""
        self.root: LayoutNode | None = None

    def add(self, view: RegisteredView) -> None:
        """Register the view of the script's model.

        Raises
        ------
        ProtocolError
            ``second-view``: a script has one model. In a notebook, where a cell may be run again, the last one stays.
        """
        if self.view is not None and not is_interactive():
            raise ProtocolError(
                "A script shows one model, and there is one already: add the plots and controls of the "
                "second to the first view, or put it into another script",
                code="second-view",
            )
        if self.view is not None:
            self.root, self.title = None, ""  # of the one before
        self.view = view

    @property
    def takes_classes(self) -> bool:
        """Whether the script may define session classes beside what it has registered."""
        return bool(getattr(self.view, "takes_classes", False))

    def check(self) -> None:
        """Raise ProtocolError, ``no-views``, where there is nothing to show."""
        if self.view is None or self.view.is_empty:
            raise ProtocolError(NO_VIEWS, code="no-views")

    def session_class(self, name: str, module: str) -> type[Session]:
        """Return the session class of what is registered.

        Parameters
        ----------
        name : str
            Of the script, without ``.py``: the title where no other is given.
        module : str
            ``__name__`` of the script's module.

        Raises
        ------
        ProtocolError
            ``no-views``: nothing is registered.
        """
        self.check()
        assert self.view is not None  # `check`
        return self.view.session_class(self, name, module)


NO_VIEWS = (
    "There is nothing to show: before show(), make a view of the model and add what it shows, for example "
    'view = ss.neuron() and view.morphology("v")'
)

_interactive = Registry()


def registry() -> Registry:
    """Return the registry of the script that is being imported, or that of this process."""
    imported: ScriptImport | None = present_import()
    if imported is None:
        return _interactive
    if imported.views is None:
        imported.views = Registry()
    found: Any = imported.views
    assert isinstance(found, Registry)
    return found


def start_again() -> None:
    """Forget what this process has registered outside of imported scripts: it is shown."""
    global _interactive
    _interactive = Registry()


def is_interactive() -> bool:
    """Whether there is no script: this is a notebook, or an interpreter that somebody types into."""
    return present_import() is None and not hasattr(sys.modules["__main__"], "__file__")


# ------------------------------------------------------------------------------------ layout

Place = Handle | Split | Tabs


def row(*places: Place, shares: tuple[float, ...] = ()) -> Split:
    """Return views beside each other; `shares` says how the width is shared."""
    return Split(tuple(_node(each) for each in places), "row", shares)


def column(*places: Place, shares: tuple[float, ...] = ()) -> Split:
    """Return views below each other; `shares` says how the height is shared."""
    return Split(tuple(_node(each) for each in places), "column", shares)


def tabs(*places: Place) -> Tabs:
    """Return views behind each other, of which one is seen."""
    return Tabs(tuple(_node(each) for each in places))


def layout(places: Any) -> None:
    """Say where views stand: ``layout(((a, b), (c,)))`` is two rows, ``layout(ss.row(a, ss.tabs(b, c)))`` one.

    Views that are not named stand below; without a layout the window arranges them.

    Raises
    ------
    ProtocolError
        ``bad-layout``: a place is not a handle, or stands twice. ``second-layout``
    """
    root = _node(places) if isinstance(places, Place) else _rows(places)
    named = list(panel_ids(root))
    for each in named:
        if named.count(each) > 1:
            raise ProtocolError(f"layout: {each!r} stands twice", code="bad-layout")
    found = registry()
    if found.root is not None and not is_interactive():
        raise ProtocolError(
            "layout was called before in this script, which has one layout: put all views into the first",
            code="second-layout",
        )
    found.root = root


def _rows(places: Any) -> LayoutNode:
    """Return the node of rows, each a sequence of places."""
    if not isinstance(places, (tuple, list)) or not places:
        raise ProtocolError(
            "layout takes rows of views, as in ss.layout(((a, b), (c,))), or ss.row, ss.column, ss.tabs, "
            f"not {places!r}",
            code="bad-layout",
        )
    rows = [
        _beside(
            [_node(each) for each in line] if isinstance(line, (tuple, list)) else [_node(line)]
        )
        for line in places
    ]
    return rows[0] if len(rows) == 1 else Split(tuple(rows), "column")


def _beside(nodes: list[LayoutNode]) -> LayoutNode:
    if not nodes:
        raise ProtocolError("layout: a row is empty", code="bad-layout")
    return nodes[0] if len(nodes) == 1 else Split(tuple(nodes), "row")


def _node(place: Any) -> LayoutNode:
    if isinstance(place, Split | Tabs):
        return place
    if isinstance(place, Handle):
        return place.id
    if isinstance(place, ControlHandle):
        raise ProtocolError(
            f"layout: {place.spec.label!r} is a control, and controls stand in the Controls dock; leave it out",
            code="bad-layout",
        )
    raise ProtocolError(
        f"layout: {place!r} is not a view; give what view.trace(…), view.morphology(…) or another kind of view "
        "returned",
        code="bad-layout",
    )
