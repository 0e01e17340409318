"""Labels that authors write or that their own lines give: units in parentheses, names of traces, ids."""

from __future__ import annotations

import ast
import linecache
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

_UNIT = re.compile(r"^(.*\S)\s*\(([^()]*)\)$", re.DOTALL)


def split_unit(label: str, unit: str | None = None) -> tuple[str, str | None]:
    """Return a label and its unit: ``"Amplitude (nA)"`` is ``("Amplitude", "nA")``; None where there is none.

    Parameters
    ----------
    unit : str or None
        Given apart, it comes first, and the label stays as it is.
    """
    found = _UNIT.match(label) if unit is None else None
    return (found[1], found[2]) if found else (label, unit)


class Heading(NamedTuple):
    """What is written at a view: its title, what its values are ("" if nobody says), and their unit."""

    title: str
    label: str
    unit: str | None


def heading_of(title: str | None, label: str | None, unit: str | None, fallback: str) -> Heading:
    """Return what is written at a view; the unit may stand in parentheses in the title or the label.

    Parameters
    ----------
    fallback : str
        The title where neither title nor label is given; "" leaves a title that is not given empty.
    """
    name, own = split_unit(title or "", unit)
    what, of_label = split_unit(label or "", unit)
    return Heading(name or (fallback and (what or fallback)), what, of_label or own)


def id_of(label: str, taken: Iterable[str] = ()) -> str:
    """Return an id that is not `taken`: ``"amplitude"``, ``"amplitude-2"``."""
    known = set(taken)
    plain = re.sub(r"\W+", "-", label.lower()).strip("-") or "view"
    found, n = plain, 2
    while found in known:
        found, n = f"{plain}-{n}", n + 1
    return found


def named_sources(
    sources: Sequence[Any], texts: Sequence[str], fallback: str
) -> list[tuple[str, Any]]:
    """Return each source with the name that the author, or the author's line, gives it."""
    found: list[tuple[str, Any]] = []
    texts = [*texts, *[""] * (len(sources) - len(texts))]
    for source, text in zip(sources, texts, strict=False):
        if isinstance(source, Mapping):
            found += [(str(name), each) for name, each in source.items()]
        elif isinstance(source, (list, tuple)):
            found += [(_own_name(each), each) for each in source]
        elif isinstance(source, str):
            found.append((source, source))
        else:
            is_plain = text and "lambda" not in text and len(text) <= 40
            found.append((text if is_plain else _own_name(source), source))
    return [(name or fallback, each) for name, each in found]


def _own_name(source: Any) -> str:
    """Return the name of a segment of NEURON; "" for what has none."""
    return str(source) if type(source).__name__ == "Segment" else ""


def line_of_call() -> str:
    """Return where the call in progress stands in the author's file: ``"my_model.py, line 9"``."""
    frame: FrameType | None = sys._getframe(1)
    here = str(Path(__file__).parent)
    while frame is not None and frame.f_code.co_filename.startswith(here):
        frame = frame.f_back
    return "" if frame is None else f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"


def argument_texts(depth: int = 1) -> list[str]:
    """Return what the positional arguments of the call in progress look like in the author's file.

    Parameters
    ----------
    depth : int
        0 is the call of the function that calls this one, 1 that of its caller.

    Returns
    -------
    list of str
        ``["soma(0.5).v"]`` for ``view.trace(soma(0.5)._ref_v)``, as far as there is no ``*``; [] where the file
        cannot be read.
    """
    call = _call_of(sys._getframe(depth + 1))
    if call is None:
        return []
    plain = takewhile(lambda each: not isinstance(each, ast.Starred), call.args)
    return [ast.unparse(each).replace("._ref_", ".") for each in plain]


def _call_of(frame: FrameType) -> ast.Call | None:
    """Return the call that a frame is in the middle of, parsed from its file."""
    positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    first, last, begin, end = positions
    if first is None or last is None or begin is None or end is None:
        return None
    lines = [
        linecache.getline(frame.f_code.co_filename, n).encode() for n in range(first, last + 1)
    ]
    lines[-1] = lines[-1][:end]  # before the first is cut, which may be the same line
    lines[0] = lines[0][begin:]
    try:
        node = ast.parse(f"({b''.join(lines).decode()})", mode="eval").body
    except (SyntaxError, ValueError):
        return None
    return node if isinstance(node, ast.Call) else None
