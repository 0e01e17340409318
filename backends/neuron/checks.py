"""Checks of what an author's hooks return to a `NeuronSession`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from backends.errors import ProtocolError, RequestError, SimulatorError
from backends.live.hook_checks import short_repr

_MOST_THREADS = 64


def check_sections(where: str, sections: list[Any]) -> None:
    """Raise SimulatorError if `sections`, returned by the hook `where`, cannot be simulated.

    That is: an object that is not a section, a deleted section, a section given twice, two sections of
    one name, sections connected in a loop.
    """
    known: dict[str, Any] = {}
    for section in sections:
        try:
            is_section = hasattr(section, "allseg")
        except ReferenceError as error:
            raise SimulatorError(
                f"{where} returned a section that was deleted: leave it out.", code="hook-returned"
            ) from error
        if not is_section:
            raise SimulatorError(
                f"{where} must return h.Section objects, not {type(section).__name__} ({section!r}).",
                code="hook-returned",
            )
        name = section.name()
        if name in known and known[name] == section:
            raise SimulatorError(
                f"{where} returned {name} twice: return each section once.", code="hook-returned"
            )
        if name in known:
            raise SimulatorError(
                f"{where} returned two sections named {name}: give them different names, or each its "
                f"cell: h.Section(name={name!r}, cell=self).",
                code="repeated-section",
            )
        known[name] = section
    _check_tree(where, sections)


def _check_tree(where: str, sections: list[Any]) -> None:
    """Raise SimulatorError for a section that is connected, through its parents, to itself."""
    checked: set[Any] = set()
    for each in sections:
        path: dict[Any, None] = {}
        section = each
        while section not in checked:
            if section in path:
                raise SimulatorError(
                    f"{where} returned sections connected in a loop, {section.name()} among them: "
                    "connect each to one parent, and one of them to none.",
                    code="section-loop",
                )
            path[section] = None
            above = section.parentseg()
            if above is None:
                break
            section = above.sec
        checked.update(path)


def checked_threads(name: str, value: Any) -> int:
    """Return a number of threads, 1 … 64; ProtocolError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_THREADS:
        raise ProtocolError(
            f"{name} must be a whole number from 1 to {_MOST_THREADS}, not {value!r}",
            code="bad-number",
        )
    return value


def check_recordings(
    names: list[str], refs: list[Any], units: list[str | None], known: Collection[str]
) -> None:
    """Raise RequestError unless references can be recorded under these names; `known` are those that are taken."""
    if len(names) != len(refs) or len(names) != len(units):
        wrong = f"{len(refs)} references" if len(names) != len(refs) else f"{len(units)} units"
        raise RequestError(
            f"record_many: {len(names)} names for {wrong}; give one name for each.",
            code="record-count",
        )
    taken = [name for i, name in enumerate(names) if name in known or name in names[:i]]
    if taken:
        raise RequestError(
            f"record: the name {taken[0]!r} is already used; give each reference another name.",
            code="name-taken",
        )
    for name, ref in zip(names, refs, strict=True):
        if type(ref).__name__ != "HocObject":
            raise RequestError(
                f"record: {name!r} needs a hoc reference, not {short_repr(ref)}; write "
                "soma(0.5)._ref_v, not soma(0.5).v.",
                code="bad-reference",
            )
