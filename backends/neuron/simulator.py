"""NEURON itself: importing it, saying what it refused, and leaving it clean.

NEURON holds one model per process: `h.t`, `h.dt` and all sections are global. Whoever builds a
model here gives the process back as it was found, so that another session can follow.
"""

from __future__ import annotations

import os
import re
import traceback
from typing import Any

from backends.errors import SimulatorError, first_line
from backends.scripts import place_of

INSTALL_LINE = "pip install neuron"
_DEFAULTS = {"celsius": 6.3, "dt": 0.025, "usetable_hh": 1}


def load_neuron() -> Any:
    """Return NEURON's `h`, imported without its own windows.

    Raises
    ------
    SimulatorError
        With the line that installs it.
    """
    os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")
    try:
        from neuron import h
    except ImportError as error:
        raise SimulatorError(
            f"NEURON is not installed: run {INSTALL_LINE} (Linux and macOS; on Windows use "
            "NEURON's own installer), or choose the Jaxley backend.",
            traceback.format_exc(),
            code="neuron-missing",
            hint="install-neuron",
        ) from error
    return h


def loaded_mechanisms(h: Any) -> tuple[str, ...]:
    """Return the names of the density mechanisms that can be inserted: hh, pas, …"""
    hidden = ("morphology", "capacitance")
    kind, name, found = h.MechanismType(0), h.ref(""), []
    for i in range(int(kind.count())):
        kind.select(i)
        kind.selected(name)
        if name[0] not in hidden and not name[0].endswith("_ion"):
            found.append(str(name[0]))
    return tuple(sorted(found))


def simulator_error(h: Any, where: str, error: BaseException) -> SimulatorError:
    """Return what NEURON, or an author's code that uses it, raised as a sentence with a next step."""
    details = "".join(traceback.format_exception(error))
    if _is_missing_mechanism(error):
        loaded = ", ".join(loaded_mechanisms(h))
        what, has_place = _missing_mechanism(error)
        at_end = "" if has_place else _location(error)
        return SimulatorError(
            f"{what}; loaded: {loaded}; compile more .mod files with "
            f"nrnivmodl and load them with h.nrn_load_dll(path){at_end}.",
            details,
            code="unknown-mechanism",
            hint="compile-mechanisms",
            location=place_of(error),
        )
    text = re.sub(r"^(hocobj_call error: )?(hoc_execerror: )?", "", first_line(error))
    return SimulatorError(
        f"{where} failed: {type(error).__name__}: {text}{_location(error)}.",
        details,
        code="model-failed",
        location=place_of(error),
    )


def _is_missing_mechanism(error: BaseException) -> bool:
    return "not a density mechanism name" in str(error) or (
        isinstance(error, (AttributeError, TypeError)) and "HocObject" in str(error)
    )


def _missing_mechanism(error: BaseException) -> tuple[str, bool]:
    """Return which mechanism is missing in which section, and whether the words have the place.

    It is read from the failing frame, since NEURON's own message does not name it.
    """
    named = re.search(r"has no attribute '(\w+)'", str(error))
    if named:
        return f'no mechanism or function named "{named.group(1)}"{_location(error)}', True
    name, section = "?", ""
    frames = list(traceback.walk_tb(error.__traceback__))
    if frames:
        frame, line = frames[-1]
        source = traceback.extract_tb(error.__traceback__)[-1].line or ""
        call = re.search(r"([\w.\[\]]+)\.insert\(\s*([^)]*?)\s*\)", source)
        if call:
            name = _value(call.group(2), frame, call.group(2).strip("\"'"))
            owner = _value(call.group(1), frame, None)
            section = f" in {owner.name()}" if hasattr(owner, "name") else ""
        del frame, line
    return f'no mechanism named "{name}"{section}', False


def _value(expression: str, frame: Any, default: Any) -> Any:
    """Return what a plain name or dotted path means in a frame; no code is run."""
    parts = expression.split(".")
    if not all(part.isidentifier() for part in parts):
        return default
    scope = {**frame.f_globals, **frame.f_locals}
    value = scope.get(parts[0], default)
    for part in parts[1:]:
        value = getattr(value, part, default)
    return value


def _location(error: BaseException) -> str:
    place = place_of(error)
    return f" ({place})" if place else ""


def all_sections(h: Any) -> list[Any]:
    """Return every section that exists in the process."""
    return list(h.allsec())


def check_sections(where: str, sections: list[Any]) -> None:
    """Raise SimulatorError for what is no section or a deleted one, one twice, or two of one name."""
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
                f"{where} returned two sections named {name}: name them apart, or give each its "
                f"cell: h.Section(name={name!r}, cell=self).",
                code="repeated-section",
            )
        known[name] = section
    _check_tree(where, sections)


def _check_tree(where: str, sections: list[Any]) -> None:
    """Raise SimulatorError for a section that is connected, through its parents, to itself."""
    sound: set[Any] = set()
    for each in sections:
        path: dict[Any, None] = {}
        section = each
        while section not in sound:
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
        sound.update(path)


def delete_sections(h: Any, sections: list[Any]) -> None:
    """Delete sections from the process and put NEURON's global settings back."""
    for section in sections:
        if _is_alive(section):
            h.delete_section(sec=section)
    for name, value in _DEFAULTS.items():
        setattr(h, name, value)


def _is_alive(section: Any) -> bool:
    try:
        section.name()
    except ReferenceError:
        return False
    return True
