"""`ModelControls`: the panels of a model as controls and actions of a session, in a panel each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from backends.control_values import (
    BoolValueSpec,
    ChoiceValueSpec,
    ScalarValueSpec,
    TextValueSpec,
    ValueSpec,
)
from backends.controls import ActionSpec, ControlPresentationSpec, ControlSpec
from backends.errors import RequestError
from backends.layout import PanelSpec
from backends.nrngui.items import Item, Panel
from backends.nrngui.variables import VariableGoneError

NONE_CHOSEN = "(none)"
"""What a choice shows while none of its radio buttons is pressed."""
_READ_ONLY_NOTE = "Shown by the model; it cannot be changed here."


class PanelSource(Protocol):
    """What is needed of the recorder."""

    panels: list[Panel]


@dataclass(eq=False)
class Entry:
    """A control or an action: an item, or the radio buttons that follow each other.

    Attributes
    ----------
    heading : str
        The label above it in its panel.
    """

    id: str
    items: list[Item]
    heading: str = ""
    options: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """That of its items."""
        return self.items[0].kind

    @property
    def label(self) -> str:
        """What the user reads."""
        return self.items[0].label or "Value"


class ModelControls:
    """Makes the specs, reads the values, and carries out what the user does.

    Attributes
    ----------
    not_shown : list of str
        Values of panels that name nothing that can be read.
    """

    def __init__(self, source: PanelSource) -> None:
        self._source = source
        self._defaults: dict[str, Any] = {}
        self._ids: dict[Item, str] = {}
        self.not_shown: list[str] = []

    # ----------------------------------------------------------------------------------- entries

    def _menus(self) -> Iterator[tuple[str, Panel, list[Entry]]]:
        """Yield each panel and menu with its id and its entries."""
        for number, panel in enumerate(self._source.panels):
            for depth, menu in enumerate(panel.with_menus()):
                yield f"model panel {number}.{depth}", menu, self._entries(menu)

    def _entries(self, menu: Panel) -> list[Entry]:
        entries: list[Entry] = []
        heading, before = "", None
        for part in menu.parts:
            if isinstance(part, Panel) or part.kind == "heading":
                heading = heading if isinstance(part, Panel) else part.label
                before = None
                continue
            if part.kind == "radio" and before == "radio":
                entries[-1].items.append(part)
            else:
                entries.append(Entry(self._id_of(part), [part], heading))
            before = part.kind
        for each in entries:
            if each.kind == "radio":
                each.options = _unique([item.label or "?" for item in each.items])
        return entries

    def _id_of(self, item: Item) -> str:
        return self._ids.setdefault(item, f"model {item.kind} {len(self._ids)}")

    def _shown(self) -> Iterator[tuple[str, Panel, list[ControlSpec], list[ActionSpec]]]:
        for id_, menu, entries in self._menus():
            controls, actions = [], []
            for each in entries:
                if each.kind == "button":
                    actions.append(ActionSpec(each.id, each.label, note=_note(each.items[0])))
                    continue
                spec = self._control(each, menu)
                controls += [] if spec is None else [spec]
            yield id_, menu, controls, actions

    def control_specs(self) -> list[ControlSpec]:
        """Return the controls of all panels, in order."""
        return [each for _, _, controls, _ in self._shown() for each in controls]

    def action_specs(self) -> list[ActionSpec]:
        """Return the actions of all panels, in order."""
        return [each for _, _, _, actions in self._shown() for each in actions]

    def panel_specs(self) -> list[PanelSpec]:
        """Return a panel of the layout for each panel and menu that is not empty."""
        return [
            PanelSpec(
                id_, "controls", self._title(menu),
                control_ids=tuple(each.id for each in controls),
                action_ids=tuple(each.id for each in actions),
            )
            for id_, menu, controls, actions in self._shown()
            if controls or actions
        ]  # fmt: skip

    def _title(self, menu: Panel) -> str:
        """Return a panel's title, with its object where another panel has the same title."""
        same = sum(each.path[0] == menu.path[0] for each in self._source.panels)
        return f"{menu.title} ({menu.owner})" if same > 1 and menu.owner else menu.title

    # ------------------------------------------------------------------------------------- specs

    def _control(self, entry: Entry, menu: Panel) -> ControlSpec | None:
        try:
            present = _present(entry)
        except VariableGoneError as error:
            self._leave_out(f"{entry.label} ({error})")
            return None
        default = self._defaults.setdefault(entry.id, present)
        values, shown = _value_spec(entry, default, present)
        return ControlSpec(
            entry.id,
            _label(entry, menu),
            values,
            group=entry.heading,
            note=_note(entry.items[0]),
            presentation=shown,
            initial=present,
        )

    def _leave_out(self, name: str) -> None:
        if name not in self.not_shown:
            self.not_shown.append(name)

    # ----------------------------------------------------------------------------- what a user does

    def values(self) -> dict[str, Any]:
        """Return the present values by id."""
        found = {}
        for _, _, entries in self._menus():
            for each in entries:
                if each.kind == "button":
                    continue
                try:
                    found[each.id] = _present(each)
                except VariableGoneError:
                    continue
        return found

    def _find(self, id_: str) -> Entry | None:
        found = (each for _, _, entries in self._menus() for each in entries)
        return next((each for each in found if each.id == id_), None)

    def invoke(self, action_id: str) -> None:
        """Run what a button runs; see `GuiRecorder.invoke`."""
        entry = self._find(action_id)
        if entry is None or entry.kind != "button":
            raise RequestError(
                f"The model has no button {action_id!r} any more.", code="unknown-action"
            )
        statement = entry.items[0].statement
        if statement is not None:
            statement.run(entry.label)

    def set(self, control_id: str, value: Any) -> None:
        """Set the value of a control; see `GuiRecorder.set`."""
        entry = self._find(control_id)
        if entry is None or entry.kind == "button":
            raise RequestError(
                f"The model has no control {control_id!r} any more.", code="unknown-control"
            )
        if entry.kind in ("fixed", "text"):
            raise RequestError(f"{entry.label}: the model only shows it.", code="read-only")
        if entry.kind == "radio":
            _choose(entry, value)
            return
        item = entry.items[0]
        try:
            if item.variable is not None:
                item.variable.write(float(value))
            item.chosen = bool(value)
        except VariableGoneError as error:
            raise RequestError(
                f"{entry.label}: the model has deleted {error}.", code="target-lost"
            ) from error
        if item.statement is not None:
            item.statement.run(entry.label)


