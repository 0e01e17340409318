"""What a model's windows consist of, as recorded: panels with their items, graphs with their lines, shape plots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from backends.nrngui.variables import ContextObject, Statement, Variable

ItemKind = Literal["button", "value", "fixed", "check", "radio", "slider", "heading", "text"]


@dataclass(eq=False)
class Item:
    """One item of a panel.

    Attributes
    ----------
    variable : Variable or None
        What a value, a check box or a slider shows.
    statement : Statement or None
        What a button, or a change of the value, runs.
    low, high : float
        Of a slider.
    chosen : bool
        Of a radio button, and of a button with a state that has no variable.
    text : object
        Of a text that the model may change: its hoc reference.
    """

    kind: ItemKind
    label: str
    variable: Variable | None = None
    statement: Statement | None = None
    low: float = 0.0
    high: float = 0.0
    chosen: bool = False
    text: Any = None


@dataclass(eq=False)
class Panel:
    """A panel, or a menu in one.

    Attributes
    ----------
    path : tuple of str
        Titles from the panel down to this menu.
    parts : list of Item or Panel
        In the order in which the model made them.
    owner : str
        The hoc object that made it: ``"Pyr[0]"``; "" for none.
    """

    path: tuple[str, ...]
    parts: list[Item | Panel] = field(default_factory=list)
    owner: str = ""

    @property
    def title(self) -> str:
        """How the window calls it."""
        return " ▸ ".join(self.path)

    @property
    def items(self) -> list[Item]:
        """The items that are not in a menu of the panel."""
        return [each for each in self.parts if isinstance(each, Item)]

    @property
    def outline(self) -> tuple[Any, ...]:
        """What a panel that is made again has too: titles, labels and its object."""
        parts = (each.outline if isinstance(each, Panel) else each.label for each in self.parts)
        return (self.path, self.owner, *parts)

    def with_menus(self) -> Iterator[Panel]:
        """Yield the panel and the menus in it, each before those inside it."""
        yield self
        for each in self.parts:
            if isinstance(each, Panel):
                yield from each.with_menus()


@dataclass(eq=False)
class Line:
    """A variable of a graph over time; `reference` is None where it is an expression that names no variable."""

    label: str
    reference: Any
    unit: str


@dataclass(eq=False)
class Curve:
    """A curve over another axis than time.

    Attributes
    ----------
    source : object
        A hoc Vector (y) or a RangeVarPlot; or what a Vector held, a list of numbers.
    x : object
        A hoc Vector, a list of numbers, or the distance of two points; of a RangeVarPlot None.
    origin : str
        Name of the hoc Vector that was drawn; "" of a RangeVarPlot.
    """

    label: str
    source: Any
    x: Any
    is_profile: bool = False
    origin: str = ""


@dataclass(eq=False)
class Graph:
    """A graph.

    Attributes
    ----------
    x_limits, y_limits : (float, float) or None
        Of `size`.
    """

    number: int
    title: str = ""
    lines: list[Line] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    x_limits: tuple[float, float] | None = None
    y_limits: tuple[float, float] | None = None

    @property
    def outline(self) -> tuple[Any, ...]:
        """What changes where its plots do."""
        names = tuple(each.label for each in self.lines)
        return (self.title, names, len(self.curves), self.x_limits, self.y_limits)


@dataclass(eq=False)
class ShapePlot:
    """A picture of the cell, coloured by a variable ("" for none) in a range."""

    variable: str = ""
    limits: tuple[float, float] | None = None


@dataclass(eq=False)
class Box:
    """A VBox, an HBox or a Deck.

    Attributes
    ----------
    content : list of Graph
        Those made inside it.
    owners : list of object
        Hoc objects that live as long as the box: ``box.ref(this)``.
    """

    content: list[Graph] = field(default_factory=list)
    owners: list[Any] = field(default_factory=list)


@dataclass(eq=False)
class Other:
    """An object of NEURON's interface that is not shown."""

    kind: str
    context: ContextObject | None = None
