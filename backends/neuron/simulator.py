"""NEURON itself: importing it, explaining its errors, and cleaning up.

NEURON has one model per process: `h.t`, `h.dt` and all sections are global. A session therefore
deletes its sections and restores the global settings, so that another session can follow.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from backends.errors import SimulatorError, first_line
from backends.scripts import user_code_location
from backends.simulator_environment import set_simulator_environment

INSTALL_LINE = "pip install neuron"
_DEFAULTS = {"celsius": 6.3, "dt": 0.025, "usetable_hh": 1}
untouched = {"dt": _DEFAULTS["dt"]}
"""The h.dt of this process while no model has set another one."""
_DEFAULT_V_INIT = -65.0  # mV, of stdrun.hoc and of new sections


def load_neuron() -> Any:
    """Return NEURON's `h`, imported without its graphical interface.

    Raises
    ------
    SimulatorError
        With the line that installs it.
    """
    set_simulator_environment()
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


def own_dt(h: Any) -> float | None:
    """Return the step that a model has set in h.dt, ms; None where it has set none."""
    dt = float(h.dt)
    return None if dt == untouched["dt"] else dt


def own_v_init(h: Any) -> float | None:
    """Return the h.v_init that a model has set, mV; None where there is none, or it is NEURON's default."""
    v_init = float(getattr(h, "v_init", _DEFAULT_V_INIT))  # exists once stdrun.hoc is loaded
    return None if v_init == _DEFAULT_V_INIT else v_init


def own_voltages(h: Any, sections: Sequence[Any]) -> list[tuple[Any, float]]:
    """Return every segment and its voltage, mV, where a model has set some; none where it has not.

    What a simulation in one of the author's hooks has left behind is not set: h.t is then not 0.
    """
    pairs = [(segment, float(segment.v)) for section in sections for segment in section]
    is_set = h.t == 0 and any(v != _DEFAULT_V_INIT for _, v in pairs)
    return pairs if is_set else []


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
    """Return the error for what NEURON, or an author's code that uses it, raised."""
    details = "".join(traceback.format_exception(error))
    if _is_missing_mechanism(error):
        loaded = ", ".join(loaded_mechanisms(h))
        what, has_place = _missing_mechanism(error, loaded_mechanisms(h))
        at_end = "" if has_place else _location(error)
        return SimulatorError(
            f"{what}; loaded: {loaded}; compile more .mod files with "
            f"nrnivmodl and load them with h.nrn_load_dll(path){at_end}.",
            details,
            code="unknown-mechanism",
            hint="compile-mechanisms",
            location=user_code_location(error),
        )
    text = re.sub(r"^(hocobj_call error: )?(hoc_execerror: )?", "", first_line(error))
    return SimulatorError(
        f"{where} failed: {type(error).__name__}: {text}{_location(error)}.",
        details,
        code="model-failed",
        location=user_code_location(error),
    )


def _is_missing_mechanism(error: BaseException) -> bool:
    return "not a density mechanism name" in str(error) or (
        isinstance(error, (AttributeError, TypeError)) and "HocObject" in str(error)
    )


def _missing_mechanism(error: BaseException, loaded: Sequence[str]) -> tuple[str, bool]:
    """Return which mechanism is missing in which section, and whether the text has its location.

    The mechanism is read from the failing frame, since NEURON's own message does not name it.
    """
    named = re.search(r"has no attribute '(\w+)'", str(error))
    if named:
        return f'no mechanism or function named "{named.group(1)}"{_location(error)}', True
    name, section = "?", ""
    frames = list(traceback.walk_tb(error.__traceback__))
    if frames:
        frame, line = frames[-1]
        source = traceback.extract_tb(error.__traceback__)[-1].line or ""
        for call in re.finditer(r"([\w.\[\]]+)\.insert\(\s*([^)]*?)\s*\)", source):
            name = _value(call.group(2), frame, call.group(2).strip("\"'"))
            owner = _value(call.group(1), frame, None)
            section = f" in {owner.name()}" if hasattr(owner, "name") else ""
            if name not in loaded:
                break
        del frame, line
    return f'no mechanism named "{name}"{section}', False


def _value(expression: str, frame: Any, default: Any) -> Any:
    """Return the value of a plain name or dotted path in a frame, without running code."""
    parts = expression.split(".")
    if not all(part.isidentifier() for part in parts):
        return default
    scope = {**frame.f_globals, **frame.f_locals}
    value = scope.get(parts[0], default)
    for part in parts[1:]:
        value = getattr(value, part, default)
    return value


def _location(error: BaseException) -> str:
    place = user_code_location(error)
    return f" ({place})" if place else ""


def all_sections(h: Any) -> list[Any]:
    """Return every section that exists in the process."""
    return list(h.allsec())


def present_settings(h: Any) -> dict[str, float]:
    """Return NEURON's global settings that a model may change, by name."""
    names = (*_DEFAULTS, "v_init") if hasattr(h, "v_init") else _DEFAULTS
    return {name: float(getattr(h, name)) for name in names}


def delete_sections(
    h: Any, sections: list[Any], settings: Mapping[str, float] | None = None
) -> None:
    """Delete sections from the process and restore NEURON's global settings: `settings`, else its defaults."""
    for section in sections:
        if _is_alive(section):
            h.delete_section(sec=section)
    restored = _DEFAULTS | ({"v_init": _DEFAULT_V_INIT} if hasattr(h, "v_init") else {})
    for name, value in (restored | dict(settings or {})).items():
        setattr(h, name, value)
    untouched["dt"] = _DEFAULTS["dt"]


def _is_alive(section: Any) -> bool:
    try:
        section.name()
    except ReferenceError:
        return False
    return True