def _choose(entry: Entry, value: Any) -> None:
    if value not in entry.options:
        raise RequestError(
            f"{entry.label}: choose one of {', '.join(entry.options)}.", code="not-an-option"
        )
    chosen = entry.items[entry.options.index(value)]
    for each in entry.items:
        each.chosen = each is chosen
    if chosen.statement is not None:
        chosen.statement.run(chosen.label)


def _present(entry: Entry) -> Any:
    """Return the value that the model has; VariableGoneError where it has none."""
    item = entry.items[0]
    if entry.kind == "radio":
        names = zip(entry.items, entry.options, strict=True)
        return next((name for each, name in names if each.chosen), NONE_CHOSEN)
    if entry.kind == "text":
        return _text_of(item)
    if entry.kind == "check" and item.variable is None:
        return item.chosen
    if item.variable is None:
        raise VariableGoneError("it names no variable")
    number = item.variable.read()
    if entry.kind == "check":
        return number != 0
    if entry.kind == "fixed":
        return f"{number:g} {item.variable.unit}".strip()
    if not math.isfinite(number):
        raise VariableGoneError(f"{item.variable.name} is {number}")
    return number


def _text_of(item: Item) -> str:
    try:
        return str(item.text if isinstance(item.text, str) else item.text[0])
    except (TypeError, IndexError, ValueError, RuntimeError) as error:
        raise VariableGoneError(item.label) from error


def _value_spec(
    entry: Entry, default: Any, present: Any
) -> tuple[ValueSpec, ControlPresentationSpec | None]:
    item = entry.items[0]
    if entry.kind == "radio":
        names = (NONE_CHOSEN, *entry.options) if default == NONE_CHOSEN else entry.options
        return ChoiceValueSpec(default, tuple(names)), None
    if entry.kind == "check":
        return BoolValueSpec(default), None
    if entry.kind in ("fixed", "text"):
        return TextValueSpec(default), None
    unit = item.variable.unit if item.variable is not None else ""
    if entry.kind == "slider" and item.low < item.high:
        low, high = min(item.low, default, present), max(item.high, default, present)
        return ScalarValueSpec(default, low, high, unit=unit), ControlPresentationSpec("slider")
    return ScalarValueSpec(default, unit=unit), None


def _label(entry: Entry, menu: Panel) -> str:
    """Return what a control is called; radio buttons have no common name but that of their menu."""
    if entry.kind != "radio":
        return entry.label
    return menu.path[-1] if len(menu.path) > 1 else "Choice"


def _note(item: Item) -> str:
    if item.kind in ("fixed", "text"):
        return _READ_ONLY_NOTE
    named = "" if item.variable is None else item.variable.name
    if item.statement is None:
        return named
    return f"{named}; runs {item.statement!r}" if named else f"Runs {item.statement!r}"


def _unique(labels: list[str]) -> list[str]:
    found: list[str] = []
    for each in labels:
        name, number = each, 2
        while name in found:
            name, number = f"{each} ({number})", number + 1
        found.append(name)
    return found
