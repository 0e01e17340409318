"""The calls that make panels: ``xpanel``, ``xbutton``, ``xvalue`` …, each recorded as an item of the open panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backends.nrngui.items import Item, ItemKind, Panel
from backends.nrngui.variables import ContextObject, Interpreter, statement_of, variable_of

STANDARD_PANELS = {
    "RunControl", "NEURON Main Menu", "VariableTimeStep", "MovieRun", "Movie Run",
    "PointProcessGroupManager", "Print & File Window Manager",
}  # fmt: skip
"""Panels of NEURON's own library that the window's toolbar and menus replace."""
MAX_PANELS = 64
_UNTITLED = "Panel"


class PanelCalls:
    """Builds the panels.

    Attributes
    ----------
    panels : list of Panel
        Complete ones that are shown.
    not_shown : list of str
    """

    def __init__(self, recorder: Interpreter) -> None:
        self._recorder = recorder
        self._open: list[Panel] = []
        self.panels: list[Panel] = []
        self.not_shown: list[str] = []
        self._methods: dict[str, Callable[..., Any]] = {
            "xpanel": self._panel,
            "xmenu": self._menu,
            "xbutton": self._button,
            "xvalue": self._value,
            "xpvalue": self._value,
            "xfixedvalue": self._fixed,
            "xcheckbox": self._check,
            "xstatebutton": self._check,
            "xradiobutton": self._radio,
            "xslider": self._slider,
            "xlabel": self._heading,
            "xvarlabel": self._text,
        }

    def method(self, name: str) -> Callable[..., Any] | None:
        """Return what records a call of this name, None where it is of another kind."""
        return self._methods.get(name)

    def _panel(self, obj: Any, context: ContextObject, *arguments: Any) -> None:
        if arguments and isinstance(arguments[0], str):
            self._finish()  # a model that has forgotten to close one
            self._open = [Panel((arguments[0] or _UNTITLED,), owner=context.name)]
        else:
            self._finish()

    def _finish(self) -> None:
        opened, self._open = self._open, []
        if opened:
            self._keep(opened[0])

    def _keep(self, panel: Panel) -> None:
        if panel.path[0] in STANDARD_PANELS or not panel.parts:
            return
        same = [each for each in self.panels if each.outline == panel.outline]
        if same:  # a button that opens the same panel once more
            self.panels[self.panels.index(same[0])] = panel
            return
        if len(self.panels) >= MAX_PANELS:
            self.not_shown.append(f"panels after the first {MAX_PANELS}")
            return
        self.panels.append(panel)

    def _menu(self, obj: Any, context: ContextObject, *arguments: Any) -> None:
        if arguments and isinstance(arguments[0], str):
            above = self._open[-1].path if self._open else ()
            menu = Panel((*above, arguments[0] or _UNTITLED), owner=context.name)
            if self._open:
                self._open[-1].parts.append(menu)
            self._open.append(menu)
        elif self._open:
            closed = self._open.pop()
            if not self._open:
                self._keep(closed)

    def _add(self, item: Item) -> None:
        if self._open:
            self._open[-1].parts.append(item)
        else:  # NEURON then opens a panel for this item alone
            self._keep(Panel((item.label or _UNTITLED,), [item]))

    def _button(self, obj: Any, context: ContextObject, label: Any, *rest: Any) -> None:
        run = statement_of(self._recorder.h, rest[0] if rest else label, context)
        self._add(Item("button", str(label), statement=run))

    def _value(self, obj: Any, context: ContextObject, *arguments: Any) -> None:
        self._add(self._value_item("value", context, *arguments))

    def _fixed(self, obj: Any, context: ContextObject, *arguments: Any) -> None:
        self._add(self._value_item("fixed", context, *arguments[:2]))

    def _value_item(
        self, kind: ItemKind, context: ContextObject, label: Any, source: Any = None, *rest: Any
    ) -> Item:
        variable = variable_of(self._recorder, label if source is None else source, context)
        run = statement_of(self._recorder.h, rest[1], context) if len(rest) > 1 else None
        return Item(kind, str(label), variable, run)

    def _check(
        self, obj: Any, context: ContextObject, label: Any, source: Any = None, *rest: Any
    ) -> None:
        variable = None if source is None else variable_of(self._recorder, source, context)
        run = statement_of(self._recorder.h, rest[0], context) if rest else None
        self._add(Item("check", str(label), variable, run))

    def _radio(
        self, obj: Any, context: ContextObject, label: Any, source: Any = None, chosen: Any = 0
    ) -> None:
        run = statement_of(self._recorder.h, source, context)
        self._add(Item("radio", str(label), statement=run, chosen=bool(chosen)))

    def _slider(
        self,
        obj: Any,
        context: ContextObject,
        source: Any,
        low: float = 0.0,
        high: float = 100.0,
        action: Any = None,
        *rest: Any,
    ) -> None:
        variable = variable_of(self._recorder, source, context)
        run = statement_of(self._recorder.h, action, context)
        label = source if isinstance(source, str) else getattr(variable, "name", "")
        low, high = sorted((float(low), float(high)))
        self._add(Item("slider", label or "Slider", variable, run, low, high))

    def _heading(self, obj: Any, context: ContextObject, label: Any = "", *rest: Any) -> None:
        self._add(Item("heading", str(label)))

    def _text(self, obj: Any, context: ContextObject, source: Any, *rest: Any) -> None:
        self._add(Item("text", "Text", text=source))
