"""Makes docs/protocol.md, the reference of the session protocol, from the docstrings of `backends`.

python -m tests.docs.protocol_page
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import backends.commands
import backends.connections
import backends.control_values
import backends.controls
import backends.field
import backends.layout
import backends.messages
import backends.scene
import backends.session
import backends.views
from backends.commands import SessionCommand
from backends.live.hooks import SessionHooks
from backends.live.interaction_hooks import InteractionHooks
from backends.messages import SessionUpdate

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
_SECTION = re.compile(r"^(Attributes|Parameters|Raises|Returns)\n-+\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\S[^\n]*)\n((?:    [^\n]*\n?|\n)+)", re.MULTILINE)
HEAD = """# The session protocol

Everything that passes between a session and what shows it. This page is made from the docstrings of `backends`; [your own
model](own-models.md) says how to use it, and `backends/session.py` how a session is driven.

A **scene** says what there is to show: geometry, fields, views, controls. **Updates** go from the session to the window,
**commands** from the window to the session. Both are frozen, can be pickled, and are checked when they are made; a wrong one raises
`ProtocolError`. Times are in ms, lengths in µm, areas in µm².
"""


def page() -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for title, kinds in groups():
        parts.append(f"## {title}\n")
        parts += [entry(kind) for kind in kinds]
    return "\n".join(parts)


def groups() -> Iterator[tuple[str, list[type]]]:
    """Yield the sections of the page, each with its classes."""
    yield "Session", [backends.session.Session, backends.session.BufferedSession]
    yield "Hooks", [InteractionHooks, SessionHooks]
    yield "Commands", list(_defined(backends.commands, SessionCommand))
    yield "Updates", list(_defined(backends.messages, SessionUpdate))
    parts = (backends.scene, backends.field, backends.connections)
    yield "Scene", [each for module in parts for each in _defined(module)]
    yield "Views", list(_defined(backends.views))
    yield "Layout", list(_defined(backends.layout))
    values = list(_defined(backends.control_values))
    yield "Controls and actions", list(_defined(backends.controls)) + values


def _defined(module: object, base: type = object) -> Iterable[type]:
    """Return the public dataclasses that a module defines, in its order, without their base."""
    return [
        each
        for name, each in vars(module).items()
        if inspect.isclass(each)
        and dataclasses.is_dataclass(each)
        and each.__module__ == module.__name__  # type: ignore[attr-defined]
        and issubclass(each, base)
        and each is not base
        and not name.startswith("_")
    ]


def entry(kind: type) -> str:
    """Return heading, text and table of a class."""
    text, attributes = split(inspect.getdoc(kind) or "")
    lines = [f"### {kind.__name__}", "", text, ""]
    if not dataclasses.is_dataclass(kind):
        lines += [*_table("method", _methods(kind)), ""]
        return "\n".join(lines)
    described = {
        name: words for names, words in attributes for name in names.partition(" : ")[0].split(", ")
    }
    rows = [
        (f"`{each.name}`: {_type_text(each)}{_default_text(each)}", described.get(each.name, ""))
        for each in dataclasses.fields(kind)
        if each.init
    ]
    lines += [*_table("attribute", rows), ""] if rows else []
    return "\n".join(lines)


def split(doc: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the text of a docstring, and its attributes with their descriptions."""
    first = _SECTION.search(doc)
    text = doc if first is None else doc[: first.start()]
    found = re.search(r"^Attributes\n-+\n(.*?)(?=^\w+\n-+\n|\Z)", f"{doc}\n", re.M | re.S)
    entries = _ENTRY.findall(found[1]) if found else []
    return _one_line_each(text), [(name, " ".join(words.split())) for name, words in entries]


def _one_line_each(text: str) -> str:
    paragraphs = [" ".join(each.split()) for each in text.strip().split("\n\n")]
    return _code("\n\n".join(paragraphs))


def _methods(kind: type) -> list[tuple[str, str]]:
    return [
        (f"`{name}`", (inspect.getdoc(each) or "").partition("\n\n")[0].replace("\n", " "))
        for name, each in vars(kind).items()
        if not name.startswith("_") and (inspect.isfunction(each) or isinstance(each, classmethod))
    ]


def _type_text(each: dataclasses.Field[object]) -> str:
    words = str(each.type).replace("NDArray[Any]", "array").replace("|", "or")
    return re.sub(r"NDArray\[np\.(\w+)\]", r"array of \1", words)


def _default_text(each: dataclasses.Field[object]) -> str:
    if each.default is not dataclasses.MISSING:
        return f" = {each.default!r}".replace("|", "or")
    return " = empty" if each.default_factory is not dataclasses.MISSING else ""


def _table(head: str, rows: list[tuple[str, str]]) -> list[str]:
    lines = [f"| {head} | |", "|---|---|"]
    return lines + [f"| {name} | {_code(words)} |" for name, words in rows]


def _code(text: str) -> str:
    """Return text whose double backquotes are single ones, as Markdown has them."""
    return text.replace("``", "`").replace("|", "or")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
