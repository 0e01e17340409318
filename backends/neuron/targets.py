"""The targets of controls in a NEURON model: sections by name, mechanisms, point processes, `h`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from backends.live.targets import (
    AttributeTarget,
    GroupTarget,
    Target,
    TargetFinder,
    UnknownTarget,
    listed,
    parse_path,
    target_at,
)
from backends.neuron.catalog import inserted_mechanisms, range_variables, readable_unit
from backends.neuron.scene import StableNames
from backends.neuron.simulator import load_neuron
from backends.neuron.units import unit_of_attribute

_OF_SECTIONS = ("L", "Ra", "cm", "diam", "v")


class NeuronTargetFinder(TargetFinder):
    """Finds ``"soma.gnabar_hh"``, ``"soma(0.5).hh.gnabar"``, ``"gnabar_hh"`` (everywhere), ``"h.celsius"``.

    A section is called as the window calls it, or as NEURON does.
    """

    def __init__(self, session: Any) -> None:
        super().__init__(session)
        self._sections: dict[str, Any] = {}

    def use_sections(self, sections: Iterable[Any]) -> None:
        """Find these sections from now on."""
        sections = list(sections)
        self._sections = {section.name(): section for section in sections}
        self._sections |= zip(StableNames(sections).sections, sections, strict=True)

    def names(self) -> Sequence[str]:
        """Return the names of the sections."""
        return list(self._sections)

    def fixed(self, name: str) -> str:
        """Return why nseg cannot change; "" for any other name."""
        words = "which cannot change while the model runs: set it in build_sections"
        return words if name == "nseg" else ""

    def in_model(self, path: str) -> Target | None:
        """Return what a path names in the sections or in `h`; None where it begins with neither."""
        named = [name for name in self._sections if path.startswith((f"{name}.", f"{name}("))]
        if named:
            name = max(named, key=len)
            return self._in_section(name, path[len(name) :])
        if path.startswith("h.") and not hasattr(self.session, "h"):
            return target_at(load_neuron(), parse_path(path[2:]), self.unit_of)
        if path.isidentifier() and not hasattr(self.session, path):
            return self._everywhere(path)
        return None

    def _in_section(self, name: str, rest: str) -> Target:
        section = self._sections[name]
        owner = section
        if rest.startswith("("):
            place, _, rest = rest[1:].partition(")")
            try:
                owner = section(float(place))
            except ValueError:
                raise UnknownTarget(f"but {name}({place}) is no place from 0 to 1") from None
        steps = parse_path(rest.removeprefix("."))
        known = _variables([section])
        if len(steps) == 1 and steps[0].name not in known and not hasattr(owner, steps[0].name):
            there = listed(steps[0].name, known)
            raise UnknownTarget(f"but the section {name} has no {steps[0].name!r}; {there}")
        return target_at(owner, steps, self.unit_of)

    def _everywhere(self, variable: str) -> Target | None:
        """Return a range variable of all sections that have it; None where none has."""
        with_it = [each for each in self._sections.values() if hasattr(each, variable)]
        if variable not in _variables(with_it):
            return None
        unit = self.unit_of(with_it[0], variable)
        # Under one name a section is there twice.
        return GroupTarget([AttributeTarget(each, variable, unit) for each in set(with_it)])

    def unit_of(self, owner: Any, name: str) -> str:
        """Return NEURON's unit of an attribute of a section, segment, mechanism or point process."""
        return readable_unit(unit_of_attribute(owner, name))


def _variables(sections: Sequence[Any]) -> list[str]:
    """Return what can be set in sections: their own properties, then those of their mechanisms."""
    if not sections:
        return []
    h = load_neuron()
    found = list(_OF_SECTIONS)
    for mechanism in inserted_mechanisms(h, sections):
        found += [each.name for each in range_variables(h, mechanism)]
    return found
